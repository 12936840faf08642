"""A database's URL → its engine. The only place that asks which engine it is.

The drivers are imported when they are needed: neither has to wait for the other's.
"""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from icefloe.domain import errors
from icefloe.domain.storage import Storage

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


def is_postgres(database: str) -> bool:
    """Whether a URL names a PostgreSQL database."""
    return database.startswith(_POSTGRES)


def sqlite_path(database: str) -> Path:
    """The file that a `sqlite:///path` URL, or a bare path, names.

    Three slashes begin a path relative to the working folder, four an absolute one.

    Raises:
        ConfigurationError: it names something else.
    """
    if database.startswith(_SQLITE):
        named = unquote(database.removeprefix(_SQLITE))
    elif "://" in database:
        scheme = urlsplit(database).scheme
        raise errors.ConfigurationError(
            f"{scheme}:// databases are not supported; use sqlite:///PATH, a path, or postgresql://"
        )
    else:
        named = database
    if named in {"", ":memory:"}:
        raise errors.ConfigurationError(
            "a database needs a file; use sqlite:///PATH (in a temporary folder, if it is not to last)"
        )
    return Path(named).expanduser()


async def open_storage(
    database: str, *, read_databases: Sequence[str] = (), connections: int = 10
) -> Storage:
    """The storage behind a database's URL, brought up to date.

    A missing SQLite file is made, and its folder; a PostgreSQL database must be there.

    Args:
        database: its URL.
        read_databases: hot standbys of a PostgreSQL database, for reads.
        connections: how many connections to a PostgreSQL server there are at most.

    Raises:
        ConfigurationError: the URL names no engine of ours, or the database refuses us.
        IncompatibleDatabase: the database is another program's, or a newer one's.
        StorageUnavailable: it cannot be opened.
    """
    if is_postgres(database):
        from icefloe.storage.postgres.opening import open_postgres

        return await open_postgres(database, read_databases, connections)
    if read_databases:
        raise errors.ConfigurationError(
            "--read-database is for standbys of a PostgreSQL database, and this one is SQLite"
        )
    from icefloe.storage.sqlite.engine import SqliteStorage

    path = sqlite_path(database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise errors.ConfigurationError(f"cannot make the folder {path.parent}: {error}") from error
    return SqliteStorage(path)
