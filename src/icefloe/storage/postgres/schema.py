"""Bringing a PostgreSQL database to the schema this program needs, while older programs may use it."""

import asyncio
from datetime import datetime
from typing import Any

import asyncpg

from icefloe.domain.values import errors
from icefloe.storage.postgres.errors import translate
from icefloe.storage.postgres.transaction import Failure, PostgresTransaction
from icefloe.storage.upkeep import migrations
from icefloe.storage.upkeep.migrations import Applied, Migration

PACKAGE = "icefloe.storage.postgres"
# PostgreSQL 13 has pg_trgm as an extension that a database's owner may add.
_OLDEST = 130000
# The key of the advisory lock that a migrating process holds: "ICEFLOE" in ASCII.
_LOCK = 0x494345464C4F45
# How long to wait for another process's migration; and for a lock on a table. Every other user of the
# table waits behind that lock, so the wait is short, and retried.
_WAIT_FOR_OTHERS = "60s"
_WAIT_FOR_TABLES = "2s"
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.2


async def find_applied(connection: "asyncpg.Connection[Any]") -> list[Applied]:
    """The migrations that the database has taken; none where it is new.

    Raises:
        IncompatibleDatabase: the server is too old, or the database cannot hold all text.
    """
    version, encoding, has_table = await connection.fetchrow(
        "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),"
        # Asked of the catalog's own table, which shows what another has just made; the function alone
        # may remember that there was none.
        " EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('schema_migrations'))"
    )  # type: ignore[misc]  # a SELECT without FROM gives its row
    if version < _OLDEST:
        raise errors.IncompatibleDatabase("the PostgreSQL server is older than version 13")
    if encoding != "UTF8":
        raise errors.IncompatibleDatabase(
            f"the database has the encoding {encoding}; make one with ENCODING 'UTF8'"
        )
    return await migrations.find_applied(PostgresTransaction(connection)) if has_table else []


def find_pending(applied: list[Applied], known: list[Migration] | None = None) -> list[Migration]:
    """The migrations that the database has still to take.

    Servers are replaced one by one, so that older ones start on a database that a newer one has
    changed already: a step they do not know is passed over where its name begins with `expand`, which
    says that it only adds what they do not need. Any other is refused.

    Raises:
        IncompatibleDatabase: the database is a newer program's.
    """
    steps = migrations.read_migrations(PACKAGE) if known is None else known
    numbers = {step.number for step in steps}
    concerning = [
        step for step in applied if step.number in numbers or not step.name.startswith("expand ")
    ]
    return migrations.pending(steps, concerning)


async def migrate(
    connection: "asyncpg.Connection[Any]", now: datetime, known: list[Migration] | None = None
) -> list[Migration]:
    """Apply what is pending, all or nothing, one program at a time; returns what was applied.

    Args:
        connection: to the database.
        now: the present moment.
        known: the migrations; the program's own unless given.

    Raises:
        ConfigurationError: the role may not make what is needed.
        IncompatibleDatabase: the database is a newer program's.
        StorageUnavailable: another transaction holds a lock on what must change.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            if not find_pending(await find_applied(connection), known):
                return []
            async with connection.transaction():
                return await _apply(connection, now, known)
        except asyncpg.LockNotAvailableError as error:
            if attempt == _ATTEMPTS:
                raise errors.StorageUnavailable(
                    "the tables are in use and could not be changed; try again when less is going on"
                ) from error
        except Failure as failure:
            raise _refused(failure.cause) from failure.cause
        except asyncpg.PostgresError as error:
            raise _refused(error) from error
        await asyncio.sleep(_PAUSE_SECONDS * attempt)
    return []


async def _apply(
    connection: "asyncpg.Connection[Any]", now: datetime, known: list[Migration] | None
) -> list[Migration]:
    await connection.execute(f"SET LOCAL lock_timeout = '{_WAIT_FOR_OTHERS}'")
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    await connection.execute(f"SET LOCAL lock_timeout = '{_WAIT_FOR_TABLES}'")
    steps = find_pending(await find_applied(connection), known)  # another may have been quicker
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations ("
        ' number integer PRIMARY KEY, name text COLLATE "C" NOT NULL,'
        ' checksum text COLLATE "C" NOT NULL, applied_at bigint NOT NULL)'
    )
    await _see_trigrams(connection)
    for step in steps:
        await connection.execute(step.script)
        await migrations.record(PostgresTransaction(connection), step, now)
    return steps


async def _see_trigrams(connection: "asyncpg.Connection[Any]") -> None:
    """Have the transaction see pg_trgm where it is in a schema of its own, as some providers have it.

    Indexes are made by its names. Those who search need none of them.
    """
    await connection.execute(
        "SELECT set_config('search_path',"
        " concat_ws(', ', nullif(current_setting('search_path'), ''), quote_ident(nspname)), true)"
        " FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace"
        " WHERE extname = 'pg_trgm' AND nspname <> ALL (current_schemas(true))"
    )


def _refused(error: Exception) -> Exception:
    """What to raise for an error that waiting does not mend."""
    if isinstance(error, asyncpg.InvalidSchemaNameError):
        return errors.ConfigurationError(
            "the schema that the database's URL names is not there, or not for this role: as the"
            " database's owner, run CREATE SCHEMA"
        )
    if not isinstance(error, asyncpg.InsufficientPrivilegeError):
        return translate(error)
    if "pg_trgm" in str(error):
        return errors.ConfigurationError(
            "the database needs the extension pg_trgm, which this role may not add: as the database's"
            " owner, run CREATE EXTENSION pg_trgm"
        )
    return errors.ConfigurationError(
        f"the role may not make the tables ({error}): give it a schema of its own, or make it the"
        " database's owner"
    )
