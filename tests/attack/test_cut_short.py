"""Requests whose connection ends before their whole body has come: none is carried out."""

import json
import time

import httpx
import pytest

from attack import raw
from dashboard import over_http
from standing_in import KEY, StandIn, Treated
from support import Organization, Server, new_customer

pytestmark = pytest.mark.processes

BODY = b'{"email": "ada@example.com", "name": "Ada"}'
CUT = (b"", BODY[:1], BODY[:-1])
"""What came of the body."""


def _head(organization: Organization, method: str, path: str, **headers: str | int) -> bytes:
    shown = {"Authorization": f"Bearer {organization.token()}", "Content-Type": "application/json"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return raw.head(method, path, {**shown, **named})


def _emails(organization: Organization) -> list[str]:
    return [item["email"] for item in organization.get("/v1/customers/").json()["items"]]


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


class TestApi:
    """Requests to the API."""

    @pytest.mark.parametrize("part", CUT, ids=len)
    def test_create(self, attacked: Organization, part: bytes) -> None:
        """No customer is made."""
        head = _head(attacked, "POST", "/v1/customers/", Content_Length=len(BODY))

        answer = raw.cut_short(attacked.url, head + part)

        assert _status(answer) == 400
        assert b'"RequestBodyIncomplete"' in answer
        assert _emails(attacked) == []

    def test_create_by_a_part_that_is_whole(self, attacked: Organization) -> None:
        """Nor where the part that came would do by itself."""
        head = _head(attacked, "POST", "/v1/customers/", Content_Length=len(BODY) + 10)

        assert _status(raw.cut_short(attacked.url, head + BODY)) == 400
        assert _emails(attacked) == []

    def test_create_once(self, attacked: Organization) -> None:
        """Its `Idempotency-Key` is as if it had never been used."""
        length = len(BODY) + 1
        once = {"Idempotency_Key": "once"}
        head = _head(attacked, "POST", "/v1/customers/", Content_Length=length, **once)
        assert _status(raw.cut_short(attacked.url, head + BODY)) == 400

        other = {"email": "bob@example.com"}
        made = attacked.request(
            "POST", "/v1/customers/", body=other, headers={"Idempotency-Key": "once"}
        )

        assert made.status_code == 201
        assert _emails(attacked) == ["bob@example.com"]

    @pytest.mark.parametrize("method", ["PATCH", "PUT"])
    def test_change(self, attacked: Organization, method: str) -> None:
        """No customer is changed."""
        attacked.keep(new_customer(1))
        before = attacked.get("/v1/customers/external/usr_1").json()
        head = _head(attacked, method, "/v1/customers/external/usr_1", Content_Length=99)

        assert _status(raw.cut_short(attacked.url, head + BODY)) == 400
        assert attacked.get("/v1/customers/external/usr_1").json() == before

    def test_delete(self, attacked: Organization) -> None:
        """Nor deleted, by a request that has a body though it needs none."""
        attacked.keep(new_customer(1))
        head = _head(attacked, "DELETE", "/v1/customers/external/usr_1", Content_Length=3)

        assert _status(raw.cut_short(attacked.url, head + b"{}")) == 400
        assert attacked.get("/v1/customers/external/usr_1").status_code == 200

    def test_delete_with_a_body(self, attacked: Organization) -> None:
        """One whose needless body comes whole is carried out."""
        attacked.keep(new_customer(1))

        assert attacked.request("DELETE", "/v1/customers/external/usr_1", body={}).is_success
        assert attacked.get("/v1/customers/external/usr_1").status_code == 404

    def test_closed(self, attacked: Organization, impatient: Server) -> None:
        """The same goes for a connection that is closed in both directions."""
        head = _head(attacked, "POST", "/v1/customers/", Content_Length=len(BODY) + 1)
        noted = impatient.log.read_text("utf-8").count('"status":400')
        with raw.connect(attacked.url) as connection:
            connection.sendall(head + BODY)

        deadline = time.monotonic() + raw.PATIENCE_SECONDS
        while impatient.log.read_text("utf-8").count('"status":400') == noted:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert _emails(attacked) == []


class TestDashboard:
    """Forms and files sent to the dashboard."""

    def _cut_short(
        self, visitor: over_http.Visitor, path: str, content_type: str, body: bytes
    ) -> bytes:
        """Send all of a form but its last byte."""
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        headers = {"Content-Type": content_type, "Content-Length": len(body), "Cookie": cookies}
        return raw.cut_short(visitor.url, raw.head("POST", path, headers) + body[:-1])

    def test_form(self, attacked: Organization) -> None:
        """Nothing is saved."""
        visitor = over_http.come_in(attacked)
        path = f"{over_http.home_of(attacked)}/customers/new"
        request = httpx.Request(
            "POST",
            attacked.url + path,
            data={"csrf": visitor.token(path), "type": "individual", "email": "ada@example.com"},
        )

        answer = self._cut_short(
            visitor, path, request.headers["content-type"], request.read() + b"&x=y"
        )

        assert _status(answer) == 400
        assert b"did not arrive whole" in answer
        assert _emails(attacked) == []

    def test_file(self, attacked: Organization) -> None:
        """No import begins."""
        visitor = over_http.come_in(attacked)
        path = f"{over_http.home_of(attacked)}/customers/import"
        request = httpx.Request(
            "POST",
            attacked.url + path,
            data={"csrf": visitor.token(path), "on_conflict": "fail"},
            files={"file": ("customers.ndjson", json.dumps(new_customer(1)).encode() * 1000)},
        )

        answer = self._cut_short(visitor, path, request.headers["content-type"], request.read())

        assert _status(answer) == 400
        assert b"Location" not in answer
        assert visitor.get(path).status_code == 200


class TestControl:
    """Requests to the control API, and to the API behind it."""

    def test_organization(self, impatient: Server) -> None:
        """No organization is made."""
        stand_in = StandIn(impatient.url)
        before = stand_in.control("GET", "/organizations").json()
        headers = {
            "Authorization": f"Bearer {KEY}",
            "Content-Type": "application/json",
            "Content-Length": 20,
        }

        answer = raw.cut_short(
            impatient.url, raw.head("POST", "/_icefloe/organizations", headers) + b"{}"
        )

        assert _status(answer) == 400
        assert stand_in.control("GET", "/organizations").json() == before

    def test_application(self, treated: Treated) -> None:
        """An application's request takes no fault, and is none that was made."""
        added = treated.control("POST", "/faults", {"kind": "status", "status": 503, "times": 1})
        assert added.status_code == 201, added.text
        headers = {
            "Authorization": f"Bearer {treated.token}",
            "Content-Type": "application/json",
            "Content-Length": len(BODY) + 1,
        }

        answer = raw.cut_short(
            treated.server.url, raw.head("POST", "/v1/customers/", headers) + BODY
        )

        assert _status(answer) == 400
        assert treated.requests() == []
        assert treated.ask("GET", "/v1/customers/").status_code == 503
        assert treated.emails() == []
