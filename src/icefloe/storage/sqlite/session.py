"""A SQLite connection as a `Session`, and how work runs on it without an event loop."""

import functools
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import apsw

from icefloe.domain.values.errors import StorageUnavailable
from icefloe.storage.session import Row
from icefloe.storage.sqlite.errors import translate

T = TypeVar("T")

_BUSY_MILLISECONDS = 10_000
_CACHE_KIBIBYTES = 32 * 1024
# Of the log, before it is written back to the file: 16 MiB, as much as one table of its index covers.
# With fewer, writers wait for the disk more often, and pages that change again are written twice.
_LOG_PAGES = 4096
# Long enough for a thread that waits for a lock to wake up and take it.
_PAUSE_SECONDS = 0.0001


def connect(path: Path, *, read_only: bool, is_durable: bool = True) -> apsw.Connection:
    """A connection to the file, set up as all of ours are; a missing file is made.

    Args:
        path: the file.
        read_only: whether nothing is to be written on it.
        is_durable: whether a commit waits for the disk; where it does not, a power cut may leave a
            file that nobody can read.

    Raises:
        StorageUnavailable: the file cannot be opened.
        IncompatibleDatabase: the file is something else.
    """
    try:
        if not read_only:
            # Nobody else's to read: the file holds people's names. Its log gets the same mode.
            path.touch(mode=0o600)
        connection = apsw.Connection(str(path))
        connection.set_busy_timeout(_BUSY_MILLISECONDS)
        connection.execute(f"PRAGMA synchronous = {'FULL' if is_durable else 'OFF'}")
        connection.execute("PRAGMA foreign_keys = ON")
        # What is deleted is overwritten: an anonymised customer's name is nowhere in the file.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        # A plan does not depend on the arguments. Else SQLite, built with STAT4, plans a list anew each
        # time it is asked for, which takes as long as reading ten customers.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        if read_only:
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        # What a large import sorts is too much for the memory: it goes to files without a name.
    except apsw.Error as error:
        raise translate(error) from error
    except OSError as error:
        raise StorageUnavailable(f"the database file cannot be used: {error}") from error
    return connection


def run_to_end(work: Awaitable[T]) -> T:
    """The result of a coroutine that never has to wait, as all work on an embedded engine is."""
    coroutine = cast("Coroutine[Any, Any, T]", work)
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return cast("T", ended.value)
    coroutine.close()
    raise RuntimeError("work on the storage may await nothing but the tables' methods")


class SqliteSession:
    """Implements `storage.session.Session`; its methods never wait."""

    writer = 0  # one at a time

    def __init__(self, connection: apsw.Connection, *, may_run_long: bool = True) -> None:
        """Make a session.

        Args:
            connection: nobody else uses it meanwhile.
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

    def in_transaction(self, begin: str, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` between `begin` and COMMIT; where anything raises, nothing of it remains."""
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
    # What `UUID.bytes` gives, without a call to it: an import binds ten of them for each customer.
    return tuple(
        [value.int.to_bytes(16, "big") if type(value) is UUID else value for value in arguments]
    )
