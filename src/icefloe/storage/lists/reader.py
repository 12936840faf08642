"""The reader: runs the statements of one organization's lists, all on one snapshot."""

from dataclasses import dataclass
from uuid import UUID

from icefloe.storage.dialect import Dialect
from icefloe.storage.lists.list_cache import ListCache
from icefloe.storage.lists.walks import LIVE_COUNT, Statement
from icefloe.storage.transaction import Row, Transaction


@dataclass(frozen=True, slots=True)
class Reader:
    """What finding a page needs: where to run statements, in which dialect, and the cache.

    Attributes:
        transaction: shows one snapshot.
        dialect: the engine's.
        cache: of totals and ranks.
        organization_id: whose customers are read.
    """

    transaction: Transaction
    dialect: Dialect
    cache: ListCache
    organization_id: UUID

    async def fetch_all(self, statement: Statement) -> list[Row]:
        """Every row that a statement gives."""
        return await self.transaction.fetch_all(statement[0], *statement[1])

    async def fetch_one(self, statement: Statement) -> Row | None:
        """The first row that a statement gives, if any."""
        return await self.transaction.fetch_one(statement[0], *statement[1])

    async def fetch_number(self, statement: Statement) -> int:
        """The number that a statement gives."""
        row = await self.fetch_one(statement)
        return 0 if row is None else row[0]

    async def fetch_page(self, statement: Statement) -> tuple[bytes, int]:
        """The documents that a page's statement joins, and the number beside them."""
        row = await self.fetch_one(statement)
        return (row[0] or b"", row[1]) if row else (b"", 0)

    async def count_live(self) -> int:
        """How many customers the organization has."""
        return await self.fetch_number((f"SELECT {LIVE_COUNT}", [self.organization_id]))
