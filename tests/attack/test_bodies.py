"""Bodies of requests: when the head alone decides, and how much memory they take together."""

import select
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from attack import raw
from dashboard import over_http
from icefloe.assembly import open_services
from icefloe.domain.values import limits
from icefloe.settings import Settings
from support import Organization, Server, make_organization_of, new_customer, run

pytestmark = pytest.mark.processes

MEBIBYTE = 1024 * 1024
ROOM = Settings().body_memory
HELD = 40
READERS = 6
_REFUSED_BODY = {"email": "x" * 10_000}
_PART = 64 * 1024  # bytes that a client sends at once


def _head(path: str = "/v1/customers/", method: str = "POST", **headers: str | int) -> bytes:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return raw.head(method, path, {"Content-Type": "application/json", **named})


def _answer_to(url: str, sent: bytes) -> bytes:
    """What is answered to a request of which no more is sent, before the connection is closed."""
    with raw.connect(url) as connection:
        connection.sendall(sent)
        return connection.recv(65_536)


def _memory(server: Server) -> int:
    """How many bytes of memory a server's process takes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


@pytest.fixture
def started(start: Callable[..., Server]) -> Iterator[tuple[Server, Organization]]:
    """A server of the test's own, and an organization of it with a token."""
    server = start()
    services = run(open_services(Settings(database=server.database)))
    organization = make_organization_of(server, services)
    organization.token()
    yield server, organization
    run(services.stop())


def _ask_until(
    organization: Organization, status: int, body: Mapping[str, str] = _REFUSED_BODY
) -> None:
    """Send a body that is refused for what is in it, until the answer has a status.

    That other connections were closed is known to the server a moment later.
    """
    deadline = time.monotonic() + raw.PATIENCE_SECONDS
    while True:
        answer = organization.request("POST", "/v1/customers/", body=body)
        if answer.status_code == status:
            return
        assert time.monotonic() < deadline


class TestHeads:
    """Requests whose head says enough: none of these bodies ever comes."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token, a long body is not waited for."""
        answer = _answer_to(organization.url, _head(Content_Length=5_000_000) + b"{")

        assert answer.startswith(b"HTTP/1.1 401")

    def test_wrong_token(self, organization: Organization) -> None:
        """With one that is not valid, no body is."""
        head = _head(Content_Length=5, Authorization="Bearer polar_oat_x")

        assert b'"invalid_token"' in _answer_to(organization.url, head)

    def test_missing_scope(self, organization: Organization) -> None:
        """With one of too little scope, a long body is not waited for."""
        token = organization.token("members:read")
        head = _head(Content_Length=5_000_000, Authorization=f"Bearer {token}")

        assert b'"insufficient_scope"' in _answer_to(organization.url, head)

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("POST", "/v1/nothing", b"404"), ("PATCH", "/v1/customers/", b"405")],
    )
    def test_no_route(
        self, organization: Organization, method: str, path: str, status: bytes
    ) -> None:
        """Nor is one for which there is no endpoint."""
        answer = _answer_to(organization.url, _head(path, method, Content_Length=5))

        assert answer.split()[1] == status

    def test_unreadable(self, organization: Organization) -> None:
        """As at the reference, JSON that cannot be read is told before a missing token, if short."""
        short = organization.request("POST", "/v1/customers/", token=None, content=b"{")
        json = {"Content-Type": "application/json"}
        told = organization.request(
            "POST", "/v1/customers/", token=None, headers=json, content=b"{"
        )
        long = organization.request(
            "POST", "/v1/customers/", token=None, headers=json, content=b"{" * 4097
        )

        assert [answer.status_code for answer in (short, told, long)] == [401, 422, 401]
        assert told.json()["detail"][0]["type"] == "json_invalid"

    def test_form(self, organization: Organization) -> None:
        """A form from another site is not waited for."""
        kind = "application/x-www-form-urlencoded"
        head = _head("/dashboard/sign-in", Content_Length=1000) + b"email="
        other = raw.head(
            "POST",
            "/dashboard/sign-in",
            {"Content-Type": kind, "Content-Length": 1000, "Origin": "https://elsewhere.example"},
        )

        assert _answer_to(organization.url, head).startswith(b"HTTP/1.1 403")
        assert _answer_to(organization.url, other).startswith(b"HTTP/1.1 403")

    @pytest.mark.parametrize("token_first", [True, False])
    def test_file(self, organization: Organization, *, token_first: bool) -> None:
        """A file is taken only after the token of a form of ours."""
        visitor = over_http.come_in(organization)
        path = f"{over_http.home_of(organization)}/customers/import"
        token = (
            b'--a\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n'
            + visitor.token(path).encode()
            + b"\r\n"
        )
        file = (
            b'--a\r\nContent-Disposition: form-data; name="file"; filename="a.ndjson"\r\n\r\n'
            b'{"email": "ada@example.com"}\r\n'
        )
        body = (token + file if token_first else file + token) + b"--a--\r\n"
        kind = {"Content-Type": "multipart/form-data; boundary=a"}

        answer = visitor.post(path, content=body, headers=kind)

        assert answer.status_code == (303 if token_first else 403)


class TestClientsThatSendOn:
    """Clients that send their whole body before they read the answer, as most do."""

    def _send_on(self, url: str, path: str, length: int) -> bytes:
        """Send a body part by part, as over a slow line, then read what was answered."""
        with raw.connect(url) as connection:
            connection.sendall(_head(path, Content_Length=length))
            for at in range(0, length, _PART):
                connection.sendall(b" " * min(_PART, length - at))
                time.sleep(0.005)
            return connection.recv(65_536)

    @pytest.mark.parametrize(
        ("path", "length", "status"),
        [
            ("/v1/customers/", 2 * MEBIBYTE, b"401"),
            ("/v1/nothing", MEBIBYTE, b"404"),
            ("/v1/customers/", 11 * MEBIBYTE, b"413"),
            ("/dashboard/sign-in", 2 * MEBIBYTE, b"413"),
            ("/dashboard/sign-in", MEBIBYTE // 2, b"403"),
        ],
    )
    def test_answered(
        self, organization: Organization, path: str, length: int, status: bytes
    ) -> None:
        """An answer for which no body is needed reaches them: the connection is not reset before."""
        answer = self._send_on(organization.url, path, length)

        assert answer.startswith(b"HTTP/1.1 " + status)

    def test_no_room(self, started: tuple[Server, Organization]) -> None:
        """So does the one to a body for which there is no room."""
        server, organization = started
        authorized = {"Authorization": f"Bearer {organization.token()}"}
        head = _head(Content_Length=MEBIBYTE, **authorized)
        # One more than there is room for: one of them is refused, and the others take it all.
        with raw.held(server.url, ROOM + 1, head + b" " * (MEBIBYTE - 1)):
            _ask_until(organization, 503, {"email": "x" * 4 * MEBIBYTE})

    def test_too_long_to_wait_for(self, organization: Organization) -> None:
        """A body that goes on and on is not received to its end."""
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            self._send_on(organization.url, "/v1/customers/", 200 * MEBIBYTE)

    def test_held_back(self, organization: Organization) -> None:
        """A client that waits for leave to send its body is answered without it."""
        sent = _head(Content_Length=2 * MEBIBYTE, Expect="100-continue")

        assert _answer_to(organization.url, sent).startswith(b"HTTP/1.1 401")


class TestMemory:
    """What requests may take of it together."""

    def test_no_room(self, started: tuple[Server, Organization]) -> None:
        """A body for which there is no room is refused, and taken once there is some."""
        server, organization = started
        head = _head(Content_Length=MEBIBYTE, Authorization=f"Bearer {organization.token()}")
        with (
            raw.held(server.url, ROOM, head + b" " * (MEBIBYTE - 1)) as held,
            raw.connect(server.url) as one_more,
        ):
            one_more.sendall(head + b" " * 100_000)
            # The one whose last part comes last is refused.
            answered, _, _ = select.select([*held, one_more], [], [], raw.PATIENCE_SECONDS)
            refused = answered[0].recv(65_536)
        assert refused.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 1\r\n" in refused
        assert b'"ServiceUnavailable"' in refused
        _ask_until(organization, 422)

    def test_held(self, started: tuple[Server, Organization]) -> None:
        """Bodies of which most has come do not take more than the setting says."""
        server, organization = started
        head = _head(Content_Length=10 * MEBIBYTE, Authorization=f"Bearer {organization.token()}")
        organization.get("/v1/customers/")
        before = _memory(server)
        with raw.held(server.url, HELD, head + b" " * (5 * MEBIBYTE)):
            assert organization.get("/v1/customers/").status_code == 200
            taken = _memory(server) - before

        assert taken < HELD * 5 * MEBIBYTE / 2

    def test_slow_readers(self, started: tuple[Server, Organization]) -> None:
        """An export that is not read waits for its reader, and others are served."""
        server, organization = started
        line = "x" * limits.MAX_ADDRESS_LINE
        address = {"country": "FR", "line1": line, "line2": line, "city": line}
        organization.keep(*(new_customer(at, billing_address=address) for at in range(2_000)))
        whole = len(organization.get("/v1/customers/export").content)
        before = _memory(server)
        head = raw.head(
            "GET", "/v1/customers/export", {"Authorization": f"Bearer {organization.token()}"}
        )
        with raw.held(server.url, READERS, head) as readers:
            assert all(one.recv(1000).startswith(b"HTTP/1.1 200") for one in readers)
            assert httpx.get(f"{server.url}/readyz", timeout=raw.PATIENCE_SECONDS).is_success
            taken = _memory(server) - before

        assert taken < READERS * whole / 2
