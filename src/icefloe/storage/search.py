"""Searching text: an engine's index of it, and how that is kept right."""

from collections.abc import Sequence
from typing import Protocol

from icefloe.storage.facets import Facets
from icefloe.storage.filters import Conditions
from icefloe.storage.session import Session


class SearchIndex(Protocol):
    """An engine's index of `customer_search`."""

    async def is_rare(self, session: Session, text: str) -> bool:
        """Whether the index finds the text in so few customers that it is the way to them.

        Else they are read one after another, as are the customers of a small organization.
        """

    def select(self, conditions: Conditions, text: str) -> str:
        """A SELECT of the sequences of the organization's customers who have the text, by the index."""

    async def note_new(self, session: Session, sequence: int) -> None:
        """Customers have been kept, this one the last; their text is in `customer_search`."""

    async def note_change(
        self, session: Session, before: Facets | None, after: Facets | None
    ) -> None:
        """The text of a customer has become another in `customer_search`."""


class OwnIndex:
    """Implements `SearchIndex` where the engine has an index that it keeps right and uses by itself."""

    async def is_rare(self, session: Session, text: str) -> bool:  # noqa: ARG002 - the engine finds out
        """Always: the engine's planner chooses the way."""
        return True

    def select(self, conditions: Conditions, text: str) -> str:
        """A SELECT of the sequences of the organization's customers who have the text."""
        return f"SELECT customer_search.sequence FROM customer_search WHERE {conditions.has_text(text)}"

    async def note_new(self, session: Session, sequence: int) -> None:
        """Nothing is to be done."""

    async def note_change(
        self, session: Session, before: Facets | None, after: Facets | None
    ) -> None:
        """Nothing is to be done."""


def texts_of(facets: Facets | None) -> Sequence[str | None] | None:
    """The text that an index has of a customer; None where it has none."""
    return None if facets is None else facets.texts


def sequence_of(before: Facets | None, after: Facets | None) -> int | None:
    """The sequence of a customer who has changed."""
    facets = before or after
    return None if facets is None else facets.sequence
