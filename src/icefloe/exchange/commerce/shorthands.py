"""Objects of commerce as tests and seeds write them: the wire's form, and shorter ways to say it.

`price: 2900` is a fixed price, `recurring: month` an interval, `ends_in: 864000` the end of a period so
many seconds from now; `product: Pro` names a product by its name. Ids may be left out everywhere.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeGuard, get_type_hints
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from icefloe.domain.values import limits, moments
from icefloe.domain.values.documents import Document
from icefloe.domain.values.placements import PlacedResource
from icefloe.exchange import problems, records
from icefloe.exchange.commerce import catalogue, holdings, sales
from icefloe.exchange.problems import Place, Problem

NAMED: Mapping[PlacedResource, tuple[str, ...]] = {
    "subscriptions": ("product", "discount", "customer"),
    "orders": ("product", "discount", "subscription", "customer"),
    "benefit_grants": ("benefit", "subscription", "order", "customer"),
    "customer_meters": ("meter", "customer"),
}
"""What an object may name by an id, by an object that has one, or by a name."""
SHORTHANDS: Mapping[PlacedResource, tuple[str, ...]] = {
    "products": ("price", "currency", "recurring"),
    "discounts": ("products",),
    "subscriptions": ("ends_in", "external_customer_id"),
    "orders": ("amount", "external_customer_id"),
    "benefit_grants": ("external_customer_id",),
    "customer_meters": ("credited", "consumed", "external_customer_id"),
}
_DERIVED: Mapping[PlacedResource, tuple[str, ...]] = {
    "meters": (),
    "benefits": ("is_deleted",),
    "products": (
        "is_recurring", "is_deletable", "meter_interval", "meter_interval_count", "medias",
        "attached_custom_fields",
    ),
    "discounts": (),
    "subscriptions": ("user_id", "user", "price", "price_id", "pending_update"),
    "orders": ("user_id", "user", "product_price_id", "description"),
    "benefit_grants": ("user_id", "member", "error", "previous_properties"),
    "customer_meters": ("balance", "modified_at"),
}  # fmt: skip
"""What the wire shows besides; it follows from the rest."""
_FORMS: Mapping[PlacedResource, Any] = {
    "meters": catalogue.Meter,
    "benefits": catalogue.CheckedBenefit,
    "products": catalogue.Product,
    "discounts": catalogue.Discount,
    "subscriptions": sales.Subscription,
    "orders": sales.Order,
    "benefit_grants": holdings.BenefitGrant,
    "customer_meters": holdings.CustomerMeter,
}
_WRITTEN = {
    "price_currency": "currency",
    "prices": "price",
    "recurring_interval": "recurring",
    "subtotal_amount": "amount",
    "credited_units": "credited",
    "consumed_units": "consumed",
}
"""The shorthands, by what they stand for."""
_TRIED = ("_Clause", "_Filter")
"""The forms that a part of a meter's filter may have, as places of problems name them."""
_OF_FILES = frozenset({"discount_products"})
"""What the files of an import have besides."""
_LISTS_OF_IDS: Mapping[str, str] = {"products": "benefits", "discounts": "products"}
_LISTS_OF_PARTS = ("prices", "items", "meters")
_MAX_NAMED = 100


class InvalidObject(Exception):
    """An object has another form.

    Attributes:
        problems: what is wrong with it: where in it, and what.
    """

    def __init__(self, found: Sequence[Problem]) -> None:
        super().__init__(problems.in_one_line(found[0]))
        self.problems = found


def find_keys(resource: PlacedResource, *, ends_in: bool = True) -> tuple[str, ...]:
    """What an object of a resource may have; `ends_in` only where there is a present moment."""
    form = _FORMS[resource]
    hints = get_type_hints(getattr(form, "__origin__", form))
    own = [name for name in hints if name not in _OF_FILES]
    names = (*own, *SHORTHANDS.get(resource, ()), *NAMED.get(resource, ()))
    return tuple(dict.fromkeys(name for name in names if ends_in or name != "ends_in"))


def read(
    resource: PlacedResource, record: object, new_id: Callable[[str], str], now: datetime | None
) -> Document:
    """The values of a placement that an object describes.

    Args:
        resource: what it is.
        record: in the wire's form, or as much of it as matters, with shorthands.
        new_id: makes an id for the object (of `""`), or for a part of it such as `prices 0`.
        now: from when on `ends_in` counts; None where it means nothing.

    Raises:
        InvalidObject: it has another form.
    """
    if not isinstance(record, dict):
        raise InvalidObject([((), "must be an object: keys and values")])
    known = find_keys(resource, ends_in=now is not None)
    passed = {*known, *_DERIVED[resource], "organization_id"}
    unknown = [
        ((str(key),), problems.unknown_key(str(key), known)) for key in record if key not in passed
    ]
    if unknown:
        raise InvalidObject(unknown)
    values = {key: value for key, value in record.items() if key in known}
    if not values.get("id"):
        values["id"] = new_id("")
    apart = _set_apart(resource, values, record, now)
    _shorten(resource, values)
    for key in _LISTS_OF_PARTS:
        if isinstance(values.get(key), list):
            values[key] = [
                {"id": new_id(f"{key} {at}"), **one} if isinstance(one, dict) else one
                for at, one in enumerate(values[key])
            ]
    try:
        checked: Document = _form_of(resource).validate_python(values)
    except ValidationError as error:
        raise InvalidObject(_simplify(problems.find_all(error), record)) from error
    return {**checked, **apart}


@cache
def _form_of(resource: PlacedResource) -> TypeAdapter[Any]:
    return TypeAdapter(_FORMS[resource])


def _set_apart(
    resource: PlacedResource, values: Document, record: Document, now: datetime | None
) -> Document:
    """Take out of an object, and check, what the wire's form does not have. Raises InvalidObject."""
    apart: Document = {}
    for name in NAMED.get(resource, ()):
        named = values.pop(name, None)
        if named is None:
            continue
        given = named.get("id") if isinstance(named, dict) else named
        if not _is_name(given):
            raise InvalidObject([((name,), "must be an id, a name, or an object with an id")])
        if name == "customer" and not _is_id(given):
            values["external_customer_id"] = given
        elif _is_id(given) or name in {"subscription", "order"}:
            values[f"{name}_id"] = given
        else:
            apart[name] = given
    if resource in _LISTS_OF_IDS and _LISTS_OF_IDS[resource] in record:
        key = _LISTS_OF_IDS[resource]
        values.pop(key, None)
        apart[key] = _read_list(key, record[key])
    name = values.pop("external_customer_id", None)
    if name is not None:
        if not _is_name(name):
            raise InvalidObject([(("external_customer_id",), "must be text")])
        apart["external_customer_id"] = name
    if values.get("ends_in") is not None and now is not None:
        values["current_period_end"] = _find_end(values["ends_in"], now)
    values.pop("ends_in", None)
    return apart


def _read_list(key: str, given: object) -> list[str]:
    """Ids or names: of ids, names, or objects with ids. Raises InvalidObject."""
    if not isinstance(given, list) or len(given) > _MAX_NAMED:
        raise InvalidObject([((key,), f"must be a list of at most {_MAX_NAMED} entries")])
    found: list[str] = []
    for at, one in enumerate(given):
        name = one.get("id") if isinstance(one, dict) else one
        if not _is_name(name):
            raise InvalidObject([((key, at), "must be an id, a name, or an object with an id")])
        found.append(name)
    return found


def _shorten(resource: PlacedResource, values: Document) -> None:
    """Put what shorthands stand for in their place. Raises InvalidObject."""
    if resource == "products":
        _put_price(values)
        if "recurring" in values:
            interval = values.pop("recurring")
            _put(values, "recurring", "recurring_interval", interval)
    elif resource == "orders" and "amount" in values:
        amount = values.pop("amount")
        # The wire's own `amount` is after the discount, and follows from the rest.
        values.setdefault("subtotal_amount", amount)
    elif resource == "customer_meters":
        for name in ("credited", "consumed"):
            if name in values:
                _put(values, name, f"{name}_units", values.pop(name))


def _put_price(values: Document) -> None:
    currency = values.pop("currency", None)
    if "price" not in values:
        if currency is not None:
            raise InvalidObject([(("currency",), "is that of the price, of which there is none")])
        if not values.get("prices"):
            values["prices"] = [{"amount_type": "fixed", "price_amount": 0}]
        return
    price: Document = {"amount_type": "fixed", "price_amount": values.pop("price")}
    if currency is not None:
        price["price_currency"] = currency
    _put(values, "price", "prices", [price])


def _put(values: Document, shorthand: str, key: str, value: object) -> None:
    if key in values:
        raise InvalidObject([((shorthand,), f"is another way to say {key}: say one of them")])
    values[key] = value


def _find_end(seconds: object, now: datetime) -> str:
    is_nan = isinstance(seconds, float) and math.isnan(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or is_nan:
        raise InvalidObject([(("ends_in",), "must be a number of seconds")])
    try:
        return moments.render(now + timedelta(seconds=seconds))
    except OverflowError:
        raise InvalidObject([(("ends_in",), "must be between the years 1 and 9999")]) from None


def _simplify(found: Sequence[Problem], record: Document) -> list[Problem]:
    """Problems at places of the object as it was written."""
    simple = {_find_written(place, record): message for place, message in found}
    return list(simple.items())


def _find_written(place: Place, record: Document) -> Place:
    """Where a value was written that stands at a place of the wire's form."""
    if place and place[0] not in record:
        key = str(place[0])
        shorthand = _WRITTEN.get(str(place[-1])) or _WRITTEN.get(key) or key.removesuffix("_id")
        if shorthand in record:
            return (shorthand,)
    return tuple(step for step in place if step not in _TRIED)


def _is_name(value: object) -> TypeGuard[str]:
    """Whether something stored can have a value as its name, or as its id."""
    if not isinstance(value, str) or len(value) > limits.MAX_OBJECT_TEXT:
        return False
    try:
        records.check_storable(value)
    except ValueError:
        return False
    return True


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
