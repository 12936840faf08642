"""Webhook endpoints and deliveries, by the official clients."""

from typing import Any

import pytest

from api import webhooks
from api.writing import NOT_FOUND
from support import Organization
from wire.expected import expect_refused, refusal
from wire.programs import Client, Connection

BODY = {"url": "http://localhost:1/hook", "format": "raw", "events": ["customer.created"]}
# What all clients show of an endpoint, and of a delivery.
ENDPOINT = ("id", "url", "format", "events", "organization_id")
DELIVERY = ("id", "succeeded", "http_code")
# It asks its users for a secret, and has no method that makes another.
OLDEST = "polar-sdk-0.22.1"


@pytest.fixture(params=[False, True], ids=["plain", "async"])
def polar(request: pytest.FixtureRequest, client: Client, organization: Organization) -> Connection:
    """The client, connected to an organization, by each of its two ways."""
    token = organization.token(webhooks.WRITE)
    return client.connect(organization, token=token, asynchronous=request.param)


def shown(organization: Organization, seen: dict[str, Any]) -> dict[str, Any]:
    """What the wire has of an endpoint that a client sees, under the names that the client has."""
    found = webhooks.find(organization, seen, headers={"Polar-Version": "2026-10"})
    return {name: found[name] for name in seen if name in found}


def test_missing_scope(client: Client, organization: Organization) -> None:
    """A token for customers alone is refused as the client refuses."""
    expect_refused(client.connect(organization), "list_webhook_endpoints")


def test_not_found(polar: Connection) -> None:
    """An unknown endpoint is not found, in the class that the client has for it."""
    raised = refusal(polar, "get_webhook_endpoint", endpoint=webhooks.NOBODY)

    assert raised.body == NOT_FOUND


def test_endpoints(polar: Connection, client: Client, organization: Organization) -> None:
    """An endpoint is created, found, changed and deleted by the client's own classes."""
    more = {"secret": "s" * 40} if client.name == OLDEST else {}
    made = polar.do("create_webhook_endpoint", **BODY, **more)

    assert {name: made[name] for name in BODY} == BODY
    assert made["organization_id"] == str(organization.id)
    assert polar.do("get_webhook_endpoint", endpoint=made["id"]) == made
    assert polar.do("list_webhook_endpoints") == [made]
    changed = polar.do("update_webhook_endpoint", endpoint=made["id"], format="slack", events=[])
    assert (changed["format"], changed["events"]) == ("slack", [])
    if client.name != OLDEST:
        reset = polar.do("reset_webhook_endpoint_secret", endpoint=made["id"])
        assert reset["secret"] != made["secret"]
    seen = polar.do("get_webhook_endpoint", endpoint=made["id"])
    stored = shown(organization, seen)
    assert {name: seen[name] for name in ENDPOINT} == {name: stored[name] for name in ENDPOINT}
    polar.do("delete_webhook_endpoint", endpoint=made["id"])
    assert polar.do("list_webhook_endpoints") == []


def test_deliveries(polar: Connection, organization: Organization) -> None:
    """A delivery is found with its event, which is sent again."""
    endpoint = webhooks.make(organization, **BODY)
    event = webhooks.attempt(organization, endpoint, webhooks.OK, "customer.created")

    (seen,) = polar.do("list_webhook_deliveries", endpoint=endpoint["id"])

    (found,) = webhooks.find_items(webhooks.ask(organization, "GET", webhooks.DELIVERIES))
    assert {name: seen[name] for name in DELIVERY} == {name: found[name] for name in DELIVERY}
    assert seen["webhook_event"]["id"] == str(event.id)
    assert seen["webhook_event"]["payload"] == found["webhook_event"]["payload"]
    assert polar.do("redeliver_webhook_event", event=str(event.id)) is None
