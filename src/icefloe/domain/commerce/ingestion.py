"""Ingestion: events are stored, given to their customers, and counted, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from icefloe.domain.commerce import meter_counts
from icefloe.domain.values import errors, metadata
from icefloe.domain.values.usage import Ingested, UsageEvent
from icefloe.domain.webhooks import state_changes

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.ports.usage import UsageCustomer
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.usage import NewUsageEvent, UsageMetadata

_MICROSECOND = timedelta(microseconds=1)


async def ingest(
    tables: storage.Tables,
    clock: Clock,
    organization_id: UUID,
    new: Sequence[NewUsageEvent],
    *,
    is_silent: bool = False,
) -> Ingested:
    """Store events within a write; otherwise as `Usage.ingest`.

    Webhooks are not told what customers have used if it is silent.
    """
    now = clock.now()
    customers = await _find_customers(tables, organization_id, new)
    known = await tables.usage.events.find_ids(
        organization_id, [one.external_id for one in new if one.external_id is not None]
    )
    fresh: list[tuple[NewUsageEvent, UUID]] = []
    own: dict[str, UUID] = {}
    for one in new:
        if one.external_id is None:
            fresh.append((one, clock.new_id()))
        elif one.external_id not in known and one.external_id not in own:
            own[one.external_id] = clock.new_id()
            fresh.append((one, own[one.external_id]))
    parents = await _find_parents(tables, organization_id, fresh)
    parents |= own
    # Events without a timestamp are a microsecond apart, so that lists have them in their order.
    begin = now - len(fresh) * _MICROSECOND
    events = [
        _event(one, event_id, organization_id, parents, begin + at * _MICROSECOND)
        for at, (one, event_id) in enumerate(fresh, start=1)
    ]
    await tables.usage.events.add_all(events)
    if own:
        await tables.usage.events.link_children(organization_id, own)
    changed = await _count(tables, clock, organization_id, events, customers)
    if not is_silent:
        await state_changes.note_usage(tables, organization_id, changed, now)
    return Ingested(len(events), len(new) - len(events))


async def adopt(
    tables: storage.Tables, clock: Clock, organization_id: UUID, external_ids: Sequence[str]
) -> None:
    """Count events that came before their customers, who now have these external ids."""
    awaited = await tables.usage.events.take_awaited(organization_id, external_ids)
    if awaited:
        found = await tables.usage.events.find_customers(organization_id, (), sorted(awaited))
        await _adopt(tables, clock, organization_id, found)


async def adopt_all(tables: storage.Tables, clock: Clock, organization_id: UUID) -> None:
    """Count the events of all customers who came after their events, as an import's may do."""
    found = await tables.usage.events.find_awaited_customers(organization_id)
    names = [one.external_id for one in found if one.external_id is not None]
    await tables.usage.events.take_awaited(organization_id, names)
    await _adopt(tables, clock, organization_id, found)


async def recount(
    tables: storage.Tables, clock: Clock, organization_id: UUID, customer_id: UUID
) -> None:
    """Count all events of a customer who was deleted and is there again."""
    found = await tables.usage.events.find_customers(organization_id, [customer_id], ())
    await _adopt(tables, clock, organization_id, found)


async def _find_customers(
    tables: storage.Tables, organization_id: UUID, new: Sequence[NewUsageEvent]
) -> list[UsageCustomer]:
    """The customers of events. Raises RulesBroken where an id is no customer's."""
    ids = {one.customer_id for one in new if one.customer_id is not None}
    found = await tables.usage.events.find_customers(
        organization_id,
        ids,
        {one.external_customer_id for one in new if one.external_customer_id is not None},
    )
    unknown = ids - {customer.id for customer in found}
    if unknown:
        raise errors.RulesBroken(
            *[
                errors.Violation(
                    "customer_id",
                    ("body", "events", at, "customer_id"),
                    "Customer not found.",
                    str(one.customer_id),
                )
                for at, one in enumerate(new)
                if one.customer_id in unknown
            ]
        )
    return found


async def _find_parents(
    tables: storage.Tables, organization_id: UUID, fresh: Sequence[tuple[NewUsageEvent, UUID]]
) -> dict[str, UUID]:
    """The stored events that new ones name as their parents, by that name."""
    named = sorted({one.parent for one, _ in fresh if one.parent is not None})
    if not named:
        return {}
    ids = {name: event_id for name in named if (event_id := _read_id(name)) is not None}
    stored = await tables.usage.events.find_existing(organization_id, sorted(set(ids.values())))
    parents = {name: event_id for name, event_id in ids.items() if event_id in stored}
    return parents | await tables.usage.events.find_ids(organization_id, named)


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _event(
    new: NewUsageEvent,
    event_id: UUID,
    organization_id: UUID,
    parents: dict[str, UUID],
    now: datetime,
) -> UsageEvent:
    parent_id = None if new.parent is None else parents.get(new.parent)
    return UsageEvent(
        organization_id=organization_id,
        id=event_id,
        timestamp=new.timestamp or now,
        name=new.name,
        external_id=new.external_id,
        customer_id=new.customer_id,
        external_customer_id=new.external_customer_id,
        member_id=new.member_id,
        external_member_id=new.external_member_id,
        parent_id=None if parent_id == event_id else parent_id,
        awaited_parent=new.parent if parent_id is None else None,
        metadata=_canonical(new.metadata),
    )


def _canonical(notes: UsageMetadata) -> UsageMetadata:
    """Metadata in the order and with the numbers that the reference reads back, objects within too."""
    within: dict[str, Any] = {
        name: _canonical(value) if isinstance(value, dict) else value
        for name, value in notes.items()
    }
    return metadata.canonical(within)


async def _count(
    tables: storage.Tables,
    clock: Clock,
    organization_id: UUID,
    events: Sequence[UsageEvent],
    customers: Sequence[UsageCustomer],
) -> set[UUID]:
    """Count events; returns the customers whose units have changed."""
    by_id = {customer.id: customer for customer in customers}
    by_name = {one.external_id: one for one in customers if one.external_id is not None}
    late = await tables.usage.events.take_awaited(organization_id, tuple(by_name))
    attributed: list[meter_counts.Attributed] = []
    first: dict[UUID, datetime] = {}
    missing: set[str] = set()
    for event in events:
        customer = (
            by_name.get(event.external_customer_id or "")
            if event.customer_id is None
            else by_id[event.customer_id]
        )
        if customer is None:
            missing.add(event.external_customer_id or "")
        else:
            first[customer.id] = min(first.get(customer.id, event.timestamp), event.timestamp)
        attributed.append((event, None if customer is None else customer.id))
    # An archived meter still says what happened, and no longer what customers have used.
    every = await tables.usage.sums.find_measures(organization_id, with_archived=True)
    for meter_id, measure in every.items():
        await meter_counts.add_to_sums(tables.usage, organization_id, meter_id, measure, events)
    active = await tables.usage.sums.find_measures(organization_id)
    changed = await meter_counts.add_to_customers(
        tables.usage, organization_id, active, attributed, clock.now(), clock.new_id
    )
    if missing:
        await tables.usage.events.await_customers(organization_id, missing)
    for customer_id, moment in sorted(first.items()):
        await _note_first(tables, organization_id, by_id[customer_id], moment)
    # Customers who came while their events did, each unseen by the other's transaction.
    await _adopt(tables, clock, organization_id, [by_name[name] for name in sorted(late)])
    return changed


async def _adopt(
    tables: storage.Tables,
    clock: Clock,
    organization_id: UUID,
    customers: Sequence[UsageCustomer],
) -> None:
    if not customers:
        return
    measures = await tables.usage.sums.find_measures(organization_id)
    for customer in customers:
        first = await meter_counts.recount_customer(
            tables.usage, organization_id, customer, measures, clock.now(), clock.new_id
        )
        if first is not None:
            await _note_first(tables, organization_id, customer, first)


async def _note_first(
    tables: storage.Tables, organization_id: UUID, customer: UsageCustomer, moment: datetime
) -> None:
    """Store when a customer's first event happened, if that was earlier than what is stored."""
    known = customer.first_user_event_at
    if known is not None and known <= moment:
        return
    stored = await tables.customers.find(organization_id, customer.id)
    owner = await tables.members.find_owner(organization_id, customer.id)
    assert stored is not None  # noqa: S101 - it was found in this transaction
    assert owner is not None  # noqa: S101 - every customer is stored together with its owner
    known = stored.first_user_event_at
    if known is None or moment < known:
        await tables.customers.replace(replace(stored, first_user_event_at=moment), owner.email)
