"""Bearer values for links and cookies: 256 random bits, stored only as a keyed hash."""

import base64
import hmac
from collections.abc import Callable

_BYTES = 32
_LENGTH = 43


def make(random_below: Callable[[int], int]) -> str:
    """A new value of letters, digits, `-` and `_`, by a source of whole numbers below its argument."""
    return _shown(random_below(1 << 8 * _BYTES).to_bytes(_BYTES))


def derive(secret: bytes, kind: str, of: bytes) -> str:
    """The value derived from stored bytes under the secret: always the same one."""
    return _shown(hmac.digest(secret, f"{kind} ".encode() + of, "sha256"))


def is_well_formed(value: str) -> bool:
    """Whether a text could be such a value; says nothing of its validity."""
    return len(value) == _LENGTH and value.isascii()


def hash_of(secret: bytes, kind: str, value: str) -> str:
    """The stored hash of a value: HMAC-SHA-256 under the server's secret, in hexadecimal.

    Args:
        secret: the server's.
        kind: what the value is for; one of another kind has another hash.
        value: what was shown, well-formed.
    """
    return hmac.digest(secret, f"{kind} {value}".encode(), "sha256").hex()


def _shown(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
