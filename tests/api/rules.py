"""A plain model of the rules of lists: whom a request finds, and in which order."""

from collections.abc import Callable
from typing import Any

from api.drawing import Customer, text_of
from icefloe.domain.values import collation


def is_found(customer: Customer, pairs: list[tuple[str, str]]) -> bool:
    """Whether a customer meets all filters of a request."""
    if customer["deleted_at"] is not None:
        return False
    scalars = dict(pairs)
    if "active" in scalars and (scalars["active"] == "true") != customer.get("is_active", False):
        return False
    lower = collation.lower
    if "email" in scalars and lower(customer["email"]) != lower(scalars["email"]):
        return False
    if "query" in scalars and not _holds(customer, lower(scalars["query"])):
        return False
    wanted: dict[str, list[str]] = {}
    for name, value in pairs:
        if name.startswith("metadata["):
            wanted.setdefault(name.removeprefix("metadata[").removesuffix("]"), []).append(value)
    return all(
        key in customer["metadata"] and text_of(customer["metadata"][key]) in alternatives
        for key, alternatives in wanted.items()
    )


def _holds(customer: Customer, wanted: str) -> bool:
    within = (customer["email"], customer["name"], customer["billing_name"])
    if any(one is not None and wanted in collation.lower(one) for one in within):
        return True
    external_id = customer["external_id"]
    return external_id is not None and collation.lower(external_id).startswith(wanted)


def in_order(found: list[Customer], words: list[str]) -> list[Customer]:
    """Customers, in the order they were kept, sorted as a request asks; no text comes after any."""

    def key_of(word: str) -> Callable[[Customer], Any]:
        name = word.removeprefix("-")
        if name == "created_at":
            return lambda one: one["created_at"].removesuffix("Z")
        return lambda one: collation.NO_TEXT if one[name] is None else collation.sort_key(one[name])

    # What nothing else tells apart is in the order it was kept, the way the last criterion runs.
    seen: dict[str, str] = {}
    for word in words or ["-created_at"]:
        seen.setdefault(word.removeprefix("-"), word)
    if [*seen] == ["name"]:
        # Those who are called the same come in the order in which they were made.
        seen["created_at"] = seen["name"].replace("name", "created_at")
    criteria = list(seen.values())
    ordered = found[::-1] if criteria[-1].startswith("-") else found[:]
    for word in reversed(criteria):
        # Sorting is stable, so what is sorted downwards is turned around twice.
        if word.startswith("-"):
            ordered.reverse()
            ordered.sort(key=key_of(word))
            ordered.reverse()
        else:
            ordered.sort(key=key_of(word))
    return ordered
