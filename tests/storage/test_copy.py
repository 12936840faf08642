"""Copying everything from one database to another, between engines and within one."""

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import apsw
import pytest
from pydantic import SecretStr

import catalogue
import postgres
from icefloe.assembly import open_services
from icefloe.domain.values import errors
from icefloe.domain.values.access import Subject
from icefloe.domain.values.answers import Once
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.listing import CustomerQuery
from icefloe.domain.values.members import MemberQuery, NewMember
from icefloe.domain.values.organizations import OrganizationChange
from icefloe.domain.values.webhooks import EVENT_TYPES, Attempted, NewWebhookEndpoint, Outcome
from icefloe.domain.webhooks import state_changes
from icefloe.exchange.exports import render_csv, render_ndjson
from icefloe.exchange.records import read_entry
from icefloe.services import Services
from icefloe.settings import Settings
from icefloe.storage.columns import Kind
from icefloe.storage.open import copy_database, open_maintenance, open_storage
from icefloe.storage.upkeep import copy
from icefloe.storage.upkeep.copy import TABLES
from support import new_customer, run

pytestmark = pytest.mark.processes

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCOPES = ("customers:read", "customers:write", "members:read", "members:write")
PAIRS = [("sqlite", "postgres"), ("postgres", "sqlite"), ("sqlite", "sqlite"),
         ("postgres", "postgres")]  # fmt: skip
PASSWORD = "seven grey herons"  # noqa: S105 - nobody's
# Enough for several batches, with an end that fills none.
MANY = 2 * copy.BATCH + 7


@pytest.fixture
def make_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Gives the URL of a database that has nothing in it, not even the schema, by its engine."""
    made: list[str] = []

    def make(engine: str) -> str:
        if engine == "sqlite":
            return f"sqlite:///{tmp_path / 'folder' / f'{len(made)}{datetime.now(UTC):%f}.db'}"
        made.append(server().make_database())
        return made[-1]

    def server() -> postgres.Databases:
        found: postgres.Databases = request.getfixturevalue("postgres_server")
        return found

    yield make
    for database in made:
        server().drop_database(database)


async def opened(database: str) -> Services:
    """The services over a database, under the secret that all share here."""
    return await open_services(
        Settings(database=database, secret=SecretStr("a secret of these tests, long enough"))
    )


async def deliver(services: Services, organization_id: UUID) -> None:
    """Attempt to deliver one of an organization's webhook events; leave others queued."""
    new = NewWebhookEndpoint(url="https://example.com/", format="raw", events=EVENT_TYPES)
    endpoint = await services.webhook_endpoints.create(organization_id, new)
    await services.triggers.run(organization_id, "customer.created")
    await services.webhook_deliveries.queue()
    queued = await services.webhook_deliveries.find_queued(
        organization_id, endpoint.id, first=1, retries=0
    )
    assert queued is not None
    outcome = Outcome(
        succeeded=False, http_code=500, response="Zoë", duration=timedelta(microseconds=1234567)
    )
    await services.webhook_deliveries.record([Attempted(queued.first[0], outcome)])
    await services.storage.write(
        lambda tables: state_changes.note(tables, organization_id, uuid4(), services.clock.now())
    )


async def fill(database: str, customers: int = 20) -> str:
    """Put something into every table; returns the token of the organization that has most of it."""
    services = await opened(database)
    await services.organizations.create("Nobody's")
    organization = await services.organizations.create("Ünïted \N{SNOWMAN} Things")
    _, token = await services.tokens.create(organization.id, "mine", SCOPES, expires_at=None)
    subject = await services.tokens.authenticate(token)
    settings = {"website": "https://example.com/\N{SNOWMAN}"}
    await services.organizations.change(
        subject, organization.id, OrganizationChange(settings=settings)
    )
    entries = [
        read_entry(f"item {number}", new_customer(
            number,
            name=f"Zoë \N{GRINNING FACE} 'quoted' \\ {number}",
            type="team",
            email_verified=number % 2 == 0,
            metadata={"plan": "pro", "seats": number, "ratio": 0.5, "is_new": True},
            deleted_at="2026-02-02T00:00:00Z" if number % 10 == 3 else None,
        ))
        for number in range(customers)
    ]  # fmt: skip
    await services.imports.run(organization.id, lambda: entries)
    new = NewCustomer(email="once@example.com", external_id="once", type="team")
    await services.customer_writes.create(subject, new, once=Once("a key", b"\x00\xff"))
    await services.members.create(subject, "once", NewMember(email="Second@example.com"))
    await services.customer_writes.create(subject, NewCustomer(email="gone@example.com"))
    await services.customer_writes.create(
        subject, NewCustomer(email="left@example.com", external_id="left")
    )
    await services.customer_writes.delete_external(subject, "left", anonymise=True)
    await deliver(services, organization.id)
    await catalogue.fill(services.storage, organization.id)
    await catalogue.use(services.commerce, organization.id)
    person = await services.people.create(
        "Ada@Example.com", PASSWORD, name="Ada", roles={organization.id: "owner"}
    )
    await services.sessions.begin(person, user_agent="x")
    await services.invitations.create(organization.id, "member", "bob@x.test", by=person.id)
    await services.stop()
    return token


async def describe(database: str, token: str) -> dict[str, Any]:
    """Everything a client and an operator can see of an organization."""
    services = await opened(database)
    try:
        subject = await services.tokens.authenticate(token)
        organization_id = subject.organization_id
        return {
            "organizations": await services.organizations.find_all(),
            "tokens": [
                (one.id, one.name, one.scopes, one.token_hash, one.created_at)
                for one in await services.tokens.find_all(None)
            ],
            "ndjson": [p async for p in render_ndjson(services.customers, organization_id)],
            "csv": [part async for part in render_csv(services.customers, organization_id)],
            "list": await services.customers.find_page(subject, CustomerQuery()),
            "search": await services.customers.find_page(subject, CustomerQuery(query="zoë")),
            "person": await services.people.authenticate("ada@example.com", PASSWORD, address=""),
            "people": await services.memberships.find_of_organization(organization_id),
            "invitations": await services.invitations.find_open(organization_id),
            "members": await services.members.find_page(subject, MemberQuery()),
            "again": await services.customer_writes.create(
                subject,
                NewCustomer(email="once@example.com", external_id="once", type="team"),
                once=Once("a key", b"\x00\xff"),
            ),
        }
    finally:
        await services.stop()


async def write_more(database: str, token: str) -> None:
    """Go on writing: customers, in bulk and singly, and with them events."""
    services = await opened(database)
    try:
        subject: Subject = await services.tokens.authenticate(token)
        for number in range(3):
            await services.customer_writes.create(subject, NewCustomer(email=f"n{number}@x.com"))
        entries = [read_entry("item", new_customer(5000 + at)) for at in range(3)]
        await services.imports.run(subject.organization_id, lambda: entries)
    finally:
        await services.stop()


async def copied(
    source: str, target: str, on_progress: Callable[[int, int], None] = lambda *_: None
) -> dict[str, int]:
    """Copy a database; returns how many rows each table has."""
    return await copy_database(source, target, NOW, on_progress)


async def count_rows(database: str) -> dict[str, int]:
    """How many rows each table of a database has."""
    async with open_maintenance(database).reading() as rows:
        return {table.name: await rows.count(table) for table in TABLES}


class TestCopy:
    """`copy_database`."""

    @pytest.mark.parametrize(("source", "target"), PAIRS)
    def test_everything_is_the_same(
        self, make_database: Callable[[str], str], source: str, target: str
    ) -> None:
        """A copy shows a client and an operator the same bytes, and its tokens are valid."""
        of, to = make_database(source), make_database(target)

        async def main() -> tuple[dict[str, Any], dict[str, Any], dict[str, int]]:
            token = await fill(of)
            rows = await copied(of, to)
            return await describe(of, token), await describe(to, token), rows

        before, after, rows = run(main())

        assert after == before
        assert all(rows.values()), "each table has something to be copied"

    @pytest.mark.parametrize(("source", "target"), PAIRS)
    def test_it_can_be_written_to(
        self, make_database: Callable[[str], str], source: str, target: str
    ) -> None:
        """Writes to a copy go on behind what was copied, and everything in it still agrees."""
        of, to = make_database(source), make_database(target)

        async def main() -> tuple[dict[str, int], dict[str, int], list[Any]]:
            token = await fill(of)
            before = await copied(of, to)
            await write_more(to, token)
            after = await count_rows(to)
            return before, after, await open_maintenance(to).find_disagreements(lambda _: None)

        before, after, findings = run(main())

        assert after["customers"] == before["customers"] + 6
        assert after["events"] > before["events"]
        assert findings == []

    @pytest.mark.parametrize(("source", "target"), PAIRS)
    def test_people_sign_in_again(
        self, make_database: Callable[[str], str], source: str, target: str
    ) -> None:
        """Nobody is signed in to a copy; nobody is the first there, unless all of them go."""
        of, to = make_database(source), make_database(target)

        async def main() -> None:
            await fill(of)
            services = await opened(of)
            (person,) = await services.people.find_all()
            value = await services.sessions.begin(person, user_agent="x")
            assert await services.sessions.find(value) is not None
            await services.stop()
            await copied(of, to)
            services = await opened(to)
            try:
                assert await services.sessions.find(value) is None
                assert not await services.people.is_nobody()
                (person,) = await services.people.find_all()
                await services.people.remove(person.id)
                assert await services.people.is_nobody()
            finally:
                await services.stop()

        run(main())

    @pytest.mark.parametrize(("source", "target"), PAIRS[:2])
    def test_there_and_back(
        self, make_database: Callable[[str], str], source: str, target: str
    ) -> None:
        """A copy of a copy holds every value of the first: nothing is lost on the way, or changed."""
        first, second, third = make_database(source), make_database(target), make_database(source)

        async def rows_of(database: str) -> list[list[Any]]:
            async with open_maintenance(database).reading() as rows:
                return [
                    sorted([repr(row) async for batch in rows.read(table) for row in batch])
                    for table in TABLES
                ]

        async def main() -> list[list[list[Any]]]:
            await fill(first)
            await copied(first, second)
            await copied(second, third)
            return [await rows_of(database) for database in (first, second, third)]

        one, two, three = run(main())

        assert one == two == three

    @pytest.mark.parametrize(("source", "target"), PAIRS[:2])
    def test_many(self, make_database: Callable[[str], str], source: str, target: str) -> None:
        """More rows than are held at a time are copied, and told of until all are done."""
        of, to = make_database(source), make_database(target)
        told: list[tuple[int, int]] = []

        async def main() -> dict[str, int]:
            await fill(of, MANY)
            return await copied(of, to, lambda *steps: told.append(steps))

        rows = run(main())

        assert rows["customers"] == MANY + 4
        assert told[-1] == (2 * sum(rows.values()),) * 2
        assert all(before[0] < after[0] for before, after in pairwise(told))

    @pytest.mark.parametrize(("source", "target"), PAIRS[:2])
    def test_counters_of_many_slots(
        self, make_database: Callable[[str], str], source: str, target: str
    ) -> None:
        """Counters that writers side by side have spread over rows arrive as their sum."""
        of, to = make_database(source), make_database(target)
        organization = UUID(int=1)

        async def main() -> tuple[int, list[Any]]:
            for database in (of, to):
                await (await open_storage(database)).close()
            async with open_maintenance(of).writing(NOW) as rows:
                await rows.write(TABLES[0], [(organization.bytes, "Acme", "acme", 1, None, "{}")])
                counts = next(table for table in TABLES if table.name == "customer_counts")
                await rows.write(counts, [(organization.bytes, slot, slot - 1) for slot in (0, 3)])
            found = (await copied(of, to))["customer_counts"]
            async with open_maintenance(to).reading() as copies:
                return found, [row async for batch in copies.read(counts) for row in batch]

        assert run(main()) == (1, [(organization.bytes, 0, 1)])


class TestRefused:
    """Copies that are not made, and leave nothing."""

    @pytest.mark.parametrize("target", ["sqlite", "postgres"])
    def test_an_organization_is_there(
        self, make_database: Callable[[str], str], target: str
    ) -> None:
        """A database that holds an organization is not copied to, and stays as it is."""
        of, to = make_database("sqlite"), make_database(target)

        async def main() -> dict[str, int]:
            await fill(of)
            services = await opened(to)
            await services.organizations.create("Here already")
            await services.stop()
            with pytest.raises(errors.ConfigurationError, match="has organizations already"):
                await copied(of, to)
            return await count_rows(to)

        rows = run(main())

        assert rows.pop("organizations") == 1
        assert not any(rows.values())

    @pytest.mark.parametrize("target", ["sqlite", "postgres"])
    def test_a_person_is_there(self, make_database: Callable[[str], str], target: str) -> None:
        """Nor is a database copied to in which there are people, though no organizations."""
        of, to = make_database("sqlite"), make_database(target)

        async def main() -> dict[str, int]:
            await fill(of)
            services = await opened(to)
            await services.people.create("here@example.com", PASSWORD)
            await services.stop()
            with pytest.raises(errors.ConfigurationError, match="has people already"):
                await copied(of, to)
            return await count_rows(to)

        rows = run(main())

        assert rows.pop("people") == 1
        assert not any(rows.values())

    @pytest.mark.parametrize(
        ("source", "refusal", "reason"),
        [
            ("sqlite", errors.ConfigurationError, "no database in"),
            ("postgres", errors.IncompatibleDatabase, "not up to date"),
        ],
    )
    def test_a_source_without_the_schema(
        self,
        make_database: Callable[[str], str],
        source: str,
        refusal: type[errors.IcefloeError],
        reason: str,
        tmp_path: Path,
    ) -> None:
        """What is not up to date, or not there, is not copied, and no file is made for the copy."""
        of, to = make_database(source), tmp_path / "deep" / "copy.db"
        if source == "sqlite":
            Path(of.removeprefix("sqlite:///")).parent.mkdir()
            Path(of.removeprefix("sqlite:///")).touch()

        with pytest.raises(refusal, match=reason):
            run(copied(of, f"sqlite:///{to}"))

        assert not to.parent.exists()

    @pytest.mark.parametrize("target", ["sqlite", "postgres"])
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
    def test_broken_off(
        self, make_database: Callable[[str], str], target: str, share: float
    ) -> None:
        """A copy that is broken off, as Ctrl-C does, leaves nothing, and can be made once more."""
        of, to = make_database("sqlite"), make_database(target)

        async def main() -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
            await fill(of, MANY)

            def break_off(done: int, total: int) -> None:
                if done > share * total:
                    copying.cancel()

            copying = asyncio.create_task(copied(of, to, break_off))
            with pytest.raises(asyncio.CancelledError):
                await copying
            return await count_rows(to), await copied(of, to), await count_rows(of)

        left, again, whole = run(main())

        assert not any(left.values())
        assert again == whole

    @pytest.mark.parametrize("target", ["sqlite", "postgres"])
    def test_not_the_same(
        self,
        make_database: Callable[[str], str],
        target: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Where one value does not arrive as it was, the copy is given up and nothing is kept."""
        of, to = make_database("sqlite"), make_database(target)

        async def main() -> dict[str, int]:
            await fill(of)
            async with open_maintenance(to).writing(NOW) as rows:
                kind = type(rows)
            write = kind.write

            async def garble(self: Any, table: copy.Table, rows: Any) -> None:
                if table.name == "members":
                    at = list(table.columns).index("created_at")
                    first, *rest = rows
                    rows = [(*first[:at], first[at] + 1, *first[at + 1 :]), *rest]
                await write(self, table, rows)

            monkeypatch.setattr(kind, "write", garble)
            with pytest.raises(errors.IncompatibleDatabase, match="members"):
                await copied(of, to)
            return await count_rows(to)

        assert not any(run(main()).values())

    def test_text_that_postgresql_cannot_keep(self, make_database: Callable[[str], str]) -> None:
        """Text with U+0000, which an old file may have, is a mistake that is told, not a crash."""
        of, to = make_database("sqlite"), make_database("postgres")

        async def main() -> dict[str, int]:
            async with open_maintenance(to).writing(NOW):
                pass
            await (await open_storage(of)).close()
            async with open_maintenance(of).writing(NOW) as rows:
                await rows.write(TABLES[0], [(UUID(int=1).bytes, "A\0B", "acme", 1, None, "{}")])
            with pytest.raises(errors.ConfigurationError, match=r"organizations .* U\+0000"):
                await copied(of, to)
            return await count_rows(to)

        assert not any(run(main()).values())


# A worker has a lease in one database only.
LEASE = {"lease_holder", "lease_until"}
# What each engine makes for itself: the log of changes, and SQLite's index of text.
OWN = re.compile(r"customer_changes|search_mark|customer_trigrams.*|sessions|first_person")


class TestTables:
    """The list of what is copied."""

    def test_of_sqlite(self) -> None:
        """Every column of every table that engines share is in the list, and no other."""
        kinds = {
            "TEXT": {Kind.TEXT},
            "INTEGER": {Kind.NUMBER, Kind.FLAG},
            "BLOB": {Kind.UUID, Kind.BYTES},
        }
        connection = apsw.Connection(":memory:")
        connection.execute(read_schema("sqlite"))
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        found = {
            str(name): [
                (str(column), str(kept_as))
                for column, kept_as in connection.execute(
                    "SELECT name, type FROM pragma_table_info(?)", (name,)
                )
                if column not in LEASE
            ]
            for (name,) in names
            if not OWN.fullmatch(str(name))
        }

        assert {name: {c for c, _ in columns} for name, columns in found.items()} == listed()
        for table in TABLES:
            for column, kept_as in found[table.name]:
                assert table.columns[column] in kinds[kept_as], (table.name, column)

    def test_of_postgresql(self) -> None:
        """Every column of every table of PostgreSQL's schema is in the list, of its type."""
        kinds = {
            "uuid": Kind.UUID,
            "boolean": Kind.FLAG,
            "bytea": Kind.BYTES,
            "text": Kind.TEXT,
            "bigint": Kind.NUMBER,
            "integer": Kind.NUMBER,
        }
        found = {
            name: {
                column: kinds[kept_as]
                for column, kept_as in re.findall(r"^    ([a-z_]+) ([a-z]+)", body, re.MULTILINE)
                if column not in LEASE
            }
            for name, body in re.findall(
                r"^CREATE TABLE (\w+) \((.*?)^\)", read_schema("postgres"), re.MULTILINE | re.DOTALL
            )
            if not OWN.fullmatch(name)
        }

        assert found == {table.name: table.columns for table in TABLES}

    def test_sequences(self) -> None:
        """Every sequence of PostgreSQL's schema belongs to a table in the list."""
        found = set(re.findall(r"^CREATE SEQUENCE (\w+)", read_schema("postgres"), re.MULTILINE))

        assert found == {
            "customer_changes_number",
            *(table.sequence for table in TABLES if table.sequence),
        }


def read_schema(engine: str) -> str:
    """The whole schema of an engine."""
    return resources.files(f"icefloe.storage.{engine}").joinpath("schema.sql").read_text("utf-8")


def listed() -> dict[str, set[str]]:
    """The columns of each table in the list."""
    return {table.name: set(table.columns) for table in TABLES}
