"""Complaints about a request, in the form the wire gives them.

Each is `{"type", "loc", "msg", "input"}` and sometimes `"ctx"`, in this order: Pydantic's errors
the way FastAPI shows them. All of it can be encoded as JSON, whatever the client sent.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

_SURROGATE = re.compile("[\ud800-\udfff]")
# Values nested deeper are cut: encoders refuse them (json.dumps from about 1,000 levels on).
_MAX_DEPTH = 200
_ELLIPSIS = "…"
# int() and str() refuse longer integers, and so does json.dumps (sys.set_int_max_str_digits).
_MAX_INTEGER_BITS = 14_000


def problems(
    error: ValidationError, *, prefix: tuple[str | int, ...] = ("body",)
) -> list[dict[str, Any]]:
    """The wire's `detail` entries for a validation error.

    Args:
        error: what a validator raised.
        prefix: where in the request the validated value was; `loc` begins with it.
    """
    return [
        _problem(entry["type"], [*prefix, *entry["loc"]], entry["msg"], entry["input"])
        | ({"ctx": _context(entry["ctx"])} if "ctx" in entry else {})
        for entry in error.errors(include_url=False)
    ]


def encodable(value: object, depth: int = 0) -> object:
    """The value with what JSON or UTF-8 cannot hold replaced.

    NaN and the infinities become their names, unpaired surrogates U+FFFD; integers of thousands of
    digits and what lies deeper than 200 levels become an ellipsis.

    Args:
        value: parsed JSON.
        depth: how many lists and objects the value lies in.
    """
    if isinstance(value, Mapping | list | tuple) and depth >= _MAX_DEPTH:
        return _ELLIPSIS
    if isinstance(value, Mapping):
        return {encodable_text(str(key)): encodable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encodable(item, depth + 1) for item in value]
    return _encodable_scalar(value)


def encodable_text(text: str) -> str:
    """The text with unpaired surrogates, which UTF-8 does not have, replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def _encodable_scalar(value: object) -> str | float | bool | None:
    if isinstance(value, float) and not math.isfinite(value):
        return _name_of(value)
    if isinstance(value, int) and value.bit_length() > _MAX_INTEGER_BITS:
        return _ELLIPSIS
    if value is None or isinstance(value, bool | int | float):
        return value
    return encodable_text(str(value))


def _problem(kind: str, location: list[str | int], message: str, given: object) -> dict[str, Any]:
    return {
        "type": kind,
        "loc": encodable(location),
        "msg": encodable_text(message),
        "input": encodable(given),
    }


def _context(context: Mapping[str, object]) -> dict[str, object]:
    # FastAPI shows an exception by its attributes, of which a ValueError has none.
    return {
        key: {} if isinstance(value, Exception) else encodable(value)
        for key, value in context.items()
    }


def _name_of(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"
