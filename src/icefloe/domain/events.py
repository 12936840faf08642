"""What happened to customers and members, kept in order for those who want to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain import storage

EventType = Literal[
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "member.created",
    "member.updated",
    "member.deleted",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, kept in the transaction in which it did.

    Attributes:
        type: what happened, by the contract's name for it.
        organization_id: to whose data.
        customer_id: to which customer, or to a member of which.
        created_at: when.
        document: the customer or member as the wire showed it then.
    """

    type: EventType
    organization_id: UUID
    customer_id: UUID
    created_at: datetime
    document: bytes


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event, and where it stands.

    Attributes:
        sequence: its place in the order in which events were kept, in whatever organization.
        event: what happened.
    """

    sequence: int
    event: Event


class Events:
    """Finding what happened."""

    def __init__(self, store: storage.Storage) -> None:
        self._store = store

    async def find_of_customer(
        self,
        organization_id: UUID,
        customer_id: UUID,
        limit: int = 50,
        before: int | None = None,
    ) -> list[KeptEvent]:
        """What happened to a customer and its members, latest first.

        Args:
            organization_id: whose customer it is.
            customer_id: which customer.
            limit: how many at most.
            before: the sequence of the last one that is known already, to go on from there.
        """
        return await self._store.read(
            lambda tables: tables.events.find_latest_of(organization_id, customer_id, limit, before)
        )

    async def find_latest(self, organization_id: UUID, limit: int = 20) -> list[KeptEvent]:
        """What happened last in an organization, latest first, `limit` at most."""
        return await self._store.read(
            lambda tables: tables.events.find_latest(organization_id, limit)
        )
