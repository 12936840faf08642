"""The stream that a command line tool listens to: `GET /v1/cli/listen/{organization_id}`."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from api import writing
from api.writing import CUSTOMERS
from icefloe.api import listen
from icefloe.api.messages import Request
from icefloe.assembly import open_services
from icefloe.services import Services
from icefloe.settings import Settings
from listening import Stream, listening
from support import Organization, Server, make_organization_of, run, start_server

pytestmark = pytest.mark.processes

CREATED = ["member.created", "customer.created", "customer.state_changed"]


@pytest.fixture
def stream(organization: Organization) -> Any:
    """An open stream of the organization."""
    with listening(organization.url, organization.id, organization.token()) as opened:
        yield opened


def create(organization: Organization, email: str = "ada@example.com", **values: Any) -> Any:
    """A new customer."""
    answer = organization.request("POST", CUSTOMERS, body={"email": email, **values})
    assert answer.status_code == 201, answer.text
    return answer.json()


def path_of(organization: Organization) -> str:
    """Where its stream is."""
    return f"/v1/cli/listen/{organization.id}"


class TestListen:
    """`GET /v1/cli/listen/{organization_id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is told."""
        answer = organization.get(path_of(organization), token=None)

        assert (answer.status_code, answer.json()) == (401, writing.UNAUTHORIZED)

    def test_any_scope(self, organization: Organization) -> None:
        """Every token of the organization may listen, as at the reference."""
        token = organization.token("products:read")
        with listening(organization.url, organization.id, token) as opened:
            assert opened.connected["key"] == "connected"

    @pytest.mark.parametrize(
        "other", ["1dbfc517-0bbf-4301-9ba8-555ca42b9737", None], ids=["unknown", "another's"]
    )
    def test_not_found(
        self,
        organization: Organization,
        make_organization: Callable[[], Organization],
        other: str | None,
    ) -> None:
        """An organization that is not the token's is not found, whether it exists or not."""
        answer = organization.get(f"/v1/cli/listen/{other or make_organization().id}")

        assert (answer.status_code, answer.json()) == (404, writing.NOT_FOUND)

    def test_no_id(self, organization: Organization) -> None:
        """What is no identifier is refused, and said where."""
        answer = organization.get("/v1/cli/listen/mine")

        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["path", "organization_id"]

    def test_connected(self, organization: Organization, stream: Stream) -> None:
        """The first event has the secret: the organization's id without its dashes."""
        assert stream.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.answer.headers["cache-control"] == "private, no-store"
        assert list(stream.connected) == ["key", "ts", "secret"]
        assert stream.connected["key"] == "connected"
        assert stream.connected["ts"].endswith("Z")
        assert stream.connected["secret"] == str(organization.id).replace("-", "")

    def test_webhook(self, organization: Organization, stream: Stream) -> None:
        """A webhook has the body and headers of a delivery, though there is no endpoint."""
        made = create(organization, name="Zoë\u2028 & Co")
        stream.next()
        event = stream.next()

        assert list(event) == ["key", "payload", "headers"]
        assert event["key"] == "webhook.created"
        assert list(event["payload"]) == ["webhook_event_id", "payload"]
        body = json.loads(event["payload"]["payload"])
        assert list(body) == ["type", "timestamp", "data"]
        assert (body["type"], body["data"]) == ("customer.created", made)
        headers = event["headers"]
        assert list(headers) == [
            "user-agent", "content-type", "webhook-id", "webhook-timestamp", "webhook-signature",
        ]  # fmt: skip
        assert headers["user-agent"] == "polar.sh webhooks"
        assert headers["content-type"] == "application/json"
        assert headers["webhook-id"] == event["payload"]["webhook_event_id"]
        assert uuid.UUID(headers["webhook-id"]).version == 4

    def test_signature(self, organization: Organization, stream: Stream) -> None:
        """The secret's own bytes sign; another secret would sign otherwise."""
        create(organization)
        event = stream.next()
        headers, body = event["headers"], event["payload"]["payload"]
        message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
        mac = hmac.new(stream.connected["secret"].encode(), message, hashlib.sha256).digest()

        assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()

    def test_order(self, organization: Organization, stream: Stream) -> None:
        """Everything that happens is told in the order of a delivery, the customer's state too."""
        made = create(organization)
        assert [stream.next_type() for _ in CREATED] == CREATED
        organization.request("PATCH", f"{CUSTOMERS}{made['id']}", body={"name": "Countess"})
        assert [stream.next_type() for _ in range(2)] == [
            "customer.updated",
            "customer.state_changed",
        ]
        organization.request("DELETE", f"{CUSTOMERS}{made['id']}")
        assert [stream.next_type() for _ in range(3)] == [
            "member.deleted",
            "customer.deleted",
            "customer.state_changed",
        ]

    def test_many_at_once(self, organization: Organization, stream: Stream) -> None:
        """More than one read of the database gives is told, each webhook once."""
        made = [create(organization, f"customer{number}@example.com") for number in range(60)]

        bodies = [json.loads(stream.next()["payload"]["payload"]) for _ in range(180)]

        told = [body["data"]["id"] for body in bodies if body["type"] == "customer.created"]
        assert told == [one["id"] for one in made]

    def test_two_listeners(self, organization: Organization, stream: Stream) -> None:
        """Each listener is told everything, each webhook under an id of its own."""
        with listening(organization.url, organization.id, organization.token()) as other:
            create(organization)
            first, second = stream.next(), other.next()

        assert first["payload"]["payload"] == second["payload"]["payload"]
        assert first["headers"]["webhook-id"] != second["headers"]["webhook-id"]

    def test_only_its_own(
        self,
        organization: Organization,
        stream: Stream,
        make_organization: Callable[[], Organization],
    ) -> None:
        """Another organization's webhooks are not told."""
        create(make_organization(), "other@example.com")
        create(organization)

        body = json.loads(stream.next()["payload"]["payload"])
        assert body["data"]["email"] == "ada@example.com"

    def test_old_path(self, organization: Organization) -> None:
        """The path with the older prefix leads to the same stream."""
        with listening(organization.url + "/api", organization.id, organization.token()) as opened:
            create(organization)
            assert opened.next_type() == "member.created"

    def test_not_described(self, organization: Organization) -> None:
        """The OpenAPI document leaves it out, as the reference's does."""
        document = organization.get("/2026-10/openapi.json").json()

        assert not [path for path in document["paths"] if "/cli/" in path]


class TestEnd:
    """How a stream ends."""

    def test_revoked(self, organization: Organization, services: Services) -> None:
        """Once its token is revoked it ends, before what happens after that is told."""
        made, shown = run(services.tokens.create(organization.id, "mine", ["webhooks:read"]))
        with listening(organization.url, organization.id, shown) as opened:
            create(organization)
            assert [opened.next_type() for _ in CREATED] == CREATED
            run(services.tokens.revoke(made.id))
            create(organization, "bo@example.com")

            assert opened.is_over()

    def test_left(self, organization: Organization, server: Server) -> None:
        """When the client leaves, the server stops to look for it: the request is over, and logged."""
        with listening(organization.url, organization.id, organization.token()):
            pass

        server.wait_for_lines(
            lambda lines: any(
                line.get("route") == listen.PATH and line["organization"] == str(organization.id)
                for line in lines
            )
        )

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_stopped(self, tmp_path: Path, workers: str) -> None:
        """A server that is asked to stop ends its streams in good form, and stops in good order."""
        server = start_server(str(tmp_path / "data.db"), tmp_path / "log", "--workers", workers)
        services = run(open_services(Settings(database=server.database)))
        organization = make_organization_of(server, services)
        with listening(server.url, organization.id, organization.token()) as opened:
            run(services.stop())
            server.process.terminate()

            assert opened.is_over()
        assert server.process.wait() == 0
        lines = [json.loads(line) for line in server.log.read_text("utf-8").splitlines()]
        assert any(line.get("route") == listen.PATH for line in lines)
        assert lines[-1]["event"] == "stopped"

    def test_stand_in(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A stand-in streams as well: it does not wait for the end of the answer."""
        monkeypatch.setenv("ICEFLOE_CONTROL_KEY", "for-tests-only")
        server = start_server(str(tmp_path / "data.db"), tmp_path / "log", "--control")
        services = run(open_services(Settings(database=server.database)))
        organization = make_organization_of(server, services)
        try:
            with listening(server.url, organization.id, organization.token()) as opened:
                create(organization)
                assert [opened.next_type() for _ in CREATED] == CREATED
        finally:
            run(services.stop())
            server.stop()


class TestParts:
    """The parts of a stream, without a server."""

    def test_keep_alive(
        self, organization: Organization, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While nothing happens a comment is sent now and then: no proxy ends the connection."""
        monkeypatch.setattr(listen, "_KEEP_ALIVE_SECONDS", 0.0)

        first, second, third = run(_take(request_of(services), organization.id, 3))

        assert first.startswith(b'data: {"key":"connected"')
        assert second == third == b": keep-alive\n\n"

    def test_left(self, organization: Organization, services: Services) -> None:
        """The parts end once the client has left."""
        request = request_of(services)
        request.has_left = True

        assert len(run(_take(request, organization.id, 5))) == 1


def request_of(services: Services) -> Request:
    """A request that asks for nothing in particular."""
    scope = {"method": "GET", "path": "/", "query_string": b"", "scheme": "http", "headers": []}
    return Request(scope, services)


async def _take(request: Request, organization_id: uuid.UUID, count: int) -> list[bytes]:
    """The first parts of a stream, so many at most."""
    parts: AsyncIterator[bytes] = listen._read_parts(request, organization_id)
    taken: list[bytes] = []
    async with asyncio.timeout(60), contextlib.aclosing(parts):  # type: ignore[type-var]
        async for part in parts:
            taken.append(part)
            if len(taken) == count:
                break
    return taken
