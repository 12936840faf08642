"""Webhook endpoints and deliveries, by the official clients."""

from typing import Any

import pytest

from icefloe.domain.values.access import CUSTOMERS_READ
from receiving import Receiver
from support import Organization
from wire.deliveries import ask
from wire.expected import (
    NOT_FOUND,
    expect_refused,
    generation_1,
    problems,
    refusal,
)
from wire.programs import Client, Connection

NOBODY = "3b0c2a1e-5d1f-4c61-9e0a-7d6f0a54c1b2"
URL = "https://example.com/hook"
_FIELDS = {
    "created_at", "modified_at", "id", "url", "format", "organization_id", "events",
}  # fmt: skip
_SINCE_0_32 = _FIELDS | {"secret", "name", "enabled"}
# What each client must be able to tell of an endpoint.
_KNOWN = {
    "polar-sdk-0.22.1": _FIELDS,
    "polar-sdk-0.32.0": _SINCE_0_32,
    "polar-sdk-1.0.2": _SINCE_0_32 | {"api_version", "uses_standard_webhook_signature"},
}
# 0.22.1 has to give a secret, and later clients of 0.x cannot.
_NEW = {
    "url": URL,
    "format": "raw",
    "events": ["customer.created"],
    "secret": "whsec_" + "Ab3d" * 11,
}
with_reset = pytest.mark.parametrize(
    "client", ["polar-sdk-0.32.0", "polar-sdk-1.0.2"], indirect=True
)


@pytest.fixture(params=[False, True], ids=["plain", "async"])
def polar(request: pytest.FixtureRequest, client: Client, organization: Organization) -> Connection:
    """The client, connected to an organization, by each of its two ways."""
    token = organization.token("webhooks:write")
    return client.connect(organization, token=token, asynchronous=request.param)


def make(polar: Connection, **values: Any) -> dict[str, Any]:
    """A new endpoint."""
    made: dict[str, Any] = polar.do("create_endpoint", **{**_NEW, **values})
    return made


def test_missing_scope(client: Client, organization: Organization) -> None:
    """A token for customers alone is refused as the client refuses."""
    customers_alone = client.connect(organization, token=organization.token(*CUSTOMERS_READ))
    for act in ("list_endpoints", "list_deliveries"):
        expect_refused(customers_alone, act)


def test_not_found(polar: Connection) -> None:
    """What is not there is told in the class that the client has for it."""
    for act, what in (
        ("get_endpoint", "endpoint"),
        ("update_endpoint", "endpoint"),
        ("delete_endpoint", "endpoint"),
        ("redeliver", "event"),
    ):
        assert refusal(polar, act, **{what: NOBODY}).body == NOT_FOUND


def test_invalid(polar: Connection) -> None:
    """A URL that no webhook may go to is told in the class for what is not valid."""
    raised = refusal(polar, "create_endpoint", **{**_NEW, "url": "http://example.com/"})

    assert problems(raised) == [(["body", "url"], "url_scheme", "URL scheme should be 'https'")]


def test_endpoints(polar: Connection, client: Client) -> None:
    """An endpoint is created, read, listed, changed and deleted."""
    made = make(polar)
    another = make(polar, url="https://example.com/another")

    assert made.keys() >= _KNOWN[client.name]
    assert (made["url"], made["events"]) == (URL, ["customer.created"])
    assert polar.do("get_endpoint", endpoint=made["id"]) == made
    page = polar.do("list_endpoints")
    assert page["items"] == [another, made]
    assert page["pagination"] == {"total_count": 2, "max_page": 1}
    changed = polar.do("update_endpoint", endpoint=made["id"], events=["customer.deleted"])
    assert changed["events"] == ["customer.deleted"]
    assert changed["modified_at"] is not None
    assert polar.do("delete_endpoint", endpoint=made["id"]) is None
    assert polar.do("list_endpoints")["items"] == [another]


@with_reset
def test_secret(polar: Connection) -> None:
    """A secret is replaced."""
    made = make(polar)
    renewed = polar.do("reset_secret", endpoint=made["id"])

    assert renewed["id"] == made["id"]
    assert renewed["secret"] != made["secret"]
    raised = refusal(polar, "reset_secret", endpoint=NOBODY)
    assert raised.body == NOT_FOUND


@generation_1
def test_newer_fields(polar: Connection) -> None:
    """A client 1.x is told, and may choose, an endpoint's version and signature."""
    made = make(polar)
    chosen = make(polar, api_version="2026-10", uses_standard_webhook_signature=True)

    names = ("api_version", "uses_standard_webhook_signature")
    assert [made[name] for name in names] == ["2026-04", False]
    assert [chosen[name] for name in names] == ["2026-10", True]


@generation_1
def test_walk(polar: Connection) -> None:
    """A walk over all pages sees each endpoint once."""
    made = [make(polar) for _ in range(3)]

    assert polar.do("walk_endpoints", limit=2) == made[::-1]


def test_deliveries(polar: Connection, organization: Organization, receiver: Receiver) -> None:
    """A delivery is listed and filtered, and its event delivered again."""
    endpoint = make(polar, url=receiver.url("/410"))
    ask(organization, "POST", "/v1/customers/", {"email": "ada@example.com"})
    receiver.wait_for(1)
    event = receiver.requests[0].event_id
    failed = wait_for_deliveries(polar, 1, event_id=event)
    receiver.answers["/410"] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    assert polar.do("redeliver", event=event) is None
    receiver.wait_for(2)
    both = wait_for_deliveries(polar, 2, event_id=event)

    assert both[1] == failed[0] | {"webhook_event": both[1]["webhook_event"]}
    assert [(one["succeeded"], one["http_code"]) for one in both] == [(True, 200), (False, 410)]
    seen = both[0]["webhook_event"]
    assert (seen["id"], seen["payload"]) == (event, receiver.requests[0].body.decode())
    page = polar.do("list_deliveries", endpoint_id=endpoint["id"], limit=1)
    assert page["items"] == both[:1]
    assert page["pagination"] == {"total_count": 2, "max_page": 2}


def wait_for_deliveries(polar: Connection, count: int, event_id: str) -> list[dict[str, Any]]:
    """The deliveries of an event, newest first, once there are so many.

    The receiver knows of a delivery before its outcome is recorded.
    """
    while True:
        items = polar.do("list_deliveries")["items"]
        found = [one for one in items if one["webhook_event"]["id"] == event_id]
        if len(found) >= count:
            return found


@generation_1
def test_walk_deliveries(polar: Connection, organization: Organization, receiver: Receiver) -> None:
    """A walk over all pages sees each delivery once, and filters reach the server."""
    make(polar, url=receiver.url())
    for number in range(3):
        ask(organization, "POST", "/v1/customers/", {"email": f"more{number}@example.com"})
    receiver.wait_for(3)
    wait_for_deliveries(polar, 1, receiver.requests[-1].event_id)

    seen = polar.do("walk_deliveries", limit=2, succeeded=True, event_type="customer.created")
    assert [one["webhook_event"]["id"] for one in seen] == [
        request.event_id for request in receiver.requests[::-1]
    ]
    assert {one["webhook_event"]["api_version"] for one in seen} == {"2026-04"}
    assert polar.do("walk_deliveries", http_code_class="5xx") == []
