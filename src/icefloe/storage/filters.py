"""Filters of a list: as SQL for those who are kept, and as a test of one customer who has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from icefloe.domain import collation
from icefloe.storage import index_texts

if TYPE_CHECKING:
    from icefloe.domain.listing import CustomerQuery, MetadataFilter
    from icefloe.storage.dialect import Dialect
    from icefloe.storage.facets import Facets


@dataclass(frozen=True, slots=True)
class Filter:
    """What must hold of a customer: all of it. Equal filters find the same customers.

    Attributes:
        text: lower-cased; in e-mail, name or billing name, or at the start of the external id.
        metadata: keys, each with the values of which one must be there; in order, each key and value
            as `customer_metadata` holds it.
    """

    text: str | None = None
    metadata: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, query: CustomerQuery) -> Filter:
        """Those of a query, but for the address."""
        text = None if query.query is None else collation.lower(query.query)
        return cls(text, tuple(sorted(map(_kept_form, query.metadata))))

    @property
    def is_empty(self) -> bool:
        """Whether everybody is found."""
        return self.text is None and not self.metadata

    def finds(self, facets: Facets | None) -> bool:
        """Whether a customer is found; nobody is who is in no list."""
        if facets is None:
            return False
        for key, values in self.metadata:
            if facets.metadata.get(key) not in values:
                return False
        return self.text is None or _has_text(facets.texts, self.text)


def _has_text(texts: tuple[str | None, ...], wanted: str) -> bool:
    *anywhere, external_id = texts
    if external_id is not None and external_id.startswith(wanted):
        return True
    return any(text is not None and wanted in text for text in anywhere)


def _kept_form(wanted: MetadataFilter) -> tuple[str, tuple[str, ...]]:
    # No stored value holds a NUL, and not every engine lets one be asked for.
    values = {index_texts.of_metadata_value(one) for one in wanted.values if "\0" not in one}
    return index_texts.of_metadata_key(wanted.key), tuple(sorted(values))


class Conditions:
    """Builds the WHERE of a statement about customers of the organization `$1`.

    Attributes:
        arguments: the statement's, in the order of their numbers.
    """

    def __init__(self, organization_id: Any, dialect: Dialect) -> None:
        self.arguments: list[Any] = [organization_id]
        self._dialect = dialect

    def add(self, value: Any) -> str:
        """The place of a further argument."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def has_metadata(
        self, wanted: tuple[str, tuple[str, ...]], table: str = "customer_metadata"
    ) -> str:
        """A condition on rows of `customer_metadata`, under that name or another."""
        key, values = wanted
        places = ", ".join([self.add(value) for value in values])
        return (
            f"{table}.organization_id = $1"
            f" AND {table}.key = {self.add(key)} AND {table}.value IN ({places})"
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
            but: the number of a metadata filter that is seen to already.
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
        tried = self._dialect.walked("customer_metadata", "customer_metadata_by_sequence")
        return (
            f"(SELECT 1 FROM {tried} WHERE {self.has_metadata(wanted)}"
            f" AND customer_metadata.sequence = {table}.sequence) IS NOT NULL"
        )

    def _try_metadata(self, wanted: tuple[str, tuple[str, ...]], table: str) -> str:
        """A scalar subselect: from EXISTS or a join, SQLite builds an index of all a filter finds."""
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
