"""What starts quickly imports little: a server up to its first answer, and help."""

import subprocess
import sys
from pathlib import Path

import pytest

import plain_http
from support import serving

pytestmark = pytest.mark.processes

# What some requests, databases, options or commands need, and no others.
LATE = {
    "argon2", "asyncpg", "certifi", "email_validator", "h11", "httpx", "icefloe.api.commerce",
    "icefloe.api.description",
    "icefloe.api.organizations", "icefloe.api.webhooks", "icefloe.certificates",
    "icefloe.cli.customers", "icefloe.cli.demo", "icefloe.control", "icefloe.dashboard.application",
    "icefloe.delivery.connections", "icefloe.exchange.seeds", "icefloe.storage.postgres", "jinja2",
    "langcodes", "rich", "starlette", "stdnum", "trustme", "yaml",
}  # fmt: skip
# What help does not need either.
SERVES = {
    "apsw", "granian", "icefloe.api", "icefloe.assembly", "icefloe.services", "icefloe.settings",
    "icefloe.storage", "uvloop",
}  # fmt: skip


def read_imported(report: str) -> set[str]:
    """The modules that `-X importtime` reports."""
    return {
        line.rpartition("|")[2].strip()
        for line in report.splitlines()
        if line.startswith("import time:")
    }


def test_first_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`serve` imports up to its first answer nothing that only other requests or options need."""
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    log = tmp_path / "log"
    with serving(log, "--temporary") as (_, url):
        assert plain_http.request("GET", f"{url}/v1/customers/").status_code == 401
        imported = read_imported(log.read_text("utf-8"))

    assert {"icefloe.api.customers", "icefloe.storage.sqlite.engine"} <= imported
    assert LATE & imported == set()


@pytest.mark.parametrize("words", [(), ("serve",), ("customers", "import"), ("database",)])
def test_help(words: tuple[str, ...]) -> None:
    """Help imports nothing that serves or stores."""
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "icefloe", *words, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = read_imported(told.stderr)

    assert told.stdout.startswith("Usage: ")
    assert "icefloe.cli.app" in imported
    assert (LATE - {"icefloe.cli.customers", "icefloe.cli.demo"} | SERVES) & imported == set()


def test_schemas() -> None:
    """A schema of requests is built when the first value comes, not when it is imported."""
    program = """
import icefloe.assembly
from icefloe.api.endpoints import ROUTES
from icefloe.api.schemas.models import Model

assert ROUTES.routes
found = [Model]
for model in found:
    found += model.__subclasses__()
print(len(found) > 20, *[model.__name__ for model in found if model.__pydantic_complete__])
"""
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert told.stdout.split() == ["True"]
