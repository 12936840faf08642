"""The bare handler: the least work between the database and the wire.

A raw ASGI application on the server that Icefloe uses. It runs one query for a page of stored
documents, by SQLite or by asyncpg, and joins them into the answer that Icefloe gives. It has no
authentication, no validation and no log, and counts the customers once, when it starts. Its rate is the
limit that the parts set; the share of it that Icefloe reaches shows what everything else costs.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from uuid import UUID

import apsw
import asyncpg
from granian.constants import Interfaces
from granian.server.embed import Server

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

# The lists it knows, by query string.
_LIMITS = {b"": 10, b"limit=100": 100}
_PAGE = (
    "SELECT document FROM customers WHERE organization_id = $1 AND deleted_at IS NULL"
    " ORDER BY created_at DESC, sequence DESC LIMIT $2"
)
_COUNT = "SELECT count(*) FROM customers WHERE organization_id = $1 AND deleted_at IS NULL"
_CACHE_KIBIBYTES = 32 * 1024
# The default of `icefloe serve`.
_CONNECTIONS = 10


class Pages(Protocol):
    """Where the documents come from; `total` is how many there are."""

    total: int

    async def fetch(self, limit: int) -> list[bytes]:
        """The newest documents."""
        ...


class SqlitePages:
    """The pages of a SQLite file."""

    def __init__(self, path: str, organization_id: UUID) -> None:
        """Open the database at `path`, which holds the organization's customers."""
        self._connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        # As Icefloe has it: a query is planned once.
        self._connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        self._organization = organization_id.bytes
        counted: list[tuple[Any, ...]] = self._connection.execute(
            _COUNT, (self._organization,)
        ).fetchall()
        self.total: int = counted[0][0]

    async def fetch(self, limit: int) -> list[bytes]:
        """The newest documents."""
        rows: list[tuple[Any, ...]] = self._connection.execute(
            _PAGE, (self._organization, limit)
        ).fetchall()
        return [row[0] for row in rows]


class PostgresPages:
    """The pages of a PostgreSQL database, through asyncpg's pool and its prepared statements."""

    def __init__(self, pool: "asyncpg.Pool[Any]", organization_id: UUID, total: int) -> None:
        self._pool = pool
        self._organization = organization_id
        self.total = total

    @classmethod
    async def open(cls, url: str, organization_id: UUID) -> "PostgresPages":
        """Connect to the database, which holds the organization's customers."""
        pool = await asyncpg.create_pool(
            url, min_size=_CONNECTIONS, max_size=_CONNECTIONS, connection_class=_Connection
        )
        return cls(pool, organization_id, await pool.fetchval(_COUNT, organization_id))

    async def fetch(self, limit: int) -> list[bytes]:
        """The newest documents."""
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_PAGE, self._organization, limit)
        return [row[0] for row in rows]


class _Connection(asyncpg.Connection):
    """A connection that needs no reset, which would be another journey."""

    def get_reset_query(self) -> str:
        return ""


class BareList:
    """An ASGI application that answers every request with the newest customers."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request, or note that the server starts and stops."""
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        limit = _LIMITS[scope["query_string"]]
        documents = await self._pages.fetch(limit)
        total = self._pages.total
        body = b'{"items":[%b],"pagination":{"total_count":%d,"max_page":%d}}' % (
            b",".join(documents),
            total,
            -(-total // limit),
        )
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def serve(database: str, organization_id: UUID, port: int) -> None:
    """Serve on 127.0.0.1 until SIGTERM, as `icefloe serve` sets its server up."""
    pages: Pages
    if database.startswith("postgresql://"):
        pages = await PostgresPages.open(database, organization_id)
    else:
        pages = SqlitePages(database, organization_id)
    server = Server(
        BareList(pages),
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
    database, organization, port = sys.argv[1:]
    serving = serve(database, UUID(organization), int(port))
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        asyncio.run(serving)
    else:
        uvloop.run(serving)


if __name__ == "__main__":
    main()
