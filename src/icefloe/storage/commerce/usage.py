"""The tables of usage, in one transaction."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from icefloe.domain.ports.usage import UsageRow
from icefloe.storage.columns import Kind
from icefloe.storage.commerce import usage_rows
from icefloe.storage.commerce.customer_meters import CustomerMeterStatements
from icefloe.storage.commerce.meter_sums import MeterSumStatements
from icefloe.storage.commerce.usage_events import UsageEventStatements
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction

_SEQUENCE = "sequence"
_ORGANIZATION = "organization_id"

TABLES: Mapping[str, dict[str, Kind]] = {
    "usage_events": usage_rows.EVENT_KINDS,
    "awaited_customers": usage_rows.AWAITED_KINDS,
    "customer_meters": usage_rows.CUSTOMER_METER_KINDS,
    "customer_meter_values": usage_rows.CUSTOMER_VALUE_KINDS,
    "meter_sums": usage_rows.SUM_KINDS,
    "meter_values": usage_rows.VALUE_KINDS,
}
"""The tables, and the kinds of their columns."""


class UsageStatements:
    """Implements `domain.ports.usage.Usage`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self.events = UsageEventStatements(transaction, dialect)
        self.customer_meters = CustomerMeterStatements(transaction, dialect)
        self.sums = MeterSumStatements(transaction, dialect)

    async def find_all(self, organization_id: UUID) -> dict[str, tuple[UsageRow, ...]]:
        """All usage of an organization, by table, in the order of insertion."""
        found = {}
        for table, kinds in TABLES.items():
            names = _names(kinds)
            order = _SEQUENCE if _SEQUENCE in kinds else ", ".join(names)
            rows = await self._transaction.fetch_all(
                f"SELECT {', '.join(names)} FROM {table} WHERE organization_id = $1 ORDER BY {order}",
                organization_id,
            )
            found[table] = tuple(tuple(row) for row in rows)
        return found

    async def add_all(self, organization_id: UUID, rows: Mapping[str, Sequence[UsageRow]]) -> None:
        """Insert what `find_all` gave into an organization that has no usage."""
        for table, found in rows.items():
            names = [_ORGANIZATION, *_names(TABLES[table])]
            places = ", ".join(f"${at}" for at in range(1, len(names) + 1))
            await self._transaction.execute_many(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})",
                [(organization_id, *row) for row in found],
            )

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete all usage of an organization."""
        for table in TABLES:
            await self._transaction.execute(
                f"DELETE FROM {table} WHERE organization_id = $1", organization_id
            )


def _names(kinds: dict[str, Kind]) -> list[str]:
    """The columns that say what a row is, and not whose it is or where it stands."""
    return [name for name in kinds if name not in {_SEQUENCE, _ORGANIZATION}]
