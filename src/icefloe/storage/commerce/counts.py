"""How many objects of a resource an organization has: a counter, so that lists need not count."""

from uuid import UUID

from icefloe.domain.values import errors
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
        slot = self._transaction.writer % self._dialect.count_slots
        while not await self._transaction.execute(
            "UPDATE commerce_counts SET live = live + $4"
            " WHERE organization_id = $1 AND resource = $2 AND slot = $3",
            organization_id,
            self._resource,
            slot,
            change,
        ):
            # Locks the organization's row: a concurrent removal waits for this transaction, or this
            # one for the removal.
            if not await self._transaction.fetch_one(
                "SELECT 1 FROM organizations WHERE id = $1" + self._dialect.for_share,
                organization_id,
            ):
                raise errors.OrganizationNotFound
            await self._transaction.execute(
                "INSERT INTO commerce_counts (organization_id, resource, slot, live)"
                " VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING",
                organization_id,
                self._resource,
                slot,
            )

    async def remove(self, organization_id: UUID) -> None:
        """Delete the counter; waits for transactions that have changed it."""
        await self._transaction.execute(
            "DELETE FROM commerce_counts WHERE organization_id = $1 AND resource = $2",
            organization_id,
            self._resource,
        )
