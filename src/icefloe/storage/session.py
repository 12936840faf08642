"""What a statement needs from a database connection, whichever engine is behind it."""

from collections.abc import Hashable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

Row = tuple[Any, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class TakesLong(Exception):
    """What is asked for has to wait: the session has no time for it.

    Attributes:
        key: the same for all who ask for the same; once one of them has waited, the others need not.
            None where each has to wait by itself.
    """

    def __init__(self, key: Hashable | None) -> None:
        super().__init__()
        self.key = key


class Session(Protocol):
    """A connection within a transaction.

    Statements number their arguments `$1`, `$2`, …; identifiers go in as `UUID`, moments as
    microseconds since 1970 (`moment`). A broken unique constraint is raised as `Duplicate`.
    """

    @property
    def writer(self) -> int:
        """A number that tells those apart who may write at the same time."""

    @property
    def has_time(self) -> bool:
        """Whether to find what takes long here; else somebody else may be doing it already."""

    @property
    def is_in_the_way(self) -> bool:
        """Whether nobody else is served until a statement is done."""

    def expect_several(self) -> None:
        """Several statements follow that must see the same."""

    async def fetch_all(self, statement: str, *arguments: Any) -> list[Row]:
        """Every row the statement gives."""

    async def fetch_one(self, statement: str, *arguments: Any) -> Row | None:
        """The first row the statement gives, if any."""

    async def execute(self, statement: str, *arguments: Any) -> int:
        """Run the statement; returns how many rows it changed."""

    async def execute_many(self, statement: str, rows: Iterable[Row]) -> None:
        """Run the statement once for each row of arguments."""

    async def let_others(self) -> None:
        """Let the event loop and other threads go on, amid work that is not a statement."""

    def read_uuid(self, value: Any) -> UUID:
        """The identifier that a fetched value stands for."""


def moment(value: datetime | None) -> int | None:
    """A moment as it is kept: whole microseconds since 1970 in UTC."""
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def read_moment(value: int | None) -> datetime | None:
    """The moment that a kept number stands for."""
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def read_required_moment(value: int) -> datetime:
    """The moment that a number, never null, stands for."""
    return _EPOCH + timedelta(microseconds=value)
