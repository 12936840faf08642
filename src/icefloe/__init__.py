"""Icefloe: Polar's Customers API on your own machine.

`create_app` gives the ASGI application for a set of `Settings`; `icefloe serve` runs it.
`load` reads a seed, for tests that want to know the ids and tokens in it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from icefloe.assembly import create_app
    from icefloe.exchange.seeds import load
    from icefloe.settings import Settings
    from icefloe.version import __version__

__all__ = ["Settings", "__version__", "create_app", "load"]

# Imported on first use: a command need not pay for what it does not use.
_PLACES = {
    "Settings": "icefloe.settings",
    "__version__": "icefloe.version",
    "create_app": "icefloe.assembly",
    "load": "icefloe.exchange.seeds",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
