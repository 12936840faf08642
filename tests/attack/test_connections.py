"""Connections that are held: idle, silent, or in the middle of a request."""

import re
import shlex
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from attack import raw
from icefloe.assembly import open_services
from icefloe.settings import Settings
from support import CLI, Organization, Server, make_organization_of, new_customer, run, url_in

pytestmark = pytest.mark.processes

IDLE = 600
HALF_SENT = 300
HEALTH = raw.head("GET", "/healthz", {})
HALF_HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\nAccept"


def _half_sent(method: str, path: str, **headers: str) -> bytes:
    """The head of a request and three bytes of its thousand."""
    return raw.head(method, path, {"Content-Length": 1000, **headers}) + b"{  "


def _open_files(server: subprocess.Popen[bytes]) -> int:
    """How many files a process may open: the soft limit."""
    limits = Path(f"/proc/{server.pid}/limits").read_text("ascii")
    (found,) = re.findall(r"Max open files +(\d+)", limits)
    return int(found)


class TestOthers:
    """What becomes of other clients meanwhile."""

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_idle(self, start: Callable[..., Server], workers: str) -> None:
        """Hundreds of idle connections leave others served, and so do as many half-sent requests."""
        server = start("--workers", workers)
        with (
            raw.held(server.url, IDLE, HEALTH) as idle,
            raw.held(server.url, HALF_SENT, _half_sent("POST", "/v1/customers/")),
        ):
            assert all(one.recv(1000).startswith(b"HTTP/1.1 200") for one in idle)
            for _ in range(20):
                assert httpx.get(f"{server.url}/readyz", timeout=raw.PATIENCE_SECONDS).is_success
            for connection in idle[:: IDLE // 20]:
                connection.sendall(HEALTH)
                assert connection.recv(1000).startswith(b"HTTP/1.1 200")

    def test_at_the_limit(
        self, start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A connection more than the server takes waits, and is served once another has closed."""
        monkeypatch.setenv("ICEFLOE_CONNECTIONS", "8")
        server = start()
        with raw.held(server.url, 8, HEALTH) as held:
            assert all(one.recv(1000).startswith(b"HTTP/1.1 200") for one in held)
            with raw.connect(server.url) as waiting:
                waiting.sendall(HEALTH)
                waiting.settimeout(0.5)
                with pytest.raises(TimeoutError):
                    waiting.recv(1000)
                held[0].close()
                waiting.settimeout(raw.PATIENCE_SECONDS)
                assert waiting.recv(1000).startswith(b"HTTP/1.1 200")

    def test_silent_at_the_limit(
        self, start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Silent connections at the limit are closed in time, and then others are served."""
        monkeypatch.setenv("ICEFLOE_CONNECTIONS", "8")
        monkeypatch.setenv("ICEFLOE_HEAD_TIMEOUT", "1")
        server = start("--workers", "2")
        with raw.held(server.url, 64, b""):
            assert httpx.get(f"{server.url}/readyz", timeout=60).is_success


class TestPatience:
    """How long the server waits, here a second; the client is told where it can be."""

    def test_silent(self, impatient: Server) -> None:
        """A connection that never sends a byte is closed."""
        with raw.connect(impatient.url) as connection:
            assert raw.read_to_end(connection) == b""

    def test_idle(self, impatient: Server) -> None:
        """So is one that was answered and asks nothing more."""
        with raw.connect(impatient.url) as connection:
            connection.sendall(HEALTH)
            assert raw.read_to_end(connection).startswith(b"HTTP/1.1 200")

    def test_half_a_head(self, impatient: Server) -> None:
        """So is one whose head stops half-way."""
        with raw.connect(impatient.url) as connection:
            connection.sendall(HALF_HEAD)
            assert raw.read_to_end(connection) == b""

    def test_a_slow_head(self, impatient: Server) -> None:
        """A head that goes on byte by byte has no more time."""
        with raw.connect(impatient.url) as connection:
            connection.sendall(HALF_HEAD)
            ended = threading.Event()
            dripping = threading.Thread(target=_drip, args=(connection, b"a", ended))
            dripping.start()
            try:
                assert _read_until_closed(connection) == b""
            finally:
                ended.set()
                dripping.join()

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("POST", "/v1/customers/", b"408"),
            ("PATCH", "/v1/customers/external/usr_1", b"408"),
            ("DELETE", "/v1/customers/external/usr_1", b"401"),
            ("POST", "/v1/no-such-thing", b"404"),
            ("POST", "/_icefloe/organizations", b"401"),
            ("POST", "/dashboard/sign-in", b"403"),
        ],
    )
    def test_half_a_body(self, impatient: Server, method: str, path: str, status: bytes) -> None:
        """A body that stops half-way gets a 408, or what its head decides; the connection is closed."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        with raw.connect(impatient.url) as connection:
            connection.sendall(_half_sent(method, path, **form))
            assert raw.read_to_end(connection).startswith(b"HTTP/1.1 " + status)

    def test_a_slow_body(self, impatient: Server) -> None:
        """A body that goes on byte by byte has no more time."""
        with raw.connect(impatient.url) as connection:
            connection.sendall(_half_sent("POST", "/v1/customers/"))
            ended = threading.Event()
            dripping = threading.Thread(target=_drip, args=(connection, b" ", ended))
            dripping.start()
            try:
                assert _read_until_closed(connection).startswith(b"HTTP/1.1 408 ")
            finally:
                ended.set()
                dripping.join()

    def test_a_large_body(self, attacked: Organization) -> None:
        """One that goes on faster than the rate may take longer: each part of it gives more time."""
        body = b'{"email": "ada@example.com", "name": "Ada"}' + b" " * 100_000
        headers = {
            "Authorization": f"Bearer {attacked.token()}",
            "Content-Type": "application/json",
            "Content-Length": len(body),
        }
        with raw.connect(attacked.url) as connection:
            connection.sendall(raw.head("POST", "/v1/customers/", headers))
            for start in range(0, len(body), 20_000):
                connection.sendall(body[start : start + 20_000])
                threading.Event().wait(0.4)
            assert connection.recv(1000).startswith(b"HTTP/1.1 201 ")

    @pytest.mark.parametrize(
        ("request_sent", "status"),
        [
            (_half_sent("GET", "/v1/customers/"), b"401"),
            (_half_sent("PUT", "/v1/customers/", **{"Polar-Version": "1999-01"}), b"404"),
            (_half_sent("POST", "/dashboard/no-such-page"), b"303"),
            (
                _half_sent(
                    "POST",
                    "/dashboard/sign-in",
                    **{"Content-Type": "multipart/form-data; boundary=a"},
                )
                + b"--b\r\n",
                b"403",
            ),
        ],
        ids=["read", "version", "page", "form"],
    )
    def test_answered_before_its_end(
        self, impatient: Server, request_sent: bytes, status: bytes
    ) -> None:
        """A connection is also closed whose request is answered before its body has come."""
        with raw.held(impatient.url, 20, request_sent) as connections:
            for connection in connections:
                assert raw.read_to_end(connection).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_unread(
    start: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    """A client that reads nothing of its answer is let go of, however long it stays."""
    monkeypatch.setenv("ICEFLOE_ANSWER_TIMEOUT", "1")
    server = start("--workers", workers)
    services = run(open_services(Settings(database=server.database)))
    organization = make_organization_of(server, services)
    organization.keep(
        *(new_customer(number, metadata={"note": "x" * 400}) for number in range(100))
    )
    headers = {"Authorization": f"Bearer {organization.token()}"}
    asked = raw.head("GET", "/v1/customers/?limit=100", headers)
    try:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.settimeout(raw.PATIENCE_SECONDS)
            client.connect(("127.0.0.1", server.port))
            client.sendall(asked * 8)
            assert client.recv(12) == b"HTTP/1.1 200"
            ours, theirs = client.getsockname(), client.getpeername()
            deadline = time.monotonic() + raw.PATIENCE_SECONDS
            while _is_connected(theirs[1], ours[1]):
                assert time.monotonic() < deadline
                time.sleep(0.1)
    finally:
        run(services.stop())


class TestOpenFiles:
    """How many files a server may open (`ulimit -n`)."""

    def _serve(self, tmp_path: Path, limits: str) -> tuple[subprocess.Popen[bytes], Path]:
        """Start a server under limits that a shell sets first."""
        words = [str(CLI), "serve", "--port", "0", "--database", str(tmp_path / "few.db")]
        log = tmp_path / "log"
        with log.open("wb") as opened:
            process = subprocess.Popen(
                ["/bin/sh", "-c", f"{limits}; exec {shlex.join(words)}"],
                stdout=subprocess.DEVNULL,
                stderr=opened,
            )
        return process, log

    def test_raised(self, tmp_path: Path) -> None:
        """The soft limit is raised to the hard one."""
        process, log = self._serve(tmp_path, "ulimit -S -n 200; ulimit -H -n 5000")
        try:
            assert httpx.get(f"{url_in(log)}/readyz").is_success
            assert _open_files(process) == 5000
        finally:
            process.kill()
            process.wait(20)

    def test_few(self, tmp_path: Path) -> None:
        """Where few are allowed, it says so, takes fewer connections, and has files left."""
        process, log = self._serve(tmp_path, "ulimit -n 200")
        try:
            url = url_in(log)
            said = '"event":"connections limited","connections":100,"open_files":200'
            assert said in log.read_text("utf-8")
            with raw.held(url, 100, HEALTH) as held:
                assert all(one.recv(1000).startswith(b"HTTP/1.1 200") for one in held)
                held[0].sendall(raw.head("GET", "/readyz", {}))
                assert held[0].recv(1000).startswith(b"HTTP/1.1 200")
        finally:
            process.kill()
            process.wait(20)


def _is_connected(port: int, other: int) -> bool:
    """Whether the kernel has an end of a connection on one port whose other end is on another."""
    lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    ends = [line.split()[1:3] for line in lines]
    return any(
        near.endswith(f":{port:04X}") and far.endswith(f":{other:04X}") for near, far in ends
    )


def _drip(connection: socket.socket, byte: bytes, ended: threading.Event) -> None:
    """Send a byte ten times a second, until that ends or the connection does."""
    try:
        while not ended.wait(0.1):
            connection.sendall(byte)
    except OSError:
        return


def _read_until_closed(connection: socket.socket) -> bytes:
    """What comes until the server closes the connection, also where it does not read to the end."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)
