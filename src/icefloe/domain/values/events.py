"""Events as values: what happened to a customer, a member, the organization or its commerce."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

EventType = Literal[
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.state_changed",
    "member.created",
    "member.updated",
    "member.deleted",
    "organization.updated",
]
CommerceEventType = Literal[
    "product.created",
    "product.updated",
    "benefit.created",
    "benefit.updated",
    "discount.created",
    "discount.updated",
    "discount.deleted",
    "subscription.created",
    "subscription.active",
    "subscription.updated",
    "subscription.canceled",
    "subscription.uncanceled",
    "subscription.revoked",
    "subscription.cycled",
    "subscription.past_due",
    "subscription.paused",
    "subscription.resumed",
    "benefit_grant.created",
    "benefit_grant.cycled",
    "benefit_grant.revoked",
    "order.created",
    "order.updated",
    "order.paid",
    "order.refunded",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, stored in the same transaction.

    Attributes:
        type: the contract's name for what happened.
        organization_id: the organization it happened in.
        customer_id: the customer, or the customer of what it happened to; None if there is none.
        created_at: when it happened.
        document: what it happened to, as the wire showed it then.
        is_silent: whether webhooks leave it out. Events that differ in this alone are equal.
        state: after what happened to a customer who has something, the customer's state then.
    """

    type: EventType | CommerceEventType
    organization_id: UUID
    customer_id: UUID | None
    created_at: datetime
    document: bytes
    is_silent: bool = field(default=False, compare=False)
    state: bytes | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A stored event.

    Attributes:
        sequence: its place in the order of insertion, over all organizations.
        event: what happened.
    """

    sequence: int
    event: Event
