"""Icefloe on tables that PostgreSQL spreads by organization, over partitions and over two clusters."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import pytest

import partitions
import postgres
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values import errors
from icefloe.domain.values.answers import StoredAnswer
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.events import Event
from icefloe.domain.values.listing import CustomerQuery, MetadataFilter, PageRequest, Sort
from icefloe.domain.values.members import Member, MemberQuery
from icefloe.storage.open import open_storage
from icefloe.storage.postgres.dialect import PostgresDialect
from icefloe.storage.postgres.transaction import PostgresTransaction
from icefloe.storage.upkeep.check import Check
from support import add_customer, customer_of, documents_of, run

pytestmark = pytest.mark.processes

T = TypeVar("T")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Database:
    """A spread database, and the storage over it."""

    url: str
    spread: partitions.Spread
    store: Storage

    def make_organization(self, *, is_far: bool) -> UUID:
        """An organization without customers, in the last two partitions or the first two."""
        while True:
            made = run(Organizations(self.store, Clock()).create(f"Test {uuid4().hex}")).id
            if (self.spread.partition_of(made) in partitions.FAR) == is_far:
                return made


@dataclass(frozen=True)
class Kept:
    """What a test does to one organization."""

    database: Database
    id: UUID

    def write(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Do something in a transaction."""
        return run(self.database.store.write(work))

    def read(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Find something."""
        return run(self.database.store.read(work))

    def add(self, number: int = 1, **values: Any) -> UUID:
        """Keep a customer and its owner."""
        customer = customer_of(self.id, number, **values)
        self.write(lambda tables: add_customer(tables, customer))
        return customer.id

    def find_names(self, **query: Any) -> list[str]:
        """The names of those whom a query finds."""
        page = self.read(lambda tables: tables.customers.find_page(self.id, CustomerQuery(**query)))
        return [document["name"] for document in documents_of(page)]

    def count(self) -> int:
        """How many customers there are."""
        query = CustomerQuery(page=PageRequest(limit=1))
        return self.read(lambda tables: tables.customers.find_page(self.id, query)).total_count


@pytest.fixture(scope="module")
def clusters() -> Iterator[tuple[postgres.Cluster, postgres.Cluster]]:
    """Two clusters, of which the first can reach into the second."""
    if postgres.find_programs() is None:
        pytest.skip(postgres.NONE_FOUND)
    with (
        postgres.cluster_folder() as folder,
        postgres.make_cluster(folder / "near") as near,
        postgres.make_cluster(folder / "far") as far,
    ):
        yield near, far


@pytest.fixture(scope="module", params=["local", "foreign"])
def database(
    request: pytest.FixtureRequest, clusters: tuple[postgres.Cluster, postgres.Cluster]
) -> Iterator[Database]:
    """A database of either layout, which all tests share."""
    near, far = clusters
    if request.param == "foreign" and not partitions.has_foreign_tables(near):
        pytest.skip("no postgres_fdw: install PostgreSQL's contrib modules")
    spread = partitions.Spread(near, far if request.param == "foreign" else None)
    url, drop = spread.make_database()
    store = run(open_storage(url))
    yield Database(url, spread, store)
    run(store.close())
    drop()


@pytest.fixture(params=["first", "last"])
def kept(request: pytest.FixtureRequest, database: Database) -> Kept:
    """An organization without customers, in the first partitions or the last."""
    return Kept(database, database.make_organization(is_far=request.param == "last"))


def test_found(kept: Kept) -> None:
    """Customers are found, counted and put in order by whatever there is."""
    for number in (2, 3, 1):
        kept.add(number, metadata={"tier": "gold" if number > 1 else "tin"})

    gold = MetadataFilter("tier", ("gold",))
    by_name = (Sort("name"),)
    assert kept.count() == 3
    assert kept.find_names() == ["Customer 3", "Customer 2", "Customer 1"]
    assert kept.find_names(sorting=by_name) == ["Customer 1", "Customer 2", "Customer 3"]
    assert kept.find_names(email="CUSTOMER2@example.com") == ["Customer 2"]
    assert kept.find_names(query="usr_3") == ["Customer 3"]
    assert kept.find_names(metadata=(gold,), sorting=by_name) == ["Customer 2", "Customer 3"]
    assert kept.find_names(metadata=(gold,), query="mer 2") == ["Customer 2"]


@pytest.mark.parametrize("field", ["id", "email", "external_id"])
def test_duplicates(kept: Kept, field: str) -> None:
    """What another customer has is refused by the field's name, from whichever cluster."""
    first = kept.add(1)
    values = {"id": first, "email": "CUSTOMER1@example.com", "external_id": "usr_1"}

    with pytest.raises(errors.Duplicate) as refused:
        kept.add(2, **{field: values[field]})

    assert refused.value.field == field
    assert kept.find_names() == ["Customer 1"]


@pytest.mark.parametrize("field", ["email", "external_id"])
def test_duplicate_members(kept: Kept, field: str) -> None:
    """What another member of the customer has is refused by the field's name."""
    team = kept.add(1, type="team")
    member = Member(
        id=uuid4(), organization_id=kept.id, customer_id=team, created_at=NOW,
        email="m@ship.no", external_id="m", role="member",
    )  # fmt: skip
    kept.write(lambda tables: tables.members.add(member))
    other = replace(member, id=uuid4(), email="o@ship.no", external_id="o")
    same = (
        replace(other, email=member.email) if field == "email" else replace(other, external_id="m")
    )

    with pytest.raises(errors.Duplicate) as refused:
        kept.write(lambda tables: tables.members.add(same))

    assert refused.value.field == f"member.{field}"
    found = kept.read(lambda tables: tables.members.find_page(kept.id, MemberQuery(role="member")))
    assert found.total_count == 1


def test_changed_and_deleted(kept: Kept) -> None:
    """A customer is found by its new values only, and deleted by none; its keys are free again."""
    customer_id = kept.add(1, metadata={"a": 1})
    customer = kept.read(lambda tables: tables.customers.find(kept.id, customer_id))
    assert customer is not None

    new = replace(customer, name="New", metadata={})
    kept.write(lambda tables: tables.customers.replace(new, new.email))
    assert kept.find_names(query="new") == ["New"]
    assert kept.find_names(metadata=(MetadataFilter("a", ("1",)),)) == []
    gone = replace(new, deleted_at=NOW)
    kept.write(lambda tables: tables.customers.replace(gone, gone.email))
    assert kept.find_names() == kept.find_names(query="new") == []
    kept.add(1)
    assert kept.count() == 1


def test_events_and_answers(kept: Kept) -> None:
    """Events and answers are kept, an old answer gives way, and all are forgotten together."""
    customer_id = kept.add()
    event = Event(
        type="customer.created", organization_id=kept.id, customer_id=customer_id,
        created_at=NOW, document=b"{}",
    )  # fmt: skip
    answer = StoredAnswer(b"print", customer_id, b"{}")

    async def work(tables: Tables) -> list[StoredAnswer | None]:
        await tables.events.add(event)
        await tables.answers.add(kept.id, "key", answer, NOW)
        await tables.answers.add(kept.id, "key", answer, NOW.replace(day=9))
        found = await tables.answers.find(kept.id, "key", NOW)
        await tables.events.forget(kept.id, customer_id, but_last=0)
        await tables.answers.forget(kept.id, customer_id)
        return [found, await tables.answers.find(kept.id, "key", NOW)]

    assert kept.write(work) == [answer, None]


def test_writers_side_by_side(kept: Kept) -> None:
    """Of many writers at once each is kept and counted; of those with one address, one."""
    store = kept.database.store

    async def add(number: int) -> str:
        try:
            await store.write(lambda tables: add_customer(tables, customer_of(kept.id, number)))
        except errors.Duplicate:
            return "refused"
        return "kept"

    async def main() -> list[str]:
        numbers = [*range(1, 41), *[99] * 5]
        return await asyncio.gather(*(add(number) for number in numbers))

    told = run(main())
    assert (told.count("kept"), told.count("refused")) == (41, 4)
    assert kept.count() == 41


def test_held(kept: Kept) -> None:
    """Who changes a customer waits for whom changes it already: no change is lost."""
    customer_id = kept.add(1, metadata={"n": 0})
    store = kept.database.store

    async def raise_number(tables: Tables) -> None:
        found = await tables.customers.find(kept.id, customer_id)
        assert found is not None
        number = found.metadata["n"]
        assert isinstance(number, int)
        await tables.customers.replace(replace(found, metadata={"n": number + 1}), found.email)

    async def main() -> None:
        await asyncio.gather(*(store.write(raise_number) for _ in range(4)))

    run(main())
    found = kept.read(lambda tables: tables.customers.find(kept.id, customer_id))
    assert found is not None
    assert found.metadata == {"n": 4}


def test_given_up(kept: Kept) -> None:
    """A transaction that is given up leaves nothing in either cluster."""

    async def give_up(tables: Tables) -> None:
        await add_customer(tables, customer_of(kept.id, 1))
        raise errors.CustomerNotFound

    with pytest.raises(errors.CustomerNotFound):
        kept.write(give_up)
    assert kept.count() == 0


def test_apart(database: Database) -> None:
    """Organizations of different clusters have the same values, and see only their own."""
    first = Kept(database, database.make_organization(is_far=False))
    last = Kept(database, database.make_organization(is_far=True))

    first_id, last_id = first.add(1, name="First"), last.add(1, name="Last")

    assert (first.find_names(), last.find_names()) == (["First"], ["Last"])
    assert first.find_names(query="usr_1") == ["First"]
    assert last.find_names(query="usr_1") == ["Last"]
    assert first.read(lambda tables: tables.customers.find(first.id, last_id)) is None
    assert last.read(lambda tables: tables.customers.find(last.id, first_id)) is None


def test_sound(database: Database) -> None:
    """The check of what is derived finds nothing wrong in what is spread."""
    for is_far in (False, True):
        Kept(database, database.make_organization(is_far=is_far)).add(metadata={"a": 1})

    async def check() -> list[Any]:
        connection = await asyncpg.connect(database.url)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                dialect = PostgresDialect(locks=False)
                transaction = PostgresTransaction(connection)
                return list(await Check(transaction, dialect, lambda _: None).run())
        finally:
            await connection.close()

    assert run(check()) == []
