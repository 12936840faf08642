"""Faults: what each kind does to a client, for which requests, and what may be asked for."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from control.around import CUSTOMERS, Running, World, running_server
from icefloe.control.faults import counting, faults, kinds
from icefloe.control.faults.counting import MAX_FAULTS
from icefloe.control.faults.faults import Fault, Faults
from icefloe.control.messages import BufferedRequest, BufferedResponse
from icefloe.domain.values.errors import InvalidValue

INVALID_TOKEN = {
    "error": "invalid_token",
    "error_description": "The access token provided is expired, revoked, malformed, or invalid for"
    " other reasons.",
}

DEEP: list[Any] = []
for _ in range(2000):
    DEEP = [DEEP]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for all tests here."""
    with running_server(tmp_path_factory.mktemp("around")) as running:
        yield running


@pytest.fixture
def world(running: Running) -> World:
    """An organization without customers."""
    return running.make_world()


def request(method: str = "GET", path: str = CUSTOMERS) -> BufferedRequest:
    """A request."""
    return BufferedRequest(method, path, b"", [], b"", None, None)


def taken(faults_of: Faults, *requests: BufferedRequest) -> list[list[str]]:
    """The kinds that apply to each of the requests."""
    return [[fault.kind for fault in faults_of.take(one)] for one in requests]


def _read(value: object) -> Fault:
    """The fault that a JSON value describes."""
    return Fault(kinds.read(value))


@pytest.mark.processes
class TestStatus:
    """`status`: an answer in place of the API's."""

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (401, {"error": "Unauthorized", "detail": "Unauthorized"}),
            (404, {"error": "ResourceNotFound", "detail": "Not found"}),
            (405, {"detail": "Method Not Allowed"}),
            (409, {"detail": "Conflict"}),
            (418, {"detail": "I'm a Teapot"}),
            (499, {"detail": "Error"}),
            (501, {"detail": "Not Implemented"}),
        ],
    )
    def test_json(self, world: World, status: int, body: object) -> None:
        """What the API itself may answer looks as from it."""
        world.add(kind="status", status=status)

        answer = world.get()

        assert (answer.status_code, answer.json()) == (status, body)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["polar-version"] == "2026-04"
        assert answer.headers["cache-control"] == "private, no-store"

    def test_version(self, world: World) -> None:
        """The version is the one that was asked for."""
        world.add(kind="status", status=404)

        answer = world.get(headers={"Polar-Version": "2026-10"})

        assert answer.headers["polar-version"] == "2026-10"

    def test_too_many(self, world: World) -> None:
        """429 is empty, and says when to try again: after a minute unless told otherwise."""
        world.add(kind="status", status=429, times=1)
        world.add(kind="status", status=429, retry_after=1)

        first, second = world.get(), world.get()

        assert [first.status_code, first.headers["retry-after"], first.content] == [429, "60", b""]
        assert [second.status_code, second.headers["retry-after"]] == [429, "1"]

    def test_internal_error(self, world: World) -> None:
        """500 is the API's own."""
        world.add(kind="status", status=500)

        answer = world.get()

        assert (answer.status_code, answer.text) == (500, "Internal Server Error")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"

    @pytest.mark.parametrize("status", [502, 503, 504])
    def test_proxy(self, world: World, status: int) -> None:
        """What stands before the API answers with a page."""
        world.add(kind="status", status=status)

        answer = world.get()

        assert answer.status_code == status
        assert answer.headers["content-type"] == "text/html"
        assert f"<h1>{status} " in answer.text
        assert not {"retry-after", "polar-version"} & set(answer.headers)

    def test_proxy_says_when(self, world: World) -> None:
        """503 says when to try again if it is to."""
        world.add(kind="status", status=503, retry_after=7)

        assert world.get().headers["retry-after"] == "7"

    def test_insufficient_scope(self, world: World) -> None:
        """403 names the scopes of the endpoint that was asked for."""
        world.add(kind="status", status=403)

        answer = world.request("POST", CUSTOMERS, json={})

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert 'scope="customers:write' in answer.headers["www-authenticate"]

    def test_invalid(self, world: World) -> None:
        """422 has the form that clients read: a list of problems."""
        world.add(kind="status", status=422)

        answer = world.request("POST", CUSTOMERS, json={})

        assert answer.status_code == 422
        assert [problem["type"] for problem in answer.json()["detail"]] == ["value_error"]

    def test_other_method(self, world: World) -> None:
        """405 allows another method than the one that was asked with."""
        world.add(kind="status", status=405)

        assert world.get().headers["allow"] == "POST"
        assert world.request("POST", CUSTOMERS, json={}).headers["allow"] == "GET"

    def test_has_not_acted(self, world: World) -> None:
        """Nothing is written by a request that is answered so."""
        world.add(kind="status", status=500, times=1)

        world.request("POST", CUSTOMERS, json={"email": "a@example.com"})

        assert world.get().json()["items"] == []


@pytest.mark.processes
class TestDelay:
    """`delay`: the ordinary answer, later."""

    def test_answer_is_ordinary(self, world: World) -> None:
        """The answer is as it would have been."""
        plain = world.get().content
        world.add(kind="delay", seconds=0.05)

        assert world.get().content == plain

    def test_times_out(self, world: World) -> None:
        """A client that does not wait so long gives up; others go on meanwhile."""
        world.add(kind="delay", seconds=5, times=1)

        with pytest.raises(httpx.ReadTimeout):
            world.get(timeout=httpx.Timeout(120, read=0.2))
        assert world.get().status_code == 200


@pytest.mark.processes
class TestDrop:
    """`drop`: no answer."""

    @pytest.mark.parametrize(("has_acted", "count"), [(False, 0), (True, 1)])
    def test_acts_or_not(self, world: World, has_acted: bool, count: int) -> None:  # noqa: FBT001 - the case
        """The request has acted or has not, as the fault says."""
        world.add(kind="drop", after=has_acted, times=1)

        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            world.request("POST", CUSTOMERS, json={"email": "a@example.com"})

        assert world.get().json()["pagination"]["total_count"] == count

    def test_with_the_same_key_again(self, world: World) -> None:
        """Asking again with an Idempotency-Key gets the answer that was lost."""
        world.add(kind="drop", after=True, times=1)
        sent = {"headers": {"Idempotency-Key": "k"}, "json": {"email": "a@example.com"}}

        with pytest.raises(httpx.RemoteProtocolError):
            world.request("POST", CUSTOMERS, **sent)
        again = world.request("POST", CUSTOMERS, **sent)

        assert again.status_code == 201
        assert world.get().json()["pagination"]["total_count"] == 1


@pytest.mark.processes
class TestCut:
    """`cut`: a part of the answer."""

    def test_has_acted(self, world: World) -> None:
        """The client does not get the whole answer, and the request has acted."""
        world.add(kind="cut", times=1)

        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            world.request("POST", CUSTOMERS, json={"email": "a@example.com"})

        assert world.get().json()["pagination"]["total_count"] == 1

    def test_without_a_body(self, world: World) -> None:
        """An answer that has no body is not sent at all."""
        made = world.make()
        world.add(kind="cut", method="DELETE")

        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            world.request("DELETE", f"{CUSTOMERS}{made['id']}")

        assert world.get().json()["items"] == []

    def test_of_what_a_fault_answers(self, world: World) -> None:
        """An answer that another fault gives is cut too, where the cut was added before it."""
        world.add(kind="cut")
        world.add(kind="status", status=502)

        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            world.get()


@pytest.mark.processes
class TestContentType:
    """`content_type`: the ordinary body under another type."""

    def test_type(self, world: World) -> None:
        """The type is another, and the body the same."""
        plain = world.get()
        world.add(kind="content_type", content_type="text/html; charset=utf-8")

        answer = world.get()

        assert answer.content == plain.content
        assert answer.headers.get_list("content-type") == ["text/html; charset=utf-8"]

    def test_of_what_a_fault_answers(self, world: World) -> None:
        """An answer that another fault gives has the type too, where that was added before it."""
        world.add(kind="content_type", content_type="application/json")
        world.add(kind="status", status=502)

        answer = world.get()

        assert (answer.status_code, answer.headers["content-type"]) == (502, "application/json")


class TestField:
    """`field`: an answer whose fields are not as they were."""

    @pytest.mark.processes
    def test_missing(self, world: World) -> None:
        """The key is gone from each customer of a list, and from one by itself; others stay."""
        made = world.make()
        world.add(kind="field", field="avatar_url", change="missing")
        left = [name for name in made if name != "avatar_url"]

        (item,) = world.get().json()["items"]
        alone = world.get(f"{CUSTOMERS}{made['id']}").json()

        assert list(item) == list(alone) == left

    @pytest.mark.processes
    @pytest.mark.parametrize(
        ("change", "value"),
        [
            ({"change": "null"}, None),
            ({"change": "unknown"}, "unknown"),
            ({"change": "value", "value": {"deep": [1, None, 1.5]}}, {"deep": [1, None, 1.5]}),
        ],
    )
    def test_another_value(self, world: World, change: dict[str, Any], value: object) -> None:
        """The value is another, and the key where it was."""
        made = world.make()
        world.add(kind="field", field="type", **change)

        changed = world.get(f"{CUSTOMERS}{made['id']}").json()

        assert changed == made | {"type": value}
        assert list(changed) == list(made)

    @pytest.mark.processes
    def test_unknown_key(self, world: World) -> None:
        """A key that there is not is added, as a later version of the API might."""
        made = world.make()
        world.add(kind="field", field="shoe_size", change="unknown")

        changed = world.get(f"{CUSTOMERS}{made['id']}").json()

        assert changed == made | {"shoe_size": "unknown"}

    @pytest.mark.processes
    def test_in_an_object(self, world: World) -> None:
        """A dot goes into an object; where there is none, nothing changes."""
        with_address = world.make(1, billing_address={"country": "FR", "city": "Brest"})
        without = world.make(2)
        world.add(kind="field", field="billing_address.city", change="missing")

        items = world.get().json()["items"]

        assert items[0] == without
        assert "city" not in items[1]["billing_address"]
        assert items[1]["billing_address"]["country"] == "FR"
        assert items[1]["id"] == with_address["id"]

    def test_in_an_array(self) -> None:
        """A dot goes into each object of an array."""
        fault = _read({"kind": "field", "field": "rows.a", "change": "null"})

        changed = faults.after([fault], BufferedResponse(200, [], b'{"rows":[{"a":1},{"b":2},3]}'))

        assert isinstance(changed, BufferedResponse)
        assert json.loads(changed.body) == {"rows": [{"a": None}, {"b": 2, "a": None}, 3]}

    @pytest.mark.processes
    def test_envelope(self, world: World) -> None:
        """What names a part of the envelope goes there, and of a customer by itself nowhere."""
        made = world.make()
        world.add(kind="field", field="pagination.max_page", change="missing")

        assert world.get().json()["pagination"] == {"total_count": 1}
        assert world.get(f"{CUSTOMERS}{made['id']}").json() == made

    @pytest.mark.processes
    def test_whole_items(self, world: World) -> None:
        """The list itself can be gone."""
        world.make()
        world.add(kind="field", field="items", change="null")

        assert world.get().json()["items"] is None

    @pytest.mark.processes
    def test_members(self, world: World) -> None:
        """Members are changed like customers."""
        world.make()
        world.add(kind="field", field="role", change="value", value="captain")

        assert [item["role"] for item in world.get("/v1/members/").json()["items"]] == ["captain"]

    @pytest.mark.processes
    def test_numbers_stay(self, world: World) -> None:
        """Numbers keep their text, however long or small, and so does all else."""
        notes = {"big": 9007199254740993123456789, "float": 1.0, "tiny": 1e-7, "text": 'é"\\\n'}
        made = world.make(metadata=notes)
        plain = world.get(f"{CUSTOMERS}{made['id']}").content
        world.add(kind="field", field="name", change="value", value=made["name"])

        assert world.get(f"{CUSTOMERS}{made['id']}").content == plain

    @pytest.mark.processes
    @pytest.mark.parametrize("path", ["/v1/customers/export", "/v1/customers/x", "/v1/nope"])
    def test_other_answers_stay(self, world: World, path: str) -> None:
        """An answer that is no JSON object, or not a good one, stays as it is."""
        plain = world.get(path)
        world.add(kind="field", field="detail", change="missing")

        assert world.get(path).content == plain.content


@pytest.mark.processes
class TestToken:
    """`token`: the token is refused."""

    @pytest.mark.parametrize("reason", ["expired", "revoked"])
    def test_refused(self, world: World, reason: str) -> None:
        """It is refused as one that is really so."""
        real = world.get(headers={"Authorization": "Bearer polar_oat_nothing"})
        world.add(kind="token", reason=reason)

        answer = world.get()

        assert (answer.status_code, answer.json()) == (401, INVALID_TOKEN)
        assert answer.content == real.content
        assert {**answer.headers, "date": ""} == {**real.headers, "date": ""}


class TestStale:
    """`stale`: taken, and carried out by the application."""

    def test_reads_alone(self) -> None:
        """It is for reads, and does nothing of its own."""
        several = Faults()
        several.add(_read({"kind": "stale", "times": 1}))

        assert taken(several, request("POST"), request("PATCH")) == [[], []]
        (fault,) = several.take(request())

        assert asyncio.run(faults.before([fault], request())) is None
        response = BufferedResponse(200, [], b"{}")
        assert faults.after([fault], response) == response


class TestTake:
    """Which requests a fault is for."""

    @pytest.mark.parametrize(
        ("fault", "request_of", "fits"),
        [
            ({}, ("GET", CUSTOMERS), True),
            ({}, ("DELETE", "/v1/members/x"), True),
            ({}, ("GET", "/healthz"), False),
            ({"path": "*"}, ("GET", "/healthz"), True),
            ({"method": "GET"}, ("POST", CUSTOMERS), False),
            ({"method": "get"}, ("GET", CUSTOMERS), True),
            ({"path": "/v1/customers/*"}, ("GET", "/v1/customers/1/state"), True),
            ({"path": "/v1/customers/*"}, ("GET", CUSTOMERS), True),
            ({"path": "/v1/customers"}, ("GET", CUSTOMERS), True),
            ({"path": CUSTOMERS}, ("GET", "/v1/customers"), True),
            ({"path": CUSTOMERS}, ("GET", "/v1/customers/1"), False),
            ({"path": "/v1/customers/*/state"}, ("GET", "/v1/customers/1"), False),
            ({"path": "/v1/customers/external/USR*"}, ("GET", "/v1/customers/external/usr"), False),
            ({"path": "/v1/customers/*"}, ("GET", "/api/v1/customers/1"), True),
            ({"method": None, "path": None}, ("GET", CUSTOMERS), True),
        ],
    )
    def test_fits(
        self,
        fault: dict[str, Any],
        request_of: tuple[str, str],
        fits: bool,  # noqa: FBT001 - the case
    ) -> None:
        """Method and path decide; a slash at the end does not."""
        several = Faults()
        several.add(_read({"kind": "delay", "seconds": 0, **fault}))

        assert bool(several.take(request(*request_of))) is fits

    def test_skip_and_times(self) -> None:
        """It lets some pass, has its times, and is gone."""
        several = Faults()
        fault = several.add(_read({"kind": "drop", "skip": 1, "times": 2}))

        assert taken(several, request(), request()) == [[], ["drop"]]
        assert (fault.left, several.all()) == (1, [fault])
        assert taken(several, request(), request()) == [["drop"], []]
        assert several.all() == []

    def test_several(self) -> None:
        """All that fit apply in their order, up to the first that answers; the others wait."""
        several = Faults()
        for fault in (
            {"kind": "delay", "seconds": 0},
            {"kind": "status", "status": 500, "times": 1},
            {"kind": "cut", "times": 1},
            {"kind": "status", "status": 503, "times": 1},
        ):
            several.add(_read(fault))

        assert taken(several, request(), request(), request()) == [
            ["delay", "status"],
            ["delay", "cut", "status"],
            ["delay"],
        ]

    def test_skip_counts_what_others_answer(self) -> None:
        """A request that another fault answers is one that passes."""
        several = Faults()
        several.add(_read({"kind": "status", "status": 500, "times": 1}))
        several.add(_read({"kind": "status", "status": 503, "skip": 1}))

        assert [fault.what.model_dump()["status"] for fault in several.take(request())] == [500]
        assert [fault.what.model_dump()["status"] for fault in several.take(request())] == [503]


class TestFaults:
    """The faults of an organization."""

    def test_remove(self) -> None:
        """One is removed by its id, once; and all at once."""
        several = Faults()
        one = several.add(_read({"kind": "drop"}))
        other = several.add(_read({"kind": "drop"}))

        assert (several.remove(one.id), several.remove(one.id)) == (True, False)
        assert several.all() == [other]
        several.clear()
        assert several.all() == []

    def test_bounded(self) -> None:
        """There are at most a hundred."""
        several = Faults()
        for _ in range(MAX_FAULTS):
            several.add(_read({"kind": "drop"}))

        with pytest.raises(InvalidValue, match="at most 100 faults"):
            several.add(_read({"kind": "drop"}))


class TestRead:
    """What may be asked for, and how it is told."""

    @pytest.mark.parametrize(
        ("value", "own"),
        [
            ({"kind": "status", "status": 429}, {"retry_after": None}),
            ({"kind": "status", "status": 503, "retry_after": 0, "times": 3}, {}),
            ({"kind": "delay", "seconds": 0.25, "method": "GET", "path": "/v1/*"}, {}),
            ({"kind": "delay", "seconds": 60, "skip": 4}, {}),
            ({"kind": "drop"}, {"after": False}),
            ({"kind": "drop", "after": True}, {}),
            ({"kind": "cut"}, {"at": 0.5}),
            ({"kind": "content_type", "content_type": "text/html"}, {}),
            ({"kind": "field", "field": "a.b", "change": "missing"}, {}),
            ({"kind": "field", "field": "a", "change": "value", "value": None}, {}),
            ({"kind": "field", "field": "a", "change": "value", "value": [1, {"b": 2}]}, {}),
            ({"kind": "token", "reason": "expired"}, {}),
            ({"kind": "stale"}, {}),
        ],
    )
    def test_told_as_taken(self, value: dict[str, Any], own: dict[str, Any]) -> None:
        """A fault is given back as it is taken, with its id, what is left, and what was left out."""
        fault = _read(value)
        usual = {"method": None, "path": None, "times": None, "skip": 0}

        told = counting.render(fault)

        beside = {"id": str(fault.id), "left": value.get("times")}
        assert told == {**usual, **own, **value, **beside}
        assert _read({k: v for k, v in told.items() if k not in beside}).what == fault.what

    @pytest.mark.parametrize(
        ("value", "place"),
        [
            (None, ()),
            ([], ()),
            ({}, ()),
            ({"kind": "rain"}, ()),
            ({"kind": "status"}, ("status", "status")),
            ({"kind": "status", "status": 399}, ("status", "status")),
            ({"kind": "status", "status": 600}, ("status", "status")),
            ({"kind": "status", "status": "500"}, ("status", "status")),
            ({"kind": "status", "status": 500, "retry_after": 1}, ("status",)),
            ({"kind": "status", "status": 429, "retry_after": -1}, ("status", "retry_after")),
            ({"kind": "delay", "seconds": 61}, ("delay", "seconds")),
            ({"kind": "delay", "seconds": -1}, ("delay", "seconds")),
            ({"kind": "delay", "seconds": float("nan")}, ("delay", "seconds")),
            ({"kind": "drop", "after": 1}, ("drop", "after")),
            ({"kind": "cut", "at": 1}, ("cut", "at")),
            ({"kind": "content_type", "content_type": "a\r\nb: c"}, ("content_type",) * 2),
            ({"kind": "content_type", "content_type": ""}, ("content_type",) * 2),
            ({"kind": "field", "field": "a", "change": "gone"}, ("field", "change")),
            ({"kind": "field", "field": "", "change": "null"}, ("field", "field")),
            ({"kind": "field", "field": "a", "change": "value"}, ("field",)),
            ({"kind": "field", "field": "a", "change": "null", "value": 1}, ("field",)),
            ({"kind": "field", "field": "a", "change": "value", "value": DEEP}, ("field",)),
            ({"kind": "token", "reason": "lost"}, ("token", "reason")),
            ({"kind": "stale", "at": 1}, ("stale", "at")),
            ({"kind": "drop", "times": 0}, ("drop", "times")),
            ({"kind": "drop", "skip": -1}, ("drop", "skip")),
            ({"kind": "drop", "method": "GET /"}, ("drop", "method")),
            ({"kind": "drop", "path": ""}, ("drop", "path")),
            ({"kind": "drop", "colour": "red"}, ("drop", "colour")),
        ],
    )
    def test_refused(self, value: object, place: tuple[str, ...]) -> None:
        """What is wrong is refused, and its place named."""
        with pytest.raises(ValidationError) as refused:
            _read(value)

        assert [problem["loc"] for problem in refused.value.errors()] == [place]
