"""A database's URL → its engine. The only place that asks which engine it is."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from icefloe.domain import errors
from icefloe.domain.storage import Storage
from icefloe.storage.sqlite.engine import SqliteStorage

_SQLITE = "sqlite:///"


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
            f"{scheme}:// databases are not supported; use sqlite:///PATH or a path"
        )
    else:
        named = database
    if named in {"", ":memory:"}:
        raise errors.ConfigurationError(
            "a database needs a file; use sqlite:///PATH (in a temporary folder, if it is not to last)"
        )
    return Path(named).expanduser()


async def open_storage(database: str) -> Storage:
    """The storage behind a database's URL; a missing SQLite file is made, and its folder.

    Raises:
        ConfigurationError: the URL names no engine of ours.
        IncompatibleDatabase: the database is another program's, or a newer one's.
        StorageUnavailable: it cannot be opened.
    """
    path = sqlite_path(database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise errors.ConfigurationError(f"cannot make the folder {path.parent}: {error}") from error
    return SqliteStorage(path)
