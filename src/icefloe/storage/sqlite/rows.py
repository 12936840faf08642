"""All rows of a SQLite file, for copying between databases."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from itertools import islice

import apsw

from icefloe.storage.sqlite.search import index_up_to
from icefloe.storage.sqlite.transaction import SqliteTransaction
from icefloe.storage.transaction import Row
from icefloe.storage.upkeep.copy import BATCH, Table


class SqliteRows:
    """Implements `storage.upkeep.copy.WritableRows` on a connection within a transaction.

    The form that all engines share is the one in which SQLite stores values. Raises apsw.Error.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    async def count(self, table: Table) -> int:
        """How many rows `read` gives."""
        row = self._connection.execute(f"SELECT count(*) FROM ({table.read})").fetchone()
        return 0 if row is None else int(row[0])

    async def read(self, table: Table) -> AsyncGenerator[list[Row], None]:
        """The table's rows, some at a time, in the order in which they lie in the file."""
        cursor = self._connection.execute(table.read)
        try:
            while rows := list(islice(cursor, BATCH)):
                yield rows
                await asyncio.sleep(0)  # SQLite never suspends, and Ctrl-C would have no effect
        finally:
            cursor.close()

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows."""
        placeholders = ", ".join("?" * len(table.columns))
        self._connection.executemany(
            f"INSERT INTO {table.name} ({table.names}) VALUES ({placeholders})", rows
        )

    async def finish(self) -> None:
        """Index the text of all customers."""
        row = self._connection.execute(
            "SELECT coalesce(max(sequence), 0) FROM customers"
        ).fetchone()
        last = 0 if row is None else int(row[0])
        transaction = SqliteTransaction(self._connection)
        for sequence in range(BATCH, last + BATCH, BATCH):
            await index_up_to(transaction, min(sequence, last))
            await asyncio.sleep(0)
