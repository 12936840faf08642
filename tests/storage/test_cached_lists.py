"""Cached lists are exact at every moment, whichever process writes meanwhile."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import permutations
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from api.drawing import MOMENTS, Customer, text_of
from api.rules import in_order, is_found
from catalogue import free_product
from icefloe.api.customers import _read_list_request
from icefloe.domain.commerce.commerce import Commerce
from icefloe.domain.commerce.subscriptions import Cancellation
from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.imports import Imports
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.snapshots import Snapshots
from icefloe.domain.values import errors
from icefloe.domain.values.access import Subject
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.commerce import Filter, ObjectQuery
from icefloe.domain.values.customers import CustomerChange, NewCustomer
from icefloe.domain.values.imports import OnConflict
from icefloe.domain.values.listing import Page, PageRequest
from icefloe.domain.values.subscriptions import NewSubscription
from icefloe.domain.values.unset import UNSET
from icefloe.exchange.records import read_entry
from icefloe.storage.lists import change_log, list_cache, matches, planner, ranks
from icefloe.storage.postgres import change_log as postgres_changes
from icefloe.storage.sqlite import change_log as sqlite_changes
from icefloe.storage.sqlite import search
from support import Engine, add_customer, customer_of, documents_of, run

Pairs = list[tuple[str, str]]

# Few, so that they are many people's; letters that two bytes hold, a wildcard, and what FTS5 quotes.
WORDS = [
    "anna",
    "Anna-Bo",
    'b"an"',
    "%an_",
    "åsa",
    "x",
    "жанна",
    "ann\\a",
    "中文の",
    "'or'",
    "*a^n",
]
PLANS: list[str | int | bool] = ["gold", "Gold", "%", 5, "5", True]
SORTINGS = ["created_at", "email", "name"]
# What lists come to differ by, each small enough for a few customers to pass it.
SMALL = [
    (planner, "_SHALLOW", 3), (planner, "_FEW", 2), (planner, "_MAX_EXPECTED", 6),
    (planner, "_MAX_TRIED", 9), (planner, "_SMALL", 10), (planner, "MAX_EXACT", 8),
    (ranks, "MAX_EXACT", 8), (ranks, "_BUCKETS", 6), (ranks, "_MAX_BUCKETS", 16),
    (matches, "_MAX_DRIVING", 12), (matches, "MAX_EXACT", 8), (search, "_MAX_BEHIND", 7),
    (search, "_MAX_RARE", 15), (search, "_MAX_INDEXED", 4), (list_cache, "_MAX_PER_HOLD", 2),
]  # fmt: skip


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is done for many customers is done for a few."""
    for module, name, value in SMALL:
        monkeypatch.setattr(module, name, value)


@dataclass
class World:
    """An organization, whose customers several processes' storages write and list."""

    source: Random
    organization_id: UUID
    stores: list[Storage]
    made: int = 0
    filters: list[Pairs] = field(default_factory=list)
    product_id: UUID | None = None

    @property
    def clock(self) -> Clock:
        """A clock by which several customers are made at one moment."""
        return Clock(now=lambda: datetime.fromisoformat(self.source.choice(MOMENTS)))

    @property
    def store(self) -> Storage:
        """One of the storages."""
        return self.source.choice(self.stores)

    @property
    def subject(self) -> Subject:
        """Who writes."""
        return Subject(self.organization_id, uuid4(), frozenset())

    def find_everybody(self) -> list[Customer]:
        """All customers who are not deleted, in the order in which they were kept."""
        records = run(
            self.stores[0].read(
                lambda tables: tables.customers.find_batch(
                    self.organization_id, -1, 1_000, with_deleted=False
                )
            )
        )
        active = {one["customer_id"] for one in self.find_subscriptions()}
        found = [documents_of(Page(record.document, 1))[0] for record in records]
        return [{**one, "is_active": one["id"] in active} for one in found]

    def find_subscriptions(self) -> list[dict[str, Any]]:
        """The subscriptions that have not ended."""
        query = ObjectQuery(page=PageRequest(limit=1_000), filters=(Filter("status", ("active",)),))
        found: list[dict[str, Any]] = run(
            self.stores[0].read(
                lambda tables: tables.commerce.subscriptions.find_matching(
                    self.organization_id, query
                )
            )
        )
        return found

    # What a customer may have.

    def name(self) -> str | None:
        """A name, or none."""
        if self.source.random() < 0.25:
            return None
        return " ".join(self.source.choices(WORDS, k=self.source.choice([1, 1, 2])))

    def email(self) -> str:
        """An address, rarely one that is taken."""
        self.made += self.source.random() < 0.95
        return f"{self.source.choice(['a', 'Ann', 'b.x'])}{self.made % 7}.{self.made}@a.no"

    def metadata(self) -> dict[str, Any]:
        """Notes."""
        keys = self.source.sample(["plan", "q'", "seats"], k=self.source.randint(0, 3))
        return {key: self.source.choice(PLANS) for key in keys}

    def one(self) -> Customer:
        """A customer as a file has it."""
        return {
            "id": str(uuid4()),
            "created_at": self.source.choice(MOMENTS),
            "email": self.email(),
            "name": self.name(),
            "billing_name": self.name(),
            "external_id": self.source.choice([None, f"{self.source.choice(WORDS)}{self.made}"]),
            "metadata": self.metadata(),
        }

    def new(self) -> NewCustomer:
        """A customer as a caller has it."""
        one = self.one()
        return NewCustomer(**{name: one[name] for name in ("email", "name", "metadata")})

    def change(self) -> CustomerChange:
        """A change of some values."""
        new = self.new()

        def maybe(value: Any) -> Any:
            return value if self.source.random() < 0.4 else UNSET

        return CustomerChange(
            name=maybe(new.name), email=maybe(new.email), metadata=maybe(new.metadata)
        )

    # What may be done.

    def write(self) -> None:
        """Make, change or delete somebody, or several at once; what is refused changes nothing."""
        store = self.store
        writes = CustomerWrites(store, self.clock)
        everybody = self.find_everybody()
        somebody = self.source.choice(everybody) if everybody else None
        chosen = self.source.choices(
            [
                *("create", "put", "update", "delete", "anonymise", "twice", "import"),
                *("bring back", "subscribe", "revoke"),
            ],
            [30, 5, 20, 10, 5, 10, 8, 3, 20, 10],
        )[0]
        with suppress(errors.RulesBroken):
            if chosen == "import":
                self.take_in(*[self.one() for _ in range(self.source.choice([1, 2, 15]))])
            elif chosen == "put":
                external_id = self.source.choice(["ann1", "b2", "X3"])
                run(writes.put_external(self.subject, external_id, self.new(), self.change()))
            elif somebody is None or chosen == "create":
                run(writes.create(self.subject, self.new()))
            elif chosen == "bring back":
                # A deleted one, under its id; or somebody who is here, in part as somebody else.
                run(writes.delete(self.subject, UUID(somebody["id"])))
                self.take_in({**self.one(), "id": somebody["id"]})
            elif chosen == "subscribe":
                self.subscribe(store, UUID(somebody["id"]))
            elif chosen == "revoke":
                self.revoke(store)
            elif chosen in {"update", "twice"}:
                for _ in range(1 + (chosen == "twice")):
                    run(writes.update(self.subject, UUID(somebody["id"]), self.change()))
                if chosen == "twice":
                    self.take_in({**self.one(), "id": somebody["id"]})
            else:
                run(
                    writes.delete(
                        self.subject, UUID(somebody["id"]), anonymise=chosen == "anonymise"
                    )
                )

    def take_in(self, *customers: Customer) -> None:
        """Take in customers as an import does; those who are here are changed."""
        entries = [read_entry(f"item {at}", one) for at, one in enumerate(customers)]
        imports = Imports(self.store, self.clock)
        run(imports.run(self.organization_id, lambda: entries, on_conflict=OnConflict.UPDATE))

    def subscribe(self, store: Storage, customer_id: UUID) -> None:
        """Have a customer subscribe to a product, perhaps once more."""
        commerce = Commerce(store, Clock())
        if self.product_id is None:
            self.product_id = uuid4()
            run(
                commerce.products.create(
                    self.organization_id, free_product(), product_id=self.product_id
                )
            )
        new = NewSubscription(product_id=self.product_id, customer_id=customer_id, metadata={})
        run(commerce.subscriptions.create(self.organization_id, new))

    def revoke(self, store: Storage) -> None:
        """End one of the subscriptions, if there is any."""
        if subscriptions := self.find_subscriptions():
            one = UUID(self.source.choice(subscriptions)["id"])
            subscriptions_of = Commerce(store, Clock()).subscriptions
            run(subscriptions_of.revoke(self.organization_id, one, Cancellation()))

    # What may be asked.

    def draw_filters(self, count: int) -> None:
        """Have other filters to ask by, again and again."""
        self.filters = [[]] + [self.draw_filter() for _ in range(count)]

    def draw_filter(self) -> Pairs:
        """A filter, most often one that finds somebody."""
        pairs: Pairs = []
        for key in self.source.sample(["plan", "q'", "seats"], k=self.source.choice([0, 1, 1, 2])):
            values = self.source.choices(PLANS, k=self.source.choice([1, 1, 2, 3]))
            pairs += [(f"metadata[{key}]", text_of(value)) for value in values]
        if not pairs or self.source.random() < 0.4:
            word = self.source.choice([*WORDS, "@a.no", "a.1", "ann", "an"])
            first = self.source.choice([0, 0, self.source.randrange(len(word))])
            text = word[first : first + self.source.choice([1, 2, 3, 4, 9])]
            pairs.append(("query", self.source.choice([text, text.upper()])))
        if self.source.random() < 0.4:
            pairs.append(("active", self.source.choice(["true", "false"])))
            return self.source.choice([pairs, pairs[-1:]])
        return pairs

    def ask(self, everybody: list[Customer]) -> None:
        """Ask one of the storages for some page, which is as the rules say."""
        one, other = self.source.choice(list(permutations(SORTINGS, 2)))
        words = [self.source.choice(["", "-"]) + one, self.source.choice(["", "-"]) + other]
        sortings = words[: self.source.choice([1, 1, 2])]
        pairs = self.source.choice(self.filters)
        expected = [
            each["id"]
            for each in in_order([each for each in everybody if is_found(each, pairs)], sortings)
        ]
        limit = self.source.choice([1, 2, 5, 10])
        last = -(-len(expected) // limit)
        page = self.source.choice(
            [1, 2, max(last // 2, 1), max(last - 1, 1), max(last, 1), last + 1, 10**30]
        )
        sorting = [("sorting", word) for word in sortings]
        asked = [*pairs, *sorting, ("page", str(page)), ("limit", str(limit))]

        found = self.find(self.store, asked)

        first = (page - 1) * limit
        shown = [document["id"] for document in documents_of(found)]
        assert (shown, found.total_count) == (
            expected[first : first + limit],
            len(expected),
        ), (asked, len(everybody))

    def find(self, store: Storage, asked: Pairs) -> Page:
        """A page of a storage's list."""
        query = _read_list_request(urlencode(asked).encode()).query
        return run(
            store.read(lambda tables: tables.customers.find_page(self.organization_id, query))
        )


def no_report(event: str, **details: object) -> None:
    """Fail: what is written through the log is never a disagreement."""
    pytest.fail(f"{event}: {details}")


@pytest.fixture
def make_world(engine: Engine) -> Iterator[Callable[..., World]]:
    """Makes an organization, with storages over its database."""
    opened: list[Storage] = []

    def make(seed: int, processes: int = 1) -> World:
        opened.extend(run(engine.open(no_report)) for _ in range(processes))
        made = run(Organizations(opened[0], Clock()).create("Tests"))
        return World(Random(seed), made.id, opened)  # noqa: S311 - the same each time

    yield make
    for store in opened:
        run(store.close())


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens(make_world: Callable[..., World], seed: int, processes: int) -> None:
    """After each write, through whatever process, each page and total is as the rules say."""
    world = make_world(seed, processes)
    world.draw_filters(4)
    world.ask([])
    for number in range(60):
        for _ in range(world.source.choice([1, 1, 1, 4])):
            world.write()
        if number % 20 == 19:
            world.draw_filters(4)
        if world.source.random() < 0.5:
            # As the server does in the background.
            run(world.store.catch_up())
            run(world.store.recount())
        everybody = world.find_everybody()
        for _ in range(8):
            world.ask(everybody)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("seed", range(2))
def test_much_is_forgotten(
    make_world: Callable[..., World], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has missed some of the log, or whose list is kept no longer, counts afresh."""
    for module in (change_log, sqlite_changes, postgres_changes):
        monkeypatch.setattr(module, "MAX_READ", 3)
    monkeypatch.setattr(sqlite_changes, "_MAX_KEPT", 3)
    monkeypatch.setattr(sqlite_changes, "_TRIM_EVERY", 2)
    monkeypatch.setattr(postgres_changes, "_KEPT", "0 minutes")
    monkeypatch.setattr(postgres_changes, "_MAX_AGE", 0)
    monkeypatch.setattr(postgres_changes, "_TRIM_EVERY", 2)
    monkeypatch.setattr(list_cache, "_MAX_LISTS", 3)
    monkeypatch.setattr(list_cache, "_MAX_KEYS", 40)
    world = make_world(seed, 2)
    world.draw_filters(3)
    for _ in range(40):
        for _ in range(world.source.choice([1, 2, 5])):
            world.write()
        everybody = world.find_everybody()
        for _ in range(6):
            world.ask(everybody)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("processes", [1, 2])
def test_a_list_that_grows_in_one_place(
    make_world: Callable[..., World], processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where many more come to stand than before, and go again, pages stay as the rules say."""
    monkeypatch.setattr(ranks, "_MAX_BUCKETS", 64)
    world = make_world(5, processes)
    world.take_in(
        *[{**world.one(), "email": f"{at}@a.no", "metadata": {"plan": "gold"}} for at in range(30)]
    )
    world.filters = [[], [("metadata[plan]", "gold")], [("query", "@a.no")]]
    added: list[str] = []
    for number in range(100):
        if number < 60 or not added:
            new = NewCustomer(email=f"anna{number}@a.no", name="anna", metadata={"plan": "gold"})
            writes = CustomerWrites(world.store, world.clock)
            added.append(json.loads(run(writes.create(world.subject, new)))["id"])
        else:
            gone = added.pop(world.source.randrange(len(added)))
            run(CustomerWrites(world.store, world.clock).delete(world.subject, UUID(gone)))
        everybody = world.find_everybody()
        for _ in range(5):
            world.ask(everybody)


@pytest.mark.usefixtures("_small")
def test_what_was_given_up(make_world: Callable[..., World]) -> None:
    """A list within a transaction shows what that did, and none afterwards what was given up."""
    world = make_world(1)
    world.take_in(*[{**world.one(), "metadata": {"plan": "gold"}} for _ in range(20)])
    asked = [("metadata[plan]", "gold"), ("sorting", "name"), ("page", "9"), ("limit", "2")]
    query = _read_list_request(urlencode(asked).encode()).query
    before = world.find(world.store, asked)

    async def work(tables: Tables) -> None:
        customer = customer_of(world.organization_id, metadata={"plan": "gold"})
        await add_customer(tables, customer)
        page = await tables.customers.find_page(world.organization_id, query)
        assert page.total_count == before.total_count + 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(world.store.write(work))
    assert world.find(world.store, asked) == before

    new = NewCustomer(email="kept@a.no", metadata={"plan": "gold"})
    run(CustomerWrites(world.store, world.clock).create(world.subject, new))
    assert world.find(world.store, asked).total_count == before.total_count + 1
    world.filters = [asked[:1]]
    for _ in range(20):
        world.ask(world.find_everybody())


def make_again(world: World, count: int) -> None:
    """Remove an organization, and make one of the same id, with so many customers."""
    organizations = Organizations(world.store, Clock())
    run(organizations.remove(world.organization_id))
    world.ask([])
    run(organizations.create("Again", organization_id=world.organization_id))
    world.ask([])
    world.take_in(*[world.one() for _ in range(count)])


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("seed", range(2))
def test_removed_and_put_back(make_world: Callable[..., World], seed: int, processes: int) -> None:
    """An organization that is removed and made again, or put back as it was, is listed as it is now."""
    one = make_world(seed, processes)
    other = World(one.source, run(Organizations(one.store, Clock()).create("Other")).id, one.stores)
    worlds = [one, other]
    taken = []
    for world in worlds:
        world.take_in(*[world.one() for _ in range(20)])
        world.draw_filters(4)
        taken.append(run(Snapshots(world.store).take(world.organization_id)))
    for _ in range(30):
        at = one.source.randrange(2)
        world, store = worlds[at], one.store
        chosen = one.source.choice(
            ["write", "write", "write", "take", "restore", "restore", "swap", "remove"]
        )
        if chosen == "write":
            world.write()
        elif chosen == "take":
            taken[at] = run(Snapshots(store).take(world.organization_id))
        elif chosen == "restore":
            run(Snapshots(store).restore(world.organization_id, taken[at]))
        elif chosen == "swap":
            run(Snapshots(store).restore(world.organization_id, taken[1 - at]))
        else:
            make_again(world, len(taken[at].customers))
        if one.source.random() < 0.5:
            run(one.store.catch_up())
        for each in worlds:
            everybody = each.find_everybody()
            for _ in range(6):
                each.ask(everybody)
