"""Connections to one PostgreSQL server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, TypeAlias
from urllib.parse import urlencode

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from icefloe.database_url import PostgresUrl
from icefloe.domain.values import errors
from icefloe.storage.postgres.errors import AWAY, BUSY, DRIVER_ERRORS
from icefloe.storage.postgres.transaction import Failure

_CONNECT_SECONDS = 5.0
# A request waits no longer for one of the connections: a 503 that says when to come again is better.
_WAIT_SECONDS = 5.0
# In seconds. A plan that was made for an empty table must not stay for long while the table grows.
_KEEP_STATEMENT = 30

Connection: TypeAlias = "PoolConnectionProxy[Any]"


async def connect(
    address: PostgresUrl, *, seconds: float = _CONNECT_SECONDS
) -> "asyncpg.Connection[Any]":
    """A connection of its own. Raises what asyncpg raises."""
    connection: asyncpg.Connection[Any] = await asyncpg.connect(
        timeout=address.connect_seconds or seconds, **_options(address)
    )
    return connection


def _options(address: PostgresUrl) -> dict[str, Any]:
    """What all of our connections to a database have in common."""
    # Only in a URL does the driver take all of these; the others it takes as they are.
    options = urlencode(address.driver)
    return {
        "dsn": f"postgresql://{'?' if options else ''}{options}",
        "host": list(address.hosts) or None,
        "port": list(address.ports) or None,
        "user": address.user,
        "password": address.password,
        "database": address.database,
        "connection_class": _Connection,
        "statement_cache_size": 100 if address.keeps_statements else 0,
        "max_cached_statement_lifetime": _KEEP_STATEMENT,
        "server_settings": {"application_name": "icefloe", **address.server},
    }


class Pool:
    """At most so many connections to a server, made when they are needed; of one event loop."""

    def __init__(self, address: PostgresUrl, size: int, *, wait: float = _WAIT_SECONDS) -> None:
        """Name a server.

        Args:
            address: where it is.
            size: how many connections there are at most.
            wait: how many seconds to wait for one of them.
        """
        self.address = address
        self._wait = wait
        self._size = size
        self._pool: asyncpg.Pool[Any] | None = None
        self._opening = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection that no other caller uses meanwhile.

        Raises:
            StorageUnavailable: all are in use and none becomes free.
            Failure: the server does not let us in.
        """
        pool = self._pool or await self._open()
        try:
            connection = await pool.acquire(timeout=self._wait)
        except TimeoutError:
            is_full = pool.get_size() >= self._size and pool.get_idle_size() == 0
            raise errors.StorageUnavailable(BUSY if is_full else AWAY) from None
        except DRIVER_ERRORS as error:
            raise Failure(error) from error
        try:
            yield connection
        finally:
            await pool.release(connection)

    async def close(self) -> None:
        """Close every connection, when what is under way has ended."""
        if self._pool is not None:
            await self._pool.close()

    async def _open(self) -> "asyncpg.Pool[Any]":
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    min_size=0,
                    max_size=self._size,
                    timeout=self.address.connect_seconds or _CONNECT_SECONDS,
                    **_options(self.address),
                )
            return self._pool


class _Connection(asyncpg.Connection):
    """A connection that is as it was when its transaction has ended: there is nothing to reset.

    Attributes:
        replayed: how far the standby at its other end has got at least, if it is one.
    """

    replayed = 0

    def get_reset_query(self) -> str:
        """Nothing: a journey to the server is saved each time."""
        return ""


def replayed_by(connection: Connection) -> int:
    """How far the standby at a connection's other end has got at least."""
    return _own(connection).replayed


def note_replayed(connection: Connection, position: int) -> None:
    """Remember how far it has got, for as long as the connection lasts."""
    _own(connection).replayed = position


def drop(connection: Connection) -> None:
    """End a connection at once, and whatever it was doing; one that has ended by itself is fine."""
    # What the pool has lent is taken back when its server goes away, and then refuses every call.
    with contextlib.suppress(asyncpg.InterfaceError):
        connection.terminate()


def _own(connection: Connection) -> _Connection:
    """The connection that the pool has lent."""
    own: _Connection = connection._con  # type: ignore[attr-defined]  # noqa: SLF001 - a proxy takes none
    return own
