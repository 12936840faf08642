"""What the pytest plugin costs each test, beside tests that have no organization of their own.

python -m benchmarks.plugin

The tests run in a pytest of their own, on one stand-in; each kind in turn, so that a slow moment of the
machine falls on all of them. A test's time is all that pytest does for it: setting up, the test, and
clearing away.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from benchmarks import arguments, report

_CONFTEST = """\
import json
import time
from pathlib import Path

import pytest

TAKEN = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    began = time.perf_counter()
    answer = yield
    TAKEN.setdefault(item.originalname, []).append((time.perf_counter() - began) * 1000)
    return answer


def pytest_sessionfinish():
    Path("taken.json").write_text(json.dumps(TAKEN))
"""

_TESTS = """\
import http.client

import pytest

pytestmark = pytest.mark.parametrize("round", range({rounds}), scope="class")


@pytest.fixture(scope="session")
def shared(icefloe_server):
    return icefloe_server.new_organization()


@pytest.fixture(scope="session")
def connection(icefloe_server):
    kept = http.client.HTTPConnection(icefloe_server.base_url.removeprefix("http://"))
    yield kept
    kept.close()


def read(connection, token):
    connection.request("GET", "/v1/customers/", headers={{"Authorization": "Bearer " + token}})
    assert b'"total_count"' in connection.getresponse().read()


class TestEach:
    def test_nothing(self, round, shared, connection):
        pass

    def test_request(self, round, shared, connection):
        read(connection, shared.token)

    def test_organization(self, round, icefloe, connection):
        pass

    def test_organization_and_request(self, round, icefloe, connection):
        read(connection, icefloe.token)

    def test_customer_and_request(self, round, icefloe, connection):
        icefloe.customers.create()
        read(connection, icefloe.token)
"""
# Each kind of test: what the table calls it, and the aim for it in milliseconds.
_KINDS = {
    "test_nothing": ("nothing at all", None),
    "test_request": ("lists customers once, organization shared", None),
    "test_organization": ("uses icefloe", 5.0),
    "test_organization_and_request": ("uses icefloe, lists customers once", 15.0),
    "test_customer_and_request": ("the same, and customers.create() before", None),
}
# Of the first tests of each kind, which start the server and import what is used.
_WARMING = 1


@dataclass(frozen=True, slots=True)
class Found:
    """How long tests of a kind take.

    Attributes:
        kind: what they do.
        tests: how many were measured.
        first_ms: how long the first took, in milliseconds; the server starts in the first of all.
        p50_ms: half of the others took no longer.
        p99_ms: 99 of 100 of the others took no longer.
        over_ms: how much longer half of them took than tests that do nothing.
        aim_ms: how long they may take.
    """

    kind: str
    tests: int
    first_ms: float
    p50_ms: float
    p99_ms: float
    over_ms: float
    aim_ms: float | None


def measure(rounds: int) -> list[Found]:
    """Run so many tests of each kind. Raises RuntimeError where one of them fails."""
    with tempfile.TemporaryDirectory(prefix="icefloe-bench-") as name:
        folder = Path(name)
        (folder / "conftest.py").write_text(_CONFTEST, "utf-8")
        (folder / "test_it.py").write_text(_TESTS.format(rounds=rounds), "utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:schemathesis",
            ],
            cwd=folder,
            env={name: value for name, value in os.environ.items() if name != "ICEFLOE_URL"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
        taken: dict[str, list[float]] = json.loads((folder / "taken.json").read_text("utf-8"))
    usual = statistics.median(taken["test_nothing"][_WARMING:])
    return [_judge(kind, taken[kind], usual) for kind in _KINDS]


def _judge(kind: str, taken: list[float], usual: float) -> Found:
    shown, aim = _KINDS[kind]
    later = sorted(taken[_WARMING:])
    p50 = statistics.median(later)
    p99 = later[min(len(later) - 1, len(later) * 99 // 100)]
    return Found(shown, len(later), taken[0], p50, p99, p50 - usual, aim)


def print_found(console: Console, found: list[Found]) -> None:
    """Print the table."""
    rows = [
        [
            one.kind,
            *(report.show_ms(each) for each in (one.first_ms, one.p50_ms, one.p99_ms, one.over_ms)),
            "" if one.aim_ms is None else f"< {one.aim_ms:g}",
        ]
        for one in found
    ]
    columns = ["a test that", "first", "p50", "p99", "p50 over nothing", "aim"]
    report.print_table(console, "With the pytest plugin, ms a test", columns, rows)


def run(console: Console, options: argparse.Namespace) -> None:
    """Measure, print, and write it down."""
    with console.status("The pytest plugin"):
        found = measure(options.rounds + _WARMING)
    print_found(console, found)
    report.write(console, "plugin", {"tests": [asdict(one) for one in found]}, options.json)


def main() -> None:
    """Measure the plugin."""
    parser = arguments.make_parser(
        "benchmarks.plugin", "Measure what the pytest plugin costs a test."
    )
    parser.add_argument(
        "--rounds", type=int, default=200, help="tests of each kind behind the first (default: 200)"
    )
    run(report.make_console(), arguments.read(parser, sys.argv[1:]))


if __name__ == "__main__":
    main()
