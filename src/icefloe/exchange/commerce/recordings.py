"""What a live account shows of commerce → what a seed says of it."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, get_type_hints

from icefloe.exchange.commerce import catalogue, sales

Objects = dict[str, list[dict[str, Any]]]
"""The objects of each noun that was read, in the wire's form, the oldest first."""

NEEDS: Mapping[str, frozenset[str]] = {
    "meters": frozenset(),
    "benefits": frozenset({"meters"}),
    "products": frozenset({"meters", "benefits"}),
    "discounts": frozenset({"products"}),
    "subscriptions": frozenset({"products", "discounts"}),
    "orders": frozenset({"products", "discounts", "subscriptions"}),
}
"""What is recorded, in an order in which none needs a later one; and what each needs."""
OF_CUSTOMERS = ("subscriptions", "orders")
"""What a seed has within its customer, and leaves out without it."""

_FORMS: Mapping[str, type] = {
    "meters": catalogue.Meter,
    "benefits": catalogue.Benefit,
    "products": catalogue.Product,
    "discounts": catalogue.Discount,
    "subscriptions": sales.Subscription,
    "orders": sales.Order,
}
# What a seed says elsewhere: in the objects that others show, and in the customer around them.
_ELSEWHERE = frozenset({"customer", "customer_id", "discount", "discount_products"})
_IDS: Mapping[str, str] = {"products": "benefits", "discounts": "products"}
# Signed by a service that the account is connected to: it is a secret.
_SECRET = "guild_token"  # noqa: S105 - its name


def choose(objects: Objects, customer_ids: Iterable[str]) -> Objects:
    """What a seed can have: customers that are deleted, and what they had, are in no list.

    A discount that was deleted is in no list either: it is taken from what shows it.
    """
    known = set(customer_ids)
    chosen = {
        noun: [one for one in those if noun not in OF_CUSTOMERS or one.get("customer_id") in known]
        for noun, those in objects.items()
    }
    sold = [one for noun in OF_CUSTOMERS for one in chosen.get(noun, ())]
    discounts = {one["id"]: one for one in chosen.get("discounts", ())}
    for one in sold:
        if one.get("discount"):
            discounts.setdefault(one["discount"]["id"], one["discount"])
    if discounts:
        chosen["discounts"] = list(discounts.values())
    return chosen


def find_held(objects: Objects) -> dict[str, Objects]:
    """What each customer has, as a seed has it, by the customer's id and then by noun."""
    held: dict[str, Objects] = {}
    for noun in OF_CUSTOMERS:
        for one in objects.get(noun, ()):
            of_customer = held.setdefault(one["customer_id"], {})
            of_customer.setdefault(noun, []).extend(make_objects(noun, [one]))
    return held


def make_objects(noun: str, objects: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The objects of a noun as a seed has them: with ids in the place of what they show of others."""
    known = _find_keys(noun)
    return [
        {key: _make(noun, key, value) for key, value in one.items() if key in known}
        for one in objects
    ]


@cache
def _find_keys(noun: str) -> set[str]:
    named = {_IDS[noun]} if noun in _IDS else set()
    return (get_type_hints(_FORMS[noun]).keys() | named) - _ELSEWHERE


def _make(noun: str, key: str, value: Any) -> Any:
    if _IDS.get(noun) == key:
        return [one["id"] for one in value]
    if noun == "benefits" and key == "properties":
        return {name: one for name, one in value.items() if name != _SECRET}
    if key in {"prices", "meters"}:
        return [_without_meter(one) for one in value]
    return _without_meter(value) if key == "product_price" and value else value


def _without_meter(part: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != "meter"}
