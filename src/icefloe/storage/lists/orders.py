"""The orders that lists come in, and the indexes that hold them."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from icefloe.domain.values.listing import Sort

_COLUMNS = {"created_at": "created_at", "email": "email_key", "name": "name_key"}
# Which index walks customers by a first column, and by a first and a second one that run the same way.
_INDEXES = {
    ("created_at",): "customers_by_created_at",
    ("email_key",): "customers_by_email",
    ("name_key",): "customers_by_name",
    ("name_key", "created_at"): "customers_by_name",
    ("name_key", "email_key"): "customers_by_name_and_email",
}

# The order of the rows that `customer_metadata` has for one value.
BY_TIME = ("created_at", "sequence")


@dataclass(frozen=True, slots=True)
class Order:
    """An order of customers, made total by the sequence.

    Attributes:
        columns: what customers are ordered by, and for each whether from the last to the first; the
            sequence ends it, and runs the way of the last.
        index: the index that holds the beginning of the order, if not all of it.
        is_indexed: whether it holds all of it, so that the order can be entered anywhere.
        is_regrouped: whether the index has all columns, but the others than the first run against it:
            groups that are equal by the first are in order, and each of them backwards.
    """

    columns: tuple[tuple[str, bool], ...]
    index: str
    is_indexed: bool
    is_regrouped: bool

    @property
    def is_uniform(self) -> bool:
        """Whether all columns run the same way."""
        return len({down for _, down in self.columns}) == 1

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, the sequence being the last."""
        return tuple(name for name, _ in self.columns)

    @property
    def is_descending(self) -> bool:
        """Whether it runs from the last to the first; where `is_indexed`, all of it does."""
        return self.columns[-1][1]

    def clause(self, table: str = "", *, descending: bool | None = None) -> str:
        """What comes behind ORDER BY.

        Args:
            table: the table whose columns are meant.
            descending: which way all columns run; each its own way unless given.
        """
        prefix = f"{table}." if table else ""
        return ", ".join(
            prefix + name + (" DESC" if (down if descending is None else descending) else "")
            for name, down in self.columns
        )

    @property
    def base(self) -> "Order":
        """The order by the first column alone, which an index has: groups come in the same sequence."""
        column, down = self.columns[0]
        return _order({column: down})


@functools.lru_cache(maxsize=256)
def order_of(sorting: Sequence[Sort]) -> Order:
    """The order that sorting criteria ask for.

    A criterion that comes again decides nothing, and is left out. Customers without a name or an
    address have a key of their own behind all others, as the reference's nulls.
    """
    directions: dict[str, bool] = {}
    for sort in sorting:
        directions.setdefault(_COLUMNS[sort.property], sort.descending)
    return _order(directions)


def _order(directions: dict[str, bool]) -> Order:
    """The order by some columns.

    Customers who are called the same and sorted by name alone come in the order in which they were
    made, as the index has them.
    """
    given = tuple(directions)
    last = directions[given[-1]]
    columns = dict(directions)
    if given == ("name_key",):
        columns["created_at"] = last
    columns["sequence"] = last
    is_uniform = len(set(columns.values())) == 1
    whole = _INDEXES.get(given)
    return Order(
        columns=tuple(columns.items()),
        index=whole or _INDEXES[given[:1]],
        is_indexed=whole is not None and is_uniform,
        is_regrouped=whole is not None and not is_uniform,
    )
