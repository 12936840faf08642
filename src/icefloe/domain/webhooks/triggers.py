"""Triggers: a developer asks for a webhook, and gets one about a customer or member that exists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args
from uuid import UUID

from icefloe.domain import states
from icefloe.domain.values import errors, spelling
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.events import Event, EventType
from icefloe.domain.values.members import MemberName, Name, NewMember
from icefloe.domain.values.webhooks import EVENT_TYPES
from icefloe.domain.webhooks.outbox import Outbox

if TYPE_CHECKING:
    from icefloe.domain.customer_writes import CustomerWrites
    from icefloe.domain.customers import Customers
    from icefloe.domain.members import Members
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock

TRIGGERS: Final[tuple[EventType, ...]] = get_args(EventType)
"""The types that can be triggered: those that something here causes."""

# The developer is no token.
_NO_TOKEN = UUID(int=0)
_SAMPLE = "Grace Hopper"
_SAMPLE_METADATA = {"sample": True}
# Only a team has members besides the owner, who is not created or deleted alone.
_OF_OTHER_MEMBERS = frozenset({"member.created", "member.deleted"})


@dataclass(frozen=True, slots=True)
class Triggered:
    """What was done.

    Attributes:
        type: what was asked for.
        customer_id: the customer that was named or created, if one was.
        member_id: the member of whom the webhook tells, if it tells of one.
        is_sample: whether a sample customer was created.
        endpoints: how many endpoints are sent a webhook of the type.
    """

    type: EventType
    customer_id: UUID | None
    member_id: UUID | None
    is_sample: bool
    endpoints: int


def read_type(text: str) -> EventType:
    """A type that can be triggered. Raises InvalidValue."""
    for kind in TRIGGERS:
        if kind == text:
            return kind
    if text in EVENT_TYPES:
        raise errors.InvalidValue(f"nothing here causes {text} yet: try {', '.join(TRIGGERS)}")
    raise errors.InvalidValue(f"there is no webhook {text!r}{spelling.hint(text, EVENT_TYPES)}")


class Triggers:
    """Causes webhooks.

    What a webhook tells is so. What it tells to be created or deleted is, with all the webhooks of
    that; a customer or member that exists is told of as it is now, and not changed.
    """

    def __init__(
        self,
        store: storage.Storage,
        clock: Clock,
        customers: Customers,
        customer_writes: CustomerWrites,
        members: Members,
    ) -> None:
        self._store = store
        self._clock = clock
        self._customers = customers
        self._customer_writes = customer_writes
        self._members = members
        self._outbox = Outbox()

    async def run(
        self,
        organization_id: UUID,
        kind: EventType,
        *,
        customer: Name | None = None,
        member: Name | None = None,
    ) -> Triggered:
        """Cause a webhook.

        Args:
            organization_id: whose endpoints are sent it.
            kind: what it tells of.
            customer: the customer, by id or external id; a sample is created if None.
            member: of an event about a member, which one, by id or by external id within the customer.

        Raises:
            OrganizationNotFound, CustomerNotFound, MemberNotFound: there is none with that id.
            InvalidValue: a customer or member is named, of which the event does not tell.
            NotPermitted: the customer is an individual, which has no other members.
            RulesBroken: the member is the owner, which cannot be deleted.
        """
        await self._check_organization(organization_id)
        _check_names(kind, customer, member)
        subject = Subject(organization_id, _NO_TOKEN, frozenset())
        customer_id, member_id = None, None
        is_sample = kind != "organization.updated" and customer is None and member is None
        if is_sample:
            customer_id = await self._create_sample(subject, kind)
        elif customer is not None:
            customer_id = await self._find_customer(subject, customer)
        if kind.startswith("member."):
            member_id = await self._tell_of_member(subject, kind, customer_id, member)
        elif customer_id is not None:
            await self._tell_of_customer(subject, kind, customer_id, is_sample=is_sample)
        else:
            await self._record_organization(organization_id)
        return Triggered(
            type=kind,
            customer_id=customer_id,
            member_id=member_id,
            is_sample=is_sample,
            endpoints=await self._count_endpoints(organization_id, kind),
        )

    async def _check_organization(self, organization_id: UUID) -> None:
        """Raises OrganizationNotFound."""
        found = await self._store.read(lambda tables: tables.organizations.find(organization_id))
        if found is None:
            raise errors.OrganizationNotFound(f"there is no organization {organization_id}")

    async def _count_endpoints(self, organization_id: UUID, kind: EventType) -> int:
        endpoints = await self._store.read(
            lambda tables: tables.webhook_endpoints.find_enabled(organization_id)
        )
        return sum(kind in endpoint.events for endpoint in endpoints)

    async def _find_customer(self, subject: Subject, name: Name) -> UUID:
        """The id of the customer with that name. Raises CustomerNotFound."""
        try:
            document = (
                await self._customers.get_document(subject, name)
                if isinstance(name, UUID)
                else await self._customers.get_external_document(subject, name)
            )
        except errors.CustomerNotFound:
            raise errors.CustomerNotFound(f"there is no customer {name}") from None
        return _id_in(document)

    async def _find_member(self, subject: Subject, customer_id: UUID | None, name: Name) -> UUID:
        """The id of the member with that name. Raises MemberNotFound."""
        wanted = MemberName(name, customer_id)
        try:
            return _id_in(await self._members.get_document(subject, wanted))
        except errors.MemberNotFound:
            raise errors.MemberNotFound(f"there is no member {name}") from None

    async def _create_sample(self, subject: Subject, kind: EventType) -> UUID:
        """Create a customer; a team if it gets another member."""
        new = NewCustomer(
            type="team" if kind in _OF_OTHER_MEMBERS else "individual",
            email=self._make_address(subject.organization_id),
            name=_SAMPLE,
            metadata=_SAMPLE_METADATA,
        )
        return _id_in(await self._customer_writes.create(subject, new))

    def _make_address(self, organization_id: UUID) -> str:
        return f"sample-{self._clock.of(organization_id).new_id().hex[:12]}@example.com"

    async def _tell_of_customer(
        self, subject: Subject, kind: EventType, customer_id: UUID, *, is_sample: bool
    ) -> None:
        if kind == "customer.deleted":
            await self._customer_writes.delete(subject, customer_id)
        elif not (kind == "customer.created" and is_sample):
            await self._record_customer(subject.organization_id, kind, customer_id)

    async def _tell_of_member(
        self, subject: Subject, kind: EventType, customer_id: UUID | None, name: Name | None
    ) -> UUID:
        """Returns the member's id."""
        organization_id = subject.organization_id
        if name is not None:
            member_id = await self._find_member(subject, customer_id, name)
        else:
            assert customer_id is not None  # noqa: S101 - a sample, where neither is named
            if kind == "member.updated":
                return await self._record_owner(organization_id, customer_id)
            new = NewMember(email=self._make_address(organization_id), name=_SAMPLE)
            member_id = _id_in(await self._members.create(subject, customer_id, new))
            if kind == "member.created":
                return member_id
        if kind == "member.deleted":
            await self._members.delete(subject, MemberName(member_id))
        else:
            await self._record_member(organization_id, kind, member_id)
        return member_id

    async def _record_customer(
        self, organization_id: UUID, kind: EventType, customer_id: UUID
    ) -> None:
        """Record an event about a customer as it is now. Raises CustomerNotFound."""

        async def work(tables: storage.Tables) -> None:
            document = await tables.customers.find_document(organization_id, customer_id)
            if document is None:
                raise errors.CustomerNotFound
            if kind == "customer.state_changed":
                document = states.render(document)
            await self._record(tables, organization_id, kind, customer_id, document)

        await self._store.write(work)

    async def _record_organization(self, organization_id: UUID) -> None:
        """Record that the organization, as it is now, was updated. Raises OrganizationNotFound."""

        async def work(tables: storage.Tables) -> None:
            found = await tables.organizations.find(organization_id)
            if found is None:
                raise errors.OrganizationNotFound
            document = tables.organizations.render(found)
            await self._record(tables, organization_id, "organization.updated", None, document)

        await self._store.write(work)

    async def _record_owner(self, organization_id: UUID, customer_id: UUID) -> UUID:
        """Record that a customer's owner, as it is now, was updated; returns the owner's id."""

        async def work(tables: storage.Tables) -> UUID:
            owner = await tables.members.find_owner(organization_id, customer_id)
            if owner is None or owner.deleted_at is not None:
                raise errors.CustomerNotFound
            document = tables.members.render(owner)
            await self._record(tables, organization_id, "member.updated", customer_id, document)
            return owner.id

        return await self._store.write(work)

    async def _record_member(self, organization_id: UUID, kind: EventType, member_id: UUID) -> None:
        """Record an event about a member as it is now. Raises MemberNotFound."""

        async def work(tables: storage.Tables) -> None:
            member = await tables.members.find(organization_id, member_id)
            if member is None:
                raise errors.MemberNotFound
            document = tables.members.render(member)
            await self._record(tables, organization_id, kind, member.customer_id, document)

        await self._store.write(work)

    async def _record(
        self,
        tables: storage.Tables,
        organization_id: UUID,
        kind: EventType,
        customer_id: UUID | None,
        document: bytes,
    ) -> None:
        event = Event(
            type=kind,
            organization_id=organization_id,
            customer_id=customer_id,
            created_at=self._clock.of(organization_id).now(),
            document=document,
        )
        await self._outbox.record(tables, [event])


def _check_names(kind: EventType, customer: Name | None, member: Name | None) -> None:
    """Raises InvalidValue."""
    noun = kind.partition(".")[0]
    if member is not None and noun != "member":
        raise errors.InvalidValue(f"{kind} tells of no member: leave it out")
    if customer is not None and noun == "organization":
        raise errors.InvalidValue(f"{kind} tells of no customer: leave it out")


def _id_in(document: bytes) -> UUID:
    return UUID(json.loads(document)["id"])
