"""The two ways to ask with polar-sdk 0.x: a method, and its twin whose name ends in `_async`."""

from collections.abc import Callable, Coroutine
from typing import Any

from conversation import run
from polar_sdk import Polar


class AsyncPolar(Polar):
    """The client of a user who asks by the asynchronous methods alone."""


def call(
    polar: Polar,
    plain: Callable[..., Any],
    asynchronous: Callable[..., Coroutine[Any, Any, Any]],
    **arguments: Any,
) -> Any:
    """What the method of the user's way gives."""
    if isinstance(polar, AsyncPolar):
        return run(asynchronous(**arguments))
    return plain(**arguments)
