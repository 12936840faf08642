"""Stale responses: a hidden organization is a copy of the data at the time a fault was added."""

import contextlib
import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from icefloe.api.authentication import find_token
from icefloe.control.messages import BufferedRequest, BufferedResponse, replace_header
from icefloe.domain.values.errors import AuthenticationFailed, OrganizationNotFound

if TYPE_CHECKING:
    from icefloe.services import Services

_ORGANIZATIONS = re.compile(r"(?:/api)?/v1/organizations(?:/|$)")


@dataclass(slots=True)
class Past:
    """What an organization held at a moment.

    Attributes:
        organization_id: whose past it is.
        hidden_id: the organization that has held it since.
        tokens: of the hidden organization, by what they allow.
    """

    organization_id: UUID
    hidden_id: UUID
    tokens: dict[frozenset[str], str] = field(default_factory=dict)

    async def ask(self, services: "Services", request: BufferedRequest) -> BufferedRequest:
        """The same request, of the hidden organization.

        It is itself where its token is not valid, or the past has been removed meanwhile; and where it
        asks for the organization, since the hidden one has another name and slug.
        """
        if _ORGANIZATIONS.match(request.path):
            return request
        try:
            token = find_token(request.header(b"authorization"))
            subject = await services.tokens.authenticate(token or "")
            if subject.scopes not in self.tokens:
                _, made = await services.tokens.create(self.hidden_id, "stale", subject.scopes)
                self.tokens[subject.scopes] = made
        except (AuthenticationFailed, OrganizationNotFound):
            return request
        shown = f"Bearer {self.tokens[subject.scopes]}".encode()
        headers = replace_header(request.headers, b"authorization", shown)
        here, there = (str(each).encode() for each in (self.organization_id, self.hidden_id))
        return replace(
            request, query_string=request.query_string.replace(here, there), headers=headers
        )

    def answer(self, response: BufferedResponse) -> BufferedResponse:
        """Its answer, in the name of the organization that was asked."""
        here, there = (str(each).encode() for each in (self.organization_id, self.hidden_id))
        # An identifier is as long as any other: what headers say of the body's length stays right.
        return replace(response, body=response.body.replace(there, here))


class Pasts:
    """The copies that stale faults read from."""

    def __init__(self) -> None:
        self._pasts: dict[UUID, Past] = {}

    @property
    def organizations(self) -> frozenset[UUID]:
        """The hidden organizations."""
        return frozenset(past.hidden_id for past in self._pasts.values())

    def find(self, fault_id: UUID) -> Past | None:
        """The copy that a fault reads from; None if it has none."""
        return self._pasts.get(fault_id)

    async def copy(self, services: "Services", organization_id: UUID, fault_id: UUID) -> None:
        """Copy what an organization has now, for a fault."""
        hidden_id = uuid4()
        # Noted first: if copying fails, it is still hidden, and removed with the fault.
        self._pasts[fault_id] = Past(organization_id, hidden_id)
        snapshot = await services.snapshots.take(organization_id)
        await services.organizations.create("stale", organization_id=hidden_id)
        await services.snapshots.restore(hidden_id, snapshot)

    async def remove_all_but(
        self, services: "Services", organization_id: UUID, faults: Collection[UUID]
    ) -> None:
        """Remove an organization's copies, except those of the faults that are left."""
        for fault_id, past in list(self._pasts.items()):
            if past.organization_id == organization_id and fault_id not in faults:
                await self._remove(services, fault_id)

    async def remove_all(self, services: "Services") -> None:
        """Remove all copies: no other process knows of them."""
        for fault_id in list(self._pasts):
            await self._remove(services, fault_id)

    async def _remove(self, services: "Services", fault_id: UUID) -> None:
        past = self._pasts.pop(fault_id, None)
        if past is not None:
            # There is none if it could not be stored.
            with contextlib.suppress(OrganizationNotFound):
                await services.organizations.remove(past.hidden_id)
