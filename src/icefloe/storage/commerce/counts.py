"""How many objects of a resource an organization has: a counter, so that lists need not count."""

from uuid import UUID

from icefloe.storage import live_counts
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction


class ObjectCounts:
    """The counter of one resource. Concurrent writers change different rows of it (`count_slots`)."""

    def __init__(self, resource: str, transaction: Transaction, dialect: Dialect) -> None:
        self._resource = resource
        self._transaction = transaction
        self._dialect = dialect

    async def find(self, organization_id: UUID) -> int:
        """How many objects are not deleted."""
        row = await self._transaction.fetch_one(
            "SELECT CAST(coalesce(sum(live), 0) AS BIGINT) FROM commerce_counts"
            " WHERE organization_id = $1 AND resource = $2",
            organization_id,
            self._resource,
        )
        return 0 if row is None else row[0]

    async def change(self, organization_id: UUID, change: int) -> None:
        """Count so many more. Raises OrganizationNotFound."""
        await live_counts.change(
            self._transaction,
            self._dialect,
            "commerce_counts",
            organization_id,
            change,
            resource=self._resource,
        )

    async def remove(self, organization_id: UUID) -> None:
        """Delete the counter; waits for transactions that have changed it."""
        await self._transaction.execute(
            "DELETE FROM commerce_counts WHERE organization_id = $1 AND resource = $2",
            organization_id,
            self._resource,
        )
