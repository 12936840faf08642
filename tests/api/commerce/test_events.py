"""Events: `/v1/events/`, `/v1/events/ingest`, `/v1/events/names` and `/v1/events/{id}`."""

from collections.abc import Callable
from typing import Any

import pytest

from api.commerce.asking import EMPTY, INSUFFICIENT_SCOPE, NOBODY, find_items, make_meter
from api.writing import NOT_FOUND, UNAUTHORIZED
from support import Organization, new_customer

EVENTS = "/v1/events/"
INGEST = "/v1/events/ingest"
NAMES = "/v1/events/names"
KEYS = [
    "id", "timestamp", "organization_id", "customer_id", "customer", "external_customer_id",
    "member_id", "external_member_id", "child_count", "parent_id", "label", "name", "source",
    "metadata",
]  # fmt: skip
CALL = {"name": "call", "external_customer_id": "u1"}


def ingest(organization: Organization, *events: Any, **options: Any) -> Any:
    """The answer to an ingestion."""
    return organization.request("POST", INGEST, body={"events": list(events)}, **options)


def ada(organization: Organization) -> str:
    """The id of a new customer with the external id `u1`."""
    body = new_customer(1, external_id="u1")
    answer = organization.request(
        "POST", "/v1/customers/", body={k: body[k] for k in ("email", "external_id")}
    )
    return str(answer.json()["id"])


def find_places(answer: Any) -> list[tuple[str, list[Any]]]:
    """The type and place of each problem."""
    assert answer.status_code == 422, answer.text
    return [(one["type"], one["loc"]) for one in answer.json()["detail"]]


class TestIngest:
    """`POST /v1/events/ingest`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is ingested."""
        answer = ingest(organization, CALL, token=None)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope to read events ingests none."""
        answer = ingest(organization, CALL, token=organization.token("events:read"))

        assert (answer.status_code, answer.json()["error"]) == (403, INSUFFICIENT_SCOPE)
        assert 'scope="events:write"' in answer.headers["www-authenticate"]

    def test_unknown_customer(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """An id that is no customer's, or another organization's, is refused; nothing is stored."""
        foreign = ada(make_organization())

        for customer_id in (NOBODY, foreign):
            answer = ingest(organization, CALL, {"name": "call", "customer_id": customer_id})
            assert answer.json() == {
                "error": "PolarRequestValidationError",
                "detail": [
                    {
                        "type": "customer_id",
                        "loc": ["body", "events", 1, "customer_id"],
                        "msg": "Customer not found.",
                        "input": customer_id,
                    }
                ],
            }
        assert organization.get(EVENTS).json() == EMPTY

    @pytest.mark.parametrize("version", ["2026-04", "2026-10"])
    def test_valid(self, organization: Organization, version: str) -> None:
        """Events are stored at once, and say of whom they are."""
        customer_id = ada(organization)
        notes = {"bb": 1.0, "a": "x", "_cost": {"amount": 1.25, "currency": "usd"}}
        event = {"name": "call", "customer_id": customer_id, "metadata": notes, "external_id": "e"}
        headers = {"Polar-Version": version}

        answer = ingest(organization, event, event, CALL, headers=headers)

        assert (answer.status_code, answer.json()) == (200, {"inserted": 2, "duplicates": 1})
        second, first = find_items(organization.get(EVENTS, headers=headers))
        assert list(first) == KEYS
        assert (first["customer_id"], first["external_customer_id"]) == (customer_id, None)
        assert (second["customer_id"], second["external_customer_id"]) == (None, "u1")
        assert first["customer"] == second["customer"]
        assert first["customer"]["first_user_event_at"] == first["timestamp"]
        assert first["metadata"] == {
            "a": "x", "bb": 1.0, "_cost": {"amount": "1.25", "currency": "usd"},
        }  # fmt: skip

    def test_nothing(self, organization: Organization) -> None:
        """No event is no mistake."""
        assert ingest(organization).json() == {"inserted": 0, "duplicates": 0}

    def test_both_ids(self, organization: Organization) -> None:
        """Of two ids the one whose event has more fields names the customer."""
        both = {"name": "call", "customer_id": ada(organization), "external_customer_id": "u2"}
        noon = {"timestamp": "2026-01-01T12:00:00Z"}
        for more in ({}, noon, {"external_member_id": "m"} | noon, {"member_id": NOBODY}):
            ingest(organization, both | more)

        found = find_items(organization.get(f"{EVENTS}?external_customer_id=u2"))
        assert [one["external_member_id"] for one in found] == [None, "m"]
        assert organization.get(EVENTS).json()["pagination"]["total_count"] == 4

    def test_organization(self, organization: Organization) -> None:
        """An organization's token says whose the events are; null is as good as nothing."""
        answer = ingest(organization, CALL | {"organization_id": str(organization.id)})
        assert find_places(answer) == [
            ("organization_token", ["body", "events", 0, "organization_id"])
        ]
        assert ingest(organization, CALL | {"organization_id": None}).status_code == 200

    def test_malformed(self, organization: Organization) -> None:
        """What fits neither kind of event is told of for both."""
        by_id, by_name = "EventCreateCustomer", "EventCreateExternalCustomer"
        for event, problems in (
            ({}, [("missing", by_id, "name"), ("missing", by_id, "customer_id"),
                  ("missing", by_name, "name"), ("missing", by_name, "external_customer_id")]),
            (CALL | {"timestamp": "2099-01-01T00:00:00Z"},
             [("value_error", by_id, "timestamp"), ("missing", by_id, "customer_id"),
              ("value_error", by_name, "timestamp")]),
            (CALL | {"timestamp": None},
             [("datetime_type", by_id, "timestamp"), ("missing", by_id, "customer_id"),
              ("datetime_type", by_name, "timestamp")]),
            (CALL | {"timestamp": "2020-01-01T00:00:00"},
             [("timezone_aware", by_id, "timestamp"), ("missing", by_id, "customer_id"),
              ("timezone_aware", by_name, "timestamp")]),
            (CALL | {"name": "x" * 129},
             [("string_too_long", by_id, "name"), ("missing", by_id, "customer_id"),
              ("string_too_long", by_name, "name")]),
            (CALL | {"external_id": "x" * 501},
             [("string_too_long", by_id, "external_id"), ("missing", by_id, "customer_id"),
              ("string_too_long", by_name, "external_id")]),
            (CALL | {"name": "\0"},
             [("value_error", by_id, "name"), ("missing", by_id, "customer_id"),
              ("value_error", by_name, "name")]),
            (CALL | {"metadata": {"_llm": {"vendor": "x"}}},
             [*[("missing", kind, "metadata", "_llm", key)
                for kind in (by_id,)
                for key in ("model", "input_tokens", "output_tokens", "total_tokens")],
              ("missing", by_id, "customer_id"),
              *[("missing", by_name, "metadata", "_llm", key)
                for key in ("model", "input_tokens", "output_tokens", "total_tokens")]]),
        ):  # fmt: skip
            expected = [(kind, ["body", "events", 0, *place]) for kind, *place in problems]
            assert find_places(ingest(organization, event)) == expected
        assert organization.get(EVENTS).json() == EMPTY

    @pytest.mark.parametrize(
        "notes",
        [
            {"x": None}, {"x": []}, {"x" * 41: 1}, {"": 1, "x": float("nan")}, {"x": "y" * 501},
            {"_cost": {"amount": "much", "currency": "usd"}}, {"_cost": 1}, {"x": "\0"},
            {str(n): n for n in range(51)}, 1, None,
        ],
    )  # fmt: skip
    def test_malformed_metadata(self, organization: Organization, notes: Any) -> None:
        """Metadata is of texts, numbers and booleans, within limits."""
        assert ingest(organization, CALL | {"metadata": notes}).status_code == 422

    def test_malformed_body(self, organization: Organization) -> None:
        """A body without a list of events, or with too many, is refused."""
        for body, problem in (
            ({}, "missing"),
            ({"events": {}}, "list_type"),
            ({"events": [CALL] * 1001}, "too_long"),
            ({"events": [1]}, "model_attributes_type"),
        ):
            answer = organization.request("POST", INGEST, body=body)
            assert find_places(answer)[0][0] == problem

    def test_unknown_fields(self, organization: Organization) -> None:
        """A field that means nothing is ignored."""
        assert ingest(organization, CALL | {"colour": "red"}).json()["inserted"] == 1


class TestListEvents:
    """`GET /v1/events/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is listed."""
        assert organization.get(EVENTS, token=None).json() == UNAUTHORIZED

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope to read meters lists no event."""
        answer = organization.get(EVENTS, token=organization.token("meters:read"))

        assert (answer.status_code, answer.json()["error"]) == (403, INSUFFICIENT_SCOPE)
        assert 'scope="events:read events:write"' in answer.headers["www-authenticate"]

    def test_of_another_organization(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Another organization's events are not listed, by its identifier neither."""
        other = make_organization()
        ingest(other, CALL)

        for query in ("", f"?organization_id={other.id}"):
            assert organization.get(EVENTS + query).json() == EMPTY

    @pytest.mark.parametrize("scope", ["events:read", "events:write"])
    def test_valid(self, organization: Organization, scope: str) -> None:
        """The latest comes first; a page has as many as asked for."""
        ingest(organization, *[CALL | {"name": name} for name in "abc"])

        answer = organization.get(f"{EVENTS}?limit=2", token=organization.token(scope))

        assert [one["name"] for one in find_items(answer)] == ["c", "b"]
        assert answer.json()["pagination"] == {"total_count": 3, "max_page": 2}

    def test_filters(self, organization: Organization) -> None:
        """Each parameter narrows the list; values of one are alternatives."""
        customer_id = ada(organization)
        meter = make_meter(organization, "Big", filter={
            "conjunction": "or",
            "clauses": [{"property": "n", "operator": "gt", "value": 1}],
        })["id"]  # fmt: skip
        ingest(
            organization,
            CALL | {"name": "a", "metadata": {"n": 1}, "timestamp": "2026-01-01T00:00:00Z"},
            CALL | {"name": "b", "metadata": {"n": 2}, "external_id": "p"},
            {"name": "z", "external_customer_id": "u2", "parent_id": "p"},
        )
        parent = find_items(organization.get(f"{EVENTS}?name=b"))[0]["id"]
        clause = (
            '{"conjunction":"and","clauses":[{"property":"metadata.n","operator":"lt","value":2}]}'
        )
        for query, names in (
            ("name=a&name=z", "az"),
            ("source=user", "abz"),
            ("source=system", ""),
            (f"customer_id={customer_id}", "ab"),
            (f"customer_id={NOBODY}", ""),
            ("external_customer_id=u1&external_customer_id=u2", "abz"),
            ("start_timestamp=2026-01-02T00:00:00Z", "bz"),
            ("end_timestamp=2026-01-02T00:00:00Z", "a"),
            ("metadata[n]=2", "b"),
            ("query=Z", "z"),
            (f"meter_id={meter}", "b"),
            (f"meter_id={NOBODY}", ""),
            (f"filter={clause}", "a"),
            (f"parent_id={parent}", "z"),
            (f"parent_id={parent}&depth=1", "bz"),
            ("depth=0", "ab"),
        ):
            answer = organization.get(f"{EVENTS}?sorting=timestamp&{query}")
            assert "".join(one["name"] for one in find_items(answer)) == names, query

    def test_malformed_parameters(self, organization: Organization) -> None:
        """A parameter of the wrong form is named."""
        for query, place in (
            ("sorting=x", ["query", "sorting", 0]),
            ("depth=6", ["query", "depth"]),
            ("parent_id=x", ["query", "parent_id"]),
            ("start_timestamp=x", ["query", "start_timestamp"]),
            ("filter={", ["query", "filter"]),
            ("filter={}", ["query", "filter", "conjunction"]),
            ("filter=" + "[" * 5000, ["query", "filter"]),
        ):
            answer = organization.get(f"{EVENTS}?{query}")
            assert answer.json()["detail"][0]["loc"] == place, query

    def test_unknown_parameters(self, organization: Organization) -> None:
        """What means nothing is ignored, which a notice says."""
        answer = organization.get(f"{EVENTS}?foo=1&limit=500")

        assert answer.json() == EMPTY
        assert "'foo' ignored" in answer.headers["icefloe-notice"]


class TestGetEvent:
    """`GET /v1/events/{id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is shown."""
        assert organization.get(EVENTS + NOBODY, token=None).json() == UNAUTHORIZED

    def test_not_found(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """An unknown event, and another organization's, is not found."""
        ingest(organization, CALL)
        found = find_items(organization.get(EVENTS))[0]["id"]

        for asked, event_id in ((organization, NOBODY), (make_organization(), found)):
            answer = asked.get(EVENTS + event_id)
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_valid(self, organization: Organization) -> None:
        """An event is shown as in lists."""
        ingest(organization, CALL)
        found = find_items(organization.get(EVENTS))[0]

        assert organization.get(EVENTS + found["id"]).json() == found

    def test_malformed_id(self, organization: Organization) -> None:
        """A place that is no UUID of version 4 is refused."""
        assert find_places(organization.get(f"{EVENTS}x"))[0][0] == "uuid_parsing"


class TestListEventNames:
    """`GET /v1/events/names`."""

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope to read meters lists no name."""
        answer = organization.get(NAMES, token=organization.token("meters:read"))

        assert (answer.status_code, answer.json()["error"]) == (403, INSUFFICIENT_SCOPE)

    def test_valid(self, organization: Organization) -> None:
        """Each name comes once, with how often and when it occurred, in the order asked for."""
        new_year = {"timestamp": "2026-01-01T00:00:00Z"}
        ingest(organization, CALL | new_year, CALL, CALL | {"name": "other"} | new_year)

        first, second = find_items(organization.get(NAMES))
        assert first.keys() == {
            "name", "label", "source", "occurrences", "first_seen", "last_seen",
        }  # fmt: skip
        assert (first["name"], first["occurrences"]) == ("call", 2)
        assert (second["first_seen"], second["last_seen"]) == (new_year["timestamp"],) * 2
        for query, names in (
            ("sorting=occurrences", ["other", "call"]),
            ("sorting=-name", ["other", "call"]),
            ("query=CAL", ["call"]),
            ("external_customer_id=u2", []),
            ("source=system", []),
            ("page=2&limit=1", ["other"]),
            (f"organization_id={NOBODY}", []),
        ):
            answer = organization.get(f"{NAMES}?{query}")
            assert [one["name"] for one in find_items(answer)] == names, query
