"""Terms: what a subscription takes over of its product and its discount: prices, meters and amount."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import joins
from icefloe.domain.values.discounts import DiscountType
from icefloe.domain.values.documents import Document, Embedded, read_moment
from icefloe.domain.values.products import ProductPriceAmountType as Kind

if TYPE_CHECKING:
    from datetime import datetime

    from icefloe.domain.commerce.changes import Change

_BASIS = 10_000
"""Basis points of the whole."""


def is_free(product: Document) -> bool:
    """Whether a product costs nothing but for use that is metered."""
    return all(
        price["amount_type"] == Kind.metered_unit
        or (price["amount_type"] == Kind.fixed and price["price_amount"] == 0)
        for price in product["prices"]
    )


def has_custom_price(product: Document) -> bool:
    """Whether the customer chooses what a product costs."""
    return any(price["amount_type"] == Kind.custom for price in product["prices"])


def take(
    change: Change, product: Document, currency: str, present: list[Document] | None = None
) -> Document:
    """The values of a subscription that follow from its product, by their names.

    Args:
        change: makes the subscription, or changes it.
        product: the product's document.
        currency: which of its prices count.
        present: the meters that the subscription has already; those of the same meter stay.
    """
    prices = [price for price in product["prices"] if price["price_currency"] == currency]
    first = prices[0] if prices else None
    known = {one["meter_id"]: one for one in present or ()}
    meters = [
        known.get(price["meter_id"]) or make_meter(change, price["meter_id"])
        for price in prices
        if price["amount_type"] == Kind.metered_unit
    ]
    return {
        "recurring_interval": product["recurring_interval"],
        "recurring_interval_count": product["recurring_interval_count"],
        "product_id": product["id"],
        "price_id": None if first is None else first["id"],
        "product": Embedded("products", UUID(product["id"])),
        "price": first,
        "prices": prices,
        "meters": meters,
    }


def amount_of(prices: list[Document], discount: Document | None) -> int:
    """What a period costs before use is added, in the smallest unit of the currency."""
    amount: int = sum(
        price["price_amount"] for price in prices if price["amount_type"] == Kind.fixed
    )
    if discount is None or not amount:
        return amount
    if discount["type"] == DiscountType.percentage:
        taken: int = round(amount * discount["basis_points"] / _BASIS)
    else:
        taken = discount["amounts"].get(prices[0]["price_currency"], 0)
    return max(amount - taken, 0)


def is_redeemable(discount: Document, product_id: str, now: datetime) -> bool:
    """Whether a discount can be put on a subscription to a product at a moment."""
    products = {str(one.id) for one in discount["products"]}
    if products and product_id not in products:
        return False
    if discount["starts_at"] is not None and read_moment(discount["starts_at"]) > now:
        return False
    if discount["ends_at"] is not None and read_moment(discount["ends_at"]) <= now:
        return False
    most = discount["max_redemptions"]
    return most is None or discount["redemptions_count"] < most


def embed_discount(discount: Document) -> Embedded:
    """The place of a discount in what it lowers."""
    return Embedded("discounts", UUID(discount["id"]), joins.BARE)


def make_meter(change: Change, meter_id: str) -> Document:
    """How a subscription says what was used in its period: nothing yet."""
    return {
        "created_at": change.moment,
        "modified_at": None,
        "id": str(change.new_id()),
        "consumed_units": 0.0,
        "credited_units": 0,
        "amount": 0,
        "meter_id": meter_id,
        "meter": Embedded("meters", UUID(meter_id)),
    }
