"""How fast events are ingested, and how fast a meter answers over all of them.

python -m benchmarks.usage

Requests go to the application within its own process, in batches of 100, from one writer. Three meters
count the events: by number, by sum, and by average with a filter.
"""

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

from rich.console import Console

from benchmarks import arguments, datasets, inside, postgres, report
from icefloe.assembly import open_services
from icefloe.domain.values.customers import NewCustomer

_AIM_PER_SECOND = 5_000
_AIM_MS = 5.0
_BATCH = 100
_CUSTOMERS = 1_000
_ASKED = 50
_SCOPES = (
    "events:read", "events:write", "meters:read", "meters:write", "customers:write",
    "customer_meters:read",
)  # fmt: skip
_METERS = {
    "count": {"func": "count"},
    "sum": {"func": "sum", "property": "tokens"},
    "avg": {"func": "avg", "property": "ms"},
}
_FILTERS = {
    "count": [],
    "sum": [{"property": "name", "operator": "eq", "value": "call"}],
    "avg": [{"property": "ms", "operator": "gt", "value": 100}],
}
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_SPREAD = timedelta(days=90)
# What is asked once all events are there, and how it is called in the table.
_QUESTIONS = {
    "quantities, 90 days by day": "/v1/meters/{count}/quantities?interval=day",
    "quantities, 90 days by hour": "/v1/meters/{sum}/quantities?interval=hour",
    "quantities, 90 days by month": "/v1/meters/{avg}/quantities?interval=month",
    "quantities of a customer": "/v1/meters/{sum}/quantities?interval=day&external_customer_id=u1",
    "customer meters of one customer": "/v1/customer-meters/?external_customer_id=u1",
    "customer meters, first page": "/v1/customer-meters/",
    "events, first page": "/v1/events/",
    "events of one customer": "/v1/events/?external_customer_id=u1",
}


@dataclass(frozen=True, slots=True)
class Ingestion:
    """How fast events are stored and counted.

    Attributes:
        engine: the database.
        events: how many were there in the end.
        per_second: how many a second.
        last_per_second: how many a second of the last tenth, beside all the others.
    """

    engine: str
    events: int
    per_second: float
    last_per_second: float


@dataclass(frozen=True, slots=True)
class Question:
    """How fast one kind of request is answered: median and slowest of 50, in milliseconds."""

    engine: str
    asked: str
    ms: float
    slowest_ms: float


async def _set_up(database: str) -> str:
    """Make an organization with customers; returns a token for it."""
    services = await open_services(datasets.settings(database))
    try:
        organization = await services.organizations.create("Usage")
        _, token = await services.tokens.create(organization.id, "benchmark", _SCOPES)
        subject = await services.tokens.authenticate(token)
        for number in range(_CUSTOMERS):
            new = NewCustomer(email=f"customer{number}@example.com", external_id=f"u{number}")
            await services.customer_writes.create(subject, new)
    finally:
        await services.stop()
    return token


def _batches(count: int) -> Iterator[bytes]:
    """Bodies with so many events in all, in the order of time."""
    step = _SPREAD / count
    for first in range(0, count, _BATCH):
        events = [
            {
                "name": "call" if number % 3 else "login",
                "external_customer_id": f"u{number * 7 % _CUSTOMERS}",
                "timestamp": (_BEGIN + number * step).isoformat(),
                "external_id": f"e{number}",
                "metadata": {"tokens": number % 1_000, "ms": number % 250 + 0.5, "path": "/v1"},
            }
            for number in range(first, min(first + _BATCH, count))
        ]
        yield json.dumps({"events": events}).encode()


async def _measure(
    databases: dict[str, str], folder: Path, count: int
) -> tuple[list[Ingestion], list[Question]]:
    ingestions, questions = [], []
    for engine, database in databases.items():
        token = await _set_up(database)
        dataset = datasets.Dataset(engine, database, _CUSTOMERS)
        async with inside.started(dataset, token, folder / "log") as asked:
            meters = {name: await _create_meter(asked, name) for name in _METERS}
            taken = [await _ingest(asked, body) for body in _batches(count)]
            tenth = max(1, len(taken) // 10)
            ingestions.append(
                Ingestion(
                    engine,
                    count,
                    count / sum(taken),
                    tenth * _BATCH / sum(taken[-tenth:]),
                )
            )
            for name, path in _QUESTIONS.items():
                times = await _ask(asked, path.format(**meters))
                questions.append(Question(engine, name, statistics.median(times), max(times)))
    return ingestions, questions


async def _create_meter(asked: inside.Inside, name: str) -> str:
    body = {
        "name": f"Meter {name}",
        "filter": {"conjunction": "and", "clauses": _FILTERS[name]},
        "aggregation": _METERS[name],
    }
    answer = await asked.post("/v1/meters/", json.dumps(body).encode())
    return str(json.loads(answer.body)["id"])


async def _ingest(asked: inside.Inside, body: bytes) -> float:
    """Ingest a batch; returns the seconds it took."""
    answer = await asked.post("/v1/events/ingest", body)
    if answer.status != HTTPStatus.OK:
        raise RuntimeError(f"the batch was not stored: {answer.body.decode()}")
    return answer.ms / 1000


async def _ask(asked: inside.Inside, path: str) -> list[float]:
    """The milliseconds of each of 50 requests; quantities are asked for the whole range."""
    if "/quantities" in path:
        path += "&start_timestamp=2026-01-01T00:00:00Z&end_timestamp=2026-03-31T23:59:59Z"
    times = []
    for _ in range(_ASKED):
        answer = await asked.get(path)
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{path}: {answer.body.decode()}")
        times.append(answer.ms)
    return times


@contextlib.contextmanager
def _databases(folder: Path, *, with_postgres: bool) -> Iterator[dict[str, str]]:
    """An empty database of each engine."""
    with contextlib.ExitStack() as stack:
        found = {datasets.SQLITE: f"sqlite:///{folder / 'usage.db'}"}
        server = stack.enter_context(postgres.running_server()) if with_postgres else None
        if server is not None:
            found[datasets.POSTGRES] = stack.enter_context(postgres.database(server))
        yield found


def print_found(console: Console, ingestions: list[Ingestion], questions: list[Question]) -> None:
    """Print the tables."""
    rows = [
        [one.engine, f"{one.events:,}", f"{one.per_second:,.0f}", f"{one.last_per_second:,.0f}"]
        for one in ingestions
    ]
    title = f"Events ingested in batches of {_BATCH} (aim: {_AIM_PER_SECOND:,}/s on SQLite)"
    columns = ["engine", "events", "per second", "of the last tenth"]
    report.print_table(console, title, columns, rows)
    rows = [[one.engine, one.asked, f"{one.ms:.2f}", f"{one.slowest_ms:.2f}"] for one in questions]
    title = f"Milliseconds, once they are there (aim: quantities in {_AIM_MS:.0f})"
    report.print_table(console, title, ["engine", "asked", "median", "slowest"], rows, words=2)


def run(console: Console, options: argparse.Namespace) -> None:
    """Measure, print, and write it down."""
    with (
        tempfile.TemporaryDirectory(prefix="icefloe-benchmark-") as name,
        _databases(Path(name), with_postgres=options.postgres) as databases,
        console.status("Usage"),
    ):
        found = inside.run(_measure(databases, Path(name), options.count))
    print_found(console, *found)
    ingestions, questions = ([asdict(one) for one in each] for each in found)
    result = {"ingestions": ingestions, "questions": questions}
    report.write(console, "usage", result, options.json)


def main() -> None:
    """Measure usage."""
    parser = arguments.make_parser("benchmarks.usage", "Measure how fast events are counted.")
    parser.add_argument("--count", type=int, default=100_000, help="events (default: 100,000)")
    parser.add_argument(
        "--no-postgres", dest="postgres", action="store_false", help="measure SQLite alone"
    )
    run(report.make_console(), arguments.read(parser, sys.argv[1:]))


if __name__ == "__main__":
    main()
