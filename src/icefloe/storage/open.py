"""A database's URL → its engine. The only place that asks which engine it is.

A driver is imported when its engine is opened: one engine does not wait for the other's.
"""

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from icefloe import database_url
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import errors

if TYPE_CHECKING:
    from icefloe.storage.lists.list_cache import Reporter
    from icefloe.storage.upkeep.maintenance import Maintenance

_SQLITE = "sqlite:///"


def sqlite_path(database: str) -> Path:
    """The file that a `sqlite:///path` URL, or a bare path, names.

    Three slashes begin a path relative to the working folder, four an absolute one.

    Raises:
        ConfigurationError: it names something else.
    """
    form = database_url.find_form(database)
    if form not in {"path", "sqlite"}:
        scheme = database.partition("://")[0]
        raise errors.ConfigurationError(
            f"{scheme}:// databases are not supported; use sqlite:///PATH, a path, or postgresql://"
        )
    named = unquote(database[len(_SQLITE) :]) if form == "sqlite" else database
    if named in {"", ":memory:"}:
        raise errors.ConfigurationError(
            "a database needs a file; use sqlite:///PATH (in a temporary folder, if it is not to last)"
        )
    try:
        path = Path(named).expanduser()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.stat()
    except (OSError, RuntimeError, ValueError) as error:  # too long, no such user, a zero byte
        raise errors.ConfigurationError(
            f"{named!r} cannot be a database's path: {error}"
        ) from error
    return path


async def open_storage(
    database: str,
    *,
    read_databases: Sequence[str] = (),
    connections: int = 10,
    is_durable: bool = True,
    report: "Reporter | None" = None,
) -> Storage:
    """The storage behind a database's URL, brought up to date.

    A missing SQLite file is made, and its folder; a PostgreSQL database must be there.

    Args:
        database: its URL.
        read_databases: hot standbys of a PostgreSQL database, for reads.
        connections: how many connections to a PostgreSQL server there are at most.
        is_durable: whether a commit to a SQLite file waits for the disk.
        report: called with what an operator should know.

    Raises:
        ConfigurationError: the URL names no engine of ours, or the database refuses us.
        IncompatibleDatabase: the database is another program's, or a newer one's.
        StorageUnavailable: it cannot be opened.
    """
    if database_url.is_postgres(database):
        from icefloe.storage.postgres.opening import open_postgres

        return await open_postgres(database, read_databases, connections, report)
    if read_databases:
        raise errors.ConfigurationError(
            "--read-database is for standbys of a PostgreSQL database, and this one is SQLite"
        )
    from icefloe.storage.sqlite.engine import SqliteStorage

    path = sqlite_path(database)
    _make_folder(path)
    return SqliteStorage(path, is_durable=is_durable, report=report)


def open_maintenance(database: str) -> "Maintenance":
    """Maintenance of the database behind a URL, which is not opened yet.

    Raises:
        ConfigurationError: the URL names no engine of ours.
    """
    if database_url.is_postgres(database):
        from icefloe.storage.postgres.maintenance import PostgresMaintenance

        return PostgresMaintenance(database)
    from icefloe.storage.sqlite.maintenance import SqliteMaintenance

    return SqliteMaintenance(sqlite_path(database))


async def copy_database(
    source: str, target: str, now: datetime, on_progress: Callable[[int, int], None]
) -> dict[str, int]:
    """Copy one snapshot of a database into another: all of it, or nothing.

    Args:
        source: the URL of a database that is up to date.
        target: the URL of one without organizations; a missing SQLite file is made, and its folder.
        now: the present moment.
        on_progress: called after each batch with the rows done and the rows in all.

    Returns:
        How many rows each table has, by its name.

    Raises:
        ConfigurationError: one of them is not there, or the target has organizations.
        IncompatibleDatabase: one is another program's, or the copy did not become the same.
        StorageUnavailable: one cannot be used at present.
    """
    from icefloe.storage.upkeep.copy import copy_all

    giver, taker = open_maintenance(source), open_maintenance(target)
    async with giver.reading() as rows:
        if not database_url.is_postgres(target):
            _make_folder(sqlite_path(target))
        async with taker.writing(now) as new_rows:
            return await copy_all(rows, new_rows, on_progress)


def _make_folder(path: Path) -> None:
    """Make the folder of a file. Raises ConfigurationError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise errors.ConfigurationError(f"cannot make the folder {path.parent}: {error}") from error
