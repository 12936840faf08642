"""Indexes that can be made at the end: to sort all keys once takes less than to find each its place."""

from icefloe.storage.dialect import Dialect
from icefloe.storage.session import Session


class IndexStatements:
    """Implements `domain.storage.Indexes`."""

    def __init__(self, session: Session, dialect: Dialect) -> None:
        self._session = session
        self._dialect = dialect
        # The statements that make them again.
        self._aside: list[str] = []

    async def set_aside(self) -> None:
        """Drop those that nobody misses, in a database without customers, where they are empty."""
        self._aside = []
        if self._dialect.spare_indexes is None:
            return
        if await self._session.fetch_one("SELECT 1 FROM customers LIMIT 1"):
            return
        found = await self._session.fetch_all(self._dialect.spare_indexes)
        for name, _ in found:
            await self._session.execute(f"DROP INDEX {name}")
        self._aside = [statement for _, statement in found]

    async def restore(self) -> None:
        """Make those again that were dropped."""
        for statement in self._aside:
            await self._session.execute(statement)
        self._aside = []
