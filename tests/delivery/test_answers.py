"""What is stored of endpoints' answers."""

import gzip
import zlib

import pytest

from icefloe.delivery.answers import Answer, describe

URL = "https://example.com/hook"


def text_of(body: bytes, status: int = 200, **headers: str) -> str | None:
    """What is stored of an answer; underscores in names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return describe(URL, Answer(status, "Words", named, body))


def test_empty() -> None:
    """A success without a body has no text; a failure says what its status means."""
    more = "For more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/"

    assert text_of(b"") is None
    assert text_of(b"", 410) == f"Client error '410 Words' for url '{URL}'\n{more}410"
    assert text_of(b"", 502) == f"Server error '502 Words' for url '{URL}'\n{more}502"
    assert text_of(b"", 304) == f"Redirect response '304 Words' for url '{URL}'\n{more}304"
    assert text_of(b"", 301, location="/there") == (
        f"Redirect response '301 Words' for url '{URL}'\nRedirect location: '/there'\n{more}301"
    )
    assert text_of(b"", 999) == f"Invalid status code '999 Words' for url '{URL}'\n{more}999"


def test_characters() -> None:
    """The first 2,048 characters are stored, without NUL; what is no UTF-8 is replaced."""
    assert text_of(b"a\0b") == "ab"
    assert text_of(b"\xff!") == "�!"
    assert text_of("é".encode() * 3000) == "é" * 2048


@pytest.mark.parametrize(
    ("charset", "shown"),
    [
        ("iso-8859-1", "é"),
        ('"ISO-8859-1"; x=y', "é"),
        ("no-such-charset", "�"),
        ("rot13", "�"),
        ("idna", "�"),
    ],
)
def test_charset(charset: str, shown: str) -> None:
    """A usual character set is followed; any other name is taken as UTF-8."""
    assert text_of(b"\xe9", content_type=f"text/plain; charset={charset}") == shown


def test_compressed() -> None:
    """A compressed body is decompressed, however often; in what is broken there is no text."""
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bare = raw.compress(b"bare") + raw.flush()

    assert text_of(gzip.compress(b"zipped"), content_encoding="gzip") == "zipped"
    assert text_of(zlib.compress(b"deflated"), content_encoding="Deflate") == "deflated"
    assert text_of(bare, content_encoding="deflate") == "bare"
    twice = gzip.compress(zlib.compress(b"twice"))
    assert text_of(twice, content_encoding="deflate, gzip") == "twice"
    assert text_of(b"broken", content_encoding="gzip") is None
    assert text_of(b"\xff\xff", content_encoding="deflate") is None
    assert text_of(b"as it came", content_encoding="br") == "as it came"
    assert text_of(gzip.compress(b"cut short")[:-9], content_encoding="gzip") == "cut short"
