"""The check of usage: is what meters have added up what the events imply?"""

from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from icefloe.domain.commerce import counters, meter_counts
from icefloe.domain.commerce.counters import Counter
from icefloe.domain.commerce.meter_counts import HOURS_A_DAY, Attributed
from icefloe.domain.values.tallies import Tally
from icefloe.domain.values.usage import UsageEventFilter
from icefloe.storage.commerce import usage_rows
from icefloe.storage.commerce.usage import UsageStatements
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction

_NOTHING = Decimal(0)
_TABLES = ("meter_sums", "meter_values", "customer_meters", "customer_meter_values")


@dataclass(slots=True)
class _Expected:
    """What a meter's tables must hold, by bucket, hour and customer."""

    sums: dict[tuple[int, int], Tally] = field(default_factory=dict)
    values: set[tuple[int, bytes]] = field(default_factory=set)
    customers: dict[UUID, Tally] = field(default_factory=dict)
    customer_values: set[tuple[UUID, bytes]] = field(default_factory=set)

    def add(self, counter: Counter, events: list[Attributed]) -> None:
        for event, customer_id in events:
            hour = meter_counts.hour_of(event.timestamp)
            if counter.is_unique:
                value = counter.find_value(event)
                if value is not None:
                    self.values.add((hour, value))
                    if customer_id is not None:
                        self.customer_values.add((customer_id, value))
            elif (number := counter.find_number(event)) is not None:
                self.sums.setdefault((1, hour), Tally()).add(number)
                self.sums.setdefault((HOURS_A_DAY, hour // HOURS_A_DAY), Tally()).add(number)
                if customer_id is not None:
                    self.customers.setdefault(customer_id, Tally()).add(number)


class UsageCheck:
    """Reads all events of an organization, counts them again and compares."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        """Prepare a check on a transaction that reads one snapshot of the database."""
        self._transaction = transaction
        self._usage = UsageStatements(transaction, dialect)

    async def run(self, organization_id: UUID) -> list[str]:
        """What disagrees, in a few words each: nothing, in a sound database."""
        measures = await self._usage.sums.find_measures(organization_id, with_archived=True)
        active = await self._usage.sums.find_measures(organization_id)
        expected = {meter_id: _Expected() for meter_id in measures}
        wanted = UsageEventFilter(sources=("user",))
        async for batch in meter_counts.read_events(self._usage, organization_id, wanted):
            events = await meter_counts.attribute(self._usage, organization_id, batch)
            for meter_id, measure in measures.items():
                expected[meter_id].add(counters.counter_of(measure), events)
        problems = []
        for meter_id, wanted_rows in expected.items():
            problems += await self._check_sums(organization_id, meter_id, wanted_rows)
            if meter_id in active:
                problems += await self._check_customers(organization_id, meter_id, wanted_rows)
                function = active[meter_id].aggregation.function
                problems += await self._check_units(organization_id, meter_id, function)
        for table in _TABLES:
            problems += await self._find_strays(organization_id, table, measures.keys())
        return problems

    async def _check_sums(
        self, organization_id: UUID, meter_id: UUID, expected: _Expected
    ) -> list[str]:
        problems = []
        sums = await self._find_tallies("meter_sums", "span, bucket", organization_id, meter_id)
        if sums != expected.sums:
            problems.append(f"meter {meter_id}: sums are not those of the events")
        rows = await self._find("meter_values", "hour, value", organization_id, meter_id)
        if set(rows) != expected.values:
            problems.append(f"meter {meter_id}: values are not those of the events")
        return problems

    async def _check_customers(
        self, organization_id: UUID, meter_id: UUID, expected: _Expected
    ) -> list[str]:
        problems = []
        for customer_id, _ in expected.customer_values:
            expected.customers.setdefault(customer_id, Tally()).add(_NOTHING)
        stored = await self._find_tallies(
            "customer_meters", "customer_id", organization_id, meter_id
        )
        for key in sorted(stored.keys() | {(one,) for one in expected.customers}):
            [customer_id] = key
            found, wanted = stored.get(key, Tally()), expected.customers.get(customer_id, Tally())
            if found != wanted:
                problems.append(
                    f"meter {meter_id}: customer {customer_id} has {found.events} events,"
                    f" not {wanted.events}, or another sum"
                )
        rows = await self._find(
            "customer_meter_values", "customer_id, value", organization_id, meter_id
        )
        if set(rows) != expected.customer_values:
            problems.append(f"meter {meter_id}: values of customers are not those of the events")
        return problems

    async def _check_units(self, organization_id: UUID, meter_id: UUID, function: Any) -> list[str]:
        rows = await self._transaction.fetch_all(
            f"SELECT customer_id, consumed, {usage_rows.TALLY_COLUMNS} FROM customer_meters"
            " WHERE organization_id = $1 AND meter_id = $2 ORDER BY sequence",
            organization_id,
            meter_id,
        )
        return [
            f"meter {meter_id}: customer {self._transaction.read_uuid(row[0])} has other units"
            for row in rows
            if float(row[1]) != usage_rows.read_tally(tuple(row)[2:]).quantity(function)
        ]

    async def _find_strays(
        self, organization_id: UUID, table: str, meter_ids: Collection[UUID]
    ) -> list[str]:
        """What a table has of meters that are not there."""
        rows = await self._transaction.fetch_all(
            f"SELECT DISTINCT meter_id FROM {table} WHERE organization_id = $1 ORDER BY meter_id",
            organization_id,
        )
        found = [self._transaction.read_uuid(row[0]) for row in rows]
        return [f"meter {one}: {table} of no meter" for one in found if one not in meter_ids]

    async def _find_tallies(
        self, table: str, keys: str, organization_id: UUID, meter_id: UUID
    ) -> dict[tuple[Any, ...], Tally]:
        width = len(keys.split(", "))
        columns = f"{keys}, {usage_rows.TALLY_COLUMNS}"
        rows = await self._find(table, columns, organization_id, meter_id)
        return {row[:width]: usage_rows.read_tally(row[width:]) for row in rows}

    async def _find(
        self, table: str, columns: str, organization_id: UUID, meter_id: UUID
    ) -> list[tuple[Any, ...]]:
        rows = await self._transaction.fetch_all(
            f"SELECT {columns} FROM {table} WHERE organization_id = $1 AND meter_id = $2",
            organization_id,
            meter_id,
        )
        if not columns.startswith("customer_id"):
            return [tuple(row) for row in rows]
        return [(self._transaction.read_uuid(row[0]), *tuple(row)[1:]) for row in rows]
