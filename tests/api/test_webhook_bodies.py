"""The bodies of webhooks, as a receiver gets them: which keys they have, in which order and form."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from icefloe.domain.values.webhooks import EVENT_TYPES
from receiving import Receiver, receiving
from support import Organization

pytestmark = pytest.mark.processes

CUSTOMER = [
    "id", "created_at", "modified_at", "metadata", "external_id", "email", "email_verified", "type",
    "name", "billing_name", "billing_address", "tax_id", "locale", "organization_id",
    "default_payment_method_id", "deleted_at", "first_user_event_at", "avatar_url",
]  # fmt: skip
STATE = [*CUSTOMER, "active_subscriptions", "granted_benefits", "active_meters"]
MEMBER = [
    "id", "created_at", "modified_at", "customer_id", "email", "name", "external_id", "role",
]  # fmt: skip
KEYS = {
    "customer.created": CUSTOMER,
    "customer.updated": CUSTOMER,
    "customer.deleted": CUSTOMER,
    "customer.state_changed": STATE,
    "member.created": MEMBER,
    "member.updated": MEMBER,
    "member.deleted": MEMBER,
}
ADDRESS = ["line1", "line2", "postal_code", "city", "state", "country"]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
NAME = 'Zoë "Q" <b> / 🎉'
# More than a double holds: a program that reads it and writes it again changes it.
METADATA = '{"a":2.5,"b":true,"s":"é","zz":1,"big":10000000000000000000000}'
_SCOPES = ("customers:write", "members:write", "organizations:write", "webhooks:write")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiving() as started:
        yield started


def ask(organization: Organization, method: str, path: str, body: object = None) -> Any:
    """What the API answers."""
    answer = organization.request(method, path, token=organization.token(*_SCOPES), body=body)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def listen(organization: Organization, receiver: Receiver, **values: Any) -> None:
    """An endpoint for all that happens."""
    body = {"url": receiver.url(), "format": "raw", "events": list(EVENT_TYPES), **values}
    ask(organization, "POST", "/v1/webhooks/endpoints", body)


def live(organization: Organization) -> list[str]:
    """The life of a customer who becomes a team; the types of the webhooks that it causes."""
    new = {
        "email": "Ünï.Löve@example.com",
        "name": NAME,
        "external_id": "g-1",
        "billing_address": {"line1": "1 Main", "country": "US", "state": "NY"},
        "locale": "fr-FR",
        "metadata": json.loads(METADATA),
    }
    made = ask(organization, "POST", "/v1/customers/", new)
    path = f"/v1/customers/{made['id']}"
    ask(organization, "PATCH", path, {"type": "team"})
    hand = {"customer_id": made["id"], "email": "m1@example.com", "external_id": "m-1"}
    member = ask(organization, "POST", "/v1/members/", hand)
    ask(organization, "PATCH", f"/v1/members/{member['id']}", {"name": "M Uno"})
    ask(organization, "DELETE", f"/v1/members/{member['id']}")
    ask(organization, "DELETE", path)
    return [
        "member.created", "customer.created", "customer.state_changed",
        "customer.updated", "customer.state_changed",
        "member.created", "member.updated", "member.deleted",
        "member.deleted", "customer.deleted", "customer.state_changed",
    ]  # fmt: skip


def test_customers_and_members(organization: Organization, receiver: Receiver) -> None:
    """Each body is compact JSON with type, timestamp and data, whose keys are those of the API."""
    listen(organization, receiver)
    expected = live(organization)
    receiver.wait_for(len(expected))

    found = [request.body.decode() for request in receiver.requests]
    assert [json.loads(body)["type"] for body in found] == expected
    assert KEYS.keys() == set(expected)
    for body in found:
        told = json.loads(body)
        assert body == json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        assert list(told) == ["type", "timestamp", "data"]
        assert MOMENT.fullmatch(told["timestamp"])
        assert list(told["data"]) == KEYS[told["type"]]
        assert MOMENT.fullmatch(told["data"]["created_at"])
        if "metadata" in told["data"]:
            assert list(told["data"]["billing_address"]) == ADDRESS
            assert f'"metadata":{METADATA}' in body


def test_values(organization: Organization, receiver: Receiver) -> None:
    """A body shows what its event left, not what came later; a deleted customer's is its last."""
    listen(organization, receiver)
    expected = live(organization)
    receiver.wait_for(len(expected))

    told = [json.loads(request.body)["data"] for request in receiver.requests]
    created, updated, deleted = told[1], told[3], told[9]
    assert (created["type"], created["modified_at"], created["deleted_at"]) == (
        "individual",
        None,
        None,
    )
    assert (updated["type"], updated["external_id"]) == ("team", "g-1")
    assert MOMENT.fullmatch(updated["modified_at"])
    assert (deleted["external_id"], deleted["email"]) == (None, created["email"])
    assert MOMENT.fullmatch(deleted["deleted_at"])
    assert told[2] == created | {
        "active_subscriptions": [],
        "granted_benefits": [],
        "active_meters": [],
    }


def test_organization(organization: Organization, receiver: Receiver) -> None:
    """The body of an organization's change has it as the API shows it, dated as before the change."""
    listen(organization, receiver)
    path = f"/v1/organizations/{organization.id}"
    before = ask(organization, "PATCH", path, {"name": "Arctic"})["modified_at"]
    shown = ask(organization, "PATCH", path, {"name": "Arctic Fish"})
    receiver.wait_for(2)

    told = json.loads(receiver.requests[1].body)
    assert told["type"] == "organization.updated"
    assert told["data"] == shown | {"modified_at": before}
    assert list(told["data"]) == list(shown)


def test_version(organization: Organization, receiver: Receiver) -> None:
    """A body names a version, behind its timestamp, if its endpoint has one."""
    listen(organization, receiver, api_version="2026-10", events=["customer.created"])
    ask(organization, "POST", "/v1/customers/", {"email": "ada@example.com"})
    receiver.wait_for(1)

    told = json.loads(receiver.requests[0].body)
    assert list(told) == ["type", "timestamp", "api_version", "data"]
    assert told["api_version"] == "2026-10"
