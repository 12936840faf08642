"""A PostgreSQL database's URL → its storage, once the database is reached and up to date."""

from collections.abc import Sequence

import asyncpg

from icefloe.database_url import read_postgres
from icefloe.domain.values import errors
from icefloe.domain.values.clock import utc_now
from icefloe.storage.lists.list_cache import Reporter
from icefloe.storage.postgres import schema
from icefloe.storage.postgres.engine import PostgresStorage
from icefloe.storage.postgres.errors import DRIVER_ERRORS, translate
from icefloe.storage.postgres.pool import connect
from icefloe.storage.postgres.standbys import Standbys


async def open_postgres(
    database: str,
    read_databases: Sequence[str],
    connections: int,
    report: Reporter | None = None,
) -> PostgresStorage:
    """The storage over a database, brought up to date.

    Args:
        database: its URL.
        read_databases: those of its hot standbys, which need not answer yet.
        connections: how many connections to each server there are at most.
        report: called with what an operator should know.

    Raises:
        ConfigurationError: the URL is none, or the database refuses us.
        IncompatibleDatabase: the database is a newer program's, or of another encoding.
        StorageUnavailable: it cannot be reached.
    """
    address = read_postgres(database)
    followers = [read_postgres(each) for each in read_databases]
    connection = await connect_to(database)
    try:
        await schema.migrate(connection, utc_now())
    finally:
        await connection.close()
    standbys = None
    if followers:
        standbys = Standbys(address, followers, connections)
        await standbys.start()
    return PostgresStorage(address, connections, standbys, report)


async def connect_to(database: str) -> "asyncpg.Connection":
    """A connection of its own. Raises ConfigurationError, or StorageUnavailable."""
    try:
        return await connect(read_postgres(database))
    except ValueError as error:  # asyncpg's own is one of its InterfaceErrors besides
        raise errors.ConfigurationError(f"the database's URL cannot be read: {error}") from error
    except DRIVER_ERRORS as error:
        found = translate(error)
        if isinstance(found, errors.StorageUnavailable):
            raise errors.StorageUnavailable(f"the database cannot be reached: {error}") from error
        if isinstance(error, asyncpg.PostgresError):
            # Nothing was asked of it yet: it is what the URL says that the server does not take.
            raise errors.ConfigurationError(f"the database refuses: {error}") from error
        raise found from error
