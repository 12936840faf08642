"""Secrets of webhook endpoints, and the signatures that they make.

The reference signs as Standard Webhooks says, `{id}.{timestamp}.{body}` by HMAC-SHA-256, but its older
clients verify with the whole secret's bytes as the key, its newer ones with what follows `whsec_`,
decoded from base64. A delivery may carry several signatures; one that verifies is enough.
"""

import base64
import binascii
import hmac
import string
from collections.abc import Callable

from icefloe.domain.values.webhooks import Signing

PREFIX = "whsec_"
# The reference's has 43 characters, which base64 cannot decode; 44 can be decoded as well.
_CHARACTERS = 44
_ALPHABET = string.ascii_letters + string.digits


def make_secret(random_below: Callable[[int], int]) -> str:
    """A new secret, whose part after `whsec_` is valid base64, by a source of random numbers."""
    return PREFIX + "".join([_ALPHABET[random_below(len(_ALPHABET))] for _ in range(_CHARACTERS)])


def sign(secret: str, signing: Signing, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: a signature for each key, joined by a space.

    Args:
        secret: the endpoint's. A secret that base64 cannot decode signs as a whole only.
        signing: which keys sign.
        webhook_id: the event's id as text.
        timestamp: of the attempt, in seconds since 1970.
        body: the payload.
    """
    message = f"{webhook_id}.{timestamp}.".encode() + body
    keys = [secret.encode()] if signing != "standard" else []
    decoded = _decode(secret) if signing != "whole" else None
    if decoded is not None:
        keys.append(decoded)
    return " ".join([_signature(key, message) for key in keys or [secret.encode()]])


def _signature(key: bytes, message: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(key, message, "sha256")).decode()


def _decode(secret: str) -> bytes | None:
    """The key that Standard Webhooks takes from a secret; None where it has none."""
    text = secret.removeprefix(PREFIX)
    try:
        return base64.b64decode(text, validate=True) or None
    except (binascii.Error, ValueError):
        return None
