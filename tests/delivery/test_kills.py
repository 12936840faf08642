"""Servers that are killed again and again while clients write and receivers answer, fail and hang.

`ICEFLOE_TEST_KILLS` says how often; five times unless it is set.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import pytest

import plain_http
from icefloe.assembly import open_services
from icefloe.domain.ports.storage import Tables
from icefloe.domain.values.webhooks import EVENT_TYPES, NewWebhookEndpoint
from icefloe.services import Services
from icefloe.settings import Settings
from icefloe.storage.tables import SqlTables
from receiving import OK, Receiver
from support import (
    PATIENCE,
    Engine,
    Organization,
    Server,
    make_organization_of,
    run,
    run_here,
    start_server,
)

pytestmark = pytest.mark.processes

ROUNDS = int(os.environ.get("ICEFLOE_TEST_KILLS", "5"))
CLIENTS = 4
# Seconds between a client's changes: what is queued meanwhile comes within a test's time.
PAUSE = 0.02
# Its leases are short: what a killed server was delivering goes on in the next round.
PROGRAM = """
import sys
from datetime import timedelta
from icefloe.domain.webhooks import deliveries
deliveries.LEASE = timedelta(seconds=1)
from icefloe.cli.app import run
sys.exit(run(sys.argv[1:]))
"""
PATHS = ("/200", "/500", "/hang", "/drip")


@dataclass
class Storm:
    """Clients that create customers, rename them and delete some, on whichever server answers.

    Attributes:
        told: ids of customers, by which acknowledged changes are told: created, renamed or deleted.
    """

    organization: Organization
    urls: list[str]
    told: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    stopping: threading.Event = field(default_factory=threading.Event)

    def write(self, client: int) -> None:
        """What one client does, with a pause after each change."""
        chance = random.Random(client)  # noqa: S311 - which server, and what
        number = 0
        while not self.stopping.is_set():
            number += 1
            try:
                made = self._ask(
                    chance, "POST", "/v1/customers/", {"email": f"{client}.{number}@sea.is"}
                ).json()["id"]
                self.told["customer.created"].append(made)
                path = f"/v1/customers/{made}"
                self._ask(chance, "PATCH", path, {"name": "Ada"})
                self.told["customer.updated"].append(made)
                if number % 3 == 0:
                    self._ask(chance, "DELETE", path, None)
                    self.told["customer.deleted"].append(made)
            except httpx.TransportError:
                time.sleep(PAUSE)

    def _ask(self, chance: random.Random, method: str, path: str, body: object) -> httpx.Response:
        url = chance.choice(self.urls)
        headers = {"Authorization": f"Bearer {self.organization.token()}"}
        answer = plain_http.request(method, url + path, headers=headers, json=body)
        assert answer.status_code in {200, 201, 204}, answer.text
        time.sleep(PAUSE)
        return answer


class Rounds:
    """Servers over one database, killed and started again while a storm goes on."""

    def __init__(self, database: str, folder: Path, count: int) -> None:
        self._database = database
        self._folder = folder
        self.servers = [self._start(number) for number in range(count)]

    def _start(self, number: int) -> Server:
        return start_server(
            self._database,
            self._folder / f"server{number}.log",
            "--workers",
            "1",
            command=(sys.executable, "-c", PROGRAM),
        )

    def kill_one(self, chance: random.Random) -> None:
        """Kill a server at some moment, and start it again."""
        time.sleep(chance.uniform(0.05, 1.0))
        number = chance.randrange(len(self.servers))
        self.servers[number].process.send_signal(signal.SIGKILL)
        self.servers[number].process.wait(PATIENCE)
        self.servers[number] = self._start(number)

    def kill_all(self) -> None:
        """Kill all of them that still run."""
        for server in self.servers:
            server.process.kill()
            server.process.wait(PATIENCE)

    def stop(self) -> None:
        """Stop all of them as an operator would."""
        for server in self.servers:
            assert server.stop() == 0


def queued(services: Services, organization_id: UUID) -> dict[str, list[tuple[str, str]]]:
    """By URL the events that were ever queued, in order: the id, and whom it is about."""

    async def find(tables: Tables) -> list[tuple[str, str, str]]:
        assert isinstance(tables, SqlTables)
        rows = await tables._transaction.fetch_all(
            "SELECT endpoint.url, event.id, event.customer_id FROM webhook_events AS event"
            " JOIN webhook_endpoints AS endpoint ON endpoint.id = event.endpoint_id"
            " WHERE event.organization_id = $1 ORDER BY event.sequence",
            organization_id,
        )
        read = tables._transaction.read_uuid
        return [(url, str(read(event)), str(read(customer))) for url, event, customer in rows]

    run(services.webhook_deliveries.queue())
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for url, event, customer in run(services.storage.read(find, long=True)):
        found[url].append((event, customer))
    return found


def first_receipts(receiver: Receiver, path: str) -> list[str]:
    """The events that came for a path, each once, in the order in which they first came."""
    return list(dict.fromkeys([request.event_id for request in receiver.got(path)]))


def by_customer(events: list[tuple[str, str]]) -> dict[str, list[str]]:
    """The events of each customer, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for event, customer in events:
        found[customer].append(event)
    return found


def storm_and_kill(
    database: str, folder: Path, receiver: Receiver, servers: int, *, is_ordered: bool
) -> None:
    """Kill servers again and again amid a storm; then see that nothing was lost and all is in order.

    Args:
        database: where everything is.
        folder: for logs.
        receiver: gets the webhooks.
        servers: how many serve the database at once.
        is_ordered: whether all events have one order; otherwise those of each customer have.
    """
    with ExitStack() as stack:
        services = run(open_services(Settings(database=database)))
        stack.callback(lambda: run(services.stop()))
        rounds = Rounds(database, folder, servers)
        stack.callback(rounds.kill_all)
        organization = make_organization_of(rounds.servers[0], services)
        for path in PATHS:
            new = NewWebhookEndpoint(url=receiver.url(path), format="raw", events=EVENT_TYPES)
            run(services.webhook_endpoints.create(organization.id, new))
        storm = Storm(organization, [server.url for server in rounds.servers])
        organization.token()
        clients = [threading.Thread(target=storm.write, args=(at,)) for at in range(CLIENTS)]
        for client in clients:
            client.start()
        chance = random.Random(servers)  # noqa: S311 - when to kill, and which
        try:
            for _ in range(ROUNDS):
                rounds.kill_one(chance)
                storm.urls[:] = [server.url for server in rounds.servers]
        finally:
            storm.stopping.set()
            for client in clients:
                client.join()
        # From now on every endpoint answers, and all that is still queued for it comes.
        receiver.answers.update(dict.fromkeys(("/hang", "/drip", "/500"), OK))
        expected = queued(services, organization.id)
        for path in PATHS:
            wait_for_events(receiver, path, len(expected[receiver.url(path)]))
        rounds.stop()

        told = defaultdict(set)
        for request in receiver.got("/200"):
            told[json.loads(request.body)["type"]].add(json.loads(request.body)["data"]["id"])
        assert len(storm.told["customer.created"]) > ROUNDS
        for kind, customers in storm.told.items():
            assert set(customers) <= told[kind]
        for path in PATHS:
            events = expected[receiver.url(path)]
            came = first_receipts(receiver, path)
            if is_ordered:
                assert came == [event for event, _ in events]
            about = dict(events)
            assert by_customer([(event, about[event]) for event in came]) == by_customer(events)
    run_here("database", "check", "--database", database)


def wait_for_events(receiver: Receiver, path: str, count: int) -> None:
    """Wait until so many different events have come for a path, as long as more of them come."""
    came = 0
    deadline = time.monotonic() + 5 * PATIENCE
    while (now := len(first_receipts(receiver, path))) < count:
        if now > came:
            came = now
            deadline = time.monotonic() + 5 * PATIENCE
        assert time.monotonic() < deadline, f"{came} of {count} events came for {path}"
        time.sleep(0.1)


def test_one_server(engine: Engine, tmp_path: Path, receiver: Receiver) -> None:
    """After kill -9 amid anything, each acknowledged change is told to each endpoint, in order."""
    is_ordered = engine.name == "sqlite"
    storm_and_kill(engine.database, tmp_path, receiver, 1, is_ordered=is_ordered)


def test_two_servers(postgres_database: str, tmp_path: Path, receiver: Receiver) -> None:
    """Two servers on one PostgreSQL database take over from each other, and lose nothing."""
    storm_and_kill(postgres_database, tmp_path, receiver, 2, is_ordered=False)
