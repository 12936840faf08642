"""Lists in memory that disagree with the database, as after a statement by hand, are counted afresh."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest

from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.imports import Imports
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values.access import Subject
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.listing import CustomerQuery, MetadataFilter, PageRequest, Sort
from icefloe.exchange.records import read_entry
from icefloe.storage.lists import matches, planner, ranks
from icefloe.storage.lists.change_log import Disagrees
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.list_cache import CachedList, CacheKey, ListCache
from icefloe.storage.open import open_storage
from icefloe.storage.sqlite import search
from icefloe.storage.tables import SqlTables
from icefloe.storage.transaction import Transaction
from support import Engine, add_customer, customer_of, documents_of, new_customer, run

GOLD = (MetadataFilter("plan", ("gold",)),)
_ITS = "sequence IN (SELECT sequence FROM customers WHERE organization_id = $1 AND id = $2)"
LOSE_METADATA = f"DELETE FROM customer_metadata WHERE organization_id = $1 AND {_ITS}"  # noqa: S608 - of constants
REMOVALS = [
    LOSE_METADATA,
    f"DELETE FROM customer_search WHERE organization_id = $1 AND {_ITS}",  # noqa: S608 - of constants
    "DELETE FROM members WHERE organization_id = $1 AND customer_id = $2",
    "DELETE FROM customers WHERE organization_id = $1 AND id = $2",
]
# An entry that comes again, as a version that writes another log might have it.
AGAIN = (
    'INSERT INTO customer_changes (organization_id, sequence, "before", "after")'
    ' SELECT organization_id, sequence, "before", "after" FROM customer_changes'
    " WHERE organization_id = $1 AND sequence IS NOT NULL ORDER BY number DESC LIMIT 1"
)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done for many customers is done for a few."""
    for name, value in [("_FEW", 1), ("_SMALL", 1), ("_SHALLOW", 3), ("_MAX_EXPECTED", 20)]:
        monkeypatch.setattr(planner, name, value)
    for module in (planner, ranks, matches):
        monkeypatch.setattr(module, "MAX_EXACT", 8)
    monkeypatch.setattr(ranks, "_BUCKETS", 6)
    monkeypatch.setattr(search, "_MAX_BEHIND", 7)


@dataclass
class World:
    """An organization of a storage, and what the storage has reported."""

    store: Storage
    organization_id: UUID
    reports: list[dict[str, object]] = field(default_factory=list)

    @property
    def kept(self) -> ListCache:
        """What the storage has in memory of lists."""
        kept: ListCache = self.store._cache  # type: ignore[attr-defined]  # no other way to it
        return kept

    @property
    def reasons(self) -> list[object]:
        """Why lists were dropped, each of them of this organization."""
        for report in self.reports:
            assert report["event"] == "list disagreed"
            assert report["organization"] == str(self.organization_id)
        return [report["reason"] for report in self.reports]

    def take_in(self, count: int) -> None:
        """Store customers whom the lists find."""
        entries = [
            read_entry(f"item {number}", new_customer(number, metadata={"plan": "gold"}))
            for number in range(count)
        ]
        run(Imports(self.store, Clock()).run(self.organization_id, lambda: entries))

    def add(self, *numbers: int) -> None:
        """Store customers one by one, as the API does."""
        for number in numbers:
            customer = customer_of(self.organization_id, number, metadata={"plan": "gold"})
            run(self.store.write(lambda tables, one=customer: add_customer(tables, one)))  # type: ignore[misc]  # see above

    def delete(self) -> None:
        """Delete the first customer on the list, as the API does."""
        subject = Subject(self.organization_id, uuid4(), frozenset())
        first = documents_of(self.find_page(CustomerQuery(sorting=(Sort("created_at"),))))[0]
        run(CustomerWrites(self.store, Clock()).delete(subject, UUID(first["id"])))

    def find_page(self, query: CustomerQuery) -> Any:
        """A page of the organization's list."""
        return run(
            self.store.read(lambda tables: tables.customers.find_page(self.organization_id, query))
        )

    def find(self, query: CustomerQuery) -> tuple[list[str], int]:
        """The names on a page, and the total."""
        found = self.find_page(query)
        return [document["name"] for document in documents_of(found)], found.total_count

    def by_hand(self, statement: str, *arguments: object) -> None:
        """Run a statement on the organization that the log of changes hears nothing of."""

        async def work(tables: Tables) -> None:
            await transaction_of(tables).execute(statement, self.organization_id, *arguments)

        run(self.store.write(work))

    def lose(self, customer_id: UUID) -> None:
        """Remove a customer by hand, and all that is stored beside it but the log."""
        for statement in REMOVALS:
            self.by_hand(statement, customer_id)
        self.by_hand("UPDATE customer_counts SET live = live - 1 WHERE organization_id = $1")


def transaction_of(tables: Tables) -> Transaction:
    """The transaction that tables are of."""
    assert isinstance(tables, SqlTables)
    return tables._transaction


@pytest.fixture
def make_world(engine: Engine) -> Iterator[Callable[[], World]]:
    """Makes an organization on a storage that reports."""
    opened: list[Storage] = []

    def make() -> World:
        reports: list[dict[str, object]] = []

        def report(event: str, **details: object) -> None:
            reports.append({"event": event, **details})

        opened.append(run(open_storage(engine.database, report=report)))
        made = run(Organizations(opened[-1], Clock()).create("Tests"))
        return World(opened[-1], made.id, reports)

    yield make
    for store in opened:
        run(store.close())


def asked(
    *sorting: str, page: int = 1, limit: int = 100, gold: bool = True, text: str | None = None
) -> CustomerQuery:
    """A query for a page."""
    return CustomerQuery(
        query=text,
        metadata=GOLD if gold else (),
        sorting=tuple(Sort(one.removeprefix("-"), one.startswith("-")) for one in sorting),  # type: ignore[arg-type]  # names of columns
        page=PageRequest(page, limit),
    )


# Each with what shows that the list in memory is wrong.
LISTS = {
    "every place": (6, asked("name")),
    "every place, by text": (6, asked("email", gold=False, text="customer")),
    "buckets": (30, asked("name", page=3, limit=10)),
    "buckets, backwards": (30, asked("-email", page=3, limit=10)),
    "everybody": (30, asked("name", gold=False, page=3, limit=10)),
    "everybody, in groups": (30, asked("name", "-created_at", gold=False, page=3, limit=10)),
    "in groups": (30, asked("email", "-created_at", page=3, limit=10)),
    "total": (9, asked("-created_at", page=2, limit=5)),
}


@pytest.mark.parametrize(("count", "query"), LISTS.values(), ids=LISTS)
def test_a_customer_who_is_not_there(
    make_world: Callable[[], World], count: int, query: CustomerQuery
) -> None:
    """A list that has a customer more than the database is counted afresh by who finds that out."""
    world = make_world()
    world.take_in(count)
    *others, last = documents_of(world.find_page(query))
    assert world.find(query)[1] == count
    assert world.reports == []

    world.lose(UUID(last["id"]))

    for _ in range(3):
        assert world.find(query) == ([each["name"] for each in others], count - 1)
    assert len(world.reasons) == 1
    world.add(1_000)
    assert world.find(query)[1] == count


def test_a_change_that_does_not_fit(make_world: Callable[[], World]) -> None:
    """Where a list lacks what a change starts from, that request is answered, and those after it."""
    world = make_world()
    world.take_in(6)
    queries = [asked("name"), asked("email", page=2, limit=4), asked("-created_at")]
    before = [world.find(query) for query in queries]
    world.delete()
    world.by_hand(AGAIN)

    after = [world.find(query) for query in queries]

    assert [total for _, total in after] == [5] * 3
    assert after[0][0] == [name for name in before[0][0] if name in after[0][0]]
    assert [world.find(query) for query in queries] == after
    assert world.reasons == ["a customer who leaves the list is not in it"]


def test_in_the_background(make_world: Callable[[], World]) -> None:
    """What does not fit is dropped, and the lists of other organizations are brought up to date."""
    world, other = make_world(), make_world()
    other.store, query = world.store, asked("name")
    for each in (world, other):
        each.take_in(6)
        each.find(query)
    world.delete()
    world.by_hand(AGAIN)
    other.add(100)

    run(world.store.catch_up())

    assert world.reasons == ["a customer who leaves the list is not in it"]
    assert {key[0] for key, _ in world.kept.all()} == {other.organization_id}
    assert world.find(query)[1] == 5
    assert other.find(query)[1] == 7


def test_others_who_have_it_in_hand(make_world: Callable[[], World]) -> None:
    """No reader sees a list of which a part of the changes is applied, whoever had it before."""
    world = make_world()
    world.take_in(6)
    world.find(asked("name"))
    found = next(each for each in world.kept.all() if each[1].ranks is not None)
    world.add(100)
    world.delete()
    world.by_hand(AGAIN)

    with pytest.raises(Disagrees):
        run(world.store.read(lambda tables: look(tables, *found), long=True))

    assert run(world.store.read(lambda tables: look(tables, *found), long=True)) is None


async def look(tables: Tables, key: CacheKey, kept: CachedList) -> int | None:
    """The total of a list that was in hand before."""
    assert isinstance(tables, SqlTables)
    log = tables.customers._dialect.change_log
    return await kept.read_as_of(tables._transaction, log, key, lambda seen: seen.total)


class NotingLock:
    """A lock that notes a list's total at the end of each hold."""

    def __init__(self, kept: CachedList) -> None:
        self.kept = kept
        self.totals = [kept.total]
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.totals.append(self.kept.total)
        self._lock.release()


@pytest.mark.parametrize("by", ["a request", "the background"])
def test_a_list_is_never_locked_for_long(make_world: Callable[[], World], by: str) -> None:
    """However many changes a list has missed, few are applied while others wait for it."""
    world = make_world()
    world.take_in(9)
    query = asked("-created_at", page=2, limit=5)
    world.find(query)
    ((_, kept),) = world.kept.all()
    lock = kept._lock = NotingLock(kept)  # type: ignore[assignment]  # a lock, if one that notes

    async def add(tables: Tables) -> None:
        for number in range(100, 550):
            one = customer_of(world.organization_id, number, metadata={"plan": "gold"})
            await add_customer(tables, one)

    run(world.store.write(add))
    if by == "a request":
        assert world.find(query)[1] == 459
    else:
        run(world.store.catch_up())

    assert lock.totals[-1] == 459
    steps = [after - before for before, after in pairwise(lock.totals)]
    assert max(steps) <= 200


class TestRecount:
    """What is counted afresh in the background."""

    def test_nothing(self, make_world: Callable[[], World]) -> None:
        """Where nothing is in memory there is nothing to count."""
        world = make_world()

        run(world.store.recount())

        assert world.reports == []

    def test_what_is_right_stays(self, engine: Engine, make_world: Callable[[], World]) -> None:
        """A total that is right stays in memory, whoever has written meanwhile."""
        world, other = make_world(), run(engine.open())
        world.take_in(30)
        for query in (asked("name"), asked("name", gold=False, page=3, limit=10)):
            world.find(query)
        kept = world.kept.all()
        assert len(kept) == 3
        written = World(other, world.organization_id)
        written.add(100, 101)
        written.delete()

        for _ in range(4):
            run(world.store.recount())

        run(other.close())
        assert world.reports == []
        assert {key for key, _ in world.kept.all()} == {key for key, _ in kept}

    def test_what_is_wrong_is_counted_afresh(self, make_world: Callable[[], World]) -> None:
        """A total that the database does not bear out is reported, and right for the next request."""
        world = make_world()
        world.take_in(30)
        query = asked("-created_at", page=1, limit=5)
        for each in (query, asked("name", gold=False, page=3, limit=10)):
            world.find(each)
        last = documents_of(world.find_page(query))[-1]
        world.by_hand(LOSE_METADATA, UUID(last["id"]))
        assert world.find(query)[1] == 30

        for _ in world.kept.all():
            run(world.store.recount())

        assert world.reasons == ["30 customers were remembered, and 29 are counted"]
        assert world.find(query)[1] == 29

    def test_each_in_turn(self) -> None:
        """Each list has its turn before any has another, also where some come and go."""
        kept, organization_id = ListCache(), uuid4()
        keys = [(organization_id, Filter(text=str(number)), ()) for number in range(4)]
        for key in keys:
            kept.put(key, CachedList(0, 0))

        first = [kept.find_next() for _ in range(2)]
        lists = dict(kept.all())
        kept.drop(keys[1], lists[keys[1]])
        kept.put((organization_id, Filter(text="new"), ()), CachedList(0, 0))
        turns = [str(one[0][1].text) for one in (*first, kept.find_next(), kept.find_next()) if one]

        assert sorted(turns[:3]) == ["0", "2", "3"]
        assert turns[3] == "new"
