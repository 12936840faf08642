"""A PostgreSQL database's URL → its storage, once the database is reached and up to date."""

from collections.abc import Sequence

import asyncpg

from icefloe.domain import errors
from icefloe.domain.clock import utc_now
from icefloe.storage.postgres import schema
from icefloe.storage.postgres.engine import PostgresStorage
from icefloe.storage.postgres.errors import translate
from icefloe.storage.postgres.pool import connect, read_address


async def open_postgres(
    database: str,
    read_databases: Sequence[str],  # noqa: ARG001 - standbys follow
    connections: int,
) -> PostgresStorage:
    """The storage over a database, brought up to date.

    Raises:
        ConfigurationError: the URL is none, or the database refuses us.
        IncompatibleDatabase: the database is a newer program's, or of another encoding.
        StorageUnavailable: it cannot be reached.
    """
    address = read_address(database)
    connection = await connect_to(address.url)
    try:
        await schema.migrate(connection, utc_now())
    finally:
        await connection.close()
    return PostgresStorage(address, connections)


async def connect_to(database: str) -> "asyncpg.Connection":
    """A connection of its own. Raises ConfigurationError, or StorageUnavailable."""
    try:
        return await connect(read_address(database))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        found = translate(error)
        if isinstance(found, errors.StorageUnavailable):
            raise errors.StorageUnavailable(f"the database cannot be reached: {error}") from error
        raise found from error
    except ValueError as error:
        raise errors.ConfigurationError(f"the database's URL cannot be read: {error}") from error
