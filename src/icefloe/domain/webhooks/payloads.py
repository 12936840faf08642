"""The bodies of webhooks, in an endpoint's format."""

import json
from datetime import datetime

from icefloe.domain.values import moments
from icefloe.domain.values.webhooks import WebhookEventType, WebhookFormat


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
