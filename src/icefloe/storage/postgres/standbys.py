"""Reads from hot standbys that are as exact as the primary's own.

Before a read, the primary is asked for its position in the write-ahead log. A standby that has replayed
up to it shows all that was acknowledged when the read arrived. While the primary does not answer, the
furthest position that this process knows is used: every write acknowledged here is before it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import asyncpg

from icefloe.database_url import PostgresUrl
from icefloe.domain.values import errors
from icefloe.storage.postgres.errors import DRIVER_ERRORS, is_loss
from icefloe.storage.postgres.pool import (
    Connection,
    Pool,
    connect,
    drop,
    note_replayed,
    replayed_by,
)
from icefloe.storage.postgres.transaction import Failure

# Seconds for the primary to tell its position; with fewer, a busy primary would count as dead.
_PRIMARY_SECONDS = 3.0
_STANDBY_SECONDS = 1.0
_AGAIN_SECONDS = 1.0
# Seconds a read waits for standbys to catch up: less than a person notices.
_CATCH_UP_SECONDS = 0.02
_FIRST_PAUSE = 0.001

_WRITTEN = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint"
# A promoted standby has left the primary's timeline: its position means nothing.
_REPLAYED = (
    "SELECT CASE WHEN pg_is_in_recovery()"
    " THEN (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint END"
)


class NotThere(Exception):
    """A standby cannot serve a read now: it does not answer, is behind, or was promoted."""


class Primary:
    """The primary's position; one query serves all callers that asked before it was sent."""

    def __init__(self, address: PostgresUrl) -> None:
        self._address = address
        self._connection: asyncpg.Connection | None = None
        self._asked: asyncio.Task[int] | None = None
        self._next: asyncio.Task[int] | None = None
        self._known = 0

    @property
    def known(self) -> int:
        """The furthest position that this process knows."""
        return self._known

    async def find_position(self) -> int:
        """The primary's position at some moment after this call.

        Raises:
            StorageUnavailable: it does not answer.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._ask_after(self._asked))
        return await asyncio.shield(self._next)

    async def close(self) -> None:
        """Close the connection to the primary."""
        tasks = [task for task in (self._asked, self._next) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._connection is not None:
            self._connection.terminate()

    async def _ask_after(self, before: asyncio.Task[int] | None) -> int:
        if before is not None:
            await asyncio.wait({before})
        # Callers from here on need the next query.
        self._asked, self._next = self._next, None
        try:
            async with asyncio.timeout(_PRIMARY_SECONDS):
                position = await self._ask()
        except DRIVER_ERRORS as error:
            if self._connection is not None:
                self._connection.terminate()
                self._connection = None
            raise errors.StorageUnavailable("The database does not answer.") from error
        self._known = max(self._known, position)
        return position

    async def _ask(self) -> int:
        # A connection of its own: reads go on even if every other connection waits for a lock.
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._address)
        position: int = await self._connection.fetchval(_WRITTEN)
        return position


class Standby:
    """One hot standby; left out while it does not answer, and tried again in the background."""

    def __init__(self, address: PostgresUrl, connections: int) -> None:
        self.pool = Pool(address, connections, wait=_STANDBY_SECONDS)
        self.is_there = False
        self._return: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Find out whether it answers; if not, it is tried again in the background.

        Raises:
            ConfigurationError: its URL is none.
        """
        try:
            self.is_there = await self._is_standby()
        except ValueError as error:
            raise errors.ConfigurationError(f"a standby's URL cannot be read: {error}") from error
        if not self.is_there:
            self.leave_out()

    def leave_out(self) -> None:
        """Send no reads there until it answers again."""
        self.is_there = False
        if self._return is None or self._return.done():
            self._return = asyncio.create_task(self._wait_for_return())

    @contextlib.asynccontextmanager
    async def connection(self, position: int, deadline: float) -> AsyncIterator[Connection]:
        """A connection to the standby once it has replayed up to a position.

        Args:
            position: the position to reach.
            deadline: until when to wait for it, on the loop's clock; it is asked at least once.

        Raises:
            NotThere: it has not reached it in time, or is no standby.
            StorageUnavailable: all connections are in use.
            Failure: it does not answer.
        """
        async with self.pool.connection() as connection:
            await self._reach(connection, position, deadline)
            yield connection

    async def close(self) -> None:
        """Close its connections."""
        if self._return is not None:
            self._return.cancel()
            await asyncio.gather(self._return, return_exceptions=True)
        await self.pool.close()

    async def _reach(self, connection: Connection, position: int, deadline: float) -> None:
        # Cached by connection: a server that crashed and restarted may have fallen behind.
        if replayed_by(connection) >= position:
            return
        loop, pause = asyncio.get_running_loop(), _FIRST_PAUSE
        while (replayed := await _find_replayed(connection)) < position:
            if loop.time() + pause > deadline:
                raise NotThere
            await asyncio.sleep(pause)
            pause *= 2
        note_replayed(connection, replayed)

    async def _wait_for_return(self) -> None:
        while not await self._is_standby():  # noqa: ASYNC110 - another machine sets no event
            await asyncio.sleep(_AGAIN_SECONDS)
        self.is_there = True

    async def _is_standby(self) -> bool:
        """Whether it answers and follows a primary. Raises ValueError where its URL is none."""
        try:
            connection = await connect(self.pool.address, seconds=_STANDBY_SECONDS)
        except ValueError:
            raise
        except DRIVER_ERRORS:
            return False
        try:
            async with asyncio.timeout(_STANDBY_SECONDS):
                return await connection.fetchval(_REPLAYED) is not None
        except DRIVER_ERRORS:
            return False
        finally:
            connection.terminate()


@dataclass(frozen=True, slots=True)
class Turn:
    """What one read may use.

    Attributes:
        position: the position that a standby must have reached.
        deadline: until when to wait for that.
        standbys: those that answer, in the order to try them.
    """

    position: int
    deadline: float
    standbys: list[Standby]


class Standbys:
    """The hot standbys of a primary, taken in turn."""

    def __init__(
        self, primary: PostgresUrl, addresses: Sequence[PostgresUrl], connections: int
    ) -> None:
        self.primary = Primary(primary)
        self._all = [Standby(address, connections) for address in addresses]
        self._turn = 0

    async def start(self) -> None:
        """Find out which answer. Raises ConfigurationError where a URL is none."""
        try:
            await asyncio.gather(*(standby.start() for standby in self._all))
        except errors.ConfigurationError:
            await self.close()
            raise

    async def find_turn(self) -> Turn:
        """The standbys for a read that has just arrived, and the position they must have reached."""
        self._turn = (self._turn + 1) % len(self._all)
        in_turn = self._all[self._turn :] + self._all[: self._turn]
        there = [standby for standby in in_turn if standby.is_there]
        position = self.primary.known
        if there:
            with contextlib.suppress(errors.StorageUnavailable):
                position = await self.primary.find_position()
        deadline = asyncio.get_running_loop().time() + _CATCH_UP_SECONDS
        return Turn(max(position, self.primary.known), deadline, there)

    async def note_write(self) -> None:
        """Learn a write's position before it is acknowledged: reads see it even if the primary dies.

        Raises:
            StorageUnavailable: the primary does not answer; the write must not be acknowledged.
        """
        await self.primary.find_position()

    async def close(self) -> None:
        """Close all connections."""
        await self.primary.close()
        for standby in self._all:
            await standby.close()


async def _find_replayed(connection: Connection) -> int:
    """The position that the standby has replayed. Raises NotThere if it was promoted, or Failure."""
    try:
        async with asyncio.timeout(_STANDBY_SECONDS):
            replayed: int | None = await connection.fetchval(_REPLAYED)
    except DRIVER_ERRORS as error:
        if is_loss(error):
            drop(connection)  # a connection that hangs cannot be given back
        raise Failure(error) from error
    if replayed is None:
        raise NotThere
    return replayed
