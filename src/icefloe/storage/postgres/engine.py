"""PostgreSQL as the domain's `Storage`.

A read of one statement runs without BEGIN; any other sees one snapshot (REPEATABLE READ). A write is a
transaction at READ COMMITTED that locks the customer it changes, so that writers wait for each other
only where they change the same customer. Other conflicts, such as the same new address or a deadlock,
roll one of the transactions back. It is retried from the start, and sees what the other has committed.
A refusal (RulesBroken) reaches the caller only if one snapshot shows it too.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg

from icefloe.database_url import PostgresUrl
from icefloe.domain.ports.storage import Tables
from icefloe.domain.values import errors
from icefloe.storage.lists.change_log import OlderSnapshot
from icefloe.storage.lists.list_cache import ListCache, NoCache, Reporter
from icefloe.storage.lists.shared_reads import SharedReads
from icefloe.storage.postgres.dialect import PostgresDialect
from icefloe.storage.postgres.errors import (
    AWAY,
    BUSY,
    COLLISIONS,
    DRIVER_ERRORS,
    is_loss,
    translate,
)
from icefloe.storage.postgres.pool import Connection, Pool, drop
from icefloe.storage.postgres.standbys import NotThere, Standbys
from icefloe.storage.postgres.transaction import (
    Failure,
    NeedsSnapshot,
    PostgresTransaction,
    SingleStatement,
)
from icefloe.storage.tables import SqlTables

T = TypeVar("T")

_ATTEMPTS = 6
# Seconds after which no attempt begins: with the waits within one, a caller has an answer within 10 s.
_AGAIN_SECONDS = 4.0
_LOCK_SECONDS = 3
# Seconds after which caches are validated: so long may a token that another process revoked still work.
_VERSION_SECONDS = 0.5

_READING = PostgresDialect(locks=False)
_WRITING = PostgresDialect(locks=True)
# Without JIT: to compile a query that counts takes longer than to run it.
_BEGIN_READ = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
    " SET LOCAL statement_timeout = '30s'; SET LOCAL jit = off"
)
# Slow queries are planned for their arguments: a generic plan would read all text for a rare word.
_BEGIN_LONG_READ = f"{_BEGIN_READ}; SET LOCAL plan_cache_mode = force_custom_plan"
# SET LOCAL, in the same round trip: a pooler discards what is set for longer than a transaction.
_LIMITS = f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'; SET LOCAL statement_timeout = '30s'"
_BEGIN_WRITE = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {_LIMITS}"
_BEGIN_TRIAL = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE; {_LIMITS}"


class _NotRefused(Exception):
    """A trial has succeeded, and must be rolled back."""


class _Again(Exception):
    """The transaction was rolled back, and a retry may succeed."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


class PostgresStorage:
    """Implements `domain.ports.storage.Storage` on a PostgreSQL database; belongs to one event loop."""

    def __init__(
        self,
        address: PostgresUrl,
        connections: int,
        standbys: Standbys | None = None,
        report: Reporter | None = None,
    ) -> None:
        """Make the storage; connections are opened when they are needed.

        Args:
            address: where it is.
            connections: how many there are at most.
            standbys: what answers reads, where it can; the primary unless given.
            report: logs what an operator should know.
        """
        self._standbys = standbys
        self._pool = Pool(address, connections)
        self._writes = 0
        self._cache = ListCache(report)
        self._shared_reads = SharedReads()
        self._on_queued: Callable[[], None] | None = None

    async def read(self, work: Callable[[Tables], Awaitable[T]], *, long: bool = False) -> T:
        """Run `work` on one snapshot."""
        if long:
            return await self._read(work, may_run_long=True)
        return await self._shared_reads.run(
            lambda: self._read(work, may_run_long=False),
            lambda: self._read(work, may_run_long=True),
        )

    async def catch_up(self) -> None:
        """Bring cached lists up to date, so that no request has to."""
        if not self._cache.is_empty:
            await self.read(lambda tables: tables.customers.catch_up(), long=True)

    async def recount(self) -> None:
        """Count the next cached list afresh."""
        if not self._cache.is_empty:
            await self.read(lambda tables: tables.customers.recount(), long=True)

    async def write(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Run `work` as one transaction, on the server's disk when this returns."""
        # Shielded: a cancelled caller stops waiting, but its transaction still runs to its end.
        writing = asyncio.ensure_future(self._write(work))
        writing.add_done_callback(_retrieve_error)
        return await asyncio.shield(writing)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit of this process that queued webhook events."""
        self._on_queued = listener

    async def scrub(self) -> None:
        """Do nothing: the server overwrites deleted rows when it vacuums (docs/postgresql.md)."""

    def find_version(self) -> int:
        """A number that changes with each write of this process, and twice a second besides."""
        return (int(time.monotonic() / _VERSION_SECONDS) << 64) + self._writes

    async def ping(self) -> None:
        """Check that the database answers."""
        await self.read(lambda tables: tables.organizations.find_all(1))

    async def close(self) -> None:
        """Finish running work, and close all connections."""
        await self._shared_reads.stop()
        await self._pool.close()
        if self._standbys is not None:
            await self._standbys.close()

    async def _read(self, work: Callable[[Tables], Awaitable[T]], *, may_run_long: bool) -> T:
        for _ in range(_ATTEMPTS):
            try:
                return await self._read_view(work, self._cache, may_run_long=may_run_long)
            except OlderSnapshot:
                continue  # another reader has brought the cache further than this snapshot
        # Without the cache, no snapshot is too old.
        return await self._read_view(work, NoCache(), may_run_long=True)

    async def _read_view(
        self, work: Callable[[Tables], Awaitable[T]], cache: ListCache, *, may_run_long: bool
    ) -> T:
        if self._standbys is not None:
            with contextlib.suppress(NotThere):
                return await _read_standbys(self._standbys, work, cache, may_run_long=may_run_long)
        return await _read(self._pool, work, cache, may_run_long=may_run_long)

    async def _write(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        reason: Exception | None = None
        last = time.monotonic() + _AGAIN_SECONDS
        for attempt in range(_ATTEMPTS):
            try:
                result = await self._write_once(work)
            except errors.RulesBroken as refusal:
                if await self._is_refused_on_a_snapshot(work):
                    raise
                reason = refusal
            except _Again as again:
                reason = again.reason
            else:
                if self._standbys is not None:
                    await self._standbys.note_write()
                return result
            finally:
                self._writes += 1
            if time.monotonic() > last:
                break
            await asyncio.sleep(random.random() * 0.01 * 2**attempt)  # noqa: S311 - to part the two
        if isinstance(reason, errors.Duplicate):
            raise reason
        gone = reason is not None and is_loss(reason)
        raise errors.StorageUnavailable(AWAY if gone else BUSY) from reason

    async def _is_refused_on_a_snapshot(self, work: Callable[[Tables], Awaitable[T]]) -> bool:
        """Whether the write is refused on one snapshot too.

        At READ COMMITTED each statement sees later commits of others. A write may find no customer, and
        then its address taken: a race. A retry finds the customer.
        """

        async def try_out(tables: Tables) -> None:
            await work(tables)
            raise _NotRefused

        try:
            await self._write_once(try_out, _BEGIN_TRIAL)
        except errors.RulesBroken:
            return True
        except (_NotRefused, _Again):
            pass
        return False

    async def _write_once(
        self, work: Callable[[Tables], Awaitable[T]], begin: str = _BEGIN_WRITE
    ) -> T:
        """One attempt. Raises _Again where it was rolled back and a retry may succeed."""
        is_committing = False
        try:
            async with self._pool.connection() as connection:
                transaction = PostgresTransaction(connection)
                try:
                    await transaction.execute(begin)
                    tables = SqlTables(transaction, _WRITING, NoCache())
                    result = await work(tables)
                    is_committing = True
                    await transaction.execute("COMMIT")
                except BaseException:
                    await _roll_back(connection)
                    raise
                if tables.take_queued() and self._on_queued is not None:
                    self._on_queued()
                return result
        except Failure as failure:
            error = failure.cause
            if is_committing and is_loss(error):
                # Committed or not, which is unknown: a retry might write twice.
                raise errors.StorageUnavailable(AWAY) from error
            if isinstance(error, COLLISIONS) or is_loss(error):
                raise _Again(error) from error
            found = translate(error)
            if isinstance(found, errors.Duplicate):
                # Another transaction has inserted the value since this one checked: retry.
                raise _Again(found) from error
            raise found from error


async def _read(
    pool: Pool, work: Callable[[Tables], Awaitable[T]], cache: ListCache, *, may_run_long: bool
) -> T:
    """Run `work` on one snapshot of a server; retry once if the connection is lost."""
    try:
        try:
            return await _read_once(pool, work, cache, may_run_long=may_run_long)
        except Failure as failure:
            if not _may_be_repeated(failure.cause):
                raise
            return await _read_once(pool, work, cache, may_run_long=may_run_long)
    except Failure as failure:
        raise translate(failure.cause) from failure.cause


async def _read_once(
    pool: Pool, work: Callable[[Tables], Awaitable[T]], cache: ListCache, *, may_run_long: bool
) -> T:
    async with pool.connection() as connection:
        return await _read_on(connection, work, cache, pool.address, may_run_long=may_run_long)


async def _read_on(
    connection: Connection,
    work: Callable[[Tables], Awaitable[T]],
    cache: ListCache,
    address: PostgresUrl,
    *,
    may_run_long: bool,
) -> T:
    """Run `work` on a connection: a short read first without a transaction.

    Raises Failure, TakesLong, or OlderSnapshot.
    """
    if address.keeps_statements and not may_run_long:
        try:
            return await work(SqlTables(SingleStatement(connection), _READING, cache))
        except NeedsSnapshot:
            pass
    transaction = PostgresTransaction(connection, may_run_long=may_run_long)
    try:
        await transaction.execute(_BEGIN_LONG_READ if may_run_long else _BEGIN_READ)
        return await work(SqlTables(transaction, _READING, cache))
    finally:
        await _roll_back(connection)


async def _read_standbys(
    standbys: Standbys,
    work: Callable[[Tables], Awaitable[T]],
    cache: ListCache,
    *,
    may_run_long: bool,
) -> T:
    """Run `work` on a standby that has caught up with the primary. Raises NotThere if none has."""
    turn = await standbys.find_turn()
    for standby in turn.standbys:
        try:
            async with standby.connection(turn.position, turn.deadline) as connection:
                address = standby.pool.address
                return await _read_on(connection, work, cache, address, may_run_long=may_run_long)
        except Failure as failure:
            # Replay may cancel a read that conflicts with it; any read can be repeated.
            if isinstance(failure.cause, COLLISIONS):
                continue
            found = translate(failure.cause)
            if not isinstance(found, (errors.StorageUnavailable, errors.ConfigurationError)):
                raise found from failure.cause
            if not isinstance(failure.cause, asyncpg.QueryCanceledError):
                standby.leave_out()
        except (NotThere, errors.StorageUnavailable):
            continue
    raise NotThere


def _may_be_repeated(error: Exception) -> bool:
    return isinstance(error, COLLISIONS) or is_loss(error)


async def _roll_back(connection: Connection) -> None:
    """Roll back the connection's transaction, if it has one and is still open."""
    try:
        if connection.is_closed() or not connection.is_in_transaction():
            return
        await connection.execute("ROLLBACK")
    except DRIVER_ERRORS:
        drop(connection)  # its transaction ends with it


def _retrieve_error(writing: asyncio.Future[Any]) -> None:
    """Retrieve an error, which asyncio would log where the caller was cancelled."""
    if not writing.cancelled():
        writing.exception()
