"""What customers have: any sequence of writes leaves it equal to a recomputation from scratch."""

import contextlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue import free_product
from depth import AT_EACH_DEPTH, Depth
from icefloe.domain import states
from icefloe.domain.commerce import holdings, matching
from icefloe.domain.commerce.changes import Changes
from icefloe.domain.commerce.commerce import Commerce
from icefloe.domain.commerce.subscriptions import Cancellation
from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.imports import Imports
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import errors
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.documents import Document
from icefloe.domain.values.imports import OnConflict, Report
from icefloe.domain.values.listing import CustomerQuery, PageRequest
from icefloe.domain.values.subscriptions import NewSubscription
from icefloe.domain.values.usage import NewUsageEvent
from icefloe.exchange.records import read_entry
from icefloe.storage.open import open_maintenance
from support import Engine, HeldTime, documents_of, run

CREDIT = 100
_NAMES = ("a", "b", "c")


@dataclass
class World:
    """An organization with two products, a meter, and what was made in it."""

    store: Storage
    time: HeldTime
    customers: dict[str, UUID] = field(default_factory=dict)
    gone: dict[str, UUID] = field(default_factory=dict)
    benefits: list[UUID] = field(default_factory=list)
    subscriptions: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = self.time.clock
        self.organization_id = run(Organizations(self.store, clock).create(f"Has {uuid4()}")).id
        self.commerce = Commerce(self.store, clock)
        self.writes = CustomerWrites(self.store, clock)
        self.subject = Subject(self.organization_id, uuid4(), frozenset())
        create = self.commerce.products.create
        self.products = [
            read_id(run(create(self.organization_id, free_product(name)))) for name in "PQ"
        ]
        meter: Any = {
            "name": "Calls", "unit": "scalar", "custom_label": None, "custom_multiplier": None,
            "metadata": {}, "filter": {"conjunction": "and", "clauses": []},
            "aggregation": {"func": "count"},
        }  # fmt: skip
        self.meter = read_id(run(self.commerce.meters.create(self.organization_id, meter)))

    def find_all(self, resource: str) -> list[Document]:
        """All objects of a resource that are not deleted."""
        return run(
            self.store.read(
                lambda tables: matching.find_all(
                    tables.commerce.table(resource), self.organization_id, []
                )
            )
        )

    def find_ids(self, *, active: bool) -> set[str]:
        """The ids of the customers who are active, or of the others, as their list says."""
        query = CustomerQuery(active=active, page=PageRequest(limit=100))
        page = run(
            self.store.read(lambda tables: tables.customers.find_page(self.organization_id, query))
        )
        found = {document["id"] for document in documents_of(page)}
        assert len(found) == page.total_count
        return found

    def find_state(self, customer_id: UUID) -> dict[str, Any]:
        """A customer's state."""
        text = run(
            self.store.read(lambda tables: states.find(tables, self.organization_id, customer_id))
        )
        assert text is not None
        state: dict[str, Any] = json.loads(text)
        return state

    # What may happen.

    def create(self, name: str) -> None:
        """A customer comes."""
        if name not in self.customers:
            new = NewCustomer(email=f"{uuid4().hex}@example.com", external_id=name)
            self.customers[name] = read_id(run(self.writes.create(self.subject, new)))

    def delete(self, name: str) -> None:
        """A customer is deleted, with all that it has."""
        if name in self.customers:
            run(self.writes.delete(self.subject, self.customers.pop(name)))

    def import_deletion(self, name: str) -> None:
        """A customer is deleted by an import."""
        if name in self.customers:
            self.gone[name] = self.customers.pop(name)
            assert self.take_in(self.gone[name], deleted_at="2026-05-01T12:00:00Z").updated == 1

    def import_return(self, name: str) -> None:
        """A customer whom an import had deleted is there again, unless another has its place."""
        if name in self.gone and name not in self.customers:
            self.customers[name] = self.gone.pop(name)
            assert self.take_in(self.customers[name], deleted_at=None).updated == 1

    def take_in(self, customer_id: UUID, **values: Any) -> Report:
        """Import new values of a customer."""
        entry = read_entry("1", {"id": str(customer_id), **values})
        return run(
            Imports(self.store, self.time.clock).run(
                self.organization_id, lambda: [entry], on_conflict=OnConflict.UPDATE
            )
        )

    def add_benefit(self, kind: str) -> None:
        """There is one more benefit."""
        properties = {"meter_id": str(self.meter), "units": CREDIT, "rollover": False}
        new: Any = {
            "type": kind, "description": kind, "visibility": None, "metadata": {},
            "properties": properties if kind == "meter_credit" else {"note": None},
        }  # fmt: skip
        made = run(self.commerce.benefits.create(self.organization_id, new))
        self.benefits.append(read_id(made))

    def delete_benefit(self, at: int) -> None:
        """A benefit is no more."""
        if self.benefits:
            gone = self.benefits.pop(at % len(self.benefits))
            run(self.commerce.benefits.delete(self.organization_id, gone))

    def bring(self, product: int, which: set[int]) -> None:
        """A product brings some of the benefits."""
        wanted = [one for at, one in enumerate(self.benefits) if at in which]
        run(
            self.commerce.products.set_benefits(
                self.organization_id, self.products[product], wanted
            )
        )

    def subscribe(self, name: str, product: int) -> None:
        """A customer subscribes to a product, perhaps once more."""
        if name in self.customers:
            new = NewSubscription(
                product_id=self.products[product], customer_id=self.customers[name], metadata={}
            )
            made = run(self.commerce.subscriptions.create(self.organization_id, new))
            self.subscriptions.append(read_id(made))

    def change(self, at: int, how: str) -> None:
        """A subscription changes, if its status allows that."""
        if not self.subscriptions:
            return
        one = self.subscriptions[at % len(self.subscriptions)]
        service, organization_id = self.commerce.subscriptions, self.organization_id
        later = self.time.now + timedelta(days=400)
        doing: dict[str, Callable[[], Any]] = {
            "cancel": lambda: service.cancel(organization_id, one, Cancellation()),
            "uncancel": lambda: service.uncancel(organization_id, one),
            "revoke": lambda: service.revoke(organization_id, one, Cancellation()),
            "move": lambda: service.update(
                organization_id, one, {"product_id": self.products[at % 2]}
            ),
            "try": lambda: service.update(organization_id, one, {"trial_end": later}),
            "end trial": lambda: service.update(organization_id, one, {"trial_end": "now"}),
        }
        with contextlib.suppress(errors.RulesBroken, errors.SubscriptionRefused):
            run(doing[how]())

    def ingest(self, names: list[str]) -> None:
        """Customers use something, whether they are there or not."""
        events = [
            NewUsageEvent(name="call", external_customer_id=name, metadata={}) for name in names
        ]
        run(self.commerce.usage.ingest(self.organization_id, events))

    # What must be.

    def check(self) -> None:
        """Compare what is stored with what follows from subscriptions, benefits and events."""
        held: dict[str, list[Document]] = {str(one): [] for one in self.customers.values()}
        for subscription in self.find_all("subscriptions"):
            if subscription["customer_id"] in held:
                held[subscription["customer_id"]].append(subscription)
            else:
                assert subscription["status"] == "canceled"
        active = {
            customer_id
            for customer_id, subscriptions in held.items()
            if any(one["status"] in {"active", "trialing"} for one in subscriptions)
        }
        assert self.find_ids(active=True) == active
        assert self.find_ids(active=False) == held.keys() - active
        brought = {one["id"]: [str(each.id) for each in one["benefits"]] for one in
                   self.find_all("products")}  # fmt: skip
        units = {
            one["id"]: CREDIT for one in self.find_all("benefits") if one["type"] == "meter_credit"
        }
        for customer_id, subscriptions in held.items():
            going_on = [one for one in subscriptions if one["status"] in {"active", "trialing"}]
            granted = [each for one in going_on for each in brought[one["product_id"]]]
            state = self.find_state(UUID(customer_id))
            assert {one["id"] for one in state["active_subscriptions"]} == {
                one["id"] for one in going_on
            }
            assert Counter(one["benefit_id"] for one in state["granted_benefits"]) == Counter(
                granted
            )
            credited = sum(one["credited_units"] for one in state["active_meters"])
            assert credited == sum(units.get(benefit_id, 0) for benefit_id in granted)


def read_id(document: bytes) -> UUID:
    """The id in a document."""
    return UUID(document.decode().partition('"id":"')[2][:36])


_STEPS = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(_NAMES)),
    st.tuples(
        st.sampled_from(["delete", "import_deletion", "import_return"]), st.sampled_from(_NAMES)
    ),
    st.tuples(st.just("add_benefit"), st.sampled_from(["custom", "meter_credit"])),
    st.tuples(st.just("delete_benefit"), st.integers(0, 3)),
    st.tuples(st.just("bring"), st.integers(0, 1), st.sets(st.integers(0, 3))),
    st.tuples(st.just("subscribe"), st.sampled_from(_NAMES), st.integers(0, 1)),
    st.tuples(
        st.just("change"),
        st.integers(0, 5),
        st.sampled_from(["cancel", "uncancel", "revoke", "move", "try", "end trial"]),
    ),
    st.tuples(st.just("ingest"), st.lists(st.sampled_from(_NAMES), min_size=1, max_size=4)),
)
# Most of what may happen needs these.
_FIRST = (
    ("create", "a"), ("create", "b"), ("add_benefit", "custom"), ("add_benefit", "meter_credit"),
    ("bring", 0, {0, 1}), ("subscribe", "a", 0),
)  # fmt: skip


@pytest.fixture
def find_findings(engine: Engine) -> Callable[[], list[Any]]:
    """What `icefloe database check` says."""
    return lambda: run(open_maintenance(engine.database).find_disagreements(lambda _: None))


@AT_EACH_DEPTH
def test_any_sequence(
    store: Storage, time: HeldTime, find_findings: Callable[[], list[Any]], depth: Depth
) -> None:
    """Whatever happens in whatever order, customers have what follows from it."""

    @settings(
        max_examples=depth.of(48),
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(st.lists(_STEPS, max_size=14))
    def run_steps(steps: list[tuple[Any, ...]]) -> None:
        world = World(store, time)
        for step, *values in (*_FIRST, *steps):
            time.pass_by(seconds=1)
            getattr(world, step)(*values)
        world.check()
        assert find_findings() == []

    run_steps()


def test_past_due(store: Storage, time: HeldTime) -> None:
    """A customer whose subscription is past due is active, and has none of its benefits."""
    world = World(store, time)
    for step, *values in _FIRST:
        getattr(world, step)(*values)
    [subscription] = world.find_all("subscriptions")

    async def fall_due(change: Any) -> None:
        late = {**subscription, "status": "past_due"}
        await change.tables.commerce.subscriptions.replace(world.organization_id, late)
        await holdings.settle(change, late, ("subscription.updated",))

    run(Changes(store, time.clock).run(world.organization_id, fall_due))

    assert world.find_ids(active=True) == {str(world.customers["a"])}
    state = world.find_state(world.customers["a"])
    assert (state["active_subscriptions"], state["granted_benefits"]) == ([], [])
