"""The command line on a PostgreSQL database, and what is told where it cannot be used."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

import plain_http
from support import Command, Server, new_customer, start_server

SECONDS = 120


@pytest.fixture
def icefloe_on_postgres(
    icefloe: Command, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Runs a command in an empty folder, on an empty PostgreSQL database."""
    monkeypatch.setenv("ICEFLOE_DATABASE", postgres_database)
    return icefloe


@pytest.fixture
def serve(postgres_database: str, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers on the database; they are gone in the end."""
    started: list[Server] = []

    def start(*flags: str) -> Server:
        started.append(start_server(postgres_database, tmp_path / "server.log", *flags))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait(SECONDS)


def make_token(icefloe: Command, organization: str, *scopes: str) -> str:
    """A token of an organization; both scopes of customers unless given."""
    flags = [f"--scope={scope}" for scope in scopes or ("customers:read", "customers:write")]
    told = icefloe(
        "tokens", "create", "--organization", organization, "--name", "t", "--json", *flags
    )
    token: str = told.json["token"]
    return token


def test_a_first_day(
    icefloe_on_postgres: Command, serve: Callable[..., Server], tmp_path: Path
) -> None:
    """An organization, a token, an import, a server with several workers, an export: as on SQLite."""
    icefloe = icefloe_on_postgres
    organization = icefloe("organizations", "create", "Acme", "--json").json["id"]
    token = make_token(icefloe, organization)
    customers = tmp_path / "customers.ndjson"
    customers.write_text("".join(json.dumps(new_customer(n)) + "\n" for n in range(1200)))
    told = icefloe("customers", "import", customers, "--organization", organization, "--json")
    assert told.json["added"] == 1200

    server = serve("--workers", "2", "--log-format", "json")
    headers = {"Authorization": f"Bearer {token}"}
    with plain_http.client(server.url, headers=headers, timeout=SECONDS) as client:
        seen = set()
        for number in range(12):
            made = client.post("/v1/customers/", json={"email": f"new{number}@example.com"})
            assert made.status_code == 201, made.text
            # On a connection of its own, which either worker may take; by plain HTTP.
            options: dict[str, Any] = {"timeout": SECONDS, "verify": False}
            with httpx.Client(base_url=server.url, headers=headers, **options) as other:
                answer = other.get("/v1/customers/?limit=1").json()
            assert answer["items"][0] == made.json()
            seen.add(answer["pagination"]["total_count"])
        assert seen == set(range(1201, 1213))
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(SECONDS) == 0

    exported = tmp_path / "out.ndjson"
    icefloe("customers", "export", exported, "--organization", organization)
    assert len(exported.read_text("utf-8").splitlines()) == 1212


def test_revoked_elsewhere(icefloe_on_postgres: Command, serve: Callable[..., Server]) -> None:
    """A token that another process revokes is refused within a second."""
    icefloe = icefloe_on_postgres
    organization = icefloe("organizations", "create", "Acme", "--json").json["id"]
    token = make_token(icefloe, organization)
    server = serve("--workers", "1")
    headers = {"Authorization": f"Bearer {token}"}
    with plain_http.client(server.url, headers=headers, timeout=SECONDS) as client:
        assert client.get("/v1/customers/").status_code == 200
        (kept,) = icefloe("tokens", "list", "--json").json
        icefloe("tokens", "revoke", kept["id"])

        deadline = time.monotonic() + 1
        statuses = []
        while time.monotonic() < deadline:
            statuses.append(client.get("/v1/customers/").status_code)

        assert client.get("/v1/customers/").status_code == 401
    assert statuses == sorted(statuses)


def test_a_secret_of_another_machine(
    icefloe_on_postgres: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A machine without the secret makes none of its own for a database that has tokens."""
    icefloe = icefloe_on_postgres
    organization = icefloe("organizations", "create", "Acme", "--json").json["id"]
    make_token(icefloe, organization)

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another"))
    mistake = icefloe("organizations", "list").mistake
    assert "set ICEFLOE_SECRET" in mistake

    monkeypatch.setenv("ICEFLOE_SECRET", "a secret that is shared by all of them")
    assert icefloe("organizations", "list", "--json").json[0]["id"] == organization


@pytest.mark.processes
@pytest.mark.parametrize(
    ("database", "reason"),
    [
        ("postgresql://icefloe@127.0.0.1:1/icefloe", "cannot be reached"),
        ("postgresql://icefloe@127.0.0.1:port/icefloe", "URL cannot be read"),
        ("postgresql://127.0.0.1/x?prepared_statements=maybe", "must be on or off"),
    ],
)
def test_no_database(icefloe: Command, database: str, reason: str) -> None:
    """A database that cannot be used is one line that says why."""
    assert reason in icefloe("organizations", "list", "--database", database).mistake


def test_no_such_database(icefloe: Command, postgres_database: str) -> None:
    """A database that the server does not have is one line that names it."""
    database = postgres_database + f"_{uuid4().hex}"

    mistake = icefloe("organizations", "list", "--database", database).mistake

    assert "does not exist" in mistake


def test_standbys_of_a_file(icefloe: Command) -> None:
    """A SQLite file has no standbys, and who names one is told."""
    mistake = icefloe("serve", "--read-database", "postgresql://127.0.0.1/x").mistake

    assert "--read-database is for standbys of a PostgreSQL database" in mistake


def test_a_password_is_not_shown(icefloe: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password in a database's address is not shown with the settings."""
    monkeypatch.setenv("ICEFLOE_DATABASE", "postgresql://icefloe:h@hush@db.example.com/icefloe")
    monkeypatch.setenv("ICEFLOE_READ_DATABASE", "postgresql://h1/x?password=hush&user=me")

    told = icefloe("settings")

    assert "hush" not in told.out
    assert "postgresql://icefloe:***@db.example.com/icefloe" in told.out
