"""A list's filter as a value: a key of the cache, and a test of one customer's facets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from icefloe.domain.values import collation
from icefloe.storage import index_texts

if TYPE_CHECKING:
    from icefloe.domain.values.listing import CustomerQuery, MetadataFilter
    from icefloe.storage.lists.facets import Facets


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that a customer must meet, all of them. Equal filters find the same customers.

    Attributes:
        text: lower-cased; found in e-mail, name or billing name, or at the start of the external id.
        metadata: keys, each with alternative values; sorted, and in the form of `customer_metadata`.
    """

    text: str | None = None
    metadata: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, query: CustomerQuery) -> Filter:
        """The filter of a query, apart from its e-mail address."""
        text = None if query.query is None else collation.lower(query.query)
        return cls(text, tuple(sorted(map(_stored_form, query.metadata))))

    @property
    def is_empty(self) -> bool:
        """Whether every customer is found."""
        return self.text is None and not self.metadata

    def finds(self, facets: Facets | None) -> bool:
        """Whether a customer with these facets is found; None, for one in no list, never is."""
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


def _stored_form(wanted: MetadataFilter) -> tuple[str, tuple[str, ...]]:
    # No stored value holds a NUL, and PostgreSQL refuses one as an argument.
    values = {index_texts.of_metadata_value(one) for one in wanted.values if "\0" not in one}
    return index_texts.of_metadata_key(wanted.key), tuple(sorted(values))
