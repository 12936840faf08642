"""One view of the database: what it shows of an organization's customers."""

from dataclasses import dataclass
from uuid import UUID

from icefloe.storage.dialect import Dialect
from icefloe.storage.lists.kept_lists import KeptLists
from icefloe.storage.lists.walks import LIVE_COUNT, Statement
from icefloe.storage.transaction import Row, Transaction


@dataclass(frozen=True, slots=True)
class View:
    """All that finding a page needs to know of where it looks.

    Attributes:
        transaction: shows one view of the database.
        dialect: the engine's.
        kept: what is remembered of lists.
        organization_id: whose customers.
    """

    transaction: Transaction
    dialect: Dialect
    kept: KeptLists
    organization_id: UUID

    async def rows(self, statement: Statement) -> list[Row]:
        """Every row that a statement gives."""
        return await self.transaction.fetch_all(statement[0], *statement[1])

    async def row(self, statement: Statement) -> Row | None:
        """The first row that a statement gives, if any."""
        return await self.transaction.fetch_one(statement[0], *statement[1])

    async def number(self, statement: Statement) -> int:
        """The number that a statement gives."""
        row = await self.row(statement)
        return 0 if row is None else row[0]

    async def page(self, statement: Statement) -> tuple[bytes, int]:
        """The documents that a page's statement joins, and the number beside them."""
        row = await self.row(statement)
        return (row[0] or b"", row[1]) if row else (b"", 0)

    async def count_live(self) -> int:
        """How many customers the organization has."""
        return await self.number((f"SELECT {LIVE_COUNT}", [self.organization_id]))
