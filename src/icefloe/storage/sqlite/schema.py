"""Migrates a SQLite file to the schema that this program needs."""

from datetime import datetime
from pathlib import Path

import apsw

from icefloe.domain.values import errors
from icefloe.storage.sqlite.errors import translate
from icefloe.storage.sqlite.transaction import SqliteTransaction, run_to_end
from icefloe.storage.upkeep import migrations

# In the file's header, by which `file` and Icefloe recognize a database: "ICEF" in ASCII.
APPLICATION_ID = 0x49434546
_PACKAGE = "icefloe.storage.sqlite"


def find_applied(connection: apsw.Connection, path: Path) -> list[migrations.Applied]:
    """The migrations applied to the file; none where it is new.

    Raises:
        IncompatibleDatabase: the file belongs to another program.
    """
    try:
        tables = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
        ).fetchall()
    except apsw.Error as error:
        raise translate(error) from error
    if not tables:
        return []
    if ("schema_migrations",) not in tables or _application_id(connection) != APPLICATION_ID:
        raise errors.IncompatibleDatabase(f"{path} is not an Icefloe database")
    return run_to_end(migrations.find_applied(SqliteTransaction(connection)))


def find_pending(connection: apsw.Connection, path: Path) -> list[migrations.Migration]:
    """The migrations yet to apply to the file. Raises IncompatibleDatabase."""
    known = migrations.read_migrations(_PACKAGE)
    return migrations.pending(known, find_applied(connection, path))


def migrate(connection: apsw.Connection, path: Path, now: datetime) -> list[migrations.Migration]:
    """Apply pending migrations in one transaction that excludes other writers; returns them.

    Raises:
        IncompatibleDatabase: the file is another program's, or a newer one's.
        StorageUnavailable: another process is writing and does not finish.
    """
    steps_left = find_pending(connection, path)
    try:
        # Changes the file's header: only now that the file is known to be Icefloe's.
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
    except apsw.Error as error:
        raise translate(error) from error
    if not steps_left:
        return []
    transaction = SqliteTransaction(connection)

    async def work() -> list[migrations.Migration]:
        steps = find_pending(connection, path)  # another process may have applied some
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            " number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,"
            " applied_at INTEGER NOT NULL) STRICT"
        )
        for step in steps:
            connection.execute(step.script)
            await migrations.record(transaction, step, now)
        return steps

    return transaction.run("BEGIN IMMEDIATE", work)


def _application_id(connection: apsw.Connection) -> int:
    row = connection.execute("PRAGMA application_id").fetchone()
    return 0 if row is None else int(row[0])
