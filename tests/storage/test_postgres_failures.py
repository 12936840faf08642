"""What can happen to a write on PostgreSQL: a clear answer, and nothing twice or by halves."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.customers import Customers
from icefloe.domain.members import Members
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values import access, errors
from icefloe.domain.values.answers import Once
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.customers import CustomerChange, NewCustomer
from icefloe.domain.values.listing import CustomerQuery
from icefloe.domain.values.members import NewMember
from icefloe.storage.open import open_storage
from icefloe.storage.postgres.dialect import PostgresDialect
from icefloe.storage.postgres.transaction import PostgresTransaction
from icefloe.storage.upkeep.check import Check
from support import add_customer, customer_of, documents_of, run

CONNECTIONS = 3


class World:
    """An organization on a PostgreSQL database, open twice, as two processes have it."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.stores = [run(open_storage(database, connections=CONNECTIONS)) for _ in range(2)]
        made = run(Organizations(self.stores[0], Clock()).create("Tests"))
        self.subject = access.Subject(made.id, uuid4(), frozenset())

    def each(
        self, act: Callable[[CustomerWrites, int], Coroutine[Any, Any, Any]], times: int
    ) -> list[Any]:
        """What comes of doing something several times at once, through either process in turn."""

        async def main() -> list[Any]:
            return await asyncio.gather(
                *(
                    act(CustomerWrites(self.stores[number % 2], Clock()), number)
                    for number in range(times)
                ),
                return_exceptions=True,
            )

        told: list[Any] = run(main())
        return told

    def add(self, number: int) -> Coroutine[Any, Any, None]:
        """Keep a customer."""
        customer = customer_of(self.subject.organization_id, number)
        return self.stores[0].write(lambda tables: add_customer(tables, customer))

    def list_all(self) -> list[dict[str, Any]]:
        """Every customer, newest first, once it is seen that everything agrees with them."""
        assert run(self._disagreements()) == []
        page = run(Customers(self.stores[0]).find_page(self.subject, CustomerQuery()))
        return documents_of(page)

    async def _disagreements(self) -> list[Any]:
        connection = await asyncpg.connect(self.database)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                dialect = PostgresDialect(locks=False)
                transaction = PostgresTransaction(connection)
                return await Check(transaction, dialect, lambda _: None).run()
        finally:
            await connection.close()

    async def behind(self, statement: str, *arguments: object) -> list[Any]:
        """What a statement gives on a connection of its own, which is then closed."""
        connection = await asyncpg.connect(self.database)
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()


@pytest.fixture
def world(postgres_database: str) -> Iterator[World]:
    """An organization without customers."""
    made = World(postgres_database)
    yield made
    for store in made.stores:
        run(store.close())


OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
)


def test_the_same_address_at_once(world: World) -> None:
    """Of several who take one address at once, one gets it, and the others hear that it is taken."""
    told = world.each(
        lambda writes, number: writes.create(
            world.subject, NewCustomer(email="same@example.com", name=str(number))
        ),
        8,
    )

    refused = [one for one in told if isinstance(one, errors.RulesBroken)]
    assert len(refused) == 7
    assert {one.violations[0].place for one in refused} == {("body", "email")}
    assert [one["email"] for one in world.list_all()] == ["same@example.com"]


def test_an_external_id_too_long(world: World) -> None:
    """An external id that no index row holds is refused, and nothing is kept."""
    # What no database could make shorter by packing it.
    chance = random.Random(7)  # noqa: S311 - the same each time
    long = "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(3000))
    new = NewCustomer(email="long@example.com", external_id=long)

    (told,) = world.each(lambda writes, _: writes.create(world.subject, new), 1)

    assert isinstance(told, errors.RulesBroken)
    assert told.violations[0].place == ("body", "external_id")
    assert world.list_all() == []


def test_put_at_once(world: World) -> None:
    """Of several upserts of one external id at once, one makes the customer; the others change it."""
    told = world.each(
        lambda writes, number: writes.put_external(
            world.subject,
            "x",
            NewCustomer(email="x@example.com", name=str(number)),
            CustomerChange(name=str(number)),
        ),
        8,
    )

    assert sorted(one.is_new for one in told) == [False] * 7 + [True]
    assert len(world.list_all()) == 1


def test_the_same_key_at_once(world: World) -> None:
    """Several requests with one idempotency key at once act once, and all get that answer."""
    once = Once("key", b"fingerprint")
    told = world.each(
        lambda writes, _: writes.create(
            world.subject, NewCustomer(email="once@example.com"), once=once
        ),
        8,
    )

    assert len(set(told)) == 1
    assert [one["id"] for one in world.list_all()] == [json.loads(told[0])["id"]]


def test_a_member_of_who_is_being_deleted(world: World) -> None:
    """A team that is deleted while it gets members has none left who is not deleted."""

    async def main() -> list[Any]:
        writes = CustomerWrites(world.stores[0], Clock())
        members = Members(world.stores[1], Clock())
        for number in range(10):
            document = await writes.create(
                world.subject, NewCustomer(type="team", email=f"team{number}@example.com")
            )
            team = UUID(json.loads(document)["id"])
            await asyncio.gather(
                *(
                    members.create(world.subject, team, NewMember(email=f"m{at}@example.com"))
                    for at in range(3)
                ),
                writes.delete(world.subject, team),
                return_exceptions=True,
            )
        return await world.behind("SELECT 1 FROM members WHERE deleted_at IS NULL")

    assert run(main()) == []
    assert world.list_all() == []


def test_every_connection_in_use(world: World) -> None:
    """Who waits too long for a connection is told so, and everything goes on when there is one."""

    async def main() -> list[BaseException | None]:
        holder = await asyncpg.connect(world.database)
        await world.add(1)
        await holder.execute("BEGIN; LOCK TABLE customers IN ACCESS EXCLUSIVE MODE")
        told = await asyncio.gather(
            *(world.add(number) for number in range(2, 2 + 3 * CONNECTIONS)), return_exceptions=True
        )
        await holder.execute("ROLLBACK")
        await holder.close()
        await world.add(100)
        return told

    told = run(main())

    assert {type(one) for one in told} == {errors.StorageUnavailable}
    assert len(world.list_all()) == 2


def test_somebody_holds_the_customer(world: World) -> None:
    """A change that waits too long for somebody's hold on the customer is refused, and not made."""

    async def main() -> BaseException | None:
        await world.add(1)
        customer = customer_of(world.subject.organization_id, 1)
        holder = await asyncpg.connect(world.database)
        await holder.execute("BEGIN; SELECT 1 FROM customers FOR UPDATE")
        writes = CustomerWrites(world.stores[0], Clock())
        change = CustomerChange(name="Changed")
        (told,) = await asyncio.gather(
            writes.update_external(world.subject, customer.external_id or "", change),
            return_exceptions=True,
        )
        await holder.execute("ROLLBACK")
        await holder.close()
        return told if isinstance(told, BaseException) else None

    assert isinstance(run(main()), errors.StorageUnavailable)
    assert [one["name"] for one in world.list_all()] == ["Customer 1"]


def test_every_connection_ended(world: World) -> None:
    """Connections that the server ends in the middle of writes cost nothing that was acknowledged."""

    async def add(number: int) -> int | None:
        try:
            await world.add(number)
        except errors.StorageUnavailable:
            return None
        return number

    async def main() -> list[int | None]:
        adding = [asyncio.create_task(add(number)) for number in range(100)]
        for _ in range(4):
            await asyncio.sleep(0.03)
            await world.behind(OTHERS)
        return await asyncio.gather(*adding)

    kept = {f"customer{number}@example.com" for number in run(main()) if number is not None}

    rows = run(world.behind("SELECT email FROM customers"))
    assert world.list_all()
    assert len(rows) == len({row[0] for row in rows})
    assert kept <= {row[0] for row in rows}


def test_a_statement_ended(world: World) -> None:
    """A transaction whose statement is cancelled is given up whole, and says to try again."""

    async def main() -> object:
        holder = await asyncpg.connect(world.database)
        await holder.execute("BEGIN; LOCK TABLE members IN ACCESS EXCLUSIVE MODE")
        writing = asyncio.create_task(world.add(1))
        cancel = OTHERS.replace("pg_terminate_backend", "pg_cancel_backend")
        while not writing.done():
            await asyncio.sleep(0.02)
            await world.behind(cancel)
        await holder.execute("ROLLBACK")
        await holder.close()
        return writing.exception()

    assert isinstance(run(main()), errors.StorageUnavailable)
    assert world.list_all() == []


def test_a_fault_of_the_work(world: World) -> None:
    """What the work itself raises comes through as it is, is not tried again, and leaves nothing."""
    begun: list[int] = []

    async def fail(tables: Tables) -> None:
        begun.append(1)
        await add_customer(tables, customer_of(world.subject.organization_id, 1))
        raise ConnectionResetError("not the database's")

    async def main(act: Callable[[Storage], Awaitable[None]]) -> None:
        with pytest.raises(ConnectionResetError, match="not the database's"):
            await act(world.stores[0])

    run(main(lambda store: store.write(fail)))
    assert begun == [1]
    assert world.list_all() == []
