"""Streams of webhooks: what a command line tool that listens is told, and in which order."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.members import Members
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.snapshots import Snapshots
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customers import CustomerChange, NewCustomer
from icefloe.domain.values.events import Event
from icefloe.domain.values.members import MemberChange, MemberName, NewMember
from icefloe.domain.values.organizations import OrganizationChange
from icefloe.domain.webhooks import stream as streams
from icefloe.domain.webhooks.stream import WebhookStream, WebhookStreams
from icefloe.storage.open import open_storage
from support import HeldTime, run


@dataclass
class World:
    """An organization, and the rules over its storage."""

    store: Storage
    time: HeldTime
    organization_id: UUID
    customers: CustomerWrites
    members: Members

    @property
    def subject(self) -> Subject:
        """The organization's own."""
        return Subject(self.organization_id, uuid4(), frozenset(), None)

    def open(self) -> WebhookStream:
        """A stream of the organization."""
        return run(WebhookStreams(self.store).open(self.organization_id))

    def create(self, email: str = "ada@example.com", **values: Any) -> UUID:
        """A new customer."""
        made = run(self.customers.create(self.subject, NewCustomer(email=email, **values)))
        return UUID(json.loads(made)["id"])

    def happen(self, *names: str) -> None:
        """Let things happen that only have names."""
        run(self.store.write(lambda tables: tables.events.add_all([self.event(n) for n in names])))

    def event(self, name: str) -> Event:
        """Something that happened, told apart by a name."""
        return Event(
            type="member.updated",
            organization_id=self.organization_id,
            customer_id=uuid4(),
            created_at=self.time.now,
            document=json.dumps({"name": name}).encode(),
        )


@pytest.fixture
def world(store: Storage, time: HeldTime) -> World:
    """An organization without customers."""
    return world_of(store, time)


def world_of(store: Storage, time: HeldTime) -> World:
    """An organization without customers, over a storage."""
    made = run(Organizations(store, time.clock).create("Tests", organization_id=uuid4()))
    clock = time.clock
    return World(store, time, made.id, CustomerWrites(store, clock), Members(store, clock))


def told(stream: WebhookStream) -> list[Any]:
    """What a stream tells now, whole."""
    found = [json.loads(body) for body in run(stream.read())]
    while stream.has_more:
        found += [json.loads(body) for body in run(stream.read())]
    return found


def types(stream: WebhookStream) -> list[str]:
    """The types of what it tells now."""
    return [one["type"] for one in told(stream)]


def names(stream: WebhookStream) -> list[str]:
    """The names of what it tells now."""
    return [one["data"]["name"] for one in told(stream)]


class TestWebhookStream:
    """What a stream tells."""

    def test_from_now_on(self, world: World) -> None:
        """What happened before the stream was opened is left out; nothing is told twice."""
        world.create("before@example.com")
        stream = world.open()

        assert types(stream) == []
        world.create()
        assert types(stream) == ["member.created", "customer.created", "customer.state_changed"]
        assert types(stream) == []

    def test_body(self, world: World) -> None:
        """A body is what an endpoint gets: type, time and data; the state has its lists."""
        stream = world.open()
        customer_id = world.create(name="Zoë")
        _, created, state = run(stream.read())

        assert created.startswith(
            b'{"type":"customer.created","timestamp":"2026-05-01T12:00:00.1234'
        )
        assert '"name":"Zoë"'.encode() in created
        assert json.loads(created)["data"]["id"] == str(customer_id)
        assert json.loads(state)["data"]["active_subscriptions"] == []

    def test_of_one_organization(self, world: World) -> None:
        """Another organization's webhooks are not told."""
        stream = world.open()
        world_of(world.store, world.time).create()

        assert types(stream) == []

    def test_organization(self, world: World) -> None:
        """A change of the organization is told, which is about no customer."""
        stream = world.open()
        organizations = Organizations(world.store, world.time.clock)
        change = OrganizationChange(name="Renamed")
        run(organizations.change(world.subject, world.organization_id, change))

        (body,) = told(stream)
        assert (body["type"], body["data"]["name"]) == ("organization.updated", "Renamed")

    def test_new_owner(self, world: World) -> None:
        """Of a new owner, one webhook tells; the old one's new role is not told, as to endpoints."""
        team = world.create(type="team")
        new = NewMember(email="bo@example.com")
        member = json.loads(run(world.members.create(world.subject, team, new)))
        stream = world.open()
        change = MemberChange(role="owner")
        run(world.members.update(world.subject, MemberName(UUID(member["id"])), change))

        (body,) = told(stream)
        assert (body["type"], body["data"]["email"]) == ("member.updated", "bo@example.com")

    def test_anonymised(self, world: World) -> None:
        """The removal of the only customer is told, though its earlier events are gone by then."""
        customer_id = world.create()
        stream = world.open()
        run(world.customers.delete(world.subject, customer_id, anonymise=True))

        assert types(stream) == ["member.deleted", "customer.deleted", "customer.state_changed"]

    def test_anonymised_after_long(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is told also if the stream looks back no further than its last event."""
        monkeypatch.setattr(streams, "_LATE_SECONDS", -1.0)
        stream = world.open()
        customer_id = world.create()
        assert len(told(stream)) == 3
        run(world.customers.delete(world.subject, customer_id, anonymise=True))

        assert types(stream) == ["member.deleted", "customer.deleted", "customer.state_changed"]

    def test_many(self, world: World) -> None:
        """More than a read gives come in further reads, in order, each once."""
        stream = world.open()
        expected = [f"event {number}" for number in range(250)]
        world.happen(*expected)

        assert len(run(stream.read())) == 100
        assert stream.has_more
        assert names(stream) == expected[100:]
        assert not stream.has_more

    def test_little_memory(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """A stream that may remember few events tells all of them, each once."""
        monkeypatch.setattr(streams, "_MOST_SEEN", 5)
        stream = world.open()
        expected = [f"event {number}" for number in range(250)]
        world.happen(*expected)

        assert names(stream) == expected
        world.happen("last")
        assert names(stream) == ["last"]

    @pytest.mark.parametrize("late", [40.0, -1.0], ids=["seen", "looked past"])
    def test_restored(self, world: World, monkeypatch: pytest.MonkeyPatch, late: float) -> None:
        """What a snapshot brings back is not told again; what happens after that is."""
        monkeypatch.setattr(streams, "_LATE_SECONDS", late)
        snapshots = Snapshots(world.store)
        world.create("first@example.com")
        snapshot = run(snapshots.take(world.organization_id))
        stream = world.open()
        for number in range(3):
            world.create(f"customer{number}@example.com")
        assert len(told(stream)) == 9

        run(snapshots.restore(world.organization_id, snapshot))

        assert types(stream) == []
        world.create("later@example.com")
        assert types(stream) == ["member.created", "customer.created", "customer.state_changed"]

    def test_undone(self, world: World) -> None:
        """What is rolled back is not told."""
        stream = world.open()

        async def work(tables: Tables) -> None:
            await tables.events.add(world.event("undone"))
            raise RuntimeError

        with pytest.raises(RuntimeError):
            run(world.store.write(work))
        assert names(stream) == []

    def test_same_values(self, world: World) -> None:
        """A change that changes nothing is told as well, as at the reference."""
        customer_id = world.create()
        stream = world.open()
        run(world.customers.update(world.subject, customer_id, CustomerChange()))

        assert types(stream) == ["customer.updated", "customer.state_changed"]


@pytest.mark.processes
class TestAtOnce:
    """Transactions that run at once."""

    @pytest.mark.parametrize("opened_while", [False, True], ids=["before", "while it runs"])
    def test_late_commit(
        self, postgres_database: str, time: HeldTime, *, opened_while: bool
    ) -> None:
        """An event whose transaction commits after later ones is told then, late but once."""
        store = run(open_storage(postgres_database))
        world = world_of(store, time)

        async def happen() -> list[list[str]]:
            streams_ = WebhookStreams(store)
            stream = await streams_.open(world.organization_id)
            added, may_commit = asyncio.Event(), asyncio.Event()

            async def work(tables: Tables) -> None:
                await tables.events.add(world.event("slow"))
                added.set()
                await may_commit.wait()

            slow = asyncio.create_task(store.write(work))
            await added.wait()
            if opened_while:
                stream = await streams_.open(world.organization_id)
            await store.write(lambda tables: tables.events.add(world.event("quick")))
            told = [_names(await stream.read())]
            may_commit.set()
            await slow
            return [*told, _names(await stream.read()), _names(await stream.read())]

        try:
            assert run(happen()) == [["quick"], ["slow"], []]
        finally:
            run(store.close())

    def test_other_process(
        self, store: Storage, time: HeldTime, reopen: Callable[[], Storage]
    ) -> None:
        """What another process writes is told."""
        world = world_of(store, time)
        stream = world.open()
        assert names(stream) == []
        other = reopen()
        run(other.write(lambda tables: tables.events.add(world.event("elsewhere"))))

        found: list[str] = []
        while not found:
            found = names(stream)
        assert found == ["elsewhere"]


def _names(bodies: list[bytes]) -> list[str]:
    return [json.loads(body)["data"]["name"] for body in bodies]


@pytest.fixture
def reopen(engine: Any) -> Any:
    """Opens the database once more, as another process has it."""
    opened: list[Storage] = []

    def open_again() -> Storage:
        opened.append(run(engine.open()))
        return opened[-1]

    yield open_again
    for one in opened:
        run(one.close())
