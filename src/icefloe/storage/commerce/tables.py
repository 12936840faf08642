"""The tables of all resources of commerce, in one transaction."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from icefloe.domain.values.commerce import StoredObject
from icefloe.domain.values.revenue import RevenueChange
from icefloe.storage.commerce.objects import ObjectStatements
from icefloe.storage.commerce.resources import BY_NAME, RESOURCES
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction


class CommerceStatements:
    """Implements `domain.ports.commerce.Commerce`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect

    @property
    def meters(self) -> ObjectStatements:
        """What is metered."""
        return self.table("meters")

    @property
    def benefits(self) -> ObjectStatements:
        """What customers get."""
        return self.table("benefits")

    @property
    def products(self) -> ObjectStatements:
        """What customers buy, with prices."""
        return self.table("products")

    @property
    def discounts(self) -> ObjectStatements:
        """What lowers a price."""
        return self.table("discounts")

    @property
    def subscriptions(self) -> ObjectStatements:
        """What customers pay again and again, or have for nothing."""
        return self.table("subscriptions")

    @property
    def benefit_grants(self) -> ObjectStatements:
        """Which customers have which benefits."""
        return self.table("benefit_grants")

    @property
    def orders(self) -> ObjectStatements:
        """What customers bought."""
        return self.table("orders")

    def table(self, resource: str) -> ObjectStatements:
        """The table of a resource, by the resource's name."""
        return ObjectStatements(BY_NAME[resource], self._transaction, self._dialect)

    async def find_revenue_changes(self, organization_id: UUID) -> list[RevenueChange]:
        """What paid subscriptions that begin in a month bring more, and those that end in it less."""
        found = []
        for column, sign in (("paid_from", ""), ("paid_until", "-")):
            # Each is the order of an index with these columns: no row and no document is read.
            rows = await self._transaction.fetch_all(
                f"SELECT currency, {column}, CAST({sign}sum(yearly_amount) AS BIGINT)"
                " FROM subscriptions WHERE organization_id = $1 AND deleted_at IS NULL"
                f" AND {column} IS NOT NULL GROUP BY currency, {column}",
                organization_id,
            )
            found += [RevenueChange(*row) for row in rows]
        return found

    async def find_all(self, organization_id: UUID) -> dict[str, tuple[StoredObject, ...]]:
        """Every object of an organization, by the name of its resource, oldest first."""
        return {
            resource.name: tuple(await self.table(resource.name).find_all(organization_id))
            for resource in RESOURCES
        }

    async def add_all(
        self, organization_id: UUID, objects: Mapping[str, Sequence[StoredObject]]
    ) -> None:
        """Insert objects as `find_all` gave them into an organization that has none."""
        for resource, stored in objects.items():
            table = self.table(resource)
            for one in stored:
                document = one.document
                if "organization_id" in document:
                    document = {**document, "organization_id": str(organization_id)}
                await table.add(organization_id, document, deleted_at=one.deleted_at)

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete every object of an organization; waits for writes that began before."""
        for resource in reversed(RESOURCES):
            await self.table(resource.name).remove_all(organization_id)
