"""Complaints about a request, in the form the wire gives them.

Each is `{"type", "loc", "msg", "input"}` and sometimes `"ctx"`, in this order: Pydantic's errors
the way FastAPI shows them. All of it can be encoded as JSON, whatever the client sent, and has a
bounded length: what was sent is shown in part where it is long.
"""

import math
import re
import sys
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

_SURROGATE = re.compile("[\ud800-\udfff]")
MAX_PROBLEMS = 100
"""How many problems an answer lists at most."""
MAX_SHOWN = 4096
"""How many characters of what was sent are shown in one place."""
# And in all of an answer's problems together: several may be about the whole body.
_MAX_SHOWN_IN_ALL = 4 * MAX_SHOWN
_MAX_PLACE = 256  # characters of a key in a place
_MARKS = 4  # characters: quotes, a comma and what else stands around a value
# Values nested deeper are cut: encoders refuse them (json.dumps from about 1,000 levels on).
_MAX_DEPTH = 200
_ELLIPSIS = "…"
# int() and str() refuse longer integers, and so does json.dumps (sys.set_int_max_str_digits).
_MAX_INTEGER_BITS = 14_000


def problems(
    error: ValidationError, *, prefix: tuple[str | int, ...] = ("body",)
) -> list[dict[str, Any]]:
    """The wire's `detail` entries for a validation error: the first `MAX_PROBLEMS` of them.

    Args:
        error: what a validator raised.
        prefix: where in the request the validated value was; `loc` begins with it.
    """
    inputs = _Allowance(_MAX_SHOWN_IN_ALL)
    return [
        {
            "type": entry["type"],
            # A key that was sent may be in the place, a value in the message and its context.
            "loc": [_encodable(part, _Allowance(_MAX_PLACE)) for part in (*prefix, *entry["loc"])],
            "msg": shown(entry["msg"]),
            "input": inputs.show(entry["input"]),
        }
        | ({"ctx": _context(entry["ctx"])} if "ctx" in entry else {})
        for entry in error.errors(include_url=False)[:MAX_PROBLEMS]
    ]


def encodable(value: object) -> object:
    """The value with what JSON or UTF-8 cannot hold replaced.

    NaN and the infinities become their names, unpaired surrogates U+FFFD; integers of thousands of
    digits and what lies deeper than 200 levels become an ellipsis.

    Args:
        value: parsed JSON.
    """
    return _encodable(value, _Allowance(sys.maxsize))


def shown(value: object) -> object:
    """The value as `encodable` has it, cut after `MAX_SHOWN` characters; an ellipsis says so."""
    return _encodable(value, _Allowance(MAX_SHOWN))


class _Allowance:
    """How many characters of values may still be shown; the marks of lists and objects count too."""

    __slots__ = ("left",)

    def __init__(self, characters: int) -> None:
        self.left = characters

    def take(self, characters: int) -> int:
        """How many of so many characters may be shown, which are taken off."""
        allowed = min(self.left, characters)
        self.left -= allowed
        return allowed

    def show(self, value: object) -> object:
        """A value as `shown` has it, or less of it where less is left."""
        share = _Allowance(min(self.left, MAX_SHOWN))
        self.left -= share.left
        encoded = _encodable(value, share)
        self.left += share.left
        return encoded


def _encodable(value: object, allowance: _Allowance, depth: int = 0) -> object:
    if not isinstance(value, Mapping | list | tuple):
        return _encodable_scalar(value, allowance)
    allowance.take(_MARKS)
    if depth >= _MAX_DEPTH or not allowance.left:
        return _ELLIPSIS
    if isinstance(value, Mapping):
        return _encodable_mapping(value, allowance, depth + 1)
    items: list[object] = []
    for item in value:
        if not allowance.left:
            items.append(_ELLIPSIS)
            break
        items.append(_encodable(item, allowance, depth + 1))
    return items


def _encodable_mapping(
    value: Mapping[Any, object], allowance: _Allowance, depth: int
) -> dict[str, object]:
    items: dict[str, object] = {}
    for key, item in value.items():
        if not allowance.left:
            items[_ELLIPSIS] = _ELLIPSIS
            break
        name = _cut(str(key), allowance)
        items[name] = _encodable(item, allowance, depth)
    return items


def encodable_text(text: str) -> str:
    """The text with unpaired surrogates, which UTF-8 does not have, replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def _encodable_scalar(value: object, allowance: _Allowance) -> str | float | bool | None:
    if isinstance(value, float) and not math.isfinite(value):
        return _name_of(value)
    if isinstance(value, int) and value.bit_length() > _MAX_INTEGER_BITS:
        return _ELLIPSIS
    if value is None or isinstance(value, bool | int | float):
        allowance.take(_MARKS + (value.bit_length() // 3 if isinstance(value, int) else 0))
        return value
    return _cut(str(value), allowance)


def _cut(text: str, allowance: _Allowance) -> str:
    allowed = allowance.take(len(text))
    allowance.take(_MARKS)
    return encodable_text(text if len(text) <= allowed else text[:allowed] + _ELLIPSIS)


def _context(context: Mapping[str, object]) -> dict[str, object]:
    # FastAPI shows an exception by its attributes, of which a ValueError has none.
    return {
        key: {} if isinstance(value, Exception) else shown(value) for key, value in context.items()
    }


def _name_of(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"
