"""The official client that is installed, of whichever generation, made to ask a stand-in."""

import contextlib
import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from icefloe.testing.errors import NoClient

_NONE = (
    "no official client is installed: `pip install polar-sdk`, in the environment that runs the tests,"
    " or make your application's own client with `base_url` and `token`"
)
_VERSIONS = {"2026-04": "v2026_04", "2025-06": "v2026_04"}
_NEWEST = "v2026_10"
# A folder without certificates: to read all of the machine's takes 30 ms a client, and a server that
# speaks plain HTTP has none to be held to. Proxies have no way to a server on this machine either.
_PLAIN = {"SSL_CERT_DIR": str(Path(__file__).parent), "no_proxy": "*", "NO_PROXY": "*"}


def make(base_url: str, token: str, contract: str | None = None) -> Any:
    """A `Polar` of the installed polar-sdk; its `__exit__` closes it.

    Args:
        base_url: the stand-in's.
        token: what the client shows.
        contract: the version of the contract that the organization has; a 1.x client speaks it.

    Raises:
        NoClient: neither a 1.x nor a 0.x is installed.
    """
    with _plain_environment() if base_url.startswith("http:") else contextlib.nullcontext():
        newer = _find(f"polar.{_VERSIONS.get(contract or '', _NEWEST)}")
        if newer is not None:
            return newer.Polar(token, base_url=base_url)
        older = _find("polar_sdk")
        if older is not None:
            return older.Polar(access_token=token, server_url=base_url)
    raise NoClient(_NONE)


def _find(name: str) -> Any:
    """The module, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name in {name, name.partition(".")[0]}:
            return None
        raise


@contextlib.contextmanager
def _plain_environment() -> Iterator[None]:
    """Variables by which a client that is made here reads no certificates and knows no proxy."""
    changed = (*_PLAIN, "SSL_CERT_FILE")
    before = {name: os.environ[name] for name in changed if name in os.environ}
    os.environ.pop("SSL_CERT_FILE", None)
    os.environ.update(_PLAIN)
    try:
        yield
    finally:
        for name in changed:
            os.environ.pop(name, None)
        os.environ.update(before)
