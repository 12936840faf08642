"""Requests as endpoints see them, and the answers that they return."""

from __future__ import annotations

import json
from collections.abc import (
    AsyncIterator,
    Iterable,
    Sequence,
)
from typing import TYPE_CHECKING, Any

from icefloe.api import versions
from icefloe.asgi.types import Scope

if TYPE_CHECKING:
    from icefloe.domain.values.access import Subject
    from icefloe.services import Services

HeaderList = list[tuple[bytes, bytes]]

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"
FAULT = 500
"""The status of what is no fault of the caller's; its answer says next to nothing."""
# Answers given before the server has looked at what is asked for do not speak of caching. Of a 429
# only `Retry-After: 60` and the empty body are known; what all answers get is taken to be as in these.
_BEFORE_CACHING = frozenset({408, 411, 413, 429})
_PRIVATE = (b"cache-control", b"private, no-store")
_CONTENT_TYPE_JSON = (b"content-type", JSON)
_MAX_NOTICES = 8
# In an ASGI scope: how a stand-in wants the request to be treated.
MARKS = "icefloe.marks"
STRICT = "strict"
"""Parameters that are otherwise ignored are errors."""
UNCOUNTED = "uncounted"
"""No rate limit counts the request."""
_UNMARKED: frozenset[str] = frozenset()


class Request:
    """One request, and what the application has found out about it so far.

    Attributes:
        method: in upper case.
        path: decoded; bytes that are not UTF-8 are replaced.
        query_string: as it came.
        headers: by lower-case name; the first one of a name wins.
        client: the address and port at the connection's other end, where the server knows them.
        version: the contract's version that the answer is in, such as `2026-04`.
        route: the path of the routing table's row, once found, such as `/v1/customers/{id}`.
        path_parameters: the parts of the path that the route names, such as `id`.
        subject: what the token may act for, once authenticated; None without a token.
        body: the body's bytes.
        value: the body's JSON value, for endpoints that take one.
        notices: texts for the answer's `Icefloe-Notice` header.
        services: the domain.
        marks: how a stand-in wants it treated, such as `STRICT`; most requests have none.
        has_left: whether its client has closed the connection, while an answer is sent in parts.
    """

    __slots__ = (
        "body", "client", "has_left", "headers", "marks", "method", "notices", "path",
        "path_parameters", "query_string", "route", "scheme", "services", "subject", "value", "version",
    )  # fmt: skip

    def __init__(self, scope: Scope, services: Services) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query_string: bytes = scope["query_string"]
        self.scheme: str = scope["scheme"]
        self.client: Sequence[Any] | None = scope.get("client")
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name, value)
        self.headers = headers
        self.version = ""
        self.route: str | None = None
        self.path_parameters: dict[str, str] = {}
        self.subject: Subject | None = None
        self.body = b""
        self.value: object = None
        self.notices: list[str] = []
        self.services = services
        self.marks: frozenset[str] = scope.get(MARKS, _UNMARKED)
        self.has_left = False

    @property
    def caller(self) -> Subject:
        """Whom the token speaks for, in endpoints that require a token."""
        assert self.subject is not None  # noqa: S101 - the routing table's scopes see to it
        return self.subject


class Response:
    """An answer: status, headers of its own, and a body, whole or in parts."""

    __slots__ = ("body", "content_type", "headers", "parts", "says_caching", "status")

    def __init__(
        self,
        status: int,
        body: bytes = b"",
        *,
        content_type: bytes | None = JSON,
        headers: Iterable[tuple[bytes, bytes]] = (),
        parts: AsyncIterator[bytes] | None = None,
    ) -> None:
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers: HeaderList = list(headers)
        # Most answers have no headers of their own: skip the search for them.
        self.says_caching = bool(self.headers) and any(
            name == b"cache-control" for name, _ in self.headers
        )
        self.parts = parts


def json_response(
    status: int, value: object, headers: Iterable[tuple[bytes, bytes]] = ()
) -> Response:
    """An answer with a JSON body, without spaces and in UTF-8."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(status, body.encode(), headers=headers)


def finish(response: Response, version: str | None) -> HeaderList:
    """All headers of an answer: its own, and those that follow from what it is.

    Args:
        response: its own headers are added to; call this once.
        version: the version of the contract that it is in; None for an answer that is in none.
    """
    headers = response.headers
    if response.content_type is JSON:
        headers.append(_CONTENT_TYPE_JSON)
    elif response.content_type is not None:
        headers.append((b"content-type", response.content_type))
    if version is not None and response.status != FAULT:
        headers.append(versions.HEADERS[version])
        if response.status not in _BEFORE_CACHING and not response.says_caching:
            headers.append(_PRIVATE)
    if response.parts is None:
        headers.append((b"content-length", b"%d" % len(response.body)))
    return headers


def notice_header(notices: list[str]) -> tuple[bytes, bytes]:
    """The `Icefloe-Notice` header, in printable ASCII and of bounded length."""
    shown = [notice[:200] for notice in notices[:_MAX_NOTICES]]
    if len(notices) > _MAX_NOTICES:
        shown.append(f"and {len(notices) - _MAX_NOTICES} more")
    text = "; ".join(shown)
    plain = "".join(c if " " <= c <= "~" else c.encode("unicode_escape").decode() for c in text)
    return b"icefloe-notice", plain.encode()
