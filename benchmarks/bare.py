"""The bare handler: as little as can stand between the database and the wire.

A raw ASGI application on the server we use, whose whole work is one SQLite query for a page of stored
documents, and joining them into the answer that Icefloe gives. It asks nobody who they are, checks
nothing, logs nothing, and counts the customers once, when it starts. What it reaches is the limit that
the parts set; the share of it that Icefloe reaches is what everything else costs.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import apsw
from granian.constants import Interfaces
from granian.server.embed import Server

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

# The lists it knows, by query string.
_LIMITS = {b"": 10, b"limit=100": 100}
_PAGE = (
    "SELECT document FROM customers WHERE organization_id = ?1 AND deleted_at IS NULL"
    " ORDER BY created_at DESC, sequence DESC LIMIT ?2"
)
_COUNT = "SELECT count(*) FROM customers WHERE organization_id = ?1 AND deleted_at IS NULL"
_CACHE_KIBIBYTES = 32 * 1024


class BareList:
    """An ASGI application that answers every request with the newest customers."""

    def __init__(self, path: str, organization_id: UUID) -> None:
        """Open the database at `path`, which holds the organization's customers."""
        self._connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        self._organization = organization_id.bytes
        counted: list[tuple[Any, ...]] = self._connection.execute(
            _COUNT, (self._organization,)
        ).fetchall()
        self._total: int = counted[0][0]

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request, or note that the server starts and stops."""
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        limit = _LIMITS[scope["query_string"]]
        rows: list[tuple[Any, ...]] = self._connection.execute(
            _PAGE, (self._organization, limit)
        ).fetchall()
        body = b'{"items":[%b],"pagination":{"total_count":%d,"max_page":%d}}' % (
            b",".join([row[0] for row in rows]),
            self._total,
            -(-self._total // limit),
        )
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def serve(application: BareList, port: int) -> None:
    """Serve on 127.0.0.1 until SIGTERM, as `icefloe serve` sets its server up."""
    server = Server(
        application,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        log_enabled=False,
        websockets=False,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


def main() -> None:
    """Serve the database, organization and port that the arguments name."""
    path, organization, port = sys.argv[1:]
    application = BareList(path, UUID(organization))
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        asyncio.run(serve(application, int(port)))
    else:
        uvloop.run(serve(application, int(port)))


if __name__ == "__main__":
    main()
