"""The check of holdings: do customers have what their subscriptions imply?"""

from uuid import UUID

from icefloe.domain.values.documents import find_places
from icefloe.domain.values.subscriptions import ACTIVE, BILLED
from icefloe.storage.transaction import Row, Transaction

_BATCH = 500

_OF_CUSTOMER = (
    "organization_id = customers.organization_id AND customer_id = customers.id"
    " AND deleted_at IS NULL"
)
_SUBSCRIBED = f"EXISTS (SELECT 1 FROM subscriptions WHERE {_OF_CUSTOMER})"
_GRANTED = f"EXISTS (SELECT 1 FROM benefit_grants WHERE {_OF_CUSTOMER})"
_BILLED = ", ".join([f"'{status}'" for status in sorted(BILLED)])

_IS_BILLED = f"EXISTS (SELECT 1 FROM subscriptions WHERE {_OF_CUSTOMER} AND status IN ({_BILLED}))"
# What customers must not be, and how that is said. `has_commerce` without anything is sound: the
# customer may have had something.
_CUSTOMERS = {
    f"is_active <> {_IS_BILLED}": "is_active is not that of its subscriptions",
    f"NOT has_commerce AND ({_SUBSCRIBED} OR {_GRANTED})": "has_commerce is not that of what it has",
}


class HoldingsCheck:
    """Derives what all customers of an organization have from their subscriptions, and compares."""

    def __init__(self, transaction: Transaction) -> None:
        """Prepare a check on a transaction that reads one snapshot of the database."""
        self._transaction = transaction
        # The benefits of each product that was met so far.
        self._brought: dict[UUID, frozenset[UUID]] = {}

    async def run(self, organization_id: UUID) -> list[tuple[UUID, str]]:
        """What disagrees: customers, and a few words each; nothing, in a sound database."""
        problems = []
        for condition, problem in _CUSTOMERS.items():
            rows = await self._transaction.fetch_all(
                f"SELECT id FROM customers WHERE organization_id = $1 AND ({condition})"
                " ORDER BY sequence",
                organization_id,
            )
            problems += [(self._transaction.read_uuid(row[0]), problem) for row in rows]
        problems += await self._check_subscriptions(organization_id)
        return problems + await self._find_strays(organization_id)

    async def _check_subscriptions(self, organization_id: UUID) -> list[tuple[UUID, str]]:
        """Compare the grants of each subscription with the benefits of its product."""
        problems, position = [], -1
        while rows := await self._transaction.fetch_all(
            "SELECT sequence, id, customer_id, status, product_id FROM subscriptions"
            " WHERE organization_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
            organization_id,
            position,
            _BATCH,
        ):
            for row in rows:
                position = row[0]
                subscription_id, customer_id = map(self._transaction.read_uuid, row[1:3])
                if not await self._has_its_grants(organization_id, row[1:]):
                    problem = (
                        f"grants of subscription {subscription_id} are not its product's benefits"
                    )
                    problems.append((customer_id, problem))
        return problems

    async def _has_its_grants(self, organization_id: UUID, row: Row) -> bool:
        subscription_id, customer_id, status, product_id = row
        wanted: frozenset[UUID] = frozenset()
        if status in ACTIVE:
            wanted = await self._find_brought(
                organization_id, self._transaction.read_uuid(product_id)
            )
        rows = await self._transaction.fetch_all(
            "SELECT benefit_id FROM benefit_grants WHERE organization_id = $1 AND customer_id = $2"
            " AND subscription_id = $3 AND is_granted AND deleted_at IS NULL",
            organization_id,
            customer_id,
            subscription_id,
        )
        granted = [self._transaction.read_uuid(row[0]) for row in rows]
        return len(granted) == len(wanted) and wanted == set(granted)

    async def _find_brought(self, organization_id: UUID, product_id: UUID) -> frozenset[UUID]:
        """The benefits that a product brings; none, where there is no such product."""
        if product_id not in self._brought:
            row = await self._transaction.fetch_one(
                "SELECT document FROM products WHERE organization_id = $1 AND id = $2",
                organization_id,
                product_id,
            )
            places = [] if row is None else find_places(row[0])
            self._brought[product_id] = frozenset(
                place.id for place in places if place.resource == "benefits"
            )
        return self._brought[product_id]

    async def _find_strays(self, organization_id: UUID) -> list[tuple[UUID, str]]:
        """What is granted for subscriptions that are not there."""
        rows = await self._transaction.fetch_all(
            "SELECT id, customer_id FROM benefit_grants AS granted WHERE organization_id = $1"
            " AND is_granted AND subscription_id IS NOT NULL AND NOT EXISTS ("
            "SELECT 1 FROM subscriptions WHERE organization_id = granted.organization_id"
            " AND id = granted.subscription_id) ORDER BY sequence",
            organization_id,
        )
        read = self._transaction.read_uuid
        return [(read(row[1]), f"grant {read(row[0])} is of no subscription") for row in rows]
