"""Events as values: what happened to a customer or a member."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

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
