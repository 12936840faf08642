"""Sending one message to servers of every kind, and what is said to have become of it."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from icefloe.delivery import connections, sender
from icefloe.delivery.guard import NOT_PUBLIC
from icefloe.delivery.messages import make_message
from icefloe.delivery.sender import HttpSender
from icefloe.domain.values.webhooks import Outcome, WebhookEndpoint, WebhookEvent
from receiving import Receiver
from support import run

pytestmark = pytest.mark.processes

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
EVENT = WebhookEvent(
    id=UUID(int=3),
    organization_id=UUID(int=2),
    endpoint_id=UUID(int=1),
    customer_id=None,
    type="customer.created",
    created_at=NOW,
    payload=b'{"type":"customer.created"}',
    due_at=NOW,
)
ENDPOINT = WebhookEndpoint(
    id=UUID(int=1),
    organization_id=UUID(int=2),
    created_at=NOW,
    url="",
    format="raw",
    secret="whsec_" + "Ab3d" * 11,
    events=("customer.created",),
    api_version="2026-04",
)


@pytest.fixture
def http() -> Iterator[HttpSender]:
    """A sender."""
    made = HttpSender(public_only=False)
    yield made
    run(made.close())


def send(http: HttpSender, url: str) -> Outcome:
    """Send the event to a URL."""
    endpoint = replace(ENDPOINT, url=url)
    return run(http.send(endpoint, EVENT, make_message(endpoint, EVENT, NOW)))


def said(outcome: Outcome) -> tuple[bool, int | None, str | None]:
    """What became of it, without its duration."""
    return outcome.succeeded, outcome.http_code, outcome.response


class TestRequests:
    """What receivers get."""

    def test_request(self, http: HttpSender, receiver: Receiver) -> None:
        """A message arrives byte for byte, under the reference's headers in their order."""
        assert said(send(http, receiver.url("/200?a=b"))) == (True, 200, "ok")

        (request,) = receiver.requests
        assert request.path == "/200?a=b"
        assert request.body == EVENT.payload
        assert [name for name, _ in request.headers] == [
            "Host",
            "Accept",
            "Accept-Encoding",
            "Connection",
            "user-agent",
            "content-type",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "Content-Length",
        ]
        assert request.header("host") == f"127.0.0.1:{receiver.port}"
        assert request.header("accept-encoding") == "gzip, deflate"

    def test_user(self, http: HttpSender, receiver: Receiver) -> None:
        """A user and password in the URL are shown to the server, and are no part of its name."""
        send(http, f"http://me%40home:se%3Acret@127.0.0.1:{receiver.port}/200")

        (request,) = receiver.requests
        assert request.header("host") == f"127.0.0.1:{receiver.port}"
        assert request.header("authorization") == "Basic bWVAaG9tZTpzZTpjcmV0"

    def test_proxy(
        self, http: HttpSender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The environment's proxies are not asked."""
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

        assert send(http, receiver.url()).succeeded

    def test_one_connection(self, http: HttpSender, receiver: Receiver) -> None:
        """Messages to one server share a connection, while it stays open."""
        for path in ("/200", "/500", "/204", "/103", "/close", "/200"):
            send(http, receiver.url(path))

        assert [request.connection for request in receiver.requests] == [1, 1, 1, 1, 1, 2]

    def test_idle_connection(self, http: HttpSender, receiver: Receiver) -> None:
        """A connection that is idle for a moment is closed."""
        send(http, receiver.url())
        run(asyncio.sleep(connections._IDLE_SECONDS + 0.1))
        send(http, receiver.url())

        assert [request.connection for request in receiver.requests] == [1, 2]


class TestAnswers:
    """What is said of answers."""

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("/204", (True, 204, None)),
            ("/103", (True, 200, "ok")),
            ("/old", (True, 200, "until the end")),
            ("/drip", (True, 200, "drip")),
            ("/bomb", (True, 200, "0" * 2048)),
            ("/huge", (True, 200, "x" * 2048)),
            ("/500", (False, 500, "oops")),
            ("/close", (False, None, "Server disconnected without sending a response.")),
            ("/chatty", (False, None, "too many interim answers")),
        ],
    )
    def test_answer(
        self,
        http: HttpSender,
        receiver: Receiver,
        path: str,
        expected: tuple[bool, int | None, str | None],
    ) -> None:
        """Any 2xx is a success, anything else a failure; the beginning of the text is kept."""
        assert said(send(http, receiver.url(path))) == expected
        assert len(receiver.requests) == 1

    def test_redirect(self, http: HttpSender, receiver: Receiver) -> None:
        """A redirect is a failure, and is not followed."""
        succeeded, code, response = said(send(http, receiver.url("/301")))

        assert (succeeded, code) == (False, 301)
        assert response is not None
        assert response.startswith("Redirect response '301 Moved Permanently' for url 'http://127")
        assert [request.path for request in receiver.requests] == ["/301"]

    def test_huge(self, http: HttpSender, receiver: Receiver) -> None:
        """Of an answer of 100 MB, little more than what is stored is read."""
        send(http, receiver.url("/huge"))

        assert receiver.sent < 20 * 1024 * 1024

    @pytest.mark.parametrize("path", ["/garbage", "/long", "/short"])
    def test_broken(self, http: HttpSender, receiver: Receiver, path: str) -> None:
        """An answer that is none, or that breaks off, is a failure without a status."""
        succeeded, code, response = said(send(http, receiver.url(path)))

        assert (succeeded, code) == (False, None)
        assert response
        assert len(response) <= 2048
        assert "\0" not in response


class TestNoAnswers:
    """What is said where there is no answer."""

    def test_refused(self, http: HttpSender) -> None:
        """A server that takes no connection is a failure."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}/"

            assert said(send(http, url)) == (False, None, "All connection attempts failed")

    def test_unknown_host(self, http: HttpSender) -> None:
        """A name that nothing has is a failure."""
        succeeded, code, response = said(send(http, "http://no-such-host.invalid/"))

        assert (succeeded, code) == (False, None)
        assert "known" in str(response)

    def test_no_url(self, http: HttpSender) -> None:
        """What is no URL of HTTP is a failure."""
        nowhere = (
            "ftp://example.com/",
            "http:///nowhere",
            "http://[::1/",
            "http://a:b/",
            "http://a..b/",
        )
        for url in (*nowhere, "http://127.0.0.1/a b", "http://127.0.0.1/é", "http://127.0.0.1/\0"):
            assert said(send(http, url))[:2] == (False, None)

    def test_no_tls(self, http: HttpSender, receiver: Receiver) -> None:
        """A server that speaks no TLS is a failure, and gets nothing of the message."""
        succeeded, code, response = said(send(http, f"https://127.0.0.1:{receiver.port}/"))

        assert (succeeded, code) == (False, None)
        assert response is not None
        assert receiver.requests == []

    def test_not_public(self, receiver: Receiver) -> None:
        """Where endpoints must be public, a name of this machine is not connected to."""
        guarded = HttpSender(public_only=True)

        for host in ("localhost", "127.0.0.1", "2130706433"):
            assert said(send(guarded, receiver.url(host=host))) == (False, None, NOT_PUBLIC)

        run(guarded.close())
        assert receiver.requests == []

    @pytest.mark.parametrize(
        ("module", "name"), [(connections, "_STEP_SECONDS"), (sender, "_ATTEMPT_SECONDS")]
    )
    def test_hang(
        self,
        http: HttpSender,
        receiver: Receiver,
        monkeypatch: pytest.MonkeyPatch,
        module: object,
        name: str,
    ) -> None:
        """A server that never answers is given up after a while."""
        monkeypatch.setattr(module, name, 0.2)

        outcome = send(http, receiver.url("/hang"))

        assert said(outcome) == (False, None, "")
        assert outcome.duration.total_seconds() >= 0.2

    def test_cut_short(self, http: HttpSender, receiver: Receiver) -> None:
        """An attempt that is cut short closes its connection."""

        async def cut() -> None:
            endpoint = replace(ENDPOINT, url=receiver.url("/hang"))
            sending = asyncio.create_task(
                http.send(endpoint, EVENT, make_message(endpoint, EVENT, NOW))
            )
            await asyncio.to_thread(receiver.wait_for, 1)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

        run(cut())
        send(http, receiver.url())

        assert [request.connection for request in receiver.requests] == [1, 2]
