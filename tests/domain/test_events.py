"""What happened, latest first."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from icefloe.domain.events import Events
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values.events import Event
from support import HeldTime, run


@pytest.fixture
def events(store: Storage) -> Events:
    """The rules, on an empty storage."""
    return Events(store)


def happen(store: Storage, time: HeldTime, count: int) -> tuple[UUID, list[UUID], list[Event]]:
    """An organization in which as much has happened, by turns to three customers."""
    organization = run(Organizations(store, time.clock).create("Tests", organization_id=uuid4()))
    customers = [uuid4() for _ in range(3)]
    made = [
        Event(
            type="customer.updated",
            organization_id=organization.id,
            customer_id=customers[number % 3],
            # Moments do not count: they are the organization's, which may have been set back.
            created_at=time.now - timedelta(seconds=number),
            document=f"{number}".encode(),
        )
        for number in range(count)
    ]
    run(store.write(lambda tables: tables.events.add_all(made)))
    return organization.id, customers, made


def test_latest(events: Events, store: Storage, time: HeldTime) -> None:
    """Of an organization, its own, in the order in which it was kept, as many as are asked for."""
    organization_id, _, made = happen(store, time, 30)
    happen(store, time, 30)

    found = run(events.find_latest(organization_id))

    assert [kept.event for kept in found] == made[:9:-1]
    sequences = [kept.sequence for kept in found]
    assert sequences == sorted(sequences, reverse=True)
    assert [kept.event for kept in run(events.find_latest(organization_id, 2))] == made[:-3:-1]
    assert run(events.find_latest(uuid4())) == []


def test_of_a_customer(events: Events, store: Storage, time: HeldTime) -> None:
    """Of a customer, page by page from where the page before ended."""
    organization_id, customers, made = happen(store, time, 30)
    whole = [event for event in reversed(made) if event.customer_id == customers[1]]

    pages, before = [], None
    while page := run(events.find_of_customer(organization_id, customers[1], 4, before)):
        pages.append([kept.event for kept in page])
        before = page[-1].sequence

    assert [len(page) for page in pages] == [4, 4, 2]
    assert [event for page in pages for event in page] == whole
    assert [
        one.event for one in run(events.find_of_customer(organization_id, customers[1]))
    ] == whole
    assert run(events.find_of_customer(uuid4(), customers[1])) == []
