"""The bodies of webhooks, in an endpoint's format.

`raw` is the data itself. `discord` and `slack` are messages for those services: the reference has a
message of its own for each event about an order, a subscription or a refund, and one form for all
others, which is every event that there is here.
"""

import json
from datetime import datetime
from typing import Final

from icefloe.domain.values import moments, orders, products
from icefloe.domain.values.webhooks import WebhookEventType, WebhookFormat

# What the reference puts on its messages, whoever they are from.
_SENDER: Final = "Polar.sh"
_FOOTER: Final = f"Powered by {_SENDER}"
_PICTURES: Final = "https://raw.githubusercontent.com/polarsource/polar"
_ICON: Final = f"{_PICTURES}/2648cf7472b5128704a097cd1eb3ae5f1dd847e5/docs/docs/assets/favicon.png"
_LOGO: Final = (
    f"{_PICTURES}/4fd899222e200ca70982f437039f549b7a822ecc"
    "/clients/apps/web/public/email-logo-dark.png"
)
_BLUE: Final = 0x0062FF


def render(
    form: WebhookFormat,
    kind: WebhookEventType,
    created_at: datetime,
    document: bytes,
    *,
    api_version: str | None = None,
    organization_name: str = "",
) -> bytes:
    """A body.

    Args:
        form: the endpoint's format.
        kind: what happened.
        created_at: when.
        document: the wire document of what it happened to.
        api_version: the contract's version that a raw body names, if any.
        organization_name: shown by messages alone.
    """
    if form == "raw":
        version = "" if api_version is None else f'"api_version":"{api_version}",'
        if api_version is not None and kind.startswith(("product.", "subscription.")):
            document = products.add_newer_fields(document)
        if api_version is not None and kind.startswith("order."):
            document = orders.add_newer_fields(document)
        head = f'{{"type":"{kind}","timestamp":"{moments.render(created_at)}",{version}"data":'
        return head.encode() + document + b"}"
    facts = {"Object": json.loads(document)["id"], "Organization": organization_name}
    message = _slack(kind, facts) if form == "slack" else _discord(kind, facts)
    return json.dumps(message).encode()


def _discord(kind: str, facts: dict[str, str]) -> dict[str, object]:
    embed = {
        "color": _BLUE,
        "author": {"name": _SENDER, "icon_url": _ICON},
        "thumbnail": {"url": _LOGO},
        "footer": {"text": _FOOTER},
        "title": kind,
        "description": kind,
        "fields": [{"name": name, "value": value} for name, value in facts.items()],
    }
    return {"content": kind, "embeds": [embed]}


def _slack(kind: str, facts: dict[str, str]) -> dict[str, object]:
    section = {
        "type": "section",
        "text": _markdown(kind),
        "fields": [_markdown(f"*{name}*\n{value}") for name, value in facts.items()],
    }
    icon = {"type": "image", "image_url": _ICON, "alt_text": _SENDER}
    context = {"type": "context", "elements": [icon, _markdown(_FOOTER)]}
    return {"text": kind, "blocks": [section, context]}


def _markdown(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}
