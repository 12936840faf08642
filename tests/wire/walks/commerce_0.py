"""What a user of polar-sdk 0.x asks of any namespace of commerce, by the method's name."""

import inspect
from typing import Any

from conversation import find_methods
from polar_sdk import Polar
from polar_sdk.basesdk import BaseSDK
from polar_sdk.types import BaseModel
from ways_0 import call

# What each method takes beside what it sends.
_OPTIONS = {"id", "retries", "server_url", "timeout_ms", "http_headers"}


def ask(polar: Polar, method: str, body: dict[str, Any] | None = None, **arguments: Any) -> Any:
    """What a method such as `orders.get` gives."""
    namespace, name = method.split(".")
    service = getattr(polar, namespace)
    plain = getattr(service, name)
    if body is not None:
        (taken,) = inspect.signature(plain).parameters.keys() - _OPTIONS
        arguments[taken] = body
    return _show(call(polar, plain, getattr(service, f"{name}_async"), **arguments))


def list_commerce_methods(polar: Polar, namespaces: list[str]) -> list[str]:
    """The methods of the namespaces, without the asynchronous twins."""
    found = find_methods(polar, (BaseSDK,), tuple(namespaces))
    return [method for method in found if not method.endswith("_async")]


def _show(given: Any) -> Any:
    """Objects as the wire has them; of a page its items."""
    if not isinstance(given, BaseModel):
        return given
    page = getattr(given, "result", None)
    if page is not None:
        return [_show(item) for item in page.items]
    shown = given.model_dump(mode="json", by_alias=True)
    return shown["items"] if "pagination" in shown else shown


ACTS = (ask, list_commerce_methods)
