"""Going through everybody whom a query finds, however many they are."""

import json
from dataclasses import replace
from functools import partial
from uuid import UUID, uuid4

from icefloe.domain.customers import Customers
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values.access import Subject
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.customers import Customer
from icefloe.domain.values.listing import CustomerQuery, MetadataFilter, PageRequest, Sort
from support import Engine, add_customer, customer_of, documents_of, run

MANY = 1203  # more than two batches
ORGANIZATION = uuid4()
SUBJECT = Subject(ORGANIZATION, uuid4(), frozenset())

QUERIES = {
    "everybody": CustomerQuery(),
    "oldest first": CustomerQuery(sorting=(Sort("created_at"),)),
    "by name": CustomerQuery(sorting=(Sort("name"),)),
    "by name backwards": CustomerQuery(sorting=(Sort("name", descending=True),)),
    "by address": CustomerQuery(sorting=(Sort("email"),)),
    "both ways": CustomerQuery(sorting=(Sort("name"), Sort("created_at", descending=True))),
    "a text": CustomerQuery(query="er1"),
    "metadata": CustomerQuery(metadata=(MetadataFilter("plan", ("pro",)),)),
    "two filters": CustomerQuery(
        query="9@", metadata=(MetadataFilter("plan", ("pro",)),), sorting=(Sort("email"),)
    ),
    "an address": CustomerQuery(email="CUSTOMER7@example.com"),
    "nobody": CustomerQuery(query="nobody is called so"),
    "never anybody": CustomerQuery(query="\0"),
}


async def fill(store: Storage) -> None:
    """Customers of whom some are called the same, some have no name, and one is deleted."""
    await _add_organization(store, ORGANIZATION)
    await _add_organization(store, other := uuid4())

    async def work(tables: Tables) -> None:
        for number in range(MANY):
            customer = customer_of(
                ORGANIZATION,
                number,
                name=None if number % 11 == 0 else f"Name {number % 50}",
                metadata={"plan": "pro" if number % 3 else "free"},
            )
            await add_customer(tables, customer)
            if number == 5:
                await tables.customers.replace(
                    replace(customer, deleted_at=customer.created_at), None
                )
        await add_customer(tables, customer_of(other, 1))

    await store.write(work)


async def _add_organization(store: Storage, organization_id: UUID) -> None:
    await Organizations(store, Clock()).create("Test", organization_id=organization_id)


async def _add(customer: Customer, tables: Tables) -> None:
    await add_customer(tables, customer)


async def walk(customers: Customers, query: CustomerQuery) -> list[str]:
    """The ids of everybody, as the walk comes to them."""
    return [
        json.loads(document)["id"]
        async for batch in customers.walk_found(SUBJECT, query)
        for document, _ in batch
    ]


async def page_through(customers: Customers, query: CustomerQuery) -> list[str]:
    """The ids of everybody, as the list's pages have them."""
    found: list[str] = []
    page = 1
    while True:
        asked = replace(query, page=PageRequest(page, 100))
        items = documents_of(await customers.find_page(SUBJECT, asked))
        if not items:
            return found
        found += [item["id"] for item in items]
        page += 1


def test_a_walk_is_the_list(engine: Engine) -> None:
    """Whatever is asked for, a walk gives the customers of all pages, in the same order."""

    async def main() -> dict[str, tuple[list[str], list[str]]]:
        store = await engine.open()
        try:
            await fill(store)
            customers = Customers(store)
            return {
                name: (await walk(customers, query), await page_through(customers, query))
                for name, query in QUERIES.items()
            }
        finally:
            await store.close()

    for name, (walked, listed) in run(main()).items():
        assert walked == listed, name


def test_a_walk_is_not_put_out_by_newcomers(engine: Engine) -> None:
    """Who is added on the way, in front of it, moves nobody: each comes once."""

    async def main() -> list[str]:
        store = await engine.open()
        try:
            await fill(store)
            customers = Customers(store)
            seen: list[str] = []
            async for batch in customers.walk_found(SUBJECT, CustomerQuery()):
                newcomer = customer_of(ORGANIZATION, MANY + 10 + len(seen))
                await store.write(partial(_add, newcomer))
                seen += [json.loads(document)["id"] for document, _ in batch]
            return seen
        finally:
            await store.close()

    seen = run(main())
    assert len(seen) == len(set(seen)) == MANY - 1


def test_a_walk_knows_owners(engine: Engine) -> None:
    """Beside each customer stands the member who owns it."""

    async def main() -> list[tuple[str, str]]:
        store = await engine.open()
        try:
            await fill(store)
            return [
                (json.loads(document)["id"], str(owner.customer_id))
                async for batch in Customers(store).walk_found(SUBJECT, QUERIES["metadata"])
                for document, owner in batch
            ]
        finally:
            await store.close()

    found = run(main())
    assert found
    assert all(customer == owned for customer, owned in found)
