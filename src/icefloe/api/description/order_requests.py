"""What requests about orders hold. For descriptions only."""

from datetime import datetime

from pydantic import UUID4, AwareDatetime, Field

from icefloe.api.commerce.schemas import orders as schemas
from icefloe.api.description.answers import Answer
from icefloe.api.description.order_answers import (
    OrderStatus,
    ProductBillingType,
)
from icefloe.api.description.requests import (
    AddressInput,
    NotedListParameters,
    ObjectPlaces,
    described,
)

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
