"""What an operator does to a PostgreSQL database: look at its state, migrate, check and copy it."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from icefloe.database_url import read_postgres
from icefloe.domain.values import errors
from icefloe.storage.postgres import schema
from icefloe.storage.postgres.dialect import PostgresDialect
from icefloe.storage.postgres.errors import DRIVER_ERRORS, translate
from icefloe.storage.postgres.opening import connect_to
from icefloe.storage.postgres.rows import PostgresRows
from icefloe.storage.postgres.transaction import Failure, PostgresTransaction
from icefloe.storage.upkeep import check, migrations

# Maintenance may take long, whatever limits are set for connections that answer requests.
_NO_HURRY = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
_CLOSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a database.

    Attributes:
        database: its URL, without the password and the options.
        size: its size in bytes, on the server's disk.
        server_version: the version of the server.
        applied: the migrations it has taken.
        pending: those it has still to take.
    """

    database: str
    size: int
    server_version: str
    applied: list[migrations.Applied]
    pending: list[migrations.Migration]

    @property
    def title(self) -> str:
        """The database and what runs it, in one line."""
        return f"{self.database}  {self.size / 1e6:,.1f} MB  PostgreSQL {self.server_version}"


class PostgresMaintenance:
    """Implements `storage.maintenance.Maintenance` on a database."""

    def __init__(self, database: str) -> None:
        self._database = database

    @property
    def name(self) -> str:
        """The database's URL, without the password and the options."""
        return read_postgres(self._database).shown

    async def find_status(self) -> Status:
        """The state of the database."""
        async with self._connected() as connection:
            applied = await schema.find_applied(connection)
            return Status(
                database=self.name,
                size=await connection.fetchval("SELECT pg_database_size(current_database())"),
                server_version=await connection.fetchval("SHOW server_version"),
                applied=applied,
                pending=schema.find_pending(applied),
            )

    async def migrate(self, now: datetime) -> list[migrations.Migration]:
        """Bring the database up to date; returns what was applied."""
        async with self._connected() as connection:
            return await schema.migrate(connection, now)

    async def find_disagreements(self, on_progress: Callable[[int], None]) -> list[check.Finding]:
        """What does not agree with its customers, on one snapshot."""
        async with self._snapshot() as connection:
            dialect = PostgresDialect(locks=False)
            return await check.Check(PostgresTransaction(connection), dialect, on_progress).run()

    async def back_up(self, to: Path, on_progress: Callable[[int, int], None]) -> None:  # noqa: ARG002 - never done
        """Never: raises ConfigurationError, which names the program that does it."""
        raise errors.ConfigurationError(
            "a PostgreSQL database is backed up with pg_dump; see docs/postgresql.md"
        )

    async def restore(
        self,
        copy: Path,  # noqa: ARG002 - never done
        now: datetime,  # noqa: ARG002
        on_progress: Callable[[int, int], None],  # noqa: ARG002
    ) -> Path | None:
        """Never: raises ConfigurationError, which names the program that does it."""
        raise errors.ConfigurationError(
            "a PostgreSQL database is restored with pg_restore; see docs/postgresql.md"
        )

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresRows]:
        """One snapshot of the database, which must be up to date."""
        async with self._snapshot() as connection:
            yield PostgresRows(connection)

    @contextlib.asynccontextmanager
    async def writing(self, now: datetime) -> AsyncIterator[PostgresRows]:
        """One transaction on the database, which is migrated if it needs to be."""
        async with self._connected() as connection:
            await schema.migrate(connection, now)
            async with connection.transaction(isolation="read_committed", readonly=False):
                await connection.execute(f"{_NO_HURRY}; SET LOCAL lock_timeout = '5s'")
                # Nobody adds an organization or a person from here on, and without one there is
                # nothing else.
                await connection.execute(
                    "LOCK TABLE organizations, people IN SHARE ROW EXCLUSIVE MODE"
                )
                yield PostgresRows(connection)

    @contextlib.asynccontextmanager
    async def _snapshot(self) -> AsyncIterator["asyncpg.Connection[Any]"]:
        async with self._connected() as connection:
            if schema.find_pending(await schema.find_applied(connection)):
                raise errors.IncompatibleDatabase(
                    f"{self.name} is not up to date: icefloe database migrate"
                )
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                await connection.execute(_NO_HURRY)
                yield connection

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator["asyncpg.Connection[Any]"]:
        """A connection, and within it PostgreSQL's errors as the domain's."""
        connection = await connect_to(self._database)
        try:
            yield connection
        except Failure as failure:
            raise translate(failure.cause) from failure.cause
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        finally:
            # The transaction has ended by now: a close that fails changes nothing.
            with contextlib.suppress(asyncpg.PostgresError, OSError, TimeoutError):
                await connection.close(timeout=_CLOSE_SECONDS)
