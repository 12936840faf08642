"""Usage: events are counted as they arrive, and the sums are those of a count from scratch."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depth import AT_EACH_DEPTH, Depth
from icefloe.domain.commerce import usage
from icefloe.domain.commerce.commerce import Commerce
from icefloe.domain.commerce.quantities import QuantityQuery
from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.imports import Imports
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.snapshots import Snapshots
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customer_meters import CustomerMeterQuery
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.errors import RulesBroken
from icefloe.domain.values.intervals import Interval
from icefloe.domain.values.listing import MetadataFilter, PageRequest
from icefloe.domain.values.measures import Clause, EventFilter
from icefloe.domain.values.usage import Ingested, NewUsageEvent, UsageEventFilter, UsageEventQuery
from icefloe.domain.values.webhooks import NewWebhookEndpoint
from icefloe.domain.webhooks.endpoints import WebhookEndpoints
from icefloe.domain.webhooks.state_changes import StateChanges
from icefloe.exchange.records import read_entry
from icefloe.storage.open import open_maintenance
from support import Engine, HeldTime, new_customer, run

ALL = PageRequest(limit=100)
CALLS: Any = {
    "conjunction": "and",
    "clauses": [{"property": "name", "operator": "eq", "value": "call"}],
}
ANY: Any = {"conjunction": "and", "clauses": []}


class World:
    """An organization whose customers use something."""

    def __init__(self, store: Storage, time: HeldTime) -> None:
        self.store = store
        self.time = time
        self.organization_id = run(Organizations(store, time.clock).create(f"Used {uuid4()}")).id
        self.commerce = Commerce(store, time.clock)
        self.customers = CustomerWrites(store, time.clock)
        self.subject = Subject(self.organization_id, uuid4(), frozenset())

    def customer(self, external_id: str | None) -> UUID:
        """A new customer's id."""
        new = NewCustomer(email=f"{uuid4().hex}@example.com", external_id=external_id)
        return read_id(run(self.customers.create(self.subject, new)))

    def meter(self, function: str, event_filter: Any = CALLS, property_: str = "n") -> UUID:
        """A new meter's id."""
        return read_id(run(self.commerce.meters.create(self.organization_id, {
            "name": "Meter", "unit": "scalar", "custom_label": None, "custom_multiplier": None,
            "metadata": {}, "filter": event_filter, "aggregation": aggregation(function, property_),
        })))  # fmt: skip

    def ingest(self, *events: NewUsageEvent) -> Ingested:
        """Ingest events, a second after what was before."""
        self.time.pass_by(seconds=1)
        return run(self.commerce.usage.ingest(self.organization_id, events))

    def units(self) -> dict[tuple[UUID, UUID], float]:
        """What each customer has consumed, by customer and meter."""
        query = CustomerMeterQuery(page=ALL)
        found, _ = run(self.commerce.usage.find_customer_meters(self.organization_id, query))
        return {
            (one.counted.customer_id, one.counted.meter_id): one.counted.consumed_units
            for one in found
        }

    def quantities(self, meter_id: UUID, **query: Any) -> tuple[list[float], float]:
        """What a meter counted in each period, and in all of them; the first of May unless given."""
        usual: dict[str, Any] = {
            "start": datetime.fromisoformat("2026-05-01T00:00:00Z"),
            "end": datetime.fromisoformat("2026-05-01T23:59:59Z"),
            "interval": Interval.DAY,
            "zone": ZoneInfo("UTC"),
        }
        asked = QuantityQuery(**(usual | query))
        found = run(self.commerce.quantities.find(self.organization_id, meter_id, asked))
        return [quantity for _, quantity in found.periods], found.total

    def names(self, passing: EventFilter | None = None, **wanted: Any) -> list[str]:
        """The names of the events that a list has, the earliest first."""
        query = UsageEventQuery(page=ALL, wanted=UsageEventFilter(**wanted), is_newest_first=False)
        find = self.commerce.usage.find_page
        found, count = run(find(self.organization_id, query, passing=passing))
        assert count == len(found)
        return [one.event.name for one in found]


def read_id(document: bytes) -> UUID:
    """The id in a document."""
    return UUID(document.decode().partition('"id":"')[2][:36])


def aggregation(function: str, property_: str = "n") -> Any:
    """An aggregation's document."""
    return {"func": function} if function == "count" else {"func": function, "property": property_}


def call(whose: str | None = None, n: Any = None, **values: Any) -> NewUsageEvent:
    """An event named `call`; with a number, or another value, under `n`."""
    notes = {} if n is None else {"n": n}
    usual: dict[str, Any] = {"name": "call", "external_customer_id": whose, "metadata": notes}
    return NewUsageEvent(**(usual | values))


@pytest.fixture
def world(store: Storage, time: HeldTime) -> World:
    """An organization, empty."""
    return World(store, time)


@pytest.fixture
def check(engine: Engine) -> Callable[[], None]:
    """Asserts that `icefloe database check` finds nothing."""

    def find() -> None:
        assert run(open_maintenance(engine.database).find_disagreements(lambda _: None)) == []

    return find


class TestIngest:
    """Events are stored and counted in one transaction."""

    def test_first_of_an_hour_at_once(self, world: World, check: Callable[[], None]) -> None:
        """Requests at once that are the first of their hour and of their customer all count."""
        ada = world.customer("ada")
        meter = world.meter("sum")
        ingest = world.commerce.usage.ingest

        async def ingest_all() -> None:
            await asyncio.gather(
                *[ingest(world.organization_id, [call("ada", 1)]) for _ in range(8)]
            )

        run(ingest_all())
        assert world.quantities(meter)[1] == world.units()[ada, meter] == 8
        check()

    @pytest.mark.parametrize(
        ("function", "units"),
        [("count", 3), ("sum", 6), ("max", 3), ("min", 1), ("avg", 2), ("unique", 3)],
    )
    def test_functions(
        self, world: World, check: Callable[[], None], function: str, units: float
    ) -> None:
        """Each function adds up what came before the meter, and what comes after it."""
        ada = world.customer("ada")
        world.ingest(call("ada", 3), call(None, 1, customer_id=ada))
        meter = world.meter(function)
        world.ingest(call("ada", 2), call("ada", 2, name="other"))

        assert world.units() == {(ada, meter): units}
        assert world.quantities(meter) == ([units], units)
        check()

    def test_duplicates(self, world: World) -> None:
        """An event whose external id is stored already, or comes twice, is left out."""
        ada, meter = world.customer("ada"), world.meter("count")
        first = call("ada", external_id="e1")

        assert world.ingest(first, first) == Ingested(1, 1)
        assert world.ingest(first, call("ada", external_id="e2")) == Ingested(1, 1)
        assert world.units() == {(ada, meter): 2}

    def test_unknown_customer(self, world: World) -> None:
        """Where one event names no customer by its id, none is stored; a deleted one is none."""
        gone = world.customer("gone")
        run(world.customers.delete(world.subject, gone))

        with pytest.raises(RulesBroken) as refused:
            world.ingest(call("ada"), call(None, customer_id=gone))
        [violation] = refused.value.violations
        assert violation.place == ("body", "events", 1, "customer_id")
        assert world.names() == []

    def test_zeros(self, world: World) -> None:
        """An event makes a customer meter for each meter that is not archived, at zero if need be."""
        ada, calls = world.customer("ada"), world.meter("count")
        archived = world.meter("count")
        change: Any = {"is_archived": True}
        run(world.commerce.meters.update(world.organization_id, archived, change))

        world.ingest(call("ada", name="other"))

        assert world.units() == {(ada, calls): 0}

    def test_late_customer(self, world: World, check: Callable[[], None]) -> None:
        """Events that came before their customer are counted once the customer is there."""
        meter = world.meter("sum")
        world.ingest(call("ada", 2), call("ada", 3))
        assert world.quantities(meter) == ([5], 5)
        assert world.units() == {}

        ada = world.customer("ada")

        assert world.units() == {(ada, meter): 5}
        check()
        run(world.customers.delete(world.subject, ada))
        assert world.units() == {}
        second = world.customer("ada")
        assert world.units() == {(second, meter): 5}
        check()

    def test_imported_customer(self, world: World, check: Callable[[], None]) -> None:
        """A customer who is imported after its events has them."""
        meter = world.meter("count")
        world.ingest(call("usr_1"))

        entry = read_entry("1", new_customer(1))
        run(Imports(world.store, world.time.clock).run(world.organization_id, lambda: [entry]))

        assert list(world.units().values()) == [1]
        assert {meter_id for _, meter_id in world.units()} == {meter}
        check()

    def test_first_event(self, world: World) -> None:
        """A customer shows when its first event happened, whichever arrives first."""
        ada = world.customer("ada")
        early = world.time.now - timedelta(days=3)
        for timestamp in (None, early, early + timedelta(days=1)):
            world.ingest(call("ada", timestamp=timestamp))

        stored = run(
            world.store.read(lambda tables: tables.customers.find(world.organization_id, ada))
        )
        assert stored is not None
        assert stored.first_user_event_at == early
        assert stored.modified_at is None

    def test_change_of_meter(self, world: World, check: Callable[[], None]) -> None:
        """A meter that measures something else counts all events afresh; its credit stays."""
        ada, meter = world.customer("ada"), world.meter("count")
        world.ingest(call("ada", 4), call("ada", 5, name="other"))
        clock = world.time.clock
        run(
            world.store.write(
                lambda tables: usage.credit(tables, clock, world.organization_id, ada, meter, 100)
            )
        )

        change: Any = {"filter": ANY, "aggregation": aggregation("sum")}
        run(world.commerce.meters.update(world.organization_id, meter, change))

        query = CustomerMeterQuery(page=ALL)
        [shown], _ = run(world.commerce.usage.find_customer_meters(world.organization_id, query))
        counted = shown.counted
        assert (counted.consumed_units, counted.credited_units, counted.balance) == (9, 100, 91)
        check()

    def test_archived_meter(self, world: World, check: Callable[[], None]) -> None:
        """An archived meter's units stand still until it is used again; its quantities go on."""
        ada, meter = world.customer("ada"), world.meter("count")
        world.ingest(call("ada"))
        for is_archived, units in ((True, 1), (False, 2)):
            change: Any = {"is_archived": is_archived}
            run(world.commerce.meters.update(world.organization_id, meter, change))
            if is_archived:
                world.ingest(call("ada"))
            assert world.units() == {(ada, meter): units}
            assert world.quantities(meter)[1] == 2
            check()


class TestStateChanged:
    """Endpoints are told of a customer's state after its usage has changed."""

    def test_settles(self, world: World) -> None:
        """They are told once, 16 seconds after the last event that changed its units."""
        run(
            WebhookEndpoints(world.store, world.time.clock, public_only=False).create(
                world.organization_id,
                NewWebhookEndpoint(
                    url="https://example.com/", format="raw", events=("customer.state_changed",)
                ),
            )
        )
        world.customer("ada")
        world.meter("count")
        states = StateChanges(world.store, world.time.clock)

        world.ingest(call("ada", name="other"))
        assert run(states.find_next()) == {}
        for _ in range(3):
            world.ingest(call("ada"))
        assert run(states.find_next()) == {
            world.organization_id: world.time.now + timedelta(seconds=16)
        }

    def test_without_endpoint(self, world: World) -> None:
        """Without an endpoint nothing is noted."""
        world.customer("ada")
        world.meter("count")
        world.ingest(call("ada"))

        assert run(StateChanges(world.store, world.time.clock).find_next()) == {}


class TestParents:
    """Events belong to others."""

    def test_parents(self, world: World) -> None:
        """A parent is named by id or external id; one that arrives later is found then."""
        world.ingest(call(name="child", parent="p1"), call(name="stray", parent="none"))
        world.ingest(
            call(name="parent", external_id="p1"),
            call(name="grandchild", parent="c2"),
            call(name="second", external_id="c2", parent="p1"),
        )
        find = world.commerce.usage.find_page
        query = UsageEventQuery(page=ALL)
        found, _ = run(find(world.organization_id, query))
        parent = next(one for one in found if one.event.name == "parent")

        assert parent.child_count == 2
        parent_id = parent.event.id
        world.ingest(call(name="third", parent=str(parent_id)))
        assert world.names(parent_id=parent_id) == ["child", "second", "third"]
        for depth, names in (
            (0, ["parent"]),
            (1, ["child", "parent", "second", "third"]),
            (2, ["child", "parent", "grandchild", "second", "third"]),
        ):
            assert world.names(parent_id=parent_id, depth=depth) == names
        assert world.names(depth=0) == ["stray", "parent"]
        assert len(world.names(depth=5)) == 6


class TestLists:
    """Lists of events."""

    def test_filters(self, world: World) -> None:
        """Each filter narrows the list by itself, and all of them at once."""
        ada = world.customer("ada")
        early = world.time.now - timedelta(hours=2)
        world.ingest(
            call("ada", 1, name="a", timestamp=early),
            call(None, 2, name="b", customer_id=ada),
            call("later", 3, name="c%"),
        )
        for wanted, names in (
            ({"after": early + timedelta(seconds=1)}, ["b", "c%"]),
            ({"before": early}, ["a"]),
            ({"customer_ids": (ada,)}, ["a", "b"]),
            ({"external_customer_ids": ("ada",)}, ["a", "b"]),
            ({"external_customer_ids": ("later",)}, ["c%"]),
            ({"customer_ids": ()}, []),
            ({"names": ("a", "c%")}, ["a", "c%"]),
            ({"sources": ("system",)}, []),
            ({"query": "%"}, ["c%"]),
            ({"query": "EXAMPLE.COM"}, ["a", "b"]),
            ({"query": "\0"}, []),
            ({"metadata": (MetadataFilter("n", ("2", "3")),)}, ["b", "c%"]),
            ({"metadata": (MetadataFilter("n", ("2",)),), "names": ("a",)}, []),
        ):
            assert world.names(**wanted) == names, wanted
        assert world.names(EventFilter("and", (Clause("n", "gt", 1),))) == ["b", "c%"]

    def test_pages(self, world: World) -> None:
        """Pages of filtered lists hold what they would of a whole list."""
        world.ingest(*[call("ada", n) for n in range(7)])
        find = world.commerce.usage.find_page
        passing = EventFilter("and", (Clause("n", "lt", 5),))
        query = UsageEventQuery(page=PageRequest(2, 2))

        found, count = run(find(world.organization_id, query, passing=passing))

        assert ([one.event.metadata["n"] for one in found], count) == ([2, 1], 5)

    def test_meter(self, world: World) -> None:
        """A meter's events are those that it counts; an unknown meter has none."""
        meter = world.meter("sum")
        world.ingest(call("ada", 1), call("ada"), call("ada", 1, name="other"))
        find = world.commerce.usage.find_page
        query = UsageEventQuery(page=ALL)

        for meter_id, expected in ((meter, 1), (uuid4(), 0)):
            _, count = run(find(world.organization_id, query, meter_id=meter_id))
            assert count == expected


class TestQuantities:
    """What a meter counted over time."""

    def test_edges(self, world: World) -> None:
        """Both ends of a range count to the microsecond, in whatever zone and interval."""
        meter = world.meter("count")
        moments = ["2026-04-30T22:30:00", "2026-05-01T00:15:00", "2026-05-01T10:00:00"]
        world.ingest(
            *[call("ada", timestamp=datetime.fromisoformat(f"{at}+00:00")) for at in moments]
        )
        start = datetime.fromisoformat("2026-04-30T22:30:00Z")
        end = datetime.fromisoformat("2026-05-01T10:00:00Z")
        tick = timedelta(microseconds=1)

        for query, quantities in (
            ({}, [1, 2]),
            ({"start": start + tick}, [0, 2]),
            ({"end": end - tick}, [1, 1]),
            ({"zone": ZoneInfo("Europe/Berlin")}, [3]),
            ({"zone": ZoneInfo("Asia/Kolkata")}, [3]),
            ({"zone": ZoneInfo("America/New_York")}, [2, 1]),
            ({"interval": Interval.MONTH}, [1, 2]),
            ({"interval": Interval.WEEK}, [3]),
            ({"interval": Interval.YEAR}, [3]),
            ({"end": start - timedelta(days=1)}, []),
        ):
            found = world.quantities(meter, **({"start": start, "end": end} | query))
            assert found == (quantities, sum(quantities)), query

    def test_customers(self, world: World) -> None:
        """Quantities of single customers are made one by a function."""
        world.customer("ada")
        meter = world.meter("sum")
        world.ingest(call("ada", 1), call("ada", 2), call("later", 5))

        for function, quantity in (
            ("sum", 8), ("max", 5), ("min", 3), ("avg", 4), ("count", 2), ("unique", 2),
        ):  # fmt: skip
            assert world.quantities(meter, per_customer=function)[1] == quantity
        for wanted, quantity in (
            (UsageEventFilter(external_customer_ids=("ada",)), 3),
            (UsageEventFilter(metadata=(MetadataFilter("n", ("5",)),)), 5),
        ):
            assert world.quantities(meter, wanted=wanted)[1] == quantity

    def test_too_many(self, world: World) -> None:
        """A range of too many periods is refused, and one beyond the calendar."""
        meter = world.meter("count")
        for query in (
            {"start": datetime.fromisoformat("1990-01-01T00:00:00Z"), "interval": Interval.HOUR},
            {"end": datetime.fromisoformat("9999-12-31T23:00:00Z"), "interval": Interval.YEAR},
        ):
            with pytest.raises(RulesBroken):
                world.quantities(meter, **query)

    @pytest.mark.parametrize("function", ["sum", "unique", "avg", "min"])
    def test_sums_and_events(self, world: World, function: str) -> None:
        """What is added up as events arrive is what the events themselves say."""
        meter = world.meter(function)
        begin = world.time.now - timedelta(days=5)
        world.ingest(
            *[call("ada", at % 7, timestamp=begin + at * timedelta(hours=1.7)) for at in range(60)]
        )
        every = UsageEventFilter(names=("call",))
        for interval, days in itertools.product(Interval, (0.01, 0.5, 2, 9)):
            span = {"start": begin, "end": begin + timedelta(days=days), "interval": interval}
            assert world.quantities(meter, **span) == world.quantities(meter, wanted=every, **span)


class TestAnonymise:
    """What happens to a customer's events as the customer is anonymised."""

    def test_anonymise(self, world: World, check: Callable[[], None]) -> None:
        """What no meter reads is removed; sums stay."""
        ada, meter = world.customer("ada"), world.meter("sum")
        notes = {"n": 2, "name": "Ada", "_llm": {"prompt": "I am Ada"}}
        world.ingest(call(None, customer_id=ada, metadata=notes, member_id=uuid4()))

        run(world.customers.delete(world.subject, ada, anonymise=True))

        query = UsageEventQuery(page=ALL)
        [shown], _ = run(world.commerce.usage.find_page(world.organization_id, query))
        assert (shown.event.metadata, shown.event.member_id) == ({"n": 2}, None)
        assert world.quantities(meter)[1] == 2
        check()


def test_snapshot(world: World, check: Callable[[], None]) -> None:
    """A snapshot holds all usage, and gives it to another organization too."""
    ada = world.customer("ada")
    meters = [world.meter("sum"), world.meter("unique")]
    world.ingest(call("ada", 2), call("later", 3))
    snapshots = Snapshots(world.store)
    taken = run(snapshots.take(world.organization_id))
    units = world.units()
    world.ingest(call("ada", 5))
    other = World(world.store, world.time)

    for each in (world, other):
        run(snapshots.restore(each.organization_id, taken))
        assert each.units() == units
        assert [each.quantities(meter)[1] for meter in meters] == [5, 2]
    assert {customer_id for customer_id, _ in units} == {ada}
    assert run(snapshots.take(world.organization_id)) == taken
    check()


_NUMBERS = st.one_of(st.integers(-9, 9), st.sampled_from([0.1, 0.2, 1e16, "x", True, None]))
_EVENTS = st.builds(
    lambda name, whose, n, hours: (name, whose, n, hours),
    st.sampled_from(["call", "call", "other"]),
    st.sampled_from(["a", "b", "c"]),
    _NUMBERS,
    st.integers(0, 50),
)
_STEPS = st.one_of(
    st.tuples(st.just("ingest"), st.lists(_EVENTS, min_size=1, max_size=6)),
    st.tuples(st.just("create"), st.sampled_from(["a", "b", "c"])),
    st.tuples(st.just("delete"), st.sampled_from(["a", "b", "c"])),
    st.tuples(st.just("meter"), st.sampled_from(["count", "sum", "max", "min", "avg", "unique"])),
    st.tuples(st.just("change"), st.sampled_from(["count", "sum", "max", "min", "avg", "unique"])),
)


@AT_EACH_DEPTH
def test_any_sequence(world: World, check: Callable[[], None], depth: Depth) -> None:
    """Whatever happens in whatever order, the sums are those of a count from scratch."""

    @settings(
        max_examples=depth.of(80),
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(st.lists(_STEPS, max_size=12))
    def run_steps(steps: list[tuple[str, Any]]) -> None:
        here = World(world.store, world.time)
        there: dict[str, UUID] = {}
        meters: list[UUID] = []
        for step, what in steps:
            take_step(here, there, meters, step, what)
        check()

    run_steps()


def take_step(
    here: World, there: dict[str, UUID], meters: list[UUID], step: str, what: Any
) -> None:
    """Do one of the things that change what is counted."""
    if step == "ingest":
        here.ingest(
            *[
                call(
                    None if n == 0 and whose in there else whose,
                    n,
                    name=name,
                    customer_id=there.get(whose) if n == 0 else None,
                    timestamp=here.time.now - timedelta(hours=hours),
                )
                for name, whose, n, hours in what
            ]
        )
    elif step == "create" and what not in there:
        there[what] = here.customer(what)
    elif step == "delete" and what in there:
        run(here.customers.delete(here.subject, there.pop(what)))
    elif step == "meter":
        meters.append(here.meter(what))
    elif step == "change" and meters:
        change: Any = {"aggregation": aggregation(what)}
        run(here.commerce.meters.update(here.organization_id, meters[0], change))
