"""The orders of lists, and which index holds each."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from icefloe.domain.values.listing import Sort

_COLUMNS = {"created_at": "created_at", "email": "email_key", "name": "name_key"}
# The index of an order, by its columns; of two columns only where both run in the same direction.
_INDEXES = {
    ("created_at",): "customers_by_created_at",
    ("email_key",): "customers_by_email",
    ("name_key",): "customers_by_name",
    ("name_key", "created_at"): "customers_by_name",
    ("name_key", "email_key"): "customers_by_name_and_email",
}

# The order in which `customer_metadata` has the rows of one value.
BY_TIME = ("created_at", "sequence")


@dataclass(frozen=True, slots=True)
class Order:
    """An order of customers, made total by the sequence.

    Attributes:
        columns: names, each with whether it descends; the sequence comes last, in the direction of the
            column before it.
        index: the index that has at least the first column.
        is_indexed: whether the index has the whole order, so that a range can begin anywhere.
        is_regrouped: whether the index has all columns, but those after the first in the opposite
            direction: groups of one first value come in order, each of them backwards.
    """

    columns: tuple[tuple[str, bool], ...]
    index: str
    is_indexed: bool
    is_regrouped: bool

    @property
    def is_uniform(self) -> bool:
        """Whether all columns run in the same direction."""
        return len({down for _, down in self.columns}) == 1

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, the sequence being the last."""
        return tuple(name for name, _ in self.columns)

    @property
    def is_descending(self) -> bool:
        """Whether the last columns descend; in an indexed order, all do."""
        return self.columns[-1][1]

    def clause(self, table: str = "", *, descending: bool | None = None) -> str:
        """The terms of ORDER BY.

        Args:
            table: the name to qualify columns with.
            descending: the direction of all columns; each has its own unless given.
        """
        prefix = f"{table}." if table else ""
        return ", ".join(
            prefix + name + (" DESC" if (down if descending is None else descending) else "")
            for name, down in self.columns
        )

    @property
    def base(self) -> "Order":
        """The order by the first column alone: indexed, with the groups in the same order."""
        column, down = self.columns[0]
        return _order({column: down})


@functools.lru_cache(maxsize=256)
def order_of(sorting: Sequence[Sort]) -> Order:
    """The order that sorting criteria ask for.

    A repeated criterion is ignored. Customers without a name or an address have a sort key behind all
    others, where the reference puts nulls.
    """
    directions: dict[str, bool] = {}
    for sort in sorting:
        directions.setdefault(_COLUMNS[sort.property], sort.descending)
    return _order(directions)


def _order(directions: dict[str, bool]) -> Order:
    """The order by columns, each with whether it descends.

    Sorted by name alone, customers of the same name come in order of creation, as in the index.
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
