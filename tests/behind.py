"""A look at a database behind the storage's back, whichever engine it is of."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg

from icefloe.database_url import is_postgres
from icefloe.storage.open import sqlite_path
from icefloe.storage.postgres.session import PostgresSession
from icefloe.storage.session import Row, Session
from icefloe.storage.sqlite.session import SqliteSession, connect
from icefloe.storage.upkeep.check import Check, Finding
from support import run

T = TypeVar("T")


def read_rows(database: str, statement: str, *arguments: Any) -> list[Row]:
    """The rows of a statement, whose arguments are `$1` and so on; identifiers are UUIDs."""

    async def work(session: Session) -> list[Row]:
        return [tuple(row) for row in await session.fetch_all(statement, *arguments)]

    return _look(database, work)


def find_disagreements(database: str) -> list[Finding]:
    """What in a database does not agree with its customers."""
    return _look(database, lambda session: Check(session, lambda _: None).run())


def _look(database: str, work: Callable[[Session], Awaitable[T]]) -> T:
    """Run work on one view of the database."""
    if is_postgres(database):
        return run(_look_at_postgres(database, work))
    # The storage's own copy of SQLite: two that have one file open undo each other's locks.
    connection = connect(sqlite_path(database), read_only=True)
    try:
        session = SqliteSession(connection)
        return session.in_transaction("BEGIN", lambda: work(session))
    finally:
        connection.close()


async def _look_at_postgres(database: str, work: Callable[[Session], Awaitable[T]]) -> T:
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await work(PostgresSession(connection))
    finally:
        await connection.close()
