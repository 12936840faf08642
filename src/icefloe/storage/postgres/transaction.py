"""PostgreSQL's transactions: an asyncpg connection as a `Transaction`."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, cast
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from icefloe.storage.postgres.errors import DRIVER_ERRORS
from icefloe.storage.transaction import Row

# A connection of its own, or one lent by a pool.
Connection: TypeAlias = "asyncpg.Connection[Any] | PoolConnectionProxy[Any]"


class Failure(Exception):
    """A statement failed. Only the statement: exceptions of the work itself pass unchanged.

    Attributes:
        cause: asyncpg's or the network's own error.
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class NeedsSnapshot(Exception):
    """The work runs more than one statement, which must see one snapshot: it needs a transaction."""


class PostgresTransaction:
    """Implements `storage.transaction.Transaction` within a transaction; every error is a Failure."""

    blocks_event_loop = False

    # Seconds a statement may take, where no BEGIN has set a limit on the server.
    _limit: float | None = None

    def __init__(self, connection: Connection, *, may_run_long: bool = True) -> None:
        """Wrap a connection.

        Args:
            connection: the caller begins and ends the transaction on it.
            may_run_long: whether slow queries may run on it, for this caller and for others.
        """
        self._connection = connection
        self.may_run_long = may_run_long

    def need_snapshot(self) -> None:
        """Do nothing: a read transaction is REPEATABLE READ."""

    @property
    def writer(self) -> int:
        """The id of the server's process, of which each connection has one."""
        return self._connection.get_server_pid()

    async def fetch_all(self, statement: str, *arguments: Any) -> list[Row]:
        """Every row the statement gives."""
        with _failing():
            return cast(
                "list[Row]",
                await self._connection.fetch(statement, *arguments, timeout=self._limit),
            )

    async def fetch_one(self, statement: str, *arguments: Any) -> Row | None:
        """The first row the statement gives, if any."""
        with _failing():
            return cast(
                "Row | None",
                await self._connection.fetchrow(statement, *arguments, timeout=self._limit),
            )

    async def execute(self, statement: str, *arguments: Any) -> int:
        """Run the statement; returns how many rows it changed."""
        with _failing():
            told = await self._connection.execute(statement, *arguments)
        count = told.rpartition(" ")[2]  # such as "UPDATE 1"
        return int(count) if count.isdigit() else 0

    async def execute_many(self, statement: str, rows: Iterable[Row]) -> None:
        """Run the statement once for each row of arguments."""
        with _failing():
            await self._connection.executemany(statement, rows)

    async def yield_control(self) -> None:
        """Yield to the event loop."""
        await asyncio.sleep(0)

    def read_uuid(self, value: Any) -> UUID:
        """The identifier that a fetched value stands for."""
        return cast("UUID", value)

    def places_of(self, identifiers: Sequence[UUID]) -> dict[Any, int]:
        """The place of each identifier among them, by the value that is fetched for it."""
        return {identifier: place for place, identifier in enumerate(identifiers)}


class SingleStatement(PostgresTransaction):
    """A single SELECT without BEGIN and ROLLBACK: it sees one snapshot by itself.

    That saves two of three round trips for the most frequent requests. A second statement, or one
    that is no SELECT, raises NeedsSnapshot.
    """

    _limit = 30.0

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, may_run_long=False)
        self._is_used = False

    def need_snapshot(self) -> None:
        """Raises NeedsSnapshot, before a statement has run in vain."""
        raise NeedsSnapshot

    async def fetch_all(self, statement: str, *arguments: Any) -> list[Row]:
        """Every row the statement gives."""
        self._use(statement)
        return await super().fetch_all(statement, *arguments)

    async def fetch_one(self, statement: str, *arguments: Any) -> Row | None:
        """The first row the statement gives, if any."""
        self._use(statement)
        return await super().fetch_one(statement, *arguments)

    async def execute(self, statement: str, *arguments: Any) -> int:  # noqa: ARG002 - never run
        """Never without a transaction."""
        raise NeedsSnapshot

    async def execute_many(self, statement: str, rows: Iterable[Row]) -> None:  # noqa: ARG002 - never run
        """Never without a transaction."""
        raise NeedsSnapshot

    def _use(self, statement: str) -> None:
        if self._is_used or not statement.startswith("SELECT "):
            raise NeedsSnapshot
        self._is_used = True


class _failing:  # noqa: N801 - reads as a word of the `with` statement; a generator's would take longer
    """Turns errors of the database and of the network into a Failure."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DRIVER_ERRORS):
            raise Failure(error) from error
