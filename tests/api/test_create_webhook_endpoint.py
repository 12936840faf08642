"""Creating a webhook endpoint: `POST /v1/webhooks/endpoints`."""

import re
from typing import Any

import pytest

from api import webhooks
from api.webhooks import (
    EMPTY,
    ENDPOINT_KEYS,
    ENDPOINTS,
    NOBODY,
    READ,
    URL,
    WRITE,
    ask,
    create,
    make,
)
from api.writing import UNAUTHORIZED
from icefloe.domain.values.webhooks import EVENT_TYPES
from icefloe.domain.webhooks.endpoints import MAX_ENDPOINTS
from support import Organization

PRIVATE = "Value error, Webhook URLs cannot point to localhost or private IP addresses."
MALFORMED = (
    "Value error, Invalid webhook URL:"
    " the hostname contains characters not allowed in domain names."
)


class TestCreateEndpoint:
    """`POST /v1/webhooks/endpoints`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is created."""
        answer = organization.request("POST", ENDPOINTS, token=None, body={})

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """Reading endpoints is not enough to create one."""
        answer = organization.request(
            "POST", ENDPOINTS, token=organization.token(READ), body={"url": URL}
        )

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert f'scope="{WRITE}"' in answer.headers["www-authenticate"]

    def test_valid(self, organization: Organization) -> None:
        """An endpoint is enabled, has a secret of its own, and stays as it was made."""
        made = make(organization)

        assert list(made) == ENDPOINT_KEYS
        assert made | {"created_at": None, "id": None, "secret": None} == {
            "created_at": None,
            "modified_at": None,
            "id": None,
            "url": URL,
            "name": None,
            "format": "raw",
            "secret": None,
            "organization_id": str(organization.id),
            "events": ["order.created"],
            "enabled": True,
        }
        assert re.fullmatch("whsec_[A-Za-z0-9]{44}", made["secret"])
        assert make(organization)["secret"] != made["secret"]
        assert webhooks.find(organization, made) == made

    def test_all_fields(self, organization: Organization) -> None:
        """Everything that can be given is stored as given; repeated events too."""
        given = {
            "name": "",
            "format": "discord",
            "secret": "ß" * 32,
            "events": ["order.paid", "order.paid", "customer.created"],
        }

        made = make(organization, **given, organization_id=None)

        assert {name: made[name] for name in given} == given

    def test_every_type(self, organization: Organization) -> None:
        """All types of events can be subscribed to, and none need be."""
        assert make(organization, events=list(EVENT_TYPES))["events"] == list(EVENT_TYPES)
        assert make(organization, events=[])["events"] == []

    def test_ignored_fields(self, organization: Organization) -> None:
        """Whether it is enabled is not the caller's to say, and a notice names what was ignored."""
        answer = create(organization, enabled=False, id="x")

        assert answer.json()["enabled"] is True
        assert answer.headers["icefloe-notice"] == (
            "unknown field 'enabled' ignored; unknown field 'id' ignored"
        )

    @pytest.mark.parametrize(
        ("given", "stored"),
        [
            ("  https://example.com/sp  ", "https://example.com/sp"),
            ("HTTPS://Example.COM/A", "https://example.com/A"),
            ("https://example.com", "https://example.com/"),
            ("https://example.com:443/a", "https://example.com/a"),
            ("https://example.com:8443/a?x=1#y", "https://example.com:8443/a?x=1#y"),
            ("https:///a", "https://a/"),
            ("https://bücher.de/é x?q=ü", "https://xn--bcher-kva.de/%C3%A9%20x?q=%C3%BC"),
            ("https://u:p@example.com/a", "https://u:p@example.com/a"),
            ("https://134744072/a", "https://8.8.8.8/a"),
            ("http://LOCALHOST:3000", "http://localhost:3000/"),
            ("http://2130706433:3000/a", "http://127.0.0.1:3000/a"),
            ("http://[0:0:0:0:0:0:0:1]:3000/a", "http://[::1]:3000/a"),
        ],
    )
    def test_urls(self, organization: Organization, given: str, stored: str) -> None:
        """A URL is stored in the form that browsers give it; plain HTTP to this machine is taken."""
        assert make(organization, url=given)["url"] == stored

    @pytest.mark.parametrize(
        ("url", "kind", "message"),
        [
            ("http://example.com/a", "url_scheme", "URL scheme should be 'https'"),
            ("http://192.168.1.1/a", "url_scheme", "URL scheme should be 'https'"),
            ("ftp://localhost/a", "url_scheme", "URL scheme should be 'https'"),
            ("", "url_parsing", "Input should be a valid URL, input is empty"),
            ("a.b/c", "url_parsing", "Input should be a valid URL, relative URL without a base"),
            (None, "url_type", "URL input should be a string or URL"),
            (5, "url_type", "URL input should be a string or URL"),
            ("https://localhost/a", "value_error", PRIVATE),
            ("https://127.1/a", "value_error", PRIVATE),
            ("https://2130706433/a", "value_error", PRIVATE),
            ("https://0x7f000001/a", "value_error", PRIVATE),
            ("https://[::ffff:10.0.0.1]/a", "value_error", PRIVATE),
            ("https://u@10.0.0.1/a", "value_error", PRIVATE),
            ("https://foo—bar.com/a", "value_error", MALFORMED),
            ("https://foo_bar.com/a", "value_error", MALFORMED),
            (f"{URL}/{'a' * 2083}", "url_too_long", "URL should have at most 2083 characters"),
            (
                "https://example.com/\ud800",
                "string_unicode",
                "Input should be a valid string, unable to parse raw data as a unicode string",
            ),
        ],
    )
    def test_unusable_urls(
        self, organization: Organization, url: object, kind: str, message: str
    ) -> None:
        """A URL that webhooks may not be sent to is refused in the reference's words."""
        answer = create(organization, url=url)

        assert answer.json()["error"] == "RequestValidationError"
        assert webhooks.find_problem(answer) == (kind, ["body", "url"], message)

    @pytest.mark.parametrize(
        ("values", "kind", "place"),
        [
            ({"events": ["order.created", "nope"]}, "enum", ["events", 1]),
            ({"events": ["CUSTOMER.CREATED"]}, "enum", ["events", 0]),
            ({"events": ["order.created"] * 101}, "too_long", ["events"]),
            ({"events": "order.created"}, "list_type", ["events"]),
            ({"format": "xml"}, "enum", ["format"]),
            ({"format": None}, "enum", ["format"]),
            ({"name": "n" * 5001}, "string_too_long", ["name"]),
            ({"name": "a\0b"}, "value_error", ["name"]),
            ({"name": 5}, "string_type", ["name"]),
            ({"secret": "s" * 31}, "string_too_short", ["secret"]),
            ({"secret": "s" * 1001}, "string_too_long", ["secret"]),
            ({"secret": "s" * 32 + "\0"}, "value_error", ["secret"]),
            ({"api_version": "2025-01"}, "enum", ["api_version"]),
            ({"organization_id": "x"}, "uuid_parsing", ["organization_id"]),
            (
                {"uses_standard_webhook_signature": "maybe"},
                "bool_parsing",
                ["uses_standard_webhook_signature"],
            ),
        ],
    )
    def test_malformed(
        self, organization: Organization, values: dict[str, Any], kind: str, place: list[Any]
    ) -> None:
        """A field of the wrong form is named, and nothing is created."""
        answer = create(organization, **values)

        assert webhooks.find_problem(answer)[:2] == (kind, ["body", *place])
        assert ask(organization, "GET", ENDPOINTS).json() == EMPTY

    def test_missing(self, organization: Organization) -> None:
        """Every field that is missing is named, in the contract's order."""
        answer = ask(organization, "POST", ENDPOINTS, body={})

        assert [one["loc"][1] for one in answer.json()["detail"]] == ["url", "format", "events"]
        assert {one["type"] for one in answer.json()["detail"]} == {"missing"}

    def test_organization(self, organization: Organization) -> None:
        """No organization may be named, the token's own neither."""
        for organization_id in (str(organization.id), NOBODY):
            answer = create(organization, organization_id=organization_id)

            assert answer.json()["error"] == "PolarRequestValidationError"
            assert webhooks.find_problem(answer) == (
                "organization_token",
                ["body", "organization_id"],
                "Setting organization_id is disallowed when using an organization token.",
            )

    def test_too_many(self, organization: Organization) -> None:
        """An organization has a hundred endpoints at most; a deleted one makes room."""
        made = [make(organization) for _ in range(MAX_ENDPOINTS)]

        answer = create(organization)

        assert (answer.status_code, answer.json()["error"]) == (403, "NotPermitted")
        assert "100 webhook endpoints" in answer.json()["detail"]
        ask(organization, "DELETE", f"{ENDPOINTS}/{made[0]['id']}")
        make(organization)

    def test_without_a_body(self, organization: Organization) -> None:
        """A request must have a body."""
        answer = ask(organization, "POST", ENDPOINTS)

        assert webhooks.find_problem(answer) == ("missing", ["body"], "Field required")
