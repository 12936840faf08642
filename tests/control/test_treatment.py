"""How an organization is treated: snapshots, stale answers, strictness, contracts; and by whom."""

import contextlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from openapi_spec_validator import validate

import plain_http
from standing_in import KEY, StandIn, Treated
from support import Server, start_server

pytestmark = pytest.mark.processes


class TestSnapshots:
    """`/_icefloe/organizations/{id}/snapshots`."""

    def test_restored(self, treated: Treated) -> None:
        """What was changed, made and deleted since is as it was; the clock and what was asked stay."""
        ada, bob = treated.create("ada@example.com"), treated.create("bob@example.com")
        organization = f"/v1/organizations/{treated.id}"
        before = treated.ask("GET", organization).json()
        taken = treated.control("POST", "/snapshots")
        assert (taken.status_code, taken.json()["customers"]) == (201, 2)
        treated.control("PATCH", "/clock", {"now": "2030-01-01T00:00:00Z", "is_frozen": True})
        treated.ask("PATCH", f"/v1/customers/{ada['id']}", {"name": "Ada"})
        treated.ask("DELETE", f"/v1/customers/{bob['id']}")
        treated.create("eve@example.com")
        treated.ask("PATCH", organization, {"name": "Renamed", "country": "FR"})

        for _ in range(2):
            restored = treated.control("POST", f"/snapshots/{taken.json()['id']}/restore")
            assert restored.json() == taken.json()
            assert treated.emails() == ["ada@example.com", "bob@example.com"]
            assert treated.ask("GET", f"/v1/customers/{ada['id']}").json() == ada
            assert treated.ask("GET", organization).json() == before

        assert treated.control("GET", "/clock").json()["now"] == "2030-01-01T00:00:00Z"
        assert len(treated.requests()) == 13

    def test_listed_and_forgotten(self, treated: Treated) -> None:
        """They are listed, oldest first, and there are 16 at most."""
        taken = [treated.control("POST", "/snapshots").json() for _ in range(16)]
        assert treated.control("GET", "/snapshots").json() == {"items": taken}
        assert treated.control("POST", "/snapshots").status_code == 422

        assert treated.control("DELETE", f"/snapshots/{taken[0]['id']}").status_code == 204

        assert treated.control("GET", "/snapshots").json() == {"items": taken[1:]}
        assert treated.control("POST", f"/snapshots/{taken[0]['id']}/restore").status_code == 404
        assert treated.control("DELETE", f"/snapshots/{uuid4()}").status_code == 404


class TestStale:
    """The fault `stale`: a read answers as everything stood when the fault was added."""

    def test_reads(self, treated: Treated) -> None:
        """Lists, customers and counts are those of then; writes act, and are seen afterwards."""
        ada = treated.create("ada@example.com")
        treated.control("POST", "/faults", {"kind": "stale", "times": 3})
        eve = treated.create("eve@example.com")
        treated.ask("PATCH", f"/v1/customers/{ada['id']}", {"name": "Ada"})

        assert treated.emails() == ["ada@example.com"]
        assert treated.ask("GET", f"/v1/customers/{ada['id']}").json() == ada
        assert treated.ask("GET", f"/v1/customers/{eve['id']}").status_code == 404
        assert treated.emails() == ["ada@example.com", "eve@example.com"]

    def test_organization(self, treated: Treated) -> None:
        """The organization itself is shown as it is now, and not as a copy of another name."""
        treated.control("POST", "/faults", {"kind": "stale"})

        for prefix in ("", "/api"):
            found = treated.ask("GET", f"{prefix}/v1/organizations/{treated.id}").json()
            assert found["id"] == treated.id
            assert treated.ask("GET", f"{prefix}/v1/organizations/").json()["items"] == [found]

    def test_own_name(self, treated: Treated) -> None:
        """Its organization is found by its own id, and nobody sees where the past is kept."""
        treated.create("ada@example.com")
        before = treated.server.control("GET", "/organizations?limit=1000").json()
        treated.control("POST", "/faults", {"kind": "stale"})

        found = treated.ask("GET", f"/v1/customers/?organization_id={treated.id}").json()["items"]

        assert [each["organization_id"] for each in found] == [treated.id]
        assert treated.server.control("GET", "/organizations?limit=1000").json() == before

    def test_scopes(self, treated: Treated) -> None:
        """What a token does not allow, it does not allow of the past either."""
        treated.control("POST", "/faults", {"kind": "stale"})
        made = treated.control("POST", "/tokens", {"scopes": ["members:read"]}).json()
        other = Treated(treated.server, treated.id, made["token"])

        assert other.ask("GET", "/v1/customers/").status_code == 403
        treated.control("DELETE", f"/tokens/{made['id']}")
        assert other.ask("GET", "/v1/customers/").status_code == 401

    def test_over(self, treated: Treated) -> None:
        """When it is removed, everything is seen as it is."""
        fault = treated.control("POST", "/faults", {"kind": "stale"}).json()
        treated.create("ada@example.com")
        assert treated.emails() == []

        assert treated.control("DELETE", f"/faults/{fault['id']}").status_code == 204

        assert treated.emails() == ["ada@example.com"]
        assert treated.control("DELETE", f"/faults/{fault['id']}").status_code == 404

    def test_many_at_once(self, stand_in: StandIn, treated: Treated) -> None:
        """Tests may add and remove them at once, and remove the organization meanwhile."""
        before = {each["id"] for each in stand_in.control("GET", "/organizations").json()["items"]}

        def add_and_remove(at: int) -> int:
            if at == 20:
                return treated.control("DELETE").status_code
            if at % 4 == 3:
                return treated.control("DELETE", "/faults").status_code
            return treated.control("POST", "/faults", {"kind": "stale", "times": 1}).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = set(pool.map(add_and_remove, range(32)))

        assert statuses <= {201, 204, 404}
        after = {each["id"] for each in stand_in.control("GET", "/organizations").json()["items"]}
        assert after == before - {treated.id}

    def test_nothing_is_left(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What they need of a database that stays is gone when the server has stopped."""
        monkeypatch.setenv("ICEFLOE_CONTROL_KEY", KEY)
        database = tmp_path / "icefloe.db"
        server = start_server(str(database), tmp_path / "log", "--control")
        treated = StandIn(server.url).make(name="Acme")
        treated.create("ada@example.com")
        assert treated.control("POST", "/faults", {"kind": "stale"}).status_code == 201

        server.stop()

        with contextlib.closing(sqlite3.connect(database)) as connection:
            assert connection.execute("SELECT name FROM organizations").fetchall() == [("Acme",)]


class TestFaults:
    """`/_icefloe/organizations/{id}/faults`."""

    def test_life(self, treated: Treated) -> None:
        """A fault is listed until it has had its times, or all are removed."""
        once = treated.control("POST", "/faults", {"kind": "status", "status": 502, "times": 1})
        always = treated.control("POST", "/faults", {"kind": "delay", "seconds": 0.01})
        assert once.status_code == always.status_code == 201
        assert treated.control("GET", "/faults").json() == {"items": [once.json(), always.json()]}

        assert treated.ask("GET", "/v1/customers/").status_code == 502
        assert treated.ask("GET", "/v1/customers/").status_code == 200

        assert treated.control("GET", "/faults").json() == {"items": [always.json()]}
        assert [each["faults"] for each in treated.requests()] == [["status"], ["delay"]]
        assert treated.control("DELETE", "/faults").status_code == 204
        assert treated.control("GET", "/faults").json() == {"items": []}

    def test_odd_text(self, treated: Treated) -> None:
        """A value with half a surrogate pair, which UTF-8 has not, is shown as it was given."""
        fault = (
            r'{"kind": "field", "field": "name", "change": "value", "value": {"\ud800": "\udfff"}}'
        )

        added = treated.send("POST", "/faults", fault)

        assert added.status_code == 201
        assert added.json()["value"] == {"\ud800": "\udfff"}
        assert treated.control("GET", "/faults").json()["items"] == [added.json()]

    def test_drop(self, treated: Treated) -> None:
        """A connection that ends without an answer has no status; the request may have acted."""
        treated.control("POST", "/faults", {"kind": "drop", "after": True, "times": 1})

        with pytest.raises(httpx.RemoteProtocolError):
            treated.ask("POST", "/v1/customers/", {"email": "ada@example.com"})

        assert treated.emails() == ["ada@example.com"]
        assert [each["status"] for each in treated.requests()] == [None, 200]

    def test_wrong(self, treated: Treated) -> None:
        """What is no fault is a 422, and so is one too many."""
        for body in (
            None,
            {},
            {"kind": "fire"},
            {"kind": "status"},
            {"kind": "delay", "seconds": 61},
        ):
            assert treated.control("POST", "/faults", body).status_code == 422
        for _ in range(100):
            treated.control("POST", "/faults", {"kind": "delay", "seconds": 0})
        assert treated.control("POST", "/faults", {"kind": "stale"}).status_code == 422


class TestStrict:
    """What is passed over in silence otherwise is an error."""

    @pytest.mark.parametrize(
        ("path", "kind", "name"),
        [
            ("/v1/customers/?limit=101", "less_than_equal", "limit"),
            ("/v1/customers/?limit=+1_000", "less_than_equal", "limit"),
            (f"/v1/customers/?limit={'9' * 30}", "less_than_equal", "limit"),
            ("/v1/customers/?pagee=2", "extra_forbidden", "pagee"),
            ("/v1/customers/?metadata=x", "extra_forbidden", "metadata"),
            ("/v1/customers/?Idempotency-Key=x", "extra_forbidden", "Idempotency-Key"),
            ("/v1/customers/external/x?expand=1", "extra_forbidden", "expand"),
            ("/v1/members/?rol=owner", "extra_forbidden", "rol"),
        ],
    )
    def test_refused(self, treated: Treated, path: str, kind: str, name: str) -> None:
        """An unknown parameter, or a limit that would be lowered, is a 422 that names it."""
        assert treated.ask("GET", path).status_code in {200, 404}
        treated.control("PATCH", "", {"strict": True})

        answer = treated.ask("GET", path)

        assert answer.status_code == 422
        (problem,) = answer.json()["detail"]
        assert (problem["type"], problem["loc"]) == (kind, ["query", name])

    @pytest.mark.parametrize("name", ["metadata", "metadata."])
    def test_hint_for_metadata(self, treated: Treated, name: str) -> None:
        """A filter by metadata without a key is told what to write instead."""
        treated.control("PATCH", "", {"strict": True})

        of_customers = treated.ask("GET", f"/v1/customers/?{name}=x").json()["detail"][0]
        of_members = treated.ask("GET", f"/v1/members/?{name}=x").json()["detail"][0]

        words = "Extra inputs are not permitted"
        assert of_customers["msg"] == f"{words}: write metadata[key]=value"
        assert of_members["msg"] == words

    @pytest.mark.parametrize(
        ("method", "path"),
        [("POST", "/v1/customers/"), ("PUT", "/v1/customers/external/e"), ("PATCH", "{id}")],
    )
    def test_unknown_fields(self, treated: Treated, method: str, path: str) -> None:
        """Fields of a body that mean nothing are a 422 that names each, and nothing is done."""
        made = treated.create("ada@example.com")
        path = path.replace("{id}", f"/v1/customers/{made['id']}")
        body = {"email": "bo@example.com", "zip": 1, "billing_address": {"country": "FR", "zip": 2}}
        treated.control("PATCH", "", {"strict": True})

        answer = treated.ask(method, path, body)

        assert answer.status_code == 422
        assert answer.json() == {
            "error": "RequestValidationError",
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", *place],
                    "msg": "Extra inputs are not permitted",
                    "input": value,
                }
                for place, value in ((["zip"], 1), (["billing_address", "zip"], 2))
            ],
        }
        assert treated.emails() == ["ada@example.com"]
        del body["zip"], body["billing_address"]
        assert treated.ask(method, path, body).status_code in {200, 201}

    def test_misspelled_field(self, treated: Treated) -> None:
        """A field in another spelling is named beside the one that is missing."""
        treated.control("PATCH", "", {"strict": True})

        answer = treated.ask("POST", "/v1/customers/", {"e_mail": "bo@example.com"})

        assert [(one["type"], one["loc"]) for one in answer.json()["detail"]] == [
            ("missing", ["body", "individual", "email"]),
            ("extra_forbidden", ["body", "e_mail"]),
        ]
        assert "icefloe-notice" not in answer.headers

    def test_many_unknown_fields(self, treated: Treated) -> None:
        """A hundred of them are named, each in a bounded length."""
        treated.control("PATCH", "", {"strict": True})
        body = {"email": "bo@example.com"} | {f"{at:<500}": "x" * 900 for at in range(500)}

        answer = treated.ask("POST", "/v1/customers/", body)

        assert len(answer.json()["detail"]) == 100
        assert treated.emails() == []

    def test_nothing_is_done(self, treated: Treated) -> None:
        """A write with a parameter that means nothing does nothing."""
        made = treated.create("ada@example.com")
        treated.control("PATCH", "", {"strict": True})

        answer = treated.ask("DELETE", f"/v1/customers/{made['id']}?anonymise=true")

        assert answer.status_code == 422
        assert treated.emails() == ["ada@example.com"]

    def test_known(self, treated: Treated) -> None:
        """Every parameter there is may be given."""
        treated.control("PATCH", "", {"strict": True})
        query = (
            "page=1&limit=100&sorting=name&sorting=-email&email=a&query=b&active=false"
            f"&metadata[plan]=pro&organization_id={treated.id}"
        )

        assert treated.ask("GET", f"/v1/customers/?{query}").status_code == 200

    def test_before_nobody(self, treated: Treated) -> None:
        """Who may not ask at all is told that first."""
        treated.control("PATCH", "", {"strict": True})
        made = treated.control("POST", "/tokens", {"scopes": ["members:read"]}).json()
        other = Treated(treated.server, treated.id, made["token"])

        assert other.ask("GET", "/v1/customers/?pagee=2").status_code == 403


def test_contracts(treated: Treated) -> None:
    """An organization is answered by the contract that it is given, until it is given another."""
    made = treated.create("ada@example.com")
    assert len(made) == 18

    treated.control("PATCH", "", {"contract": "2026-04"})
    then = treated.ask("GET", f"/v1/customers/{made['id']}").json()
    assert made.keys() - then.keys() == {"billing_name", "first_user_event_at"}
    treated.control("PATCH", "", {"contract": "2025-06"})
    earlier = treated.ask("GET", f"/v1/customers/{made['id']}").json()
    assert len(earlier) == 13
    treated.control("PATCH", "", {"contract": "2026-10"})
    assert treated.ask("GET", f"/v1/customers/{made['id']}").json() == made


def test_organizations_in_contracts(treated: Treated) -> None:
    """Every contract shows and changes the organization, which is no customer to any of them."""
    path = f"/v1/organizations/{treated.id}"
    found = treated.ask("GET", path).json()
    assert (len(found), found["email"]) == (37, None)

    for contract in ("2026-04", "2025-06"):
        treated.control("PATCH", "", {"contract": contract})
        assert treated.ask("GET", path).json() == found
        assert treated.ask("GET", "/v1/organizations/").json()["items"] == [found]
        found = treated.ask("PATCH", path, {"name": f"Of {contract}"}).json()
        assert found["name"] == f"Of {contract}"


def test_rates(tmp_path: Path) -> None:
    """An organization's window goes by its clock, is gone with it, and set-up does not count in it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ICEFLOE_CONTROL_KEY", KEY)
        flags = ("--control", "--rate-limit", "2/min")
        server = start_server(str(tmp_path / "limited.db"), tmp_path / "log", *flags)
    stand_in = StandIn(server.url)
    for _ in range(2):
        made = stand_in.make(seed=7)
        for number in range(3):
            body = {"email": f"{number}@example.com"}
            assert made.ask("POST", "/v1/customers/", body, **{"Icefloe-Setup": "1"}).is_success
        told = [made.ask("GET", "/v1/customers/").status_code for _ in range(3)]
        assert told == [200, 200, 429]
        made.control("PATCH", "/clock", {"advance": 60})
        assert made.ask("GET", "/v1/customers/").status_code == 200
        made.control("DELETE")
    server.stop()


class TestKey:
    """Who may use the control API."""

    @pytest.mark.parametrize("key", [None, "another", KEY[:-1], KEY + "x"])
    def test_wrong_key(self, stand_in: StandIn, key: str | None) -> None:
        """Without the key, nothing is told and nothing done."""
        for method, path in (("GET", "/organizations"), ("POST", "/organizations"), ("GET", "/x")):
            assert stand_in.control(method, path, key=key).status_code == 401

    def test_tokens_are_no_keys(self, stand_in: StandIn, treated: Treated) -> None:
        """An organization's token opens nothing here."""
        assert stand_in.control("GET", "/organizations", key=treated.token).status_code == 401

    def test_other_addresses(self, stand_in: StandIn) -> None:
        """What is not there is a 404, and another method a 405."""
        assert stand_in.control("GET", "/nothing").status_code == 404
        assert stand_in.control("PUT", "/organizations").status_code == 405
        assert stand_in.control("POST", "/organizations", [1]).status_code == 422

    def test_document(self, stand_in: StandIn) -> None:
        """The OpenAPI document is valid, and open to all."""
        answer = stand_in.control("GET", "/openapi.json", key=None)

        assert answer.status_code == 200
        validate(answer.json())
        assert [one["url"] for one in answer.json()["servers"]] == ["/"]
        assert "/_icefloe/organizations/{organization_id}/faults" in answer.json()["paths"]


def test_off(server: Server) -> None:
    """A server without `--control` has nothing there."""
    assert plain_http.get(f"{server.url}/_icefloe/organizations").status_code == 404
