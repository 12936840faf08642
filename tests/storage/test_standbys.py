"""Reads from hot standbys are as exact as the primary's, and go on while servers come and go."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

import postgres
from icefloe.assembly import open_services
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values import errors
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.listing import CustomerQuery, MetadataFilter
from icefloe.settings import Settings
from icefloe.storage.lists import planner
from icefloe.storage.open import open_storage
from icefloe.storage.postgres.dialect import PostgresDialect
from support import Server, add_customer, customer_of, run, start_server

pytestmark = pytest.mark.processes

SECRET = "a secret for standbys, long enough"  # noqa: S105 - of a database that is gone in a minute
CLIENTS = 4


@dataclass
class Machines:
    """A primary, its two standbys, and the database on them."""

    primary: postgres.Cluster
    standbys: list[postgres.Cluster]
    database: str

    @property
    def read_databases(self) -> list[str]:
        """Where the standbys have the database."""
        return [each.url(postgres.name_of(self.database)) for each in self.standbys]


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    """A primary and two streaming standbys."""
    if postgres.find_programs() is None:
        pytest.skip(postgres.NONE_FOUND)
    with (
        postgres.cluster_folder() as folder,
        postgres.make_cluster(folder / "primary") as primary,
        postgres.make_standby(primary, folder / "first") as first,
        postgres.make_standby(primary, folder / "second") as second,
    ):
        database = primary.make_database()
        run(_migrate(database))
        for standby in (first, second):
            standby.wait_until_caught_up(primary)
        yield Machines(primary, [first, second], database)


async def _migrate(database: str) -> None:
    await (await open_storage(database)).close()


@dataclass
class Clients:
    """Clients that write, and read their own writes at once, until they are told to stop."""

    url: str
    token: str
    other_token: str
    kept: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    unavailable: int = 0
    is_stopping: bool = False

    async def run(self) -> None:
        """All of them, until the end."""
        async with httpx.AsyncClient(base_url=self.url, timeout=120, verify=False) as client:  # noqa: S501 - plain HTTP
            await asyncio.gather(*(self._write_and_read(client) for _ in range(CLIENTS)))

    async def progress(self) -> None:
        """Wait until each has succeeded again, about."""
        wanted, deadline = len(self.kept) + 3 * CLIENTS, time.monotonic() + 120
        while len(self.kept) < wanted:
            assert time.monotonic() < deadline, (len(self.kept), self.unavailable, self.wrong)
            await asyncio.sleep(0.01)

    async def _write_and_read(self, client: httpx.AsyncClient) -> None:
        while not self.is_stopping:
            body = {"email": f"{uuid4().hex}@example.com"}
            made = await self._ask(client, "POST", "/v1/customers/", 201, json=body)
            if made is None:
                await asyncio.sleep(0.01)
                continue
            self.kept.add(made["id"])
            acknowledged = len(self.kept)
            shown = await self._ask(client, "GET", f"/v1/customers/{made['id']}", 200)
            if shown is not None and shown != made:
                self.wrong.append(f"made {made}, shown {shown}")
            page = await self._ask(client, "GET", "/v1/customers/?limit=1", 200)
            if page is not None and page["pagination"]["total_count"] < acknowledged:
                self.wrong.append(f"{page['pagination']} after {acknowledged} writes")
            await self._ask(client, "GET", f"/v1/customers/{made['id']}", 404, is_other=True)

    async def _ask(
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        wanted: int,
        *,
        is_other: bool = False,
        **options: Any,
    ) -> Any:
        """The answer's document, or None where the service is away, as it should say it is."""
        token = self.other_token if is_other else self.token
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.request(method, path, headers=headers, **options)
        if answer.status_code == 503 and "Retry-After" in answer.headers:
            self.unavailable += 1
            return None
        if answer.status_code != wanted:
            self.wrong.append(f"{method} {path}: {answer.status_code} {answer.text}")
            return None
        return answer.json()


@pytest.fixture
def server(machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server over the primary and both standbys."""
    monkeypatch.setenv("ICEFLOE_WORKERS", "1")
    monkeypatch.setenv("ICEFLOE_SECRET", SECRET)
    flags = [word for url in machines.read_databases for word in ("--read-database", url)]
    started = start_server(machines.database, tmp_path / "server.log", *flags)
    yield started
    started.stop()


async def _make_tokens(database: str) -> tuple[str, str]:
    """Tokens of two organizations."""
    services = await open_services(Settings(database=database, secret=SECRET))  # type: ignore[arg-type]  # read from text
    tokens = []
    for _ in range(2):
        made = await services.organizations.create(f"Test {uuid4().hex[:6]}")
        scopes = ("customers:read", "customers:write")
        tokens.append((await services.tokens.create(made.id, "test", scopes))[1])
    await services.stop()
    return tokens[0], tokens[1]


def test_servers_come_and_go(machines: Machines, server: Server) -> None:
    """While each of the servers dies and comes back, nothing is lost, stale, foreign or a fault."""

    async def main() -> tuple[Clients, int, list[int]]:
        clients = Clients(server.url, *await _make_tokens(machines.database))
        running = asyncio.create_task(clients.run())
        try:
            await clients.progress()
            for standby in machines.standbys:
                await asyncio.to_thread(standby.kill)
                await clients.progress()
                await asyncio.to_thread(standby.start)
                await clients.progress()
            before = clients.unavailable
            await asyncio.to_thread(machines.primary.kill)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(machines.primary.start)
            await clients.progress()
        finally:
            clients.is_stopping = True
            await running
        async with httpx.AsyncClient(base_url=server.url, verify=False) as client:  # noqa: S501 - plain HTTP
            headers = {"Authorization": f"Bearer {clients.token}"}
            statuses = [
                (await client.get(f"/v1/customers/{one}", headers=headers)).status_code
                for one in clients.kept
            ]
        return clients, before, statuses

    clients, before, statuses = run(main())

    assert clients.wrong == []
    assert before == 0, "a dead standby is nobody's concern"
    assert clients.unavailable > 0
    assert set(statuses) == {200}


def test_reads_go_to_standbys(machines: Machines) -> None:
    """Each read sees the write before it, whichever server answers."""

    async def main() -> list[int]:
        store = await open_storage(machines.database, read_databases=machines.read_databases)
        organization = await Organizations(store, Clock()).create("Tests")
        totals = []

        async def count(tables: Tables) -> int:
            return (await tables.customers.find_page(organization.id, CustomerQuery())).total_count

        for number in range(30):
            customer = customer_of(organization.id, number)
            await store.write(lambda tables: add_customer(tables, customer))  # noqa: B023 - awaited
            totals.append(await store.read(count, long=number % 2 == 0))
        await store.close()
        return totals

    assert run(main()) == list(range(1, 31))


def test_cached_lists_on_standbys(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kept list is exact on whichever server, while transactions stay open or are undone."""
    monkeypatch.setattr(planner, "_FEW", 1)
    # Nobody counts in another's row, who may not let go of it for long.
    monkeypatch.setattr(PostgresDialect, "count_slots", 2**22)
    gold = CustomerQuery(metadata=(MetadataFilter("plan", ("gold",)),))

    async def add(
        store: Storage, organization_id: UUID, number: int, may_end: asyncio.Event
    ) -> None:
        customer = customer_of(organization_id, number, metadata={"plan": "gold"})

        async def work(tables: Tables) -> None:
            await add_customer(tables, customer)
            await may_end.wait()
            if number % 6 == 3:
                raise ZeroDivisionError

        with contextlib.suppress(ZeroDivisionError):
            await store.write(work)

    async def main() -> list[tuple[int, int]]:
        store = await open_storage(machines.database, read_databases=machines.read_databases)
        organization = await Organizations(store, Clock()).create("Tests")
        totals: list[tuple[int, int]] = []
        held: list[tuple[int, asyncio.Event, asyncio.Task[None]]] = []
        kept = 0
        for number in range(60):
            may_end = asyncio.Event()
            adding = asyncio.create_task(add(store, organization.id, number, may_end))
            held.append((number, may_end, adding))
            # Two in three are kept at once; the others when all of them are, or are given up then.
            while number % 3 and held and (number % 9 == 8 or held[-1][0] == number):
                first, may_end, adding = held.pop(0 if number % 9 == 8 else -1)
                may_end.set()
                await adding
                kept += first % 6 != 3
            for long in (False, True):
                page = await store.read(
                    lambda tables: tables.customers.find_page(organization.id, gold), long=long
                )
                totals.append((kept, page.total_count))
        for _, may_end, adding in held:
            may_end.set()
            await adding
        await store.close()
        return totals

    for expected, total in run(main()):
        assert total == expected


def test_without_the_primary(machines: Machines) -> None:
    """While the primary is away, what was acknowledged is still read, and a write is refused."""

    async def main() -> bool:
        store = await open_storage(machines.database, read_databases=machines.read_databases)
        organization = await Organizations(store, Clock()).create("Tests")
        for standby in machines.standbys:
            await asyncio.to_thread(standby.wait_until_caught_up, machines.primary)
        await asyncio.to_thread(machines.primary.kill)
        try:
            found = await store.read(lambda tables: tables.organizations.find(organization.id))
            with pytest.raises(errors.StorageUnavailable):
                await Organizations(store, Clock()).create("Refused")
        finally:
            await asyncio.to_thread(machines.primary.start)
        await Organizations(store, Clock()).create("Again")
        await store.close()
        return found is not None

    assert run(main())


def test_standbys_that_are_not_there(machines: Machines) -> None:
    """A standby that is not there keeps nothing from starting; a URL that is none does."""

    async def main() -> None:
        nobody = "postgresql://icefloe@127.0.0.1:1/none"
        store = await open_storage(machines.database, read_databases=[nobody])
        await store.ping()
        await store.close()
        with pytest.raises(errors.ConfigurationError):
            await open_storage(machines.database, read_databases=["nonsense"])

    run(main())
