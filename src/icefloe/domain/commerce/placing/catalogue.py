"""Meters, benefits, products and discounts as placements give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from icefloe.domain.commerce import benefits, discounts, joins, meters, prices, products
from icefloe.domain.commerce.placing import references
from icefloe.domain.values.benefits import BenefitType, Visibility
from icefloe.domain.values.discounts import DiscountType, Duration
from icefloe.domain.values.errors import RulesBroken
from icefloe.domain.values.products import ProductPriceAmountType as Kind

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.benefits import NewBenefit
    from icefloe.domain.values.discounts import NewDiscount
    from icefloe.domain.values.documents import Document
    from icefloe.domain.values.meters import NewMeter
    from icefloe.domain.values.products import NewProduct

_METER: Document = {
    "name": "Usage",
    "unit": "scalar",
    "custom_label": None,
    "custom_multiplier": None,
    "metadata": {},
}
_SUMMED = "units"
"""The property of events that a meter adds up if nothing else is said."""

_BENEFIT: Document = {"description": "Benefit", "visibility": None, "metadata": {}}
_PROPERTIES: dict[str, Document] = {
    BenefitType.custom: {"note": None},
    BenefitType.license_keys: {
        "prefix": None,
        "expires": None,
        "activations": None,
        "limit_usage": None,
    },
}
"""What benefits of a type consist of if nothing else is said."""

_PRODUCT: Document = {
    "name": "Product",
    "description": None,
    "visibility": Visibility.public,
    "recurring_interval": None,
    "recurring_interval_count": None,
    "trial_interval": None,
    "trial_interval_count": None,
    "meter_interval": None,
    "metadata": {},
    "prices": [],
    "medias": [],
    "attached_custom_fields": [],
}
_PRICE_SHOWS = frozenset({"product_id", "meter"})
_AMOUNTS: dict[str, Document] = {
    Kind.fixed: {"price_amount": 0},
    Kind.custom: {"minimum_amount": 50, "maximum_amount": None, "preset_amount": None},
    Kind.metered_unit: {"cap_amount": None},
    Kind.unit_based: {"minimum_units": None, "unit_label": None},
}
"""What prices of a type say of amounts if nothing else is said, in cents."""

_DISCOUNT: Document = {
    "name": "Discount",
    "code": None,
    "duration": Duration.once,
    "starts_at": None,
    "ends_at": None,
    "max_redemptions": None,
    "max_redemptions_per_customer": None,
    "metadata": {},
}
_TENTH = 1_000
"""Basis points that a discount takes off if nothing else is said."""


def _complete(usual: Document, values: Document) -> Any:
    """The fields of a new object: those that are given, and the usual ones."""
    return {key: values.get(key, one) for key, one in usual.items()}


async def make_meter(change: Change, values: Document) -> Document:
    """A meter; it adds up `units` of the events of its own name if nothing else is said."""
    new = _complete(_METER, values)
    named = {"property": "name", "operator": "eq", "value": new["name"]}
    new["filter"] = values.get("filter") or {"conjunction": "and", "clauses": [named]}
    new["aggregation"] = values.get("aggregation") or {"func": "sum", "property": _SUMMED}
    made = meters.make(change, cast("NewMeter", new), references.find_id(change, values))
    return references.overlay(made, values, but={"id", "organization_id", "filter", "aggregation"})


async def make_benefit(change: Change, values: Document) -> Document:
    """A benefit. Raises RulesBroken."""
    kind = values.get("type", BenefitType.custom)
    properties = {**_PROPERTIES.get(kind, {}), **(values.get("properties") or {})}
    if kind == BenefitType.meter_credit:
        for key in ("meter_id", "units"):
            if key not in properties:
                raise references.refuse(("properties", key), "Field required")
        await references.read(change, "meters", ("properties", "meter_id"), properties["meter_id"])
        properties.setdefault("rollover", False)
    new = {**_complete(_BENEFIT, values), "type": kind, "properties": properties}
    made = benefits.make(change, cast("NewBenefit", new), references.find_id(change, values))
    but = {"id", "organization_id", "type", "properties", "visibility"}
    return references.overlay(made, values, but=but)


async def make_product(change: Change, values: Document) -> Document:
    """A product, with its prices; it is free if no price is given. Raises RulesBroken."""
    new = _complete(_PRODUCT, values)
    if new["recurring_interval"] is not None and new["recurring_interval_count"] is None:
        new["recurring_interval_count"] = 1
    made = products.make(change, cast("NewProduct", new), references.find_id(change, values))
    but = {"id", "organization_id", "is_recurring", "recurring_interval_count", "prices"}
    product = references.overlay(made, values, but={*but, "benefits"})
    wanted = values.get("prices") or [{"amount_type": Kind.fixed}]
    product["prices"] = [
        await make_price(change, product, one, ("prices", at)) for at, one in enumerate(wanted)
    ]
    product["benefits"] = await references.embed_all(change, "benefits", values, "benefits")
    return products.stored(product)


async def make_price(
    change: Change, product: Document, values: Document, place: tuple[str | int, ...]
) -> Document:
    """A price of a product. Raises RulesBroken, which names the place."""
    kind = values.get("amount_type", Kind.fixed)
    wanted = {
        "price_currency": values.get("price_currency") or await products.find_currency(change),
        "tax_behavior": None,
        "created_at": product["created_at"],
        **_AMOUNTS.get(kind, {}),
        **values,
        "amount_type": kind,
    }
    if kind == Kind.metered_unit:
        await references.read(change, "meters", (*place, "meter_id"), wanted["meter_id"])
    made = prices.make(change, product, wanted)
    return references.overlay(made, wanted, but={*_PRICE_SHOWS, "seat_tiers", "maximum_units"})


async def make_discount(change: Change, values: Document) -> Document:
    """A discount; it takes a tenth off if nothing else is said. Raises RulesBroken."""
    discount_id = references.find_id(change, values)
    new = _complete(_DISCOUNT, values)
    new["amounts"] = _find_amounts(values)
    is_fixed = bool(new["amounts"])
    new["type"] = values.get("type") or (
        DiscountType.fixed if is_fixed else DiscountType.percentage
    )
    if new["type"] == DiscountType.fixed and not is_fixed:
        raise references.refuse("amount", "Field required")
    new["basis_points"] = values.get("basis_points", _TENTH)
    new["duration_in_months"] = values.get("duration_in_months")
    if new["duration"] == Duration.repeating and new["duration_in_months"] is None:
        raise references.refuse("duration_in_months", "Field required")
    violations = await discounts.check_code(change, new["code"], discount_id)
    if violations:
        raise RulesBroken(*violations)
    embedded = await references.embed_all(change, "products", values, "products", joins.BARE)
    made = discounts.make(change, cast("NewDiscount", new), discount_id, embedded)
    given = {"created_at", "modified_at", "redemptions_count"}
    return references.overlay(made, values, but=made.keys() - given)


def _find_amounts(values: Document) -> dict[str, int]:
    """The amounts of a fixed discount by currency; `amount` is the older way to give a single one."""
    if values.get("amounts"):
        return dict(values["amounts"])
    if values.get("amount") is not None:
        return {values.get("currency") or "usd": values["amount"]}
    return {}
