"""Searching text: an engine's index of it, and how that is kept right."""

from typing import Any, Protocol
from uuid import UUID

from icefloe.storage.lists.facets import Facets
from icefloe.storage.transaction import Transaction


class Arguments(Protocol):
    """What an engine's index needs of a statement that is being built (`conditions.Conditions`)."""

    def add(self, value: Any) -> str:
        """The placeholder of a further argument."""

    def has_text(self, text: str) -> str:
        """A condition on rows of `customer_search`."""


class SearchIndex(Protocol):
    """An engine's index of `customer_search`; what is sought there is lower-cased, as its text is."""

    def has_text(self, conditions: Arguments, text: str) -> str:
        """A condition on rows of `customer_search`: the text is there.

        Anywhere in the e-mail address or the names, or at the start of the external id.
        """

    async def is_rare(self, transaction: Transaction, text: str) -> bool:
        """Whether the index finds the text in so few customers that it is the way to them.

        Else they are read one after another, as are the customers of a small organization.
        """

    def select(self, conditions: Arguments, text: str) -> str:
        """A SELECT of the sequences of the organization's customers who have the text, by the index."""

    async def note_new(self, transaction: Transaction, sequence: int) -> None:
        """Customers have been kept, this one the last; their text is in `customer_search`."""

    async def note_change(
        self, transaction: Transaction, before: Facets | None, after: Facets | None
    ) -> None:
        """The text of a customer has become another in `customer_search`."""

    async def remove_all(self, transaction: Transaction, organization_id: UUID) -> None:
        """Remove the text of an organization's customers, who are gone, from `customer_search` too."""
