"""The bodies that make and change orders, and the query parameters of their list and export.

The fields stand in the order in which the reference checks them.
"""

from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any, ClassVar, cast
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, Field

from icefloe.api.schemas import queries
from icefloe.api.schemas.fields import (
    AddressBody,
    Body,
    Bound,
    Metadata,
    Schema,
    validate_body,
)
from icefloe.api.schemas.identifiers import Uuid4, Uuids4
from icefloe.api.schemas.lists import NotedListParameters
from icefloe.api.schemas.models import Model
from icefloe.domain.values import limits
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.orders import OrderChange, OrderStatus, ProductBillingType

_LISTS = frozenset(
    {
        "sorting", "organization_id", "product_id", "product_billing_type", "discount_id",
        "customer_id", "external_customer_id", "checkout_id", "subscription_id", "status",
    }
)  # fmt: skip
_EXPORT_LISTS = frozenset({"organization_id", "product_id", "status", "columns"})
_MAX_DESCRIPTION = 500
"""Characters; the reference's own limit."""
_MAX_TIMEZONE = 100
"""Characters of a time zone's name; the longest one has about 30."""


class OrderSortProperty(StrEnum):
    """What orders can be sorted by."""

    created_at = "created_at"
    created_at_descending = "-created_at"
    status = "status"
    status_descending = "-status"
    invoice_number = "invoice_number"
    invoice_number_descending = "-invoice_number"
    amount = "amount"
    amount_descending = "-amount"
    net_amount = "net_amount"
    net_amount_descending = "-net_amount"
    customer = "customer"
    customer_descending = "-customer"
    product = "product"
    product_descending = "-product"
    discount = "discount"
    discount_descending = "-discount"
    subscription = "subscription"
    subscription_descending = "-subscription"


class OrderExportColumn(StrEnum):
    """What an export can show of an order."""

    email = "email"
    created_at = "created_at"
    product = "product"
    net_amount = "net_amount"
    currency = "currency"
    status = "status"
    invoice_number = "invoice_number"
    customer_name = "customer_name"
    billing_name = "billing_name"
    billing_country = "billing_country"
    subtotal_amount = "subtotal_amount"
    discount_amount = "discount_amount"
    tax_amount = "tax_amount"
    total_amount = "total_amount"
    refunded_amount = "refunded_amount"
    billing_reason = "billing_reason"


DEFAULT_COLUMNS = (
    OrderExportColumn.email,
    OrderExportColumn.created_at,
    OrderExportColumn.product,
    OrderExportColumn.net_amount,
    OrderExportColumn.currency,
    OrderExportColumn.status,
    OrderExportColumn.invoice_number,
)
_STATUS = "str-enum[OrderStatus]"


class OrderListParameters(NotedListParameters):
    """The parameters of a list of orders."""

    one_or_many: ClassVar[Mapping[str, str]] = {
        "status": _STATUS,
        "product_billing_type": "str-enum[ProductBillingType]",
    }

    sorting: tuple[OrderSortProperty, ...] = (OrderSortProperty.created_at_descending,)
    product_id: Uuids4 | None = None
    product_billing_type: list[ProductBillingType] | None = None
    discount_id: Uuids4 | None = None
    customer_id: Uuids4 | None = None
    external_customer_id: list[str] | None = None
    checkout_id: Uuids4 | None = None
    subscription_id: Uuids4 | None = None
    status: list[OrderStatus] | None = None
    created_after: Bound | None = None
    created_before: Bound | None = None


def _check_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise ValueError(f"There is no time zone {name!r}") from error
    return name


class OrderExportParameters(Model):
    """The parameters of an export of orders."""

    one_or_many: ClassVar[Mapping[str, str]] = {
        "status": _STATUS,
        "columns": "str-enum[OrderExportColumn]",
    }

    organization_id: Uuids4 | None = None
    product_id: Uuids4 | None = None
    status: list[OrderStatus] | None = None
    created_after: AwareDatetime | None = None
    created_before: AwareDatetime | None = None
    timezone: Annotated[str, Field(max_length=_MAX_TIMEZONE), AfterValidator(_check_timezone)] = (
        "UTC"
    )
    columns: tuple[OrderExportColumn, ...] = DEFAULT_COLUMNS


class NewOrderBody(Body):
    """An order for a customer who is not there."""

    custom_field_data: dict[str, Any] = Field(default_factory=dict)
    metadata: Metadata = Field(default_factory=dict)
    organization_id: Uuid4 | None = None
    customer_id: Uuid4
    product_id: Uuid4
    currency: str | None = None
    amount: Annotated[int, Field(ge=0)] | None = None
    description: Annotated[str, Field(max_length=_MAX_DESCRIPTION)] | None = None


class OrderChangeBody(Body):
    """What to change about an order; what is absent stays as it is."""

    billing_name: Annotated[str, Field(max_length=limits.MAX_OBJECT_TEXT)] | None = None
    billing_address: AddressBody | None = None


class FinalizationBody(Body):
    """How a draft is paid."""

    payment_method_id: Uuid4 | None = None


def validate_new_order(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> NewOrderBody:
    """The body that makes an order. Raises ValidationError."""
    return validate_body(NewOrderBody, value, email_check)


def validate_order_change(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> OrderChangeBody:
    """The body that changes an order. Raises ValidationError."""
    return validate_body(OrderChangeBody, value, email_check)


def validate_finalization(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> FinalizationBody:
    """The body that finalizes an order; it may be left out. Raises ValidationError."""
    return validate_body(FinalizationBody, {} if value is None else value, email_check)


NEW_ORDER = Schema(validate_new_order, NewOrderBody)
ORDER_CHANGE = Schema(validate_order_change, OrderChangeBody)
FINALIZATION = Schema(validate_finalization, FinalizationBody)


def change_of(body: OrderChangeBody) -> OrderChange:
    """The change that a body asks for: of the fields that were in it."""
    given = body.model_dump(exclude_unset=True)
    if body.billing_address is not None:
        given["billing_address"] = asdict(Address(**body.billing_address.model_dump()))
    return cast("OrderChange", given)


def read_order_list(query_string: bytes) -> OrderListParameters:
    """The parameters of a list of orders. Raises RequestInvalid."""
    return queries.read_list(OrderListParameters, query_string, lists=_LISTS)


def read_order_export(query_string: bytes) -> OrderExportParameters:
    """The parameters of an export of orders. Raises RequestInvalid."""
    pairs = queries.read_pairs(query_string)
    return queries.validate(OrderExportParameters, queries.gather(pairs, lists=_EXPORT_LISTS))
