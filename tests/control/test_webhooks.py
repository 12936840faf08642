"""The control API's webhooks: what is sent to a real receiver, when, and how it goes wrong."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import webhook_signatures
from icefloe.control.bounded_log import MAX_BYTES
from icefloe.control.webhooks import kinds
from icefloe.control.webhooks.delivery_log import DeliveryLog, Sent
from icefloe.domain.values.webhooks import Outcome
from receiving import Received, Receiver, receiving
from standing_in import KEY, StandIn, Treated
from support import HeldTime, run, start_server

pytestmark = pytest.mark.processes

CREATED = ["customer.created"]
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A receiver for all tests here: each has a path of its own."""
    with receiving() as running:
        yield running


@pytest.fixture
def path(receiver: Receiver) -> Iterator[str]:
    """A path of the receiver's that answers 200, unless a test says otherwise."""
    path = f"/{uuid4()}"
    yield path
    receiver.answers.pop(path, None)


def add_endpoint(treated: Treated, url: str, **values: Any) -> dict[str, Any]:
    """An endpoint; for created customers, unless it is said."""
    asked = {"url": url, "events": CREATED, **values}
    made = treated.control("POST", "/webhooks/endpoints", asked)
    assert made.status_code == 201, made.text
    endpoint: dict[str, Any] = made.json()
    return endpoint


def wait_idle(treated: Treated) -> None:
    """Wait until all that is due was attempted."""
    done = treated.control("POST", "/webhooks/idle", {"timeout": 20})
    assert done.status_code == 204, done.text


def deliveries(treated: Treated) -> list[dict[str, Any]]:
    """What was sent."""
    items: list[dict[str, Any]] = treated.control("GET", "/webhooks/deliveries?limit=1000").json()[
        "items"
    ]
    return items


def problem(treated: Treated, path: str, body: object) -> tuple[list[str], str]:
    """The place and the message of the one thing that is wrong with a request."""
    answer = treated.control("POST", path, body)
    assert answer.status_code == 422, answer.text
    (found,) = answer.json()["detail"]
    return found["loc"], found["msg"]


class TestAll:
    """What holds for all of them."""

    PATHS = (
        ("GET", "/webhooks/endpoints"),
        ("POST", "/webhooks/endpoints"),
        ("DELETE", f"/webhooks/endpoints/{uuid4()}"),
        ("GET", "/webhooks/deliveries"),
        ("DELETE", "/webhooks/deliveries"),
        ("POST", "/webhooks/deliveries/wait"),
        ("POST", "/webhooks/idle"),
        ("POST", f"/webhooks/events/{uuid4()}/redeliver"),
        ("GET", "/webhooks/faults"),
        ("POST", "/webhooks/faults"),
        ("DELETE", "/webhooks/faults"),
        ("DELETE", f"/webhooks/faults/{uuid4()}"),
    )
    BODIES: dict[str, object] = {  # noqa: RUF012 - never changed
        "/webhooks/endpoints": {"url": "http://localhost/"},
        "/webhooks/faults": {"kind": "drop"},
    }

    @pytest.mark.parametrize(("method", "path"), PATHS)
    def test_without_the_key(self, stand_in: StandIn, method: str, path: str) -> None:
        """They need the control key."""
        answer = stand_in.control(method, f"/organizations/{uuid4()}{path}", key=None)
        assert answer.status_code == 401

    @pytest.mark.parametrize(("method", "path"), PATHS)
    def test_not_found(self, stand_in: StandIn, method: str, path: str) -> None:
        """They need an organization that is there."""
        body = self.BODIES.get(path) if method == "POST" else None
        answer = stand_in.control(method, f"/organizations/{uuid4()}{path}", body)
        assert answer.status_code == 404, answer.text


class TestEndpoints:
    """`/webhooks/endpoints`."""

    def test_made(self, treated: Treated) -> None:
        """One needs a URL; it is for all events, and has a new secret."""
        made = treated.control("POST", "/webhooks/endpoints", {"url": "HTTP://LocalHost:3000"})

        assert made.status_code == 201
        endpoint = made.json()
        assert endpoint["url"] == "http://localhost:3000/"
        assert "customer.state_changed" in endpoint["events"]
        assert len(endpoint["events"]) > 40
        assert endpoint["secret"].startswith("whsec_")
        usual = ("format", "signing", "name", "api_version", "enabled")
        assert [endpoint[name] for name in usual] == ["raw", "both", None, None, True]

    def test_listed_and_removed(self, treated: Treated) -> None:
        """They are listed, oldest first; the API has the same ones."""
        made = [add_endpoint(treated, f"http://127.0.0.1:9/{at}") for at in range(3)]

        assert treated.control("GET", "/webhooks/endpoints").json() == {"items": made}
        scopes = {"scopes": ["webhooks:read"]}
        token = treated.control("POST", "/tokens", scopes).json()["token"]
        reader = Treated(treated.server, treated.id, token)
        listed = reader.ask("GET", "/v1/webhooks/endpoints").json()["items"]
        assert [one["id"] for one in listed] == [one["id"] for one in made[::-1]]
        path = f"/webhooks/endpoints/{made[0]['id']}"
        assert treated.control("DELETE", path).status_code == 204
        assert treated.control("DELETE", path).status_code == 404
        assert treated.control("GET", "/webhooks/endpoints").json() == {"items": made[1:]}

    @pytest.mark.parametrize(
        ("asked", "place", "told"),
        [
            ({}, ["url"], "Field required"),
            ({"url": "localhost"}, ["url"], "not the URL of a webhook handler"),
            ({"url": "ftp://localhost/"}, ["url"], "not the URL of a webhook handler"),
            ({"url": "http://example.com/"}, ["url"], "https"),
            ({"url": "https://192.168.0.1/"}, ["url"], "cannot point to localhost or private"),
            ({"events": ["customer.create"]}, ["events", 0], "did you mean 'customer.created'?"),
            ({"secret": "short"}, ["secret"], "must have 32 to 1000 characters"),
            ({"format": "xml"}, ["format"], "'raw', 'discord' or 'slack'"),
            ({"signing": "none"}, ["signing"], "'both', 'whole' or 'standard'"),
            ({"secrets": "x"}, ["secrets"], "Extra inputs are not permitted"),
        ],
    )
    def test_refused(
        self, treated: Treated, asked: dict[str, Any], place: list[Any], told: str
    ) -> None:
        """What cannot be is told of where it stands."""
        usual = {} if "url" in asked or not asked else {"url": "http://localhost/"}
        where, message = problem(treated, "/webhooks/endpoints", {**usual, **asked})
        assert where == ["body", *place]
        assert told in message

    def test_snapshots(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """A snapshot holds endpoints; one that was removed since is back, and what waited is gone."""
        kept = add_endpoint(treated, receiver.url(path))
        taken = treated.control("POST", "/snapshots").json()
        treated.control("DELETE", f"/webhooks/endpoints/{kept['id']}")
        add_endpoint(treated, "http://127.0.0.1:9/")
        treated.create("ada@example.com")
        wait_idle(treated)

        treated.control("POST", f"/snapshots/{taken['id']}/restore")

        assert treated.control("GET", "/webhooks/endpoints").json() == {"items": [kept]}
        treated.control("PATCH", "/clock", {"advance": 7200})
        treated.create("bob@example.com")
        wait_idle(treated)
        bodies = [json.loads(one.body)["data"]["email"] for one in receiver.got(path)]
        assert bodies == ["bob@example.com"]


class TestDeliveries:
    """`/webhooks/deliveries`: what was sent, as the receiver got it."""

    def test_as_it_came(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """A delivery has the headers and the body that came, and what was answered."""
        endpoint = add_endpoint(treated, receiver.url(path), secret="whsec_" + "abcd" * 11)
        ada = treated.create("ada@example.com", name="Ada Löwe")
        wait_idle(treated)

        (delivery,) = deliveries(treated)
        (came,) = receiver.got(path)
        assert delivery["body"].encode() == came.body
        assert json.loads(came.body)["data"] == ada
        for name, value in delivery["headers"].items():
            assert came.header(name) == value
        assert webhook_signatures.accepted_by(
            dict(came.headers), came.body, endpoint["secret"]
        ) == [
            "whole",
            "standard",
        ]
        assert delivery["endpoint_id"] == endpoint["id"]
        assert delivery["event_id"] == came.event_id
        told = ("number", "type", "url", "attempt", "status", "answer", "succeeded", "faults")
        assert [delivery[name] for name in told] == [
            *(1, "customer.created", endpoint["url"], 1, 200, "ok", True, []),
        ]
        listed = treated.control("GET", "/webhooks/deliveries?after=1").json()
        assert listed == {"items": [], "last": 1}

    def test_by_the_clock_of_the_machine(
        self, treated: Treated, receiver: Receiver, path: str
    ) -> None:
        """A verifier accepts what is sent, whatever the organization's clock shows."""
        treated.control("PATCH", "/clock", {"now": "2031-01-01T00:00:00Z", "is_frozen": True})
        endpoint = add_endpoint(treated, receiver.url(path))
        treated.create("ada@example.com")
        wait_idle(treated)

        (came,) = receiver.got(path)
        assert webhook_signatures.is_valid(dict(came.headers), came.body, endpoint["secret"])
        assert json.loads(came.body)["timestamp"] == "2031-01-01T00:00:00Z"
        assert deliveries(treated)[0]["at"] == "2031-01-01T00:00:00Z"

    def test_waited_for(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """A wait is over with the first of its type behind a number, which may have come before."""
        kinds = ["member.created", "customer.created"]
        add_endpoint(treated, receiver.url(path), events=kinds)
        for name in ("ada", "bob"):
            treated.create(f"{name}@example.com")

        def wait(**asked: Any) -> Any:
            return treated.control("POST", "/webhooks/deliveries/wait", asked).json()["number"]

        assert wait(type="customer.created") == 2
        assert wait(type="customer.created", after=2) == 4
        assert wait(type="member.created", after=2) == 3
        assert wait(after=3) == 4
        assert wait() == 1

    def test_that_does_not_come(self, treated: Treated) -> None:
        """A wait that is over without a delivery answers 408, in the API's form."""
        asked = {"type": "customer.deleted", "timeout": 0.05}
        answer = treated.control("POST", "/webhooks/deliveries/wait", asked)

        assert (answer.status_code, answer.json()) == (
            408,
            {"error": "TimedOut", "detail": "no customer.deleted was delivered within 0.05 s"},
        )
        place, told = problem(treated, "/webhooks/deliveries/wait", {"timeout": 21})
        assert (place, "less than or equal to 20" in told) == (["body", "timeout"], True)

    def test_one_that_hangs(self, treated: Treated, receiver: Receiver) -> None:
        """Nothing is idle as long as a receiver does not answer."""
        add_endpoint(treated, receiver.url("/hang"))
        treated.create("ada@example.com")

        answer = treated.control("POST", "/webhooks/idle", {"timeout": 0.2})

        assert (answer.status_code, answer.json()) == (
            408,
            {"error": "TimedOut", "detail": "deliveries are still under way within 0.2 s"},
        )

    def test_the_log_is_bounded(self) -> None:
        """Bodies are whole; the oldest go where all together are too long."""
        log = DeliveryLog()
        for _ in range(300):
            log.note(_sent(b"x" * 64 * 1024))

        found = log.find(0, 1000)

        assert {len(one.sent.body) for one in found} == {64 * 1024}
        assert sum(one.weight for one in found) <= MAX_BYTES
        assert found[-1].number == 300
        assert run(log.wait_for(None, 300, 0)) is None


class TestRedelivery:
    """`/webhooks/events/{event_id}/redeliver`."""

    def test_again(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """The same event comes again."""
        add_endpoint(treated, receiver.url(path))
        treated.create("ada@example.com")
        wait_idle(treated)
        event_id = deliveries(treated)[0]["event_id"]

        again = treated.control("POST", f"/webhooks/events/{event_id}/redeliver")
        wait_idle(treated)

        assert again.status_code == 204
        first, second = receiver.got(path)
        assert (first.event_id, first.body) == (second.event_id, second.body)

    def test_another_organizations(
        self, make: Callable[..., Treated], receiver: Receiver, path: str
    ) -> None:
        """An event is known to its own organization only."""
        treated, other = make(), make()
        add_endpoint(treated, receiver.url(path))
        treated.create("ada@example.com")
        wait_idle(treated)
        event_id = deliveries(treated)[0]["event_id"]

        assert other.control("POST", f"/webhooks/events/{event_id}/redeliver").status_code == 404


class TestTime:
    """Retries go by the organization's clock."""

    def test_all_attempts(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """An hour that passes brings all ten attempts, each at its own time, and no more."""
        treated.control("PATCH", "/clock", {"now": "2026-05-01T00:00:00Z", "is_frozen": True})
        receiver.answers[path] = BUSY
        add_endpoint(treated, receiver.url(path))
        treated.create("ada@example.com")

        shown = treated.control("PATCH", "/clock", {"advance": 3600}).json()
        treated.control("PATCH", "/clock", {"advance": 3600})

        assert shown["now"] == "2026-05-01T01:00:00Z"
        assert [one["attempt"] for one in deliveries(treated)] == list(range(1, 11))
        moments = [one["at"] for one in deliveries(treated)]
        assert moments == sorted(set(moments))
        assert moments[0] == "2026-05-01T00:00:00Z"
        assert "2026-05-01T00:00:04" <= moments[1] <= "2026-05-01T00:00:08"
        assert len(receiver.got(path)) == 10

    def test_set_to_a_moment(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """It is the same for a clock that is set to a later moment; and a wrong one changes nothing."""
        treated.control("PATCH", "/clock", {"now": "2026-05-01T00:00:00Z", "is_frozen": True})
        receiver.answers[path] = BUSY
        add_endpoint(treated, receiver.url(path))
        treated.create("ada@example.com")
        wait_idle(treated)

        assert (
            treated.control("PATCH", "/clock", {"now": "9000-01-01T00:00:00Z"}).status_code == 422
        )
        assert len(deliveries(treated)) == 1
        treated.control("PATCH", "/clock", {"now": "2026-05-01T00:00:30Z"})
        treated.control("PATCH", "/clock", {"now": "2026-05-01T00:00:01Z"})

        assert 2 < len(deliveries(treated)) < 5

    def test_disabled(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """Ten events that fail in a row disable their endpoint."""
        receiver.answers[path] = BUSY
        add_endpoint(treated, receiver.url(path))
        treated.control("PATCH", "/clock", {"is_frozen": True})
        for number in range(11):
            treated.create(f"{number}@example.com")
        treated.control("PATCH", "/clock", {"advance": 7200})

        (endpoint,) = treated.control("GET", "/webhooks/endpoints").json()["items"]
        assert not endpoint["enabled"]

    def test_a_fast_clock(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """A clock that runs fast brings retries soon."""
        receiver.answers[path] = BUSY
        add_endpoint(treated, receiver.url(path))
        treated.control("PATCH", "/clock", {"speed": 1000})
        treated.create("ada@example.com")

        receiver.wait_for(4, path)


class TestFaults:
    """`/webhooks/faults`: each as the receiver sees it."""

    def add(self, treated: Treated, **fault: Any) -> dict[str, Any]:
        """Add a fault."""
        made = treated.control("POST", "/webhooks/faults", fault)
        assert made.status_code == 201, made.text
        told: dict[str, Any] = made.json()
        return told

    def deliver(
        self, treated: Treated, receiver: Receiver, path: str, **fault: Any
    ) -> tuple[list[Received], dict[str, Any]]:
        """What comes of a created customer, and the endpoint, under a fault."""
        kinds = [*CREATED, "customer.state_changed"]
        endpoint = add_endpoint(treated, receiver.url(path), events=kinds)
        self.add(treated, **fault)
        treated.create("ada@example.com")
        wait_idle(treated)
        return receiver.got(path), endpoint

    def test_duplicate(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """The same message comes twice."""
        came, _ = self.deliver(treated, receiver, path, kind="duplicate", times=1)

        assert _types(came) == [*CREATED * 2, "customer.state_changed"]
        assert (came[0].headers, came[0].body) == (came[1].headers, came[1].body)

    def test_reorder(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """A message comes after the next one."""
        came, _ = self.deliver(treated, receiver, path, kind="reorder", times=1)

        assert _types(came) == ["customer.state_changed", "customer.created"]
        assert [one["faults"] for one in deliveries(treated)] == [[], ["reorder"]]

    def test_delay(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """A message comes later; those behind it wait."""
        came, _ = self.deliver(treated, receiver, path, kind="delay", seconds=0.2, times=1)

        assert _types(came) == [*CREATED, "customer.state_changed"]
        assert [one["faults"] for one in deliveries(treated)] == [["delay"], []]

    def test_drop(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """A message does not come until it is due again."""
        came, _ = self.deliver(treated, receiver, path, kind="drop", times=1)
        treated.control("PATCH", "/clock", {"advance": 10})

        assert _types(came) == ["customer.state_changed"]
        assert _types(receiver.got(path)) == ["customer.state_changed", "customer.created"]

    def test_drop_after(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """A message comes, and comes again as if it had not been answered."""
        came, _ = self.deliver(treated, receiver, path, kind="drop", after=True, times=1)
        treated.control("PATCH", "/clock", {"advance": 10})

        assert _types(came) == [*CREATED, "customer.state_changed"]
        assert _types(receiver.got(path)) == [*CREATED, "customer.state_changed", *CREATED]

    def test_wrong_key(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """A message is signed with another key, and only the one that the fault is for."""
        came, endpoint = self.deliver(treated, receiver, path, kind="wrong_key", times=1)

        assert [_is_valid(one, endpoint) for one in came] == [False, True]
        assert (
            webhook_signatures.accepted_by(dict(came[0].headers), came[0].body, endpoint["secret"])
            == []
        )

    def test_stale_timestamp(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """A message is signed rightly, for an hour ago."""
        came, endpoint = self.deliver(treated, receiver, path, kind="stale_timestamp", times=1)

        assert [_is_valid(one, endpoint) for one in came] == [False, True]
        sent = [int(one.header("webhook-timestamp")) for one in came]
        assert 3590 <= sent[1] - sent[0] <= 3610
        assert (
            len(
                webhook_signatures.accepted_by(
                    dict(came[0].headers), came[0].body, endpoint["secret"]
                )
            )
            == 2
        )

    def test_endpoint_down(self, treated: Treated, receiver: Receiver, path: str) -> None:
        """So many attempts find no connection."""
        came, _ = self.deliver(treated, receiver, path, kind="endpoint_down", times=2)
        treated.control("PATCH", "/clock", {"advance": 10})

        assert came == []
        assert len(receiver.got(path)) == 2
        assert [one["status"] for one in deliveries(treated)] == [None, None, 200, 200]

    def test_endpoint_down_until_it_is_disabled(
        self, treated: Treated, receiver: Receiver, path: str
    ) -> None:
        """Without a number it lasts until the endpoint is disabled; then another is not down."""
        endpoint = add_endpoint(treated, receiver.url(path))
        treated.control("PATCH", "/clock", {"is_frozen": True})
        self.add(treated, kind="endpoint_down")
        for number in range(10):
            treated.create(f"{number}@example.com")
        treated.control("PATCH", "/clock", {"advance": 7200})
        add_endpoint(treated, receiver.url(path))
        treated.create("ada@example.com")
        wait_idle(treated)

        assert treated.control("GET", "/webhooks/faults").json() == {"items": []}
        last = deliveries(treated)[-1]
        assert (last["status"], last["endpoint_id"] == endpoint["id"]) == (200, False)
        assert len(receiver.got(path)) == 1

    def test_listed_and_removed(self, treated: Treated) -> None:
        """They are listed as they were added, apart from those of requests."""
        made = [
            self.add(treated, kind="drop", after=True, skip=2),
            self.add(treated, kind="delay", seconds=1, endpoint_id=str(uuid4())),
            self.add(treated, kind="duplicate", type="customer.*", times=3),
        ]

        assert treated.control("GET", "/webhooks/faults").json() == {"items": made}
        assert treated.control("GET", "/faults").json() == {"items": []}
        assert made[2]["left"] == 3
        path = f"/webhooks/faults/{made[0]['id']}"
        assert treated.control("DELETE", path).status_code == 204
        assert treated.control("DELETE", path).status_code == 404
        assert treated.control("DELETE", "/webhooks/faults").status_code == 204
        assert treated.control("GET", "/webhooks/faults").json() == {"items": []}

    @pytest.mark.parametrize(
        ("fault", "told"),
        [
            ({}, "Unable to extract tag"),
            ({"kind": "status"}, "does not match any of the expected tags"),
            ({"kind": "drop", "type": "customers.*"}, "there is no such type of event"),
            ({"kind": "drop", "path": "/v1/*"}, "Extra inputs are not permitted"),
            ({"kind": "drop", "times": 0}, "greater than or equal to 1"),
            ({"kind": "delay"}, "Field required"),
            ({"kind": "delay", "seconds": 61}, "less than or equal to 60"),
            ({"kind": "duplicate", "endpoint_id": "x"}, "valid UUID"),
        ],
    )
    def test_refused(self, treated: Treated, fault: dict[str, Any], told: str) -> None:
        """What is no fault is refused."""
        assert told in problem(treated, "/webhooks/faults", fault)[1]

    def test_read_twice(self) -> None:
        """A fault is shown with all that it can be given."""
        fault = kinds.read({"kind": "stale_timestamp"})
        assert kinds.read(fault.model_dump()) == fault


class TestOfAServer:
    """What a server with other settings does."""

    def test_without_a_courier(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A server that sends no webhooks says so to a test that waits for them."""
        monkeypatch.setenv("ICEFLOE_CONTROL_KEY", KEY)
        flags = ("--control", "--no-deliver")
        server = start_server(str(tmp_path / "x.db"), tmp_path / "log", *flags)
        treated = StandIn(server.url).make()

        told = problem(treated, "/webhooks/idle", {})
        clock = treated.control("PATCH", "/clock", {"advance": 60})
        server.stop()

        assert told[1] == "this server sends no webhooks: start it without --no-deliver"
        assert clock.status_code == 200


def _types(came: list[Received]) -> list[str]:
    return [json.loads(one.body)["type"] for one in came]


def _is_valid(came: Received, endpoint: dict[str, Any]) -> bool:
    return webhook_signatures.is_valid(dict(came.headers), came.body, endpoint["secret"])


def _sent(body: bytes) -> Sent:
    time = HeldTime()
    return Sent(
        at=time.now,
        endpoint_id=uuid4(),
        event_id=uuid4(),
        type="customer.created",
        attempt=1,
        url="http://localhost/",
        headers=(("webhook-id", "x"),),
        body=body,
        faults=(),
        outcome=Outcome(succeeded=True, http_code=200, response=None, duration=time.now - time.now),
    )
