"""The benchmark programs work: what they ask for is answered, and every total is exact."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks import data, datasets, inside, measuring, over_http, table, truth

from docs import pages
from support import Organization, new_customer

pytestmark = pytest.mark.processes

_SIZE = 300
_GROUPS = [
    "page 1", "deep pages", "one customer", "metadata", "query", "deep filtered pages", "active",
    "state",
]  # fmt: skip


def _run(module: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *words],
        cwd=pages.ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _groups_of(shapes: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(shape["group"] for shape in shapes))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that keeps the dataset that the first test makes."""
    return tmp_path_factory.mktemp("datasets")


@pytest.fixture(scope="module")
def result(folder: Path) -> Any:
    """What a small run on SQLite writes down."""
    file = folder / "shapes.json"
    words = ["--size", str(_SIZE), "--no-postgres", "--shape-rounds", "20"]
    few = ["--shape-seconds", "0.02", "--data", str(folder), "--json", str(file)]
    done = _run("shapes", *words, *few)
    assert done.returncode == 0, done.stderr
    assert "inside the process" in done.stdout
    return json.loads(file.read_text("utf-8"))


class TestShapes:
    """`benchmarks.shapes`."""

    def test_totals(self, result: Any) -> None:
        """Each list has the total that the made-up customers have, counted one by one."""
        measured = {
            one["shape"]: one["total"] for one in result["engines"]["sqlite"]["shapes"]["shapes"]
        }
        customers = [data.customer(number, _SIZE) for number in range(_SIZE)]
        professional = [one for one in customers if one["metadata"]["plan"] == "pro"]
        assert measured["sorting=-name"] == _SIZE
        assert measured["metadata[plan]=pro"] == len(professional)
        assert measured["metadata[plan]=pro&metadata[seats]=7"] == sum(
            one["metadata"]["seats"] == 7 for one in professional
        )
        assert measured["query=qu"] == sum(
            "qu" in f"{one['email']} {one['name']}".lower() for one in customers
        )
        assert measured["active=true"] == sum(map(data.is_active, range(_SIZE)))
        assert measured["active=true"] + measured["active=false"] == _SIZE
        assert measured["GET by id"] is measured["GET state"] is None

    def test_figures(self, result: Any) -> None:
        """Each shape has a first answer, later ones beside the bare limit, and ones between writes."""
        outcome = result["engines"]["sqlite"]["shapes"]
        assert _groups_of(outcome["shapes"]) == _GROUPS
        for one in outcome["shapes"]:
            assert min(one["first"]["ms"], one["first"]["stall_ms"], one["warm"]["p50_ms"]) > 0
            assert one["ratio"] == pytest.approx(one["warm"]["p50_ms"] / one["warm"]["bare_p50_ms"])
            assert one["written"]["rounds"] == 2
            assert one["aim_ms"] > 0

    def test_bounds(self, result: Any) -> None:
        """Bad input is answered, and the walk comes by every page."""
        outcome = result["engines"]["sqlite"]["shapes"]
        assert [one["name"] for one in outcome["bad"]] == list(table.bad_input())
        assert {one["status"] for one in outcome["bad"]} <= {200, 422}
        assert outcome["walk_pages"] == 3

    def test_writes_over_http(self, result: Any, folder: Path) -> None:
        """Customers are created over HTTP, and lists answered while another process imports."""
        assert result["size"] == _SIZE
        with datasets.Dataset.open_sqlite(folder, _SIZE).copied() as copy:
            written = over_http.measure_writes(copy, seconds=0.05)
        assert written.created.answers > 0
        assert written.imported == 30
        assert written.meanwhile.slowest_ms >= written.meanwhile.p99_ms

    def test_wrong_total(self) -> None:
        """An answer with another total than it should have ends the run."""
        answer = inside.Answer(200, b'{"items":[],"pagination":{"total_count":2}}', 1.0)
        measuring.check("a list", answer, 2)
        with pytest.raises(RuntimeError, match="the total is 3, and the answer says 2"):
            measuring.check("a list", answer, 3)


class TestTruth:
    """`benchmarks.truth`, on which the totals rest."""

    def test_count(self) -> None:
        """A filter counts who matches all of it, letter case aside; no filter counts everybody."""
        one = data.customer(7, _SIZE)
        exact = table.Filters(email=one["email"].upper())
        both = table.Filters(query=data.RARE_WORD.upper(), metadata=(("user_id", data.user_id(7)),))
        neither = table.Filters(query=data.RARE_WORD, metadata=(("user_id", data.user_id(8)),))
        found = truth.count(_SIZE, [exact, both, neither, table.EVERYBODY])
        assert found == {exact: 1, both: 1, neither: 0, table.EVERYBODY: _SIZE}


class TestCompare:
    """`benchmarks.compare`, against a real server."""

    def _compare(self, url: str, token: str, to: Path) -> subprocess.CompletedProcess[str]:
        words = ["--rounds", "2", "--pages", "2", "--json", str(to)]
        return _run("compare", *words, URL=url, TOKEN=token)

    @pytest.mark.parametrize(
        ("url", "token", "reason"),
        [
            ("nowhere", "polar_oat_x", "no URL such as"),
            ("http://127.0.0.1:1", "polar_oat_x", "does not answer"),
            ("", "polar_oat_x", "the token is not valid there"),
            ("", "", "there is no token"),
        ],
    )
    def test_mistake(
        self, organization: Organization, tmp_path: Path, url: str, token: str, reason: str
    ) -> None:
        """A URL or a token that does not work is one line that says so, and exit status 2."""
        done = self._compare(url or organization.url, token, tmp_path / "compare.json")
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert line.startswith("compare: ")
        assert reason in line

    def test_scope(self, organization: Organization, tmp_path: Path) -> None:
        """A token that may not read customers is such a mistake too."""
        token = organization.token("members:read")
        done = self._compare(organization.url, token, tmp_path / "compare.json")
        assert done.returncode == 2
        assert "it needs customers:read" in done.stderr

    def test_nobody(self, organization: Organization, tmp_path: Path) -> None:
        """An organization without customers gives nothing to ask for, and is one as well."""
        token = organization.token("customers:read")
        done = self._compare(organization.url, token, tmp_path / "compare.json")
        assert done.returncode == 2
        assert "has no customers" in done.stderr

    def test_values_of_its_own(self, organization: Organization, tmp_path: Path) -> None:
        """What it asks for is in the server's data, and the totals are the server's."""
        kept = [data.customer(number, _SIZE) for number in range(_SIZE)]
        organization.keep(*kept)
        file = tmp_path / "compare.json"
        done = self._compare(organization.url, organization.token("customers:read"), file)
        assert done.returncode == 0, done.stderr
        result = json.loads(file.read_text("utf-8"))
        assert _groups_of(result["shapes"]) == _GROUPS[:-2]  # its customers have nothing
        totals = {one["shape"]: one["total"] for one in result["shapes"]}
        assert totals["sorting=email, last page"] == _SIZE
        assert totals["email, exact"] == 1
        assert totals["metadata[user_id], one customer"] == 1
        assert totals["metadata[plan]=free"] == sum(
            one["metadata"]["plan"] == "free" for one in kept
        )
        assert totals["query=com"] == _SIZE
        assert result["walk"]["pages"] == 2

    def test_little(self, organization: Organization, tmp_path: Path) -> None:
        """Where customers have no external id, no name and no metadata, nobody asks for one."""
        organization.keep(new_customer(1, name=None, external_id=None))
        file = tmp_path / "compare.json"
        done = self._compare(organization.url, organization.token("customers:read"), file)
        assert done.returncode == 0, done.stderr
        shapes = [one["shape"] for one in json.loads(file.read_text("utf-8"))["shapes"]]
        assert "GET by id" in shapes
        assert "GET by external id" not in shapes
        assert [name for name in shapes if name.startswith("metadata")] == []


def test_plugin(tmp_path: Path) -> None:
    """`benchmarks.plugin` runs tests of each kind, with an aim for those that have an organization."""
    file = tmp_path / "plugin.json"
    done = _run("plugin", "--rounds", "3", "--json", str(file))
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text("utf-8"))["tests"]
    assert {one["tests"] for one in found} == {3}
    assert [one["aim_ms"] for one in found] == [None, None, 5, 15, None]
    assert "uses icefloe, lists customers once" in done.stdout


def test_dashboard(folder: Path, tmp_path: Path) -> None:
    """`benchmarks.dashboard` asks for pages of somebody signed in, the lists among them."""
    file = tmp_path / "dashboard.json"
    words = ["--size", str(_SIZE), "--no-postgres", "--data", str(folder), "--json", str(file)]
    done = _run("dashboard", *words, "--shape-rounds", "5", "--shape-seconds", "0.01")
    assert done.returncode == 0, done.stderr
    found = {one["page"]: one for one in json.loads(file.read_text("utf-8"))["engines"]["sqlite"]}
    assert {"overview", "customers, sorting=email", "customers, query=qu"} <= set(found)
    assert min(one["p50_ms"] for one in found.values()) > 0


def test_connections(folder: Path, tmp_path: Path) -> None:
    """`benchmarks.connections` asks for a list beside connections that are held, and all stay open."""
    file = tmp_path / "connections.json"
    words = ["--size", str(_SIZE), "--data", str(folder), "--json", str(file)]
    few = ["--idle", "40", "--half-sent", "20", "--rounds", "2", "--seconds", "0.2"]
    done = _run("connections", *words, *few)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text("utf-8"))
    assert [one["kept"] for one in found["rounds"]] == [60, 60]
    assert min(one["beside"] for one in found["rounds"]) > 0
    assert "median ratio" in done.stdout


def test_webhooks(tmp_path: Path) -> None:
    """`benchmarks.webhooks` delivers what it queues, and creates customers in each way."""
    file = tmp_path / "webhooks.json"
    few = ["--rounds", "1", "--count", "20", "--no-postgres", "--json", str(file)]
    done = _run("webhooks", *few)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text("utf-8"))
    assert [one["contender"] for one in found["deliveries"]] == [
        "our sender alone",
        "httpx alone",
        "sqlite",
    ]
    assert len(found["creates"]) == 4
    assert min(one["per_second"] for one in found["deliveries"] + found["creates"]) > 0


def test_usage(tmp_path: Path) -> None:
    """`benchmarks.usage` ingests what it makes up, and asks about all of it."""
    file = tmp_path / "usage.json"
    done = _run("usage", "--count", "300", "--no-postgres", "--json", str(file))
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text("utf-8"))
    assert [(one["engine"], one["events"]) for one in found["ingestions"]] == [("sqlite", 300)]
    assert len(found["questions"]) == 8
    assert min(one["ms"] for one in found["questions"]) > 0


@pytest.mark.parametrize(
    "name",
    [
        "run",
        "shapes",
        "dashboard",
        "compare",
        "connections",
        "growth",
        "plugin",
        "webhooks",
        "usage",
    ],
)
def test_help(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Each program says what it can be asked."""
    assert _run(name, "--help").stdout.startswith(f"usage: python -m benchmarks.{name}")
    assert not capfd.readouterr().err


def test_options() -> None:
    """A size that is none is refused before anything is done."""
    refused: Callable[[str], int] = lambda size: _run("shapes", "--size", size).returncode  # noqa: E731
    assert [refused("0"), refused("many")] == [2, 2]
