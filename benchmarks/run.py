"""Measures Icefloe on made-up customers and prints what it found; README.md says how to read it.

python -m benchmarks.run --size 100000
"""

import argparse
import contextlib
import importlib.metadata
import json
import math
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks import data, load, postgres, servers, writes

_RESULTS = Path(__file__).with_name("results")
_PATH = "/v1/customers/"
# The lists whose limit the bare handler sets.
_LISTS = {"10 newest": "", "100 newest": "?limit=100"}
_WALK_LIMIT = 100
_DEEP_PAGE = 5_000
_DEEP_LIMIT = 10

_CONNECTIONS = 16
_WARM_UP_SECONDS = 0.3
_MAX_WALK_SECONDS = 600.0
_SHAPE_SECONDS = 2.0
_SHAPE_REQUESTS = 300
# How many different customers the shapes that name one ask for, so that no answer is remembered.
_VARIED = 300


@dataclass(frozen=True, slots=True)
class Throughput:
    """One server's rounds with one list.

    Attributes:
        server: whose.
        shape: the list.
        best_per_second: answers per second, in the best round.
        median_per_second: the same in the median round.
        p50_ms: in the best round, half of the answers took no longer, in milliseconds.
        p99_ms: in the best round, 99 of 100 answers took no longer, in milliseconds.
        ratio: of each round's answers per second the share of what the bare handler reached in the
            same round; the median of all rounds.
    """

    server: str
    shape: str
    best_per_second: float
    median_per_second: float
    p50_ms: float
    p99_ms: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Latency:
    """One connection that asks for one kind of list, request after request.

    Attributes:
        shape: the kind.
        requests: how many were measured.
        first_ms: the first answer, in milliseconds.
        p50_ms: half of the answers took no longer, in milliseconds.
        p99_ms: 99 of 100 answers took no longer, in milliseconds.
    """

    shape: str
    requests: int
    first_ms: float
    p50_ms: float
    p99_ms: float


def measure_throughput(
    ours: servers.Server, bare: servers.Server, token: str, *, rounds: int, seconds: float
) -> list[Throughput]:
    """Both servers under full load, in turn, with each list.

    Other work on the machine comes and goes, so that no time stands alone: rounds are short, a round
    has both servers within a moment of each other, and what counts is their ratio in it.
    """
    found = []
    for shape, query in _LISTS.items():
        requests = [load.get(_PATH + query, token)]
        for server in (bare, ours):
            _drive(server, requests, _WARM_UP_SECONDS)
        pairs = [
            (_drive(bare, requests, seconds), _drive(ours, requests, seconds))
            for _ in range(rounds)
        ]
        found += [
            _summarize(shape, bare, [(limit, limit) for limit, _ in pairs]),
            _summarize(shape, ours, pairs),
        ]
    return found


def _drive(server: servers.Server, requests: list[str], seconds: float) -> load.Outcome:
    return load.measure(server.port, requests, connections=_CONNECTIONS, seconds=seconds)


def _summarize(
    shape: str, server: servers.Server, pairs: list[tuple[load.Outcome, load.Outcome]]
) -> Throughput:
    """What a server's rounds come to: pairs of the bare handler's outcome and its own."""
    best = max((own for _, own in pairs), key=lambda outcome: outcome.per_second)
    return Throughput(
        server=server.name,
        shape=shape,
        best_per_second=best.per_second,
        median_per_second=statistics.median(own.per_second for _, own in pairs),
        p50_ms=best.p50_ms,
        p99_ms=best.p99_ms,
        ratio=statistics.median(own.per_second / limit.per_second for limit, own in pairs),
    )


def measure_walk(server: servers.Server, size: int, token: str) -> load.Outcome:
    """One client that reads every page of the whole list, one after the other."""
    pages = math.ceil(size / _WALK_LIMIT)
    requests = [
        load.get(f"{_PATH}?limit={_WALK_LIMIT}&page={page}", token) for page in range(1, pages + 1)
    ]
    outcome = load.measure(server.port, requests, seconds=_MAX_WALK_SECONDS, count=pages)
    if outcome.answers < pages:
        raise RuntimeError(f"the walk was not through after {_MAX_WALK_SECONDS} seconds")
    return outcome


def shapes(size: int) -> dict[str, list[str]]:
    """The paths of each kind of request whose latency is measured."""
    some = [size * at // _VARIED for at in range(_VARIED)]
    deep = min(_DEEP_PAGE, math.ceil(size / _DEEP_LIMIT))
    return {
        "list, 10 newest": [_PATH],
        "list, 100 newest": [f"{_PATH}?limit=100"],
        f"list, page {deep:,}": [f"{_PATH}?page={deep}"],
        "list, sorting=name": [f"{_PATH}?sorting=name"],
        "one customer by id": [f"{_PATH}{data.customer_id(number)}" for number in some],
        "email, exact": [f"{_PATH}?email={data.email(number)}" for number in some],
        "metadata[user_id], one customer": [
            f"{_PATH}?metadata[user_id]={data.user_id(number)}" for number in some
        ],
        "metadata[plan]=pro, a third": [f"{_PATH}?metadata[plan]=pro"],
        f"query={data.RARE_WORD}, a rare word": [f"{_PATH}?query={data.RARE_WORD}"],
        f"query={data.COMMON_WORD}, everybody": [f"{_PATH}?query={data.COMMON_WORD}"],
    }


def measure_shapes(server: servers.Server, size: int, token: str) -> list[Latency]:
    """One client at a time, with each shape."""
    found = []
    for shape, paths in shapes(size).items():
        outcome = load.measure(
            server.port,
            [load.get(path, token) for path in paths],
            seconds=_SHAPE_SECONDS,
            count=_SHAPE_REQUESTS,
        )
        found.append(
            Latency(shape, outcome.answers, outcome.first_ms, outcome.p50_ms, outcome.p99_ms)
        )
    return found


def check_same_answers(ours: servers.Server, bare: servers.Server, token: str) -> None:
    """See that both servers give the same bytes. Raises RuntimeError."""
    for query in _LISTS.values():
        if ours.get(_PATH + query, token) != bare.get(_PATH + query, token):
            raise RuntimeError(f"the bare handler answers {_PATH}{query} otherwise than Icefloe")


def describe_machine() -> dict[str, Any]:
    """What the figures were taken on, as far as it bears on them."""
    packages = ("icefloe", "granian", "apsw", "asyncpg", "uvloop", "pydantic")
    versions = {}
    for package in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "sqlite": apsw.sqlite_lib_version(),
        "packages": versions,
    }


def print_report(
    console: Console,
    size: int,
    throughput: list[Throughput],
    walk: load.Outcome,
    latencies: list[Latency],
) -> None:
    """Print the tables."""
    table = Table(title=f"{size:,} customers, {_CONNECTIONS} connections")
    for column in ("list", "server"):
        table.add_column(column)
    for column in ("best req/s", "median req/s", "p50 ms", "p99 ms", "of bare"):
        table.add_column(column, justify="right")
    for one in throughput:
        table.add_row(
            one.shape,
            one.server,
            f"{one.best_per_second:,.0f}",
            f"{one.median_per_second:,.0f}",
            f"{one.p50_ms:.2f}",
            f"{one.p99_ms:.2f}",
            f"{one.ratio:.2f}",
        )
    console.print(table)
    console.print(
        f"Walk of all pages at limit={_WALK_LIMIT}: {walk.answers:,} requests in"
        f" {walk.seconds:.2f} s, p50 {walk.p50_ms:.2f} ms, p99 {walk.p99_ms:.2f} ms.\n"
    )
    table = Table(title="one connection, milliseconds until the answer is there")
    table.add_column("request")
    for column in ("first", "p50", "p99", "requests"):
        table.add_column(column, justify="right")
    for latency in latencies:
        table.add_row(
            escape(latency.shape),
            f"{latency.first_ms:.2f}",
            f"{latency.p50_ms:.2f}",
            f"{latency.p99_ms:.2f}",
            str(latency.requests),
        )
    console.print(table)


def write_results(report: dict[str, Any]) -> Path:
    """Write the report as JSON; returns where."""
    _RESULTS.mkdir(exist_ok=True)
    file = _RESULTS / f"{report['taken_at'].replace(':', '')}-{report['size']}.json"
    file.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    return file


def measure_lists(
    console: Console, engine: str, dataset: data.Dataset, options: argparse.Namespace
) -> dict[str, Any]:
    """Measure both servers on one engine's dataset, and print it; what goes into the report."""
    token = dataset.make_token()
    with (
        tempfile.TemporaryDirectory(prefix="icefloe-benchmark-logs-") as logs,
        servers.bare(dataset, Path(logs, "bare.log")) as bare,
        servers.icefloe(dataset, Path(logs, "icefloe.log")) as ours,
    ):
        check_same_answers(ours, bare, token)
        # First, while the server has answered nothing yet that it could remember.
        with console.status("One connection"):
            latencies = measure_shapes(ours, options.size, token)
            walk = measure_walk(ours, options.size, token)
        with console.status(f"{_CONNECTIONS} connections"):
            throughput = measure_throughput(
                ours, bare, token, rounds=options.rounds, seconds=options.seconds
            )
    console.rule(engine)
    print_report(console, options.size, throughput, walk, latencies)
    return {
        "throughput": [asdict(one) for one in throughput],
        "walk": asdict(walk),
        "latencies": [asdict(one) for one in latencies],
    }


def measure_writes(
    console: Console, databases: dict[str, str], options: argparse.Namespace
) -> dict[str, Any]:
    """Measure imports and writes on every engine, and print it; what goes into the report."""
    with console.status("Writes"):
        found, imports = writes.measure(
            databases,
            rounds=options.write_rounds,
            seconds=options.seconds,
            counter_slots=(1,),
            import_size=options.size,
        )
    table = Table(title="customers made per second, in one process")
    for column in ("writers", "organizations", "by", "counter slots", "per second", "of bare"):
        table.add_column(column)
    for one in found:
        table.add_row(
            str(one.writers),
            str(one.organizations),
            one.contender,
            str(one.counter_slots or "-"),
            f"{one.per_second:,.0f}",
            "-" if one.ratio is None else f"{one.ratio:.2f}",
        )
    console.print(table)
    for each in imports:
        console.print(f"Import, {each.engine}: {each.row_us:.0f} µs a customer.", highlight=False)
    return {
        "writes": [asdict(one) for one in found],
        "imports": [{**asdict(each), "row_us": each.row_us} for each in imports],
    }


def run(options: argparse.Namespace, folder: Path) -> None:
    """Measure everything on datasets in the folder, print it and write it down."""
    console = Console()
    engines: dict[str, Any] = {}
    with contextlib.ExitStack() as stack:
        with console.status(f"Importing {options.size:,} customers"):
            datasets = {writes.SQLITE: data.Dataset.open_sqlite(folder, options.size)}
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="icefloe-writes-")))
        written = {writes.SQLITE: str(scratch / "writes.db")}
        server = stack.enter_context(postgres.running_server()) if options.postgres else None
        if server is not None:
            database = stack.enter_context(postgres.database(server))
            with console.status(f"Importing {options.size:,} customers into PostgreSQL"):
                dataset = data.Dataset(database, options.size)
                dataset.fill(scratch)
            datasets[writes.POSTGRES] = dataset
            written[writes.POSTGRES] = stack.enter_context(postgres.database(server))
        elif options.postgres:
            console.print(postgres.NONE_FOUND)
        for engine, dataset in datasets.items():
            engines[engine] = measure_lists(console, engine, dataset, options)
        outcome = measure_writes(console, written, options)
    report = {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "size": options.size,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "connections": _CONNECTIONS,
        "machine": describe_machine(),
        "engines": engines,
        **outcome,
    }
    console.print(f"Written to {os.path.relpath(write_results(report))}", highlight=False)


@contextlib.contextmanager
def data_folder(chosen: Path | None) -> Iterator[Path]:
    """Where the dataset is: the folder that was chosen and stays, else one that goes."""
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="icefloe-benchmark-") as folder:
        yield Path(folder)


def read_options(words: list[str]) -> argparse.Namespace:
    """What the command line asks for; `SIZE` in the environment is the default size."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run",
        description="Measure Icefloe beside a bare handler on the same server and data.",
    )
    parser.add_argument(
        "--size",
        type=int,
        default=int(os.environ.get("SIZE") or 100_000),
        help="customers in the organization (default: $SIZE, else 100000)",
    )
    parser.add_argument(
        "--rounds", type=int, default=12, help="rounds of each server and list (default: 12)"
    )
    parser.add_argument(
        "--seconds", type=float, default=0.8, help="seconds of each round (default: 0.8)"
    )
    parser.add_argument(
        "--write-rounds", type=int, default=3, help="rounds of each way to write (default: 3)"
    )
    parser.add_argument(
        "--no-postgres", dest="postgres", action="store_false", help="measure SQLite alone"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="keep the customers in FOLDER, and use them again the next time",
    )
    options = parser.parse_args(words)
    if options.size < 1 or options.rounds < 1 or options.seconds <= 0:
        parser.error("--size, --rounds and --seconds must be above zero")
    return options


def main() -> None:
    """Run the benchmark."""
    options = read_options(sys.argv[1:])
    try:
        with data_folder(options.data) as folder:
            run(options, folder)
    except RuntimeError as error:
        sys.exit(f"benchmark: {error}")


if __name__ == "__main__":
    main()
