"""PostgreSQL as the domain's `Storage`.

A read that asks one thing is one statement; any other sees one snapshot (REPEATABLE READ). A write is a
transaction at READ COMMITTED in which whoever changes a customer holds it first, so that writers wait
for each other only where they mean the same customer. What two of them bring about together in spite of
that — the same new address, a deadlock — ends one of their transactions, which is then done again from
the start and finds what the other has kept. A refusal is told only where one snapshot shows it too.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg

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
from icefloe.storage.postgres.pool import Address, Connection, Pool, drop
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
# No attempt begins later than this: with the waits within an attempt, a caller hears within 10 s.
_AGAIN_SECONDS = 4.0
_LOCK_SECONDS = 3
# A token that another process has revoked is refused no later than this, and a moment.
_VERSION_SECONDS = 0.5

_READING = PostgresDialect(locks=False)
_WRITING = PostgresDialect(locks=True)
# To compile what is counted takes longer than to count it.
_BEGIN_READ = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
    " SET LOCAL statement_timeout = '30s'; SET LOCAL jit = off"
)
# What takes long is planned for the very values: a plan for any would read everybody for a rare word.
_BEGIN_LONG_READ = f"{_BEGIN_READ}; SET LOCAL plan_cache_mode = force_custom_plan"
# SET LOCAL, and in the same journey: a pooler between us and the server forgets what is set for longer.
_LIMITS = f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'; SET LOCAL statement_timeout = '30s'"
_BEGIN_WRITE = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {_LIMITS}"
_BEGIN_TRIAL = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE; {_LIMITS}"


class _NotRefused(Exception):
    """A trial went through: nothing of it is to be kept."""


class _Again(Exception):
    """Nothing was kept, and to do it all once more may succeed."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


class PostgresStorage:
    """Implements `domain.ports.storage.Storage` on a PostgreSQL database; belongs to one event loop."""

    def __init__(
        self,
        address: Address,
        connections: int,
        standbys: Standbys | None = None,
        report: Reporter | None = None,
    ) -> None:
        """Name a database that has the schema; connections are made when they are needed.

        Args:
            address: where it is.
            connections: how many there are at most.
            standbys: what answers reads, where it can; the primary unless given.
            report: is told what an operator should know.
        """
        self._standbys = standbys
        self._pool = Pool(address, connections)
        self._writes = 0
        self._cache = ListCache(report)
        self._shared_reads = SharedReads()

    async def read(self, work: Callable[[Tables], Awaitable[T]], *, long: bool = False) -> T:
        """Run `work` on a consistent view."""
        if long:
            return await self._read(work, may_run_long=True)
        return await self._shared_reads.run(
            lambda: self._read(work, may_run_long=False),
            lambda: self._read(work, may_run_long=True),
        )

    async def catch_up(self) -> None:
        """Bring up to date what lists remember, so that no request has to wait for it later."""
        if not self._cache.is_empty:
            await self.read(lambda tables: tables.customers.catch_up(), long=True)

    async def recount(self) -> None:
        """Count one of the totals in memory afresh, another each time."""
        if not self._cache.is_empty:
            await self.read(lambda tables: tables.customers.recount(), long=True)

    async def write(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Run `work` as one transaction, on the server's disk when this returns."""
        # Shielded: a caller that is cancelled stops waiting, but what it began still ends whole.
        writing = asyncio.ensure_future(self._write(work))
        writing.add_done_callback(_look_at)
        return await asyncio.shield(writing)

    @property
    def derive(self) -> None:
        """Nothing: an import has to look up what others have written meanwhile."""

    async def scrub(self) -> None:
        """Nothing: the server overwrites what was deleted when it cleans up (docs/postgresql.md)."""

    def find_version(self) -> int:
        """A number that changes with each write of this process, and twice a second besides."""
        return (int(time.monotonic() / _VERSION_SECONDS) << 64) + self._writes

    async def ping(self) -> None:
        """Ask the database for a sign of life."""
        await self.read(lambda tables: tables.organizations.find_all(1))

    async def close(self) -> None:
        """Finish what is under way and let go of the database."""
        await self._pool.close()
        if self._standbys is not None:
            await self._standbys.close()

    async def _read(self, work: Callable[[Tables], Awaitable[T]], *, may_run_long: bool) -> T:
        for _ in range(_ATTEMPTS):
            try:
                return await self._read_view(work, self._cache, may_run_long=may_run_long)
            except OlderSnapshot:
                continue  # somebody else has been quicker to bring up to date what is in memory
        # Without anything in memory, no view is too old.
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
        """Whether rules are broken at one moment too: a write sees what others keep meanwhile.

        Somebody who looks for a customer and finds none, and then finds its address taken, has only
        been slower than another: once more, and there is the customer.
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
        """One transaction. Raises _Again where nothing was kept and another attempt may succeed."""
        is_committing = False
        try:
            async with self._pool.connection() as connection:
                transaction = PostgresTransaction(connection)
                try:
                    await transaction.execute(begin)
                    result = await work(SqlTables(transaction, _WRITING, NoCache()))
                    is_committing = True
                    await transaction.execute("COMMIT")
                except BaseException:
                    await _roll_back(connection)
                    raise
                return result
        except Failure as failure:
            error = failure.cause
            if is_committing and is_loss(error):
                # It may have been kept or not: to do it again might do it twice.
                raise errors.StorageUnavailable(AWAY) from error
            if isinstance(error, COLLISIONS) or is_loss(error):
                raise _Again(error) from error
            found = translate(error)
            if isinstance(found, errors.Duplicate):
                # Somebody else has kept it since we looked, or just now: look again.
                raise _Again(found) from error
            raise found from error


async def _read(
    pool: Pool, work: Callable[[Tables], Awaitable[T]], cache: ListCache, *, may_run_long: bool
) -> T:
    """Run `work` on one view of a server; once more, where the connection turns out to be gone."""
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
    address: Address,
    *,
    may_run_long: bool,
) -> T:
    """Run `work` on a connection: what does not take long, at first without a transaction.

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
    """Run `work` on a standby that shows all the primary does. Raises NotThere where there is none."""
    turn = await standbys.find_turn()
    for standby in turn.standbys:
        try:
            async with standby.connection(turn.position, turn.deadline) as connection:
                address = standby.pool.address
                return await _read_on(connection, work, cache, address, may_run_long=may_run_long)
        except Failure as failure:
            # Replay may end a read that stands in its way; whatever it is, a read can be repeated.
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
    """End the transaction that is open, if the connection has one and is still there."""
    try:
        if connection.is_closed() or not connection.is_in_transaction():
            return
        await connection.execute("ROLLBACK")
    except DRIVER_ERRORS:
        drop(connection)  # whatever it was doing ends with it


def _look_at(writing: asyncio.Future[Any]) -> None:
    """See an error, which asyncio would complain about where the caller has gone away."""
    if not writing.cancelled():
        writing.exception()
