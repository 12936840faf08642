"""Cached lists, read while other processes write, begin, commit and are killed."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid4

import apsw
import asyncpg
import pytest

from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.imports import Imports
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.snapshots import Snapshots
from icefloe.domain.values import errors
from icefloe.domain.values.access import Subject
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.customers import Customer, CustomerChange
from icefloe.domain.values.listing import CustomerQuery, MetadataFilter, PageRequest, Sort
from icefloe.exchange.records import read_entry
from icefloe.storage.lists import planner, ranks
from icefloe.storage.lists.matches import Matches
from icefloe.storage.open import sqlite_path
from icefloe.storage.postgres import change_log
from icefloe.storage.postgres.dialect import PostgresDialect
from icefloe.storage.sqlite import search
from support import (
    Engine,
    add_customer,
    customer_of,
    documents_of,
    kill_amid_writes,
    new_customer,
    run,
)

GOLD = CustomerQuery(metadata=(MetadataFilter("plan", ("gold",)),), sorting=(Sort("name"),))
NAMED = CustomerQuery(query="customer", sorting=(Sort("email"),))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done for many customers is done for a few."""
    for name, value in [("_FEW", 1), ("_SMALL", 1), ("_MAX_EXPECTED", 0), ("MAX_EXACT", 8)]:
        monkeypatch.setattr(planner, name, value)
    monkeypatch.setattr(ranks, "MAX_EXACT", 8)
    monkeypatch.setattr(ranks, "_BUCKETS", 6)
    monkeypatch.setattr(search, "_MAX_BEHIND", 7)


def gold(organization_id: UUID, number: int, **values: Any) -> Customer:
    """A customer whom the lists find."""
    return customer_of(organization_id, number, **{"metadata": {"plan": "gold"}, **values})


async def add(store: Storage, customer: Customer) -> None:
    """Keep a customer."""
    await store.write(lambda tables: add_customer(tables, customer))


async def take_in(store: Storage, organization_id: UUID, count: int) -> None:
    """Keep many customers whom the lists find."""
    entries = [
        read_entry(f"item {number}", new_customer(number, metadata={"plan": "gold"}))
        for number in range(count)
    ]
    report = await Imports(store, Clock()).run(organization_id, lambda: entries)
    assert report.added == count


async def find(
    store: Storage, organization_id: UUID, query: CustomerQuery, page: int = 1, limit: int = 100
) -> tuple[list[str], int]:
    """The names on a page, and the total."""
    asked = CustomerQuery(
        query=query.query,
        metadata=query.metadata,
        sorting=query.sorting,
        page=PageRequest(page, limit),
    )
    found = await store.read(lambda tables: tables.customers.find_page(organization_id, asked))
    return [document["name"] for document in documents_of(found)], found.total_count


@pytest.mark.parametrize("query", [GOLD, NAMED], ids=["metadata", "text"])
def test_of_an_organization_that_is_removed(
    engine: Engine, store: Storage, organization_id: UUID, query: CustomerQuery
) -> None:
    """No process lists who is gone, nor takes one of the same id for the organization that was."""

    async def main() -> None:
        organizations = Organizations(store, Clock())
        snapshots = Snapshots(store)
        await take_in(store, organization_id, 20)
        taken = await snapshots.take(organization_id)
        other = await engine.open()
        first, _ = await find(store, organization_id, query, limit=7)

        async def see(names: list[str], total: int) -> None:
            for each in (other, store, other):
                assert await find(each, organization_id, query, limit=7) == (names, total)

        await see(first, 20)
        await organizations.remove(organization_id)
        await see([], 0)
        await organizations.create("Again", organization_id=organization_id)
        await see([], 0)
        await take_in(store, organization_id, 6)
        assert (await find(other, organization_id, query))[1] == 6
        await snapshots.restore(organization_id, taken)
        await see(first, 20)
        await other.close()

    run(main())


@pytest.mark.parametrize("query", [GOLD, NAMED], ids=["metadata", "text"])
def test_read_while_others_write(
    engine: Engine, store: Storage, organization_id: UUID, query: CustomerQuery
) -> None:
    """Each page and total is of one moment between a read's beginning and its end."""

    async def main() -> None:
        await take_in(store, organization_id, 20)
        other = await engine.open()
        kept, begun, is_writing = 20, 20, True

        async def write(by: Storage, first: int) -> None:
            nonlocal kept, begun
            for number in range(first, first + 40):
                begun += 1
                await add(by, gold(organization_id, number))
                kept += 1

        async def read(by: Storage) -> None:
            source = Random(1)  # noqa: S311 - the same each time
            while is_writing:
                least, page = kept, source.randint(1, 4)
                shown, total = await find(by, organization_id, query, page, limit=10)
                assert least <= total <= begun
                assert len(shown) == min(10, max(total - 10 * (page - 1), 0))
                await asyncio.sleep(0)  # a short read of SQLite lets nobody in

        readers = [asyncio.create_task(read(by)) for by in (store, other) for _ in range(4)]
        try:
            await asyncio.gather(
                write(store, 1_000), write(store, 2_000), write(other, 3_000), write(other, 4_000)
            )
        finally:
            is_writing = False
            await asyncio.gather(*readers)
            await other.close()
        assert kept == begun == 180
        assert (await find(store, organization_id, query))[1] == 180

    run(main())


def test_a_transaction_is_seen_whole(engine: Engine, store: Storage, organization_id: UUID) -> None:
    """A total never shows one of two changes that were made together."""

    async def main() -> None:
        await take_in(store, organization_id, 20)
        other = await engine.open()
        one, two = gold(organization_id, 1_001), gold(organization_id, 1_002, metadata={})
        await add(store, one)
        await add(store, two)
        is_writing = True

        async def swap(tables: Tables) -> None:
            first = await tables.customers.find(organization_id, one.id)
            second = await tables.customers.find(organization_id, two.id)
            assert first is not None
            assert second is not None
            for customer, notes in ((first, second.metadata), (second, first.metadata)):
                changed = replace(customer, metadata=notes)
                await tables.customers.replace(changed, changed.email)

        async def read(by: Storage) -> None:
            while is_writing:
                shown, total = await find(by, organization_id, GOLD)
                assert (len(shown), total) == (21, 21)
                await asyncio.sleep(0)  # a short read of SQLite lets nobody in

        readers = [asyncio.create_task(read(by)) for by in (store, other) for _ in range(3)]
        try:
            for number in range(40):
                await (store, other)[number % 2].write(swap)
        finally:
            is_writing = False
            await asyncio.gather(*readers)
            await other.close()

    run(main())


class TestTogether:
    """Several who ask for what takes long."""

    @pytest.fixture
    def on_count(self, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Awaitable[None]]]:
        """What is to be done before a list is counted, each once for one list."""
        to_be_done: list[Callable[[], Awaitable[None]]] = []
        count = Matches.count

        async def note(found: Matches) -> int:
            await to_be_done.pop()()
            return await count(found)

        monkeypatch.setattr(Matches, "count", note)
        return to_be_done

    def test_is_found_once(
        self,
        store: Storage,
        organization_id: UUID,
        on_count: list[Callable[[], Awaitable[None]]],
    ) -> None:
        """Of many who ask for the same at once, one counts for all."""

        async def nothing() -> None:
            pass

        async def main() -> list[int]:
            await take_in(store, organization_id, 50)
            on_count.append(nothing)
            found = await asyncio.gather(
                *(find(store, organization_id, GOLD, page) for page in range(1, 21))
            )
            return [total for _, total in found]

        assert run(main()) == [50] * 20

    def test_one_who_goes_away(
        self,
        store: Storage,
        organization_id: UUID,
        on_count: list[Callable[[], Awaitable[None]]],
    ) -> None:
        """Whoever asked first may go away: the others get what was begun."""

        async def main() -> list[int]:
            await take_in(store, organization_id, 50)
            loop = asyncio.get_running_loop()
            asking = [asyncio.create_task(find(store, organization_id, GOLD)) for _ in range(10)]

            async def go_away() -> None:
                loop.call_soon_threadsafe(asking[0].cancel)

            on_count.append(go_away)
            found = await asyncio.gather(*asking, return_exceptions=True)
            assert isinstance(found[0], asyncio.CancelledError)
            return [one[1] for one in found[1:] if not isinstance(one, BaseException)]

        assert run(main()) == [50] * 9
        assert on_count == []

    def test_one_who_fails(
        self, store: Storage, organization_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the first attempt fails, it fails for one alone; the next finds it for the rest."""
        count, calls = Matches.count, 0

        async def fail_once(found: Matches) -> int:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise errors.StorageUnavailable("once")
            return await count(found)

        monkeypatch.setattr(Matches, "count", fail_once)

        async def main() -> list[Any]:
            await take_in(store, organization_id, 50)
            return await asyncio.gather(
                *(find(store, organization_id, GOLD) for _ in range(10)), return_exceptions=True
            )

        found = run(main())
        failed = [one for one in found if isinstance(one, BaseException)]
        assert [type(one) for one in failed] == [errors.StorageUnavailable]
        assert [one[1] for one in found if not isinstance(one, BaseException)] == [50] * 9
        assert calls == 2

    def test_others_go_on(
        self,
        engine: Engine,
        store: Storage,
        organization_id: UUID,
        on_count: list[Callable[[], Awaitable[None]]],
    ) -> None:
        """Whoever asks for little is answered while somebody's count is still under way."""

        async def main() -> int:
            await take_in(store, organization_id, 50)
            has_begun, may_end = threading.Event(), threading.Event()

            async def hold() -> None:
                has_begun.set()
                if engine.name == "sqlite":
                    assert may_end.wait(120)
                else:
                    assert await asyncio.to_thread(may_end.wait, 20)

            on_count.append(hold)
            slow = asyncio.create_task(find(store, organization_id, GOLD))
            assert await asyncio.to_thread(has_begun.wait, 20)
            for number in range(1_000, 1_005):
                await add(store, gold(organization_id, number))
                assert (await find(store, organization_id, CustomerQuery()))[1] == number - 949
            may_end.set()
            counted = (await slow)[1]
            assert (await find(store, organization_id, GOLD))[1] == 55
            return counted

        assert run(main()) == 50


def test_anonymised(engine: Engine, store: Storage, organization_id: UUID) -> None:
    """Who is forgotten is gone from kept lists and the log, though just made and changed there."""

    async def main() -> tuple[list[str], str]:
        await take_in(store, organization_id, 12)
        other = await engine.open()
        one = gold(organization_id, 1_001, name="Secret Customer", email="secret@example.com")
        await add(store, one)
        totals = [(await find(by, organization_id, NAMED))[1] for by in (store, other)]
        writes = CustomerWrites(store, Clock())
        subject = Subject(organization_id, uuid4(), frozenset())
        await writes.update(subject, one.id, CustomerChange(name="Secret Customer Two"))
        totals += [(await find(store, organization_id, NAMED))[1]]
        await writes.delete(subject, one.id, anonymise=True)
        shown = []
        for by in (store, other):
            for query in (NAMED, GOLD, CustomerQuery(query="secret")):
                names, total = await find(by, organization_id, query)
                assert len(names) == total
                shown += names
        await other.close()
        assert totals == [13, 13, 13]
        return shown, await read_log(engine)

    shown, log = run(main())
    assert len(shown) == 4 * 12
    assert "secret" not in (log + json.dumps(shown)).lower()


async def read_log(engine: Engine) -> str:
    """All of the log of changes, as text; keys by which names are sorted are of no use to anybody."""
    statement = 'SELECT "before", "after" FROM customer_changes'
    if engine.name == "sqlite":
        with closing(apsw.Connection(str(sqlite_path(engine.database)))) as connection:
            return repr(connection.execute(statement).fetchall())
    async with connected(engine) as other:
        return repr(await other.fetch(statement))


@asynccontextmanager
async def connected(engine: Engine) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A connection of its own to the server."""
    connection = await asyncpg.connect(engine.database)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.processes
@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
class TestTransactionsOfPostgres:
    """Transactions that end in another order than they began, or not at all."""

    @pytest.fixture(autouse=True)
    def _many_slots(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Nobody counts in another's row, who may not let go of it for long.
        monkeypatch.setattr(PostgresDialect, "count_slots", 2**22)

    @pytest.mark.parametrize("seed", range(4))
    def test_in_any_order(self, store: Storage, organization_id: UUID, seed: int) -> None:
        """Entries are seen when their transaction is, however long it was open; some never are."""
        source = Random(seed)  # noqa: S311 - the same each time

        async def main() -> None:
            await take_in(store, organization_id, 20)
            names = {f"Customer {number}" for number in range(20)}
            held: list[tuple[asyncio.Event, bool, str, asyncio.Task[None]]] = []
            for number in range(1_000, 1_040):
                if source.random() < 0.5 and len(held) < 5:
                    has_written, may_end = asyncio.Event(), asyncio.Event()
                    is_kept = source.random() < 0.7
                    customer = gold(organization_id, number)
                    task = asyncio.create_task(
                        hold(store, customer, has_written, may_end, is_kept=is_kept)
                    )
                    await has_written.wait()
                    held.append((may_end, is_kept, f"Customer {number}", task))
                elif source.random() < 0.5 and held:
                    may_end, is_kept, name, task = held.pop(source.randrange(len(held)))
                    may_end.set()
                    await asyncio.gather(task, return_exceptions=True)
                    names |= {name} if is_kept else set()
                else:
                    await add(store, gold(organization_id, number))
                    names.add(f"Customer {number}")
                for query in (GOLD, NAMED):
                    found, total = await find(store, organization_id, query)
                    assert (set(found), total) == (names, len(names))
            for may_end, _, _, task in held:
                may_end.set()
                await asyncio.gather(task, return_exceptions=True)

        run(main())

    def test_one_that_outlasts_the_log(
        self,
        engine: Engine,
        store: Storage,
        organization_id: UUID,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """While a transaction stays open, the log is trimmed, and kept lists are kept all the same."""
        monkeypatch.setattr(change_log, "_TRIM_EVERY", 1)
        count, counted = Matches.count, 0

        async def note(found: Matches) -> int:
            nonlocal counted
            counted += 1
            return await count(found)

        monkeypatch.setattr(Matches, "count", note)

        async def main() -> list[int]:
            await take_in(store, organization_id, 20)
            has_written, may_end = asyncio.Event(), asyncio.Event()
            held = hold(store, gold(organization_id, 999), has_written, may_end, is_kept=True)
            holding = asyncio.create_task(held)
            await has_written.wait()
            for number in range(1_000, 1_003):
                await add(store, gold(organization_id, number))
            totals = [(await find(store, organization_id, GOLD))[1]]
            async with connected(engine) as other:
                await other.execute(
                    "UPDATE customer_changes SET made_at = made_at - interval '11 minutes'"
                )
            kept = (await find(store, organization_id, GOLD))[1]
            await add(store, gold(organization_id, 1_003))
            totals += [kept, *[(await find(store, organization_id, GOLD))[1] for _ in range(3)]]
            may_end.set()
            await holding
            return [*totals, (await find(store, organization_id, GOLD))[1]]

        assert run(main()) == [23, 23, 24, 24, 24, 25]
        assert counted == 1


async def hold(
    store: Storage,
    customer: Customer,
    has_written: asyncio.Event,
    may_end: asyncio.Event,
    *,
    is_kept: bool,
) -> None:
    """Keep a customer in a transaction that stays open until it may end."""

    async def work(tables: Tables) -> None:
        await add_customer(tables, customer)
        has_written.set()
        await may_end.wait()
        if not is_kept:
            raise ZeroDivisionError

    await store.write(work)


WRITER = """
import asyncio, sys
from random import Random
from uuid import UUID, uuid4
from support import add_customer, customer_of
from icefloe.domain.values.access import Subject
from icefloe.domain.values.clock import Clock
from icefloe.domain.customer_rules import CustomerChange
from icefloe.domain.customer_writes import CustomerWrites
from icefloe.storage.open import open_storage
from icefloe.storage.sqlite import search

search._MAX_BEHIND = 20
organization_id = UUID(sys.argv[2])
subject = Subject(organization_id, uuid4(), frozenset())

async def write(store, first):
    source, kept = Random(first), []
    writes = CustomerWrites(store, Clock())
    for number in range(first, 1_000_000, 8):
        customer = customer_of(organization_id, number)
        await store.write(lambda tables: add_customer(tables, customer))
        kept.append(customer.id)
        one = kept.pop(source.randrange(len(kept)))
        if source.random() < 0.3:
            await writes.delete(subject, one, anonymise=source.random() < 0.3)
        else:
            await writes.update(subject, one, CustomerChange(name=f"Customer anew {number}"))
            kept.append(one)
        sys.stdout.write("done\\n")
        sys.stdout.flush()

async def main():
    store = await open_storage(sys.argv[1])
    await asyncio.gather(*(write(store, first) for first in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
class TestTrigramsOfSqlite:
    """The index of text holds what the customers have, and nothing else."""

    @pytest.fixture
    def check(self, engine: Engine) -> Callable[[], None]:
        """Has FTS5 compare the index with the text that it is of."""

        def compare() -> None:
            with closing(apsw.Connection(str(sqlite_path(engine.database)))) as connection:
                connection.execute(
                    "INSERT INTO customer_trigrams (customer_trigrams, rank)"
                    " VALUES ('integrity-check', 1)"
                )

        return compare

    def test_after_a_write_among_others_is_given_up(
        self, store: Storage, organization_id: UUID, check: Callable[[], None]
    ) -> None:
        """Of writes that share a commit, nothing stays of those that fail."""

        async def give_up(tables: Tables, number: int) -> None:
            await add_customer(tables, gold(organization_id, number))
            raise ZeroDivisionError

        async def main() -> tuple[list[str], int]:
            for first in range(0, 200, 20):
                await asyncio.gather(
                    *(
                        add(store, gold(organization_id, number))
                        if number % 3
                        else store.write(partial(give_up, number=number))
                        for number in range(first, first + 20)
                    ),
                    return_exceptions=True,
                )
            return await find(store, organization_id, NAMED)

        shown, total = run(main())
        check()
        assert total == len([number for number in range(200) if number % 3])
        assert len(set(shown)) == 100

    @pytest.mark.processes
    @pytest.mark.parametrize("enough", [3, 40, 150])
    def test_killed_while_writing(
        self,
        engine: Engine,
        store: Storage,
        organization_id: UUID,
        check: Callable[[], None],
        enough: int,
    ) -> None:
        """After a process is killed amid its writes, the index is as right as before."""
        acknowledged = kill_amid_writes(WRITER, engine.database, organization_id, enough)
        assert acknowledged[:enough] == ["done\n"] * enough

        check()
        run(add(store, gold(organization_id, 2_000_000)))
        check()
        shown, total = run(find(store, organization_id, NAMED))
        assert total == run(find(store, organization_id, CustomerQuery()))[1]
        assert len(shown) == min(total, 100)
