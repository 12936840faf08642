"""A stand-in for Polar in tests, for any framework; for pytest there is a plugin beside it.

`with stand_in() as server:` has a server for a while, on which `server.new_organization()` makes a
world for one test. `TestCase` does both for unittest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from icefloe.testing.cases import TestCase
    from icefloe.testing.customers import Customer
    from icefloe.testing.deliveries import Delivery
    from icefloe.testing.errors import (
        NoClient,
        NotDelivered,
        NotStarted,
        Refused,
        StandInError,
    )
    from icefloe.testing.moments import days
    from icefloe.testing.organization import Organization, Snapshot
    from icefloe.testing.requests import Request
    from icefloe.testing.server import Server, connect, stand_in, start
    from icefloe.testing.shown import Shown
    from icefloe.testing.webhooks import Endpoint, SignedRequest, Webhooks

__all__ = [
    "Customer", "Delivery", "Endpoint", "NoClient", "NotDelivered", "NotStarted", "Organization",
    "Refused", "Request", "Server", "Shown", "SignedRequest", "Snapshot", "StandInError", "TestCase",
    "Webhooks", "connect", "days", "stand_in", "start",
]  # fmt: skip

# Imported on first use: pytest loads the plugin in every project where this package is installed.
_PLACES = {
    "Customer": "customers",
    "Delivery": "deliveries",
    "Endpoint": "webhooks",
    "NoClient": "errors",
    "NotDelivered": "errors",
    "NotStarted": "errors",
    "Organization": "organization",
    "Refused": "errors",
    "Request": "requests",
    "Server": "server",
    "Shown": "shown",
    "SignedRequest": "webhooks",
    "Snapshot": "organization",
    "StandInError": "errors",
    "TestCase": "cases",
    "Webhooks": "webhooks",
    "connect": "server",
    "days": "moments",
    "stand_in": "server",
    "start": "server",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
