"""A transaction as the statements see it, whichever engine is behind it; and how moments are stored."""

from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

Row = tuple[Any, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class TakesLong(Exception):
    """The read needs a slow query, and `may_run_long` is false: run it again where it may.

    Attributes:
        key: names what the slow query finds. Of several callers with one key a single one runs it,
            and the others find its result in memory. None where each caller must run its own.
    """

    def __init__(self, key: Hashable | None) -> None:
        super().__init__()
        self.key = key


class Transaction(Protocol):
    """A transaction on one database connection.

    Statements number their arguments `$1`, `$2`, …; identifiers go in as `UUID`, moments as
    microseconds since 1970 (`moment`). A broken unique constraint is raised as `Duplicate`.
    """

    @property
    def writer(self) -> int:
        """A number that differs between transactions that may write at the same time."""

    @property
    def may_run_long(self) -> bool:
        """May a slow query run here? If not, raise TakesLong: one caller runs it for all.

        SQLite: true on a thread. PostgreSQL: true for the caller that `SharedReads` has chosen.
        """

    @property
    def blocks_event_loop(self) -> bool:
        """True where statements run on the event loop and so block every other request.

        Only SQLite's short reads do. What is slow and not worth sharing asks this, not `may_run_long`.
        """

    def need_snapshot(self) -> None:
        """Say that the statements from here on must see one snapshot, before the first of them runs.

        A read transaction has one already. A single statement of PostgreSQL has none: there this
        raises, and the read begins again in a transaction.
        """

    async def fetch_all(self, statement: str, *arguments: Any) -> list[Row]:
        """Every row the statement gives."""

    async def fetch_one(self, statement: str, *arguments: Any) -> Row | None:
        """The first row the statement gives, if any."""

    async def execute(self, statement: str, *arguments: Any) -> int:
        """Run the statement; returns how many rows it changed."""

    async def execute_many(self, statement: str, rows: Iterable[Row]) -> None:
        """Run the statement once for each row of arguments."""

    async def yield_control(self) -> None:
        """Yield to the event loop and to other threads, amid work that is not a statement."""

    def read_uuid(self, value: Any) -> UUID:
        """The identifier that a fetched value stands for."""

    def places_of(self, identifiers: Sequence[UUID]) -> dict[Any, int]:
        """The place of each identifier among them, by the value that is fetched for it."""


def moment(value: datetime | None) -> int | None:
    """A moment as it is stored: whole microseconds since 1970 in UTC."""
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def read_moment(value: int | None) -> datetime | None:
    """The moment that a stored number stands for."""
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def read_required_moment(value: int) -> datetime:
    """The moment that a number, never null, stands for."""
    return _EPOCH + timedelta(microseconds=value)
