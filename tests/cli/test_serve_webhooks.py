"""`icefloe serve --webhook`: endpoints that are there before the server listens."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import icefloe as package
import plain_http
import webhook_signatures
from receiving import Receiver, receiving
from support import Command, Server, start_server

pytestmark = pytest.mark.processes

SEED = "organizations: [{name: Acme, seed: 7, tokens: [{name: tests}]}]"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiving() as running:
        yield running


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers on one database in the test's folder, and ends them."""
    started: list[Server] = []

    def start(*flags: str | Path) -> Server:
        log = tmp_path / f"{len(started)}.log"
        started.append(start_server(str(tmp_path / "icefloe.db"), log, *map(str, flags)))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.wait(120)


def create(server: Server, token: str, email: str = "ada@example.com") -> Any:
    """A new customer."""
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{server.url}/v1/customers/"
    made = plain_http.request("POST", url, json={"email": email}, headers=headers)
    assert made.status_code == 201, made.text
    return made.json()


def test_of_a_seed(tmp_path: Path, receiver: Receiver, start: Callable[..., Server]) -> None:
    """The seed's organization sends all that happens, signed with the secret that is printed."""
    seed = tmp_path / "seed.yaml"
    seed.write_text(SEED, "utf-8")
    server = start("--seed", seed, "--webhook", receiver.url("/hook"))
    (acme,) = package.load(seed).organizations

    ada = create(server, acme.tokens[0].value)
    receiver.wait_for(3, "/hook")

    printed = re.search(
        rf"^webhook {receiver.url('/hook')}: secret (\S+)$", server.told, re.MULTILINE
    )
    assert printed is not None, server.told
    for came in receiver.got("/hook"):
        assert webhook_signatures.is_valid(dict(came.headers), came.body, printed[1])
    bodies = [json.loads(came.body) for came in receiver.got("/hook")]
    assert [body["data"]["id"] for body in bodies[1:]] == [ada["id"]] * 2


def test_again(receiver: Receiver, start: Callable[..., Server], icefloe: Command) -> None:
    """An endpoint that is there is used again; without a seed they are of the oldest organization."""
    oldest = icefloe("organizations", "create", "Oldest", "--json").json["id"]
    icefloe("organizations", "create", "Newer")
    words = ("--organization", oldest, "--name", "tests", "--scope", "customers:write", "--json")
    token = icefloe("tokens", "create", *words).json["token"]
    urls = [receiver.url("/one"), receiver.url("/two")]
    first = start("--webhook", urls[0])
    assert first.stop() == 0

    again = start(*[word for url in urls for word in ("--webhook", url)], "--workers", "2")
    create(again, token)
    for path in ("/one", "/two"):
        receiver.wait_for(3, path)

    assert f"webhook {urls[0]}: as before\n" in again.told
    assert f"webhook {urls[1]}: secret whsec_" in again.told
    assert again.stop() == 0
    assert len(receiver.requests) == 6
    assert again.told.count("webhook ") == 2


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (
            ["--temporary", "--webhook", "http://localhost:3000/"],
            (
                "--webhook needs an organization to send from: begin with a --seed, or make one by"
                " `icefloe organizations create`"
            ),
        ),
        (
            ["--webhook", "localhost:3000"],
            (
                "webhook: 'localhost:3000' is not the URL of a webhook handler, such as"
                " http://localhost:3000/webhooks"
            ),
        ),
    ],
)
def test_mistakes(
    icefloe: Command, monkeypatch: pytest.MonkeyPatch, flags: list[str], told: str
) -> None:
    """A webhook that cannot be ends the start in one line."""
    monkeypatch.delenv("ICEFLOE_DATABASE")
    assert icefloe("serve", "--port", "0", *flags).mistake == told


def test_that_must_be_public(icefloe: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """With public webhooks only, this machine is no receiver."""
    icefloe("organizations", "create", "Tests")
    monkeypatch.setenv("ICEFLOE_PUBLIC_WEBHOOKS_ONLY", "true")

    told = icefloe("serve", "--port", "0", "--webhook", "http://localhost:3000/")

    assert told.mistake == "webhook http://localhost:3000/: URL scheme should be 'https'"
