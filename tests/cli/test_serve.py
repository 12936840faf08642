"""`icefloe serve`: how it starts, what it notes, and how it stops."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import httpx
import pytest

import plain_http
from icefloe.assembly import open_services
from icefloe.settings import Settings
from support import (
    CLI,
    Command,
    Organization,
    Server,
    make_organization_of,
    new_customer,
    run,
    serving,
    start_server,
    url_in,
)

pytestmark = pytest.mark.processes

SECONDS = 120.0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers, and sees to it that none outlives its test."""
    started: list[Server] = []

    def start(*flags: str) -> Server:
        log = tmp_path / f"{len(started)}.log"
        started.append(start_server(str(tmp_path / "icefloe.db"), log, *flags))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait(SECONDS)


@pytest.fixture
def organization_on(tmp_path: Path) -> Iterator[Callable[[Server], Organization]]:
    """Makes an organization on a server."""
    services = run(open_services(Settings(database=str(tmp_path / "icefloe.db"))))
    yield lambda server: make_organization_of(server, services)
    run(services.stop())


def stop(server: Server, signal_number: int = signal.SIGTERM) -> int:
    """Stop a server by a signal; gives its exit status."""
    server.process.send_signal(signal_number)
    return server.process.wait(SECONDS)


class TestMistakes:
    """What keeps a server from starting is one line."""

    def test_a_port_that_is_taken(self, icefloe: Command) -> None:
        """A port that another program has is told, with what to do."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])

            mistake = icefloe("serve", "--port", port).mistake

        assert mistake.startswith(f"cannot listen on 127.0.0.1:{port} (")
        assert mistake.endswith("choose another with --port")

    @pytest.mark.parametrize(
        ("flags", "mistake"),
        [
            (["--host", "nowhere.invalid"], "nowhere.invalid"),
            (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
            (["--port", "-1"], "port (from --port)"),
            (["--port", "99999"], "port (from --port)"),
            (["--port", "http"], "--port"),
            (["--workers", "0"], "workers (from --workers)"),
            (["--log-format", "xml"], "log_format (from --log-format)"),
            (
                ["--rate-limit", "fast"],
                "rate_limit (from --rate-limit): 'fast' is no rate limit; use",
            ),
            (
                ["--database", "mysql://localhost/x"],
                "mysql:// databases are not supported",
            ),
            (["--database", ":memory:"], "needs a file"),
        ],
    )
    @pytest.mark.parametrize("workers", [[], ["--workers", "2"]])
    def test_settings(
        self, icefloe: Command, flags: list[str], mistake: str, workers: list[str]
    ) -> None:
        """A setting that cannot be used is told, whatever the number of workers."""
        assert mistake in icefloe("serve", *workers, *flags).mistake

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_a_file_that_is_no_database(
        self, icefloe: Command, tmp_path: Path, workers: str
    ) -> None:
        """A file that is no database is told, and left as it is."""
        file = tmp_path / "letter.txt"
        file.write_text("Dear Ann,\n" * 1000)

        told = icefloe("serve", "--port", _free_port(), "--database", file, "--workers", workers)

        assert "damaged, or no database" in told.mistake
        assert file.read_text() == "Dear Ann,\n" * 1000

    def test_a_folder(self, icefloe: Command, tmp_path: Path) -> None:
        """A folder is no database."""
        told = icefloe("serve", "--port", _free_port(), "--database", tmp_path)

        assert "cannot be used" in told.mistake

    def test_another_process(self, icefloe: Command, tmp_path: Path) -> None:
        """The program itself ends with status 2, one line and no traceback."""
        (tmp_path / "icefloe.db").write_text("nonsense " * 1000)

        done = subprocess.run(
            [str(CLI), "serve", "--port", _free_port()],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

        assert icefloe("organizations", "list").status == 2
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1


def _free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


class TestStop:
    """It is stopped as any program is."""

    @pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
    @pytest.mark.parametrize("flags", [[], ["--workers", "2"]])
    def test_by_a_signal(
        self, start: Callable[..., Server], signal_number: int, flags: list[str], tmp_path: Path
    ) -> None:
        """It ends with status 0, without a traceback, and lets go of its database."""
        server = start(*flags)

        assert stop(server, signal_number) == 0

        assert "Traceback" not in server.log.read_text("utf-8")
        assert not (tmp_path / "icefloe.db-wal").exists()
        with socket.socket() as trial:
            assert trial.connect_ex(("127.0.0.1", server.port)) != 0

    def test_with_clients_connected(
        self, start: Callable[..., Server], organization_on: Callable[[Server], Organization]
    ) -> None:
        """A client that stays connected does not keep it from ending."""
        server = start()
        organization = organization_on(server)
        with socket.create_connection(("127.0.0.1", server.port), SECONDS) as idle:
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert idle.recv(1000).startswith(b"HTTP/1.1 200")
            assert organization.get("/v1/customers/").status_code == 200

            assert stop(server) == 0

    def test_and_start_again(
        self, start: Callable[..., Server], organization_on: Callable[[Server], Organization]
    ) -> None:
        """Started again, it has the same customers and knows the same tokens."""
        first = start()
        organization = organization_on(first)
        organization.keep(new_customer(1))
        assert organization.get("/v1/customers/").json()["pagination"]["total_count"] == 1
        stop(first)

        organization.url = start().url

        assert organization.get("/v1/customers/").json()["pagination"]["total_count"] == 1


class TestLog:
    """What it notes."""

    def requests(
        self,
        start: Callable[..., Server],
        organization_on: Callable[[Server], Organization],
        form: str,
    ) -> tuple[str, str]:
        """The log of some requests, and the organization they were made for."""
        server = start("--log-format", form)
        organization = organization_on(server)
        organization.keep(
            new_customer(1, email="secret.person@example.com", external_id="secret-id")
        )
        organization.get("/v1/customers/?email=secret.person@example.com&query=secret-query")
        organization.get("/v1/customers/external/secret-id")
        organization.get(f"/v1/customers/{UUID(int=0)}")
        organization.get("/v1/secret-path", token=None)
        organization.get("/v1/customers/", token="secret-token")  # noqa: S106 - not one
        organization.get("/v1/customers/", headers={"Polar-Version": "secret-version"})
        organization.request("POST", "/v1/customers/", content=b'{"email": "secret@body.com"}')
        assert stop(server) == 0
        text = server.log.read_text("utf-8")
        assert "secret" not in text
        assert "polar_oat_" not in text
        return text, str(organization.id)

    def test_for_programs(
        self, start: Callable[..., Server], organization_on: Callable[[Server], Organization]
    ) -> None:
        """A line for each request, as JSON: what was asked by its route, never what is personal."""
        text, organization_id = self.requests(start, organization_on, "json")

        lines = [json.loads(line) for line in text.splitlines()]
        asked = [line for line in lines if line["event"] == "request"]
        assert [list(line) for line in asked] == [
            ["time", "event", "method", "route", "status", "milliseconds", "organization"]
        ] * 7
        assert [(one["method"], one["route"], one["status"]) for one in asked[:6]] == [
            ("GET", "/v1/customers/", 200),
            ("GET", "/v1/customers/external/{external_id}", 200),
            ("GET", "/v1/customers/{id}", 422),
            ("GET", "-", 404),
            ("GET", "-", 401),
            ("GET", "-", 404),
        ]
        assert [one["organization"] for one in asked[:5]] == [organization_id] * 3 + [None] * 2
        assert all(one["milliseconds"] >= 0 for one in asked)
        assert (lines[0]["event"], lines[-1]["event"]) == ("listening", "stopped")
        assert lines[0]["url"].startswith("http://127.0.0.1:")

    def test_for_people(
        self, start: Callable[..., Server], organization_on: Callable[[Server], Organization]
    ) -> None:
        """The same as text, without colours where that is no terminal."""
        text, organization_id = self.requests(start, organization_on, "text")

        assert "\x1b" not in text
        assert re.search(
            rf"^\S+Z 200 GET +/v1/customers/ \d+\.\d ms {organization_id}$", text, re.MULTILINE
        )
        assert re.search(r"^\S+Z 401 GET +- \d+\.\d ms -$", text, re.MULTILINE)

    def test_elsewhere_than_a_terminal(self, start: Callable[..., Server]) -> None:
        """Unless told otherwise, it writes JSON where that is no terminal."""
        server = start()
        stop(server)

        assert [json.loads(line)["event"] for line in server.log.read_text().splitlines()] == [
            "listening",
            "stopped",
        ]


class TestTokens:
    """Tokens while it serves."""

    @pytest.mark.parametrize("flags", [[], ["--workers", "2"]])
    def test_revoked_by_another_process(
        self,
        start: Callable[..., Server],
        organization_on: Callable[[Server], Organization],
        icefloe: Command,
        flags: list[str],
    ) -> None:
        """A token that another process makes is good at once, and once revoked refused by all."""
        server = start(*flags)
        organization = organization_on(server)
        words = ["tokens", "create", "--organization", str(organization.id), "--name", "t"]
        made = icefloe(*words, "--scope", "customers:read", "--json").json

        def ask(_: int) -> int:
            return organization.get("/v1/customers/", token=made["token"]).status_code

        with ThreadPoolExecutor(8) as pool:
            before = set(pool.map(ask, range(40)))
            icefloe("tokens", "revoke", made["id"])
            after = set(pool.map(ask, range(40)))

        assert (before, after) == ({200}, {401})

    def test_last_use(
        self,
        start: Callable[..., Server],
        organization_on: Callable[[Server], Organization],
        icefloe: Command,
    ) -> None:
        """When a token was last used is kept when the server stops, at the latest."""
        server = start()
        organization = organization_on(server)
        assert organization.get("/v1/customers/").status_code == 200
        stop(server)

        (token,) = icefloe("tokens", "list", "--json").json
        assert token["last_used_at"] is not None


class TestWorkers:
    """Several processes that answer."""

    def test_all_answer(
        self, start: Callable[..., Server], organization_on: Callable[[Server], Organization]
    ) -> None:
        """Several processes share the port and the database: what one keeps, all show."""
        server = start("--workers", "2", "--log-format", "json")
        organization = organization_on(server)

        def ask(_: int) -> int:
            answer = organization.get("/v1/customers/")
            total: int = answer.json()["pagination"]["total_count"]
            return total

        with ThreadPoolExecutor(8) as pool:
            for total in range(3):
                assert set(pool.map(ask, range(24))) == {total}
                organization.keep(new_customer(total))
        assert stop(server) == 0
        lines = [json.loads(line) for line in server.log.read_text("utf-8").splitlines()]
        assert len([line for line in lines if line["event"] == "request"]) == 72

    def test_settings_reach_them(
        self,
        start: Callable[..., Server],
        organization_on: Callable[[Server], Organization],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """What is set for the program is set for each process, the secret too."""
        monkeypatch.setenv("ICEFLOE_SECRET", "a secret of the test, long enough")
        monkeypatch.setenv("ICEFLOE_CREDENTIAL_ORIGINS", "http://own.example")
        server = start("--workers", "2", "--log-format", "text")
        organization = organization_on(server)
        organization.services.tokens._secret = b"a secret of the test, long enough"

        answer = organization.get("/v1/customers/", headers={"Origin": "http://own.example"})

        assert answer.status_code == 200
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert stop(server) == 0
        assert " GET " in server.log.read_text("utf-8")


def test_first_start(icefloe: Command, tmp_path: Path) -> None:
    """In an empty folder it makes its database and its secret, and answers."""
    started = start_server(str(tmp_path / "new" / "data.db"), tmp_path / "log")
    try:
        assert icefloe("organizations", "list", "--database", started.database).status == 0
        deadline = time.monotonic() + SECONDS
        while not (tmp_path / "new" / "data.db.secret").exists():
            assert time.monotonic() < deadline
        with socket.create_connection(("127.0.0.1", started.port), SECONDS) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    finally:
        assert started.stop() == 0


def is_answered(url: str) -> bool:
    """Whether a server answers there that its database is ready; no other answer will do."""
    try:
        return plain_http.get(f"{url}/readyz").text == '{"status":"ok"}'
    except httpx.TransportError:
        return False


class TestAnyPort:
    """Port 0 is any that is free."""

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_listens_where_its_log_says(self, tmp_path: Path, workers: str) -> None:
        """As soon as the log says where it listens, it answers there."""
        with serving(tmp_path / "log", "--temporary", "--workers", workers) as (process, url):
            assert is_answered(url)
            process.terminate()
            assert process.wait(SECONDS) == 0

    def test_several_at_once(self, tmp_path: Path) -> None:
        """Servers that are started together have each a port of their own."""
        with contextlib.ExitStack() as running:
            urls = {
                running.enter_context(serving(tmp_path / f"{one}.log", "--temporary"))[1]
                for one in range(3)
            }
            assert len(urls) == 3
            assert all(map(is_answered, urls))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_name(tmp_path: Path, workers: str) -> None:
    """A host's name stands for its address."""
    flags = ("--host", "localhost", "--temporary", "--workers", workers)
    with serving(tmp_path / "log", *flags) as (_, url):
        assert url.startswith("http://127.0.0.1:")
        assert plain_http.get(f"{url}/readyz").status_code == 200


class TestTemporary:
    """A database for as long as the server runs."""

    @pytest.mark.parametrize("workers", ["1", "2"])
    @pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
    def test_nothing_is_left(
        self, temporary: Path, tmp_path: Path, workers: str, signal_number: int
    ) -> None:
        """All processes share one folder, that only its user may enter, and it goes with them."""
        with serving(tmp_path / "log", "--temporary", "--workers", workers) as (process, url):
            assert is_answered(url)
            (folder,) = temporary.iterdir()
            assert folder.stat().st_mode & 0o777 == 0o700
            assert {"icefloe.db", "icefloe.db.secret"} <= {one.name for one in folder.iterdir()}

            process.send_signal(signal_number)

            assert process.wait(SECONDS) == 0
        assert list(temporary.iterdir()) == []

    def test_killed(self, temporary: Path, tmp_path: Path) -> None:
        """Killed, it leaves the folder where temporary things lie, and starts again beside it."""
        for _ in range(2):
            with serving(tmp_path / "log", "--temporary") as (_, url):
                assert is_answered(url)

        assert len(list(temporary.iterdir())) == 2

    def test_a_client_that_never_ends(self, temporary: Path, tmp_path: Path) -> None:
        """Also where it cannot wait for a client to end its request, nothing is left."""
        with serving(tmp_path / "log", "--temporary") as (process, url):
            port = int(url.rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port), SECONDS) as client:
                client.sendall(
                    b"POST /v1/customers/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
                )
                assert is_answered(url)
                process.terminate()
                assert process.wait(SECONDS) == 0
        assert list(temporary.iterdir()) == []

    def test_its_terminal_is_closed(self, temporary: Path, tmp_path: Path) -> None:
        """Also where its terminal is closed, nothing is left."""
        with serving(tmp_path / "log", "--temporary") as (process, url):
            assert is_answered(url)

            process.send_signal(signal.SIGHUP)

            assert process.wait(SECONDS) == 0
        assert list(temporary.iterdir()) == []

    def test_it_outlives_its_terminal(self, tmp_path: Path) -> None:
        """Where SIGHUP is ignored, as `nohup` has it, it goes on."""
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            with serving(tmp_path / "log", "--temporary") as (process, url):
                process.send_signal(signal.SIGHUP)

                assert is_answered(url)
                process.terminate()
                assert process.wait(SECONDS) == 0
        finally:
            signal.signal(signal.SIGHUP, before)

    @pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGHUP])
    def test_ended_while_it_starts(self, temporary: Path, signal_number: int) -> None:
        """Also where it is stopped before it serves, nothing is left."""
        process = subprocess.Popen(
            [str(CLI), "serve", "--temporary", "--port", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + SECONDS
        while not any(temporary.glob("icefloe-*")):
            assert time.monotonic() < deadline
        process.send_signal(signal_number)

        assert process.wait(SECONDS) in {0, -signal_number}
        assert list(temporary.glob("icefloe-*")) == []

    def test_a_mistake(self, icefloe: Command, temporary: Path) -> None:
        """Where something else keeps it from starting, nothing is left."""
        told = icefloe("serve", "--temporary", "--port", "0", "--read-database", "postgresql://x")

        assert "standbys" in told.mistake
        assert list(temporary.iterdir()) == []

    @pytest.mark.parametrize(
        ("flags", "variables", "mistake"),
        [
            (["--temporary", "--database", "x.db"], {}, ("--database", "--temporary")),
            (
                [],
                {"ICEFLOE_TEMPORARY": "1", "ICEFLOE_DATABASE": "x.db"},
                ("ICEFLOE_DATABASE", "ICEFLOE_TEMPORARY"),
            ),
        ],
    )
    def test_and_a_database(
        self,
        icefloe: Command,
        monkeypatch: pytest.MonkeyPatch,
        flags: list[str],
        variables: dict[str, str],
        mistake: tuple[str, str],
    ) -> None:
        """A database and a temporary one, both set in the same place, are a mistake that names both."""
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

        told = icefloe("serve", "--port", "0", *flags).mistake

        assert told == (
            f"a database is set (by {mistake[0]}), and a temporary one is wanted"
            f" (by {mistake[1]}): leave out one of them"
        )

    def test_comes_before_a_variable(
        self, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On the command line it counts more than a database in a variable."""
        monkeypatch.setenv("ICEFLOE_DATABASE", str(tmp_path / "lasting.db"))
        with serving(tmp_path / "log", "--temporary") as (_, url):
            assert is_answered(url)
            assert len(list(temporary.iterdir())) == 1
        assert not (tmp_path / "lasting.db").exists()

    def test_comes_after_a_flag(
        self, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In a variable it counts less than a database on the command line."""
        monkeypatch.setenv("ICEFLOE_TEMPORARY", "true")
        lasting = tmp_path / "lasting.db"
        with serving(tmp_path / "log", "--database", str(lasting)) as (_, url):
            assert is_answered(url)
        assert lasting.exists()
        assert list(temporary.iterdir()) == []


class TestWithParent:
    """A server that does not outlive what started it."""

    _PARENT = """
import subprocess, sys, time
with open(sys.argv[1], "wb") as log:
    server = subprocess.Popen(sys.argv[2:], stdout=log, stderr=log)
print(server.pid, flush=True)
time.sleep(1000)
"""

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_stops(self, tmp_path: Path, temporary: Path, workers: str) -> None:
        """It stops, and cleanly, once the program that started it was killed."""
        log = tmp_path / "log"
        words = [str(CLI), "serve", "--with-parent", "--temporary", "--port", "0"]
        with subprocess.Popen(
            [sys.executable, "-c", self._PARENT, str(log), *words, "--workers", workers],
            stdout=subprocess.PIPE,
        ) as parent:
            assert parent.stdout is not None
            server = int(parent.stdout.readline())
            try:
                assert is_answered(url_in(log))
                parent.kill()
                deadline = time.monotonic() + SECONDS
                while any(temporary.iterdir()) or "stopped" not in log.read_text("utf-8"):
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
            except BaseException:
                os.kill(server, signal.SIGKILL)
                raise

    def test_goes_on(self, tmp_path: Path) -> None:
        """Without the option it goes on."""
        log = tmp_path / "log"
        words = [str(CLI), "serve", "--temporary", "--port", "0"]
        with subprocess.Popen(
            [sys.executable, "-c", self._PARENT, str(log), *words], stdout=subprocess.PIPE
        ) as parent:
            assert parent.stdout is not None
            server = int(parent.stdout.readline())
            try:
                url = url_in(log)
                parent.kill()
                parent.wait(SECONDS)
                time.sleep(1.5)  # three times as long as the other takes to see it
                assert is_answered(url)
            finally:
                os.kill(server, signal.SIGTERM)
