"""What a running server sends, verified by the official clients and by Standard Webhooks' library."""

import json

import pytest

from receiving import Receiver
from support import Organization
from wire.deliveries import SIGNINGS, TYPES, Delivery, ask, cause_all, make_endpoint, read
from wire.expected import generation_0
from wire.programs import Client, Connection, Raised

# Members came later than this client.
_KNOWN = {"polar-sdk-0.22.1": {name for name in TYPES if not name.startswith("member.")}}
_REFUSALS = {"0": "WebhookVerificationError", "1": "PolarWebhookVerificationError"}


@pytest.fixture
def polar(client: Client, organization: Organization) -> Connection:
    """The client; what verifies needs no connection."""
    return client.connect(organization)


def expect_verified(polar: Connection, delivery: Delivery, act: str = "verify") -> None:
    """Check that a verifier accepts a delivery, and reads in it what was sent."""
    sent = json.loads(delivery.body)
    seen = polar.do(act, **delivery.arguments)
    assert seen["type"] == sent["type"]
    assert seen["data"]["id"] == sent["data"]["id"]
    assert seen["data"].get("name") == sent["data"]["name"]


def expect_refused(polar: Connection, delivery: Delivery, act: str = "verify") -> None:
    """Check that a verifier refuses a delivery because of its signature."""
    with pytest.raises(Raised) as raised:
        polar.do(act, **delivery.arguments)
    assert raised.value.name == _REFUSALS[polar.client.generation]


@pytest.mark.parametrize("signing", SIGNINGS)
def test_client(
    polar: Connection, organization: Organization, receiver: Receiver, signing: str
) -> None:
    """A client accepts each delivery, unless it is of 0.x and the key of Standard Webhooks signed."""
    deliveries = cause_all(organization, receiver, signing)

    known = _KNOWN.get(polar.client.name, TYPES)
    assert {json.loads(one.body)["type"] for one in deliveries} == TYPES
    for one in deliveries:
        if signing == "standard" and polar.client.generation == "0":
            expect_refused(polar, one)
        elif json.loads(one.body)["type"] in known:
            expect_verified(polar, one)


@generation_0
def test_without_version(polar: Connection, organization: Organization, receiver: Receiver) -> None:
    """Clients of 0.x accept bodies that name no version, as those of their time."""
    for one in cause_all(organization, receiver, api_version=None):
        if json.loads(one.body)["type"] in _KNOWN.get(polar.client.name, TYPES):
            expect_verified(polar, one)


@generation_0
@pytest.mark.parametrize("signing", SIGNINGS)
def test_standard(
    polar: Connection, organization: Organization, receiver: Receiver, signing: str
) -> None:
    """The library of Standard Webhooks accepts each delivery, unless the whole secret signed alone."""
    for one in cause_all(organization, receiver, signing):
        if signing == "whole":
            expect_refused(polar, one, "verify_as_standard")
        else:
            expect_verified(polar, one, "verify_as_standard")


@pytest.mark.parametrize("signing", SIGNINGS)
def test_tampering(
    polar: Connection, organization: Organization, receiver: Receiver, signing: str
) -> None:
    """A delivery of which anything was changed is accepted by no verifier."""
    acts = ["verify", "verify_as_standard"] if polar.client.generation == "0" else ["verify"]
    original = cause_all(organization, receiver, signing)[0]
    for wrong in original.tamper().values():
        assert wrong != original
        for act in acts:
            expect_refused(polar, wrong, act)


def test_again(polar: Connection, organization: Organization, receiver: Receiver) -> None:
    """A redelivery has the same id and body, and the signature of the secret that is there now."""
    endpoint = make_endpoint(organization, receiver.url(), api_version="2026-04")
    ask(organization, "POST", "/v1/customers/", {"email": "ada@example.com", "name": "Ada"})
    receiver.wait_for(3)
    first = receiver.requests[1]
    path = f"/v1/webhooks/endpoints/{endpoint['id']}/secret"
    secret = ask(organization, "PATCH", path, {})["secret"]
    ask(organization, "POST", f"/v1/webhooks/events/{first.event_id}/redeliver", {})
    receiver.wait_for(4)
    again = receiver.requests[3]

    assert (again.event_id, again.body) == (first.event_id, first.body)
    expect_verified(polar, read(first, endpoint["secret"]))
    expect_verified(polar, read(again, secret))
    expect_refused(polar, read(again, endpoint["secret"]))
