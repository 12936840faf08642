"""The check of a database finds each way in which what customers have may not be what follows."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from catalogue import benefit, free_product, use
from icefloe.domain.commerce.commerce import Commerce
from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values.access import Subject
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.subscriptions import NewSubscription
from icefloe.storage.open import open_maintenance
from icefloe.storage.tables import SqlTables
from support import Engine, run


@pytest.fixture
def customer_id(store: Storage, organization_id: UUID) -> UUID:
    """A customer with a subscription, a benefit and events."""
    commerce = Commerce(store, Clock())
    subject = Subject(organization_id, uuid4(), frozenset())
    new = NewCustomer(email="ada@example.com", external_id="once")
    made = json.loads(run(CustomerWrites(store, Clock()).create(subject, new)))
    other = NewCustomer(email="bo@example.com", external_id="bo")
    run(CustomerWrites(store, Clock()).create(subject, other))
    support = benefit("Support")

    async def add(tables: Tables) -> None:
        await tables.commerce.benefits.add(organization_id, support)

    run(store.write(add))
    product = json.loads(
        run(
            commerce.products.create(
                organization_id, free_product(), benefit_ids=[UUID(support["id"])]
            )
        )
    )
    subscription = NewSubscription(
        product_id=UUID(product["id"]), customer_id=UUID(made["id"]), metadata={}
    )
    run(commerce.subscriptions.create(organization_id, subscription))
    run(use(commerce, organization_id))
    return UUID(made["id"])


def find_findings(engine: Engine) -> list[Any]:
    """What `icefloe database check` says."""
    return run(open_maintenance(engine.database).find_disagreements(lambda _: None))


def by_hand(store: Storage, statement: str, *arguments: object) -> None:
    """Run a statement as a person might."""

    async def work(tables: Tables) -> None:
        assert isinstance(tables, SqlTables)
        await tables._transaction.execute(statement, *arguments)

    run(store.write(work))


@pytest.mark.usefixtures("customer_id")
def test_sound(engine: Engine) -> None:
    """Nothing is found in what the services have written."""
    assert find_findings(engine) == []


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE customers SET is_active = has_commerce AND NOT is_active", "is_active is not"),
        ("UPDATE customers SET has_commerce = NOT has_commerce", "has_commerce is not"),
        ("UPDATE subscriptions SET status = 'canceled'", "is_active is not"),
        ("UPDATE benefit_grants SET is_granted = NOT is_granted", "are not its product's benefits"),
        ("DELETE FROM benefit_grants", "are not its product's benefits"),
        ("DELETE FROM subscriptions", "is of no subscription"),
    ],
)
def test_customers(
    engine: Engine, store: Storage, customer_id: UUID, damage: str, problem: str
) -> None:
    """A customer whose flags or grants do not follow from its subscriptions is named."""
    by_hand(store, damage)

    about = [one.customer_id for one in find_findings(engine) if problem in one.problem]

    assert about == [customer_id]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE meter_sums SET total = '7'", "sums are not those of the events"),
        ("DELETE FROM meter_values", "values are not those of the events"),
        ("UPDATE customer_meters SET events = events + 1", "or another sum"),
        ("UPDATE customer_meters SET consumed = '9.0'", "has other units"),
        ("DELETE FROM customer_meter_values", "values of customers are not those"),
        ("DELETE FROM usage_events", "sums are not those of the events"),
        ("DELETE FROM meters", "customer_meters of no meter"),
    ],
)
@pytest.mark.usefixtures("customer_id")
def test_meters(
    engine: Engine, store: Storage, organization_id: UUID, damage: str, problem: str
) -> None:
    """Sums, values and units that do not follow from the events are named with their meter."""
    by_hand(store, damage)

    found = [one for one in find_findings(engine) if problem in one.problem]

    assert found
    assert {one.organization_id for one in found} == {organization_id}
