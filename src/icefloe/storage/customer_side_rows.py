"""Side rows: what is stored beside a customer's own row, so that lists find it and count it.

For each customer who is not deleted: lower-cased text in `customer_search`, with the engine's index of
it; a row in `customer_metadata` for each key; and one in the live count of its organization.
"""

from collections.abc import Sequence
from uuid import UUID

from icefloe.storage import live_counts
from icefloe.storage.dialect import Dialect
from icefloe.storage.lists.facets import Facets
from icefloe.storage.transaction import Transaction

_COUNTS = "customer_counts"


class SideRows:
    """Writes the side rows, in the transaction that writes the customer."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect

    async def add(self, organization_id: UUID, listed: Sequence[Facets]) -> None:
        """Insert those of new customers, given in ascending order of their sequences.

        Raises:
            OrganizationNotFound: there is no such organization any more.
        """
        if not listed:
            return
        await self._insert(organization_id, listed)
        await self._dialect.search.note_new(self._transaction, listed[-1].sequence)
        await live_counts.change(
            self._transaction, self._dialect, _COUNTS, organization_id, len(listed)
        )

    async def change(
        self, organization_id: UUID, before: Facets | None, after: Facets | None
    ) -> None:
        """Replace those of a customer, where they differ; None where it was or is deleted."""
        if before is not None and after is not None and _rows_of(before) == _rows_of(after):
            return
        if before is not None:
            await self._delete(organization_id, before.sequence)
        if after is not None:
            await self._insert(organization_id, [after])
        await self._dialect.search.note_change(self._transaction, before, after)
        if (before is None) != (after is None):
            await live_counts.change(
                self._transaction,
                self._dialect,
                _COUNTS,
                organization_id,
                -1 if after is None else 1,
            )

    async def _insert(self, organization_id: UUID, listed: Sequence[Facets]) -> None:
        await self._transaction.execute_many(
            "INSERT INTO customer_search"
            " (organization_id, sequence, email, name, billing_name, external_id)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            [(organization_id, facets.sequence, *facets.texts) for facets in listed],
        )
        metadata = [
            (organization_id, key, value, facets.created_at, facets.sequence)
            for facets in listed
            for key, value in facets.metadata.items()
        ]
        if metadata:
            await self._transaction.execute_many(
                "INSERT INTO customer_metadata"
                " (organization_id, key, value, created_at, sequence) VALUES ($1, $2, $3, $4, $5)",
                metadata,
            )

    async def _delete(self, organization_id: UUID, sequence: int) -> None:
        for table in ("customer_metadata", "customer_search"):
            await self._transaction.execute(
                f"DELETE FROM {table} WHERE organization_id = $1 AND sequence = $2",
                organization_id,
                sequence,
            )


def _rows_of(facets: Facets) -> tuple[object, ...]:
    return facets.created_at, facets.texts, facets.metadata
