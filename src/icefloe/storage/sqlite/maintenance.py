"""What an operator does to a SQLite file: look at its state, migrate, check and copy it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import apsw

from icefloe.domain import errors
from icefloe.storage import check, migrations
from icefloe.storage.sqlite import schema
from icefloe.storage.sqlite.errors import translate
from icefloe.storage.sqlite.session import SqliteSession, connect

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


def find_status(path: Path) -> Status:
    """The state of the file. Raises ConfigurationError where there is none."""
    connection = _open(path)
    try:
        return Status(
            path=path,
            size=sum(file.stat().st_size for file in (path, _log_of(path)) if file.exists()),
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
        if schema.find_pending(connection, path):
            raise errors.IncompatibleDatabase(f"{path} is not up to date: icefloe database migrate")
        found = connection.execute("PRAGMA quick_check").fetchall()
        if found != [("ok",)]:
            raise errors.IncompatibleDatabase(f"{path} is damaged: {found[0][0]}")
        session = SqliteSession(connection)
        return session.in_transaction("BEGIN", check.Check(session, on_progress).run)
    except apsw.Error as error:
        raise translate(error) from error
    finally:
        connection.close()


def back_up(path: Path, to: Path, on_progress: Callable[[int, int], None]) -> None:
    """Copy the file as it is at one moment, while others may read and write it.

    Args:
        path: the file.
        to: where the copy goes; must not exist.
        on_progress: told, now and then, how many pages have been copied and how many there are.

    Raises:
        ConfigurationError: there is no such file, or the copy's place is taken.
    """
    if to.exists():
        raise errors.ConfigurationError(f"{to} exists already; name another file")
    source = _open(path)
    try:
        to.touch(mode=0o600)
        target = apsw.Connection(str(to))
        try:
            with target.backup("main", source, "main") as backup:
                while not backup.done:
                    backup.step(_BACKUP_PAGES)
                    on_progress(backup.page_count - backup.remaining, backup.page_count)
        finally:
            target.close()
    except apsw.Error as error:
        to.unlink(missing_ok=True)
        raise translate(error) from error
    finally:
        source.close()


def _open(path: Path) -> apsw.Connection:
    if not path.is_file():
        raise errors.ConfigurationError(f"there is no database {path}")
    return connect(path, read_only=False)


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")
