"""The change log in SQLite: transactions commit in the order of their entries' numbers."""

from uuid import UUID

from icefloe.storage.lists.change_log import MAX_READ, OlderSnapshot, Position, Since, read_changes
from icefloe.storage.transaction import Transaction

# Entries of all organizations together, of about 500 bytes each; older ones are deleted.
_MAX_KEPT = 10_000
# Entries between two trims.
_TRIM_EVERY = 64

_LAST = "coalesce((SELECT max(number) FROM customer_changes), 0)"


class SqliteChangeLog:
    """Implements `storage.lists.change_log.ChangeLog`; a position is the number of the last entry."""

    async def find_position(self, transaction: Transaction, organization_id: UUID) -> Position:  # noqa: ARG002 - of all
        """The position of the transaction's snapshot."""
        row = await transaction.fetch_one(f"SELECT {_LAST}")
        return 0 if row is None else row[0]

    async def find_since(
        self, transaction: Transaction, organization_id: UUID, position: Position
    ) -> Since:
        """What has changed since a position. Raises OlderSnapshot."""
        row = await transaction.fetch_one(
            f"SELECT {_LAST}, coalesce((SELECT min(number) FROM customer_changes), 0)"
        )
        last, first = (0, 0) if row is None else row
        if last == position:
            return Since(last, [])
        if last < position:
            raise OlderSnapshot
        if first > position + 1:
            return Since(last, None)
        rows = await transaction.fetch_all(
            'SELECT sequence, "before", "after" FROM customer_changes'
            " WHERE organization_id = $1 AND number > $2 ORDER BY number LIMIT $3",
            organization_id,
            position,
            MAX_READ + 1,
        )
        return Since(last, read_changes(rows))

    async def trim(self, transaction: Transaction, organization_id: UUID) -> None:  # noqa: ARG002 - of all
        """Delete old entries, now and then."""
        row = await transaction.fetch_one(f"SELECT {_LAST}")
        if row is not None and row[0] % _TRIM_EVERY == 0:
            await self.trim_all(transaction)

    async def trim_all(self, transaction: Transaction) -> None:
        """Delete old entries at once."""
        await transaction.execute(
            f"DELETE FROM customer_changes WHERE number <= {_LAST} - {_MAX_KEPT}"
        )
