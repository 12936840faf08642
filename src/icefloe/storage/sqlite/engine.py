"""SQLite, the embedded engine, as the domain's `Storage`.

Short reads run on the event loop: a look-up takes less time than a hop to another thread. Long reads
run on a few threads, each with a connection of its own. All writes run on the writer's thread. In WAL
mode readers and the writer do not wait for one another.
"""

import asyncio
import contextlib
import queue
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw

from icefloe.domain.ports.storage import Tables
from icefloe.domain.values.clock import utc_now
from icefloe.storage.lists.change_log import OlderSnapshot
from icefloe.storage.lists.list_cache import ListCache, NoCache, Reporter
from icefloe.storage.lists.shared_reads import SharedReads
from icefloe.storage.sqlite import schema
from icefloe.storage.sqlite.dialect import SqliteDialect
from icefloe.storage.sqlite.place import Place, require_own_log
from icefloe.storage.sqlite.scrubbing import Scrubber, is_to_be_scrubbed
from icefloe.storage.sqlite.transaction import SqliteTransaction, connect, run_to_end
from icefloe.storage.sqlite.writer import Writer
from icefloe.storage.tables import SqlTables
from icefloe.storage.transaction import TakesLong

T = TypeVar("T")

_LONG_READERS = 2
_ATTEMPTS = 6


class _ReadConnection:
    """A connection that only reads, with the tables on it."""

    def __init__(self, path: Path, cache: ListCache, *, may_run_long: bool = True) -> None:
        self.connection = connect(path, read_only=True)
        self._transaction = SqliteTransaction(self.connection, may_run_long=may_run_long)
        self._tables = SqlTables(self._transaction, SqliteDialect(), cache)
        self._uncached_tables = SqlTables(self._transaction, SqliteDialect(), NoCache())

    def read(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Run `work` on one snapshot of the database."""
        return self._transaction.run("BEGIN", lambda: work(self._tables))

    def read_uncached(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Run `work` on one snapshot of the database, without the cache."""
        return self._transaction.run("BEGIN", lambda: work(self._uncached_tables))


class _TurnReader(_ReadConnection):
    """Reads on the event loop; all reads of one turn of the loop share a snapshot.

    A request that is authenticated and answered in one turn begins one transaction, and others that
    were ready with it begin none. The event loop runs callbacks in order, so that whatever becomes
    ready later runs after the transaction's end: no read misses an earlier commit.
    """

    def __init__(self, path: Path, cache: ListCache) -> None:
        super().__init__(path, cache, may_run_long=False)
        # The loop whose turn it is; None between turns.
        self._turn: asyncio.AbstractEventLoop | None = None
        self._version: int | None = None

    def read(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Run `work` on the snapshot of this turn of the loop."""
        self._begin_turn()
        return run_to_end(work(self._tables))

    def end_turn(self) -> None:
        """Let go of the snapshot, if there is one."""
        if self._turn is not None:
            self._turn = self._version = None
            self._transaction.end()

    def _begin_turn(self) -> None:
        loop = asyncio.get_running_loop()
        if self._turn is not loop:
            self.end_turn()  # another loop's, closed before its turn was over
            self._transaction.begin()
            self._turn = loop
            loop.call_soon(self.end_turn)

    def find_version(self) -> int:
        """SQLite's own count of the commits that other connections have made to the file."""
        self._begin_turn()
        if self._version is None:
            row = self.connection.execute("PRAGMA data_version").fetchone()
            self._version = int(row[0]) if row else 0
        return self._version


class SqliteStorage:
    """Implements `domain.ports.storage.Storage` on one file."""

    def __init__(
        self, path: Path, *, is_durable: bool = True, report: Reporter | None = None
    ) -> None:
        """Open the file; create and migrate it where needed.

        Args:
            path: the file.
            is_durable: whether a commit waits for the disk; False for a database that need not last.
            report: logs what an operator should know.

        Raises:
            IncompatibleDatabase: the file is another program's, or a newer one's; or the log beside it
                is another file's.
            StorageUnavailable: it cannot be opened.
        """
        self.path = path
        require_own_log(path)
        self._write_connection = connect(path, read_only=False, is_durable=is_durable)
        schema.migrate(self._write_connection, path, utc_now())
        self._cache = ListCache(report)
        self._reader = _TurnReader(path, self._cache)
        forgotten = is_to_be_scrubbed(self._reader.connection)
        # After a read, without which there is no log.
        self._place = Place(path, lambda: report("database file lost") if report else None)
        transaction = SqliteTransaction(self._write_connection)
        # A write sees its own uncommitted changes, which must not get into the cache.
        self._writer = Writer(
            transaction, SqlTables(transaction, SqliteDialect(), NoCache()), self._place.require_now
        )
        self._shared_reads = SharedReads()
        self._threads = ThreadPoolExecutor(_LONG_READERS, thread_name_prefix="icefloe-reader")
        self._idle: queue.SimpleQueue[_ReadConnection] = queue.SimpleQueue()
        self._opened: list[apsw.Connection] = [self._write_connection, self._reader.connection]
        self._scrubber = Scrubber(path, self._place.require_now, is_durable=is_durable)
        if forgotten:
            self._scrubber.request()  # by a process that ended before it could overwrite it

    async def read(self, work: Callable[[Tables], Awaitable[T]], *, long: bool = False) -> T:
        """Run `work` on one snapshot: on the event loop, unless it turns out to take long."""
        self._place.require()
        if long:
            return await self._read_on_thread(work)
        try:
            return self._reader.read(work)  # the common case, at the least cost
        except (TakesLong, OlderSnapshot):
            return await self._shared_reads.run(
                lambda: self._read_at_once(work), lambda: self._read_on_thread(work)
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
        """Run `work` as one transaction, on disk when this returns."""
        self._place.require()
        return await self._writer.write(work)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit of this process that queued webhook events."""
        self._writer.on_queued = listener

    async def scrub(self) -> None:
        """Request that deleted personal data is overwritten in the file and its log; returns at once.

        If callers waited, a large file would be swept once for each customer anonymised.
        """
        self._scrubber.request()

    def find_version(self) -> int:
        """A number that changes with every commit, by whatever process."""
        return self._reader.find_version()

    async def ping(self) -> None:
        """Check that the database answers."""
        await self.read(lambda tables: tables.organizations.find_all(1))

    async def close(self) -> None:
        """Finish running work, and close the file."""
        await self._shared_reads.stop()
        self._writer.stop()
        self._threads.shutdown()
        self._reader.end_turn()
        # After the readers, which could block it.
        await asyncio.to_thread(self._scrubber.stop)
        has_log = self._place.has_log
        for connection in self._opened:
            if not has_log:
                # SQLite removes what has the log's name by now, which may be another server's.
                connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            connection.close()
        self._opened.clear()

    async def _read_at_once(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        for _ in range(_ATTEMPTS):
            try:
                return self._reader.read(work)
            except OlderSnapshot:
                self._reader.end_turn()  # a thread has been quicker to see what was written
        return await self._read_on_thread(work)

    async def _read_on_thread(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._read_long, work)

    def _read_long(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Runs on a reader's thread, with a connection that no other thread is using."""
        try:
            reader = self._idle.get_nowait()
        except queue.Empty:
            self._place.require_now()
            reader = _ReadConnection(self.path, self._cache)
            self._opened.append(reader.connection)
        try:
            for _ in range(_ATTEMPTS):
                # Somebody else may have been quicker to bring up to date what is in memory.
                with contextlib.suppress(OlderSnapshot):
                    return reader.read(work)
            return reader.read_uncached(work)
        finally:
            self._idle.put(reader)
