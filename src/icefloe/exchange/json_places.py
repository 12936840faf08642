"""On which line of a JSON text a part of its value is; the `json` module reads the value."""

import json
import re
from collections.abc import Iterator

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')

Place = tuple[str | int, ...]


def find_line(text: str, place: Place) -> int:
    """The line of a place in a JSON text, counted from 1: that of its key, or of the item.

    Where the place does not exist, it is the line of the nearest outer one that does. Of a doubled
    key the last one wins, as it does for the value.

    Args:
        text: JSON that has been read without an error.
        place: keys and numbers of items, from the outermost on.
    """
    start = 0
    for at, found in _walk(text):
        if found == place[: len(found)]:
            start = at
    return text.count("\n", 0, start) + 1


def _walk(text: str) -> Iterator[tuple[int, Place]]:
    """Every place in the text, in order, with where its key or item begins."""
    place: list[str | int] = []
    is_key = False
    for token in _TOKEN.finditer(text):
        symbol, at = token[0], token.start()
        if symbol in "]}":
            place.pop()
            is_key = False
            continue
        if symbol == ":":
            is_key = False
            continue
        if symbol == ",":
            last = place[-1]
            if isinstance(last, int):
                place[-1] = last + 1
            else:
                is_key = True
            continue
        if is_key:
            place[-1] = json.loads(symbol)
            yield at, tuple(place)
            continue
        if not place or isinstance(place[-1], int):
            yield at, tuple(place)
        if symbol == "[":
            place.append(0)
        elif symbol == "{":
            place.append("")
            is_key = True
