"""Lists while thousands of connections are held: idle ones, and requests whose body stops half-way.

python -m benchmarks.connections --idle 10000 --half-sent 1000

The server runs with its default settings. Both ends are on this machine, so each process needs as many
open files as there are connections: the hard limit of `ulimit -n` must allow that.
"""

import argparse
import contextlib
import os
import resource
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from benchmarks import arguments, datasets, inside, load, over_http, report, servers, table

_HOST = "127.0.0.1"
_AIM = 0.8
_SPARE_FILES = 200
_WARM_UP_SECONDS = 0.5
_CONNECT_SECONDS = 30.0
_IDLE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
_HALF_SENT = b"POST /v1/customers/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"


@dataclass(frozen=True, slots=True)
class Round:
    """The list of the 10 newest, asked for by 16 connections, alone and beside those that are held.

    Attributes:
        alone: answers per second while nothing else is connected.
        beside: answers per second while connections are held.
        alone_us: processor time of the server's process for one answer, in µs, alone.
        beside_us: the same while connections are held.
        open_seconds: how long it took to open the connections that are held.
        kept: how many of them were still open at the end.
    """

    alone: float
    beside: float
    alone_us: float
    beside_us: float
    open_seconds: float
    kept: int

    @property
    def ratio(self) -> float:
        """The share of the rate that is left beside the held connections."""
        return self.beside / self.alone


def measure(
    dataset: datasets.Dataset, *, idle: int, half_sent: int, rounds: int, seconds: float
) -> tuple[list[Round], float | None]:
    """The rounds, and the most memory that the server had at once, in MB.

    Args:
        dataset: what is read.
        idle: connections that were answered once and ask nothing more.
        half_sent: connections that sent a head and the first byte of a body.
        rounds: how often both are measured, turn by turn.
        seconds: of each measurement.

    Raises:
        RuntimeError: the machine allows too few open files, or an answer was no 200.
    """
    _raise_open_files(idle + half_sent)
    token = dataset.make_token()
    with (
        tempfile.TemporaryDirectory(prefix="icefloe-benchmark-log-") as logs,
        servers.icefloe(dataset, Path(logs, "log")) as server,
    ):
        _ask(server, token, _WARM_UP_SECONDS)
        found = [_round(server, token, idle, half_sent, seconds) for _ in range(rounds)]
        return found, inside.peak_memory(server.process_id)


def _round(server: servers.Server, token: str, idle: int, half_sent: int, seconds: float) -> Round:
    alone, alone_us = _ask(server, token, seconds)
    began = time.perf_counter()
    with _held(server.port, idle, half_sent) as connections:
        open_seconds = time.perf_counter() - began
        beside, beside_us = _ask(server, token, seconds)
        kept = sum(_is_open(one) for one in connections)
    return Round(alone, beside, alone_us, beside_us, open_seconds, kept)


def _ask(server: servers.Server, token: str, seconds: float) -> tuple[float, float]:
    """Answers per second, and the server's processor time for each, in µs."""
    before = _processor_seconds(server.process_id)
    found = load.measure(
        server.port,
        [load.get(table.PATH, token)],
        connections=over_http.CONNECTIONS,
        seconds=seconds,
    )
    spent = _processor_seconds(server.process_id) - before
    return found.per_second, spent / found.answers * 1e6


@contextlib.contextmanager
def _held(port: int, idle: int, half_sent: int) -> Iterator[list[socket.socket]]:
    """Connections that are held open, all accepted by the server."""
    with contextlib.ExitStack() as stack:
        asked = [stack.enter_context(_connect(port, _IDLE)) for _ in range(idle)]
        for one in asked:
            if not one.recv(4096).startswith(b"HTTP/1.1 200"):
                raise RuntimeError("an idle connection was not answered")
        half = [stack.enter_context(_connect(port, _HALF_SENT)) for _ in range(half_sent)]
        yield asked + half


def _connect(port: int, sent: bytes) -> socket.socket:
    connection = socket.create_connection((_HOST, port), _CONNECT_SECONDS)
    connection.sendall(sent)
    return connection


def _is_open(connection: socket.socket) -> bool:
    connection.settimeout(0)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def _processor_seconds(process_id: int) -> float:
    """What a process has had of processors until now, its threads included, by `/proc`."""
    fields = Path(f"/proc/{process_id}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _raise_open_files(connections: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < connections + _SPARE_FILES:
        raise RuntimeError(f"ulimit -n allows {most} open files: too few for {connections}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def print_found(console: Console, held: str, found: Sequence[Round], peak_mb: float | None) -> None:
    """Print the table, and the median under it."""
    rows = [
        [
            str(number),
            *(f"{each:,.0f}" for each in (one.alone, one.beside)),
            f"{one.ratio:.2f}",
            *(f"{each:.0f}" for each in (one.alone_us, one.beside_us)),
            f"{one.open_seconds:.1f}",
            f"{one.kept:,}",
        ]
        for number, one in enumerate(found, 1)
    ]
    columns = ["round", "alone/s", "beside/s", "ratio", "µs", "µs beside", "opened in s", "kept"]
    report.print_table(console, f"The 10 newest beside {held}", columns, rows)
    ratio = statistics.median(one.ratio for one in found)
    memory = "" if peak_mb is None else f"; the server's peak memory {peak_mb:.0f} MB"
    console.print(f"median ratio {ratio:.2f}, aim {_AIM}{memory}")


def run(options: argparse.Namespace) -> None:
    """Measure, print, and write it down."""
    console = report.make_console()
    held = f"{options.idle:,} idle connections and {options.half_sent:,} half-sent requests"
    with (
        datasets.folder_of(options.data) as folder,
        datasets.opened(
            console, folder, options.size, with_postgres=False, kept=options.data is not None
        ) as (found, _),
        console.status(held),
    ):
        rounds, peak_mb = measure(
            found["sqlite"],
            idle=options.idle,
            half_sent=options.half_sent,
            rounds=options.rounds,
            seconds=options.seconds,
        )
    print_found(console, held, rounds, peak_mb)
    result = {
        "size": options.size,
        "idle": options.idle,
        "half_sent": options.half_sent,
        "rounds": [{**asdict(one), "ratio": one.ratio} for one in rounds],
        "peak_mb": peak_mb,
    }
    report.write(console, "connections", result, options.json)


def main() -> None:
    """Measure lists beside held connections."""
    parser = arguments.make_parser(
        "benchmarks.connections", "Measure lists while thousands of connections are held."
    )
    arguments.add_size(parser)
    parser.add_argument("--idle", type=int, default=10_000, help="idle connections")
    parser.add_argument("--half-sent", type=int, default=1_000, help="half-sent requests")
    parser.add_argument("--rounds", type=int, default=5, help="of each, turn by turn (default: 5)")
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="of each measurement (default: 3)"
    )
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="keep the customers in FOLDER")
    try:
        run(arguments.read(parser, sys.argv[1:]))
    except RuntimeError as error:
        sys.exit(f"benchmark: {error}")


if __name__ == "__main__":
    main()
