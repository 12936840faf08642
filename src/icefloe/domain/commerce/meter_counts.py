"""Counting: what meters make of events, kept up to date event by event.

Each event is added once to the sums of its hour and its day, and once to its customer's meter. The same
functions count again from scratch, where a meter changes or a customer turns out to have events.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from icefloe.domain.commerce.counters import counter_of
from icefloe.domain.values.customer_meters import CustomerMeter
from icefloe.domain.values.tallies import Tally
from icefloe.domain.values.usage import UsageEventFilter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from icefloe.domain.ports.usage import Bucket, Position, Usage, UsageCustomer
    from icefloe.domain.values.measures import Function, Measure
    from icefloe.domain.values.usage import UsageEvent

HOURS_A_DAY: Final = 24
BATCH = 1_000
"""Events that are read at once."""

_HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = Decimal(0)

Attributed = tuple["UsageEvent", UUID | None]
"""An event and the id of its customer, if there is one."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a meter makes of some events.

    Attributes:
        function: what it makes of their numbers.
        found: the number of each event, of `unique` its value; None where it does not count.
    """

    function: Function
    found: Sequence[Decimal | bytes | None]


Readings = Mapping[UUID, Reading]
"""What meters make of the same events, by the meter's id."""


def hour_of(moment: datetime) -> int:
    """The number of the hour since 1970 that holds a moment."""
    return (moment - _EPOCH) // _HOUR


def read_all(measures: Mapping[UUID, Measure], events: Sequence[UsageEvent]) -> Readings:
    """What meters make of events, by the meter's id."""
    return {
        meter_id: Reading(measure.aggregation.function, counter_of(measure).read(events))
        for meter_id, measure in measures.items()
    }


async def add_to_sums(
    usage: Usage, organization_id: UUID, readings: Readings, events: Sequence[UsageEvent]
) -> None:
    """Add events to the sums of meters, by the hour and by the day.

    Args:
        usage: the tables.
        organization_id: whose events they are.
        readings: what the meters make of the events.
        events: the events.
    """
    meter_ids = tuple(readings)
    hours = [hour_of(event.timestamp) for event in events]
    added: dict[Bucket, Tally] = {}
    for place, reading in enumerate(readings.values()):
        if reading.function == "unique":
            values = _pair(hours, reading.found)
            if values:
                await usage.sums.add_values(organization_id, meter_ids[place], values)
            continue
        for hour, tally in _tally(hours, reading.found).items():
            added[place, 1, hour] = tally
            day: Bucket = (place, HOURS_A_DAY, hour // HOURS_A_DAY)
            added.setdefault(day, Tally()).merge(tally)
    if added:
        stored = await usage.sums.lock(organization_id, meter_ids, tuple(added))
        for bucket, tally in added.items():
            tally.merge(stored[bucket])
        await usage.sums.store(organization_id, meter_ids, added)


async def add_to_customers(
    usage: Usage,
    organization_id: UUID,
    readings: Readings,
    whose: Sequence[UUID | None],
    now: datetime,
    new_id: Callable[[], UUID],
) -> set[UUID]:
    """Add events to their customers' meters.

    A customer with an event has a customer meter for each of the meters, whether or not it counts.

    Args:
        usage: the tables.
        organization_id: whose events they are.
        readings: what the meters make of the events.
        whose: each event's customer, if it has one.
        now: the present moment.
        new_id: makes the ids of new customer meters.

    Returns:
        The customers whose units have changed.
    """
    customer_ids, places = _place(whose)
    if not customer_ids or not readings:
        return set()
    meter_ids = tuple(readings)
    await _add_missing(usage, organization_id, customer_ids, meter_ids, now, new_id)
    # By the places of the customer and of the meter.
    added: dict[tuple[int, int], Tally] = {}
    for place, (meter_id, reading) in enumerate(readings.items()):
        if reading.function == "unique":
            values = [(customer_ids[one], value) for one, value in _pair(places, reading.found)]
            new = await usage.customer_meters.add_values(organization_id, meter_id, values)
            for customer_id, times in collections.Counter(new).items():
                tally = Tally(times, least=_NOTHING, greatest=_NOTHING)
                added[customer_ids.index(customer_id), place] = tally
            continue
        for one, tally in _tally(places, reading.found).items():
            added[one, place] = tally
    if not added:
        return set()
    changed: set[UUID] = set()
    functions = [reading.function for reading in readings.values()]
    stored = await usage.customer_meters.lock(organization_id, customer_ids, meter_ids, added)
    for (one, place), counted in stored.items():
        counted.tally.merge(added[one, place])
        before, counted.consumed = counted.consumed, counted.tally.quantity(functions[place])
        if counted.consumed != before:
            changed.add(customer_ids[one])
    await usage.customer_meters.store(organization_id, stored.values(), now)
    return changed


async def recount_meter(
    usage: Usage,
    organization_id: UUID,
    meter_id: UUID,
    measure: Measure,
    now: datetime,
    new_id: Callable[[], UUID],
) -> None:
    """Count all of an organization's events afresh for one meter."""
    await usage.sums.forget(organization_id, meter_id)
    await usage.customer_meters.reset(organization_id, meter_id)
    counter = counter_of(measure)
    names = None if counter.names is None else tuple(sorted(counter.names))
    wanted = UsageEventFilter(names=names, sources=("user",))
    async for batch in read_events(usage, organization_id, wanted):
        events = [event for event in batch if counter.counts(event)]
        readings = read_all({meter_id: measure}, events)
        await add_to_sums(usage, organization_id, readings, events)
        whose = [customer for _, customer in await attribute(usage, organization_id, events)]
        await add_to_customers(usage, organization_id, readings, whose, now, new_id)


async def recount_customer(
    usage: Usage,
    organization_id: UUID,
    customer: UsageCustomer,
    measures: Mapping[UUID, Measure],
    now: datetime,
    new_id: Callable[[], UUID],
) -> datetime | None:
    """Count all events of a customer afresh; returns when the first of them happened."""
    for meter_id in measures:
        await usage.customer_meters.reset(organization_id, meter_id, customer.id)
    wanted = UsageEventFilter(customer_ids=(customer.id,), sources=("user",))
    first = None
    async for batch in read_events(usage, organization_id, wanted):
        first = first or batch[0].timestamp
        await add_to_customers(
            usage,
            organization_id,
            read_all(measures, batch),
            [customer.id] * len(batch),
            now,
            new_id,
        )
    return first


async def credit(
    usage: Usage,
    organization_id: UUID,
    customer_id: UUID,
    meter_id: UUID,
    units: int,
    now: datetime,
    new_id: Callable[[], UUID],
) -> None:
    """Add to the credited units of a customer meter, which is made if there is none."""
    await _add_missing(usage, organization_id, (customer_id,), (meter_id,), now, new_id)
    await usage.customer_meters.credit(organization_id, meter_id, customer_id, units, now)


async def attribute(
    usage: Usage, organization_id: UUID, events: Sequence[UsageEvent]
) -> list[Attributed]:
    """Events with their customers' ids."""
    found = await usage.events.find_customers(
        organization_id,
        {event.customer_id for event in events if event.customer_id is not None},
        {event.external_customer_id for event in events if event.external_customer_id is not None},
    )
    ids = {customer.id for customer in found}
    by_name = {customer.external_id: customer.id for customer in found}
    return [
        (
            event,
            by_name.get(event.external_customer_id)
            if event.customer_id is None
            else event.customer_id
            if event.customer_id in ids
            else None,
        )
        for event in events
    ]


async def read_events(
    usage: Usage, organization_id: UUID, wanted: UsageEventFilter
) -> AsyncIterator[list[UsageEvent]]:
    """The events that a filter passes but for its metadata, some at a time, the oldest first."""
    after: Position | None = None
    while batch := await usage.events.find_batch(organization_id, wanted, after, BATCH):
        after = batch[-1][0]
        yield [event for _, event in batch]


def _place(whose: Iterable[UUID | None]) -> tuple[list[UUID], list[int | None]]:
    """Customers in the order of their ids, and the place of each event's among them.

    All writers lock customers' meters in that order.
    """
    by_number = {customer.int: customer for customer in whose if customer is not None}
    ordered = sorted(by_number)
    places = {number: place for place, number in enumerate(ordered)}
    return (
        [by_number[number] for number in ordered],
        [None if customer is None else places[customer.int] for customer in whose],
    )


def _pair(keys: Iterable[int | None], found: Iterable[Any]) -> list[tuple[int, Any]]:
    """Each key with what was found in its event, where there are both."""
    return [
        (key, one)
        for key, one in zip(keys, found, strict=True)
        if key is not None and one is not None
    ]


def _tally(keys: Iterable[int | None], found: Iterable[Any]) -> dict[int, Tally]:
    """The tallies of the numbers found in events, by the events' keys."""
    added: dict[int, Tally] = {}
    for key, number in _pair(keys, found):
        tally = added.get(key)
        if tally is None:
            added[key] = Tally(1, number, number, number)
        else:
            tally.add(number)
    return added


async def _add_missing(
    usage: Usage,
    organization_id: UUID,
    customer_ids: Sequence[UUID],
    meter_ids: Sequence[UUID],
    now: datetime,
    new_id: Callable[[], UUID],
) -> None:
    """Make the customer meters that are not there yet, of each customer for each meter."""
    lacking = await usage.customer_meters.find_lacking(organization_id, customer_ids, meter_ids)
    if not lacking:
        return
    await usage.customer_meters.add_missing(
        [
            CustomerMeter(
                organization_id=organization_id,
                id=new_id(),
                customer_id=customer_id,
                meter_id=meter_id,
                created_at=now,
                modified_at=None,
                consumed_units=0.0,
                credited_units=0,
            )
            for customer_id in lacking
            for meter_id in meter_ids
        ]
    )
