"""Icefloe: Polar's Customers API on your own machine.

`create_app` gives the ASGI application for a set of `Settings`; `icefloe serve` runs it.
"""

from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from icefloe.assembly import create_app
    from icefloe.settings import Settings

__version__ = metadata.version("icefloe")
__all__ = ["Settings", "__version__", "create_app"]


def __getattr__(name: str) -> Any:
    """Import what we export on first use: the command line need not pay for all of it."""
    if name == "create_app":
        from icefloe.assembly import create_app  # noqa: PLC0415 - lazy on purpose

        return create_app
    if name == "Settings":
        from icefloe.settings import Settings  # noqa: PLC0415 - lazy on purpose

        return Settings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
