"""Orders on every engine: their numbers, what lists join, exports and snapshots."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from catalogue import NOW, discount, order, product
from icefloe.domain.commerce.orders import Orders
from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.snapshots import Snapshots
from icefloe.domain.values.access import Subject
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.commerce import Filter, ObjectQuery, Order
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.documents import Document, read_all
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.orders import NewOrder
from icefloe.storage.open import open_maintenance
from support import Engine, run

ALL = PageRequest(limit=100)


def make_customer(store: Storage, organization_id: UUID, name: str = "ada") -> UUID:
    """A new customer's id."""
    subject = Subject(organization_id, uuid4(), frozenset())
    new = NewCustomer(email=f"{name}@example.com", external_id=name)
    made = run(CustomerWrites(store, Clock()).create(subject, new))
    return UUID(json.loads(made)["id"])


def add(store: Storage, organization_id: UUID, resource: str, *documents: Document) -> None:
    """Insert objects of a resource."""

    async def work(tables: Tables) -> None:
        for document in documents:
            await tables.commerce.table(resource).add(organization_id, document)

    run(store.write(work))


def find_ids(store: Storage, organization_id: UUID, **query: Any) -> list[str]:
    """The ids on the page that a query asks for."""
    asked = ObjectQuery(**({"page": ALL} | query))
    page = run(store.read(lambda tables: tables.commerce.orders.find_page(organization_id, asked)))
    return [one["id"] for one in read_all(page.items)]


def test_numbers_at_once(engine: Engine, store: Storage, organization_id: UUID) -> None:
    """Orders that are made at once have numbers of their own, without a gap."""
    customer_id = make_customer(store, organization_id)
    orders = Orders(store, Clock())

    async def create_all() -> list[bytes]:
        new = NewOrder(customer_id=customer_id, amount=5)
        return await asyncio.gather(*[orders.create(organization_id, new) for _ in range(12)])

    made = [json.loads(one) for one in run(create_all())]

    wanted = [f"{number:04}" for number in range(1, 13)]
    assert sorted(one["invoice_number"][-4:] for one in made) == wanted
    assert sorted(one["receipt_number"][-4:] for one in made) == wanted
    assert run(open_maintenance(engine.database).find_disagreements(lambda _: None)) == []


def test_joined(store: Storage, organization_id: UUID) -> None:
    """Lists are filtered and sorted by what other tables say; what is absent comes last."""
    ada, bob = (make_customer(store, organization_id, name) for name in ("ada", "bob"))
    book, atlas = product("Book", []), product("Atlas", [])
    ten = discount("Ten", None)
    add(store, organization_id, "products", book, atlas)
    add(store, organization_id, "discounts", ten)
    added = [
        order(bob, product_id=book["id"], subscription_id=str(UUID(int=2))),
        order(ada, after=1, product_id=atlas["id"], discount_id=ten["id"]),
        order(ada, after=2, subscription_id=str(UUID(int=1))),
    ]
    add(store, organization_id, "orders", *added)
    first, second, third = (one["id"] for one in added)

    for name, descending, ids in (
        ("customer", False, [second, third, first]),
        ("customer", True, [first, second, third]),
        ("product", False, [second, first, third]),
        ("product", True, [third, first, second]),
        ("discount", False, [second, first, third]),
        ("discount", True, [first, third, second]),
        ("subscription", False, [third, first, second]),
        ("subscription", True, [second, first, third]),
    ):
        sorting = (Order(name, descending), Order("created_at"))
        assert find_ids(store, organization_id, sorting=sorting) == ids, name
        walked = [
            one
            for number in (1, 2, 3)
            for one in find_ids(
                store, organization_id, sorting=sorting, page=PageRequest(number, 1)
            )
        ]
        assert walked == ids
    for wanted, ids in (
        (("bob",), [first]),
        (("ada", "x"), [third, second]),
        (("x",), []),
        ((), []),
    ):
        filters = (Filter("external_customer_id", wanted),)
        assert find_ids(store, organization_id, filters=filters) == ids


def test_count(store: Storage, organization_id: UUID) -> None:
    """Orders that pass filters are counted."""
    customer_id = make_customer(store, organization_id)
    add(store, organization_id, "orders", order(customer_id), order(uuid4(), status="void"))

    for filters, count in (
        ((), 2),
        ((Filter("customer_id", (customer_id,)),), 1),
        ((Filter("customer_id", (customer_id,)), Filter("status", ("void",))), 0),
    ):
        found = run(
            store.write(lambda tables: tables.commerce.orders.count(organization_id, filters))  # noqa: B023 - run at once
        )
        assert found == count


@pytest.mark.parametrize("step", [0, 1])
def test_walk(store: Storage, organization_id: UUID, step: int) -> None:
    """A walk shows each order once, the newest first, also where many were made at one moment."""
    customer_id = make_customer(store, organization_id)
    added = [order(customer_id, after=at * step) for at in range(1_100)]
    add(store, organization_id, "orders", *added)

    async def walk() -> list[str]:
        orders = Orders(store, Clock())
        return [one["id"] async for batch in orders.walk(organization_id, ()) for one in batch]

    assert run(walk()) == [one["id"] for one in reversed(added)]


def test_walk_beside_writes(store: Storage, organization_id: UUID) -> None:
    """Orders that are made during a walk neither repeat others nor push them out of it."""
    customer_id = make_customer(store, organization_id)
    added = [order(customer_id, after=at) for at in range(600)]
    add(store, organization_id, "orders", *added)

    async def walk() -> list[str]:
        found = []
        async for batch in Orders(store, Clock()).walk(organization_id, ()):
            found += [one["id"] for one in batch]
            for after in (-5, 10, 7_000):
                late = order(customer_id, after=after)
                await store.write(lambda tables: tables.commerce.orders.add(organization_id, late))  # noqa: B023 - awaited at once
        return found

    found = run(walk())
    assert len(set(found)) == len(found)
    assert {one["id"] for one in added} <= set(found)


def test_anonymise(store: Storage, organization_id: UUID) -> None:
    """An anonymous customer's orders have no name and address, however many there are."""
    customer_id = make_customer(store, organization_id)
    personal: dict[str, Any] = {"billing_name": "Ada", "billing_address": {"city": "Paris"}}
    add(
        store,
        organization_id,
        "orders",
        *[order(customer_id, after=at, **personal) for at in range(501)],
        order(uuid4(), **personal),
    )

    subject = Subject(organization_id, uuid4(), frozenset())
    run(CustomerWrites(store, Clock()).delete(subject, customer_id, anonymise=True))

    stored = run(
        store.read(lambda tables: tables.commerce.orders.find_all(organization_id), long=True)
    )
    named = [one.document for one in stored if one.document["billing_name"] == "Ada"]
    assert len(named) == 1
    assert named[0]["customer_id"] != str(customer_id)


def test_snapshot(store: Storage, organization_id: UUID) -> None:
    """A snapshot holds orders, also for another organization, which shows them with its customers."""
    customer_id = make_customer(store, organization_id)
    orders, snapshots = Orders(store, Clock()), Snapshots(store)
    made = json.loads(run(orders.create(organization_id, NewOrder(customer_id=customer_id))))
    other = run(Organizations(store, Clock()).create("Other")).id

    run(snapshots.restore(other, run(snapshots.take(organization_id))))

    shown = json.loads(run(orders.get(other, UUID(made["id"]))))
    assert shown["customer"]["organization_id"] == str(other)
    assert shown["invoice_number"] == made["invoice_number"]
    assert find_ids(store, other, filters=(Filter("created_at", (NOW,), "from"),)) == [made["id"]]
    later = Filter("created_at", (NOW + timedelta(days=36_500),), "from")
    assert find_ids(store, other, filters=(later,)) == []
