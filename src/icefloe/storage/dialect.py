"""The few SQL fragments in which the engines differ."""

from typing import Protocol


class Dialect(Protocol):
    """One engine's way of saying what the list builder needs."""

    def contains(self, column: str, text: str) -> str:
        """A condition: the text of `column` contains that of `text`, both lower-cased before."""

    def walked(self, table: str, index: str) -> str:
        """The table in a FROM clause, to be walked by an index where the engine has to be told."""

    def starts_with(self, column: str, text: str) -> str:
        """A condition: the text of `column` begins with that of `text`, both lower-cased before."""
