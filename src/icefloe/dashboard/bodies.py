"""Bodies: bytes → the fields of a form, and the file that it brings. All text is in UTF-8."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from icefloe.asgi.arrival import HELD_BYTES, BodyCutShort
from icefloe.dashboard import sessions

MAX_FORM_BYTES = HELD_BYTES
"""How many bytes the fields of a form may have, encoded as they are sent."""

_MAX_FIELDS = 1000
_URLENCODED, _MULTIPART = b"application/x-www-form-urlencoded", b"multipart/form-data"
_UTF_8 = frozenset({b"utf-8", b"utf8"})
# Bytes that are parsed before other requests have their turn; parsing takes up to 0.5 µs for each.
_AT_ONCE = 32 * 1024

# It logs what is wrong with a form; without a handler, Python would print that on the terminal.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())


class TooLarge(Exception):
    """The body has more bytes than the page takes."""


class Unreadable(Exception):
    """The body is no form, or one that cannot be read."""


class NotOurs(Exception):
    """A file came before the token that shows that the form is one of ours."""


async def read_form(
    request: Request, max_bytes: int, is_token: Callable[[object], bool]
) -> FormData:
    """The form that a request brings; the caller must close it.

    Args:
        request: whose body is read, all or as far as it is right.
        max_bytes: how many bytes the body may have.
        is_token: whether a value is the token of the visitor's forms. It must come before a file.

    Raises:
        TooLarge: the body has more bytes.
        Unreadable: it is no form, or has too many fields, or is not in UTF-8.
        NotOurs: there is a file, and no such token before it.
        BodyIncomplete: the body does not arrive in time, or not whole.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if options.get(b"charset", b"utf-8").lower() not in _UTF_8:
        raise Unreadable
    if kind == _MULTIPART:
        return await _read_multipart(request, max_bytes, is_token)
    body = b"".join([part async for part in _parts(request, min(max_bytes, MAX_FORM_BYTES))])
    if not body:
        return FormData()
    if kind != _URLENCODED:
        raise Unreadable
    if len(body) <= _AT_ONCE:
        return _read_fields(body)
    return await asyncio.to_thread(_read_fields, body)


def _read_fields(body: bytes) -> FormData:
    """The fields of a form without a file. Raises Unreadable."""
    text = body.decode("utf-8", "replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise Unreadable from error
    return FormData([*pairs])


async def _read_multipart(
    request: Request, max_bytes: int, is_token: Callable[[object], bool]
) -> FormData:
    parser = _Parser(request, _parts(request, max_bytes), is_token)
    try:
        return await parser.parse()
    except (FormParserError, MultiPartException, UnicodeError) as error:
        raise Unreadable from error


async def _parts(request: Request, max_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body, in parts that are parsed quickly. Raises TooLarge, BodyIncomplete."""
    left = max_bytes
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise BodyCutShort
        part = message.get("body", b"")
        left -= len(part)
        if left < 0:
            raise TooLarge
        for at in range(0, len(part), _AT_ONCE):
            yield part[at : at + _AT_ONCE]
            await asyncio.sleep(0)
        more = message.get("more_body", False)


class _Parser(MultiPartParser):
    """Starlette's parser, which takes a file only after the form's token."""

    def __init__(
        self,
        request: Request,
        parts: AsyncGenerator[bytes, None],
        is_token: Callable[[object], bool],
    ) -> None:
        super().__init__(
            request.headers,
            parts,
            max_files=1,
            max_fields=_MAX_FIELDS,
            max_part_size=MAX_FORM_BYTES,
        )
        self._brought = request.headers.get(sessions.HEADER)
        self._is_token = is_token

    def on_headers_finished(self) -> None:
        """Begin a part of the form. Raises NotOurs."""
        super().on_headers_finished()
        if self._current_part.file is None:
            return
        brought = self._brought or FormData(self.items).get(sessions.FIELD)
        if not self._is_token(brought):
            raise NotOurs
