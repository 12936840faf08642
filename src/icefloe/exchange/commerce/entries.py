"""The wire's form of a product, subscription or order → an entry of an import.

What an object shows of others becomes their ids. Of those, an import places what has no file of its
own: meters, benefits and discounts.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from icefloe.domain.commerce.exports import Exported
from icefloe.domain.values.documents import Document
from icefloe.domain.values.object_entries import CustomerNames, ObjectEntry
from icefloe.domain.values.placements import PlacedResource, Placement
from icefloe.exchange import problems
from icefloe.exchange.commerce.catalogue import Product
from icefloe.exchange.commerce.sales import Order, Subscription
from icefloe.exchange.json_records import Found

_FORMS: Mapping[Exported, Any] = {
    "products": Product,
    "subscriptions": Subscription,
    "orders": Order,
}
_DERIVED: Mapping[Exported, frozenset[str]] = {
    "products": frozenset(
        {
            "organization_id", "is_recurring", "is_deletable", "meter_interval",
            "meter_interval_count", "medias", "attached_custom_fields",
        }
    ),
    "subscriptions": frozenset(
        {"user_id", "user", "product", "price", "price_id", "pending_update"}
    ),
    "orders": frozenset(
        {
            "user_id", "user", "product", "product_price_id", "subscription", "description", "amount",
        }
    ),
}  # fmt: skip
"""What the wire shows besides, which follows from the rest or is not here."""


class EntryReader:
    """Reads the objects of a file.

    Attributes:
        left_out: keys of theirs that mean nothing here.
    """

    def __init__(self, resource: Exported, found: Iterable[Found]) -> None:
        """Name the resource, and give what the file holds."""
        self.left_out: dict[str, None] = {}
        self._resource = resource
        self._found = found

    def __iter__(self) -> Iterator[ObjectEntry]:
        form, make = _form_of(self._resource), _MAKE[self._resource]
        known = _FORMS[self._resource].__annotations__.keys() | _DERIVED[self._resource]
        for one in self._found:
            if one.problem is not None:
                yield ObjectEntry(one.place, problem=one.problem)
                continue
            try:
                read = form.validate_python(one.value)
            except ValidationError as error:
                problem = problems.in_one_line(problems.find_all(error)[0])
                yield ObjectEntry(one.place, problem=problem)
                continue
            self.left_out.update(dict.fromkeys(key for key in one.value if key not in known))
            yield make(one.place, read)


@cache
def _form_of(resource: Exported) -> TypeAdapter[Any]:
    return TypeAdapter(_FORMS[resource])


def _make_product(place: str, values: Document) -> ObjectEntry:
    benefits: list[Document] = values.pop("benefits", [])
    beneath = [
        *_place_all("meters", "meters", values.pop("meters", [])),
        *_place_all("benefits", "benefits", benefits),
    ]
    values["benefits"] = [benefit["id"] for benefit in benefits]
    return ObjectEntry(place, Placement("products", values, ()), tuple(beneath))


def _make_subscription(place: str, values: Document) -> ObjectEntry:
    beneath = [
        Placement("meters", meter.pop("meter"), ("meters", at, "meter"))
        for at, meter in enumerate(values.get("meters", []))
        if "meter" in meter
    ]
    return _make_sale(place, "subscriptions", values, beneath)


def _make_order(place: str, values: Document) -> ObjectEntry:
    return _make_sale(place, "orders", values, [])


def _make_sale(
    place: str, resource: PlacedResource, values: Document, beneath: list[Placement]
) -> ObjectEntry:
    """What a subscription and an order have alike: a customer, and maybe a discount."""
    discount, products = values.pop("discount", None), values.pop("discount_products", [])
    if discount is not None:
        values["discount_id"] = discount["id"]
        beneath.append(Placement("discounts", {**discount, "products": products}, ("discount",)))
    shown = values.pop("customer", None) or {}
    customer_id = values.pop("customer_id", None) or shown.get("id")
    customer = CustomerNames(
        None if customer_id is None else UUID(customer_id),
        shown.get("external_id"),
        shown.get("email"),
    )
    return ObjectEntry(place, Placement(resource, values, ()), tuple(beneath), customer)


def _place_all(
    resource: PlacedResource, key: str, objects: Iterable[Document]
) -> Iterator[Placement]:
    return (Placement(resource, one, (key, at)) for at, one in enumerate(objects))


_MAKE: Mapping[Exported, Callable[[str, Document], ObjectEntry]] = {
    "products": _make_product,
    "subscriptions": _make_subscription,
    "orders": _make_order,
}
