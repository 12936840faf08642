"""What every engine promises of reads and writes: all or nothing, and nobody disturbs another."""

import asyncio
import threading
from uuid import UUID

import pytest

from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values import errors
from icefloe.domain.values.listing import CustomerQuery, PageRequest, Sort
from support import Engine, add_customer, customer_of, documents_of, run

ALL = CustomerQuery(sorting=(Sort("created_at"),), page=PageRequest(limit=100))
SECONDS = 120.0


async def count(store: Storage, organization_id: UUID) -> int:
    """How many customers a reader sees; its two ways of counting must agree."""

    async def work(tables: Tables) -> tuple[int, int]:
        page = await tables.customers.find_page(organization_id, ALL)
        filtered = await tables.customers.find_page(
            organization_id, CustomerQuery(query="customer")
        )
        assert filtered.total_count == page.total_count
        return page.total_count, len(documents_of(page))

    total, shown = await store.read(work, long=True)
    assert shown == min(total, 100)
    return total


async def wait_within(engine: Engine, event: threading.Event) -> None:
    """Hold a transaction up; SQLite's is on a thread of its own, PostgreSQL's on the event loop."""
    if engine.name == "sqlite":
        event.wait(SECONDS)
    else:
        async with asyncio.timeout(SECONDS):
            while not event.is_set():  # noqa: ASYNC110 - an event of threads serves both
                await asyncio.sleep(0.001)


class Refused(Exception):
    """A reason of the test's own to give a transaction up."""


class TestWrites:
    """Transactions."""

    def test_kept(self, store: Storage, organization_id: UUID) -> None:
        """What a transaction did is seen once it has returned, and its result is given back."""

        async def work(tables: Tables) -> str:
            await add_customer(tables, customer_of(organization_id, 1))
            await add_customer(tables, customer_of(organization_id, 2))
            return "done"

        async def main() -> tuple[str, int]:
            return await store.write(work), await count(store, organization_id)

        assert run(main()) == ("done", 2)

    def test_seen_by_itself(self, store: Storage, organization_id: UUID) -> None:
        """A transaction sees what it did before."""

        async def work(tables: Tables) -> int:
            await add_customer(tables, customer_of(organization_id, 1))
            return (await tables.customers.find_page(organization_id, ALL)).total_count

        assert run(store.write(work)) == 1

    @pytest.mark.parametrize("reason", [Refused, errors.CustomerNotFound, ValueError])
    def test_given_up(self, store: Storage, organization_id: UUID, reason: type[Exception]) -> None:
        """A transaction that raises leaves nothing, counters included, and the next one goes on."""

        async def give_up(tables: Tables) -> None:
            await add_customer(tables, customer_of(organization_id, 1, metadata={"a": 1}))
            raise reason

        async def main() -> list[int]:
            with pytest.raises(reason):
                await store.write(give_up)
            before = await count(store, organization_id)
            await store.write(lambda tables: add_customer(tables, customer_of(organization_id, 1)))
            return [before, await count(store, organization_id)]

        assert run(main()) == [0, 1]

    def test_given_up_over_a_duplicate(self, store: Storage, organization_id: UUID) -> None:
        """A duplicate in the middle undoes what came before it."""

        async def work(tables: Tables) -> None:
            await add_customer(tables, customer_of(organization_id, 1))
            await add_customer(tables, customer_of(organization_id, 1))

        async def main() -> int:
            with pytest.raises(errors.Duplicate):
                await store.write(work)
            return await count(store, organization_id)

        assert run(main()) == 0

    def test_of_an_abandoned_caller(
        self, engine: Engine, store: Storage, organization_id: UUID
    ) -> None:
        """A caller that is cancelled stops waiting; what it began is kept whole."""
        may_end = threading.Event()

        async def work(tables: Tables) -> None:
            await add_customer(tables, customer_of(organization_id, 1))
            await wait_within(engine, may_end)
            await add_customer(tables, customer_of(organization_id, 2))

        async def main() -> int:
            task = asyncio.create_task(store.write(work))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            may_end.set()
            await store.write(lambda tables: add_customer(tables, customer_of(organization_id, 3)))
            # Where several write at a time, the one that was left alone may be done a little later.
            for _ in range(5000):
                if await count(store, organization_id) == 3:
                    break
                await asyncio.sleep(0.02)
            return await count(store, organization_id)

        assert run(main()) == 3

    def test_before_closing(self, engine: Engine, store: Storage, organization_id: UUID) -> None:
        """What was handed in before the storage is closed is kept."""

        async def main() -> None:
            closing = await engine.open()
            writes = [
                asyncio.create_task(
                    closing.write(
                        lambda tables, number=number: add_customer(  # type: ignore[misc]
                            tables, customer_of(organization_id, number)
                        )
                    )
                )
                for number in range(20)
            ]
            await asyncio.sleep(0)
            await closing.close()
            await asyncio.gather(*writes)

        run(main())
        assert run(count(store, organization_id)) == 20


class TestConcurrentWrites:
    """Many writers at once."""

    def test_none_is_lost(self, store: Storage, organization_id: UUID) -> None:
        """Of many writers at once, each is kept and told its own result."""

        async def add(number: int) -> int:
            async def work(tables: Tables) -> int:
                await add_customer(tables, customer_of(organization_id, number))
                return number

            return await store.write(work)

        async def main() -> tuple[list[int], int]:
            told = await asyncio.gather(*(add(number) for number in range(300)))
            return told, await count(store, organization_id)

        assert run(main()) == (list(range(300)), 300)

    def test_one_given_up_among_many(
        self, engine: Engine, store: Storage, organization_id: UUID
    ) -> None:
        """A writer that gives up disturbs none of those at its side."""
        may_begin = threading.Event()

        async def hold(_: Tables) -> None:
            await wait_within(engine, may_begin)

        async def add(number: int) -> None:
            async def work(tables: Tables) -> None:
                await add_customer(tables, customer_of(organization_id, number))
                if number % 3 == 0:
                    raise Refused
                if number % 3 == 1:
                    await add_customer(tables, customer_of(organization_id, number))

            await store.write(work)

        async def main() -> tuple[list[object], int]:
            holding = asyncio.create_task(store.write(hold))
            adding = [asyncio.create_task(add(number)) for number in range(60)]
            await asyncio.sleep(0)
            may_begin.set()
            await holding
            told = await asyncio.gather(*adding, return_exceptions=True)
            return list(told), await count(store, organization_id)

        told, kept = run(main())

        assert [type(one) for one in told] == [Refused, errors.Duplicate, type(None)] * 20
        assert kept == 20

    def test_two_of_one_kind(self, store: Storage, organization_id: UUID) -> None:
        """Of two writers with one address, one is kept and the other told which field it was."""

        async def add() -> str:
            try:
                await store.write(
                    lambda tables: add_customer(tables, customer_of(organization_id, 1))
                )
            except errors.Duplicate as error:
                return error.field
            return "kept"

        async def main() -> list[str]:
            return sorted(await asyncio.gather(*(add() for _ in range(8))))

        *refused, kept = run(main())
        assert kept == "kept"
        assert set(refused) <= {"email", "external_id"}

    def test_two_processes(self, engine: Engine, store: Storage, organization_id: UUID) -> None:
        """Two storages over one database, as two processes have them, take turns."""
        other = run(engine.open())

        async def add(to: Storage, number: int) -> None:
            await to.write(
                lambda tables: add_customer(tables, customer_of(organization_id, number))
            )

        async def main() -> list[int]:
            await asyncio.gather(
                *(add(store, number) for number in range(50)),
                *(add(other, number) for number in range(50, 100)),
            )
            seen = [await count(each, organization_id) for each in (store, other)]
            await other.close()
            return seen

        assert run(main()) == [100, 100]

    def test_what_another_process_kept(
        self, engine: Engine, store: Storage, organization_id: UUID
    ) -> None:
        """What one process has kept, another sees in its very next read, long or short."""
        other = run(engine.open())

        async def main() -> list[int]:
            seen = []
            for number in range(3):
                await other.write(
                    lambda tables, number=number: add_customer(  # type: ignore[misc]
                        tables, customer_of(organization_id, number)
                    )
                )
                for long in (False, True):
                    page = await store.read(
                        lambda tables: tables.customers.find_page(organization_id, ALL), long=long
                    )
                    seen.append(page.total_count)
            await other.close()
            return seen

        assert run(main()) == [1, 1, 2, 2, 3, 3]


class TestReads:
    """Snapshots."""

    def test_one_moment(self, engine: Engine, store: Storage, organization_id: UUID) -> None:
        """A reader sees one moment, whatever is written meanwhile; the next one sees it all."""
        has_begun, may_go_on = threading.Event(), threading.Event()

        async def read_twice(tables: Tables) -> list[int]:
            first = await tables.customers.find_page(organization_id, ALL)
            has_begun.set()
            await wait_within(engine, may_go_on)
            second = await tables.customers.find_page(organization_id, CustomerQuery(query="c"))
            return [first.total_count, second.total_count]

        async def main() -> tuple[list[int], int]:
            await store.write(lambda tables: add_customer(tables, customer_of(organization_id, 1)))
            reading = asyncio.create_task(store.read(read_twice, long=True))
            await asyncio.to_thread(has_begun.wait, SECONDS)
            await store.write(lambda tables: add_customer(tables, customer_of(organization_id, 2)))
            may_go_on.set()
            return await reading, await count(store, organization_id)

        assert run(main()) == ([1, 1], 2)

    def test_during_a_long_write(
        self, engine: Engine, store: Storage, organization_id: UUID
    ) -> None:
        """While somebody writes, readers neither wait nor see what is not done."""
        has_begun, may_end = threading.Event(), threading.Event()

        async def write_slowly(tables: Tables) -> None:
            for number in range(10):
                await add_customer(tables, customer_of(organization_id, number))
            has_begun.set()
            await wait_within(engine, may_end)

        async def main() -> list[int]:
            writing = asyncio.create_task(store.write(write_slowly))
            await asyncio.to_thread(has_begun.wait, SECONDS)
            short = await store.read(
                lambda tables: tables.customers.find_page(organization_id, ALL)
            )
            seen = [short.total_count, await count(store, organization_id)]
            assert not writing.done()
            may_end.set()
            await writing
            return [*seen, await count(store, organization_id)]

        assert run(main()) == [0, 0, 10]

    def test_many_at_once(self, store: Storage, organization_id: UUID) -> None:
        """Many readers at once, with writers among them, each see a whole number of writes."""

        async def add_two(number: int) -> None:
            async def work(tables: Tables) -> None:
                await add_customer(tables, customer_of(organization_id, number))
                await add_customer(tables, customer_of(organization_id, number + 1))

            await store.write(work)

        async def main() -> list[int]:
            reading = [asyncio.create_task(count(store, organization_id)) for _ in range(20)]
            writing = [asyncio.create_task(add_two(number)) for number in range(0, 40, 2)]
            reading += [asyncio.create_task(count(store, organization_id)) for _ in range(40)]
            await asyncio.gather(*writing)
            return await asyncio.gather(*reading)

        assert all(seen % 2 == 0 for seen in run(main()))

    def test_reads_write_nothing(self, store: Storage, organization_id: UUID) -> None:
        """A read that tries to write fails, and nothing of it is kept."""

        async def main() -> int:
            for long in (False, True):
                with pytest.raises(Exception, match=r"read.?only|cannot be (used|written)"):
                    await store.read(
                        lambda tables: add_customer(tables, customer_of(organization_id, 1)),
                        long=long,
                    )
            return await count(store, organization_id)

        assert run(main()) == 0

    def test_a_read_that_fails(self, store: Storage, organization_id: UUID) -> None:
        """A read that raises gives its reason, and the next one goes on."""

        async def fail(tables: Tables) -> None:
            await tables.organizations.find(organization_id)
            raise Refused

        async def main() -> int:
            for long in (False, True):
                with pytest.raises(Refused):
                    await store.read(fail, long=long)
            return await count(store, organization_id)

        assert run(main()) == 0


def test_ping(store: Storage) -> None:
    """A database that is there answers."""
    run(store.ping())


def test_opened_again(engine: Engine, store: Storage, organization_id: UUID) -> None:
    """What was kept is there when the database is opened again."""

    async def main() -> int:
        await store.write(lambda tables: add_customer(tables, customer_of(organization_id, 1)))
        again = await engine.open()
        seen = await count(again, organization_id)
        await again.close()
        return seen

    assert run(main()) == 1
