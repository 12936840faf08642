"""A JSON reader and writer that leave unchanged values exactly as they were.

Keys keep their order, and numbers their text: `1.0`, `1e2` and integers of any length come out as
they went in. Only the spaces between tokens and needless escapes are lost.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring as _quoted
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Number:
    """A number, by its text."""

    text: str


def read(text: bytes) -> Any:
    """The value of a JSON text, with a Number for each number.

    Raises:
        ValueError: it is not JSON in a Unicode encoding, or is nested too deep.
    """
    try:
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def write(value: object) -> bytes:
    """The JSON text of a value, without spaces and in UTF-8.

    Half a surrogate pair, which UTF-8 cannot encode, is escaped.

    Raises:
        ValueError: it is nested too deep.
    """
    try:
        text = _text_of(value)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def with_python_numbers(value: object) -> Any:
    """The value with Python's own numbers. Raises ValueError where a number is too long for them."""
    return json.loads(write(value))


def _text_of(value: object) -> str:
    if isinstance(value, Number):
        return value.text
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{_quoted(key)}:{_text_of(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_text_of, value))}]"
    return json.dumps(value)
