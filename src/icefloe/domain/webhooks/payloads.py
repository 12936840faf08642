"""What webhooks tell of an event, and their bodies in an endpoint's format."""

import json
from collections.abc import Iterator
from datetime import datetime

from icefloe.domain import states
from icefloe.domain.values import moments
from icefloe.domain.values.events import Event
from icefloe.domain.values.webhooks import WebhookEventType, WebhookFormat


def find_told(event: Event) -> Iterator[tuple[WebhookEventType, bytes]]:
    """The webhooks that tell of an event, in their order: type, and the wire document of the data.

    A customer's event is followed by the customer's state.
    """
    if event.is_silent:
        return
    if event.type != "customer.state_changed":
        yield event.type, event.document
    if event.type.startswith("customer."):
        yield "customer.state_changed", states.render(event.document)


def render(
    form: WebhookFormat, kind: WebhookEventType, created_at: datetime, document: bytes
) -> bytes:
    """A body.

    Args:
        form: the endpoint's format.
        kind: what happened.
        created_at: when.
        document: the wire document of what it happened to.
    """
    if form == "raw":
        head = f'{{"type":"{kind}","timestamp":"{moments.render(created_at)}","data":'
        return head.encode() + document + b"}"
    message = _slack if form == "slack" else _discord
    return json.dumps(message(kind)).encode()


def _slack(kind: str) -> dict[str, object]:
    return {"text": kind}


def _discord(kind: str) -> dict[str, object]:
    return {"content": kind}
