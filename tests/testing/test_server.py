"""`icefloe.testing.stand_in`, `start` and `connect`: the server of a test run."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

import plain_http
from icefloe.testing import NotStarted, Server, StandInError, connect, stand_in, start

pytestmark = pytest.mark.processes


def test_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in answers for as long as its block lasts, and has gone after it."""
    monkeypatch.delenv("ICEFLOE_URL", raising=False)
    with stand_in() as server:
        organization = server.new_organization()
        assert organization.customers.create().email
        assert plain_http.get(f"{server.base_url}/readyz").status_code == 200
    with pytest.raises(StandInError, match="does not answer"):
        organization.customers.create()


def test_nothing_is_left(tmp_path: Path) -> None:
    """A server that was stopped leaves no file behind."""
    server = start(environment={"TMPDIR": str(tmp_path)})
    server.new_organization().customers.create()
    server.stop()
    assert list(tmp_path.iterdir()) == []


def test_it_ends_with_its_process(tmp_path: Path) -> None:
    """A server ends with the process that started it, though that is killed."""
    program = (
        "import os, signal\n"
        "from icefloe.testing import start\n"
        "server = start()\n"
        "server.new_organization().customers.create()\n"
        "print(server.base_url, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    url = done.stdout.strip()
    assert url.startswith("http://127.0.0.1:"), done.stderr
    # The test waits until it has ended: its time limit is the runner's.
    while list(tmp_path.iterdir()):
        time.sleep(0.02)
    with pytest.raises(httpx.ConnectError):
        plain_http.get(url)


def test_settings_of_a_developer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where a developer's own server keeps its data does not matter to a stand-in; rules do."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "icefloe.toml").write_text('database = "mine.db"\nport = 1\n', "utf-8")
    monkeypatch.setenv("ICEFLOE_DATABASE", str(tmp_path / "mine.db"))
    monkeypatch.setenv("ICEFLOE_PORT", "1")
    monkeypatch.setenv("ICEFLOE_WORKERS", "4")
    monkeypatch.setenv("ICEFLOE_EMAIL_CHECK", "any-domain")
    server = start()
    try:
        made = server.new_organization().customers.create(email="ada@example.test")
        assert made.email == "ada@example.test"
    finally:
        server.stop()
    assert not (tmp_path / "mine.db").exists()


def test_not_started() -> None:
    """Where a server cannot start, the error has its command and its own words."""
    with pytest.raises(NotStarted) as caught:
        start("--no-such-option")
    assert "icefloe serve --temporary --control" in str(caught.value)
    assert "No such option" in str(caught.value)


def test_connect(icefloe_server: Server) -> None:
    """A server that runs already is used with its key, and runs on after it was used."""
    connected = connect(icefloe_server.base_url + "/", icefloe_server.control_key)
    with connected.new_organization(name="Elsewhere") as organization:
        assert organization.slug.startswith("elsewhere-")
    connected.stop()
    assert connected.log == ""
    with icefloe_server.new_organization():
        pass
    assert '"listening"' in icefloe_server.log


@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        ("ftp://127.0.0.1", "key", "is no server's URL"),
        ("127.0.0.1:8000", "key", "is no server's URL"),
        ("http://127.0.0.1:8000/v1", "key", "is no server's URL"),
        ("http://127.0.0.1:9", "key", "127.0.0.1:9 does not answer"),
    ],
)
def test_connect_to_nothing(url: str, key: str, words: str) -> None:
    """A URL that leads nowhere is told."""
    with pytest.raises(StandInError, match=words):
        connect(url, key)


def test_connect_with_a_wrong_key(icefloe_server: Server) -> None:
    """A key that the server does not take is told, with where the right one is."""
    with pytest.raises(StandInError, match="ICEFLOE_CONTROL_KEY"):
        connect(icefloe_server.base_url, "wrong")


def test_stand_in_elsewhere(icefloe_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """ICEFLOE_URL and ICEFLOE_CONTROL_KEY have a server that runs already be the stand-in."""
    monkeypatch.setenv("ICEFLOE_URL", icefloe_server.base_url)
    with pytest.raises(StandInError, match="ICEFLOE_CONTROL_KEY"), stand_in():
        pass
    monkeypatch.setenv("ICEFLOE_CONTROL_KEY", icefloe_server.control_key)
    with stand_in() as server:
        assert server.base_url == icefloe_server.base_url
    with icefloe_server.new_organization():
        pass
