"""Indexes that can be made at the end: to sort all keys once takes less than to find each its place."""

from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction

_WAITING = "members_waiting"


class IndexStatements:
    """Implements `domain.ports.storage.Indexes`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect
        # The statements that make them again, by name.
        self._aside: dict[str, str] = {}
        self._members_wait = False

    @property
    def table_of_new_members(self) -> str:
        """Where new members go: into a table of their own while the indexes are aside.

        Their ids are in no order, and each would need another page of the table that they belong to.
        """
        return _WAITING if self._members_wait else "members"

    async def set_aside(self, *, unique: bool = False) -> bool:
        """Drop those that nobody misses, in a database without customers, where they are empty."""
        self.give_up()
        if self._dialect.spare_indexes is None:
            return False
        if await self._transaction.fetch_one("SELECT 1 FROM customers LIMIT 1"):
            return False
        for name, statement in await self._transaction.fetch_all(self._dialect.spare_indexes):
            if unique or name not in self._dialect.unique_indexes:
                await self._transaction.execute(f"DROP INDEX {name}")
                self._aside[name] = statement
        if unique:
            # Gone with a transaction that does not end well; a member refers to its customer, which
            # takes the index of ids to check.
            await self._transaction.execute(
                f"CREATE TEMP TABLE {_WAITING} AS SELECT * FROM members LIMIT 0"
            )
            self._members_wait = True
        return unique

    def give_up(self) -> None:
        """Forget what was set aside, in a transaction that does not end well."""
        self._aside, self._members_wait = {}, False

    async def restore_unique(self) -> None:
        """Make those again that tell whether a customer's values are taken."""
        for name in self._dialect.unique_indexes:
            if name in self._aside:
                await self._transaction.execute(self._aside.pop(name))

    async def restore(self) -> None:
        """Make those again that were dropped."""
        await self.restore_unique()
        if self._members_wait:
            self._members_wait = False
            await self._transaction.execute(
                f"INSERT INTO members SELECT * FROM {_WAITING} ORDER BY organization_id, id"
            )
            await self._transaction.execute(f"DROP TABLE {_WAITING}")
        for statement in self._aside.values():
            await self._transaction.execute(statement)
        self._aside = {}
