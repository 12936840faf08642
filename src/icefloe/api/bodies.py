"""Bodies: bytes → the JSON value that an endpoint's schema validates."""

import gc
import hashlib
import json
from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from icefloe.api import errors, strictness
from icefloe.api.errors import BodyUnreadable, Problem, RequestInvalid
from icefloe.api.messages import STRICT, Request, Response
from icefloe.api.schemas.fields import Body_co, Schema, find_unknown
from icefloe.api.schemas.problems import MAX_SHOWN, problems
from icefloe.asgi import arrival
from icefloe.asgi.types import Receive
from icefloe.domain.values import emails
from icefloe.domain.values.answers import MAX_KEY_LENGTH, Once
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.errors import RulesBroken, Violation

MAX_BYTES = 10 * 1024 * 1024
"""How many bytes a body may have; the reference's own limit."""
MAX_PARSED_BYTES = arrival.HELD_BYTES
"""How many bytes of JSON are parsed: more than all texts of a customer have at their longest."""
SMALL_BYTES = 4096
"""How many bytes are read and parsed of a body whose sender may not use the endpoint."""
MAX_SEPARATORS = 60_000
"""How many commas and colons JSON may have: about one for each value, and those in its texts."""
_SEPARATORS = b",:"
_FEW_BYTES = 64 * 1024  # so short a body has too few values to take long
# Bytes of a text that is no JSON: as many as may be shown of it, and one more.
_MAX_TEXT_BYTES = 4 * (MAX_SHOWN + 1)
_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_CONTAINERS = {
    ("Expecting property name enclosed in double quotes", "}"): "object",
    ("Expecting value", "]"): "array",
}

Name = TypeVar("Name")


def refuse_length(request: Request) -> Response | None:
    """411 for a body without its length, 413 for one that is too long, else None."""
    if not has_body(request):
        return None
    length = request.headers.get(b"content-length")
    if length is None or not length.isdigit():
        return errors.length_required()
    return errors.body_too_large(MAX_BYTES) if is_too_long(length) else None


async def read_bytes(request: Request, receive: Receive) -> None:
    """Read the body into the request: all of one that may be parsed, the beginning of a longer one.

    Raises:
        BodyIncomplete: the whole body does not arrive, or there is no memory for it.
    """
    parts: list[bytes] = []
    length = 0
    more = True
    while more:
        message = await receive()
        part = message.get("body", b"")
        if length <= MAX_PARSED_BYTES:
            parts.append(part)
            length += len(part)
        more = message.get("more_body", False)
    request.body = parts[0] if len(parts) == 1 else b"".join(parts)


def has_body(request: Request) -> bool:
    """Whether a request has a body that is read; a read is answered without looking at its."""
    if request.method in _METHODS_WITH_BODY:
        return True
    if request.method in arrival.READS:
        return False
    length = request.headers.get(b"content-length")
    return length not in {None, b"0"} or b"transfer-encoding" in request.headers


def is_small(request: Request) -> bool:
    """Whether the body is small enough to be read before its sender is authenticated."""
    length = request.headers.get(b"content-length", b"")
    return length.isdigit() and int(length) <= SMALL_BYTES


def is_too_long(length: bytes | None) -> bool:
    """Whether a `Content-Length` says that the body is longer than any that is read."""
    return length is not None and length.isdigit() and int(length) > MAX_BYTES


def read_value(request: Request) -> object:
    """The value of a request's body; None where there is no body.

    A body that is not said to be JSON is its text, which no schema takes, or the beginning of it.

    Raises:
        RequestInvalid: it is not JSON, or more of it than any schema takes.
        BodyUnreadable: it is not even text, or too large for a parser in some way.
    """
    body = request.body
    if not body:
        return None
    if not is_json(request.headers.get(b"content-type", b"")):
        return body[:_MAX_TEXT_BYTES].decode("utf-8", "replace")
    try:
        return json.loads(body) if len(body) <= _FEW_BYTES else _parse_many(body)
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


def _parse_many(body: bytes) -> object:
    """The value of JSON that may have many values.

    Python's parser lets nothing else run meanwhile, not even another thread: what would take it more
    than a few milliseconds is refused.

    Raises:
        RequestInvalid: it is more than any schema takes.
        ValueError, RecursionError: as the parser does.
    """
    if len(body) > MAX_PARSED_BYTES:
        raise RequestInvalid([_too_long(f"{MAX_PARSED_BYTES} bytes", MAX_PARSED_BYTES)])
    if len(body) - len(body.translate(None, _SEPARATORS)) > MAX_SEPARATORS:
        raise RequestInvalid([_too_long(f"{MAX_SEPARATORS} values", MAX_SEPARATORS)])
    # So many new objects would set off the garbage collector, over and over. It finds nothing among
    # them, as values of JSON have no cycles, and takes ten times as long as the parser.
    gc.disable()
    try:
        return json.loads(body)
    finally:
        gc.enable()


def _too_long(allowed: str, most: int) -> dict[str, object]:
    return {
        "type": "too_long",
        "loc": ["body"],
        "msg": f"The body should have at most {allowed}",
        "input": None,
        "ctx": {"max_length": most},
    }


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


async def read_body(request: Request, schema: Schema[Body_co]) -> Body_co:
    """The request's body, validated by its schema.

    A notice names fields that the schema does not have, also where the body is refused: one of them
    may be a field in another spelling that the body lacks.

    Raises:
        RequestInvalid: with every problem found; in strict mode unknown fields are problems.
    """
    unknown = find_unknown(schema.model, request.value)
    refused: list[Problem] = []
    if STRICT in request.marks:
        refused = strictness.find_refused(request.value, unknown)
    else:
        request.notices += [f"unknown field {'.'.join(place)[:60]!r} ignored" for place in unknown]
    check = request.services.email_check
    try:
        if check is EmailCheck.DNS:  # waits for the network: not on the event loop
            body = await emails.run_look_up(
                lambda: schema.validate(request.value, email_check=check)
            )
        else:
            body = schema.validate(request.value, email_check=check)
    except ValidationError as error:
        raise RequestInvalid([*problems(error, prefix=("body",)), *refused]) from error
    if refused:
        raise RequestInvalid(refused)
    return body


async def read_name_and_body(
    request: Request, read_name: Callable[[Request], Name], schema: Schema[Body_co]
) -> tuple[Name, Body_co]:
    """What path and query string name, and the body; one answer has the problems of all of them.

    Args:
        request: the request.
        read_name: reads path and query string; may raise RequestInvalid or RulesBroken.
        schema: what the body must be.

    Raises:
        RequestInvalid: with every problem found, the body's last.
        RulesBroken: `read_name` does, and the body's form is right.
    """
    try:
        name = read_name(request)
    except RequestInvalid as error:
        try:
            await read_body(request, schema)
        except RequestInvalid as other:
            raise RequestInvalid([*error.problems, *other.problems]) from other
        raise
    except RulesBroken:
        await read_body(request, schema)
        raise
    return name, await read_body(request, schema)


def read_once(request: Request) -> Once | None:
    """The request's `Idempotency-Key`, and a digest of the request; None without the header.

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
