"""Orders as values: what a customer bought or must pay, line by line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict
from uuid import UUID

from icefloe.domain.values.metadata import Metadata


class OrderStatus(StrEnum):
    """What became of an order."""

    draft = "draft"
    pending = "pending"
    paid = "paid"
    refunded = "refunded"
    partially_refunded = "partially_refunded"
    void = "void"


PAID_STATUSES = frozenset({OrderStatus.paid, OrderStatus.refunded, OrderStatus.partially_refunded})
"""Of orders that were paid, whatever came after."""


class BillingReason(StrEnum):
    """Why an order was made."""

    purchase = "purchase"
    subscription_create = "subscription_create"
    subscription_cycle = "subscription_cycle"
    subscription_update = "subscription_update"
    subscription_meter_cycle = "subscription_meter_cycle"


PAID_LATER = frozenset(
    {
        BillingReason.subscription_cycle,
        BillingReason.subscription_update,
        BillingReason.subscription_meter_cycle,
    }
)
"""Reasons of orders that are made first and then paid; others are paid when they are made."""


class ProductBillingType(StrEnum):
    """How often a product is paid."""

    one_time = "one_time"
    recurring = "recurring"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrderItem:
    """A line of an order.

    Attributes:
        label: what people read.
        amount: before discount and tax, in the currency's smallest unit.
        is_proration: whether it is for a part of a period.
    """

    label: str
    amount: int
    is_proration: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order to create; amounts are in the currency's smallest unit.

    Attributes:
        customer_id: whose it is.
        product_id: what was bought, if it was a product.
        discount_id: what lowered the price.
        subscription_id: what it is a payment of.
        checkout_id: where it was bought.
        amount: before discount and tax; None for the sum of the items, or the product's price.
        discount_amount: what the discount takes off.
        tax_amount: what comes on top.
        refunded_amount: how much of a partially refunded order was paid back; None for half.
        currency: its code; None for the price's, or the organization's.
        status: what became of it.
        billing_reason: why it was made.
        items: its lines; without any it has one with the product's name.
        billing_name: on the invoice; None for the customer's.
        billing_address: on the invoice, as documents have it; None for the customer's.
        invoice_number: None for the customer's next one; a draft has none.
        seats: how many were bought, if it is paid by seats.
        units: how many were bought, if it is paid by units.
        created_at: when it was made; None for now.
        metadata: the organization's own notes.
        custom_field_data: values of the organization's own fields.
    """

    customer_id: UUID
    product_id: UUID | None = None
    discount_id: UUID | None = None
    subscription_id: UUID | None = None
    checkout_id: UUID | None = None
    amount: int | None = None
    discount_amount: int = 0
    tax_amount: int = 0
    refunded_amount: int | None = None
    currency: str | None = None
    status: OrderStatus = OrderStatus.paid
    billing_reason: BillingReason = BillingReason.purchase
    items: tuple[NewOrderItem, ...] = ()
    billing_name: str | None = None
    billing_address: Mapping[str, Any] | None = None
    invoice_number: str | None = None
    seats: int | None = None
    units: int | None = None
    created_at: datetime | None = None
    metadata: Metadata = field(default_factory=dict)
    custom_field_data: Mapping[str, Any] = field(default_factory=dict)


class OrderChange(TypedDict, total=False):
    """New values of an order; what is left out stays."""

    billing_name: str | None
    billing_address: dict[str, Any] | None


# In JSON, no text and no metadata of a customer's has these bytes: they end with no quote escaped,
# and metadata has no lists.
_ITEMS = re.compile(rb',"items":\[.*?\],"description":', re.DOTALL)
_PRICE = re.compile(rb'"product_price_id":(?:null|"[^"]*")')


def add_newer_fields(text: bytes) -> bytes:
    """The wire documents of orders in a text, with the fields that clients of today require.

    The period of an item is null: no item here is of a part of one.
    """
    return _ITEMS.sub(_add_periods, text)


def _add_periods(items: re.Match[bytes]) -> bytes:
    return _PRICE.sub(rb'\g<0>,"start_timestamp":null,"end_timestamp":null', items[0])
