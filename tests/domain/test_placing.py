"""Placing whole objects of commerce: what is derived is true, and events tell of it if asked."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from icefloe.domain import states
from icefloe.domain.commerce.commerce import Commerce
from icefloe.domain.commerce.placing.placing import Placing
from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import moments
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.errors import RulesBroken
from icefloe.domain.values.imports import OnConflict
from icefloe.domain.values.placements import PlacedResource, Placement
from icefloe.storage.open import open_maintenance
from support import Engine, HeldTime, run

MONTHLY: dict[str, Any] = {
    "recurring_interval": "month",
    "prices": [{"amount_type": "fixed", "price_amount": 2900}],
}
CREDITS: dict[str, Any] = {"name": "credits"}


class World:
    """An organization in which objects are placed."""

    def __init__(self, store: Storage, time: HeldTime) -> None:
        self.store = store
        self.time = time
        self.organization_id = run(Organizations(store, time.clock).create(f"Placed {uuid4()}")).id
        self.commerce = Commerce(store, time.clock)
        self.placing = Placing(store, time.clock)
        self.customers = CustomerWrites(store, time.clock)
        self.subject = Subject(self.organization_id, uuid4(), frozenset())

    def customer(self, external_id: str = "u1") -> str:
        """A new customer's id."""
        new = NewCustomer(email=f"{external_id}@example.com", external_id=external_id)
        made: str = json.loads(run(self.customers.create(self.subject, new)))["id"]
        return made

    def place(
        self,
        resource: PlacedResource,
        *,
        on_conflict: OnConflict = OnConflict.FAIL,
        is_loud: bool = False,
        **values: Any,
    ) -> str:
        """Place an object; returns its id."""
        placements = [Placement(resource, values)]
        (placed,) = run(
            self.placing.place(
                self.organization_id, placements, on_conflict=on_conflict, is_loud=is_loud
            )
        )
        return str(placed.id)

    def refusal(self, resource: PlacedResource, **values: Any) -> list[tuple[Any, ...]]:
        """Where and why an object is not placed."""
        with pytest.raises(RulesBroken) as caught:
            self.place(resource, **values)
        return [(*one.place[1:], one.message) for one in caught.value.violations]

    def get(self, resource: str, object_id: str) -> dict[str, Any]:
        """An object as the wire shows it."""
        text = run(getattr(self.commerce, resource).get(self.organization_id, UUID(object_id)))
        found: dict[str, Any] = json.loads(text)
        return found

    def state(self, customer_id: str) -> dict[str, Any]:
        """A customer's state."""
        text = run(
            self.store.read(
                lambda tables: states.find(tables, self.organization_id, UUID(customer_id))
            )
        )
        assert text is not None
        found: dict[str, Any] = json.loads(text)
        return found

    def is_active(self, customer_id: str) -> bool:
        """Whether lists of active customers have a customer."""
        found = run(
            self.store.read(
                lambda tables: tables.customers.find(self.organization_id, UUID(customer_id))
            )
        )
        assert found is not None
        return found.is_active

    def told(self) -> list[str]:
        """The types of the events so far, but for the customer's own."""
        found = run(self.store.read(lambda tables: tables.events.find_all(self.organization_id)))
        return [one.type for one in found if not one.type.startswith(("customer.", "member."))]


@pytest.fixture
def world(store: Storage, time: HeldTime) -> World:
    """An empty one."""
    return World(store, time)


@pytest.fixture
def check(engine: Engine) -> Callable[[], None]:
    """Asserts that `icefloe database check` finds nothing."""

    def assert_sound() -> None:
        assert run(open_maintenance(engine.database).find_disagreements(lambda _: None)) == []

    return assert_sound


def ids_of(things: list[dict[str, Any]], key: str = "id") -> list[str]:
    """Values of a key, of each of several."""
    return [one[key] for one in things]


class TestSubscriptions:
    """Subscriptions that are placed."""

    def test_active(self, world: World, check: Callable[[], None]) -> None:
        """Its customer is active and has the product's benefits; no event tells of any of it."""
        benefit = world.place("benefits", description="Support")
        product = world.place("products", name="Pro", benefits=[benefit], **MONTHLY)
        ada = world.customer()
        subscription = world.place("subscriptions", customer_id=ada, product_id=product)

        state = world.state(ada)
        assert ids_of(state["active_subscriptions"]) == [subscription]
        assert ids_of(state["granted_benefits"], "benefit_id") == [benefit]
        assert world.is_active(ada)
        assert world.told() == []
        shown = world.get("subscriptions", subscription)
        assert (shown["amount"], shown["currency"], shown["status"]) == (2900, "usd", "active")
        assert shown["product"]["id"] == product
        check()

    def test_loud(self, world: World) -> None:
        """Events tell of a loud one and of the grants that follow, in the order of their causes."""
        benefit = world.place("benefits")
        product = world.place("products", benefits=[benefit], **MONTHLY)
        ada = world.customer()
        world.place("subscriptions", is_loud=True, customer_id=ada, product_id=product)
        assert world.told() == [
            "subscription.created",
            "subscription.active",
            "subscription.updated",
            "benefit_grant.created",
        ]

    def test_ended(self, world: World, check: Callable[[], None]) -> None:
        """One that was canceled has ended: its customer has nothing of it."""
        product = world.place("products", benefits=[world.place("benefits")], **MONTHLY)
        ada = world.customer()
        ended = world.place("subscriptions", customer_id=ada, product_id=product, status="canceled")
        shown = world.get("subscriptions", ended)
        assert shown["ended_at"] == shown["ends_at"] == shown["canceled_at"]
        assert shown["ended_at"] is not None
        assert not world.is_active(ada)
        assert world.state(ada)["granted_benefits"] == []
        check()

    def test_set_to_end(self, world: World) -> None:
        """One that is set to end is active until the end of its period, which may be given alone."""
        product = world.place("products", **MONTHLY)
        ada = world.customer()
        end = moments.render(world.time.now + timedelta(days=10))
        shown = world.get(
            "subscriptions",
            world.place(
                "subscriptions",
                customer_id=ada,
                product_id=product,
                cancel_at_period_end=True,
                current_period_end=end,
            ),
        )
        assert (shown["ends_at"], shown["current_period_end"]) == (end, end)
        assert shown["canceled_at"] is not None
        assert shown["current_period_start"] < moments.render(world.time.now)
        assert shown["ended_at"] is None

    def test_period_of_an_old_one(self, world: World) -> None:
        """The present period of one that began long ago begins on a day of the same number."""
        product = world.place("products", **MONTHLY)
        started = "2020-01-31T12:00:00Z"
        shown = world.get(
            "subscriptions",
            world.place(
                "subscriptions",
                customer_id=world.customer(),
                product_id=product,
                started_at=started,
            ),
        )
        now = moments.render(world.time.now)
        assert shown["current_period_start"] <= now < shown["current_period_end"]
        assert (shown["created_at"], shown["started_at"]) == (started, started)

    def test_update(self, world: World, check: Callable[[], None]) -> None:
        """One that is there can be placed anew: what follows from it changes with it."""
        product = world.place("products", benefits=[world.place("benefits")], **MONTHLY)
        ada, own_id = world.customer(), str(uuid4())
        given: dict[str, Any] = {"id": own_id, "customer_id": ada, "product_id": product}
        world.place("subscriptions", **given)
        assert world.refusal("subscriptions", **given) == [
            ("id", "An object with this id already exists.")
        ]
        world.place("subscriptions", on_conflict=OnConflict.SKIP, status="canceled", **given)
        assert world.is_active(ada)
        world.place("subscriptions", on_conflict=OnConflict.UPDATE, id=own_id, status="canceled")
        assert not world.is_active(ada)
        assert world.state(ada)["granted_benefits"] == []
        assert world.get("subscriptions", own_id)["ended_at"] is not None
        check()

    def test_discount(self, world: World) -> None:
        """A discount lowers the amount, and counts as redeemed."""
        product = world.place("products", **MONTHLY)
        discount = world.place("discounts", basis_points=5000)
        shown = world.get(
            "subscriptions",
            world.place(
                "subscriptions",
                customer_id=world.customer(),
                product_id=product,
                discount_id=discount,
            ),
        )
        assert (shown["amount"], shown["discount"]["id"]) == (1450, discount)
        assert world.get("discounts", discount)["redemptions_count"] == 1

    def test_refused(self, world: World) -> None:
        """What it names must be there, and its product be paid again and again."""
        ada, nothing = world.customer(), str(uuid4())
        once = world.place("products")
        assert world.refusal("subscriptions", customer_id=nothing) == [
            ("customer_id", "Customer does not exist.")
        ]
        assert world.refusal("subscriptions", product_id=once) == [
            ("customer_id", "Field required")
        ]
        assert world.refusal("subscriptions", customer_id=ada, product_id=nothing) == [
            ("product_id", "Product does not exist.")
        ]
        assert world.refusal("subscriptions", external_customer_id="u1", product_id=once) == [
            ("product_id", "Product is not a recurring product.")
        ]
        monthly = world.place("products", **MONTHLY)
        given: dict[str, Any] = {"customer_id": ada, "product_id": monthly}
        assert world.refusal(
            "subscriptions", current_period_start="9999-12-31T00:00:00Z", **given
        ) == [("current_period_end", "The period is too early or too late.")]


class TestWholeObjects:
    """Objects as another server shows them."""

    def test_the_same(self, store: Storage, world: World, time: HeldTime) -> None:
        """What is placed with all that the wire shows of it is shown in the same way."""
        meter = world.place("meters", name="calls")
        benefit = world.place(
            "benefits", type="meter_credit", properties={"meter_id": meter, "units": 5}
        )
        product = world.place(
            "products",
            recurring_interval="month",
            benefits=[benefit],
            metadata={"tier": "gold"},
            prices=[
                {"amount_type": "fixed", "price_amount": 900},
                {"amount_type": "metered_unit", "meter_id": meter, "unit_amount": "0.5"},
            ],
        )
        discount = world.place("discounts", products=[product], code="HALF", basis_points=5000)
        ada = world.customer()
        subscription = world.place(
            "subscriptions", customer_id=ada, product_id=product, discount_id=discount
        )
        order = world.place(
            "orders", customer_id=ada, product_id=product, subscription_id=subscription, amount=900
        )
        ids = {
            "meters": meter, "benefits": benefit, "products": product, "discounts": discount,
            "subscriptions": subscription, "orders": order,
        }  # fmt: skip
        shown = {resource: world.get(resource, one) for resource, one in ids.items()}
        time.pass_by(days=3)
        other = World(store, time)
        run(other.customers.create(other.subject, NewCustomer(email="ada@example.com")))
        grace = other.customer("u2")
        for resource, document in shown.items():
            values = {key: value for key, value in document.items() if not isinstance(value, dict)}
            values |= {
                key: document[key]
                for key in (
                    "metadata",
                    "properties",
                    "filter",
                    "aggregation",
                    "amounts",
                    "custom_field_data",
                )
                if key in document
            }
            for name in ("benefits", "products"):
                if name in values:
                    values[name] = ids_of(values[name])
            if "customer_id" in values:
                values["customer_id"] = grace
            other.place(resource, **values)  # type: ignore[arg-type]  # each is a resource's name
        whose = {"organization_id", "customer_id", "customer", "user_id", "user", "billing_name"}

        def strip(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: strip(one) for key, one in value.items() if key not in whose}
            return [strip(one) for one in value] if isinstance(value, list) else value

        for resource, document in shown.items():
            assert strip(other.get(resource, ids[resource])) == strip(document), resource


class TestOrders:
    """Orders that are placed."""

    def test_paid(self, world: World) -> None:
        """It costs what its product costs, and is paid, if nothing else is said."""
        book = world.place("products", name="Book", prices=[{"price_amount": 1999}])
        order = world.place("orders", customer_id=world.customer(), product_id=book)
        shown = world.get("orders", order)
        assert (shown["total_amount"], shown["status"], shown["paid"]) == (1999, "paid", True)
        assert (shown["description"], shown["items"][0]["label"]) == ("Book", "Book")
        assert world.told() == []

    def test_refunded(self, world: World) -> None:
        """Events tell of a loud order's life up to where it is."""
        shown = world.get(
            "orders",
            world.place(
                "orders",
                is_loud=True,
                customer_id=world.customer(),
                amount=1000,
                status="partially_refunded",
                refunded_amount=300,
            ),
        )
        assert (shown["refunded_amount"], shown["refundable_amount"]) == (300, 700)
        assert world.told()[0] == "order.created"
        assert world.told()[-1] == "order.refunded"

    def test_refused(self, world: World) -> None:
        """Amounts must go together."""
        problems = world.refusal(
            "orders", customer_id=world.customer(), amount=5, discount_amount=6
        )
        assert [one[0] for one in problems] == ["discount_amount"]


class TestGrants:
    """Grants that are placed without a subscription."""

    def test_granted(self, world: World, check: Callable[[], None]) -> None:
        """The customer has the benefit, once, and what it gives."""
        meter = world.place("meters", **CREDITS)
        benefit = world.place(
            "benefits", type="meter_credit", properties={"meter_id": meter, "units": 50}
        )
        ada = world.customer()
        grant = world.place("benefit_grants", customer_id=ada, benefit_id=benefit)
        state = world.state(ada)
        assert ids_of(state["granted_benefits"]) == [grant]
        assert state["active_meters"][0]["balance"] == 50
        assert world.refusal("benefit_grants", customer_id=ada, benefit_id=benefit) == [
            ("benefit_id", "The customer has a grant of this benefit already.")
        ]
        world.place("benefit_grants", on_conflict=OnConflict.UPDATE, id=grant, is_granted=False)
        state = world.state(ada)
        assert (state["granted_benefits"], state["active_meters"][0]["balance"]) == ([], 0)
        check()

    def test_of_a_deleted_customer(self, world: World) -> None:
        """It is revoked when its customer is deleted."""
        ada = world.customer()
        grant = world.place("benefit_grants", customer_id=ada, benefit_id=world.place("benefits"))
        run(world.customers.delete(world.subject, UUID(ada)))
        assert world.get("benefit_grants", grant)["is_revoked"]


class TestCustomerMeters:
    """Customers' meters that are placed."""

    @pytest.mark.parametrize(
        ("aggregation", "consumed"),
        [
            ({"func": "sum", "property": "units"}, 60),
            ({"func": "sum", "property": "_cost.amount"}, 0.25),
            ({"func": "count"}, 3),
            ({"func": "unique", "property": "who"}, 3),
            ({"func": "max", "property": "units"}, 7.5),
            ({"func": "min", "property": "units"}, -2),
            ({"func": "avg", "property": "units"}, 4),
        ],
    )
    def test_units(
        self, world: World, check: Callable[[], None], aggregation: dict[str, Any], consumed: float
    ) -> None:
        """It has the units that are given, as if events had consumed them."""
        meter = world.place("meters", name="credits", aggregation=aggregation)
        ada = world.customer()
        given: dict[str, Any] = {"customer_id": ada, "meter_id": meter, "credited_units": 100}
        world.place("customer_meters", consumed_units=consumed, **given)
        (shown,) = world.state(ada)["active_meters"]
        assert (shown["credited_units"], shown["consumed_units"]) == (100, consumed)
        assert shown["balance"] == 100 - consumed
        world.place("customer_meters", consumed_units=consumed, **given)
        assert world.state(ada)["active_meters"] == [shown]
        check()

    @pytest.mark.parametrize(
        "clauses",
        [
            [{"property": "name", "operator": "like", "value": "cal"}],
            [{"property": "model", "operator": "ne", "value": "big"}],
            [{"property": "size", "operator": "gt", "value": 3}],
            [
                {"property": "paid", "operator": "ne", "value": True},
                {"conjunction": "or", "clauses": [
                    {"property": "name", "operator": "eq", "value": "call"},
                    {"property": "name", "operator": "eq", "value": "chat"},
                ]},
            ],
        ],
    )  # fmt: skip
    def test_filters(self, world: World, clauses: list[Any]) -> None:
        """Events are made up that the meter's filter passes."""
        meter = world.place(
            "meters",
            filter={"conjunction": "and", "clauses": clauses},
            aggregation={"func": "count"},
        )
        ada = world.customer()
        world.place("customer_meters", customer_id=ada, meter_id=meter, consumed_units=2)
        assert world.state(ada)["active_meters"][0]["consumed_units"] == 2

    def test_refused(self, world: World) -> None:
        """A meter that counts has no parts, and a filter that nothing passes no events."""
        counting = world.place("meters", aggregation={"func": "count"})
        ada = world.customer()
        given: dict[str, Any] = {"customer_id": ada, "consumed_units": 1.5}
        assert world.refusal("customer_meters", meter_id=counting, **given) == [
            ("consumed_units", "The meter counts events: from 0 to 10000.")
        ]
        system = {"property": "source", "operator": "eq", "value": "system"}
        never = world.place("meters", filter={"conjunction": "and", "clauses": [system]})
        problems = world.refusal("customer_meters", meter_id=never, **given)
        assert problems[0][0] == "consumed_units"


def test_all_or_nothing(world: World) -> None:
    """Objects that name each other come in any order; where one is refused, none is placed."""
    ada, product, nothing = world.customer(), str(uuid4()), str(uuid4())
    good = [
        Placement("subscriptions", {"customer_id": ada, "product_id": product}, ("body", 0)),
        Placement("products", {"id": product, **MONTHLY}, ("body", 1)),
    ]
    bad = Placement("orders", {"customer_id": ada, "product_id": nothing}, ("body", 2))
    with pytest.raises(RulesBroken) as caught:
        run(world.placing.place(world.organization_id, [*good, bad]))
    assert [one.place for one in caught.value.violations] == [("body", 2, "product_id")]
    assert not world.is_active(ada)

    placed = run(world.placing.place(world.organization_id, good))
    assert [(one.resource, one.outcome) for one in placed] == [
        ("subscriptions", "added"),
        ("products", "added"),
    ]
    assert world.is_active(ada)
