"""The dialect: the few SQL fragments in which the engines differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from icefloe.storage.lists.change_log import ChangeLog
    from icefloe.storage.lists.search import SearchIndex


class Dialect(Protocol):
    """An engine's SQL fragments, and its implementations of the change log and of the text index."""

    @property
    def change_log(self) -> ChangeLog:
        """The log of changes of customers."""

    @property
    def search(self) -> SearchIndex:
        """The index of text."""

    @property
    def plans_joins(self) -> bool:
        """Whether the engine's planner joins several filters in a good order by itself."""

    @property
    def count_slots(self) -> int:
        """The number of rows over which the counter of an organization's customers is spread.

        Concurrent writers change different rows, so that they need not wait for one another's locks.
        """

    @property
    def analyze(self) -> str | None:
        """A statement that updates the planner's statistics after many inserts, if any is needed."""

    @property
    def for_update(self) -> str:
        """The end of a SELECT that locks its row against other writers until the transaction ends.

        Empty where one transaction writes at a time, or where the transaction only reads.
        """

    @property
    def for_update_skip_locked(self) -> str:
        """The same, but rows that another transaction has locked are left out."""

    @property
    def for_share(self) -> str:
        """The end of a SELECT that takes a shared lock on its row."""

    @property
    def before_removal(self) -> str | None:
        """A statement that lifts the transaction's time limit, if there is one."""

    @property
    def next_sequences(self) -> str:
        """A statement that allocates the sequences of the next `$1` customers, in order."""

    @property
    def joined(self) -> str:
        """An aggregate that joins the `document`s of a subselect by commas; null where there is none.

        One row is fetched instead of a hundred, each of which costs as much to fetch as to read.
        """

    @property
    def note_forgotten(self) -> str | None:
        """A statement that marks the database: deleted personal data must be overwritten on disk.

        None where the server does that by itself.
        """

    @property
    def spare_indexes(self) -> str | None:
        """A statement that gives the indexes to drop before a bulk insert: names, CREATE statements.

        None where indexes must stay, because others write at the same time.
        """

    @property
    def unique_indexes(self) -> tuple[str, ...]:
        """The names of those among them that are unique indexes of customers."""

    @property
    def now(self) -> str:
        """An expression for the database's present moment, in microseconds since 1970."""

    def uuid_text(self, column: str) -> str:
        """The text of an identifier: 36 characters, in lower case."""

    def uuid_contains(self, column: str, part: str) -> str:
        """The condition that an identifier's text contains a part, in lower case, without wildcards."""

    def contains_pattern(self, pattern: str) -> str:
        """The end of a condition that a text matches a pattern, ASCII letter case aside.

        In the pattern `%` stands for any text and `_` for any character; neither can be escaped.
        """

    def look_up_each(self, column: str, values: Sequence[str], living: str) -> str:
        """Selects which of many values customers of the organization `$1` have in a column.

        Args:
            column: unique among the customers who meet the condition.
            values: the placeholders of the values.
            living: a further condition on customers, beginning with AND; may be empty.
        """

    def indexed_by(self, table: str, index: str) -> str:
        """The table in a FROM clause, with a hint to scan an index where the engine needs one."""
