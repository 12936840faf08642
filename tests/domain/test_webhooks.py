"""Webhooks: what is queued, in which order, when it is attempted, and what becomes of it."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.members import Members
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import errors, listing
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customers import CustomerChange, NewCustomer
from icefloe.domain.values.events import Event
from icefloe.domain.values.members import MemberChange, MemberName, NewMember, OwnerDetails
from icefloe.domain.values.webhooks import (
    Attempted,
    DeliveredEvent,
    DeliveryQuery,
    EndpointStatus,
    NewWebhookEndpoint,
    Outcome,
    WebhookEndpoint,
    WebhookEndpointChange,
    WebhookEvent,
    WebhookEventType,
)
from icefloe.domain.webhooks import schedule
from icefloe.domain.webhooks.deliveries import WebhookDeliveries
from icefloe.domain.webhooks.endpoints import WebhookEndpoints
from support import HeldTime, run

EVERYTHING: tuple[WebhookEventType, ...] = (
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.state_changed",
    "member.created",
    "member.updated",
    "member.deleted",
)
OK = Outcome(succeeded=True, http_code=200, response="ok", duration=timedelta(milliseconds=3))
BAD = Outcome(succeeded=False, http_code=500, response="no", duration=timedelta(seconds=1))
WORKER = uuid4()


@dataclass
class World:
    """An organization, and the rules over its storage."""

    store: Storage
    time: HeldTime
    organization_id: UUID
    endpoints: WebhookEndpoints
    deliveries: WebhookDeliveries
    customers: CustomerWrites
    members: Members

    @property
    def subject(self) -> Subject:
        """The organization's own."""
        return Subject(self.organization_id, uuid4(), frozenset(), None)

    def listen(self, *kinds: WebhookEventType) -> WebhookEndpoint:
        """An endpoint for these types of events, or all."""
        new = NewWebhookEndpoint(
            url="https://example.com/", format="raw", events=kinds or EVERYTHING
        )
        return run(self.endpoints.create(self.organization_id, new))

    def create(self, email: str = "ada@example.com", **values: object) -> UUID:
        """A new customer."""
        new = NewCustomer(email=email, **values)  # type: ignore[arg-type]
        return UUID(json.loads(run(self.customers.create(self.subject, new)))["id"])

    def queued(self, endpoint: WebhookEndpoint) -> list[WebhookEvent]:
        """What waits for its first attempt at an endpoint."""
        run(self.deliveries.queue())
        found = run(
            self.deliveries.find_queued(self.organization_id, endpoint.id, first=100, retries=100)
        )
        assert found is not None
        return found.first

    def types(self, endpoint: WebhookEndpoint) -> list[str]:
        """The types of what waits for its first attempt at an endpoint."""
        return [event.type for event in self.queued(endpoint)]

    def attempt(self, endpoint: WebhookEndpoint, outcome: Outcome) -> None:
        """Attempt all that is due at an endpoint, with one outcome."""
        run(self.deliveries.queue())
        found = run(
            self.deliveries.find_queued(self.organization_id, endpoint.id, first=100, retries=100)
        )
        assert found is not None
        due = [*found.first, *found.retries]
        run(self.deliveries.record([Attempted(event, outcome) for event in due]))

    def due(self, worker: UUID = WORKER) -> list[UUID]:
        """The endpoints where a worker may attempt something now."""
        run(self.deliveries.queue())
        return [
            lane.endpoint_id
            for lane in run(self.deliveries.find_lanes(worker))
            if lane.has_first or self.deliveries.is_retry_due(lane)
        ]

    def delivered(self, **filters: object) -> list[DeliveredEvent]:
        """The deliveries that filters let pass, newest first."""
        query = DeliveryQuery(page=listing.PageRequest(limit=100), **filters)  # type: ignore[arg-type]
        found, count = run(self.deliveries.find_page(self.organization_id, query))
        assert count == len(found)
        return found


@pytest.fixture
def world(store: Storage, time: HeldTime) -> World:
    """An organization without anything."""
    organization = run(Organizations(store, time.clock).create("Tests"))
    return World(
        store,
        time,
        organization.id,
        WebhookEndpoints(store, time.clock),
        WebhookDeliveries(store, time.clock),
        CustomerWrites(store, time.clock),
        Members(store, time.clock),
    )


class TestQueued:
    """What a change queues."""

    def test_nothing_without_endpoint(self, world: World) -> None:
        """Without an endpoint nothing is queued, and an endpoint is told nothing of the past."""
        world.create()

        assert world.due() == []
        assert world.queued(world.listen()) == []

    def test_endpoints_as_they_were(self, world: World) -> None:
        """What happened goes to the endpoints as they were then, whenever it is queued."""
        first = world.listen("customer.created")
        world.create()
        later = world.listen("customer.created")
        change = WebhookEndpointChange(events=("customer.updated",))
        run(world.endpoints.update(world.organization_id, first.id, change))
        run(
            world.endpoints.update(
                world.organization_id, later.id, WebhookEndpointChange(enabled=False)
            )
        )
        world.create("bo@example.com")
        run(
            world.endpoints.update(
                world.organization_id, later.id, WebhookEndpointChange(enabled=True)
            )
        )

        assert world.types(first) == ["customer.created"]
        assert world.types(later) == []

    def test_many(self, world: World) -> None:
        """However many events are pending, each is queued once, in order, with an id of its own."""
        endpoint = world.listen("organization.updated")
        made = [
            Event(
                type="organization.updated",
                organization_id=world.organization_id,
                customer_id=None,
                created_at=world.time.now,
                document=b"%d" % number,
            )
            for number in range(1_201)
        ]
        run(world.store.write(lambda tables: tables.events.add_all(made)))

        run(world.deliveries.queue())
        run(world.deliveries.queue())

        found = run(
            world.deliveries.find_queued(world.organization_id, endpoint.id, first=2_000, retries=0)
        )
        assert found is not None
        told = [json.loads(event.payload or b"")["data"] for event in found.first]
        assert told == list(range(1_201))
        assert len({event.id for event in found.first}) == 1_201

    def test_customer(self, world: World) -> None:
        """A customer's life is told in order: its owner first, and its state after each change."""
        endpoint = world.listen()

        made = world.create()
        run(world.customers.update(world.subject, made, CustomerChange(name="Ada")))
        run(world.customers.delete(world.subject, made))

        assert world.types(endpoint) == [
            "member.created",
            "customer.created",
            "customer.state_changed",
            "customer.updated",
            "customer.state_changed",
            "member.deleted",
            "customer.deleted",
            "customer.state_changed",
        ]

    def test_members(self, world: World) -> None:
        """A team's new owner is told of; the one before is not."""
        endpoint = world.listen()
        team = world.create(type="team", owner=OwnerDetails(email="bo@example.com"))
        new = NewMember(email="cy@example.com", role="member")
        member = UUID(json.loads(run(world.members.create(world.subject, team, new)))["id"])
        change = MemberChange(role="owner")
        run(world.members.update(world.subject, MemberName(member), change))

        assert world.types(endpoint)[3:] == ["member.created", "member.updated"]
        told = json.loads(world.queued(endpoint)[-1].payload or b"")
        assert (told["data"]["id"], told["data"]["role"]) == (str(member), "owner")

    def test_bodies(self, world: World) -> None:
        """A body has type, timestamp and document of that moment; a state shows what is active."""
        endpoint = world.listen("customer.created", "customer.state_changed")
        made = world.create(name="Zoë")
        run(world.customers.update(world.subject, made, CustomerChange(name="Later")))

        created, state, _ = [event.payload for event in world.queued(endpoint)]

        now = world.time.now.isoformat().replace("+00:00", "Z")
        assert (created or b"").startswith(
            f'{{"type":"customer.created","timestamp":"{now}","data":{{"id":"{made}"'.encode()
        )
        assert '"name":"Zoë"' in (created or b"").decode()
        assert list(json.loads(state or b"")["data"])[-4:] == [
            "avatar_url",
            "active_subscriptions",
            "granted_benefits",
            "active_meters",
        ]

    def test_deleted(self, world: World) -> None:
        """A deleted customer has no external id; its owner is shown as it was before."""
        endpoint = world.listen("customer.deleted", "member.deleted")
        made = world.create(external_id="u1")
        world.time.pass_by(seconds=1)
        run(world.customers.delete(world.subject, made))

        member, customer = [
            json.loads(event.payload or b"")["data"] for event in world.queued(endpoint)
        ]

        assert (customer["external_id"], customer["deleted_at"]) != ("u1", None)
        assert customer["external_id"] is None
        assert member["modified_at"] is None

    def test_only_what_is_wanted(self, world: World) -> None:
        """Each endpoint is told of its own types; disabled and deleted ones of nothing."""
        some, all_, none = world.listen("customer.created"), world.listen(), world.listen()
        off = run(
            world.endpoints.update(
                world.organization_id, none.id, WebhookEndpointChange(enabled=False)
            )
        )
        gone = world.listen()
        run(world.endpoints.delete(world.organization_id, gone.id))

        world.create()

        assert world.types(some) == ["customer.created"]
        assert len(world.queued(all_)) == 3
        assert (world.queued(off), world.queued(gone)) == ([], [])

    def test_undone(self, world: World) -> None:
        """A change that is refused queues nothing."""
        endpoint = world.listen()
        world.create()
        with pytest.raises(errors.RulesBroken):
            world.create()

        assert len(world.queued(endpoint)) == 3

    def test_told(self, world: World) -> None:
        """A listener hears of each commit that queues something, and of no other."""
        heard: list[int] = []
        world.store.listen(lambda: heard.append(1))
        world.create("before@example.com")
        assert heard == []
        world.listen()

        world.create()

        assert heard == [1]

    def test_anonymised(self, world: World) -> None:
        """What was queued about a customer that is anonymised is archived, not sent."""
        endpoint = world.listen()
        made = world.create(name="Secret")
        world.attempt(endpoint, OK)
        run(world.customers.update(world.subject, made, CustomerChange(name="Also secret")))

        run(world.customers.delete(world.subject, made, anonymise=True))

        assert world.types(endpoint) == [
            "member.deleted",
            "customer.deleted",
            "customer.state_changed",
        ]
        assert all(b"ecret" not in (event.payload or b"") for event in world.queued(endpoint))
        earlier = world.delivered()
        assert [one.event.payload for one in earlier] == [None] * 3
        assert [one.delivery.response for one in earlier] == [None] * 3


class TestAttempts:
    """What becomes of attempts."""

    def test_redelivered_meanwhile(self, world: World) -> None:
        """What becomes of an attempt leaves a cycle alone that began meanwhile."""
        endpoint = world.listen("customer.created")
        world.create()
        world.attempt(endpoint, BAD)
        world.time.pass_by(seconds=9)
        run(world.deliveries.queue())
        found = run(
            world.deliveries.find_queued(world.organization_id, endpoint.id, first=9, retries=9)
        )
        assert found is not None
        (retried,) = found.retries
        run(world.deliveries.redeliver(world.organization_id, retried.id))

        run(world.deliveries.record([Attempted(retried, OK)]))

        assert [event.attempts for event in world.queued(endpoint)] == [0]
        assert len(world.delivered()) == 2

    def test_limits(self, world: World) -> None:
        """As many are found of each kind as are asked for."""
        endpoint = world.listen("customer.created")
        for number in range(4):
            world.create(f"a{number}@example.com")
        first = world.queued(endpoint)
        run(world.deliveries.record([Attempted(event, BAD) for event in first[:2]]))
        world.time.pass_by(seconds=9)

        def count(first: int, retries: int) -> tuple[int, int]:
            run(world.deliveries.queue())
            found = run(
                world.deliveries.find_queued(
                    world.organization_id, endpoint.id, first=first, retries=retries
                )
            )
            assert found is not None
            return len(found.first), len(found.retries)

        assert [count(1, 0), count(0, 1), count(9, 9)] == [(1, 0), (0, 1), (2, 2)]

    def test_gone(self, world: World) -> None:
        """What becomes of an attempt at an event that is gone is stored nowhere."""
        endpoint = world.listen("customer.created")
        world.create()
        found = world.queued(endpoint)
        run(
            world.store.write(
                lambda tables: tables.webhook_events.remove_all(world.organization_id)
            )
        )

        assert run(world.deliveries.record([Attempted(event, OK) for event in found])) == []
        assert world.delivered() == []

    def test_success(self, world: World) -> None:
        """A success ends it, and is in the list of deliveries."""
        endpoint = world.listen("customer.created")
        world.create()

        world.attempt(endpoint, OK)

        assert world.due() == []
        (found,) = world.delivered()
        assert (found.event.succeeded, found.event.last_http_code) == (True, 200)
        assert (found.delivery.succeeded, found.delivery.response) == (True, "ok")
        assert found.delivery.duration == timedelta(milliseconds=3)

    def test_retries(self, world: World) -> None:
        """A failure is tried again after ever longer pauses, ten times in all, and has failed then."""
        endpoint = world.listen("customer.created")
        world.create()

        for attempts in range(1, schedule.MAX_ATTEMPTS + 1):
            world.attempt(endpoint, BAD)
            assert world.queued(endpoint) == []
            assert len(world.delivered()) == attempts
            if attempts == schedule.MAX_ATTEMPTS:
                break
            assert world.delivered()[0].event.succeeded is None
            world.time.pass_by(seconds=min(2 * 2**attempts, 1200) - 1)
            assert world.due() == []
            world.time.pass_by(seconds=min(2 * 2**attempts, 1200) + 1)
            assert world.due() == [endpoint.id]

        world.time.pass_by(days=1)
        assert world.due() == []
        assert world.delivered()[0].event.succeeded is False

    def test_disabled(self, world: World) -> None:
        """Ten failed events in a row disable the endpoint, and the rest is skipped."""
        endpoint = world.listen("customer.created")
        for number in range(schedule.MAX_FAILURES + 2):
            world.create(f"a{number}@example.com")
        run(world.deliveries.queue())
        found = run(
            world.deliveries.find_queued(world.organization_id, endpoint.id, first=100, retries=100)
        )
        assert found is not None
        last = [
            Attempted(replace(event, attempts=schedule.MAX_ATTEMPTS - 1), BAD)
            for event in found.first
        ]

        run(world.deliveries.record(last[: schedule.MAX_FAILURES - 1]))
        assert run(world.endpoints.get(world.organization_id, endpoint.id)).enabled
        run(world.deliveries.record(last[schedule.MAX_FAILURES - 1 : schedule.MAX_FAILURES]))

        assert not run(world.endpoints.get(world.organization_id, endpoint.id)).enabled
        assert world.queued(endpoint) == []

    def test_status(self, world: World) -> None:
        """An endpoint's status counts what is queued, what waits for a retry, and what has failed."""
        endpoint, deleted = world.listen("customer.created"), world.listen("customer.created")
        run(world.endpoints.delete(world.organization_id, deleted.id))
        world.create()
        assert run(world.endpoints.find_statuses(world.organization_id)) == {
            endpoint.id: EndpointStatus(failures=0, queued=1, retries=0, retry_at=None)
        }

        world.attempt(endpoint, BAD)
        world.create("bob@example.com")
        status = run(world.endpoints.find_statuses(world.organization_id))[endpoint.id]
        assert (status.failures, status.queued, status.retries) == (0, 1, 1)
        assert status.retry_at is not None
        assert status.retry_at > world.time.clock.now()

        for _ in range(schedule.MAX_ATTEMPTS):
            world.attempt(endpoint, BAD)
            world.time.pass_by(minutes=20)
        assert run(world.endpoints.find_statuses(world.organization_id)) == {
            endpoint.id: EndpointStatus(failures=2, queued=0, retries=0, retry_at=None)
        }

    def test_event(self, world: World) -> None:
        """An event is found by its id, within its organization."""
        endpoint = world.listen("customer.created")
        world.create()
        (event,) = world.queued(endpoint)

        assert run(world.deliveries.get_event(world.organization_id, event.id)) == event
        for organization_id, event_id in ((uuid4(), event.id), (world.organization_id, uuid4())):
            with pytest.raises(errors.WebhookEventNotFound):
                run(world.deliveries.get_event(organization_id, event_id))

    def test_redelivery(self, world: World) -> None:
        """A redelivery sends the same event again; of an unknown one there is none."""
        endpoint = world.listen("customer.created")
        world.create()
        world.attempt(endpoint, OK)
        event = world.delivered()[0].event

        run(world.deliveries.redeliver(world.organization_id, event.id))

        assert [one.id for one in world.queued(endpoint)] == [event.id]
        with pytest.raises(errors.WebhookEventNotFound):
            run(world.deliveries.redeliver(uuid4(), event.id))

    def test_redelivery_of_a_disabled_endpoint(self, world: World) -> None:
        """A disabled endpoint gets no redelivery: the event is skipped."""
        endpoint = world.listen("customer.created")
        world.create()
        world.attempt(endpoint, OK)
        off = WebhookEndpointChange(enabled=False)
        run(world.endpoints.update(world.organization_id, endpoint.id, off))
        event = world.delivered()[0].event

        run(world.deliveries.redeliver(world.organization_id, event.id))

        assert world.queued(endpoint) == []
        assert world.delivered()[0].event.skipped

    def test_lease(self, world: World) -> None:
        """One worker at a time has the lease of an endpoint."""
        endpoint = world.listen("customer.created")
        world.create()
        run(world.deliveries.queue())
        place, other = (world.organization_id, endpoint.id), uuid4()

        assert run(world.deliveries.lease(*place, WORKER))
        assert run(world.deliveries.lease(*place, WORKER))
        assert not run(world.deliveries.lease(*place, other))
        assert run(world.deliveries.find_lanes(other)) == []
        assert len(run(world.deliveries.find_lanes(WORKER))) == 1
        run(world.deliveries.release(*place, WORKER))
        assert run(world.deliveries.lease(*place, other))

    def test_filters(self, world: World) -> None:
        """Deliveries are found by endpoint, time, outcome, text, class of status and type."""
        first, second = world.listen("customer.created"), world.listen("member.created")
        world.create()
        world.attempt(first, OK)
        before = world.time.now
        world.time.pass_by(seconds=1)
        world.attempt(second, BAD)
        good, bad = world.delivered()[::-1]

        assert world.delivered(endpoint_ids=(first.id,)) == [good]
        assert world.delivered(endpoint_ids=(first.id, second.id)) == [bad, good]
        assert world.delivered(event_id=good.event.id) == [good]
        assert world.delivered(after=before) == [bad]
        assert world.delivered(before=before + timedelta(seconds=1)) == [good]
        assert world.delivered(succeeded=False) == [bad]
        assert world.delivered(succeeded=True) == [good]
        assert world.delivered(http_code_class="5xx") == [bad]
        assert world.delivered(http_code_class="2xx") == [good]
        assert world.delivered(event_types=("customer.created",)) == [good]
        assert world.delivered(query="20_") == [good]
        assert world.delivered(query=str(bad.delivery.id).upper()) == [bad]
        assert world.delivered(query=str(good.event.id)) == [good]
        part = str(bad.delivery.id)[4:]
        assert world.delivered(query=part.upper()) == [bad]
        assert world.delivered(query=part.replace("-", "")) == []
        assert world.delivered(query=part.replace("-", "_")) == [bad]
        assert world.delivered(query="\\") == []
        assert world.delivered(query="ada@example.com") == []
        run(world.endpoints.delete(world.organization_id, first.id))
        assert world.delivered(endpoint_ids=(first.id,)) == []
        assert len(world.delivered()) == 2

    def test_prune(self, world: World) -> None:
        """Old deliveries and their events go; what is queued stays."""
        endpoint = world.listen("customer.created")
        world.create()
        world.attempt(endpoint, OK)
        world.create("queued@example.com")
        world.time.pass_by(days=31)
        world.create("new@example.com")

        assert run(world.deliveries.prune(timedelta(days=30), limit=1))
        assert not run(world.deliveries.prune(timedelta(days=30)))

        assert world.delivered() == []
        assert len(world.queued(endpoint)) == 2

    def test_prune_endpoints(self, world: World) -> None:
        """Endpoints that were deleted long ago go, once nothing of theirs is stored."""
        unused, used = world.listen("customer.updated"), world.listen("customer.created")
        run(world.endpoints.delete(world.organization_id, unused.id))
        world.time.pass_by(seconds=1)
        world.create()
        world.attempt(used, OK)
        event = world.delivered()[0].event
        run(world.endpoints.delete(world.organization_id, used.id))
        living = world.listen("customer.updated")

        def pruned() -> tuple[bool, list[UUID]]:
            has_more = run(world.deliveries.prune(timedelta(days=30), limit=1))
            left = run(
                world.store.read(
                    lambda tables: tables.webhook_endpoints.find_all(world.organization_id)
                )
            )
            return has_more, [endpoint.id for endpoint in left]

        assert pruned() == (False, [unused.id, used.id, living.id])
        world.time.pass_by(days=31)
        run(world.deliveries.redeliver(world.organization_id, event.id))
        assert pruned() == (True, [used.id, living.id])
        assert pruned() == (False, [used.id, living.id])
        world.attempt(used, OK)
        assert pruned() == (True, [living.id])
        assert pruned() == (False, [living.id])

    def test_lanes(self, world: World) -> None:
        """Each endpoint with something to attempt is a lane once, a deleted one's redelivery too."""
        world.listen("member.deleted")
        retried, deleted = world.listen("customer.created"), world.listen("customer.created")
        assert world.due() == []
        world.create()
        assert sorted(world.due()) == sorted([retried.id, deleted.id])

        world.attempt(retried, BAD)
        world.attempt(deleted, OK)
        world.create("bob@example.com")
        event = next(one.event for one in world.delivered() if one.event.endpoint_id == deleted.id)
        run(world.endpoints.delete(world.organization_id, deleted.id))
        run(world.deliveries.redeliver(world.organization_id, event.id))
        run(world.deliveries.queue())
        lanes = run(world.deliveries.find_lanes(WORKER))

        assert {(lane.endpoint_id, lane.has_first, lane.retry_at is None) for lane in lanes} == {
            (retried.id, True, False),
            (deleted.id, True, True),
        }
        assert len(lanes) == 2
