"""Full-text search: an engine's index of `customer_search`, and how writes maintain it."""

from typing import Any, Protocol
from uuid import UUID

from icefloe.storage.lists.facets import Facets
from icefloe.storage.transaction import Transaction


class Arguments(Protocol):
    """The part of `conditions.Conditions` that an engine's index uses to build a statement."""

    def add(self, value: Any) -> str:
        """Add an argument; returns its placeholder."""

    def has_text(self, text: str) -> str:
        """A condition on rows of `customer_search`."""


class SearchIndex(Protocol):
    """An engine's index of `customer_search`. Texts are lower-cased, stored ones and sought ones."""

    def has_text(self, conditions: Arguments, text: str) -> str:
        """A condition on rows of `customer_search`: they have the text.

        That is, anywhere in the e-mail address or the names, or at the start of the external id.
        """

    async def is_rare(self, transaction: Transaction, text: str) -> bool:
        """Whether the text is so rare that the index is the fastest way; otherwise all text is read."""

    def select(self, conditions: Arguments, text: str) -> str:
        """Selects the sequences of the organization's customers who have the text, by the index."""

    async def note_new(self, transaction: Transaction, sequence: int) -> None:
        """Index customers that were inserted, the last of them this one; `customer_search` has them."""

    async def note_change(
        self, transaction: Transaction, before: Facets | None, after: Facets | None
    ) -> None:
        """Index the changed text of a customer; `customer_search` has it already."""

    async def remove_all(self, transaction: Transaction, organization_id: UUID) -> None:
        """Delete the text of an organization's deleted customers, from the index and the table."""
