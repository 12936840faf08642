"""What a user of polar-sdk 1.x asks of any namespace of commerce, by the method's name."""

import dataclasses
from typing import Any

from conversation import collect, find_methods, finish
from polar.base import AsyncServiceBase, SyncServiceBase
from polar.v2026_10 import Polar

Json = dict[str, Any]


def ask(polar: Polar, method: str, body: Json | None = None, **arguments: Any) -> Any:
    """What a method such as `orders.get` gives; of a method that walks, all of it."""
    namespace, name = method.split(".")
    ids = [arguments.pop("id")] if "id" in arguments and "list" not in name else []
    given = getattr(getattr(polar, namespace), name)(*ids, **arguments, **(body or {}))
    return _show(collect(given) if name.startswith("iter_") else finish(given))


def list_commerce_methods(polar: Polar, namespaces: list[str]) -> list[str]:
    """The methods of the namespaces."""
    return find_methods(polar, (SyncServiceBase, AsyncServiceBase), tuple(namespaces))


def _show(given: Any) -> Any:
    """Objects as the wire has them; of a page its items."""
    if isinstance(given, list):
        return [_show(one) for one in given]
    if not dataclasses.is_dataclass(given) or isinstance(given, type):
        return given
    shown = dataclasses.asdict(given)
    return shown["items"] if "pagination" in shown else shown


ACTS = (ask, list_commerce_methods)
