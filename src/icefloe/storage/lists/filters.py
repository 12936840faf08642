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
class Note:
    """The customer's metadata has one of some values under a key, as in `customer_metadata`."""

    key: str
    values: tuple[str, ...]

    @property
    def is_single(self) -> bool:
        """Whether only one value meets the condition."""
        return len(self.values) == 1

    def is_met_by(self, facets: Facets) -> bool:
        """Whether a customer with these facets meets the condition."""
        return facets.metadata.get(self.key) in self.values


@dataclass(frozen=True, slots=True)
class Activity:
    """The customer is active, or is not."""

    is_active: bool

    @property
    def is_single(self) -> bool:
        """Whether only one value meets the condition."""
        return True

    def is_met_by(self, facets: Facets) -> bool:
        """Whether a customer with these facets meets the condition."""
        return facets.is_active == self.is_active


Trait = Note | Activity
"""A condition that an index answers by itself; it has the customers of one value by creation."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that a customer must meet, all of them. Equal filters find the same customers.

    Attributes:
        text: lower-cased; found in e-mail, name or billing name, or at the start of the external id.
        traits: the other conditions: activity first, then notes by their keys.
    """

    text: str | None = None
    traits: tuple[Trait, ...] = ()

    @classmethod
    def of(cls, query: CustomerQuery) -> Filter:
        """The filter of a query, apart from its e-mail address."""
        text = None if query.query is None else collation.lower(query.query)
        activity = () if query.active is None else (Activity(query.active),)
        notes = sorted(map(_stored_form, query.metadata), key=lambda note: (note.key, note.values))
        return cls(text, (*activity, *notes))

    @property
    def is_empty(self) -> bool:
        """Whether every customer is found."""
        return self.text is None and not self.traits

    def finds(self, facets: Facets | None) -> bool:
        """Whether a customer with these facets is found; None, for one in no list, never is."""
        if facets is None:
            return False
        if not all(trait.is_met_by(facets) for trait in self.traits):
            return False
        return self.text is None or _has_text(facets.texts, self.text)


def _has_text(texts: tuple[str | None, ...], wanted: str) -> bool:
    *anywhere, external_id = texts
    if external_id is not None and external_id.startswith(wanted):
        return True
    return any(text is not None and wanted in text for text in anywhere)


def _stored_form(wanted: MetadataFilter) -> Note:
    # No stored value holds a NUL, and PostgreSQL refuses one as an argument.
    values = {index_texts.of_metadata_value(one) for one in wanted.values if "\0" not in one}
    return Note(index_texts.of_metadata_key(wanted.key), tuple(sorted(values)))
