"""Deliveries of webhooks: `GET /v1/webhooks/deliveries`, and `POST …/events/{id}/redeliver`."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from api import webhooks
from api.webhooks import (
    BAD,
    DELIVERIES,
    EMPTY,
    NOBODY,
    OK,
    READ,
    SILENT,
    WRITE,
    ask,
    attempt,
    make,
)
from api.writing import NOT_FOUND, UNAUTHORIZED
from icefloe.domain.values import moments
from icefloe.domain.values.access import CUSTOMERS_READ
from support import Organization

DELIVERY_KEYS = [
    "created_at", "modified_at", "id", "succeeded", "http_code", "response", "webhook_event",
]  # fmt: skip
EVENT_KEYS = [
    "created_at", "modified_at", "id", "last_http_code", "succeeded", "skipped", "payload", "type",
    "is_archived",
]  # fmt: skip
NEWER_EVENT_KEYS = [*EVENT_KEYS[:6], "api_version", *EVENT_KEYS[6:]]
ONE = "str-enum[WebhookEventType]"
MANY = (
    f"json-or-python[json=list[{ONE}],python=chain[is-instance[Sequence],"
    "function-wrap[sequence_validator()]]]"
)


@pytest.fixture
def endpoint(organization: Organization) -> dict[str, Any]:
    """An endpoint."""
    return make(organization)


def find(organization: Organization, **filters: Any) -> list[dict[str, Any]]:
    """The deliveries that filters let pass."""
    return webhooks.find_items(ask(organization, "GET", DELIVERIES, params=filters))


def find_ids(organization: Organization, **filters: Any) -> list[str]:
    """The identifiers of their events."""
    return [one["webhook_event"]["id"] for one in find(organization, **filters)]


def path_of(event_id: object) -> str:
    """The path that delivers an event again."""
    return f"/v1/webhooks/events/{event_id}/redeliver"


class TestListDeliveries:
    """`GET /v1/webhooks/deliveries`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is listed, whatever the parameters are."""
        for query in ("", "?limit=0"):
            answer = organization.get(DELIVERIES + query, token=None)

            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scopes of customers list no delivery."""
        answer = organization.get(DELIVERIES, token=organization.token(*CUSTOMERS_READ))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert f'scope="{READ} {WRITE}"' in answer.headers["www-authenticate"]

    def test_of_another_organization(
        self, make_organization: Callable[[], Organization], endpoint: dict[str, Any],
        organization: Organization,
    ) -> None:  # fmt: skip
        """Another organization's deliveries are not listed, by their endpoint neither."""
        attempt(organization, endpoint, OK)
        other = make_organization()

        assert find(other) == find(other, endpoint_id=endpoint["id"]) == []

    @pytest.mark.parametrize("scope", [READ, WRITE])
    def test_valid(self, organization: Organization, endpoint: dict[str, Any], scope: str) -> None:
        """A delivery is shown with the event that was sent, whatever the scope."""
        event = attempt(organization, endpoint, OK)

        answer = organization.get(DELIVERIES, token=organization.token(scope))

        (found,) = webhooks.find_items(answer)
        assert answer.json()["pagination"] == {"total_count": 1, "max_page": 1}
        assert list(found) == DELIVERY_KEYS
        assert list(found["webhook_event"]) == EVENT_KEYS
        assert found == {
            "created_at": found["created_at"],
            "modified_at": None,
            "id": found["id"],
            "succeeded": True,
            "http_code": 200,
            "response": "ok",
            "webhook_event": {
                "created_at": moments.render(event.created_at),
                "modified_at": found["webhook_event"]["modified_at"],
                "id": str(event.id),
                "last_http_code": 200,
                "succeeded": True,
                "skipped": False,
                "payload": '{"type":"order.created"}',
                "type": "order.created",
                "is_archived": False,
            },
        }

    def test_without_an_answer(self, organization: Organization, endpoint: dict[str, Any]) -> None:
        """A receiver that did not answer has no status, and an archived event no body."""
        attempt(organization, endpoint, SILENT, payload=None)

        (found,) = find(organization)

        assert (found["succeeded"], found["http_code"], found["response"]) == (False, None, "")
        event = found["webhook_event"]
        assert (event["payload"], event["is_archived"]) == (None, True)
        assert (event["succeeded"], event["last_http_code"]) == (None, None)

    def test_newer_fields(self, organization: Organization, endpoint: dict[str, Any]) -> None:
        """A request that names a version itself sees the event's."""
        attempt(organization, endpoint, OK)

        answer = ask(organization, "GET", DELIVERIES, headers={"Polar-Version": "2026-04"})

        (found,) = webhooks.find_items(answer)
        assert list(found["webhook_event"]) == NEWER_EVENT_KEYS
        assert found["webhook_event"]["api_version"] == "2026-04"

    def test_pages(self, organization: Organization, endpoint: dict[str, Any]) -> None:
        """The newest comes first, each is on one page, and later pages are empty."""
        ids = [str(attempt(organization, endpoint, OK).id) for _ in range(3)]

        pages = [find_ids(organization, limit=1, page=page) for page in (1, 2, 3, 4, 2**70)]

        assert pages == [[ids[2]], [ids[1]], [ids[0]], [], []]

    def test_endpoints(self, organization: Organization, endpoint: dict[str, Any]) -> None:
        """One endpoint or several may be named; a deleted one has deliveries in the whole list."""
        second = make(organization)
        old, new = (str(attempt(organization, one, OK).id) for one in (endpoint, second))

        assert find_ids(organization, endpoint_id=endpoint["id"]) == [old]
        assert find_ids(organization, endpoint_id=[endpoint["id"], second["id"]]) == [new, old]
        assert find_ids(organization, endpoint_id=NOBODY) == []
        ask(organization, "DELETE", f"{webhooks.ENDPOINTS}/{endpoint['id']}")
        assert find_ids(organization, endpoint_id=endpoint["id"]) == []
        assert find_ids(organization) == [new, old]

    def test_times(self, organization: Organization, endpoint: dict[str, Any]) -> None:
        """Both ends of a span are outside it, in any time zone, and in seconds since 1970."""
        attempt(organization, endpoint, OK)
        attempt(organization, endpoint, OK)
        new, old = (one["created_at"] for one in find(organization))

        assert [one["created_at"] for one in find(organization, start_timestamp=old)] == [new]
        assert [one["created_at"] for one in find(organization, end_timestamp=new)] == [old]
        assert find(organization, start_timestamp=old, end_timestamp=new) == []
        assert len(find(organization, start_timestamp="2026-01-01T00:00:00+02:00")) == 2
        assert len(find(organization, start_timestamp="1760000000")) == 2
        assert find(organization, start_timestamp="9999-12-31T23:59:59-23:59") == []
        assert find(organization, end_timestamp="0001-01-01T00:00:00+23:59") == []

    def test_outcomes(self, organization: Organization, endpoint: dict[str, Any]) -> None:
        """Deliveries are found by whether they succeeded, and by the class of their status."""
        good, bad, silent = (
            str(attempt(organization, endpoint, outcome).id) for outcome in (OK, BAD, SILENT)
        )

        assert find_ids(organization, succeeded="true") == [good]
        assert find_ids(organization, succeeded="false") == [silent, bad]
        assert find_ids(organization, http_code_class="2xx") == [good]
        assert find_ids(organization, http_code_class="5xx") == [bad]
        assert find_ids(organization, http_code_class="3xx") == []

    def test_types(self, organization: Organization, endpoint: dict[str, Any]) -> None:
        """One type of event or several may be named."""
        order = str(attempt(organization, endpoint, OK).id)
        member = str(attempt(organization, endpoint, OK, "member.created").id)

        assert find_ids(organization, event_type="order.created") == [order]
        assert find_ids(organization, event_type=["order.created", "member.created"]) == [
            member,
            order,
        ]
        assert find_ids(organization, event_type=["order.paid"] * 1000) == []

    def test_query(self, organization: Organization, endpoint: dict[str, Any]) -> None:
        """A text is looked for in both identifiers and the status; `%` and `_` are wildcards."""
        good = str(attempt(organization, endpoint, OK).id)
        bad = str(attempt(organization, endpoint, BAD).id)
        delivery_id = find(organization)[0]["id"]

        assert find_ids(organization, query=good) == [good]
        assert find_ids(organization, query=good[3:30].upper()) == [good]
        assert find_ids(organization, query=delivery_id) == [bad]
        assert find_ids(organization, query=f"{good[:8]}%{good[-12:]}") == [good]
        assert find_ids(organization, query="_" * 36) == [bad, good]
        assert find_ids(organization, query="") == [bad, good]
        assert find_ids(organization, query="%" * 5000) == [bad, good]
        assert find_ids(organization, query=str(uuid4())) == []

    @pytest.mark.parametrize("query", ["\0", "a\0b", "_" * 37, "a" * 5000, "%a" * 2500, "\\", "'"])
    def test_odd_queries(
        self, organization: Organization, endpoint: dict[str, Any], query: str
    ) -> None:
        """A text that no identifier can hold finds nothing."""
        attempt(organization, endpoint, OK)

        assert ask(organization, "GET", DELIVERIES, params={"query": query}).json() == EMPTY

    def test_unknown_parameters(self, organization: Organization) -> None:
        """Sorting is ignored, which a notice says."""
        answer = ask(organization, "GET", f"{DELIVERIES}?sorting=nope&limit=101")

        assert answer.json() == EMPTY
        assert "'sorting' ignored" in answer.headers["icefloe-notice"]
        assert "limit 101 lowered to 100" in answer.headers["icefloe-notice"]

    @pytest.mark.parametrize(
        ("query", "kind"),
        [
            ("start_timestamp=2026-01-01", "timezone_aware"),
            ("end_timestamp=2026-01-01T00:00:00", "timezone_aware"),
            ("start_timestamp=x", "datetime_from_date_parsing"),
            ("start_timestamp=2026-01-01T00:00:00+02:00", "datetime_from_date_parsing"),
            ("succeeded=maybe", "bool_parsing"),
            ("http_code_class=1xx", "literal_error"),
            ("page=0", "greater_than"),
            ("limit=x", "int_parsing"),
        ],
    )
    def test_malformed(self, organization: Organization, query: str, kind: str) -> None:
        """A parameter of the wrong form is named."""
        answer = ask(organization, "GET", f"{DELIVERIES}?{query}")

        assert webhooks.find_problem(answer)[:2] == (kind, ["query", query.partition("=")[0]])

    def test_malformed_lists(self, organization: Organization) -> None:
        """What may be one value or many is wrong in both readings, in the reference's words."""
        answer = ask(organization, "GET", f"{DELIVERIES}?event_type=nope&endpoint_id=x")

        found = [(one["type"], one["loc"][1:], one["input"]) for one in answer.json()["detail"]]
        assert found == [
            ("uuid_type", ["endpoint_id", "uuid"], ["x"]),
            ("uuid_parsing", ["endpoint_id", MANY.replace(ONE, "uuid"), 0], "x"),
            ("enum", ["event_type", ONE], ["nope"]),
            ("enum", ["event_type", MANY, 0], "nope"),
        ]


class TestRedeliver:
    """`POST /v1/webhooks/events/{id}/redeliver`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is delivered again."""
        answer = organization.request("POST", path_of(NOBODY), token=None, body={})

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """Reading deliveries is not enough to deliver again."""
        answer = organization.request(
            "POST", path_of(NOBODY), token=organization.token(READ), body={}
        )

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert f'scope="{WRITE}"' in answer.headers["www-authenticate"]

    def test_not_found(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """An unknown event and another organization's are not found."""
        other = make_organization()
        foreign = attempt(other, make(other), OK)

        for event_id in (NOBODY, foreign.id):
            answer = ask(organization, "POST", path_of(event_id), body={})

            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    @pytest.mark.parametrize("content", [b"", b"{}", b"no JSON \xff"])
    def test_valid(self, organization: Organization, content: bytes) -> None:
        """An event is queued again, whatever the body is; of a disabled endpoint it is skipped."""
        endpoint = make(organization)
        event = attempt(organization, endpoint, OK)
        ask(
            organization,
            "PATCH",
            f"{webhooks.ENDPOINTS}/{endpoint['id']}",
            body={"enabled": False},
        )

        answer = ask(
            organization,
            "POST",
            path_of(event.id),
            content=content,
            headers={"Content-Length": str(len(content))},
        )

        assert (answer.status_code, answer.content) == (202, b"null")
        (found,) = find(organization)
        assert found["webhook_event"]["skipped"] is True

    def test_malformed(self, organization: Organization) -> None:
        """An identifier of the wrong form is named."""
        answer = ask(organization, "POST", path_of("abc"), body={})

        assert webhooks.find_problem(answer)[:2] == ("uuid_parsing", ["path", "id"])

    def test_without_a_length(self, organization: Organization) -> None:
        """A request without a `Content-Length` is refused."""
        answer = ask(
            organization,
            "POST",
            path_of(NOBODY),
            headers={"Transfer-Encoding": "chunked"},
            content=b"",
        )

        assert (answer.status_code, answer.json()["error"]) == (411, "LengthRequired")
