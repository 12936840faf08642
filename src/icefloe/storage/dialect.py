"""The few SQL fragments in which the engines differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from icefloe.storage.lists.change_log import ChangeLog
    from icefloe.storage.lists.search import SearchIndex


class Dialect(Protocol):
    """One engine's way of saying what the statements need."""

    @property
    def change_log(self) -> ChangeLog:
        """The log of what changed."""

    @property
    def search(self) -> SearchIndex:
        """The index of text."""

    @property
    def plans_joins(self) -> bool:
        """Whether the engine finds a good order for several filters by itself."""

    @property
    def count_slots(self) -> int:
        """In how many rows the count of an organization's customers is kept.

        Where writers work side by side, each changes another row, and none waits for the others.
        """

    @property
    def after_many(self) -> str | None:
        """A statement that tells the engine's planner of many new rows, if it has to be told."""

    @property
    def held(self) -> str:
        """The end of a SELECT whose row nobody else may change until the transaction ends."""

    @property
    def held_if_free(self) -> str:
        """The same, for rows that are passed over where somebody else holds them."""

    @property
    def shared(self) -> str:
        """The end of a SELECT whose row many may see at once, but nobody hold meanwhile."""

    @property
    def before_removal(self) -> str | None:
        """A statement that lets those behind it take long in this transaction, if it has to be said."""

    @property
    def next_sequences(self) -> str:
        """A statement that gives the sequences of the next `$1` customers, in order."""

    @property
    def joined(self) -> str:
        """The `document`s of a subselect in its order, joined by commas; null where there is none.

        One row is fetched so instead of a hundred, each of which would cost as much as reading it.
        """

    @property
    def note_forgotten(self) -> str | None:
        """A statement that notes in the database that it has bytes of somebody who is forgotten.

        None where nothing of ours overwrites them.
        """

    @property
    def spare_indexes(self) -> str | None:
        """A statement that gives the indexes which can be made after customers are added.

        Their names, and the statements that make them. None where they had better stay.
        """

    @property
    def unique_indexes(self) -> tuple[str, ...]:
        """Those of them that tell whether a customer's values are taken."""

    def look_up_each(self, column: str, values: Sequence[str], living: str) -> str:
        """Selects those of many values that customers of the organization `$1` have in a column.

        Args:
            column: one that is unique among those who meet the condition.
            values: the places of the arguments.
            living: a condition on customers, to be added behind others.
        """

    def indexed_by(self, table: str, index: str) -> str:
        """The table in a FROM clause, to be walked by an index where the engine has to be told."""
