"""The headers of webhooks, as the reference sends them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.webhooks import signing

if TYPE_CHECKING:
    from icefloe.domain.values.webhooks import Signing

USER_AGENT = "polar.sh webhooks"

Headers = tuple[tuple[str, str], ...]


def make(secret: str, keys: Signing, webhook_id: UUID, now: datetime, body: bytes) -> Headers:
    """Names in lower case and values, in the reference's order.

    Args:
        secret: signs the body.
        keys: which keys sign.
        webhook_id: the same for each attempt.
        now: the present moment of the organization.
        body: the payload.
    """
    name, timestamp = str(webhook_id), int(now.timestamp())
    return (
        ("user-agent", USER_AGENT),
        ("content-type", "application/json"),
        ("webhook-id", name),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", signing.sign(secret, keys, name, timestamp, body)),
    )
