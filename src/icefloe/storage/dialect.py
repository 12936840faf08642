"""The few SQL fragments in which the engines differ."""

from typing import Protocol


class Dialect(Protocol):
    """One engine's way of saying what the statements need."""

    @property
    def count_slots(self) -> int:
        """In how many rows the count of an organization's customers is kept.

        Where writers work side by side, each changes another row, and none waits for the others.
        """

    @property
    def held(self) -> str:
        """The end of a SELECT whose row nobody else may change until the transaction ends."""

    @property
    def held_if_free(self) -> str:
        """The same, for rows that are passed over where somebody else holds them."""

    @property
    def next_sequences(self) -> str:
        """A statement that gives the sequences of the next `$1` customers, in order."""

    @property
    def spare_indexes(self) -> str | None:
        """A statement that gives the indexes which can be made after customers are added.

        Their names, and the statements that make them. None where they had better stay.
        """

    def contains(self, column: str, text: str) -> str:
        """A condition: the text of `column` contains that of `text`, both lower-cased before."""

    def walked(self, table: str, index: str) -> str:
        """The table in a FROM clause, to be walked by an index where the engine has to be told."""

    def starts_with(self, column: str, text: str) -> str:
        """A condition: the text of `column` begins with that of `text`, both lower-cased before."""
