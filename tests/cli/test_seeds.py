"""`icefloe serve --seed`: what is planted before the server listens, and what is told of it."""

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import icefloe as package
import plain_http
from support import CLI, Command, Server, start_server

pytestmark = pytest.mark.processes

SEED = """\
organizations:
  - name: Acme
    slug: acme
    seed: 7
    tokens:
      - name: tests
      - name: reader
        scopes: [customers:read]
    customers:
      - email: ada@example.com
        external_id: usr_1
      - email: team@example.com
        type: team
        members:
          - email: bob@example.com
"""
OTHER = '{"organizations": [{"name": "Other", "tokens": [{"name": "ci"}]}]}'


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    """A seed of one organization."""
    file = tmp_path / "seed.yaml"
    file.write_text(SEED, "utf-8")
    return file


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers on databases in the test's folder, and ends them."""
    started: list[Server] = []

    def start(database: str, *flags: str | Path) -> Server:
        log = tmp_path / f"{len(started)}.log"
        started.append(start_server(database, log, *map(str, flags)))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.wait(120)


def ask(server: Server, token: str, path: str = "/v1/customers/?sorting=created_at") -> Any:
    """What a server answers to a token."""
    answer = plain_http.get(server.url + path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def told_of(server: Server) -> str:
    """What a server has printed."""
    return server.told


def test_serving_a_seed(tmp_path: Path, seed: Path, start: Callable[..., Server]) -> None:
    """The server has what the seed says from the first request on, and prints ids and tokens."""
    server = start(str(tmp_path / "a.db"), "--seed", seed)

    (acme,) = package.load(seed).organizations
    customers = ask(server, acme.tokens[0].value)
    assert [one["email"] for one in customers["items"]] == ["ada@example.com", "team@example.com"]
    assert {one["organization_id"] for one in customers["items"]} == {str(acme.id)}
    members = ask(server, acme.tokens[0].value, "/v1/members/")
    assert members["pagination"]["total_count"] == 3
    printed = re.sub(r" {2,}", " ", told_of(server))
    assert f"Acme:\n\n organization {acme.id}\n customers 2\n" in printed
    assert f" token tests {acme.tokens[0].value}\n" in printed
    assert f" token reader {acme.tokens[1].value}\n" in printed


def test_the_same_on_every_database(
    tmp_path: Path, seed: Path, postgres_database: str, start: Callable[..., Server]
) -> None:
    """Two servers that begin with one seed answer the same, on SQLite, PostgreSQL and with workers."""
    servers = [
        start(str(tmp_path / "a.db"), "--seed", seed),
        start(str(tmp_path / "b.db"), "--seed", seed, "--workers", "2"),
        start(postgres_database, "--seed", seed, "--workers", "1"),
    ]

    token = package.load(seed).organizations[0].tokens[0].value
    customers = [ask(server, token) for server in servers]
    members = [ask(server, token, "/v1/members/?limit=100") for server in servers]

    assert customers == [customers[0]] * 3
    by_id = [sorted(found["items"], key=lambda one: str(one["id"])) for found in members]
    assert by_id == [by_id[0]] * 3


def test_serving_it_again(tmp_path: Path, seed: Path, start: Callable[..., Server]) -> None:
    """A server that is started again with its seed leaves what has been changed, and says so."""
    database = str(tmp_path / "a.db")
    token = package.load(seed).organizations[0].tokens[0].value
    first = start(database, "--seed", seed)
    plain_http.request(
        "PATCH",
        f"{first.url}/v1/customers/external/usr_1",
        headers={"Authorization": f"Bearer {token}"},
        json={"name": "Ada"},
    ).raise_for_status()
    assert first.stop() == 0

    again = start(database, "--seed", seed)

    assert [one["name"] for one in ask(again, token)["items"]] == ["Ada", None]
    assert "2 (2 of them there before)" in told_of(again)


def test_several_seeds(tmp_path: Path, seed: Path, start: Callable[..., Server]) -> None:
    """The option may be given again."""
    other = tmp_path / "other.json"
    other.write_text(OTHER, "utf-8")

    server = start(str(tmp_path / "a.db"), "--seed", seed, "--seed", other)

    token = package.load(other).organizations[0].tokens[0].value
    assert ask(server, token)["pagination"]["total_count"] == 0
    assert told_of(server).index("Acme:") < told_of(server).index("Other:")


def test_seeds_by_a_variable(
    tmp_path: Path, seed: Path, start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable names several with commas; workers start with it too."""
    other = tmp_path / "other.json"
    other.write_text(OTHER, "utf-8")
    monkeypatch.setenv("ICEFLOE_SEED", f"{seed}, {other}")

    server = start(str(tmp_path / "a.db"), "--workers", "2")

    assert told_of(server).index("Acme:") < told_of(server).index("Other:")
    assert ask(server, package.load(seed).organizations[0].tokens[1].value)["items"]


def test_seeds_in_a_file_of_settings(icefloe: Command, tmp_path: Path) -> None:
    """`icefloe.toml` may name seeds, and `icefloe settings` shows them."""
    (tmp_path / "icefloe.toml").write_text('seed = ["a.yaml", "b.json"]', "utf-8")

    assert icefloe("settings", "--json").json["seed"] == {
        "value": ["a.yaml", "b.json"],
        "source": "icefloe.toml",
    }


def test_a_bad_seed(icefloe: Command, tmp_path: Path, seed: Path) -> None:
    """A seed with a mistake is told of in one line, and no database is made."""
    seed.write_text(SEED.replace("external_id", "external-id"), "utf-8")

    told = icefloe("serve", "--seed", seed)

    assert told.mistake == (
        f"{seed}, line 11: organizations.0.customers.0.external-id:"
        " there is no such key; did you mean 'external_id'?"
    )
    assert not (tmp_path / "icefloe.db").exists()


def test_no_seed(icefloe: Command, tmp_path: Path) -> None:
    """A seed that is not there is told of before anything is opened."""
    assert icefloe("serve", "--seed", "none.yaml").mistake == "there is no file none.yaml"
    assert not (tmp_path / "icefloe.db").exists()


def test_a_seed_that_does_not_fit(icefloe: Command, seed: Path, tmp_path: Path) -> None:
    """A slug that another organization has ends the start in one line."""
    icefloe("organizations", "create", "Other", "--slug", "acme")

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = subprocess.run(
        [str(CLI), "serve", "--seed", str(seed), "--port", str(port)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "icefloe: organization 'Acme' of the seed: another one has the slug 'acme'\n"
    )
