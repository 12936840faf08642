"""Customer meters: the statements."""

from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from icefloe.domain.ports.usage import CountedMeter
from icefloe.domain.values.customer_meters import (
    CustomerMeter,
    CustomerMeterQuery,
    CustomerMeterSort,
)
from icefloe.domain.values.tallies import shown
from icefloe.storage.commerce import usage_rows
from icefloe.storage.commerce.usage_conditions import Conditions
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Row, Transaction, moment, read_moment, read_required_moment

_METER = "organization_id, id, customer_id, meter_id, created_at, modified_at, consumed, credited"
_SHOWN = ", ".join(f"counted.{name}" for name in _METER.split(", "))
# Deleted customers' meters are in no list.
_LIVING = (
    "customer_meters AS counted JOIN customers AS customer"
    " ON customer.organization_id = counted.organization_id AND customer.id = counted.customer_id"
    " AND customer.deleted_at IS NULL"
)
_CONSUMED = "CAST(counted.consumed AS double precision)"
_SORTED: dict[CustomerMeterSort, str] = {
    "created_at": "counted.created_at",
    # An absent value is behind all others.
    "modified_at": f"coalesce(counted.modified_at, {2**63 - 1})",
    "customer_id": "counted.customer_id",
    "customer_name": "customer.name_key",
    "meter_id": "counted.meter_id",
    "meter_name": "(SELECT name_key FROM meters WHERE organization_id = counted.organization_id"
    " AND id = counted.meter_id)",
    "consumed_units": _CONSUMED,
    "credited_units": "counted.credited",
    "balance": f"(counted.credited - {_CONSUMED})",
}


class CustomerMeterStatements:
    """Implements `domain.ports.usage.CustomerMeterTable`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect

    async def find_lacking(
        self, organization_id: UUID, customer_ids: Sequence[UUID], meter_ids: Sequence[UUID]
    ) -> list[UUID]:
        """Which of these customers have no customer meter for one of these meters, in their order."""
        where = Conditions(organization_id, "customer_meters")
        where.add(where.any_of("customer_id", customer_ids))
        where.add(where.any_of("meter_id", meter_ids))
        rows = await self._transaction.fetch_all(
            f"SELECT customer_id FROM customer_meters WHERE {where.text}"
            f" GROUP BY customer_id HAVING count(*) = {where.place(len(meter_ids))}",
            *where.arguments,
        )
        places = self._transaction.places_of(customer_ids)
        complete = {places[row[0]] for row in rows}
        return [one for place, one in enumerate(customer_ids) if place not in complete]

    async def add_missing(self, meters: Sequence[CustomerMeter]) -> None:
        """Insert customer meters without units, those that are not there yet, in their order."""
        await self._transaction.execute_many(
            "INSERT INTO customer_meters (organization_id, id, customer_id, meter_id, created_at,"
            " consumed, credited, events, total) VALUES ($1, $2, $3, $4, $5, '0.0', 0, 0, '0')"
            " ON CONFLICT DO NOTHING",
            [
                (
                    meter.organization_id,
                    meter.id,
                    meter.customer_id,
                    meter.meter_id,
                    moment(meter.created_at),
                )
                for meter in meters
            ],
        )

    async def lock(
        self,
        organization_id: UUID,
        customer_ids: Sequence[UUID],
        meter_ids: Sequence[UUID],
        wanted: Container[tuple[int, int]],
    ) -> dict[tuple[int, int], CountedMeter]:
        """What customer meters have counted; a write locks them until it ends."""
        where = Conditions(organization_id, "customer_meters")
        where.add(where.any_of("customer_id", customer_ids))
        where.add(where.any_of("meter_id", meter_ids))
        rows = await self._transaction.fetch_all(
            f"SELECT customer_id, meter_id, sequence, consumed, {usage_rows.TALLY_COLUMNS}"
            f" FROM customer_meters WHERE {where.text}"
            f" ORDER BY customer_id, meter_id{self._dialect.for_update}",
            *where.arguments,
        )
        customers, meters = map(self._transaction.places_of, (customer_ids, meter_ids))
        found = {}
        for customer_id, meter_id, sequence, consumed, *tally in rows:
            place = (customers[customer_id], meters[meter_id])
            if place in wanted:
                found[place] = CountedMeter(
                    sequence, usage_rows.read_tally(tuple(tally)), float(consumed)
                )
        return found

    async def store(
        self, organization_id: UUID, counted: Iterable[CountedMeter], now: datetime
    ) -> None:
        """Store what customer meters that `lock` gave count now."""
        at = moment(now)
        await self._transaction.execute_many(
            "UPDATE customer_meters SET"
            " modified_at = CASE WHEN consumed = $3 THEN modified_at ELSE $4 END, consumed = $3,"
            " events = $5, total = $6, least = $7, greatest = $8"
            " WHERE organization_id = $1 AND sequence = $2",
            [
                (
                    organization_id,
                    one.sequence,
                    repr(one.consumed),
                    at,
                    *usage_rows.tally_values(one.tally),
                )
                for one in counted
            ],
        )

    async def credit(
        self, organization_id: UUID, meter_id: UUID, customer_id: UUID, units: int, now: datetime
    ) -> None:
        """Add to the credited units of a customer meter."""
        await self._transaction.execute(
            "UPDATE customer_meters SET credited = credited + $4, modified_at = $5"
            " WHERE organization_id = $1 AND meter_id = $2 AND customer_id = $3",
            organization_id,
            meter_id,
            customer_id,
            units,
            moment(now),
        )

    async def add_values(
        self, organization_id: UUID, meter_id: UUID, values: Sequence[tuple[UUID, bytes]]
    ) -> list[UUID]:
        """Store values of `unique`; returns the customers to whom they are new."""
        new = []
        for customer_id, value in sorted(set(values)):
            if await self._transaction.execute(
                "INSERT INTO customer_meter_values (organization_id, meter_id, customer_id, value)"
                " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                organization_id,
                meter_id,
                customer_id,
                value,
            ):
                new.append(customer_id)
        return new

    async def reset(
        self, organization_id: UUID, meter_id: UUID, customer_id: UUID | None = None
    ) -> None:
        """Set the tallies of a meter's customers, or of one customer, back to nothing."""
        of_customer = "" if customer_id is None else " AND customer_id = $3"
        whose = (organization_id, meter_id, *(() if customer_id is None else (customer_id,)))
        await self._transaction.execute(
            "DELETE FROM customer_meter_values WHERE organization_id = $1 AND meter_id = $2"
            f"{of_customer}",
            *whose,
        )
        await self._transaction.execute(
            "UPDATE customer_meters SET consumed = '0.0', events = 0, total = '0',"
            " least = NULL, greatest = NULL WHERE organization_id = $1 AND meter_id = $2"
            f"{of_customer}",
            *whose,
        )

    async def find(self, organization_id: UUID, customer_meter_id: UUID) -> CustomerMeter | None:
        """The customer meter with that id, unless its customer is deleted."""
        row = await self._transaction.fetch_one(
            f"SELECT {_SHOWN} FROM {_LIVING} WHERE counted.organization_id = $1 AND counted.id = $2",
            organization_id,
            customer_meter_id,
        )
        return None if row is None else self._read(tuple(row))

    async def find_of_customer(
        self, organization_id: UUID, customer_id: UUID
    ) -> list[CustomerMeter]:
        """A customer's meters, the oldest first."""
        rows = await self._transaction.fetch_all(
            f"SELECT {_SHOWN} FROM customer_meters AS counted WHERE counted.organization_id = $1"
            " AND counted.customer_id = $2 ORDER BY counted.sequence",
            organization_id,
            customer_id,
        )
        return [self._read(tuple(row)) for row in rows]

    async def find_page(
        self, organization_id: UUID, query: CustomerMeterQuery
    ) -> tuple[list[CustomerMeter], int]:
        """A page of customer meters, and how many there are in all."""
        where = Conditions(organization_id, "counted")
        if query.customer_ids is not None:
            where.add(where.any_of("counted.customer_id", query.customer_ids))
        if query.external_customer_ids is not None:
            where.add(where.any_of("customer.external_id", query.external_customer_ids))
        if query.meter_ids is not None:
            where.add(where.any_of("counted.meter_id", query.meter_ids))
        counted = await self._transaction.fetch_one(
            f"SELECT count(*) FROM {_LIVING} WHERE {where.text}", *where.arguments
        )
        order = ", ".join(
            [
                f"{_SORTED[name]}{' DESC' if descending else ''}"
                for name, descending in query.sorting
            ]
        )
        limit, offset = where.place(query.page.limit), where.place(query.page.offset)
        rows = await self._transaction.fetch_all(
            f"SELECT {_SHOWN} FROM {_LIVING} WHERE {where.text}"
            f" ORDER BY {order}, counted.sequence LIMIT {limit} OFFSET {offset}",
            *where.arguments,
        )
        return [self._read(tuple(row)) for row in rows], 0 if counted is None else counted[0]

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Delete a customer's meters and their values."""
        for table in ("customer_meter_values", "customer_meters"):
            await self._transaction.execute(
                f"DELETE FROM {table} WHERE organization_id = $1 AND customer_id = $2",
                organization_id,
                customer_id,
            )

    def _read(self, row: Row) -> CustomerMeter:
        organization_id, own_id, customer_id, meter_id, created_at, modified_at, *units = row
        consumed, credited = units
        return CustomerMeter(
            organization_id=self._transaction.read_uuid(organization_id),
            id=self._transaction.read_uuid(own_id),
            customer_id=self._transaction.read_uuid(customer_id),
            meter_id=self._transaction.read_uuid(meter_id),
            created_at=read_required_moment(created_at),
            modified_at=read_moment(modified_at),
            consumed_units=shown(Decimal(consumed)),
            credited_units=credited,
        )
