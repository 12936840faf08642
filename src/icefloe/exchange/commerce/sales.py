"""Subscriptions and orders of a file: which values they may have.

Only `id`, and what names the customer and a subscription's product, is needed; what is missing gets the
value that is usual for it.
"""

from typing import Annotated, Any, Required

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    with_config,
)
from typing_extensions import TypedDict

from icefloe.domain.values import limits
from icefloe.domain.values.orders import BillingReason, OrderStatus
from icefloe.domain.values.subscriptions import CustomerCancellationReason, SubscriptionStatus
from icefloe.exchange import records
from icefloe.exchange.commerce.catalogue import (
    Discount,
    IntervalName,
    Meter,
    Positive,
    Price,
    Prices,
)
from icefloe.exchange.commerce.fields import (
    IMPORTED,
    Count,
    Currency,
    Id,
    Identified,
    Metadata,
    Moment,
    Number,
    Object,
    Text,
    one_of,
)

_MAX_ITEMS = 1_000
"""Lines of an order: as many as one invoice may have."""
_Units = StrictFloat | Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]
_ProductIds = Annotated[list[Id], Field(max_length=limits.MAX_LIST)]


@with_config(IMPORTED)
class _Customer(TypedDict, total=False):
    """By what a customer is found: by what comes first here."""

    id: Id
    external_id: records.ExternalId | None
    email: records.Email | None


@with_config(IMPORTED)
class _SubscriptionMeter(Identified, total=False):
    created_at: Moment
    modified_at: Moment | None
    consumed_units: _Units
    credited_units: Number
    amount: Number
    meter_id: Required[Id]
    meter: Meter


@with_config(IMPORTED)
class Subscription(Identified, total=False):
    """A customer's use of a product; `discount_products` are those that its discount is for."""

    created_at: Moment
    modified_at: Moment | None
    amount: Count
    currency: Currency
    recurring_interval: IntervalName
    recurring_interval_count: Positive
    status: Annotated[StrictStr, one_of(SubscriptionStatus)]
    current_period_start: Moment
    current_period_end: Moment | None
    current_meter_period_start: Moment | None
    current_meter_period_end: Moment | None
    trial_start: Moment | None
    trial_end: Moment | None
    cancel_at_period_end: StrictBool
    canceled_at: Moment | None
    started_at: Moment | None
    ends_at: Moment | None
    ended_at: Moment | None
    past_due_at: Moment | None
    pause_at_period_end: StrictBool
    paused_at: Moment | None
    resumes_at: Moment | None
    customer_id: Id
    customer: _Customer
    product_id: Id
    discount_id: Id | None
    discount: Discount | None
    discount_products: _ProductIds
    checkout_id: Id | None
    seats: Positive | None
    units: Positive | None
    customer_cancellation_reason: Annotated[StrictStr, one_of(CustomerCancellationReason)] | None
    customer_cancellation_comment: Text | None
    prices: Prices
    meters: Annotated[list[_SubscriptionMeter], Field(max_length=limits.MAX_LIST)]
    metadata: Metadata
    custom_field_data: Object


@with_config(IMPORTED)
class _OrderItem(Identified, total=False):
    created_at: Moment
    modified_at: Moment | None
    label: Required[Text]
    amount: Required[Number]
    tax_amount: Number
    proration: StrictBool
    product_price_id: Id | None


def _complete(address: dict[str, Any]) -> dict[str, Any]:
    """An address with all its lines, as documents have it."""
    return {name: address.get(name) for name in records.ADDRESS_FIELDS}


@with_config(IMPORTED)
class Order(Identified, total=False):
    """What a customer bought; `discount_products` are those that its discount is for."""

    created_at: Moment
    modified_at: Moment | None
    status: Annotated[StrictStr, one_of(OrderStatus)]
    paid: StrictBool
    subtotal_amount: Number
    discount_amount: Count
    net_amount: Number
    tax_amount: Number
    total_amount: Number
    applied_balance_amount: Number
    due_amount: Number
    refunded_amount: Count
    refunded_tax_amount: Count
    currency: Currency
    billing_reason: Annotated[StrictStr, one_of(BillingReason)]
    billing_name: records.Name | None
    billing_address: Annotated[records.BillingAddress, AfterValidator(_complete)] | None
    invoice_number: Text | None
    is_invoice_generated: StrictBool
    receipt_number: Text | None
    seats: Positive | None
    units: Positive | None
    customer_id: Id
    customer: _Customer
    product_id: Id | None
    product_price: Price | None
    discount_id: Id | None
    discount: Discount | None
    discount_products: _ProductIds
    subscription_id: Id | None
    checkout_id: Id | None
    next_payment_attempt_at: Moment | None
    metadata: Metadata
    custom_field_data: Object
    platform_fee_amount: Count
    platform_fee_currency: Currency | None
    items: Annotated[list[_OrderItem], Field(max_length=_MAX_ITEMS)]
    from_balance_amount: Number
    refundable_amount: Number
    refundable_tax_amount: Number
