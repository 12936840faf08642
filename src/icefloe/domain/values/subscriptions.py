"""Subscriptions as values: a customer's use of a product, paid again and again, or free."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypedDict
from uuid import UUID

from icefloe.domain.values.metadata import Metadata


# The names of these enumerations are part of messages on the wire.
class SubscriptionStatus(StrEnum):
    """What a subscription is at present."""

    incomplete = "incomplete"
    incomplete_expired = "incomplete_expired"
    trialing = "trialing"
    active = "active"
    past_due = "past_due"
    canceled = "canceled"
    unpaid = "unpaid"
    paused = "paused"


class CustomerCancellationReason(StrEnum):
    """Why a customer no longer wants a subscription."""

    customer_service = "customer_service"
    low_quality = "low_quality"
    missing_features = "missing_features"
    switched_service = "switched_service"
    too_complex = "too_complex"
    too_expensive = "too_expensive"
    unused = "unused"
    other = "other"


class SubscriptionProrationBehavior(StrEnum):
    """When a change of a subscription takes effect, and when it is paid."""

    invoice = "invoice"
    prorate = "prorate"
    next_period = "next_period"
    reset = "reset"


ACTIVE = frozenset({SubscriptionStatus.trialing, SubscriptionStatus.active})
"""While a subscription has one of these, its customer has the product's benefits."""

BILLED = ACTIVE | {SubscriptionStatus.past_due}
"""While a subscription has one of these, lists of customers show its customer as active."""

OVER = frozenset(
    {
        SubscriptionStatus.canceled,
        SubscriptionStatus.unpaid,
        SubscriptionStatus.incomplete_expired,
    }
)
"""What is never active again."""

INACTIVE = frozenset({SubscriptionStatus.canceled, SubscriptionStatus.unpaid})
"""What the list's filter `active=false` finds."""

TrialEnd = datetime | Literal["now"]
"""A moment to come, or the present one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """A subscription to create.

    Attributes:
        product_id: what is subscribed to.
        customer_id: whose it is; None where the external id says it.
        external_customer_id: the organization's own id of that customer.
        metadata: the organization's own notes.
    """

    product_id: UUID
    customer_id: UUID | None = None
    external_customer_id: str | None = None
    metadata: Metadata


class SubscriptionChange(TypedDict, total=False):
    """New values of a subscription; what is left out stays.

    `product_id` and `trial_end` of None leave it as it is; `discount_id` of None removes the discount.
    """

    metadata: Metadata
    product_id: UUID | None
    proration_behavior: SubscriptionProrationBehavior | None
    discount_id: UUID | None
    trial_end: TrialEnd | None
