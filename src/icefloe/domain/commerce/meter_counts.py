"""Counting: what meters make of events, kept up to date event by event.

Each event is added once to the sums of its hour and its day, and once to its customer's meter. The same
functions count again from scratch, where a meter changes or a customer turns out to have events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from icefloe.domain.commerce.counters import counter_of
from icefloe.domain.values.customer_meters import CustomerMeter
from icefloe.domain.values.tallies import Tally
from icefloe.domain.values.usage import UsageEventFilter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from icefloe.domain.ports.usage import Bucket, Position, Usage, UsageCustomer
    from icefloe.domain.values.measures import Measure
    from icefloe.domain.values.usage import UsageEvent

HOURS_A_DAY: Final = 24
BATCH = 1_000
"""Events that are read at once."""

_HOUR_SECONDS = 3_600
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = Decimal(0)

Attributed = tuple["UsageEvent", UUID | None]
"""An event and the id of its customer, if there is one."""


def hour_of(moment: datetime) -> int:
    """The number of the hour since 1970 that holds a moment."""
    return int((moment - _EPOCH).total_seconds() // _HOUR_SECONDS)


async def add_to_sums(
    usage: Usage,
    organization_id: UUID,
    meter_id: UUID,
    measure: Measure,
    events: Sequence[UsageEvent],
) -> None:
    """Add events to a meter's sums by the hour and by the day."""
    counter = counter_of(measure)
    if counter.is_unique:
        values = [
            (hour_of(event.timestamp), value)
            for event in events
            if (value := counter.find_value(event)) is not None
        ]
        if values:
            await usage.sums.add_values(organization_id, meter_id, values)
        return
    added: dict[Bucket, Tally] = {}
    for event in events:
        number = counter.find_number(event)
        if number is not None:
            hour = hour_of(event.timestamp)
            added.setdefault((1, hour), Tally()).add(number)
            added.setdefault((HOURS_A_DAY, hour // HOURS_A_DAY), Tally()).add(number)
    if added:
        stored = await usage.sums.find(organization_id, meter_id, tuple(added))
        for bucket, tally in stored.items():
            added[bucket].merge(tally)
        await usage.sums.store(organization_id, meter_id, added)


async def add_to_customers(
    usage: Usage,
    organization_id: UUID,
    measures: Mapping[UUID, Measure],
    events: Sequence[Attributed],
    now: datetime,
    new_id: Callable[[], UUID],
) -> set[UUID]:
    """Add events to their customers' meters.

    A customer with an event has a customer meter for each of the meters, whether or not it counts.

    Args:
        usage: the tables.
        organization_id: whose events they are.
        measures: what the organization's meters measure, by the meter's id.
        events: each with its customer.
        now: the present moment.
        new_id: makes the ids of new customer meters.

    Returns:
        The customers whose units have changed.
    """
    customers = tuple({customer for _, customer in events if customer is not None})
    if not customers or not measures:
        return set()
    await _add_missing(usage, organization_id, customers, tuple(measures), now, new_id)
    changed: set[UUID] = set()
    for meter_id, measure in measures.items():
        added = await _tally_customers(usage, organization_id, meter_id, measure, events)
        if not added:
            continue
        function = measure.aggregation.function
        counted: list[tuple[UUID, Tally, float]] = []
        stored = await usage.customer_meters.find_tallies(organization_id, meter_id, tuple(added))
        for customer_id, tally in stored.items():
            before = tally.quantity(function)
            tally.merge(added[customer_id])
            consumed = tally.quantity(function)
            counted.append((customer_id, tally, consumed))
            if consumed != before:
                changed.add(customer_id)
        await usage.customer_meters.store(organization_id, meter_id, counted, now)
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
        await add_to_sums(usage, organization_id, meter_id, measure, events)
        attributed = await attribute(usage, organization_id, events)
        await add_to_customers(usage, organization_id, {meter_id: measure}, attributed, now, new_id)


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
            measures,
            [(event, customer.id) for event in batch],
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


async def _tally_customers(
    usage: Usage,
    organization_id: UUID,
    meter_id: UUID,
    measure: Measure,
    events: Sequence[Attributed],
) -> dict[UUID, Tally]:
    """What a meter adds to the tallies of the events' customers."""
    counter = counter_of(measure)
    added: dict[UUID, Tally] = {}
    if counter.is_unique:
        values = [
            (whose, value)
            for event, whose in events
            if whose is not None and (value := counter.find_value(event)) is not None
        ]
        for whose in await usage.customer_meters.add_values(organization_id, meter_id, values):
            added.setdefault(whose, Tally()).add(_NOTHING)
        return added
    for event, customer_id in events:
        if customer_id is not None and (number := counter.find_number(event)) is not None:
            added.setdefault(customer_id, Tally()).add(number)
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
    found = await usage.customer_meters.count(organization_id, customer_ids, meter_ids)
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
            for customer_id in customer_ids
            if found.get(customer_id, 0) < len(meter_ids)
            for meter_id in meter_ids
        ]
    )
