"""Customers' meters as placements give them: units credited, and events that consume so many units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from icefloe.domain.commerce import event_filters, ingestion, meters
from icefloe.domain.commerce.placing import catalogue, references
from icefloe.domain.values.customer_meters import CustomerMeter
from icefloe.domain.values.measures import Clause, read_measure
from icefloe.domain.values.tallies import Tally
from icefloe.domain.values.usage import NewUsageEvent, UsageEvent

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.documents import Document
    from icefloe.domain.values.measures import Aggregation, EventFilter, Measure

_MOST_EVENTS = 10_000
"""So many events are made up at most: a second of the writer's time."""
_EVENT = "usage"
"""The name of events where a meter's filter does not say one."""


async def place(change: Change, values: Document) -> CustomerMeter:
    """Give a customer's meter the units that are given. Raises RulesBroken.

    Where `meter` is a name that no meter has, one is made that adds up `units` of events of that name.
    """
    customer = await references.lock_customer(change, values)
    if customer.deleted_at is not None:
        raise references.refuse("customer_id", "Customer does not exist.", str(customer.id))
    meter = await _find_meter(change, values)
    meter_id = UUID(meter["id"])
    if meter["archived_at"] is not None:
        raise references.refuse("meter_id", "Meter is archived.", meter["id"])
    await _add(change, values, customer.id, meter_id)
    if "consumed_units" in values:
        wanted = values["consumed_units"]
        await _consume(change, customer.id, meter_id, read_measure(meter), wanted)
    found = await find(change, customer.id, meter_id)
    assert found is not None  # noqa: S101 - it was added
    if "credited_units" in values and values["credited_units"] != found.credited_units:
        missing = values["credited_units"] - found.credited_units
        await change.tables.usage.customer_meters.credit(
            change.organization_id, meter_id, customer.id, missing, change.now
        )
        found = replace(found, credited_units=values["credited_units"])
    return found


async def _find_meter(change: Change, values: Document) -> Document:
    name = values.get("meter")
    if values.get("meter_id") is not None or name is None:
        return await references.require(change, "meters", values, "meter_id")
    if await references.list_named(change, "meters", name):
        return await references.require(change, "meters", values, "meter_id")
    made = await catalogue.make_meter(change, {"name": name})
    await change.tables.commerce.meters.add(change.organization_id, made)
    await meters.recount(change, made)
    return made


async def find(change: Change, customer_id: UUID, meter_id: UUID) -> CustomerMeter | None:
    """A customer's meter, if there is one."""
    there = await change.tables.usage.customer_meters.find_of_customer(
        change.organization_id, customer_id
    )
    return next((one for one in there if one.meter_id == meter_id), None)


async def _add(change: Change, values: Document, customer_id: UUID, meter_id: UUID) -> None:
    """Insert the customer's meter, without units, if there is none."""
    new = CustomerMeter(
        organization_id=change.organization_id,
        id=references.find_id(change, values),
        customer_id=customer_id,
        meter_id=meter_id,
        created_at=references.find_moment(values, "created_at") or change.now,
        modified_at=None,
        consumed_units=0.0,
        credited_units=0,
    )
    await change.tables.usage.customer_meters.add_missing([new])


async def _consume(
    change: Change, customer_id: UUID, meter_id: UUID, measure: Measure, wanted: float
) -> None:
    """Make up events after which a customer has consumed so many units. Raises RulesBroken."""
    customer_meters = change.tables.usage.customer_meters
    tallies = await customer_meters.find_tallies(change.organization_id, meter_id, [customer_id])
    tally = tallies[customer_id]
    function = measure.aggregation.function
    if tally.quantity(function) == wanted:
        return
    sample = _make_up(measure.filter)
    events = [
        replace(sample, customer_id=customer_id, metadata={**sample.metadata, **value})
        for value in _list_values(measure.aggregation, tally, wanted, change)
    ]
    if events and not _passes(events[0], measure, change):
        message = "No event can be made up that the meter's filter passes: send events instead."
        raise references.refuse("consumed_units", message, wanted)
    await ingestion.ingest(
        change.tables, change.clock, change.organization_id, events, is_silent=change.is_silent
    )
    tallies = await customer_meters.find_tallies(change.organization_id, meter_id, [customer_id])
    if tallies[customer_id].quantity(function) != wanted:
        message = f"No events can bring the meter from {tally.quantity(function):g} to that."
        raise references.refuse("consumed_units", message, wanted)


def _list_values(
    aggregation: Aggregation, tally: Tally, wanted: float, change: Change
) -> Iterator[Document]:
    """What the events that are missing say of the property that is measured. Raises RulesBroken."""
    name = aggregation.property or ""
    number = Decimal(repr(wanted))
    if aggregation.function in {"count", "unique"}:
        missing = number - tally.events
        if missing != int(missing) or not 0 <= missing <= _MOST_EVENTS:
            message = (
                f"The meter counts events: from {tally.events} to {tally.events + _MOST_EVENTS}."
            )
            raise references.refuse("consumed_units", message, wanted)
        for _ in range(int(missing)):
            yield _put(name, str(change.new_id())) if aggregation.function == "unique" else {}
    elif aggregation.function == "sum":
        yield _put(name, float(number - tally.total))
    elif aggregation.function == "avg":
        yield _put(name, float(number * (tally.events + 1) - tally.total))
    else:
        yield _put(name, wanted)


def _passes(event: NewUsageEvent, measure: Measure, change: Change) -> bool:
    stored = UsageEvent(
        organization_id=change.organization_id,
        id=change.new_id(),
        timestamp=change.now,
        name=event.name,
        metadata=event.metadata,
    )
    return event_filters.make(measure.filter)(stored)


def _make_up(wanted: EventFilter) -> NewUsageEvent:
    """An event that passes a filter, as far as one can be told from its clauses."""
    name = _EVENT
    notes: Document = {}
    for clause in _choose(wanted):
        value = _find_value(clause)
        if clause.property == "name":
            name = str(value)
        elif clause.property not in {"source", "timestamp"}:
            notes |= _put(clause.property, value)
    return NewUsageEvent(name=name, metadata=notes)


def _choose(wanted: EventFilter) -> Iterator[Clause]:
    """The clauses that one event must pass: all of them, or the first."""
    parts: Sequence[Clause | EventFilter] = wanted.clauses
    for part in parts if wanted.conjunction == "and" else parts[:1]:
        if isinstance(part, Clause):
            yield part
        else:
            yield from _choose(part)


def _find_value(clause: Clause) -> Any:
    """A value that passes a clause."""
    value = clause.value
    if clause.operator in {"ne", "not_like"}:
        return not value if isinstance(value, bool) else _another(value)
    if clause.operator in {"gt", "lt"} and isinstance(value, int):
        return value + (1 if clause.operator == "gt" else -1)
    return f"{value}~" if clause.operator == "gt" else value


def _another(value: str | int) -> str | int:
    return value + 1 if isinstance(value, int) else "~" if "~" not in value else "-"


def _put(name: str, value: Any) -> Document:
    """Metadata with a value at a name, whose dots lead into the objects that events may have."""
    outer, dot, inner = name.partition(".")
    return {outer: {inner: value}} if dot and outer in {"_cost", "_llm"} else {name: value}
