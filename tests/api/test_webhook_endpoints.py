"""Webhook endpoints: `GET /v1/webhooks/endpoints`, `/{id}` and `/{id}/secret`."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from api import webhooks
from api.webhooks import EMPTY, ENDPOINT_KEYS, ENDPOINTS, NOBODY, READ, URL, WRITE, ask, make
from api.writing import NOT_FOUND, UNAUTHORIZED
from icefloe.domain.values.access import CUSTOMERS_READ
from icefloe.domain.values.webhooks import WebhookEndpoint
from support import Organization, run

NEWER_KEYS = [
    "created_at", "modified_at", "id", "url", "name", "api_version", "format", "secret",
    "organization_id", "events", "enabled", "uses_standard_webhook_signature",
]  # fmt: skip
NEWER = {"Polar-Version": "2026-10"}
# Requests by what they do to an endpoint: method, what follows its path, and the body.
REQUESTS: list[tuple[str, str, object]] = [
    ("GET", "", None),
    ("PATCH", "", {"name": "x"}),
    ("DELETE", "", None),
    ("PATCH", "/secret", {}),
]
WRITES = REQUESTS[1:]


def change(organization: Organization, endpoint: dict[str, Any], **values: Any) -> dict[str, Any]:
    """An endpoint after a change."""
    answer = ask(organization, "PATCH", f"{ENDPOINTS}/{endpoint['id']}", body=values)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


def find_stored(organization: Organization, endpoint: dict[str, Any]) -> WebhookEndpoint:
    """An endpoint as it is stored."""
    endpoints = organization.services.webhook_endpoints
    return run(endpoints.get(organization.id, UUID(endpoint["id"])))


class TestListEndpoints:
    """`GET /v1/webhooks/endpoints`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is listed, whatever the parameters are."""
        for query in ("", "?limit=0"):
            answer = organization.get(ENDPOINTS + query, token=None)

            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scopes of customers list no endpoint."""
        answer = organization.get(ENDPOINTS, token=organization.token(*CUSTOMERS_READ))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert f'scope="{READ} {WRITE}"' in answer.headers["www-authenticate"]

    def test_of_another_organization(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Another organization's endpoints are not listed, by its identifier neither."""
        other = make_organization()
        make(other)

        for query in ("", f"?organization_id={other.id}"):
            assert ask(organization, "GET", ENDPOINTS + query).json() == EMPTY

    @pytest.mark.parametrize("scope", [READ, WRITE])
    def test_valid(self, organization: Organization, scope: str) -> None:
        """The newest comes first, each with its secret, whatever the scope."""
        made = [make(organization, name=name) for name in "abc"]

        answer = organization.get(f"{ENDPOINTS}?limit=2", token=organization.token(scope))

        assert webhooks.find_items(answer) == made[:0:-1]
        assert answer.json()["pagination"] == {"total_count": 3, "max_page": 2}
        assert [list(item) for item in webhooks.find_items(answer)] == [
            ENDPOINT_KEYS,
            ENDPOINT_KEYS,
        ]

    def test_pages(self, organization: Organization) -> None:
        """Each endpoint is on one page, and later pages are empty."""
        made = [make(organization) for _ in range(3)]

        pages = [
            webhooks.find_items(ask(organization, "GET", f"{ENDPOINTS}?limit=1&page={page}"))
            for page in (1, 2, 3, 4, 2**70)
        ]

        assert pages == [[made[2]], [made[1]], [made[0]], [], []]

    def test_of_its_own_organization(self, organization: Organization) -> None:
        """The token's own organization may be named, among others too."""
        made = make(organization)
        ids = f"organization_id={NOBODY}&organization_id={organization.id}"

        answer = ask(organization, "GET", f"{ENDPOINTS}?{ids}")

        assert webhooks.find_items(answer) == [made]

    def test_unknown_parameters(self, organization: Organization) -> None:
        """Sorting is ignored, which a notice says."""
        made = [make(organization) for _ in range(2)]

        answer = ask(organization, "GET", f"{ENDPOINTS}?sorting=created_at&limit=500")

        assert webhooks.find_items(answer) == made[::-1]
        assert "'sorting' ignored" in answer.headers["icefloe-notice"]
        assert "limit 500 lowered to 100" in answer.headers["icefloe-notice"]

    @pytest.mark.parametrize("query", ["page=0", "limit=0", "page=x", "organization_id=x"])
    def test_malformed_parameters(self, organization: Organization, query: str) -> None:
        """A parameter of the wrong form is named."""
        answer = ask(organization, "GET", f"{ENDPOINTS}?{query}")

        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"][:2] == ["query", query.partition("=")[0]]

    def test_a_slash_too_many(self, organization: Organization) -> None:
        """With a slash at its end the path is redirected."""
        answer = ask(organization, "GET", f"{ENDPOINTS}/")

        assert (answer.status_code, answer.headers["location"]) == (
            307,
            f"{organization.url}{ENDPOINTS}",
        )


class TestNewerFields:
    """The fields that clients of today require, and earlier ones may not know."""

    def test_shown(self, organization: Organization) -> None:
        """They are in the answers to requests that name a version themselves."""
        made = make(organization)

        newer = webhooks.find(organization, made, headers=NEWER)
        listed = ask(organization, "GET", ENDPOINTS, headers=NEWER)
        reset = ask(
            organization, "PATCH", f"{ENDPOINTS}/{made['id']}/secret", headers=NEWER, body={}
        )

        assert list(newer) == NEWER_KEYS
        assert newer == made | {
            "api_version": "2026-04",
            "uses_standard_webhook_signature": False,
        }
        assert webhooks.find_items(listed) == [newer]
        assert list(reset.json()) == NEWER_KEYS
        assert (
            list(webhooks.find(organization, made, headers={"Polar-Version": ""})) == ENDPOINT_KEYS
        )

    @pytest.mark.parametrize(
        ("given", "signing"), [(True, "standard"), (False, "whole"), (None, "both")]
    )
    def test_signing(self, organization: Organization, given: object, signing: str) -> None:
        """A caller may choose which key signs; both do otherwise."""
        made = make(organization, uses_standard_webhook_signature=given)

        shown = webhooks.find(organization, made, headers=NEWER)

        assert shown["uses_standard_webhook_signature"] == (signing == "standard")
        assert find_stored(organization, made).signing == signing

    def test_change(self, organization: Organization) -> None:
        """Both can be changed, and null leaves them as they are."""
        made = make(organization)

        change(organization, made, uses_standard_webhook_signature=True, api_version="2026-10")
        change(organization, made, uses_standard_webhook_signature=None, api_version=None)

        stored = find_stored(organization, made)
        assert (stored.signing, stored.api_version) == ("standard", "2026-10")

    def test_bodies(self, organization: Organization) -> None:
        """Bodies name a version if the endpoint was made with one, or by a client that names one."""
        body = {"url": URL, "format": "raw", "events": []}
        by_client = ask(organization, "POST", ENDPOINTS, body=body, headers=NEWER).json()
        by_field = make(organization, api_version="2026-10")
        by_neither = make(organization)

        found = [
            find_stored(organization, one).api_version for one in (by_client, by_field, by_neither)
        ]

        assert found == ["2026-04", "2026-10", None]


class TestOneEndpoint:
    """What holds for every request about one endpoint."""

    @pytest.mark.parametrize(("method", "more", "body"), REQUESTS)
    def test_anonymous(
        self, organization: Organization, method: str, more: str, body: object
    ) -> None:
        """Without a token there is no answer about any endpoint."""
        answer = organization.request(method, f"{ENDPOINTS}/{NOBODY}{more}", token=None, body=body)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    @pytest.mark.parametrize(("method", "more", "body"), WRITES)
    def test_missing_scope(
        self, organization: Organization, method: str, more: str, body: object
    ) -> None:
        """Reading endpoints is not enough to write one."""
        made = make(organization)

        answer = organization.request(
            method, f"{ENDPOINTS}/{made['id']}{more}", token=organization.token(READ), body=body
        )

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert f'scope="{WRITE}"' in answer.headers["www-authenticate"]
        assert webhooks.find(organization, made) == made

    @pytest.mark.parametrize(("method", "more", "body"), REQUESTS)
    def test_not_found(
        self,
        organization: Organization,
        make_organization: Callable[[], Organization],
        method: str,
        more: str,
        body: object,
    ) -> None:
        """An unknown, a deleted and another organization's endpoint are not found."""
        deleted, foreign = make(organization), make(make_organization())
        ask(organization, "DELETE", f"{ENDPOINTS}/{deleted['id']}")

        for endpoint_id in (NOBODY, deleted["id"], foreign["id"]):
            answer = ask(organization, method, f"{ENDPOINTS}/{endpoint_id}{more}", body=body)

            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    @pytest.mark.parametrize(("method", "more", "body"), REQUESTS)
    def test_malformed(
        self, organization: Organization, method: str, more: str, body: object
    ) -> None:
        """An identifier of the wrong form is named."""
        answer = ask(organization, method, f"{ENDPOINTS}/abc{more}", body=body)

        assert webhooks.find_problem(answer)[:2] == ("uuid_parsing", ["path", "id"])


class TestGetEndpoint:
    """`GET /v1/webhooks/endpoints/{id}`."""

    @pytest.mark.parametrize("scope", [READ, WRITE])
    def test_valid(self, organization: Organization, scope: str) -> None:
        """Both scopes see the endpoint with its secret."""
        made = make(organization)

        answer = organization.get(f"{ENDPOINTS}/{made['id']}", token=organization.token(scope))

        assert (answer.status_code, answer.json()) == (200, made)


class TestUpdateEndpoint:
    """`PATCH /v1/webhooks/endpoints/{id}`."""

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("url", "https://example.com/new"),
            ("name", "Renamed"),
            ("name", ""),
            ("format", "slack"),
            ("events", ["order.refunded", "order.created"]),
            ("events", []),
            ("secret", "z" * 40),
            ("enabled", False),
        ],
    )
    def test_valid(self, organization: Organization, name: str, value: object) -> None:
        """A field in the body changes, the others stay, and the time of the change is noted."""
        made = make(organization, name="First")

        changed = change(organization, made, **{name: value})

        assert changed == made | {name: value, "modified_at": changed["modified_at"]}
        assert changed["modified_at"] > made["created_at"]
        assert webhooks.find(organization, made) == changed

    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"url": None, "name": None, "format": None, "events": None, "secret": None},
            {"enabled": None},
            {"organization_id": NOBODY, "foo": 1},
            {"url": URL, "name": "First", "events": ["order.created"], "enabled": True},
        ],
    )
    def test_nothing(self, organization: Organization, values: dict[str, Any]) -> None:
        """Null, unknown fields and what it has change nothing, not even when it was last changed."""
        made = make(organization, name="First")

        assert change(organization, made, **values) == made

    def test_enable(self, organization: Organization) -> None:
        """An endpoint can be disabled and enabled again, in any word for true."""
        made = make(organization)

        assert change(organization, made, enabled=False)["enabled"] is False
        assert change(organization, made, enabled="yes")["enabled"] is True

    @pytest.mark.parametrize(
        ("values", "kind"),
        [
            ({"url": "http://example.com/"}, "url_scheme"),
            ({"url": "https://10.0.0.1/"}, "value_error"),
            ({"enabled": "maybe"}, "bool_parsing"),
            ({"events": ["nope"]}, "enum"),
            ({"format": "xml"}, "enum"),
            ({"secret": "short"}, "string_too_short"),
            ({"name": "n" * 5001}, "string_too_long"),
        ],
    )
    def test_malformed(self, organization: Organization, values: dict[str, Any], kind: str) -> None:
        """A field of the wrong form is named, and nothing changes."""
        made = make(organization)

        answer = ask(organization, "PATCH", f"{ENDPOINTS}/{made['id']}", body=values)

        assert webhooks.find_problem(answer)[0] == kind
        assert webhooks.find(organization, made) == made

    def test_everything_wrong(self, organization: Organization) -> None:
        """The problems of path and body are told together, the path's first."""
        answer = ask(organization, "PATCH", f"{ENDPOINTS}/abc", body={"enabled": "maybe"})

        assert [one["loc"] for one in answer.json()["detail"]] == [
            ["path", "id"],
            ["body", "enabled"],
        ]


class TestDeleteEndpoint:
    """`DELETE /v1/webhooks/endpoints/{id}`."""

    def test_valid(self, organization: Organization) -> None:
        """A deleted endpoint is gone, and the others stay."""
        gone, kept = make(organization), make(organization)

        answer = ask(organization, "DELETE", f"{ENDPOINTS}/{gone['id']}")

        assert (answer.status_code, answer.content) == (204, b"")
        assert webhooks.find_items(ask(organization, "GET", ENDPOINTS)) == [kept]


class TestResetSecret:
    """`PATCH /v1/webhooks/endpoints/{id}/secret`."""

    @pytest.mark.parametrize("content", [b"", b"{}", b'{"secret": "mine"}', b"no JSON \xff"])
    def test_valid(self, organization: Organization, content: bytes) -> None:
        """A new secret is generated, whatever the body is."""
        made = make(organization)

        answer = ask(
            organization,
            "PATCH",
            f"{ENDPOINTS}/{made['id']}/secret",
            content=content,
            headers={"Content-Length": str(len(content)), "Content-Type": "application/json"},
        )

        assert answer.status_code == 200, answer.text
        reset = answer.json()
        assert re.fullmatch("whsec_[A-Za-z0-9]{44}", reset["secret"])
        assert reset["secret"] != made["secret"]
        assert reset == made | {name: reset[name] for name in ("secret", "modified_at")}
        assert reset["modified_at"] is not None

    def test_without_a_length(self, organization: Organization) -> None:
        """A request without a `Content-Length` is refused."""
        made = make(organization)

        answer = ask(
            organization,
            "PATCH",
            f"{ENDPOINTS}/{made['id']}/secret",
            headers={"Transfer-Encoding": "chunked"},
            content=b"",
        )

        assert (answer.status_code, answer.json()["error"]) == (411, "LengthRequired")
        assert webhooks.find(organization, made) == made
