"""What was asked in an organization's name is written down."""

import pytest

import plain_http
from icefloe.api.messages import HeaderList
from icefloe.control.bounded_log import MAX_BYTES, MAX_ENTRIES
from icefloe.control.messages import BufferedRequest, BufferedResponse
from icefloe.control.request_log import MAX_BODY_BYTES, RequestLog
from standing_in import Treated
from support import HeldTime

pytestmark = pytest.mark.processes

NOW = HeldTime().now


class TestOverTheWire:
    """`/_icefloe/organizations/{id}/requests`."""

    def test_written_down(self, treated: Treated) -> None:
        """A request is there with what was sent and answered, but without its token."""
        treated.create("ada@example.com", name="Ada")
        treated.ask(
            "GET", "/v1/customers/?email=ada%40example.com&limit=1", None, **{"X-Trace": "7"}
        )

        made, listed = treated.requests()

        assert (made["method"], made["path"], made["status"]) == ("POST", "/v1/customers/", 201)
        assert made["body"] == {"email": "ada@example.com", "name": "Ada"}
        assert made["answer"]["email"] == "ada@example.com"
        assert listed["query"] == [["email", "ada@example.com"], ["limit", "1"]]
        assert listed["headers"]["x-trace"] == "7"
        assert listed["body"] is None
        assert [made["number"], listed["number"]] == [1, 2]
        assert treated.token not in str([made, listed])

    def test_refused(self, treated: Treated) -> None:
        """A request with a token that has been revoked is there too."""
        made = treated.control("POST", "/tokens").json()
        treated.control("DELETE", f"/tokens/{made['id']}")
        Treated(treated.server, treated.id, made["token"]).ask("GET", "/v1/customers/")

        assert [each["status"] for each in treated.requests()] == [401]

    def test_set_up(self, treated: Treated) -> None:
        """A request that prepares a test is not there, and no fault has a part in it."""
        treated.control("POST", "/faults", {"kind": "status", "status": 500})
        made = treated.ask(
            "POST", "/v1/customers/", {"email": "a@example.com"}, **{"Icefloe-Setup": "1"}
        )

        assert made.status_code == 201
        assert treated.requests() == []

    def test_pages(self, treated: Treated) -> None:
        """They are asked for behind a number, so many at a time, and can be forgotten."""
        for _ in range(5):
            treated.ask("GET", "/v1/customers/")

        page = treated.control("GET", "/requests?after=2&limit=2").json()
        assert [each["number"] for each in page["items"]] == [3, 4]
        assert page["last"] == 5

        assert treated.control("DELETE", "/requests").status_code == 204
        assert treated.control("GET", "/requests").json() == {"items": [], "last": 5}
        assert treated.control("GET", "/requests?limit=0").status_code == 422

    def test_odd_bodies(self, treated: Treated) -> None:
        """What is no JSON is shown as text, and what JSON cannot hold is shown as what it is called."""
        for content in (b"{nothing", b'{"email": NaN}', b'"\\ud800"', b"\xff", b"[" * 5000):
            treated.ask("POST", "/v1/customers/", None)
            self._send(treated, content)

        shown = [each["body"] for each in treated.requests() if each["body"] is not None]

        assert shown == ["{nothing", {"email": "NaN"}, "\ufffd", "\ufffd", "[" * 5000]

    def _send(self, treated: Treated, content: bytes) -> None:
        plain_http.request(
            "POST",
            f"{treated.server.url}/v1/customers/",
            content=content,
            headers={
                "Authorization": f"Bearer {treated.token}",
                "Content-Type": "application/json",
            },
        )


class TestByItself:
    """`RequestLog`."""

    def test_number_is_bounded(self) -> None:
        """The last thousand are kept."""
        log = RequestLog()
        for number in range(MAX_ENTRIES + 10):
            log.note(NOW, _asked(str(number).encode()), None, faults=(), milliseconds=1.0)

        found = log.find(0, 2 * MAX_ENTRIES)

        assert [found[0].number, found[-1].number, len(found)] == [
            11,
            MAX_ENTRIES + 10,
            MAX_ENTRIES,
        ]

    def test_bytes_are_bounded(self) -> None:
        """Long bodies are cut, and the oldest go where all together are too long."""
        log = RequestLog()
        for _ in range(200):
            body = b"x" * (2 * MAX_BODY_BYTES)
            log.note(
                NOW, _asked(body), BufferedResponse(200, [], body), faults=(), milliseconds=1.0
            )

        found = log.find(0, 1000)

        assert {len(each.request.body) for each in found} == {MAX_BODY_BYTES}
        assert sum(each.weight for each in found) <= MAX_BYTES
        assert found[-1].number == 200

    def test_all_bytes_count(self) -> None:
        """Bodies are not all that is long: query strings and headers are as much."""
        log = RequestLog()
        for _ in range(300):
            request = _asked(b"", query_string=b"q" * 30_000, headers=[(b"x", b"y" * 30_000)])
            log.note(NOW, request, None, faults=(), milliseconds=1.0)

        assert len(log.find(0, 1000)) == MAX_BYTES // 60_015


def _asked(
    body: bytes, query_string: bytes = b"", headers: HeaderList | None = None
) -> BufferedRequest:
    return BufferedRequest("POST", "/v1/customers/", query_string, headers or [], body, None, None)
