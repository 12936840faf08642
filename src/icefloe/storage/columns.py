"""The columns of a table that hold one record each row: the table's single list of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from icefloe.storage.transaction import Row, Transaction, moment, read_required_moment

T = TypeVar("T")


class Kind(Enum):
    """What a column holds, and the form its values have in a copy; NULL is None."""

    UUID = "16 bytes"
    FLAG = "0 or 1"
    BYTES = "bytes"
    TEXT = "str"
    NUMBER = "int"


@dataclass(frozen=True)
class Column:
    """A column that holds the attribute of the same name; None is NULL.

    Attributes:
        name: its name.
        kind: what it holds.
        write: makes what the column holds of the attribute's value, if the two differ.
        read: the inverse of `write`. Columns of UUIDs need neither.
    """

    name: str
    kind: Kind
    write: Callable[[Any], Any] | None = None
    read: Callable[[Any], Any] | None = None


def moment_column(name: str) -> Column:
    """A column that holds a moment, in microseconds since 1970."""
    return Column(name, Kind.NUMBER, moment, read_required_moment)


class Columns(Generic[T]):
    """The columns that hold a record of type T.

    Attributes:
        names: their names, in the order of `values_of`.
        text: the same, as a statement lists them.
        kinds: their kinds, by name.
    """

    def __init__(self, make: Callable[..., T], columns: Sequence[Column]) -> None:
        """Name the columns.

        Args:
            make: makes a record; called with all attributes by name.
            columns: the columns.
        """
        self.names = tuple(column.name for column in columns)
        self.text = ", ".join(self.names)
        self.kinds = {column.name: column.kind for column in columns}
        # Written out for these columns, as `dataclasses` does: every write calls one of the two, and
        # a loop over the columns takes half as long again.
        used: dict[str, Any] = {"make": make}
        for column in columns:
            used[f"write_{column.name}"] = column.write
            used[f"read_{column.name}"] = column.read
        writes = "".join(f"{_written(column)}, " for column in columns)
        reads = ", ".join(f"{column.name}={_read(column)}" for column in columns)
        self.values_of: Callable[[T], tuple[Any, ...]] = _made(f"lambda record: ({writes})", used)
        """What the columns hold of a record."""
        self.read: Callable[[Row, Transaction], T] = _made(
            f"lambda row, transaction: (lambda {self.text}: make({reads}))(*row)", used
        )
        """The record that a row of the columns holds."""


def _made(expression: str, used: dict[str, Any]) -> Any:
    return eval(expression, used)  # noqa: S307 - of the columns' names alone


def _written(column: Column) -> str:
    value = f"record.{column.name}"
    if column.write is None:
        return value
    return f"None if (value := {value}) is None else write_{column.name}(value)"


def _read(column: Column) -> str:
    name = column.name
    if column.kind is Kind.UUID:
        return f"None if {name} is None else transaction.read_uuid({name})"
    return name if column.read is None else f"None if {name} is None else read_{name}({name})"
