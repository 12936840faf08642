"""What webhooks reach, and what they cost: deliveries to a local receiver, and creates beside them.

python -m benchmarks.webhooks

Everything runs in one process, but for the receiver. Contenders take turns, so that a slow moment of
the machine falls on all of them: compare ratios.
"""

import argparse
import asyncio
import contextlib
import io
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from rich.console import Console

from benchmarks import arguments, datasets, inside, postgres, report, servers
from icefloe.assembly import make_courier, open_services
from icefloe.delivery.messages import make_message
from icefloe.delivery.sender import HttpSender
from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.ports.storage import Tables
from icefloe.domain.values.access import Subject
from icefloe.domain.values.clock import utc_now
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.events import Event
from icefloe.domain.values.webhooks import NewWebhookEndpoint, WebhookEndpoint, WebhookEvent
from icefloe.domain.webhooks.outbox import Outbox
from icefloe.log import Log
from icefloe.services import Services
from icefloe.storage.tables import SqlTables
from icefloe.storage.transaction import moment

_AIM_PER_SECOND = 1000
_WRITERS = 16
_WARM_UP = 50
_PAYLOAD = b"{" + b"x" * 900 + b"}"
_WIDTH = 5
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Deliveries:
    """How fast one endpoint's events are delivered, one after another.

    Attributes:
        contender: an engine, or what only sends messages and has no database.
        per_second: events per second, the median of the rounds.
        of_sender: the share of what the sender reaches by itself in the same round, the median.
    """

    contender: str
    per_second: float
    of_sender: float


@dataclass(frozen=True, slots=True)
class Creates:
    """How fast customers are created by 16 writers.

    Attributes:
        engine: the database.
        webhooks: what is there of them.
        per_second: creates per second, the median of the rounds.
        of_none: the share of what is reached where nothing asks for endpoints, the median.
    """

    engine: str
    webhooks: str
    per_second: float
    of_none: float


class _NoOutbox(Outbox):
    """Stores what happened, as all changes did before there were webhooks."""

    async def record(self, tables: Tables, events: Sequence[Event]) -> None:
        assert isinstance(tables, SqlTables)  # noqa: S101 - both engines' are
        rows = [
            (one.organization_id, one.customer_id, one.type, moment(one.created_at), one.document)
            for one in events
        ]
        places = ", ".join(
            f"({', '.join(f'${row * _WIDTH + at}' for at in range(1, _WIDTH + 1))})"
            for row in range(len(rows))
        )
        await tables._transaction.execute(  # noqa: SLF001 - what it measures is below the rules
            "INSERT INTO events (organization_id, customer_id, type, created_at, document)"
            f" VALUES {places}",
            *itertools.chain.from_iterable(rows),
        )


@dataclass(slots=True)
class _Place:
    """An organization in a database, with one endpoint or none."""

    services: Services
    organization_id: UUID
    writes: CustomerWrites
    endpoint: WebhookEndpoint | None
    delivers: bool = False

    async def create(self, numbers: Iterator[int], count: int) -> float:
        """Create customers by 16 writers; returns how many a second."""
        subject = Subject(self.organization_id, uuid4(), frozenset(), None)
        left = iter(range(count))

        async def write() -> None:
            for _ in left:
                new = NewCustomer(email=f"customer{next(numbers)}@example.com")
                await self.writes.create(subject, new)

        if self.delivers:
            assert self.services.courier is not None  # noqa: S101 - made with the place
            await self.services.courier.start()
        began = time.perf_counter()
        await asyncio.gather(*[write() for _ in range(_WRITERS)])
        taken = time.perf_counter() - began
        if self.delivers and self.services.courier is not None:
            await self.services.courier.wait_idle(self.organization_id)
            await self.services.courier.stop()
        return count / taken

    async def deliver(self, numbers: Iterator[int], count: int) -> float:
        """Queue so many events, and deliver them; returns how many a second."""
        await self.create(numbers, count)
        courier = self.services.courier
        assert courier is not None  # noqa: S101 - made with the place
        began = time.perf_counter()
        await courier.start()
        await courier.wait_idle(self.organization_id)
        taken = time.perf_counter() - began
        await courier.stop()
        return count / taken


@contextlib.asynccontextmanager
async def _place(
    database: str, url: str | None, *, delivers: bool = False
) -> AsyncIterator[_Place]:
    settings = datasets.settings(database)
    log = Log("json", io.StringIO())
    services = await open_services(settings, log=log)
    organization = await services.organizations.create(f"Webhooks {uuid4().hex}")
    endpoint = None
    if url is not None:
        new = NewWebhookEndpoint(url=url, format="raw", events=("customer.created",))
        endpoint = await services.webhook_endpoints.create(organization.id, new)
    services.courier = make_courier(services, settings, log)
    place = _Place(services, organization.id, services.customer_writes, endpoint, delivers)
    try:
        yield place
    finally:
        await services.stop()
        log.close()


async def _send(count: int, post: Callable[[bytes], Awaitable[object]]) -> float:
    """Send so many messages one after another; returns how many a second."""
    for _ in range(_WARM_UP):
        await post(_PAYLOAD)
    began = time.perf_counter()
    for _ in range(count):
        await post(_PAYLOAD)
    return count / (time.perf_counter() - began)


async def _send_by_sender(place: _Place, count: int) -> float:
    """What our sender reaches with a ready message: no database, no queue."""
    assert place.endpoint is not None  # noqa: S101 - made with one
    endpoint = place.endpoint
    event = WebhookEvent(
        id=uuid4(),
        organization_id=place.organization_id,
        endpoint_id=endpoint.id,
        customer_id=None,
        type="customer.created",
        created_at=utc_now(),
        payload=_PAYLOAD,
        due_at=None,
    )
    sender = HttpSender(public_only=False)

    async def post(_: bytes) -> None:
        outcome = await sender.send(endpoint, event, make_message(endpoint, event, utc_now()))
        if not outcome.succeeded:
            raise RuntimeError(f"the receiver answered {outcome}")

    try:
        return await _send(count, post)
    finally:
        await sender.close()


async def _send_by_httpx(url: str, count: int) -> float:
    """What an HTTP client reaches."""
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:  # noqa: S501 - plain HTTP
        return await _send(count, lambda body: client.post(url, content=body))


async def _measure(
    databases: dict[str, str], url: str, rounds: int, count: int
) -> tuple[list[Deliveries], list[Creates]]:
    deliveries: dict[str, list[tuple[float, float]]] = {}
    creates: dict[tuple[str, str], list[tuple[float, float]]] = {}
    numbers = itertools.count()
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        places: dict[str, dict[str, _Place]] = {}
        for engine, database in databases.items():
            asks_nothing = await enter(_place(database, None))
            asks_nothing.writes = CustomerWrites(
                asks_nothing.services.storage, asks_nothing.services.clock
            )
            asks_nothing.writes._outbox = _NoOutbox()  # noqa: SLF001 - what it measures
            places[engine] = {
                "no query for endpoints": asks_nothing,
                "no endpoint": await enter(_place(database, None)),
                "one endpoint, delivered by another process": await enter(_place(database, url)),
                "one endpoint, delivered meanwhile": await enter(
                    _place(database, url, delivers=True)
                ),
            }
        for each in places.values():
            for place in each.values():
                await place.create(numbers, _WARM_UP)
        for _ in range(rounds):
            for engine, each in places.items():
                queue = each["one endpoint, delivered by another process"]
                alone = await _send_by_sender(queue, count)
                by_httpx = await _send_by_httpx(url, count)
                deliveries.setdefault("our sender alone", []).append((alone, 1.0))
                deliveries.setdefault("httpx alone", []).append((by_httpx, by_httpx / alone))
                reached = {name: await place.create(numbers, count) for name, place in each.items()}
                for name, per_second in reached.items():
                    share = per_second / reached["no query for endpoints"]
                    creates.setdefault((engine, name), []).append((per_second, share))
                delivered = await queue.deliver(numbers, count)
                deliveries.setdefault(engine, []).append((delivered, delivered / alone))
    return (
        [Deliveries(name, *_medians(found)) for name, found in deliveries.items()],
        [Creates(*names, *_medians(found)) for names, found in creates.items()],
    )


def _medians(found: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(one for one, _ in found), statistics.median(two for _, two in found)


@contextlib.contextmanager
def _databases(folder: Path, *, with_postgres: bool) -> Iterator[dict[str, str]]:
    """An empty database of each engine."""
    with contextlib.ExitStack() as stack:
        found = {datasets.SQLITE: f"sqlite:///{folder / 'webhooks.db'}"}
        server = stack.enter_context(postgres.running_server()) if with_postgres else None
        if server is not None:
            found[datasets.POSTGRES] = stack.enter_context(postgres.database(server))
        yield found


def print_found(console: Console, deliveries: list[Deliveries], creates: list[Creates]) -> None:
    """Print the tables."""
    rows = [[one.contender, f"{one.per_second:,.0f}", f"{one.of_sender:.2f}"] for one in deliveries]
    title = f"Events to one local endpoint, one after another (aim: {_AIM_PER_SECOND:,}/s)"
    report.print_table(console, title, ["by", "per second", "of our sender"], rows)
    rows = [
        [one.engine, one.webhooks, f"{one.per_second:,.0f}", f"{one.of_none:.2f}"]
        for one in creates
    ]
    columns = ["engine", "webhooks", "creates per second", "of no query"]
    report.print_table(console, "Customers created by 16 writers", columns, rows, words=2)


def run(console: Console, options: argparse.Namespace) -> None:
    """Measure, print, and write it down."""
    with (
        tempfile.TemporaryDirectory(prefix="icefloe-benchmark-") as name,
        _databases(Path(name), with_postgres=options.postgres) as databases,
        console.status("Webhooks"),
    ):
        port = servers.free_port()
        words = [str(_HERE / "receiver.py"), str(port)]
        with servers.running("receiver", words, port, Path(name) / "receiver.log"):
            url = f"http://127.0.0.1:{port}/"
            found = inside.run(_measure(databases, url, options.rounds, options.count))
    print_found(console, *found)
    deliveries, creates = ([asdict(one) for one in each] for each in found)
    result = {"deliveries": deliveries, "creates": creates}
    report.write(console, "webhooks", result, options.json)


def main() -> None:
    """Measure webhooks."""
    parser = arguments.make_parser("benchmarks.webhooks", "Measure what webhooks reach and cost.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each (default: 3)")
    parser.add_argument(
        "--count", type=int, default=2000, help="events or customers a round (default: 2,000)"
    )
    parser.add_argument(
        "--no-postgres", dest="postgres", action="store_false", help="measure SQLite alone"
    )
    run(report.make_console(), arguments.read(parser, sys.argv[1:]))


if __name__ == "__main__":
    main()
