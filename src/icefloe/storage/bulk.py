"""Bulk inserts: drops indexes before them and builds them at the end.

To sort all keys once takes less time than to insert each into its page of an index.
"""

from collections.abc import Collection

from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction

_WAITING = "members_waiting"


class IndexStatements:
    """Implements `domain.ports.storage.Indexes`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect
        # The CREATE statements of the dropped indexes, by name.
        self._aside: dict[str, str] = {}
        self._members_wait = False

    @property
    def table_of_new_members(self) -> str:
        """The table to insert new members into: a temporary one while all indexes are dropped.

        Their ids are in no order: each would need another page of `members`, which is sorted by them.
        """
        return _WAITING if self._members_wait else "members"

    async def set_aside(self) -> None:
        """Drop the indexes that an import does not need, if the database has no customers."""
        await self._drop(but=self._dialect.unique_indexes)

    async def set_aside_all(self) -> bool:
        """Drop the unique indexes too; returns whether it could: the database has no customers.

        Until `restore_unique`, customers with the same unique values can be added.
        """
        if not await self._drop():
            return False
        # Rolled back with the transaction. Members wait there because each refers to its customer,
        # and to check that takes the index of ids.
        await self._transaction.execute(
            f"CREATE TEMP TABLE {_WAITING} AS SELECT * FROM members LIMIT 0"
        )
        self._members_wait = True
        return True

    async def _drop(self, *, but: Collection[str] = ()) -> bool:
        """Drop the spare indexes while they are empty; returns whether they are."""
        self.give_up()
        if self._dialect.spare_indexes is None:
            return False
        if await self._transaction.fetch_one("SELECT 1 FROM customers LIMIT 1"):
            return False
        for name, statement in await self._transaction.fetch_all(self._dialect.spare_indexes):
            if name not in but:
                await self._transaction.execute(f"DROP INDEX {name}")
                self._aside[name] = statement
        return True

    def give_up(self) -> None:
        """Forget the dropped indexes: the transaction will be rolled back, which restores them."""
        self._aside, self._members_wait = {}, False

    async def restore_unique(self) -> None:
        """Build the unique indexes again; raises Duplicate if two customers have the same value."""
        for name in self._dialect.unique_indexes:
            if name in self._aside:
                await self._transaction.execute(self._aside.pop(name))

    async def restore(self) -> None:
        """Build all dropped indexes again."""
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
