"""All rows of a PostgreSQL database, for copying between databases."""

from collections.abc import AsyncGenerator, Callable, Sequence
from operator import attrgetter
from typing import Any
from uuid import UUID

import asyncpg

from icefloe.domain.values import errors
from icefloe.storage.columns import Kind
from icefloe.storage.transaction import Row
from icefloe.storage.upkeep.copy import BATCH, TABLES, Table

_Convert = Callable[[Any], Any]
# Converters of the kinds whose shared form differs from asyncpg's.
_FROM_POSTGRES: dict[Kind, _Convert] = {Kind.UUID: attrgetter("bytes"), Kind.FLAG: int}
_TO_POSTGRES: dict[Kind, _Convert] = {Kind.UUID: lambda value: UUID(bytes=value), Kind.FLAG: bool}


class PostgresRows:
    """Implements `storage.upkeep.copy.WritableRows` on a connection within a transaction.

    Raises what asyncpg raises.
    """

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection

    async def count(self, table: Table) -> int:
        """How many rows `read` gives."""
        found = await self._connection.fetchval(f"SELECT count(*) FROM ({table.read}) AS found")
        return int(found)

    async def read(self, table: Table) -> AsyncGenerator[list[Row], None]:
        """The table's rows, some at a time, in the order in which they lie on the disk."""
        cursor = await self._connection.cursor(table.read)
        while records := await cursor.fetch(BATCH):
            yield _converted(table, records, _FROM_POSTGRES)

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows. Raises ConfigurationError for text that PostgreSQL cannot store."""
        try:
            await self._connection.copy_records_to_table(
                table.name,
                records=_converted(table, rows, _TO_POSTGRES),
                columns=list(table.columns),
            )
        except asyncpg.CharacterNotInRepertoireError as error:
            raise errors.ConfigurationError(
                f"some text in {table.name} has the character U+0000, which PostgreSQL cannot store"
            ) from error

    async def finish(self) -> None:
        """Set the sequences behind the highest numbers, and update the planner's statistics."""
        for table in TABLES:
            if table.sequence is not None:
                # Never lower: numbers of a sequence stay used even if a transaction is rolled back.
                await self._connection.execute(
                    f"SELECT setval('{table.sequence}', greatest(highest, last_value))"
                    f" FROM {table.sequence}, (SELECT max(sequence) AS highest FROM {table.name})"
                    " AS found WHERE highest IS NOT NULL"
                )
        await self._connection.execute(f"ANALYZE {', '.join(table.name for table in TABLES)}")


def _converted(table: Table, rows: Sequence[Any], by_kind: dict[Kind, _Convert]) -> list[Row]:
    converts = [by_kind.get(kind) for kind in table.columns.values()]
    return [
        tuple(
            [
                value if convert is None or value is None else convert(value)
                for convert, value in zip(converts, row, strict=True)
            ]
        )
        for row in rows
    ]
