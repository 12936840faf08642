"""The tables of usage, in one transaction."""

from uuid import UUID

from icefloe.storage.commerce.customer_meters import CustomerMeterStatements
from icefloe.storage.commerce.meter_sums import MeterSumStatements
from icefloe.storage.commerce.usage_events import UsageEventStatements
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction

TABLES = (
    "meter_values",
    "meter_sums",
    "customer_meter_values",
    "customer_meters",
    "awaited_customers",
    "usage_events",
)


class UsageStatements:
    """Implements `domain.ports.usage.Usage`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self.events = UsageEventStatements(transaction, dialect)
        self.customer_meters = CustomerMeterStatements(transaction, dialect)
        self.sums = MeterSumStatements(transaction, dialect)

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete all usage of an organization."""
        for table in TABLES:
            await self._transaction.execute(
                f"DELETE FROM {table} WHERE organization_id = $1", organization_id
            )
