"""CORS, by Starlette's middleware: which web origins may call the API.

Any origin may call without credentials; those in the settings may send them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from icefloe.api import versions
from icefloe.api.messages import Request
from icefloe.asgi.types import Receive, Scope, Send

Answer = Callable[[Request, Receive, Send], Awaitable[int]]

# Named one by one: what Starlette takes `*` for changes with its versions.
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class Cors:
    """Puts the CORS headers on answers to requests that name an origin; answers preflights."""

    def __init__(self, answer: Answer, credential_origins: tuple[str, ...]) -> None:
        self._answer = answer
        self._credential_origins = credential_origins
        self._middlewares: dict[bool, Any] = {}

    async def serve(self, request: Request, scope: Scope, receive: Receive, send: Send) -> int:
        """Answer a request that names an origin; returns the answer's status."""
        status = 0

        async def send_noting(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if request.route is None:
                    _add_version(message, request.version)
            await send(message)

        origin = request.headers[b"origin"].decode("latin-1")
        middleware = self._middleware(with_credentials=origin in self._credential_origins)
        await middleware({**scope, "icefloe.request": request}, receive, send_noting)
        return status

    def _middleware(self, *, with_credentials: bool) -> Any:
        if with_credentials not in self._middlewares:
            # Imported late: only browsers need it, and starting must be quick.
            from starlette.middleware.cors import CORSMiddleware  # noqa: PLC0415 - see above

            self._middlewares[with_credentials] = CORSMiddleware(
                self._inner,
                allow_origins=list(self._credential_origins) if with_credentials else ["*"],
                allow_credentials=with_credentials,
                allow_methods=_METHODS,
                allow_headers=["*"] if with_credentials else ["Authorization", "Polar-Version"],
                expose_headers=[] if with_credentials else ["Polar-Version"],
                max_age=600,
            )
        return self._middlewares[with_credentials]

    async def _inner(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(scope["icefloe.request"], receive, send)


def _add_version(message: MutableMapping[str, Any], version: str) -> None:
    """Add the version to a preflight's answer, which the middleware makes itself."""
    name = versions.HEADERS[version][0]
    if all(header[0] != name for header in message["headers"]):
        message["headers"] = [*message["headers"], versions.HEADERS[version]]
