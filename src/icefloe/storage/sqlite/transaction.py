"""SQLite's transactions, and how a coroutine runs on them without an event loop."""

import contextlib
import functools
import os
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import apsw

from icefloe.domain.values.errors import StorageUnavailable
from icefloe.storage.sqlite.errors import translate
from icefloe.storage.transaction import Row

T = TypeVar("T")

_BUSY_MILLISECONDS = 10_000
_CACHE_KIBIBYTES = 32 * 1024
# Pages of the write-ahead log before it is written back: 16 MiB, as much as one table of its index
# covers. With fewer, writers wait for the disk more often; a page changed twice is written twice.
_LOG_PAGES = 4096
# Long enough for a thread that waits for a lock to wake up and take it.
_PAUSE_SECONDS = 0.0001


def connect(path: Path, *, read_only: bool, is_durable: bool = True) -> apsw.Connection:
    """A connection to the file, set up as all of ours are; a missing file is created.

    Args:
        path: the file.
        read_only: whether the connection only reads.
        is_durable: whether a commit waits for the disk; without that, a power cut may destroy the file.

    Raises:
        StorageUnavailable: the file cannot be opened.
        IncompatibleDatabase: the file is no database.
    """
    try:
        if not read_only:
            _make(path)
        connection = apsw.Connection(str(path))
        connection.set_busy_timeout(_BUSY_MILLISECONDS)
        connection.execute(f"PRAGMA synchronous = {'FULL' if is_durable else 'OFF'}")
        connection.execute("PRAGMA foreign_keys = ON")
        # What is deleted is overwritten: an anonymised customer's name is nowhere in the file.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        # Plans must not depend on the arguments: SQLite, built with STAT4, would plan each list request
        # anew, which takes as long as reading ten customers.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        if read_only:
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        # A writer sorts in temporary files: a large import sorts more than fits into memory.
    except apsw.Error as error:
        raise translate(error) from error
    except OSError as error:
        raise StorageUnavailable(f"the database file cannot be used: {error}") from error
    return connection


def _make(path: Path) -> None:
    """Make a file that only this user may read, as its log then is; one that is there stays as it is.

    Its time of change stays too: `place.require_own_log` goes by that.
    """
    if not path.exists():
        with contextlib.suppress(FileExistsError):  # another process was first
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def run_to_end(work: Awaitable[T]) -> T:
    """The result of a coroutine that never suspends, as all work on an embedded engine is."""
    coroutine = cast("Coroutine[Any, Any, T]", work)
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return cast("T", ended.value)
    coroutine.close()
    raise RuntimeError("work on the storage may await nothing but the tables' methods")


class SqliteTransaction:
    """Implements `storage.transaction.Transaction`; its methods never suspend.

    One object serves all transactions of a connection, one after another.
    """

    writer = 0  # one at a time

    def __init__(self, connection: apsw.Connection, *, may_run_long: bool = True) -> None:
        """Wrap a connection.

        Args:
            connection: used by this object alone.
            may_run_long: whether it runs on a thread; otherwise it blocks the event loop.
        """
        self._connection = connection
        self.may_run_long = may_run_long
        self.blocks_event_loop = not may_run_long

    def need_snapshot(self) -> None:
        """Do nothing: every transaction of SQLite has one snapshot."""

    async def fetch_all(self, statement: str, *arguments: Any) -> list[Row]:
        """Every row the statement gives."""
        try:
            return self._connection.execute(_numbered(statement), _bound(arguments)).fetchall()
        except apsw.Error as error:
            raise translate(error) from error

    async def fetch_one(self, statement: str, *arguments: Any) -> Row | None:
        """The first row the statement gives, if any."""
        try:
            return self._connection.execute(_numbered(statement), _bound(arguments)).fetchone()
        except apsw.Error as error:
            raise translate(error) from error

    async def execute(self, statement: str, *arguments: Any) -> int:
        """Run the statement; returns how many rows it changed."""
        try:
            self._connection.execute(_numbered(statement), _bound(arguments))
        except apsw.Error as error:
            raise translate(error) from error
        return self._connection.changes()

    async def execute_many(self, statement: str, rows: Iterable[Row]) -> None:
        """Run the statement once for each row of arguments."""
        try:
            self._connection.executemany(_numbered(statement), [_bound(row) for row in rows])
        except apsw.Error as error:
            raise translate(error) from error

    async def yield_control(self) -> None:
        """Pause, on a thread; on the event loop itself a read cannot yield."""
        if self.may_run_long:
            time.sleep(_PAUSE_SECONDS)  # noqa: ASYNC251 - there is no event loop on this thread

    def read_uuid(self, value: Any) -> UUID:
        """The identifier that a fetched value stands for."""
        return UUID(bytes=value)

    def places_of(self, identifiers: Sequence[UUID]) -> dict[Any, int]:
        """The place of each identifier among them, by the value that is fetched for it."""
        return {identifier.bytes: place for place, identifier in enumerate(identifiers)}

    def begin(self) -> None:
        """Begin a transaction that only reads."""
        try:
            self._connection.execute("BEGIN")
        except apsw.Error as error:
            raise translate(error) from error

    def end(self) -> None:
        """End a transaction that only read; a read that failed may have ended it already."""
        try:
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except apsw.Error as error:
            raise translate(error) from error

    def run(self, begin: str, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` between `begin` and COMMIT; any exception rolls it back."""
        try:
            self._connection.execute(begin)
            result = run_to_end(work())
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, apsw.Error):
                raise translate(error) from error
            raise
        return result


@functools.lru_cache(maxsize=1024)
def _numbered(statement: str) -> str:
    """SQLite numbers arguments `?1`; `$1` would be a name to it."""
    return re.sub(r"\$(\d+)", r"?\1", statement)


def _bound(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    # The same as `UUID.bytes`, without its call: an import binds ten of them for each customer.
    return tuple(
        [value.int.to_bytes(16, "big") if type(value) is UUID else value for value in arguments]
    )
