"""What is wrong with a value of a file, in plain words: never a parser's, nor Python's."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from icefloe.domain.values import spelling

Place = tuple[str | int, ...]
Problem = tuple[Place, str]

_PLACE_OF_NOTE = 2  # metadata and the key; what follows are the types that were tried
# What can be wrong with a text of metadata, which is then no wrong type.
_OF_TEXT = frozenset({"value_error", "string_too_long", "string_too_short", "string_unicode"})
_MOMENT = "must be a moment such as 2027-01-31T12:00:00Z"

# By the type of a pydantic error, or by the beginning of the type; filled in from its context.
_WORDS: Mapping[str, str] = {
    "bool": "must be true or false",
    "date": _MOMENT,
    "dict_type": "must be an object: keys and values",
    "finite_number": "must be a finite number",
    "float": "must be a number",
    "greater_than_equal": "must be at least {ge}",
    "int": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "literal_error": "must be {expected}",
    "missing": "is needed",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_unicode": "must not contain a half of a surrogate pair",
    "string": "must be text",
    "timezone": "must have an offset from UTC, such as Z",
    "time": _MOMENT,
    "too_long": "must have at most {max_length} {things}",
    "too_short": "must have at least {min_length} {things}",
    "tuple_type": "must be a list",
    "uuid_version": "must be a UUID of version {expected_version}",
    "uuid": "must be a UUID such as 1dbfc517-0bbf-4301-9ba8-555ca42b9737",
}


def find_all(
    error: ValidationError, known: Mapping[Place, Iterable[str]] | None = None
) -> list[Problem]:
    """What is wrong, and where, without the values: they may be a customer's address.

    Unknown keys come first, since other problems often follow from them. A place has one problem,
    though a value that could be of several types is wrong several times.

    Args:
        error: what pydantic found.
        known: the keys that there are in each object, by its place; for hints about unknown ones.
    """
    unknown: dict[Place, str] = {}
    others: dict[Place, str] = {}
    for found in error.errors(include_url=False, include_input=False):
        place: Place = found["loc"]
        if found["type"] == "extra_forbidden":
            unknown[place] = unknown_key(str(place[-1]), (known or {}).get(place[:-1], ()))
            continue
        words = _words_for(found)
        if place[:1] == ("metadata",) and len(place) > _PLACE_OF_NOTE:
            place = place[:_PLACE_OF_NOTE]
            if found["type"] not in _OF_TEXT:
                words = "must be text, a finite number, true or false"
        others.setdefault(place, words)
    return [*unknown.items(), *others.items()]


def unknown_key(key: str, known: Iterable[str]) -> str:
    """What to say about a key that means nothing."""
    return f"there is no such key{spelling.hint(key, known)}"


def dotted(place: Place) -> str:
    """A place as people write it: `organizations.0.name`."""
    return ".".join(printable(str(step)) for step in place)


def in_one_line(problem: Problem) -> str:
    """A place and what is wrong there; the message alone where the whole is wrong."""
    place, message = problem
    return f"{dotted(place)}: {message}" if place else message


def printable(text: str) -> str:
    """The text with control characters escaped, which would steer a terminal: a key can be anything."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _words_for(found: Any) -> str:
    kind: str = found["type"]
    if kind == "value_error":
        return str(found["msg"]).removeprefix("Value error, ")
    for beginning, words in _WORDS.items():
        if kind.startswith(beginning):
            context = found.get("ctx", {})
            things = "characters" if context.get("field_type") == "Value" else "entries"
            return words.format_map({**context, "things": things})
    return "has a wrong form"
