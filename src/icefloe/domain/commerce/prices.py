"""Prices: parts of a product's document. A price never changes: a change of prices makes new ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import joins
from icefloe.domain.values.documents import Document, Embedded
from icefloe.domain.values.errors import Violation
from icefloe.domain.values.products import ProductPriceAmountType as Kind

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change

_PLACE = ("body", "prices")
_FRACTION = Decimal("0.000000000001")
"""Of a cent: what the reference's column of unit amounts holds."""
_ALONE = frozenset({Kind.fixed, Kind.seat_based, Kind.unit_based})
# For each currency.
_ONE_OF_A_KIND = {
    Kind.fixed: "Only one fixed price is allowed.",
    Kind.custom: "Only one custom price is allowed.",
    Kind.seat_based: "Only one seat-based price is allowed.",
    Kind.unit_based: "Only one unit-based price is allowed.",
}


@dataclass(slots=True)
class Prices:
    """What became of the prices in a request.

    Attributes:
        documents: the prices that are in order, as they will be in the product's document.
        violations: what is wrong with the others, and with all of them together.
    """

    documents: list[Document] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)


async def make_all(
    change: Change,
    product: Document,
    wanted: Sequence[Document],
    currency: str,
    present: Sequence[Document] = (),
) -> Prices:
    """The prices that a request asks for.

    Args:
        change: makes them.
        product: the document of their product, without prices.
        wanted: new prices in the form of requests, or `{"id": …}` of present ones.
        currency: the one that one of them must have.
        present: the product's prices before.
    """
    found = Prices()
    by_id = {price["id"]: price for price in present}
    meters: set[str] = set()
    for at, one in enumerate(wanted):
        if "id" in one:
            violation = _take_over(found, by_id, one["id"], at)
        elif one["amount_type"] == Kind.metered_unit:
            violation = await _check_meter(change, product, one, at, meters)
        else:
            violation = None
        if violation is not None:
            found.violations.append(violation)
        elif "id" not in one:
            found.documents.append(make(change, product, one))
    _check_together(found, wanted, currency)
    return found


def stored(price: Document) -> Document:
    """A price as it is read back: the reference pads the amounts of a unit."""
    if price["amount_type"] != Kind.metered_unit:
        return price
    amount = Decimal(price["unit_amount"]).quantize(_FRACTION)
    return {**price, "unit_amount": str(amount)}


def _take_over(
    found: Prices, by_id: Mapping[str, Document], price_id: str, at: int
) -> Violation | None:
    if price_id not in by_id:
        return Violation("value_error", (*_PLACE, at), "Price does not exist.", price_id)
    found.documents.append(by_id[price_id])
    return None


async def _check_meter(
    change: Change, product: Document, price: Document, at: int, meters: set[str]
) -> Violation | None:
    meter_id = price["meter_id"]
    place = (*_PLACE, at, "meter_id")
    if not product["is_recurring"]:
        message = "Metered pricing is not supported on one-time products."
        return Violation("value_error", (*_PLACE, at), message, price)
    table = change.tables.commerce.meters
    if await table.find_text(change.organization_id, UUID(meter_id)) is None:
        return Violation("value_error", place, "Meter does not exist.", meter_id)
    if meter_id in meters:
        message = "Meter is already used for another price."
        return Violation("value_error", place, message, meter_id)
    meters.add(meter_id)
    return None


def _check_together(found: Prices, wanted: Sequence[Document], currency: str) -> None:
    def refuse(kind: str, message: str) -> None:
        found.violations.append(Violation(kind, _PLACE, message, list(wanted)))

    if not found.documents:
        refuse("too_short", "At least one price is required.")
    counts = Counter((one["price_currency"], one["amount_type"]) for one in found.documents)
    for kind, message in _ONE_OF_A_KIND.items():
        if any(counts[one] > 1 for one in counts if one[1] == kind):
            refuse("value_error", message)
    kinds = {kind for _, kind in counts}
    if Kind.custom in kinds and kinds & _ALONE:
        refuse(
            "value_error",
            "A custom price cannot be combined with a fixed, seat-based or unit-based price.",
        )
    if currency not in {price["price_currency"] for price in found.documents}:
        refuse(
            "value_error",
            "The organization's default presentment currency must be present in the prices.",
        )


def make(change: Change, product: Document, wanted: Document) -> Document:
    """A new price of a product, in the form of requests, which must be valid."""
    price = {
        "created_at": change.moment,
        "modified_at": None,
        "id": str(change.new_id()),
        "source": "catalog",
        "amount_type": wanted["amount_type"],
        "price_currency": wanted["price_currency"],
        "tax_behavior": wanted["tax_behavior"],
        "is_archived": False,
        "product_id": product["id"],
        "type": "recurring" if product["is_recurring"] else "one_time",
        "recurring_interval": product["recurring_interval"],
    }
    return price | _find_amounts(wanted)


def _find_amounts(wanted: Document) -> Document:
    """What a price says of amounts, by its type."""
    match wanted["amount_type"]:
        case Kind.fixed:
            return {"price_amount": wanted["price_amount"]}
        case Kind.custom:
            names = ("minimum_amount", "maximum_amount", "preset_amount")
            return {name: wanted[name] for name in names}
        case Kind.metered_unit:
            return {
                "unit_amount": wanted["unit_amount"],
                "cap_amount": wanted["cap_amount"],
                "meter_id": wanted["meter_id"],
                "meter": Embedded("meters", UUID(wanted["meter_id"]), joins.PRICED),
            }
        case Kind.seat_based:
            return _find_seats(wanted["seat_tiers"])
        case _:
            return {
                "tiers": wanted["tiers"],
                "minimum_units": wanted["minimum_units"],
                "unit_label": wanted["unit_label"],
                "maximum_units": wanted["tiers"]["tiers"][-1]["bound"],
            }


def _find_seats(wanted: Document) -> Document:
    tiers = wanted["tiers"]
    return {
        "seat_tiers": {
            **wanted,
            "minimum_seats": tiers[0]["min_seats"],
            "maximum_seats": tiers[-1]["max_seats"],
        },
        "price_per_seat": tiers[0]["price_per_seat"],
    }
