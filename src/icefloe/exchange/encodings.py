"""In which encoding a file's text is."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from icefloe.domain.values.errors import ConfigurationError

USUAL = "utf-8-sig"
"""UTF-8, with a byte order mark or without one."""

_MARKS = (
    (codecs.BOM_UTF8, USUAL),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD_BYTES = 256
# Python's codecs that are no encodings of text in files, or that take very long for some texts.
_NO_TEXT = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "utf-7"}
)


def check(name: str) -> str:
    """The name of an encoding of text, as Python writes it. Raises ConfigurationError."""
    try:
        found = codecs.lookup(name).name
        io.TextIOWrapper(io.BytesIO(), found).detach()  # refuses what is no encoding of text
    except (LookupError, ValueError, UnicodeError):
        found = "undefined"
    if found in _NO_TEXT:
        raise ConfigurationError(
            f"there is no text encoding {name!r}; try utf-8, utf-16, cp1252 or iso-8859-1"
        )
    return USUAL if found == "utf-8" else found


def find(opened: BinaryIO, named: str | None) -> str:
    """The encoding of a file: the one that it is said to have, or else the one that it shows.

    Raises:
        ConfigurationError: there is no such encoding.
    """
    if named is not None:
        return check(named)
    opened.seek(0)
    head = opened.read(_HEAD_BYTES)
    opened.seek(0)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    # Text in Latin letters has a zero in every second byte of UTF-16.
    for encoding, zeros, letters in (
        ("utf-16-le", head[1::2], head[::2]),
        ("utf-16-be", head[::2], head[1::2]),
    ):
        if zeros.count(0) * 2 > len(zeros) and letters and 0 not in letters:
            return encoding
    return USUAL


def open_text(opened: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The text of a file from its beginning on, with its line ends as they are.

    What is not in the encoding becomes half surrogates, so that the reader can say where it is; in
    UTF-16, reading raises UnicodeError.
    """
    opened.seek(0)
    errors = "strict" if encoding.startswith("utf-16") else "surrogateescape"
    return io.TextIOWrapper(opened, encoding, errors, newline="")


def read_lines(opened: BinaryIO, encoding: str, longest: int) -> Iterator[bytes]:
    """The lines of a file, in UTF-8 without a byte order mark; a longer line comes in pieces."""
    if encoding == USUAL:
        opened.seek(0)
        first = opened.readline(longest).removeprefix(codecs.BOM_UTF8)
        if first:
            yield first
        yield from iter(lambda: opened.readline(longest), b"")
        return
    text = open_text(opened, encoding)
    try:
        for line in iter(lambda: text.readline(longest), ""):
            yield line.encode("utf-8", "surrogateescape")
    finally:
        text.detach()


def find_beginning(opened: BinaryIO, encoding: str, longest: int) -> str:
    """The first line that is not empty, without the space before it; empty where there is none."""
    text = open_text(opened, encoding)
    try:
        lines = iter(lambda: text.readline(longest), "")
        return next((line.lstrip() for line in lines if line.strip()), "")
    except UnicodeError:
        return ""
    finally:
        text.detach()
