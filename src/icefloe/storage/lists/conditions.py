"""Filters as SQL: builds the WHERE clause of a statement about customers, and its arguments."""

from typing import Any

from icefloe.storage.dialect import Dialect
from icefloe.storage.lists.filters import Filter


class Conditions:
    """Conditions of a statement about customers of the organization `$1`, and its arguments.

    Attributes:
        arguments: those of the statement, in the order of their numbers.
    """

    def __init__(self, organization_id: Any, dialect: Dialect) -> None:
        self.arguments: list[Any] = [organization_id]
        self._dialect = dialect

    def add(self, value: Any) -> str:
        """Add an argument; returns its placeholder."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def has_metadata(
        self, wanted: tuple[str, tuple[str, ...]], table: str = "customer_metadata"
    ) -> str:
        """A condition on rows of `customer_metadata`, under that name or another."""
        key, values = wanted
        placeholders = ", ".join([self.add(value) for value in values])
        return (
            f"{table}.organization_id = $1"
            f" AND {table}.key = {self.add(key)} AND {table}.value IN ({placeholders})"
        )

    def has_text(self, text: str) -> str:
        """A condition on rows of `customer_search`."""
        found = self._dialect.search.has_text(self, text)
        return f"customer_search.organization_id = $1 AND ({found})"

    def try_all(self, wanted: Filter, table: str, *, but: int | None = None) -> list[str]:
        """Conditions that look up, for one customer's row of a table, whether filters find it.

        Args:
            wanted: the filters.
            table: has the columns `created_at` and `sequence`.
            but: the number of a metadata filter to leave out, which the statement meets already.
        """
        trials = [
            self._try_metadata(pair, table)
            for number, pair in enumerate(wanted.metadata)
            if number != but
        ]
        if wanted.text is not None:
            trials.append(self._try_text(wanted.text, table))
        return trials

    def try_metadata_alone(self, wanted: tuple[str, tuple[str, ...]], table: str) -> str:
        """A condition that looks up a customer's metadata by its sequence alone."""
        tried = self._dialect.indexed_by("customer_metadata", "customer_metadata_by_sequence")
        return (
            f"(SELECT 1 FROM {tried} WHERE {self.has_metadata(wanted)}"
            f" AND customer_metadata.sequence = {table}.sequence) IS NOT NULL"
        )

    def _try_metadata(self, wanted: tuple[str, tuple[str, ...]], table: str) -> str:
        """A scalar subselect; for EXISTS or a join, SQLite would index all that a filter finds."""
        return (
            f"(SELECT tried.sequence FROM customer_metadata AS tried"
            f" WHERE {self.has_metadata(wanted, 'tried')}"
            f" AND tried.created_at = {table}.created_at"
            f" AND tried.sequence = {table}.sequence) IS NOT NULL"
        )

    def _try_text(self, text: str, table: str) -> str:
        return (
            f"(SELECT customer_search.sequence FROM customer_search WHERE {self.has_text(text)}"
            f" AND customer_search.sequence = {table}.sequence) IS NOT NULL"
        )
