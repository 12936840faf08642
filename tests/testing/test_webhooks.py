"""`webhooks`: what happens is sent to handlers; tests wait for it, and let it go wrong."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

import plain_http
import webhook_signatures
from icefloe.testing import Delivery, NotDelivered, Organization, Refused, Server

EVENTS = ["member.created", "customer.created", "customer.state_changed"]


@dataclass
class Handler:
    """A webhook handler: a WSGI application that verifies what it gets.

    Attributes:
        secret: of its endpoint.
        status: what it answers.
        received: the payloads that it has accepted.
        refused: the ids of what it has not.
    """

    secret: str = ""
    status: str = "200 OK"
    received: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer a message."""
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        headers = {
            name: environ[f"HTTP_{name.upper().replace('-', '_')}"]
            for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        }
        if not webhook_signatures.is_valid(headers, body, self.secret):
            self.refused.append(headers["webhook-id"])
            start_response("403 Forbidden", [])
            return []
        self.received.append(json.loads(body))
        start_response(self.status, [])
        return [b"noted"]

    @property
    def types(self) -> list[str]:
        """The types of what it has accepted."""
        return [payload["type"] for payload in self.received]


@pytest.fixture
def handler(icefloe: Organization) -> Handler:
    """A handler in this process to which everything is sent."""
    made = Handler()
    made.secret = icefloe.webhooks.deliver_to(made, "/hooks/polar").secret
    return made


class TestWaitFor:
    """`wait_for`: the next delivery of a type of event."""

    def test_a_change_made_just_before(self, icefloe: Organization, handler: Handler) -> None:
        """It returns what the change before it has caused, as it was sent."""
        ada = icefloe.customers.create()

        delivery = icefloe.webhooks.wait_for("customer.created")

        assert isinstance(delivery, Delivery)
        assert delivery.data == ada
        assert delivery.payload["timestamp"] == ada.created_at
        assert (delivery.type, delivery.attempt, delivery.status) == ("customer.created", 1, 200)
        assert (delivery.succeeded, delivery.answer, delivery.faults) == (True, "noted", ())
        assert delivery.url.endswith("/hooks/polar")
        assert webhook_signatures.is_valid(delivery.headers, delivery.body, handler.secret)
        assert delivery.payload in handler.received

    @pytest.mark.usefixtures("handler")
    def test_each_once(self, icefloe: Organization) -> None:
        """It returns each delivery once, in their order, whatever order the types are asked in."""
        made = [icefloe.customers.create() for _ in range(2)]

        states = [icefloe.webhooks.wait_for("customer.state_changed").data["id"] for _ in made]
        created = [icefloe.webhooks.wait_for("customer.created").data["id"] for _ in made]

        assert states == created == [one.id for one in made]
        with pytest.raises(NotDelivered, match=r"no customer\.created was delivered within 0 s"):
            icefloe.webhooks.wait_for("customer.created", timeout=0)

    def test_a_handler_that_fails(self, icefloe: Organization, handler: Handler) -> None:
        """A delivery that failed is returned as well, with what the handler said."""
        handler.status = "500 Internal Server Error"
        icefloe.customers.create()

        delivery = icefloe.webhooks.wait_for("customer.created")

        assert (delivery.succeeded, delivery.status, delivery.answer) == (False, 500, "noted")
        assert str(delivery) == "customer.created → 500: noted"

    def test_a_handler_that_is_slow(self, icefloe: Organization, handler: Handler) -> None:
        """It waits longer while the handler has not answered."""
        icefloe.webhooks.faults.delay(0.5, type="customer.created")
        icefloe.customers.create()

        assert icefloe.webhooks.wait_for("customer.created", timeout=0.01).succeeded
        assert "customer.created" in handler.types

    def test_what_came_instead(self, icefloe: Organization, handler: Handler) -> None:
        """Where nothing comes, the error lists what did, and is a failure of the test."""
        icefloe.customers.create()
        icefloe.webhooks.wait_idle()

        with pytest.raises(AssertionError) as raised:
            icefloe.webhooks.wait_for("customer.deleted", timeout=0.05)

        assert str(raised.value).splitlines() == [
            "no customer.deleted was delivered within 0.05 s; delivered were:",
            *[f"  {kind} → 200" for kind in EVENTS],
        ]
        assert handler.types == EVENTS

    def test_why_nothing_came(self, icefloe: Organization) -> None:
        """Where nothing can come, the error says why."""
        with pytest.raises(NotDelivered, match="there is no endpoint"):
            icefloe.webhooks.wait_for("customer.created", timeout=0)
        icefloe.webhooks.endpoint("http://127.0.0.1:9/", events=["customer.deleted"])
        with pytest.raises(NotDelivered, match="no endpoint is sent such events"):
            icefloe.webhooks.wait_for("customer.created", timeout=0)
        with pytest.raises(NotDelivered, match="and nothing else"):
            icefloe.webhooks.wait_for("customer.deleted", timeout=0)
        with pytest.raises(Refused, match=r"did you mean 'customer\.created'\?"):
            icefloe.webhooks.wait_for("customer.create")


class TestEndpoint:
    """`endpoint` and `endpoints`: where events are sent."""

    def test_made_and_removed(self, icefloe: Organization) -> None:
        """An endpoint has a secret of its own, and gets what happens until it is removed."""
        endpoint = icefloe.webhooks.endpoint(
            "http://127.0.0.1:9/hook", events=["customer.created", "customer.deleted"]
        )

        assert endpoint.url == "http://127.0.0.1:9/hook"
        assert endpoint.events == ("customer.created", "customer.deleted")
        assert endpoint.enabled
        assert [one.secret for one in icefloe.webhooks.endpoints] == [endpoint.secret]
        endpoint.remove()
        icefloe.customers.create()
        icefloe.webhooks.wait_idle()
        assert icefloe.webhooks.endpoints == []
        assert list(icefloe.webhooks.deliveries) == []

    @pytest.mark.parametrize("signing", ["whole", "standard"])
    def test_signing(self, icefloe: Organization, signing: str) -> None:
        """An endpoint may have one signature only."""
        handler = Handler()
        endpoint = icefloe.webhooks.deliver_to(
            handler, events=["customer.created"], signing=signing
        )
        handler.secret = endpoint.secret
        icefloe.customers.create()

        sent = icefloe.webhooks.wait_for("customer.created")

        accepted = webhook_signatures.accepted_by(sent.headers, sent.body, endpoint.secret)
        assert accepted == [signing]
        assert handler.types == ["customer.created"]

    def test_values(self, icefloe: Organization) -> None:
        """A secret, a format and a version of one's own are taken."""
        secret = "whsec_" + "abcd" * 8
        slack = icefloe.webhooks.endpoint("https://example.com", secret=secret, format="slack")
        newer = icefloe.webhooks.deliver_to(
            Handler(), events=["customer.created"], api_version="2026-10"
        )
        icefloe.customers.create()

        delivery = icefloe.webhooks.wait_for("customer.created")

        assert slack.secret == secret
        assert delivery.endpoint_id == newer.id
        assert list(delivery.payload) == ["type", "timestamp", "api_version", "data"]

    def test_refused(self, icefloe: Organization) -> None:
        """What the server does not take is told in its words."""
        with pytest.raises(Refused, match=r"url: .*not the URL of a webhook handler"):
            icefloe.webhooks.endpoint("localhost:3000")
        with pytest.raises(Refused, match=r"events\.0: .*did you mean 'member\.created'\?"):
            icefloe.webhooks.endpoint("http://localhost/", events=["members.created"])


class TestDeliverTo:
    """`deliver_to`: an application in the test's process."""

    def test_asgi(self, icefloe: Organization) -> None:
        """An ASGI application is started, served on a loop of its own, and stopped with the test."""
        log: list[str] = []
        app = _Asgi(log)
        endpoint = icefloe.webhooks.deliver_to(app, "/a%20b?c=d", events=["customer.created"])
        icefloe.customers.create()

        delivery = icefloe.webhooks.wait_for("customer.created")
        icefloe.remove()

        assert (delivery.status, delivery.answer) == (201, "POST /a b c=d")
        assert log == ["startup", "customer.created", "shutdown"]
        with pytest.raises(httpx.ConnectError):
            plain_http.get(endpoint.url)

    def test_asgi_without_a_lifespan(self, icefloe: Organization) -> None:
        """One that knows no lifespan, or must not be started, is served as well."""
        log: list[str] = []
        icefloe.webhooks.deliver_to(_bare, events=["customer.created"])
        icefloe.webhooks.deliver_to(_Asgi(log), events=["customer.deleted"], lifespan=False)
        icefloe.customers.create()

        assert icefloe.webhooks.wait_for("customer.created").status == 204
        assert log == []

    def test_that_does_not_start(self, icefloe: Organization) -> None:
        """One that cannot start says why, and there is no endpoint."""
        with pytest.raises(RuntimeError, match="does not start: no database"):
            icefloe.webhooks.deliver_to(_failing)
        assert icefloe.webhooks.endpoints == []

    @pytest.mark.parametrize("is_asynchronous", [False, True])
    def test_errors(
        self,
        icefloe: Organization,
        capsys: pytest.CaptureFixture[str],
        *,
        is_asynchronous: bool,
    ) -> None:
        """What an application raises is its answer, and its traceback is shown with the test."""
        app = _raise_asgi if is_asynchronous else _raise_wsgi
        icefloe.webhooks.deliver_to(app, events=["customer.created"])
        icefloe.customers.create()

        delivery = icefloe.webhooks.wait_for("customer.created")

        assert (delivery.status, delivery.answer) == (500, "LookupError: no such user")
        assert "LookupError: no such user" in capsys.readouterr().err


class _Asgi:
    """An ASGI application that logs what it is asked."""

    def __init__(self, log: list[str]) -> None:
        self._log = log

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for what in ("startup", "shutdown"):
                assert (await receive())["type"] == f"lifespan.{what}"
                self._log.append(what)
                await send({"type": f"lifespan.{what}.complete"})
            return
        self._log.append(json.loads((await receive())["body"])["type"])
        query = scope["query_string"].decode()
        await send({"type": "http.response.start", "status": 201, "headers": []})
        body = f"{scope['method']} {scope['path']} {query}".encode()
        await send({"type": "http.response.body", "body": body})


async def _bare(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    await receive()
    await send({"type": "http.response.start", "status": 204})
    await send({"type": "http.response.body"})


async def _failing(scope: Any, receive: Any, send: Any) -> None:
    assert (scope["type"], (await receive())["type"]) == ("lifespan", "lifespan.startup")
    await send({"type": "lifespan.startup.failed", "message": "no database"})


async def _raise_asgi(*_: Any) -> None:
    raise LookupError("no such user")


def _raise_wsgi(*_: Any) -> list[bytes]:
    raise LookupError("no such user")


class TestTime:
    """Retries go by the organization's clock."""

    def test_retries(self, icefloe: Organization, handler: Handler) -> None:
        """A clock that is moved on brings the attempts that fall due on the way, each at its time."""
        icefloe.clock.freeze()
        handler.status = "503 Service Unavailable"
        ada = icefloe.customers.create()
        icefloe.clock.advance(seconds=30)
        handler.status = "200 OK"
        icefloe.clock.advance(minutes=20)

        made = [one for one in icefloe.webhooks.deliveries if one.type == "customer.created"]
        assert [one.attempt for one in made] == list(range(1, len(made) + 1))
        assert [one.status for one in made] == [503] * (len(made) - 1) + [200]
        after = [(one.at - made[0].at).total_seconds() for one in made]
        assert 4 <= after[1] <= 8
        assert 12 <= after[2] <= 24
        assert {one.event_id for one in made} == {made[0].event_id}
        assert made[-1].data == ada
        # A handler goes by its machine's clock.
        assert not handler.refused

    def test_disabled(self, icefloe: Organization, handler: Handler) -> None:
        """An endpoint that is down for ten events is disabled, and what happens then is not sent."""
        fault = icefloe.webhooks.faults.endpoint_down()
        (endpoint,) = icefloe.webhooks.endpoints
        for _ in range(4):
            icefloe.customers.create()
        icefloe.clock.advance(hours=2)

        assert not endpoint.enabled
        assert fault.left == 0
        assert handler.types == []
        last = icefloe.webhooks.deliveries.last
        assert (last.status, last.faults) == (None, ("endpoint_down",))
        assert last.answer == "All connection attempts failed"
        icefloe.customers.create()
        icefloe.webhooks.wait_idle()
        assert icefloe.webhooks.deliveries.last == last


class TestFaults:
    """`faults`: each as a handler sees it."""

    def test_duplicate(self, icefloe: Organization, handler: Handler) -> None:
        """The same message comes twice."""
        with icefloe.webhooks.faults.duplicate(type="customer.created"):
            icefloe.customers.create()
            icefloe.webhooks.wait_idle()

        assert handler.types == ["member.created", *["customer.created"] * 2, EVENTS[2]]
        one, other = icefloe.webhooks.deliveries.find(type="customer.created")
        assert (one.event_id, one.body, one.faults) == (other.event_id, other.body, ("duplicate",))

    def test_reorder(self, icefloe: Organization, handler: Handler) -> None:
        """A message comes after the one behind it, once, and its delivery is told once."""
        icefloe.webhooks.faults.reorder(type="customer.*")
        icefloe.customers.create()
        icefloe.webhooks.wait_idle()

        assert handler.types == ["member.created", "customer.state_changed", "customer.created"]
        assert [one.faults for one in icefloe.webhooks.deliveries] == [(), (), ("reorder",)]

    def test_reorder_the_last(self, icefloe: Organization, handler: Handler) -> None:
        """A message behind which none comes is sent by itself."""
        icefloe.webhooks.faults.reorder(type="customer.state_changed")
        icefloe.customers.create()

        assert icefloe.webhooks.wait_for("customer.state_changed").succeeded
        assert handler.types == EVENTS

    def test_delay(self, icefloe: Organization, handler: Handler) -> None:
        """A message comes later, and those behind it wait."""
        icefloe.webhooks.faults.delay(0.3, type="customer.created", times=1)
        icefloe.customers.create()
        icefloe.webhooks.wait_idle()

        assert handler.types == EVENTS
        assert [one.faults for one in icefloe.webhooks.deliveries] == [(), ("delay",), ()]

    def test_drop(self, icefloe: Organization, handler: Handler) -> None:
        """A message that is lost is sent again when it is due."""
        icefloe.webhooks.faults.drop(type="customer.created", times=1)
        icefloe.customers.create()

        lost = icefloe.webhooks.wait_for("customer.created")
        icefloe.webhooks.wait_idle()
        seen = handler.types
        icefloe.clock.advance(seconds=10)

        assert (lost.status, lost.succeeded, lost.faults) == (None, False, ("drop",))
        assert lost.answer == "Server disconnected without sending a response."
        assert seen == ["member.created", "customer.state_changed"]
        assert handler.types == [*seen, "customer.created"]
        assert icefloe.webhooks.wait_for("customer.created").attempt == 2

    def test_drop_the_answer(self, icefloe: Organization, handler: Handler) -> None:
        """A message whose answer is lost comes again, though the handler has acted."""
        icefloe.webhooks.faults.drop(after=True, type="customer.created", times=1)
        icefloe.customers.create()
        icefloe.clock.advance(seconds=10)

        assert handler.types == [*EVENTS, "customer.created"]
        first, second = icefloe.webhooks.deliveries.find(type="customer.created")
        assert (first.status, second.status) == (None, 200)

    def test_wrong_key(self, icefloe: Organization, handler: Handler) -> None:
        """A handler that verifies refuses the message, and takes it when it is sent again."""
        icefloe.webhooks.faults.wrong_key(type="customer.created", times=1)
        icefloe.customers.create()

        refused = icefloe.webhooks.wait_for("customer.created")
        icefloe.webhooks.redeliver(refused)

        assert (refused.status, refused.faults) == (403, ("wrong_key",))
        assert icefloe.webhooks.wait_for("customer.created").succeeded
        assert handler.refused == [refused.event_id]

    def test_stale_timestamp(self, icefloe: Organization, handler: Handler) -> None:
        """A handler that verifies refuses a message that is too old, and takes one that is not."""
        icefloe.webhooks.faults.stale_timestamp(type="customer.created", times=1)
        icefloe.webhooks.faults.stale_timestamp(seconds=60, type="customer.created", times=1)
        icefloe.customers.create()
        refused = icefloe.webhooks.wait_for("customer.created")
        icefloe.customers.create()

        assert (refused.status, refused.faults) == (403, ("stale_timestamp",) * 2)
        assert icefloe.webhooks.wait_for("customer.created").status == 200
        assert handler.refused == [refused.event_id]

    def test_which(self, icefloe: Organization, handler: Handler) -> None:
        """A fault is for some types, some endpoints and so many attempts, after those it skips."""
        other = icefloe.webhooks.endpoint("http://127.0.0.1:9/", events=["customer.created"])
        (first, _) = icefloe.webhooks.endpoints
        fault = icefloe.webhooks.faults.drop(
            type="customer.*", endpoint_id=first.id, skip=1, times=2
        )
        icefloe.webhooks.faults.wrong_key(endpoint_id=other.id)
        for _ in range(2):
            icefloe.customers.create()
        icefloe.webhooks.wait_idle()

        sent = [
            (one.type, one.faults)
            for one in icefloe.webhooks.deliveries
            if one.endpoint_id == first.id and one.type.startswith("customer.")
        ]
        assert [faults for _, faults in sent] == [(), ("drop",), ("drop",), ()]
        assert fault.left == 0
        assert [one.kind for one in icefloe.webhooks.faults.all()] == ["wrong_key"]
        assert icefloe.faults.all() == []
        icefloe.webhooks.faults.clear()
        assert icefloe.webhooks.faults.all() == []
        assert handler.refused == []

    def test_refused(self, icefloe: Organization) -> None:
        """A fault that there is not is told in the server's words."""
        with pytest.raises(Refused, match="there is no such type of event"):
            icefloe.webhooks.faults.drop(type="customers.*")
        with pytest.raises(Refused, match="kind"):
            icefloe.webhooks.faults.add("earthquake")


class TestSignedRequest:
    """`signed_request`: what a handler is called with directly."""

    def test_of_a_delivery(self, icefloe: Organization, handler: Handler) -> None:
        """It is the delivery as it would be sent now, however old that is."""
        icefloe.webhooks.faults.stale_timestamp()
        icefloe.customers.create()
        delivery = icefloe.webhooks.wait_for("customer.created")

        request = icefloe.webhooks.signed_request(delivery)

        assert request.body == delivery.body
        assert request.headers.keys() == delivery.headers.keys()
        assert request.headers["webhook-id"] == delivery.event_id
        assert webhook_signatures.is_valid(request.headers, request.body, handler.secret)

    def test_of_data(self, icefloe: Organization, handler: Handler) -> None:
        """It is an event of that type with that data, signed for the newest endpoint."""
        ada = icefloe.customers.create(name="Ada Löwe")

        request = icefloe.webhooks.signed_request("customer.updated", ada)

        assert list(json.loads(request.body)) == ["type", "timestamp", "data"]
        assert json.loads(request.body)["data"] == ada
        assert "Löwe".encode() in request.body
        assert webhook_signatures.is_valid(request.headers, request.body, handler.secret)

    def test_signed_wrongly(self, icefloe: Organization, handler: Handler) -> None:
        """A secret and a time of one's own make what a handler must refuse."""
        ada = icefloe.customers.create()
        other = icefloe.webhooks.signed_request("customer.updated", ada, secret="whsec_" + "a" * 44)
        old = icefloe.webhooks.signed_request("customer.updated", ada, timestamp=time.time() - 600)

        for request in (other, old):
            assert not webhook_signatures.is_valid(request.headers, request.body, handler.secret)

    def test_without_an_endpoint(self, icefloe: Organization) -> None:
        """There must be an endpoint or a secret, and data for a type."""
        secret = "whsec_" + "a" * 44
        with pytest.raises(ValueError, match="secret="):
            icefloe.webhooks.signed_request("customer.created", {})
        with pytest.raises(ValueError, match=r"a customer\.created needs its data"):
            icefloe.webhooks.signed_request("customer.created", secret=secret)
        request = icefloe.webhooks.signed_request("customer.created", {}, secret=secret)
        assert webhook_signatures.is_valid(request.headers, request.body, secret)


class TestDeliveries:
    """`deliveries`: what was sent."""

    def test_listed(self, icefloe: Organization, handler: Handler) -> None:
        """They are those of this organization, oldest first, until they are forgotten."""
        for _ in range(40):
            icefloe.customers.create()
        icefloe.webhooks.wait_idle()

        assert [one.number for one in icefloe.webhooks.deliveries] == list(range(1, 121))
        assert len(icefloe.webhooks.deliveries[-3:]) == 3
        assert icefloe.webhooks.deliveries.last.type == icefloe.webhooks.deliveries[-1].type
        assert len(handler.received) == 120
        icefloe.webhooks.deliveries.clear()
        assert len(icefloe.webhooks.deliveries) == 0
        icefloe.customers.create()
        assert icefloe.webhooks.wait_for("customer.created").number == 122

    def test_redelivered(self, icefloe: Organization, handler: Handler) -> None:
        """An event is sent again under the same id, as often as one likes."""
        icefloe.customers.create()
        first = icefloe.webhooks.wait_for("customer.created")

        for event in (first, first.event_id):
            icefloe.webhooks.redeliver(event)
            again = icefloe.webhooks.wait_for("customer.created")
            assert (again.event_id, again.body, again.attempt) == (first.event_id, first.body, 1)
        icefloe.webhooks.wait_idle()

        assert len(icefloe.webhooks.deliveries.find(event_id=first.event_id)) == 3
        assert handler.types.count("customer.created") == 3
        with pytest.raises(Refused, match="404"):
            icefloe.webhooks.redeliver(icefloe.organization_id)

    def test_ids_of_a_seed(self, icefloe_server: Server) -> None:
        """Deliveries take none of the ids that a seed gives, whenever they are made."""
        made = []
        for waits in (True, False):
            with icefloe_server.new_organization(seed=1881) as organization:
                organization.webhooks.deliver_to(Handler())
                ids = []
                for _ in range(3):
                    ids.append(organization.customers.create().id)
                    if waits:
                        organization.webhooks.wait_idle()
                made.append(ids)

        assert made[0] == made[1]

    def test_alone(self, icefloe_server: Server, handler: Handler) -> None:
        """What happens elsewhere is not sent here."""
        with icefloe_server.new_organization() as other:
            other.customers.create()
            other.webhooks.wait_idle()
            assert list(other.webhooks.deliveries) == []
        assert handler.received == []
