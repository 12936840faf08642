"""The message by which an event is delivered: its headers and its body, as the reference sends them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from icefloe.delivery.sender import Message
from icefloe.domain.webhooks import headers

if TYPE_CHECKING:
    from icefloe.domain.values.webhooks import WebhookEndpoint, WebhookEvent


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
    made = headers.make(endpoint.secret, endpoint.signing, event.id, now, event.payload)
    return Message(endpoint.url, made, event.payload)
