"""Usage: events that the organization ingests, the lists of them, and its customers' meters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import counters, event_filters, ingestion, meter_counts
from icefloe.domain.values import errors
from icefloe.domain.values.measures import keys_of
from icefloe.domain.values.usage import Ingested, UsageEvent, UsageEventFilter

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.ports.usage import Position
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.customer_meters import CustomerMeter, CustomerMeterQuery
    from icefloe.domain.values.measures import EventFilter
    from icefloe.domain.values.usage import (
        EventName,
        NewUsageEvent,
        ShownEvent,
        UsageEventQuery,
    )


@dataclass(frozen=True, slots=True)
class ShownMeter:
    """A customer meter with what its document shows besides.

    Attributes:
        counted: the customer meter.
        customer: the wire document of its customer.
        meter: the wire document of its meter.
    """

    counted: CustomerMeter
    customer: bytes
    meter: bytes


class Usage:
    """The rules of events and of customer meters."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def ingest(self, organization_id: UUID, new: Sequence[NewUsageEvent]) -> Ingested:
        """Store events and count them: all of them, or none.

        An event whose external id is stored already is left out, and counted as a duplicate.

        Raises:
            RulesBroken: an event names a customer by an id that no customer has.
        """
        if not new:
            return Ingested(0, 0)
        return await self._store.write(
            lambda tables: ingestion.ingest(
                tables, self._clock.of(organization_id), organization_id, new
            )
        )

    async def find_page(
        self,
        organization_id: UUID,
        query: UsageEventQuery,
        *,
        passing: EventFilter | None = None,
        meter_id: UUID | None = None,
    ) -> tuple[list[ShownEvent], int]:
        """A page of events, and how many there are in all.

        Args:
            organization_id: whose they are.
            query: which events, in which order.
            passing: where given, only events that pass this filter.
            meter_id: where given, only events that this meter counts; none, if it is not there.
        """

        async def work(tables: storage.Tables) -> tuple[list[ShownEvent], int]:
            if passing is None and meter_id is None and not query.wanted.metadata:
                return await tables.usage.events.find_page(organization_id, query)
            conditions: list[Callable[[UsageEvent], bool]] = []
            if query.wanted.metadata:
                conditions.append(
                    lambda event: event_filters.has_notes(event, query.wanted.metadata)
                )
            if passing is not None:
                conditions.append(event_filters.make(passing))
            if meter_id is not None:
                measures = await tables.usage.sums.find_measures(
                    organization_id, with_archived=True
                )
                if meter_id not in measures:
                    return [], 0
                conditions.append(counters.counter_of(measures[meter_id]).counts)
            return await _find_passing(
                tables, organization_id, query, lambda event: all(one(event) for one in conditions)
            )

        return await self._store.read(work, long=True)

    async def get(self, organization_id: UUID, event_id: UUID) -> ShownEvent:
        """The event with that id. Raises NotFound."""
        event = await self._store.read(
            lambda tables: tables.usage.events.find(organization_id, event_id)
        )
        if event is None:
            raise errors.NotFound
        return event

    async def find_names(self, organization_id: UUID, wanted: UsageEventFilter) -> list[EventName]:
        """The names of events, in no order."""
        return await self._store.read(
            lambda tables: tables.usage.events.find_names(organization_id, wanted), long=True
        )

    async def find_customer_meters(
        self, organization_id: UUID, query: CustomerMeterQuery
    ) -> tuple[list[ShownMeter], int]:
        """A page of customer meters, and how many there are in all."""

        async def work(tables: storage.Tables) -> tuple[list[ShownMeter], int]:
            found, count = await tables.usage.customer_meters.find_page(organization_id, query)
            return await _show(tables, organization_id, found), count

        return await self._store.read(work, long=True)

    async def get_customer_meter(self, organization_id: UUID, own_id: UUID) -> ShownMeter:
        """The customer meter with that id. Raises NotFound."""

        async def work(tables: storage.Tables) -> ShownMeter | None:
            found = await tables.usage.customer_meters.find(organization_id, own_id)
            shown = await _show(tables, organization_id, [] if found is None else [found])
            return shown[0] if shown else None

        shown = await self._store.read(work)
        if shown is None:
            raise errors.NotFound
        return shown


async def forget_customer(
    tables: storage.Tables, organization_id: UUID, customer_id: UUID, external_id: str | None
) -> None:
    """Delete a customer's meters, as the customer is deleted. Its events stay.

    Those that name it by its external id wait for the next customer who has that.
    """
    await tables.usage.customer_meters.forget(organization_id, customer_id)
    if external_id is not None:
        wanted = UsageEventFilter(external_customer_ids=(external_id,))
        if await tables.usage.events.find_batch(organization_id, wanted, None, 1):
            await tables.usage.events.await_customers(organization_id, [external_id])


async def anonymise(tables: storage.Tables, organization_id: UUID, customer_id: UUID) -> None:
    """Remove from a customer's events what no meter counts by, and which member acted.

    Properties that meters read stay: sums and balances must not change.
    """
    measures = await tables.usage.sums.find_measures(organization_id, with_archived=True)
    read = {name for measure in measures.values() for name in keys_of(measure)}
    # A dot leads into an object: the object stays whole.
    kept = read | {name.partition(".")[0] for name in read}
    wanted = UsageEventFilter(customer_ids=(customer_id,))
    async for batch in meter_counts.read_events(tables.usage, organization_id, wanted):
        await tables.usage.events.replace_notes(
            [
                replace(
                    event,
                    metadata={
                        name: value for name, value in event.metadata.items() if name in kept
                    },
                )
                for event in batch
            ]
        )


async def credit(
    tables: storage.Tables,
    clock: Clock,
    organization_id: UUID,
    customer_id: UUID,
    meter_id: UUID,
    units: int,
) -> None:
    """Add to the credited units of a customer meter, which is made if there is none.

    Args:
        tables: within a write.
        clock: the organization's.
        organization_id: whose customer it is.
        customer_id: the customer.
        meter_id: the meter.
        units: how many; negative takes credit back.
    """
    await meter_counts.credit(
        tables.usage,
        organization_id,
        customer_id,
        meter_id,
        units,
        clock.now(),
        clock.new_id,
    )


async def _find_passing(
    tables: storage.Tables,
    organization_id: UUID,
    query: UsageEventQuery,
    passes: Callable[[UsageEvent], bool],
) -> tuple[list[ShownEvent], int]:
    """A page of the events that pass: all that the query's other filters find are read."""
    after: Position | None = None
    ids: list[UUID] = []
    count, page = 0, range(query.page.offset, query.page.offset + query.page.limit)
    while batch := await tables.usage.events.find_batch(
        organization_id,
        query.wanted,
        after,
        meter_counts.BATCH,
        newest_first=query.is_newest_first,
    ):
        after = batch[-1][0]
        for _, event in batch:
            if passes(event):
                if count in page:
                    ids.append(event.id)
                count += 1
    return await tables.usage.events.show(organization_id, ids), count


async def _show(
    tables: storage.Tables, organization_id: UUID, found: Sequence[CustomerMeter]
) -> list[ShownMeter]:
    customers = await tables.customers.find_documents(
        organization_id, [one.customer_id for one in found]
    )
    meters = await tables.commerce.meters.find_texts(
        organization_id, {one.meter_id for one in found}
    )
    return [ShownMeter(one, customers[one.customer_id], meters[one.meter_id]) for one in found]
