"""The messages by which events are delivered."""

import base64
import hmac
from datetime import UTC, datetime
from uuid import UUID

import pytest

from icefloe.delivery.messages import make_message
from icefloe.domain.values.webhooks import Signing, WebhookEndpoint, WebhookEvent

NOW = datetime(2026, 5, 1, 12, 0, 0, 999999, tzinfo=UTC)
SECRET = "whsec_" + "Ab3d" * 11
BODY = '{"type":"customer.created","data":{"name":"Zoë"}}'.encode()


def endpoint(signing: Signing = "both") -> WebhookEndpoint:
    """An endpoint."""
    return WebhookEndpoint(
        id=UUID(int=1),
        organization_id=UUID(int=2),
        created_at=NOW,
        url="https://example.com/hook",
        format="raw",
        secret=SECRET,
        events=("customer.created",),
        signing=signing,
        api_version="2026-04",
    )


def event(payload: bytes | None = BODY) -> WebhookEvent:
    """An event for it."""
    return WebhookEvent(
        id=UUID("0ffb1d19-30f3-4eb1-ae83-d69b06e2f90d"),
        organization_id=UUID(int=2),
        endpoint_id=UUID(int=1),
        customer_id=None,
        type="customer.created",
        created_at=NOW,
        payload=payload,
        due_at=NOW,
    )


def signature(key: bytes) -> str:
    """The signature of the event at that moment, as receivers compute it."""
    text = b"0ffb1d19-30f3-4eb1-ae83-d69b06e2f90d.1777636800." + BODY
    return "v1," + base64.b64encode(hmac.digest(key, text, "sha256")).decode()


def test_headers() -> None:
    """A message has the reference's headers in their order, and the payload byte for byte."""
    message = make_message(endpoint(), event(), NOW)

    assert message.url == "https://example.com/hook"
    assert message.body == BODY
    whole, standard = signature(SECRET.encode()), signature(base64.b64decode("Ab3d" * 11))
    assert message.headers == (
        ("user-agent", "polar.sh webhooks"),
        ("content-type", "application/json"),
        ("webhook-id", "0ffb1d19-30f3-4eb1-ae83-d69b06e2f90d"),
        ("webhook-timestamp", "1777636800"),
        ("webhook-signature", f"{whole} {standard}"),
    )


def test_one_signature() -> None:
    """An endpoint that wants one kind of signature gets that one."""
    (_, *_, signed) = make_message(endpoint("whole"), event(), NOW).headers

    assert signed == ("webhook-signature", signature(SECRET.encode()))


def test_archived() -> None:
    """An archived event has no message."""
    with pytest.raises(ValueError, match="archived"):
        make_message(endpoint(), event(None), NOW)
