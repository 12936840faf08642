"""The bare limit of an answer: its own documents fetched by primary key, in one statement, and joined.

Every server that answers from stored documents must do this. Finding the customers, authentication and
the total come on top.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol
from uuid import UUID

import apsw
import asyncpg

from benchmarks import data, datasets

_CACHE_KIBIBYTES = 32 * 1024


class Documents(Protocol):
    """Documents of the large organization's customers."""

    async def find_keys(self, ids: Sequence[str]) -> list[int]:
        """The sequences of customers, in no order."""
        ...

    async def fetch(self, keys: Sequence[int]) -> bytes:
        """The documents with these sequences, joined as a list of JSON has them."""
        ...


class SqliteDocuments:
    """Documents in a SQLite file, by apsw on a connection of their own."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    async def find_keys(self, ids: Sequence[str]) -> list[int]:
        """The sequences of customers, in no order."""
        places = ", ".join("?" * len(ids))
        rows: list[tuple[Any, ...]] = self._connection.execute(
            f"SELECT sequence FROM customers WHERE organization_id = ? AND id IN ({places})",
            (data.ORGANIZATION_ID.bytes, *(UUID(one).bytes for one in ids)),
        ).fetchall()
        return [row[0] for row in rows]

    async def fetch(self, keys: Sequence[int]) -> bytes:
        """The documents with these sequences, joined as a list of JSON has them."""
        places = ", ".join("?" * len(keys))
        statement = f"SELECT document FROM customers WHERE sequence IN ({places})"
        rows: list[tuple[Any, ...]] = self._connection.execute(statement, tuple(keys)).fetchall()
        return b'{"items":[%b]}' % b",".join([row[0] for row in rows])


class PostgresDocuments:
    """Documents in a PostgreSQL database, by asyncpg on a connection of their own."""

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection

    async def find_keys(self, ids: Sequence[str]) -> list[int]:
        """The sequences of customers, in no order."""
        rows = await self._connection.fetch(
            "SELECT sequence FROM customers WHERE organization_id = $1 AND id = ANY($2::uuid[])",
            data.ORGANIZATION_ID,
            [UUID(one) for one in ids],
        )
        return [row[0] for row in rows]

    async def fetch(self, keys: Sequence[int]) -> bytes:
        """The documents with these sequences, joined as a list of JSON has them."""
        rows = await self._connection.fetch(
            "SELECT document FROM customers WHERE organization_id = $1"
            " AND sequence = ANY($2::bigint[])",
            data.ORGANIZATION_ID,
            keys,
        )
        return b'{"items":[%b]}' % b",".join([row[0] for row in rows])


@contextlib.asynccontextmanager
async def opened(dataset: datasets.Dataset) -> AsyncIterator[Documents]:
    """The documents of a dataset."""
    if dataset.engine == datasets.POSTGRES:
        connection = await asyncpg.connect(dataset.database)
        try:
            yield PostgresDocuments(connection)
        finally:
            await connection.close()
        return
    file = apsw.Connection(dataset.database, flags=apsw.SQLITE_OPEN_READONLY)
    with contextlib.closing(file):
        file.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        yield SqliteDocuments(file)
