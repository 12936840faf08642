"""The message by which an event is delivered: its headers and its body, as the reference sends them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from icefloe.delivery.sender import Message
from icefloe.domain.webhooks import signing

if TYPE_CHECKING:
    from icefloe.domain.values.webhooks import WebhookEndpoint, WebhookEvent

USER_AGENT = "polar.sh webhooks"


def make_message(endpoint: WebhookEndpoint, event: WebhookEvent, now: datetime) -> Message:
    """The message of one attempt, signed with the endpoint's present secret.

    Args:
        endpoint: where it goes.
        event: what it tells; not archived.
        now: the present moment of the organization.

    Raises:
        ValueError: the event is archived, so that it has no body.
    """
    if event.payload is None:
        raise ValueError("the event is archived")
    webhook_id, timestamp = str(event.id), int(now.timestamp())
    signature = signing.sign(
        endpoint.secret, endpoint.signing, webhook_id, timestamp, event.payload
    )
    headers = (
        ("user-agent", USER_AGENT),
        ("content-type", "application/json"),
        ("webhook-id", webhook_id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", signature),
    )
    return Message(endpoint.url, headers, event.payload)
