"""`icefloe listen`: webhooks are printed and forwarded as they happen."""

import base64
import contextlib
import hashlib
import hmac
import json
import queue
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from icefloe.services import Services
from support import (
    CLI,
    PATIENCE,
    Organization,
    Server,
    make_organization_of,
    run,
    run_here,
    serving,
)

pytestmark = pytest.mark.processes

CUSTOMERS = "/v1/customers/"
CREATED = ["member.created", "customer.created", "customer.state_changed"]
NOBODY = "1dbfc517-0bbf-4301-9ba8-555ca42b9737"
SCOPES = ("customers:write", "organizations:read")


class Receiver(ThreadingHTTPServer):
    """An application under development: it notes what it is sent, and answers as the path says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, status: int = 202) -> str:
        """Where it answers with a status."""
        return f"http://127.0.0.1:{self.server_port}/{status}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.put(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(int(self.path.removeprefix("/")))
        self.send_header("Location", "/204")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Listening:
    """A running `icefloe listen`, read line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._out, self._err = _Lines(process.stdout), _Lines(process.stderr)

    def out(self) -> str:
        """The next line that it prints."""
        return self._out.next()

    def err(self) -> str:
        """The next line that it tells beside that."""
        return self._err.next()

    def interrupt(self) -> int:
        """End it as a user does; returns its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """End it, if it has not ended."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self._out.thread.join()
        self._err.thread.join()


class _Lines:
    """A stream's lines, read on a thread: a test waits for each only so long."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._lines: queue.Queue[str] = queue.Queue()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        with self._stream:
            for line in self._stream:
                self._lines.put(line.rstrip("\n"))

    def next(self) -> str:
        """The next line."""
        return self._lines.get(timeout=PATIENCE)


@contextlib.contextmanager
def running(*words: str) -> Iterator[Listening]:
    """The command, as a user runs it."""
    started = Listening(
        subprocess.Popen(
            [str(CLI), "listen", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
    )
    try:
        yield started
    finally:
        started.close()


@contextlib.contextmanager
def listening(organization: Organization, *words: str) -> Iterator[Listening]:
    """The command, once it listens to an organization."""
    token = organization.token(*SCOPES)
    with running("--url", organization.url, "--token", token, *words) as started:
        assert started.err() == f"Listening. The webhooks' secret: {organization.id.hex}"
        yield started


@pytest.fixture
def organization(server: Server, services: Services) -> Organization:
    """An organization without customers on the server that all tests share."""
    return make_organization_of(server, services)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An application under development."""
    started = Receiver()
    yield started
    started.shutdown()
    started.server_close()


def create(organization: Organization, email: str = "ada@example.com", **values: Any) -> Any:
    """A new customer."""
    body = {"email": email, **values}
    answer = organization.request("POST", CUSTOMERS, body=body, token=organization.token(*SCOPES))
    assert answer.status_code == 201, answer.text
    return answer.json()


class TestForward:
    """Webhooks that are forwarded."""

    def test_as_it_came(self, organization: Organization, receiver: Receiver) -> None:
        """The application gets body and headers byte for byte, signed with the secret that is told."""
        with listening(organization, "--forward", receiver.url()):
            made = create(organization, name="Zoë\u2028 & Co")
            bodies = [receiver.received.get(timeout=PATIENCE) for _ in CREATED]

        assert [json.loads(body)["type"] for _, body in bodies] == CREATED
        headers, body = bodies[1]
        assert json.loads(body)["data"] == made
        assert headers["user-agent"] == "polar.sh webhooks"
        assert headers["content-type"] == "application/json"
        message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = hmac.new(organization.id.hex.encode(), message, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()

    @pytest.mark.parametrize("status", [204, 301, 500])
    def test_line(self, organization: Organization, receiver: Receiver, status: int) -> None:
        """Each webhook is a line: time, type, what it is about, the application's answer, duration."""
        with listening(organization, "--forward", receiver.url(status)) as listener:
            made = create(organization)
            _, line, _ = (listener.out() for _ in CREATED)

        time, kind, subject, answer, duration, unit = line.split()
        assert len(time) == len("12:00:00")
        assert (kind, subject, answer) == ("customer.created", made["id"], str(status))
        assert (duration.isdecimal(), unit) == (True, "ms")

    def test_not_there(self, organization: Organization, receiver: Receiver) -> None:
        """While the application is not there that is told of each webhook; later ones reach it."""
        receiver.shutdown()
        receiver.server_close()
        with listening(organization, "--forward", receiver.url()) as listener:
            create(organization)
            assert all("refused" in listener.out() for _ in CREATED)


class TestListen:
    """What is printed."""

    def test_without_forward(self, organization: Organization) -> None:
        """Unless they are forwarded, webhooks are printed alone."""
        with listening(organization) as listener:
            made = create(organization)
            lines = [listener.out().split() for _ in CREATED]

        assert [line[1] for line in lines] == CREATED
        assert lines[1][2:] == [made["id"]]

    def test_for_programs(self, organization: Organization, receiver: Receiver) -> None:
        """With `--json` each is an object on a line, with all that was sent and what came of it."""
        with listening(organization, "--forward", receiver.url(), "--json") as listener:
            made = create(organization)
            _, told, _ = (json.loads(listener.out()) for _ in CREATED)

        assert list(told) == [
            "time", "id", "type", "subject", "headers", "body", "http_code", "error",
            "milliseconds",
        ]  # fmt: skip
        assert (told["type"], told["subject"]) == ("customer.created", made["id"])
        assert told["headers"]["webhook-id"] == told["id"]
        assert json.loads(told["body"])["data"] == made
        assert (told["http_code"], told["error"]) == (202, None)

    def test_some_types(self, organization: Organization, receiver: Receiver) -> None:
        """Only the types that are named are printed and forwarded."""
        kinds = ["--events", "customer.created", "--events", "customer.state_changed"]
        with listening(organization, "--forward", receiver.url(), *kinds) as listener:
            create(organization)
            assert [listener.out().split()[1] for _ in range(2)] == CREATED[1:]

        assert receiver.received.qsize() == 2

    def test_organization_named(self, organization: Organization) -> None:
        """A token that may not read organizations listens to the one that is named."""
        token = organization.token("customers:write")
        words = ["--url", organization.url, "--token", token]
        with running(*words, "--organization", str(organization.id)) as started:
            assert started.err().startswith("Listening.")

    def test_interrupted(self, organization: Organization) -> None:
        """Ctrl-C is the usual end: no error, nothing more is printed."""
        with listening(organization) as listener:
            assert listener.interrupt() == 0

    def test_server_restarted(self, tmp_path: Path) -> None:
        """A server that comes back is listened to again."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        flags = ["--port", port, "--database", str(tmp_path / "data.db")]
        made, token = _prepare(tmp_path)
        with contextlib.ExitStack() as held:
            with serving(tmp_path / "first.log", *flags) as (process, url):
                words = ["--url", url, "--token", token, "--organization", made]
                started = held.enter_context(running(*words))
                assert started.err().startswith("Listening.")
                process.terminate()
                assert process.wait(PATIENCE) == 0
            assert "trying again in 0.5 s" in started.err()
            with serving(tmp_path / "second.log", *flags):
                while "trying again" in (said := started.err()):
                    pass
                assert said.startswith("Listening.")

    def test_revoked(self, organization: Organization, services: Services) -> None:
        """A token that is revoked meanwhile ends it, with a line that says why."""
        made, shown = run(services.tokens.create(organization.id, "mine", ["webhooks:read"]))
        words = ["--url", organization.url, "--token", shown]
        with running(*words, "--organization", str(organization.id)) as started:
            assert started.err().startswith("Listening.")
            run(services.tokens.revoke(made.id))
            create(organization)  # the stream looks at the token before it tells this

            assert "has ended the stream" in started.err()
            said = started.err()
            assert said == f"icefloe: {organization.url} does not know the token, or no longer"
            assert started.process.wait(PATIENCE) == 2


def _prepare(folder: Path) -> tuple[str, str]:
    """An organization and a token of it, in a database of their own."""
    database = ["--database", str(folder / "data.db")]
    made = run_here("organizations", "create", "Tests", "--json", *database).json["id"]
    words = ["--organization", made, "--name", "mine", "--scope", "webhooks:read"]
    return made, run_here("tokens", "create", *words, *database).out.strip()


class TestMistakes:
    """What a user may get wrong: each is one line."""

    def told(self, *words: str) -> str:
        """The line that is told."""
        return run_here("listen", *words, check=False).mistake

    def test_no_token(self) -> None:
        """A token is needed."""
        assert "Missing option '--token'" in self.told()

    def test_token_in_environment(
        self, organization: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The token may be in the environment, where no list of processes shows it."""
        monkeypatch.setenv("ICEFLOE_TOKEN", "polar_oat_unknown")
        said = self.told("--url", organization.url)
        assert said == f"{organization.url} does not know the token, or no longer"

    @pytest.mark.parametrize("flags", [[], ["--organization", NOBODY]])
    def test_unknown_token(self, organization: Organization, flags: list[str]) -> None:
        """A token that the server does not know is refused."""
        said = self.told("--url", organization.url, "--token", "polar_oat_unknown", *flags)
        assert said == f"{organization.url} does not know the token, or no longer"

    def test_anothers(self, organization: Organization) -> None:
        """Another organization than the token's cannot be listened to."""
        words = ["--url", organization.url, "--token", organization.token()]
        said = self.told(*words, "--organization", str(uuid4()))
        assert said == f"the token is no token of that organization at {organization.url}"

    def test_no_organization(self, organization: Organization) -> None:
        """Whose token it is must be given where the token may not ask."""
        said = self.told("--url", organization.url, "--token", organization.token("members:read"))
        assert "give --organization, or a token with the scope organizations:read" in said

    def test_no_server(self) -> None:
        """A server that is not there is told."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            words = ["--url", url, "--token", "polar_oat_x", "--organization", str(uuid4())]
            assert self.told(*words).startswith(f"cannot read from {url}: ")
            assert self.told(*words[:4]).startswith(f"cannot read from {url}: ")

    @pytest.mark.parametrize(
        ("words", "mistake"),
        [
            (["--url", "localhost:8000"], "'localhost:8000' is not a URL such as https://"),
            (["--url", "http://[::1"], "is not a URL"),
            (["--token", "with space"], "that is not a token"),
            (["--forward", "localhost:3000"], "is not a URL such as http://localhost:3000/api"),
            (["--forward", "http://[::1"], "is not a URL"),
            (["--events", "custmer.created"], "did you mean 'customer.created'?"),
            (["--organization", "mine"], "organization 'mine' is not a UUID"),
        ],
    )
    def test_words(self, words: list[str], mistake: str) -> None:
        """A value that cannot be used is told before anything is asked."""
        assert mistake in self.told("--token", "polar_oat_x", *words)
