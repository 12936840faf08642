"""Events of usage: the statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from icefloe.domain.ports.usage import Position, UsageCustomer
from icefloe.domain.values.usage import (
    EventName,
    ShownEvent,
    UsageEvent,
    UsageEventFilter,
    UsageEventQuery,
)
from icefloe.storage.commerce import usage_conditions
from icefloe.storage.commerce.usage_rows import EVENT
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import (
    Transaction,
    read_moment,
    read_required_moment,
)

_COLUMNS = ", ".join(f"event.{name}" for name in EVENT.names)
_PLACES = ", ".join(f"${at}" for at in range(1, len(EVENT.names) + 1))
_WIDTH = len(EVENT.names)
# An event names its customer by id or by external id; a deleted customer has no external id.
_SHOWN = (
    f"{_COLUMNS}, CASE WHEN event.customer_id IS NOT NULL"
    " THEN (SELECT document FROM customers WHERE organization_id = event.organization_id"
    " AND id = event.customer_id)"
    " ELSE (SELECT document FROM customers WHERE organization_id = event.organization_id"
    " AND external_id = event.external_customer_id AND deleted_at IS NULL) END,"
    " (SELECT count(*) FROM usage_events AS child"
    " WHERE child.organization_id = event.organization_id AND child.parent_id = event.id)"
)
_CUSTOMER = "SELECT id, external_id, first_user_event_at FROM customers WHERE organization_id = $1"


class UsageEventStatements:
    """Implements `domain.ports.usage.UsageEventTable`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect

    async def add_all(self, events: Sequence[UsageEvent]) -> None:
        """Insert events of one organization in their order."""
        await self._transaction.execute_many(
            f"INSERT INTO usage_events ({EVENT.text}) VALUES ({_PLACES})",
            [EVENT.values_of(event) for event in events],
        )

    async def find(self, organization_id: UUID, event_id: UUID) -> ShownEvent | None:
        """The event with that id."""
        shown = await self.show(organization_id, [event_id])
        return shown[0] if shown else None

    async def find_ids(self, organization_id: UUID, external_ids: Sequence[str]) -> dict[str, UUID]:
        """The ids of the events with these external ids, by external id."""
        if not external_ids:
            return {}
        rows = await self._transaction.fetch_all(
            "SELECT external_id, id FROM usage_events WHERE organization_id = $1"
            f" AND external_id IN ({_places(external_ids)})",
            organization_id,
            *external_ids,
        )
        return {name: self._transaction.read_uuid(event_id) for name, event_id in rows}

    async def find_existing(self, organization_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
        """Which of these are ids of events."""
        if not ids:
            return set()
        rows = await self._transaction.fetch_all(
            f"SELECT id FROM usage_events WHERE organization_id = $1 AND id IN ({_places(ids)})",
            organization_id,
            *ids,
        )
        return {self._transaction.read_uuid(row[0]) for row in rows}

    async def link_children(self, organization_id: UUID, parents: Mapping[str, UUID]) -> None:
        """Give events that await parents with these external ids the parents' ids."""
        rows = await self._transaction.fetch_all(
            "SELECT DISTINCT awaited_parent FROM usage_events WHERE organization_id = $1"
            f" AND awaited_parent IN ({_places(parents)})",
            organization_id,
            *parents,
        )
        if rows:
            await self._transaction.execute_many(
                "UPDATE usage_events SET parent_id = $3, awaited_parent = NULL"
                " WHERE organization_id = $1 AND awaited_parent = $2",
                [(organization_id, name, parents[name]) for name in sorted(row[0] for row in rows)],
            )

    async def find_page(
        self, organization_id: UUID, query: UsageEventQuery
    ) -> tuple[list[ShownEvent], int]:
        """A page of events, and how many there are in all."""
        where = usage_conditions.of(organization_id, query.wanted)
        counted = await self._transaction.fetch_one(
            f"SELECT count(*) FROM {where.source} WHERE {where.text}", *where.arguments
        )
        order = _order(newest_first=query.is_newest_first)
        limit, offset = where.place(query.page.limit), where.place(query.page.offset)
        # Customers and children are looked up for the page alone.
        rows = await self._transaction.fetch_all(
            f"SELECT {_SHOWN} FROM (SELECT event.* FROM {where.source} WHERE {where.text}"
            f" ORDER BY {order} LIMIT {limit} OFFSET {offset}) AS event ORDER BY {order}",
            *where.arguments,
        )
        return [self._read_shown(row) for row in rows], 0 if counted is None else counted[0]

    async def find_batch(
        self,
        organization_id: UUID,
        wanted: UsageEventFilter,
        after: Position | None,
        limit: int,
        *,
        newest_first: bool = False,
    ) -> list[tuple[Position, UsageEvent]]:
        """The next events of a list, and where each stands."""
        where = usage_conditions.of(organization_id, wanted)
        further = ""
        if after is not None:
            relation = "<" if newest_first else ">"
            timestamp, sequence = where.place(after.timestamp), where.place(after.sequence)
            further = f" AND (event.timestamp, event.sequence) {relation} ({timestamp}, {sequence})"
        most = where.place(limit)
        rows = await self._transaction.fetch_all(
            f"SELECT event.timestamp, event.sequence, {_COLUMNS} FROM {where.source}"
            f" WHERE {where.text}{further} ORDER BY {_order(newest_first=newest_first)} LIMIT {most}",
            *where.arguments,
        )
        return [
            (Position(row[0], row[1]), EVENT.read(tuple(row)[2:], self._transaction))
            for row in rows
        ]

    async def show(self, organization_id: UUID, ids: Sequence[UUID]) -> list[ShownEvent]:
        """The events with these ids, in the order of the ids."""
        if not ids:
            return []
        rows = await self._transaction.fetch_all(
            f"SELECT {_SHOWN} FROM usage_events AS event"
            f" WHERE event.organization_id = $1 AND event.id IN ({_places(ids)})",
            organization_id,
            *ids,
        )
        shown = {one.event.id: one for one in map(self._read_shown, rows)}
        return [shown[event_id] for event_id in ids if event_id in shown]

    async def find_names(self, organization_id: UUID, wanted: UsageEventFilter) -> list[EventName]:
        """The names of events, in no order."""
        where = usage_conditions.of(organization_id, wanted)
        rows = await self._transaction.fetch_all(
            "SELECT event.name, event.source, count(*), min(event.timestamp), max(event.timestamp)"
            f" FROM {where.source} WHERE {where.text} GROUP BY event.name, event.source",
            *where.arguments,
        )
        return [
            EventName(name, source, count, read_required_moment(first), read_required_moment(last))
            for name, source, count, first, last in rows
        ]

    async def find_customers(
        self, organization_id: UUID, ids: Iterable[UUID], external_ids: Iterable[str]
    ) -> list[UsageCustomer]:
        """The customers with these ids or external ids who are not deleted."""
        found: list[Any] = []
        for column, values in (("id", tuple(ids)), ("external_id", tuple(external_ids))):
            if values:
                found += await self._transaction.fetch_all(
                    f"{_CUSTOMER} AND deleted_at IS NULL AND {column} IN ({_places(values)})",
                    organization_id,
                    *values,
                )
        return list({one.id: one for one in map(self._read_customer, found)}.values())

    async def await_customers(self, organization_id: UUID, external_ids: Iterable[str]) -> None:
        """Note that there are events of customers with these external ids, but no such customers."""
        await self._transaction.execute_many(
            "INSERT INTO awaited_customers (organization_id, external_customer_id) VALUES ($1, $2)"
            " ON CONFLICT DO NOTHING",
            [(organization_id, name) for name in sorted(external_ids)],
        )

    async def take_awaited(self, organization_id: UUID, external_ids: Iterable[str]) -> set[str]:
        """Which of these external ids were noted so; they no longer are."""
        names = tuple(external_ids)
        if not names:
            return set()
        rows = await self._transaction.fetch_all(
            "SELECT external_customer_id FROM awaited_customers WHERE organization_id = $1"
            f" AND external_customer_id IN ({_places(names)})",
            organization_id,
            *names,
        )
        taken = {row[0] for row in rows}
        if taken:
            await self._transaction.execute_many(
                "DELETE FROM awaited_customers"
                " WHERE organization_id = $1 AND external_customer_id = $2",
                [(organization_id, name) for name in sorted(taken)],
            )
        return taken

    async def find_awaited_customers(self, organization_id: UUID) -> list[UsageCustomer]:
        """The customers who are noted as awaited, but are there."""
        rows = await self._transaction.fetch_all(
            "SELECT customer.id, customer.external_id, customer.first_user_event_at"
            " FROM awaited_customers AS awaited JOIN customers AS customer"
            " ON customer.organization_id = awaited.organization_id"
            " AND customer.external_id = awaited.external_customer_id"
            " AND customer.deleted_at IS NULL WHERE awaited.organization_id = $1",
            organization_id,
        )
        return [self._read_customer(row) for row in rows]

    async def replace_notes(self, events: Sequence[UsageEvent]) -> None:
        """Store the metadata of events, without what says which member acted."""
        notes = EVENT.names.index("metadata")
        await self._transaction.execute_many(
            "UPDATE usage_events SET metadata = $3, member_id = NULL, external_member_id = NULL"
            " WHERE organization_id = $1 AND id = $2",
            [(event.organization_id, event.id, EVENT.values_of(event)[notes]) for event in events],
        )

    def _read_shown(self, row: Any) -> ShownEvent:
        values = tuple(row)
        return ShownEvent(
            EVENT.read(values[:_WIDTH], self._transaction), values[_WIDTH], values[_WIDTH + 1]
        )

    def _read_customer(self, row: Any) -> UsageCustomer:
        customer_id, external_id, first = row
        return UsageCustomer(
            self._transaction.read_uuid(customer_id), external_id, read_moment(first)
        )


def _places(values: Collection[object]) -> str:
    """The placeholders of values, behind the organization's."""
    return ", ".join(f"${at}" for at in range(2, len(values) + 2))


def _order(*, newest_first: bool) -> str:
    direction = " DESC" if newest_first else ""
    return f"event.timestamp{direction}, event.sequence{direction}"
