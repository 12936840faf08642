"""What requests and answers about orders hold. For descriptions only."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import UUID4, AwareDatetime, Field
from typing_extensions import TypeAliasType

from icefloe.api.commerce.schemas import orders as schemas
from icefloe.api.description.answers import (
    Address,
    Answer,
    Customer,
    Kept,
    MetadataOutputType,
    one_of,
)
from icefloe.api.description.commerce_answers import RecurringInterval
from icefloe.api.description.requests import (
    AddressInput,
    NotedListParameters,
    ObjectPlaces,
    described,
)
from icefloe.domain.values import orders

_ORDER_ID = "0d5b9a0c-7c9e-4f5e-8e38-6d1b7f1c2a11"
_FIELDS = {
    "metadata": "Up to 50 texts, numbers and booleans of your own.",
    "custom_field_data": "The values of your own fields.",
    "organization_id": "Not with an organization's token, which says it already.",
    "customer_id": "Whose order it is.",
    "product_id": "What is bought.",
    "currency": "In which currency it is paid.",
    "amount": "What is paid instead of the product's price, in cents.",
    "description": "What people read instead of the product's name.",
    "billing_name": "The name on the invoice.",
    "billing_address": "The address on the invoice. Its country and state never change.",
    "payment_method_id": "What it is paid with.",
}

OrderStatus = TypeAliasType(
    "OrderStatus", Annotated[str, one_of(*orders.OrderStatus, description="What became of it.")]
)
OrderBillingReason = TypeAliasType(
    "OrderBillingReason",
    Annotated[str, one_of(*orders.BillingReason, description="Why an order was made.")],
)
ProductBillingType = TypeAliasType(
    "ProductBillingType",
    Annotated[str, one_of(*orders.ProductBillingType, description="How often it is paid.")],
)
OrderCustomer = TypeAliasType("OrderCustomer", Customer)


# --- answers ------------------------------------------------------------------------------------


class OrderUser(Answer):
    """The customer, as older clients know it."""

    id: UUID4
    """The customer's identifier."""

    email: str | None = None
    """The e-mail address."""

    public_name: str
    """The first letter of the name, or of the e-mail address."""

    avatar_url: str | None = None
    """Where a picture is."""

    github_username: str | None = None
    """Always null."""


class OrderProduct(Kept):
    """What was bought."""

    metadata: MetadataOutputType
    """Texts, numbers and booleans of the organization's own."""

    trial_interval: str | None
    """In what a trial is measured."""

    trial_interval_count: int | None
    """For how many of those it is tried."""

    name: str
    """Its name, for people."""

    description: str | None
    """What customers read."""

    visibility: str
    """Who sees it."""

    recurring_interval: RecurringInterval | None
    """How often it is paid; null where it is paid once."""

    recurring_interval_count: int | None
    """How many of those lie between two payments."""

    meter_interval: str | None
    """Always null."""

    meter_interval_count: int | None
    """Always null."""

    is_recurring: bool
    """Whether it is paid more than once."""

    is_archived: bool
    """Whether it is no longer sold."""

    organization_id: UUID4
    """Whose it is."""


class OrderDiscount(Kept):
    """What lowered the price."""

    duration: str
    """For how many payments."""

    type: str
    """Whether it takes off a part of the price or an amount."""

    metadata: MetadataOutputType
    """Texts, numbers and booleans of the organization's own."""

    name: str
    """Its name, for people."""

    code: str | None
    """What customers enter."""

    starts_at: datetime | None
    """From when it can be used."""

    ends_at: datetime | None
    """Until when it can be used."""

    max_redemptions: int | None
    """How often it can be used."""

    redemptions_count: int
    """How often it was used."""

    organization_id: UUID4
    """Whose it is."""


class OrderSubscription(Kept):
    """The subscription that an order is a payment of."""

    metadata: MetadataOutputType
    """Texts, numbers and booleans of the organization's own."""

    amount: int
    """What is paid for a period, in cents."""

    currency: str
    """Its code, such as `usd`."""

    recurring_interval: RecurringInterval

    recurring_interval_count: int
    """How many of those lie between two payments."""

    status: str
    """Whether it runs."""

    current_period_start: datetime
    """When the current period began."""

    current_period_end: datetime
    """When the current period ends."""

    current_meter_period_start: datetime | None = None
    """Always null."""

    current_meter_period_end: datetime | None = None
    """Always null."""

    trial_start: datetime | None
    """When the trial began, if there was one."""

    trial_end: datetime | None
    """When the trial ends, if there is one."""

    cancel_at_period_end: bool
    """Whether it ends with the current period."""

    canceled_at: datetime | None
    """When it was cancelled; it may run to the end of the period."""

    started_at: datetime | None
    """When it began."""

    ends_at: datetime | None
    """When it will end."""

    ended_at: datetime | None
    """When it ended."""

    past_due_at: datetime | None = None
    """Since when a payment is due."""

    pause_at_period_end: bool = False
    """Whether it pauses with the current period."""

    paused_at: datetime | None = None
    """Since when it pauses."""

    resumes_at: datetime | None = None
    """Until when it pauses."""

    customer_id: UUID4
    """Whose it is."""

    product_id: UUID4
    """What is subscribed to."""

    discount_id: UUID4 | None
    """The discount on the price, if there is one."""

    checkout_id: UUID4 | None
    """Where it was bought."""

    seats: int | None = None
    """How many seats it has."""

    units: int | None = None
    """How many units it has."""

    customer_cancellation_reason: str | None
    """Why it was cancelled."""

    customer_cancellation_comment: str | None
    """The same in the customer's words."""

    price_id: UUID4 | None = None
    """Its price."""

    user_id: UUID4 | None = None
    """Whose it is, as older clients know it."""


class OrderItemSchema(Kept):
    """A line of an order."""

    label: str
    """What people read."""

    amount: int
    """Before discount and tax, in cents."""

    tax_amount: int
    """What of the tax is for it, in cents."""

    proration: bool
    """Whether it is for a part of a period."""

    product_price_id: UUID4 | None
    """The price it is of."""


class Order(Kept):
    """What a customer bought, or must pay."""

    status: OrderStatus

    paid: bool
    """Whether it was paid."""

    subtotal_amount: int
    """Before discount and tax, in cents."""

    discount_amount: int
    """What the discount took off, in cents."""

    net_amount: int
    """After the discount, before tax, in cents."""

    tax_amount: int
    """The tax, in cents."""

    total_amount: int
    """After discount and tax, in cents."""

    applied_balance_amount: int
    """What of the customer's balance was used, in cents; always 0."""

    due_amount: int
    """What was to pay, in cents."""

    refunded_amount: int
    """What was paid back, in cents."""

    refunded_tax_amount: int
    """What of the tax was paid back, in cents."""

    currency: str
    """Its code, such as `usd`."""

    billing_reason: OrderBillingReason

    billing_name: str | None
    """The name on the invoice."""

    billing_address: Address | None
    """The address on the invoice."""

    invoice_number: str | None
    """The invoice's number; null for a draft."""

    is_invoice_generated: bool
    """Whether the invoice was asked for."""

    receipt_number: str | None
    """The receipt's number; null until an amount was paid."""

    seats: int | None = None
    """How many seats were bought."""

    units: int | None
    """How many units were bought."""

    customer_id: UUID4
    """Whose it is."""

    product_id: UUID4 | None
    """What was bought."""

    product_price_id: UUID4 | None = None
    """For which price."""

    discount_id: UUID4 | None
    """What lowered the price."""

    subscription_id: UUID4 | None
    """What it is a payment of."""

    checkout_id: UUID4 | None
    """Where it was bought."""

    next_payment_attempt_at: datetime | None = None
    """When it is tried again to collect the payment."""

    metadata: MetadataOutputType
    """Texts, numbers and booleans of the organization's own."""

    custom_field_data: dict[str, str | int | bool | datetime | None] = Field(default_factory=dict)
    """The values of the organization's own fields."""

    platform_fee_amount: int
    """What Polar would take of it, in cents."""

    platform_fee_currency: str | None
    """The currency of that."""

    customer: OrderCustomer

    user_id: UUID4 | None = None
    """The customer's identifier, as older clients know it."""

    user: OrderUser | None = None

    product: OrderProduct | None

    product_price: dict[str, Any] | None = None
    """The price, as it was when the order was made."""

    discount: OrderDiscount | None

    subscription: OrderSubscription | None

    items: list[OrderItemSchema]
    """Its lines."""

    description: str
    """What people read: the product's name, or the first line."""

    amount: int | None = None
    """The same as `net_amount`, for older clients."""

    from_balance_amount: int | None = None
    """The same as `applied_balance_amount`, for older clients."""

    refundable_amount: int
    """What can still be paid back, in cents."""

    refundable_tax_amount: int
    """What of the tax can still be paid back, in cents."""


class OrderInvoice(Answer):
    """Where an order's invoice is."""

    url: str
    """Its address."""


class OrderReceipt(Answer):
    """Where an order's receipt is."""

    url: str
    """Its address."""


# --- requests -----------------------------------------------------------------------------------


class OrderCreate(schemas.NewOrderBody):
    """A draft order; none can be made here."""

    model_config = described(
        _FIELDS, {"customer_id": _ORDER_ID, "product_id": _ORDER_ID, "amount": 1000}
    )


class OrderUpdate(schemas.OrderChangeBody):
    """What to change about an order; what is left out stays as it is."""

    model_config = described(_FIELDS, {"billing_name": "Ada Lovelace"})

    billing_address: AddressInput | None = None


class OrderFinalize(schemas.FinalizationBody):
    """How a draft is paid."""

    model_config = described(_FIELDS, {})


class OrderPlaces(ObjectPlaces):
    """What stands in the place of an order's path."""

    id: UUID4 = Field(examples=[_ORDER_ID])
    """The order's identifier."""


class OrderListParameters(NotedListParameters):
    """Which orders to list, in which order."""

    product_id: UUID4 | list[UUID4] | None = None
    """Only orders of this product, or of these."""

    product_billing_type: ProductBillingType | list[ProductBillingType] | None = None
    """Only orders of products that are paid so."""

    discount_id: UUID4 | list[UUID4] | None = None
    """Only orders with this discount, or with one of these."""

    customer_id: UUID4 | list[UUID4] | None = None
    """Only orders of this customer, or of these."""

    external_customer_id: str | list[str] | None = None
    """Only orders of the customer with this external ID, or with one of these."""

    checkout_id: UUID4 | list[UUID4] | None = None
    """Only the order of this checkout, or of these."""

    subscription_id: UUID4 | list[UUID4] | None = None
    """Only the payments of this subscription, or of these."""

    status: OrderStatus | list[OrderStatus] | None = None
    """Only orders of this status, or of these."""

    created_after: datetime | None = None
    """Only orders made at this moment or later; without an offset it is in UTC."""

    created_before: datetime | None = None
    """Only orders made at this moment or earlier; without an offset it is in UTC."""

    sorting: list[schemas.OrderSortProperty] | None = Field(
        default=[schemas.OrderSortProperty.created_at_descending]
    )
    """The order: may be given several times, the first counts most; a `-` before the word turns it
    round."""


class OrderExportParameters(Answer):
    """Which orders to export, and how."""

    organization_id: UUID4 | list[UUID4] | None = None
    """Only orders of this organization, or of these."""

    product_id: UUID4 | list[UUID4] | None = None
    """Only orders of this product, or of these."""

    status: OrderStatus | list[OrderStatus] | None = None
    """Only orders of this status, or of these."""

    created_after: AwareDatetime | None = None
    """Only orders made at this moment or later; it must have an offset."""

    created_before: AwareDatetime | None = None
    """Only orders made at this moment or earlier; it must have an offset."""

    timezone: str = "UTC"
    """The time zone in which moments are told."""

    columns: list[schemas.OrderExportColumn] | None = Field(default=list(schemas.DEFAULT_COLUMNS))
    """The columns, in their order."""
