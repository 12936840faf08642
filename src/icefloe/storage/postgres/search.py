"""Full-text search in PostgreSQL: a trigram index (pg_trgm), which the server maintains."""

from uuid import UUID

from icefloe.storage.lists.facets import Facets
from icefloe.storage.lists.search import Arguments
from icefloe.storage.transaction import Transaction

# Characters. A shorter text has no trigram, and the server would read its whole index.
_MIN_INDEXED = 3
# Of a longer text the beginning is searched: for each trigram the server fetches all customers who have
# it, which takes long where it is common.
_MAX_INDEXED = 8

_ANYWHERE = ("email", "name", "billing_name")


class GinIndex:
    """Implements `storage.lists.search.SearchIndex`."""

    def has_text(self, conditions: Arguments, text: str) -> str:
        """A condition on rows of `customer_search`; no character of the text is a wildcard."""
        whole = conditions.add(text)
        found = [f"strpos(customer_search.{name}, {whole}) > 0" for name in _ANYWHERE]
        found.append(f"starts_with(customer_search.external_id, {whole})")
        if len(text) < _MIN_INDEXED:
            return " OR ".join(found)
        beginning = whole if len(text) <= _MAX_INDEXED else conditions.add(text[:_MAX_INDEXED])
        likes = [
            f"customer_search.{name} LIKE '%' || {_escaped(beginning)} || '%'" for name in _ANYWHERE
        ]
        likes.append(f"customer_search.external_id LIKE {_escaped(beginning)} || '%'")
        if beginning == whole:
            return " OR ".join(likes)
        return " OR ".join(
            [f"({like} AND {condition})" for like, condition in zip(likes, found, strict=True)]
        )

    async def is_rare(self, transaction: Transaction, text: str) -> bool:  # noqa: ARG002 - the server finds out
        """Always False: PostgreSQL's planner decides whether to use the index."""
        return False

    def select(self, conditions: Arguments, text: str) -> str:
        """Selects the sequences of the organization's customers who have the text."""
        return f"SELECT customer_search.sequence FROM customer_search WHERE {conditions.has_text(text)}"

    async def note_new(self, transaction: Transaction, sequence: int) -> None:
        """Do nothing: the server maintains its index."""

    async def note_change(
        self, transaction: Transaction, before: Facets | None, after: Facets | None
    ) -> None:
        """Do nothing: the server maintains its index."""

    async def remove_all(self, transaction: Transaction, organization_id: UUID) -> None:
        """Delete the text of an organization's customers from `customer_search`."""
        await transaction.execute(
            "DELETE FROM customer_search WHERE organization_id = $1", organization_id
        )


def _escaped(text: str) -> str:
    """The text with LIKE's wildcards escaped."""
    return rf"replace(replace(replace({text}, '\', '\\'), '%', '\%'), '_', '\_')"
