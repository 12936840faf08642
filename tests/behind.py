"""A look at a database behind the storage's back, whichever engine it is of."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg

from icefloe.database_url import is_postgres
from icefloe.storage.open import sqlite_path
from icefloe.storage.postgres.dialect import PostgresDialect
from icefloe.storage.postgres.transaction import PostgresTransaction
from icefloe.storage.sqlite.dialect import SqliteDialect
from icefloe.storage.sqlite.transaction import SqliteTransaction, connect
from icefloe.storage.transaction import Row, Transaction
from icefloe.storage.upkeep.check import Check, Finding
from support import run

T = TypeVar("T")


def read_rows(database: str, statement: str, *arguments: Any) -> list[Row]:
    """The rows of a statement, whose arguments are `$1` and so on; identifiers are UUIDs."""

    async def work(transaction: Transaction) -> list[Row]:
        return [tuple(row) for row in await transaction.fetch_all(statement, *arguments)]

    return _look(database, work)


def find_disagreements(database: str) -> list[Finding]:
    """What in a database does not agree with its customers."""
    dialect = PostgresDialect(locks=False) if is_postgres(database) else SqliteDialect()
    return _look(database, lambda transaction: Check(transaction, dialect, lambda _: None).run())


def _look(database: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """Run work on one view of the database."""
    if is_postgres(database):
        return run(_look_at_postgres(database, work))
    # The storage's own copy of SQLite: two that have one file open undo each other's locks.
    connection = connect(sqlite_path(database), read_only=True)
    try:
        transaction = SqliteTransaction(connection)
        return transaction.run("BEGIN", lambda: work(transaction))
    finally:
        connection.close()


async def _look_at_postgres(database: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await work(PostgresTransaction(connection))
    finally:
        await connection.close()
