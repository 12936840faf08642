"""What every engine promises of an organization that is removed: nothing of it is left."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

import catalogue
from behind import read_rows
from icefloe.assembly import open_services
from icefloe.domain.ports.storage import Tables
from icefloe.domain.values import errors
from icefloe.domain.values.access import Subject
from icefloe.domain.values.answers import Once
from icefloe.domain.values.customers import CustomerChange, NewCustomer, owner_of
from icefloe.domain.values.events import Event, EventType
from icefloe.domain.values.listing import CustomerQuery, PageRequest
from icefloe.domain.values.members import NewMember
from icefloe.domain.values.people import Person
from icefloe.domain.values.webhooks import Attempted, NewWebhookEndpoint, Outcome
from icefloe.domain.webhooks import state_changes
from icefloe.exchange.records import read_entry
from icefloe.services import Services
from icefloe.settings import Settings
from icefloe.storage.lists import planner
from icefloe.storage.open import open_maintenance
from icefloe.storage.sqlite import search
from support import Engine, documents_of, new_customer, run

SCOPES = ("customers:read", "customers:write", "members:read", "members:write")
SECONDS = 120.0
TABLES = {
    "sqlite": "SELECT tables.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS one"
    " WHERE tables.type = 'table' AND one.name = 'organization_id'",
    "postgres": "SELECT table_name FROM information_schema.columns"
    " WHERE table_schema = 'public' AND column_name = 'organization_id'",
}
# Whatever else a table refers to an organization by.
OTHERS = {"organizations": "id"}
LOG = "customer_changes"


@pytest.fixture
def services(engine: Engine) -> Iterator[Services]:
    """The services over an empty database."""
    opened = run(open_as_process(engine))
    yield opened
    run(opened.stop())


async def open_as_process(engine: Engine) -> Services:
    """The services over the engine's database, as another process has them."""
    return await open_services(
        Settings(database=engine.database, secret=SecretStr("a secret of these tests, long enough"))
    )


async def fill(services: Services, organization_id: UUID, customers: int = 20) -> Subject:
    """Put something into every table; gives who speaks for the organization."""
    _, token = await services.tokens.create(organization_id, "mine", SCOPES)
    subject = await services.tokens.authenticate(token)
    entries = [
        read_entry(f"item {number}", new_customer(
            number, name=f"Customer {number}", metadata={"plan": "pro", "seats": number},
            deleted_at="2026-02-02T00:00:00Z" if number % 10 == 3 else None,
        ))
        for number in range(customers)
    ]  # fmt: skip
    wanted = NewWebhookEndpoint(
        url="https://example.com/", format="raw", events=("customer.created", "customer.updated")
    )
    endpoint = await services.webhook_endpoints.create(organization_id, wanted)
    report = await services.imports.run(organization_id, lambda: entries)
    assert report.added == customers
    new = NewCustomer(email="once@example.com", external_id="once", type="team")
    await services.customer_writes.create(subject, new, once=Once("a key", b"\x00\xff"))
    await services.members.create(subject, "once", NewMember(email="second@example.com"))
    change = CustomerChange(name="Once and again", metadata={"plan": "free"})
    await services.customer_writes.update_external(subject, "once", change)
    await services.webhook_deliveries.queue()
    queued = await services.webhook_deliveries.find_queued(
        organization_id, endpoint.id, first=1, retries=0
    )
    assert queued is not None
    outcome = Outcome(succeeded=True, http_code=200, response="ok", duration=timedelta(seconds=1))
    await services.webhook_deliveries.record([Attempted(queued.first[0], outcome)])
    await catalogue.fill(services.storage, organization_id)
    await catalogue.use(services.commerce, organization_id)
    await services.storage.write(
        lambda tables: state_changes.note(tables, organization_id, uuid4(), services.clock.now())
    )
    person = Person(
        id=uuid4(),
        email=f"{uuid4()}@example.com",
        name="",
        password_hash="-",  # noqa: S106 - no password's
        created_at=services.clock.now(),
    )
    await services.storage.write(lambda tables: tables.people.add(person))
    await services.memberships.add(organization_id, person.id, "owner")
    await services.invitations.create(organization_id, "member", by=person.id)
    return subject


def rows_of(engine: Engine, organization_id: UUID) -> dict[str, list[Any]]:
    """All rows of an organization, by table."""
    tables = {
        name: "organization_id" for (name,) in read_rows(engine.database, TABLES[engine.name])
    }
    assert {
        "customers",
        "members",
        "events",
        "answers",
        "tokens",
        "memberships",
        "invitations",
        LOG,
    } < tables.keys()
    found = {}
    for table, column in {**tables, **OTHERS}.items():
        statement = f"SELECT * FROM {table} WHERE {column} = $1"  # noqa: S608 - names of ours
        found[table] = sorted(read_rows(engine.database, statement, organization_id), key=repr)
    return found


def find_disagreements(engine: Engine) -> list[Any]:
    """What `icefloe database check` says."""
    return run(open_maintenance(engine.database).find_disagreements(lambda _: None))


async def find_names(services: Services, organization_id: UUID, query: str) -> list[str]:
    """The names of those who are found by a text."""
    asked = CustomerQuery(query=query, page=PageRequest(limit=100))
    page = await services.storage.read(
        lambda tables: tables.customers.find_page(organization_id, asked)
    )
    return sorted(document["name"] for document in documents_of(page))


async def wait(event: threading.Event) -> None:
    """Wait for what another thread, or this loop, does."""
    async with asyncio.timeout(SECONDS):
        while not event.is_set():  # noqa: ASYNC110 - an event of threads serves both
            await asyncio.sleep(0.001)


async def wait_within(engine: Engine, event: threading.Event) -> None:
    """Hold a transaction up; SQLite's is on a thread of its own, PostgreSQL's on the event loop."""
    if engine.name == "sqlite":
        event.wait(SECONDS)
    else:
        await wait(event)


class TestRemove:
    """`Organizations.remove`."""

    def test_unknown(self, services: Services) -> None:
        """An organization that is not there cannot be removed, nor twice."""
        made = run(services.organizations.create("X"))
        run(services.organizations.remove(made.id))

        for nobody in (made.id, uuid4()):
            with pytest.raises(errors.OrganizationNotFound, match=str(nobody)):
                run(services.organizations.remove(nobody))

    def test_nothing_is_left(self, engine: Engine, services: Services) -> None:
        """No table has a row of it but the log, which says of whom lists are to be found anew."""
        gone, other = (run(services.organizations.create(name)).id for name in ("Gone", "Other"))
        run(fill(services, other))
        run(fill(services, gone))
        before = rows_of(engine, other)
        assert all(rows_of(engine, gone).values())

        run(services.organizations.remove(gone))

        left = rows_of(engine, gone)
        (entry,) = left.pop(LOG)
        assert not any(left.values())
        assert [value for value in entry if isinstance(value, str)] == []
        assert rows_of(engine, other) == before
        assert find_disagreements(engine) == []
        assert [one.id for one in run(services.organizations.find_all())] == [other]

    def test_without_customers(self, engine: Engine, services: Services) -> None:
        """An organization that holds nothing goes as well, and its slug is free again."""
        made = run(services.organizations.create("Empty", slug="empty"))

        run(services.organizations.remove(made.id))

        left = rows_of(engine, made.id)
        del left[LOG]
        assert not any(left.values())
        run(services.organizations.create("Empty", slug="empty"))

    @pytest.mark.parametrize("share", [0, 10**9], ids=["one by one", "made anew"])
    def test_text_is_found_no_more(
        self,
        engine: Engine,
        services: Services,
        share: int,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The index of text has the others' alone, and those's who are given the same numbers."""
        monkeypatch.setattr(search, "_MAX_BEHIND", 7)
        monkeypatch.setattr(search, "_SHARE", share)
        monkeypatch.setattr(planner, "_SMALL", 1)
        ids = [run(services.organizations.create("X")).id for _ in range(3)]
        for one in ids:
            run(fill(services, one))

        for gone in ids[1:]:
            run(services.organizations.remove(gone))
            assert find_disagreements(engine) == []

        assert run(find_names(services, ids[1], "customer")) == []
        again = run(services.organizations.create("Again", organization_id=ids[1])).id
        subject = run(fill(services, again, 30))
        expected = [f"Customer {number}" for number in range(30) if number % 10 != 3]
        assert run(find_names(services, again, "customer")) == sorted(expected)
        assert run(find_names(services, again, "and again")) == ["Once and again"]
        run(services.customer_writes.delete_external(subject, "usr_5"))
        assert run(find_names(services, again, "customer5@")) == []
        assert run(find_names(services, ids[0], "customer5@")) == ["Customer 5"]
        assert find_disagreements(engine) == []

    def test_tokens(self, engine: Engine, services: Services) -> None:
        """Its tokens speak for nobody, in any process, nor for one of the same id made again."""
        made = run(services.organizations.create("X"))
        other = run(open_as_process(engine))
        _, token = run(services.tokens.create(made.id, "mine", SCOPES))
        for each in (services, other):
            assert run(each.tokens.authenticate(token)).organization_id == made.id

        run(services.organizations.remove(made.id))
        with pytest.raises(errors.AuthenticationFailed):
            run(services.tokens.authenticate(token))
        run(services.organizations.create("Y", organization_id=made.id))
        with pytest.raises(errors.AuthenticationFailed):
            run(services.tokens.authenticate(token))

        async def ask_until_refused() -> None:
            async with asyncio.timeout(SECONDS):
                while True:
                    await other.tokens.authenticate(token)
                    await asyncio.sleep(0.01)

        with pytest.raises(errors.AuthenticationFailed):
            run(ask_until_refused())
        run(services.tokens.store_uses())
        assert run(services.tokens.find_all(None)) == []
        run(other.stop())

    @pytest.mark.parametrize("adds_member", [False, True])
    def test_a_change_under_way(
        self, engine: Engine, services: Services, *, adds_member: bool
    ) -> None:
        """What a transaction has written by then goes with everything else, once it has ended."""
        made = run(services.organizations.create("X"))
        subject = run(fill(services, made.id))
        has_written, may_end = threading.Event(), threading.Event()

        async def change(tables: Tables) -> None:
            customer = await tables.customers.find_external(made.id, "once")
            assert customer is not None
            if adds_member:
                owner = owner_of(customer, None, uuid4())
                await tables.members.add(
                    replace(owner, email="x@example.com", external_id=None, role="member")
                )
            for kind in get_args(EventType):
                event = Event(type=kind, organization_id=made.id, customer_id=customer.id,
                              created_at=customer.created_at, document=b"{}")  # fmt: skip
                await tables.events.add(event)
            has_written.set()
            await wait_within(engine, may_end)

        async def main() -> None:
            changing = asyncio.create_task(services.storage.write(change))
            await wait(has_written)
            removing = asyncio.create_task(services.organizations.remove(subject.organization_id))
            await asyncio.sleep(0.3)  # by then it waits
            may_end.set()
            await changing
            await removing

        run(main())

        left = rows_of(engine, made.id)
        del left[LOG]
        assert not any(left.values()), {name: len(rows) for name, rows in left.items() if rows}

    def test_who_writes_meanwhile(self, engine: Engine, services: Services) -> None:
        """What is written while it goes is refused or goes with it, whoever writes."""
        made = run(services.organizations.create("X"))
        subject = run(fill(services, made.id))

        async def main() -> list[Any]:
            other = await open_as_process(engine)
            work: list[Coroutine[Any, Any, Any]] = []
            for number in range(12):
                by = (services, other)[number % 2]
                new = NewCustomer(email=f"new{number}@example.com")
                work.append(by.customer_writes.create(subject, new))
                change = CustomerChange(name=f"Changed {number}", metadata={"n": number})
                external_id = f"usr_{number + 4}"
                work.append(by.customer_writes.update_external(subject, external_id, change))
                member = NewMember(email=f"member{number}@example.com")
                work.append(by.members.create(subject, "once", member))
                work.append(by.tokens.create(made.id, "another", SCOPES))
                if number == 6:
                    work.append(services.organizations.remove(made.id))
            told = await asyncio.gather(*work, return_exceptions=True)
            await other.stop()
            return told

        told = run(main())

        left = rows_of(engine, made.id)
        del left[LOG]
        assert not any(left.values()), {name: len(rows) for name, rows in left.items() if rows}
        refused = [one for one in told if isinstance(one, BaseException)]
        assert {type(one) for one in refused} <= {
            errors.OrganizationNotFound,
            errors.CustomerNotFound,
            errors.MemberNotFound,
        }, refused
        with pytest.raises(errors.OrganizationNotFound):
            run(services.customer_writes.create(subject, NewCustomer(email="late@example.com")))
