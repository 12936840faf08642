"""Filters as SQL: builds the WHERE clause of a statement about customers, and its arguments."""

from typing import Any

from icefloe.storage.dialect import Dialect
from icefloe.storage.lists.filters import Activity, Filter, Note, Trait

_CUSTOMERS = "customers"


def table_of(trait: Trait) -> str:
    """The table whose index answers a trait; it has the columns `created_at` and `sequence`."""
    return _CUSTOMERS if isinstance(trait, Activity) else "customer_metadata"


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

    def rows_of(self, trait: Trait, name: str | None = None) -> str:
        """A trait's table in a FROM clause, under its own name or another."""
        table = table_of(trait) if name is None else f"{table_of(trait)} AS {name}"
        if isinstance(trait, Activity):
            return self._dialect.indexed_by(table, "customers_by_activity")
        return table

    def has(self, trait: Trait, name: str | None = None) -> str:
        """A condition that the rows of a trait's table meet, under its own name or another."""
        table = name or table_of(trait)
        if isinstance(trait, Activity):
            return (
                f"{table}.organization_id = $1 AND {table}.is_active = {self.add(trait.is_active)}"
                f" AND {table}.deleted_at IS NULL"
            )
        placeholders = ", ".join([self.add(value) for value in trait.values])
        return (
            f"{table}.organization_id = $1"
            f" AND {table}.key = {self.add(trait.key)} AND {table}.value IN ({placeholders})"
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
            but: the number of a trait to leave out, which the statement meets already.
        """
        trials = [
            self._try_activity(trait, table)
            if isinstance(trait, Activity)
            else self._try_note(trait, table)
            for number, trait in enumerate(wanted.traits)
            if number != but
        ]
        if wanted.text is not None:
            trials.append(self._try_text(wanted.text, table))
        return trials

    def try_alone(self, trait: Trait, table: str) -> str:
        """A condition that looks up a customer's trait by its sequence alone."""
        if isinstance(trait, Activity):
            return self._try_activity(trait, table)
        tried = self._dialect.indexed_by("customer_metadata", "customer_metadata_by_sequence")
        return (
            f"(SELECT 1 FROM {tried} WHERE {self.has(trait)}"
            f" AND customer_metadata.sequence = {table}.sequence) IS NOT NULL"
        )

    def _try_activity(self, activity: Activity, table: str) -> str:
        wanted = self.add(activity.is_active)
        if table == _CUSTOMERS:
            return f"customers.is_active = {wanted}"
        return (
            "(SELECT tried.is_active FROM customers AS tried WHERE tried.organization_id = $1"
            f" AND tried.sequence = {table}.sequence) = {wanted}"
        )

    def _try_note(self, note: Note, table: str) -> str:
        """A scalar subselect; for EXISTS or a join, SQLite would index all that a filter finds."""
        return (
            f"(SELECT tried.sequence FROM customer_metadata AS tried"
            f" WHERE {self.has(note, 'tried')}"
            f" AND tried.created_at = {table}.created_at"
            f" AND tried.sequence = {table}.sequence) IS NOT NULL"
        )

    def _try_text(self, text: str, table: str) -> str:
        return (
            f"(SELECT customer_search.sequence FROM customer_search WHERE {self.has_text(text)}"
            f" AND customer_search.sequence = {table}.sequence) IS NOT NULL"
        )
