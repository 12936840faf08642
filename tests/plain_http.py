"""HTTP clients for tests, whose connections are shared by the whole process.

A client of its own for each request would read the machine's certificates, which takes 50 ms, and
connect anew; the servers here speak plain HTTP.
"""

import atexit
from types import TracebackType
from typing import Any

import httpx

_SECONDS = 120.0


class _Shared(httpx.HTTPTransport):
    """Connections that stay open when a client that uses them is closed."""

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Leave the connections to the other clients."""

    def close(self) -> None:
        """Leave the connections to the other clients."""

    def close_all(self) -> None:
        """Close every connection."""
        super().close()


_SHARED = _Shared(verify=False)
atexit.register(_SHARED.close_all)


def client(url: str = "", **options: Any) -> httpx.Client:
    """A client with cookies and headers of its own; it need not be closed.

    Args:
        url: of the server; requests name the path.
        options: more of httpx.Client's.
    """
    return httpx.Client(base_url=url, transport=_SHARED, **{"timeout": _SECONDS, **options})


def request(method: str, url: str, **options: Any) -> httpx.Response:
    """Ask for a whole URL, with no cookies."""
    return client().request(method, url, **options)


def get(url: str, **options: Any) -> httpx.Response:
    """The same, with GET."""
    return request("GET", url, **options)
