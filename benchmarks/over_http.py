"""`icefloe serve` asked over HTTP: beside the bare handler, page by page, and by clients that write."""

import contextlib
import json
import math
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import data, datasets, inside, load, servers, table

CONNECTIONS = 16
# The lists whose limit the bare handler sets.
_LISTS = {"10 newest": "", "100 newest": "?limit=100"}
_WARM_UP_SECONDS = 0.3
_MAX_WALK_SECONDS = 600.0
_MAX_IMPORT_SECONDS = 600.0
# More than any machine creates one by one.
_MOST_PER_SECOND = 8_000
_IMPORTED_SHARE = 10
# Nobody that other parts of a benchmark create has so high a number.
_FAR = 1_000_000


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
class Lists:
    """What was read over HTTP.

    Attributes:
        throughput: both servers with each list.
        walk: one client that read every page.
        peak_mb: the most memory that Icefloe's process has had at once, in MB; None where unknown.
    """

    throughput: list[Throughput]
    walk: load.Outcome
    peak_mb: float | None


@dataclass(frozen=True, slots=True)
class Writes:
    """What was written, and read meanwhile.

    Attributes:
        created: customers created one by one, by 16 clients.
        imported: customers in the file that another process imported.
        import_seconds: how long that process took, from its start to its end.
        meanwhile: one client that asked for the list of the 10 newest all the while.
        peak_mb: the most memory that Icefloe's process has had at once, in MB; None where unknown.
    """

    created: load.Outcome
    imported: int
    import_seconds: float
    meanwhile: load.Outcome
    peak_mb: float | None


def measure_lists(dataset: datasets.Dataset, *, rounds: int, seconds: float) -> Lists:
    """Read over HTTP, on a server of Icefloe's and one of the bare handler's.

    Args:
        dataset: what is read.
        rounds: of each server and list.
        seconds: of each round.

    Raises:
        RuntimeError: the two answer with different bytes, or one with no 200.
    """
    token = dataset.make_token()
    with (
        _logs() as logs,
        servers.bare(dataset, logs / "bare.log") as bare,
        servers.icefloe(dataset, logs / "icefloe.log") as ours,
    ):
        _check_same_answers(ours, bare, token)
        walk = _measure_walk(ours, dataset.size, token)
        throughput = _measure_throughput(ours, bare, token, rounds=rounds, seconds=seconds)
        return Lists(throughput, walk, inside.peak_memory(ours.process_id))


def measure_writes(dataset: datasets.Dataset, *, seconds: float) -> Writes:
    """Write over HTTP for so many seconds, and then read while another process imports.

    Args:
        dataset: what is written to.
        seconds: how long customers are created one by one.
    """
    token, first = dataset.make_write_token(), dataset.size + _FAR
    with _logs() as logs, servers.icefloe(dataset, logs / "icefloe.log") as ours:
        bodies = (
            json.dumps(data.new_customer(number))
            for number in range(first, first + math.ceil(seconds * _MOST_PER_SECOND))
        )
        requests = [load.post(table.PATH, token, body) for body in bodies]
        created = load.measure(
            ours.port,
            requests,
            connections=CONNECTIONS,
            seconds=seconds,
            count=len(requests),
        )
        imported = max(1, dataset.size // _IMPORTED_SHARE)
        file = logs / "customers.ndjson"
        data.write_lines(file, imported, first=first + len(requests))
        reading = load.start(ours.port, [load.get(table.PATH, token)], seconds=_MAX_IMPORT_SECONDS)
        import_seconds = _import(dataset, file)
        meanwhile = reading.stop()
        peak = inside.peak_memory(ours.process_id)
    return Writes(created, imported, import_seconds, meanwhile, peak)


def _import(dataset: datasets.Dataset, file: Path) -> float:
    """Import a file by Icefloe's own command; returns how many seconds it took."""
    owner = ["--organization", str(data.ORGANIZATION_ID)]
    began = time.perf_counter()
    datasets.run_icefloe(dataset.database, "customers", "import", str(file), *owner, "--json")
    return time.perf_counter() - began


def _measure_throughput(
    ours: servers.Server, bare: servers.Server, token: str, *, rounds: int, seconds: float
) -> list[Throughput]:
    """Both servers under full load, in turn, with each list.

    Other work on the machine comes and goes, so that no time stands alone: rounds are short, a round
    has both servers within a moment of each other, and what counts is their ratio in it.
    """
    found = []
    for shape, query in _LISTS.items():
        requests = [load.get(table.PATH + query, token)]
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
    return load.measure(server.port, requests, connections=CONNECTIONS, seconds=seconds)


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


def _measure_walk(server: servers.Server, size: int, token: str) -> load.Outcome:
    """One client that reads every page of the whole list, one after the other."""
    pages = math.ceil(size / table.WALK_LIMIT)
    requests = [
        load.get(table.path_of(page=page, limit=table.WALK_LIMIT), token)
        for page in range(1, pages + 1)
    ]
    outcome = load.measure(server.port, requests, seconds=_MAX_WALK_SECONDS, count=pages)
    if outcome.answers < pages:
        raise RuntimeError(f"the walk was not through after {_MAX_WALK_SECONDS} seconds")
    return outcome


def _check_same_answers(ours: servers.Server, bare: servers.Server, token: str) -> None:
    """See that both servers give the same bytes. Raises RuntimeError."""
    for query in _LISTS.values():
        path = table.PATH + query
        if ours.get(path, token) != bare.get(path, token):
            raise RuntimeError(f"the bare handler answers {path} otherwise than Icefloe")


@contextlib.contextmanager
def _logs() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="icefloe-benchmark-logs-") as folder:
        yield Path(folder)
