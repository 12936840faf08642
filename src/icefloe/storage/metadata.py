"""Keys and values of customers' metadata: the statements."""

from uuid import UUID

from icefloe.storage.transaction import Transaction

# From each key straight to the next one by the table's own order, which is that of its primary key:
# neither engine does so by itself for a DISTINCT, and both would read every row.
_KEYS = (
    "WITH RECURSIVE found (key, number) AS ("
    "SELECT (SELECT key FROM customer_metadata WHERE organization_id = $1 AND key >= $2"
    " ORDER BY key LIMIT 1), 1"
    " UNION ALL SELECT (SELECT key FROM customer_metadata"
    " WHERE organization_id = $1 AND key > found.key ORDER BY key LIMIT 1), number + 1"
    " FROM found WHERE number < $3 AND substr(found.key, 1, $4) = $2)"
    " SELECT key FROM found WHERE substr(key, 1, $4) = $2"
)
_VALUES = (
    "WITH RECURSIVE found (value, number) AS ("
    "SELECT (SELECT value FROM customer_metadata WHERE organization_id = $1 AND key = $2"
    " ORDER BY value LIMIT 1), 1"
    " UNION ALL SELECT (SELECT value FROM customer_metadata"
    " WHERE organization_id = $1 AND key = $2 AND value > found.value ORDER BY value LIMIT 1),"
    " number + 1 FROM found WHERE number < $3 AND found.value IS NOT NULL)"
    " SELECT count(value) FROM found"
)


class MetadataStatements:
    """Implements `domain.ports.customers.MetadataTable`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def find_keys(self, organization_id: UUID, prefix: str, limit: int) -> list[str]:
        """The first `limit` keys that begin with `prefix`, in the order of their characters."""
        rows = await self._transaction.fetch_all(_KEYS, organization_id, prefix, limit, len(prefix))
        return [row[0] for row in rows]

    async def count_values(
        self, organization_id: UUID, key: str, most: int
    ) -> list[tuple[str, int]] | None:
        """Each value that customers have under a key, and how many; the most frequent first."""
        row = await self._transaction.fetch_one(_VALUES, organization_id, key, most + 1)
        if row is not None and row[0] > most:
            return None
        rows = await self._transaction.fetch_all(
            "SELECT value, count(*) FROM customer_metadata WHERE organization_id = $1 AND key = $2"
            " GROUP BY value ORDER BY count(*) DESC, value",
            organization_id,
            key,
        )
        return [(value, count) for value, count in rows]
