"""What endpoints answer, as far as it is stored: the beginning of its text."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

MOST_CHARACTERS = 2048
"""How many characters of an answer are stored, as in the reference."""
MOST_BYTES = 64 * 1024
"""How many bytes of an answer's body are read, and how many they may become when decompressed."""

_MULTIPLE_CHOICES = 300
_DECODERS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
# Other codecs of Python are no character sets, or slow.
_CHARSETS = {"utf-8", "utf-16", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"}
_KINDS = {3: "Redirect response", 4: "Client error", 5: "Server error"}
_MORE = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a message.

    Attributes:
        status: its code.
        reason: the words after that.
        headers: names in lower case, and values.
        body: the beginning of its body, as it came: compressed, perhaps.
    """

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the event is delivered by it."""
        return 200 <= self.status < _MULTIPLE_CHOICES  # noqa: PLR2004 - the least success


def describe(url: str, answer: Answer) -> str | None:
    """The text that is stored of an answer.

    Without a body it is None for a success, and for a failure what httpx says, as in the reference.
    """
    text = shorten(_read_text(answer))
    if text or answer.is_success:
        return text or None
    lines = [f"{_kind(answer.status)} '{answer.status} {answer.reason}' for url '{url}'"]
    if _kind(answer.status) == _KINDS[3] and "location" in answer.headers:
        lines.append(f"Redirect location: '{answer.headers['location']}'")
    lines.append(f"For more information check: {_MORE}{answer.status}")
    return shorten("\n".join(lines))


def shorten(text: str) -> str:
    """The beginning of a text, as it is stored: PostgreSQL takes no NUL."""
    return text.replace("\0", "")[:MOST_CHARACTERS]


def _kind(status: int) -> str:
    return _KINDS.get(status // 100, "Invalid status code")


def _read_text(answer: Answer) -> str:
    body = answer.body
    for coding in reversed(answer.headers.get("content-encoding", "").split(",")):
        body = _decompress(coding.strip().lower(), body)
    _, _, charset = answer.headers.get("content-type", "").lower().partition("charset=")
    charset = charset.partition(";")[0].strip(" \"'")
    return body.decode(charset if charset in _CHARSETS else "utf-8", errors="replace")


def _decompress(coding: str, body: bytes) -> bytes:
    """The beginning of what a body was before it was compressed; empty where it is broken.

    A coding that was not asked for leaves the body as it is.
    """
    if coding not in _DECODERS:
        return body
    try:
        return zlib.decompressobj(_DECODERS[coding]).decompress(body, MOST_BYTES)
    except zlib.error:
        if coding == "deflate":
            return _inflate_raw(body)
        return b""


def _inflate_raw(body: bytes) -> bytes:
    """What some servers call deflate: without its head."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, MOST_BYTES)
    except zlib.error:
        return b""
