"""`customer.state_changed` after changes of what a customer has: when it is told, and how often."""

import json
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customers import CustomerChange, NewCustomer
from icefloe.domain.values.webhooks import NewWebhookEndpoint, WebhookEndpoint
from icefloe.domain.webhooks import state_changes
from icefloe.domain.webhooks.deliveries import WebhookDeliveries
from icefloe.domain.webhooks.endpoints import WebhookEndpoints
from icefloe.domain.webhooks.state_changes import StateChanges
from support import HeldTime, run


@dataclass
class World:
    """An organization, and the rules over its storage."""

    store: Storage
    time: HeldTime
    organization_id: UUID
    endpoints: WebhookEndpoints
    deliveries: WebhookDeliveries
    states: StateChanges
    customers: CustomerWrites

    @property
    def subject(self) -> Subject:
        """The organization's own."""
        return Subject(self.organization_id, uuid4(), frozenset(), None)

    def create(self, email: str = "ada@example.com") -> UUID:
        """A new customer."""
        return UUID(
            json.loads(run(self.customers.create(self.subject, NewCustomer(email=email))))["id"]
        )

    def listen(self) -> WebhookEndpoint:
        """An endpoint that is told of states alone."""
        new = NewWebhookEndpoint(
            url="https://example.com/", format="raw", events=("customer.state_changed",)
        )
        return run(self.endpoints.create(self.organization_id, new))

    def note(self, customer_id: UUID) -> None:
        """Change what a customer has."""
        run(
            self.store.write(
                lambda tables: state_changes.note(
                    tables, self.organization_id, customer_id, self.time.now
                )
            )
        )

    def told(self, endpoint: WebhookEndpoint) -> list[tuple[float, str | None]]:
        """For each event so far: the second of the minute, and the name of the customer it shows."""
        run(self.states.tell_due())
        run(self.deliveries.queue())
        found = run(
            self.deliveries.find_queued(self.organization_id, endpoint.id, first=100, retries=0)
        )
        assert found is not None
        return [
            (
                event.created_at.second + event.created_at.microsecond / 1e6,
                json.loads(event.payload or b"")["data"]["name"],
            )
            for event in found.first
        ]


@pytest.fixture
def world(store: Storage, time: HeldTime) -> World:
    """An organization."""
    organization = run(Organizations(store, time.clock).create("Acme"))
    time.now = time.now.replace(second=0, microsecond=0)
    return World(
        store,
        time,
        organization.id,
        WebhookEndpoints(store, time.clock),
        WebhookDeliveries(store, time.clock),
        StateChanges(store, time.clock),
        CustomerWrites(store, time.clock),
    )


def test_without_endpoint(world: World) -> None:
    """Where there is no endpoint, nothing waits, and none made later is told."""
    ada = world.create()
    world.note(ada)

    assert run(world.states.find_next()) == {}
    endpoint = world.listen()
    world.time.pass_by(seconds=9)
    assert world.told(endpoint) == []


def test_once(world: World) -> None:
    """Many changes are told of once, a second after the last of them, as the state is then."""
    ada = world.create()
    endpoint = world.listen()
    for _ in range(4):
        world.note(ada)
        world.time.pass_by(seconds=0.9)
        assert world.told(endpoint) == []
    world.time.pass_by(seconds=0.1)

    assert world.told(endpoint) == [(3.7, None)]
    assert run(world.states.find_next()) == {}


def test_at_the_latest(world: World) -> None:
    """Changes that go on are told of five seconds after the first, and again after that."""
    ada = world.create()
    endpoint = world.listen()
    for _ in range(16):
        world.note(ada)
        world.time.pass_by(seconds=0.5)
        world.told(endpoint)

    assert [second for second, _ in world.told(endpoint)] == [5.0]
    world.time.pass_by(seconds=0.5)
    assert [second for second, _ in world.told(endpoint)] == [5.0, 8.5]


def test_each_customer(world: World) -> None:
    """Each customer is told of by itself; what happens to the customer is told of at once besides."""
    ada, bo = world.create(), world.create("bo@example.com")
    endpoint = world.listen()
    world.note(ada)
    world.time.pass_by(seconds=0.5)
    world.note(bo)
    run(world.customers.update(world.subject, bo, CustomerChange(name="Bo")))
    world.time.pass_by(seconds=0.5)

    assert world.told(endpoint) == [(0.5, "Bo"), (1.0, None)]
    world.time.pass_by(seconds=0.5)
    assert world.told(endpoint) == [(0.5, "Bo"), (1.0, None), (1.5, "Bo")]


def test_all(world: World) -> None:
    """All that wait can be told of before they are due, however many there are."""
    customers = [world.create(f"c{number}@example.com") for number in range(101)]
    endpoint = world.listen()
    for one in customers:
        world.note(one)
    assert world.told(endpoint) == []

    run(world.states.tell_all(world.organization_id))

    assert run(world.states.find_next()) == {}
    run(world.deliveries.queue())
    found = run(
        world.deliveries.find_queued(world.organization_id, endpoint.id, first=200, retries=0)
    )
    assert found is not None
    assert {event.customer_id for event in found.first} == set(customers)


def test_deleted(world: World) -> None:
    """Of a customer that was deleted meanwhile, the last state is told too."""
    ada = world.create()
    endpoint = world.listen()
    world.note(ada)
    run(world.customers.delete(world.subject, ada))
    world.time.pass_by(seconds=9)

    assert [second for second, _ in world.told(endpoint)] == [0.0, 9.0]
