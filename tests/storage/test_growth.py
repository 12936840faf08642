"""How many customers were made before a moment, of more than are counted one by one."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values.customers import Customer
from icefloe.storage.lists import growth, ranked_list, ranks
from support import add_customer, customer_of, run

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _counted_by_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a million, but with a few dozen: buckets have five customers."""
    monkeypatch.setattr(growth, "MAX_EXACT", 20)
    monkeypatch.setattr(ranks, "MAX_EXACT", 20)
    monkeypatch.setattr(ranked_list, "bucket_size", lambda _: 5)


def made_at(organization_id: UUID, number: int, seconds: int) -> Customer:
    """A customer who was made so many seconds after the beginning."""
    return customer_of(organization_id, number, created_at=BEGAN + timedelta(seconds=seconds))


async def count(tables: Tables, organization_id: UUID, seconds: list[int]) -> list[int]:
    """How many were made before each of so many seconds after the beginning."""
    moments = [BEGAN + timedelta(seconds=each) for each in seconds]
    return await tables.customers.count_by_time(organization_id, moments)


@pytest.mark.parametrize("is_long", [True, False])
def test_as_a_sorted_list(store: Storage, organization_id: UUID, *, is_long: bool) -> None:
    """However customers come and go, each moment has those in front of it who were made before."""
    source = random.Random(7)  # noqa: S311 - the same each time
    customers: list[Customer] = []
    for number in range(60):
        customers.append(made_at(organization_id, number, source.randrange(12) * 10))
        run(store.write(partial(_add, customer=customers[-1])))
    moments = sorted(source.sample(range(-10, 140), 25))

    for number in range(60, 90):
        made = [(one.created_at - BEGAN).total_seconds() for one in customers]
        expected = [sum(second < moment for second in made) for moment in moments]
        work = partial(count, organization_id=organization_id, seconds=moments)
        assert run(store.read(work, long=is_long)) == expected
        if source.random() < 0.5:
            gone = customers.pop(source.randrange(len(customers)))
            run(store.write(partial(_delete, customer=gone)))
        customers.append(made_at(organization_id, number, source.randrange(14) * 10))
        run(store.write(partial(_add, customer=customers[-1])))


async def _add(tables: Tables, customer: Customer) -> None:
    await add_customer(tables, customer)


async def _delete(tables: Tables, customer: Customer) -> None:
    await tables.customers.replace(replace(customer, deleted_at=BEGAN), customer.email)
