r"""Documents: objects of commerce in the form that the wire shows.

A document is a JSON object whose keys have the contract's order. Where it shows another object, such as
a product's benefits, it has an `Embedded` instead: that object's own document is joined at each read,
so that nothing is stored twice and nothing shown is out of date.

The stored text of a document is JSON, with a place for each `Embedded`: `\x01resource/id/form\x01`.
JSON escapes control characters, so that no text of a customer's looks like a place.
"""

import functools
import json
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

Document = dict[str, Any]
"""A JSON object; its nouns' modules give the types of its keys."""

WHOLE = "whole"
"""The form that shows all of an object."""

_PLACE = re.compile(rb"\x01([a-z_]+)/([0-9a-f-]{36})/([a-z_]+)\x01")
# Marks a place until the encoder is done. Unknown outside of this process, so that no text of a
# customer's holds it.
_MARK = secrets.token_hex(16)
_MARKED = re.compile(f'"{_MARK}([^"]+)"'.encode())


@dataclass(frozen=True, slots=True)
class Embedded:
    """The place of an object in another's document.

    Attributes:
        resource: what kind of object it is, such as `benefits`.
        id: which one.
        form: how much of it is shown, such as `whole`; its noun says which forms there are.
    """

    resource: str
    id: UUID
    form: str = WHOLE


def render(document: object) -> bytes:
    """The text of a document, with a place for each `Embedded`."""
    text = json.dumps(
        document, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_mark
    )
    return _MARKED.sub(b"\x01\\1\x01", text.encode())


def read(text: bytes) -> Document:
    """The document of a text, with an `Embedded` for each place."""
    places = find_places(text)
    # No document has a NaN of its own, so that each one read stands for the next place.
    plain = _PLACE.sub(b"NaN", text)
    return cast("Document", json.loads(plain, parse_constant=lambda _: next(places)))


def read_all(texts: bytes) -> list[Document]:
    """The documents of texts that are joined by commas."""
    return cast("list[Document]", read(b"[%b]" % texts))


def find_places(text: bytes) -> Iterator[Embedded]:
    """What a text has places for, in their order."""
    return (_read_place(found) for found in _PLACE.finditer(text))


def fill(text: bytes, find: Callable[[Embedded], bytes]) -> bytes:
    """The text with what `find` returns at each place."""
    return _PLACE.sub(lambda found: find(_read_place(found)), text)


def read_moment(text: str) -> datetime:
    """The moment that a document's text stands for."""
    return datetime.fromisoformat(text)


def _read_place(found: re.Match[bytes]) -> Embedded:
    return _make_place(*found.groups())


# A page reads each place twice, and the objects that are shown again and again are few.
@functools.lru_cache(maxsize=4096)
def _make_place(resource: bytes, identifier: bytes, form: bytes) -> Embedded:
    return Embedded(resource.decode(), UUID(identifier.decode()), form.decode())


def _mark(value: object) -> str:
    if not isinstance(value, Embedded):
        raise TypeError(f"{type(value).__name__} has no place in a document")
    return f"{_MARK}{value.resource}/{value.id}/{value.form}"
