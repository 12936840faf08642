"""Verifying webhooks as the handlers of applications do."""

import base64
import hmac
import time
from collections.abc import Mapping

_TOLERANCE_SECONDS = 300


def is_valid(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether a verifier accepts a message: it was signed with a key of the secret, and just now."""
    names = {name.lower(): value for name, value in headers.items()}
    sent = int(names["webhook-timestamp"])
    if abs(time.time() - sent) > _TOLERANCE_SECONDS:
        return False
    signatures = names["webhook-signature"].split()
    return any(_sign(key, names["webhook-id"], sent, body) in signatures for key in _keys(secret))


def accepted_by(headers: Mapping[str, str], body: bytes, secret: str) -> list[str]:
    """Which verifiers accept a message: polar-sdk 0.x (`whole`), Standard Webhooks (`standard`)."""
    whole, standard = _keys(secret)
    names = {name.lower(): value for name, value in headers.items()}
    found = names["webhook-signature"].split()
    message = (names["webhook-id"], int(names["webhook-timestamp"]), body)
    return [
        name
        for name, key in (("whole", whole), ("standard", standard))
        if _sign(key, *message) in found
    ]


def _keys(secret: str) -> tuple[bytes, bytes]:
    return secret.encode(), base64.b64decode(secret.removeprefix("whsec_"))


def _sign(key: bytes, webhook_id: str, sent: int, body: bytes) -> str:
    digest = hmac.digest(key, f"{webhook_id}.{sent}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"
