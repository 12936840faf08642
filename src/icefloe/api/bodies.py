"""Bodies: bytes → the JSON value an endpoint's schema judges."""

import hashlib
import json
from collections.abc import Callable
from typing import Protocol, TypeVar

from pydantic import ValidationError

from icefloe import arrival
from icefloe.api import errors
from icefloe.api.errors import BodyUnreadable, RequestInvalid
from icefloe.api.messages import Receive, Request, Response
from icefloe.api.schemas.problems import problems
from icefloe.domain.values import emails
from icefloe.domain.values.answers import MAX_KEY_LENGTH, Once
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.errors import RulesBroken, Violation

MAX_BYTES = 10 * 1024 * 1024
_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_CONTAINERS = {
    ("Expecting property name enclosed in double quotes", "}"): "object",
    ("Expecting value", "]"): "array",
}

Body_co = TypeVar("Body_co", covariant=True)
Name = TypeVar("Name")


async def read_bytes(request: Request, receive: Receive) -> Response | None:
    """Read the body into the request; an answer where it may not be sent, or does not arrive."""
    length = request.headers.get(b"content-length")
    if request.method not in _METHODS_WITH_BODY and _has_no_body(request, length):
        return None
    if length is None or not length.isdigit():
        return errors.length_required()
    if is_too_long(length):
        return errors.body_too_large(MAX_BYTES)
    try:
        request.body = await _receive_all(receive)
    except arrival.BodyCutShort:
        return errors.body_cut_short()
    except arrival.BodyTooSlow:
        return errors.body_too_slow()
    return None


async def _receive_all(receive: Receive) -> bytes:
    """A whole body. Raises BodyIncomplete."""
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _has_no_body(request: Request, length: bytes | None) -> bool:
    """Whether a request that needs no body has none to be read."""
    if request.method in arrival.READS:
        return True
    return length in {None, b"0"} and b"transfer-encoding" not in request.headers


def is_too_long(length: bytes | None) -> bool:
    """Whether a `Content-Length` says that the body is longer than any that is read."""
    return length is not None and length.isdigit() and int(length) > MAX_BYTES


def read_value(request: Request) -> object:
    """The value of a request's body; None where there is no body.

    A body that is not said to be JSON is its text, which no schema takes.

    Raises:
        RequestInvalid: it is not JSON.
        BodyUnreadable: it is not even text, or too large for a parser in some way.
    """
    if not request.body:
        return None
    if not is_json(request.headers.get(b"content-type", b"")):
        return request.body.decode("utf-8", "replace")
    try:
        return json.loads(request.body)
    except json.JSONDecodeError as error:
        position, message = _place_and_message(error)
        problem = {
            "type": "json_invalid",
            "loc": ["body", position],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": message},
        }
        raise RequestInvalid([problem]) from error
    except (ValueError, RecursionError) as error:
        raise BodyUnreadable from error


def _place_and_message(error: json.JSONDecodeError) -> tuple[int, str]:
    """Where the JSON is wrong and why, as Python 3.13 and later say it, which the reference runs on.

    They name a comma before a closing bracket; earlier versions name the bracket.
    """
    before = error.doc[: error.pos].rstrip(" \t\r\n")
    closing = error.doc[error.pos : error.pos + 1]
    container = _CONTAINERS.get((error.msg, closing))
    if container is None or not before.endswith(","):
        return error.pos, error.msg
    return len(before) - 1, f"Illegal trailing comma before end of {container}"


class Validate(Protocol[Body_co]):
    """A function of `schemas` that judges the value of a body."""

    def __call__(self, value: object, *, email_check: EmailCheck) -> Body_co:
        """The body. Raises ValidationError."""


async def read_body(request: Request, validate: Validate[Body_co]) -> Body_co:
    """The request's body, judged by its schema.

    Raises:
        RequestInvalid: with every problem found.
    """
    check = request.services.email_check
    try:
        if check is EmailCheck.DNS:  # asks the network: other requests go on meanwhile
            return await emails.run_look_up(lambda: validate(request.value, email_check=check))
        return validate(request.value, email_check=check)
    except ValidationError as error:
        raise RequestInvalid(problems(error, prefix=("body",))) from error


async def read_name_and_body(
    request: Request, read_name: Callable[[Request], Name], validate: Validate[Body_co]
) -> tuple[Name, Body_co]:
    """What path and query string name, and the body: the client hears at once what is wrong anywhere.

    Args:
        request: of which to read them.
        read_name: reads what is named; may raise RequestInvalid or RulesBroken.
        validate: judges the body.

    Raises:
        RequestInvalid: with every problem found, the body's last.
        RulesBroken: `read_name` does, and the body's form is right.
    """
    try:
        name = read_name(request)
    except RequestInvalid as error:
        try:
            await read_body(request, validate)
        except RequestInvalid as other:
            raise RequestInvalid([*error.problems, *other.problems]) from other
        raise
    except RulesBroken:
        await read_body(request, validate)
        raise
    return name, await read_body(request, validate)


def read_once(request: Request) -> Once | None:
    """What the `Idempotency-Key` header asks for; None without one.

    Raises:
        RulesBroken: the key is too long.
    """
    header = request.headers.get(b"idempotency-key")
    if not header:
        return None
    key = header.decode("latin-1")
    if len(key) > MAX_KEY_LENGTH or "\0" in key:
        message = f"A key has at most {MAX_KEY_LENGTH} characters."
        raise RulesBroken(
            Violation("value_error", ("header", "idempotency-key"), message, key[:MAX_KEY_LENGTH])
        )
    asked = b"\0".join([request.method.encode(), request.path.encode(), request.body])
    return Once(key, hashlib.sha256(asked).digest())


def is_json(content_type: bytes) -> bool:
    """Whether a `Content-Type` names JSON: `application/json`, or `application/…+json`."""
    main, _, subtype = content_type.partition(b";")[0].strip().lower().partition(b"/")
    return main == b"application" and (subtype == b"json" or subtype.endswith(b"+json"))
