"""What an operator does to a SQLite file: look at its state, migrate, check, copy and restore it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import apsw

from icefloe import files
from icefloe.domain.values import errors
from icefloe.storage.sqlite import schema
from icefloe.storage.sqlite.dialect import SqliteDialect
from icefloe.storage.sqlite.errors import translate
from icefloe.storage.sqlite.place import COMPANIONS, log_of, require_own_log
from icefloe.storage.sqlite.rows import SqliteRows
from icefloe.storage.sqlite.transaction import SqliteTransaction, connect
from icefloe.storage.upkeep import check, migrations

T = TypeVar("T")

_BACKUP_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a database file.

    Attributes:
        path: the file.
        size: its size in bytes, with what is in its write-ahead log.
        sqlite_version: the version of SQLite this program brings.
        applied: the migrations it has taken.
        pending: those it has still to take.
    """

    path: Path
    size: int
    sqlite_version: str
    applied: list[migrations.Applied]
    pending: list[migrations.Migration]

    @property
    def title(self) -> str:
        """The file and what runs it, in one line."""
        return f"{self.path}  {self.size / 1e6:,.1f} MB  SQLite {self.sqlite_version}"


class SqliteMaintenance:
    """Implements `storage.maintenance.Maintenance` on a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """The file's path."""
        return str(self._path)

    async def find_status(self) -> Status:
        """The state of the file."""
        return find_status(self._path)

    async def migrate(self, now: datetime) -> list[migrations.Migration]:
        """Bring the file up to date; returns what was applied."""
        return migrate(self._path, now)

    async def find_disagreements(self, on_progress: Callable[[int], None]) -> list[check.Finding]:
        """What in the file does not agree with its customers."""

        def work(go_on: Callable[[], None]) -> list[check.Finding]:
            def advance(done: int) -> None:
                go_on()
                on_progress(done)

            return find_disagreements(self._path, advance)

        return await _in_thread(work)

    async def back_up(self, to: Path, on_progress: Callable[[int, int], None]) -> None:
        """Copy the file as it is at one moment into a new one."""

        def work(go_on: Callable[[], None]) -> None:
            def advance(done: int, total: int) -> None:
                go_on()
                on_progress(done, total)

            back_up(self._path, to, advance)

        await _in_thread(work)

    async def restore(
        self, copy: Path, now: datetime, on_progress: Callable[[int, int], None]
    ) -> Path | None:
        """Put a copy in the file's place, once it is found sound; returns where the old file is now."""

        def work(go_on: Callable[[], None]) -> Path | None:
            def advance(done: int, total: int) -> None:
                go_on()
                on_progress(done, total)

            return restore(self._path, copy, now, advance)

        return await _in_thread(work)

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[SqliteRows]:
        """One snapshot of the file, which must be up to date."""
        with _translating(), contextlib.closing(_open(self._path)) as connection:
            _require_up_to_date(connection, self._path)
            connection.execute("BEGIN")
            yield SqliteRows(connection)

    @contextlib.asynccontextmanager
    async def writing(self, now: datetime) -> AsyncIterator[SqliteRows]:
        """One transaction on the file, which is made and migrated if it needs to be."""
        require_own_log(self._path)
        with (
            _translating(),
            contextlib.closing(connect(self._path, read_only=False)) as connection,
        ):
            schema.migrate(connection, self._path, now)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteRows(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


class _Interrupted(Exception):
    """The caller of a thread's work was cancelled."""


async def _in_thread(work: Callable[[Callable[[], None]], T]) -> T:
    """The result of work in a thread, so that Ctrl-C is heard; the work calls what it is given."""
    is_interrupted = False

    def go_on() -> None:
        if is_interrupted:
            raise _Interrupted

    working = asyncio.ensure_future(asyncio.to_thread(work, go_on))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        is_interrupted = True
        with contextlib.suppress(_Interrupted):
            await working
        raise


def find_status(path: Path) -> Status:
    """The state of the file. Raises ConfigurationError where there is none."""
    connection = _open(path)
    try:
        return Status(
            path=path,
            size=sum(file.stat().st_size for file in (path, log_of(path)) if file.exists()),
            sqlite_version=apsw.sqlite_lib_version(),
            applied=schema.find_applied(connection, path),
            pending=schema.find_pending(connection, path),
        )
    finally:
        connection.close()


def migrate(path: Path, now: datetime) -> list[migrations.Migration]:
    """Bring the file up to date; returns what was applied. Raises ConfigurationError for no file."""
    connection = _open(path)
    try:
        return schema.migrate(connection, path, now)
    finally:
        connection.close()


def find_disagreements(path: Path, on_progress: Callable[[int], None]) -> list[check.Finding]:
    """What in the file does not agree with its customers, on one snapshot of it.

    SQLite's own check of the file's structure comes first. Raises ConfigurationError for no file, and
    IncompatibleDatabase for one that is damaged or not up to date.
    """
    connection = _open(path)
    try:
        _require_up_to_date(connection, path)
        found = connection.execute("PRAGMA quick_check").fetchall()
        if found != [("ok",)]:
            raise errors.IncompatibleDatabase(f"{path} is damaged: {found[0][0]}")
        transaction = SqliteTransaction(connection)
        findings = transaction.run(
            "BEGIN", check.Check(transaction, SqliteDialect(), on_progress).run
        )
        return findings + _check_search_index(transaction)
    except apsw.Error as error:
        raise translate(error) from error
    finally:
        connection.close()


def _check_search_index(transaction: SqliteTransaction) -> list[check.Finding]:
    """Whether the index of text has just what it should, which FTS5 checks by itself.

    Its statement for that counts as a change, so this holds SQLite's write lock.
    """

    async def work() -> list[check.Finding]:
        try:
            await transaction.execute(
                "INSERT INTO customer_trigrams (customer_trigrams, rank)"
                " VALUES ('integrity-check', 1)"
            )
        except errors.IncompatibleDatabase:
            return [check.Finding(None, None, "the index of search text is not that of the text")]
        return []

    return transaction.run("BEGIN IMMEDIATE", work)


def back_up(path: Path, to: Path, on_progress: Callable[[int, int], None]) -> None:
    """Copy the file as it is at one moment, while others may read and write it.

    Args:
        path: the file.
        to: where the copy goes; must not exist.
        on_progress: called now and then with the pages copied and the pages in all.

    Raises:
        ConfigurationError: there is no such file, or the copy's place is taken or cannot be written.
    """
    if to.exists():
        raise _taken(to)
    with contextlib.closing(_open(path)) as source, contextlib.ExitStack() as cleanup:
        try:
            with files.beside(to, cleanup, replaces=False) as part:
                _copy_pages(source, part, on_progress)
        except FileExistsError as error:
            raise _taken(to) from error
        except OSError as error:
            raise files.unwritable(to, error) from error


def restore(
    path: Path, copy: Path, now: datetime, on_progress: Callable[[int, int], None]
) -> Path | None:
    """Put a copy of a database in the place of another, once it is found sound.

    It is copied beside that place, brought up to date and checked there; until then nothing changes.

    Args:
        path: the place.
        copy: the copy, which stays as it is.
        now: the present moment.
        on_progress: called now and then with the pages copied and the pages in all.

    Returns:
        Where the database went that was there; None where there was none.

    Raises:
        ConfigurationError: there is no such copy, something has the database open, or the place
            cannot be written.
        IncompatibleDatabase: the copy is another program's, a newer one's, or damaged.
    """
    if copy.exists() and path.exists() and copy.samefile(path):
        raise errors.ConfigurationError(f"{copy} is the database itself; name a copy")
    _require_closed(path)
    old: Path | None = None
    with contextlib.closing(_open(copy)) as source, contextlib.ExitStack() as cleanup:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with files.beside(path, cleanup) as part:
                _copy_pages(source, part, on_progress)
                migrate(part, now)
                found = find_disagreements(part, lambda _: None)
                if found:
                    raise errors.IncompatibleDatabase(
                        f"{len(found)} things in {copy} do not agree: icefloe database check"
                        f" --database {copy}"
                    )
                _require_closed(path)
                old = _put_aside(path, now)
        except OSError as error:
            raise files.unwritable(path, error) from error
    return old


def _copy_pages(source: apsw.Connection, to: Path, on_progress: Callable[[int, int], None]) -> None:
    """Copy a database into an empty file, which has no log then (see `place.require_own_log`)."""
    try:
        with contextlib.closing(apsw.Connection(str(to))) as target:
            # A copy that does not become whole is thrown away: it needs no journal.
            target.execute("PRAGMA journal_mode = OFF")
            with target.backup("main", source, "main") as backup:
                while not backup.done:
                    backup.step(_BACKUP_PAGES)
                    on_progress(backup.page_count - backup.remaining, backup.page_count)
            target.execute("PRAGMA journal_mode = DELETE")
    except apsw.Error as error:
        raise translate(error) from error


def _put_aside(path: Path, now: datetime) -> Path | None:
    """Give a database a second name, under which it stays; returns that, None where there is none."""
    if not path.exists():
        return None
    aside = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%S}")
    files.link(path, aside)
    return aside


def _require_closed(path: Path) -> None:
    """Raise ConfigurationError where something has the database open, or did not close it."""
    for ending in COMPANIONS:
        companion = path.with_name(path.name + ending)
        if companion.exists():
            raise errors.ConfigurationError(
                f"{companion} is there: stop what has {path} open; if nothing has, close it by"
                f" icefloe database status --database {path}"
            )


def _taken(to: Path) -> errors.ConfigurationError:
    return errors.ConfigurationError(f"{to} exists already; name another file")


def _open(path: Path) -> apsw.Connection:
    """A connection to a database that is there. Raises ConfigurationError where there is none."""
    if not path.is_file():
        raise errors.ConfigurationError(f"there is no database {path}")
    require_own_log(path)
    connection = connect(path, read_only=False)
    try:
        is_empty = connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None
    except apsw.Error as error:
        connection.close()
        raise translate(error) from error
    if is_empty:
        connection.close()
        raise errors.ConfigurationError(
            f"there is no database in {path}: it is empty, or a copy that did not finish"
        )
    return connection


def _require_up_to_date(connection: apsw.Connection, path: Path) -> None:
    if schema.find_pending(connection, path):
        raise errors.IncompatibleDatabase(f"{path} is not up to date: icefloe database migrate")


@contextlib.contextmanager
def _translating() -> Iterator[None]:
    """Within it, SQLite's errors become the domain's."""
    try:
        yield
    except apsw.Error as error:
        raise translate(error) from error
