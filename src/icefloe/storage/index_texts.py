"""Texts and keys that are short enough for every engine's indexes.

A row of a PostgreSQL index has 2,704 bytes at most. What the contract lets in is shorter, all but the
sort key of a rare name; what an import brings may not be.
"""

import hashlib

_MAX_BYTES = 2000
_MAX_NAME_BYTES = 400


def of_sort_key(key: bytes) -> bytes:
    """The sort key, or its beginning: texts that differ only behind it come in order of insertion."""
    return key[:_MAX_BYTES]


def of_metadata_key(text: str) -> str:
    """A text that is the same for the same key of metadata, and for no other."""
    return _short(text, _MAX_NAME_BYTES)


def of_metadata_value(text: str) -> str:
    """A text that is the same for the same value of metadata, and for no other."""
    return _short(text, _MAX_BYTES)


def _short(text: str, most: int) -> str:
    """The text itself, or a digest of it where it has more than `most` bytes."""
    # Most are short, and need no look at their bytes: a character has four at most.
    if len(text) * 4 <= most or len(encoded := text.encode()) <= most:
        return text
    return f"\1sha256:{hashlib.sha256(encoded).hexdigest()}"
