"""Reading objects in JSON: each on a line, or spread over lines; alone, in lists or in pages."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from icefloe.domain.entries import Entry
from icefloe.exchange import mappings, records
from icefloe.exchange.mappings import Choices

_SPACE = re.compile(r"\s*")


class Found(NamedTuple):
    """A value of a file.

    Attributes:
        place: where it stands, such as `line 3`.
        value: as JSON has values.
        problem: why it cannot be read; then there is no value.
    """

    place: str
    value: Any = None
    problem: str | None = None


class _Doubled(ValueError):
    """A key is there twice.

    Attributes:
        key: which one.
    """

    def __init__(self, key: str) -> None:
        super().__init__(f"{key}: there are two such keys")
        self.key = key


def read_lines(lines: Iterable[bytes], choices: Choices) -> Iterator[Entry]:
    """The customers of a file that has a JSON value on each line that is not empty.

    Args:
        lines: in UTF-8.
        choices: what becomes of keys.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"line {number}"
        entry = None if choices.targets else records.read_line(place, line)
        if entry is not None:
            yield entry
            continue
        try:
            record = parse(line)
        except ValueError as error:
            yield Entry(place, problem=str(error))
        else:
            for found in _items_of(place, record):
                yield _entry_of(found.place, found.value, choices)


def read_document(text: str, choices: Choices) -> Iterator[Entry]:
    """The customers of JSON values that follow one another, each over as many lines as it likes."""
    for found in find_in_document(text):
        if found.problem is not None:
            yield Entry(found.place, problem=found.problem)
        else:
            yield _entry_of(found.place, found.value, choices)


def find_in_lines(lines: Iterable[bytes]) -> Iterator[Found]:
    """What a file holds that has a JSON value on each line that is not empty, in UTF-8."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            record = parse(line)
        except ValueError as error:
            yield Found(place, problem=str(error))
        else:
            yield from _items_of(place, record)


def find_in_document(text: str) -> Iterator[Found]:
    """What JSON values hold that follow one another, each over as many lines as it likes."""
    decoder = json.JSONDecoder(object_pairs_hook=_object_of)
    at = line = 0
    try:
        while True:
            space = _SPACE.match(text, at)
            begin = at if space is None else space.end()
            at, line = begin, line + text.count("\n", at, begin)
            if at == len(text):
                return
            record, end = decoder.raw_decode(text, at)
            yield from _items_of(f"line {line + 1}", record)
            at, line = end, line + text.count("\n", at, end)
    except json.JSONDecodeError as error:
        yield Found(f"line {error.lineno}", problem=f"not JSON from character {error.colno} on")
    except _Doubled as error:
        yield Found(f"line {line + 1}", problem=str(error))
    except (ValueError, RecursionError):
        yield Found(f"line {line + 1}", problem=_TOO_MUCH)


def is_whole(line: str) -> bool:
    """Whether a line is JSON by itself, or as good as that: what is wrong with it does not matter."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


_TOO_MUCH = "not JSON: too many values within values, or digits in a number"


def parse(text: bytes) -> Any:
    """The value of a JSON text. Raises ValueError, which says what is wrong; also of a doubled key."""
    try:
        return json.loads(text.decode(), object_pairs_hook=_object_of)
    except UnicodeDecodeError:
        raise ValueError(
            "not JSON: it is not in UTF-8; name the encoding, such as cp1252"
        ) from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON from character {error.colno} on") from None
    except _Doubled:
        raise
    except (ValueError, RecursionError):
        raise ValueError(_TOO_MUCH) from None


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Raises _Doubled."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _Doubled(next(key for key in keys if keys.count(key) > 1))
    return found


def _items_of(place: str, record: Any) -> Iterable[Found]:
    """What one JSON value holds: itself, or the items of a page or a list, however deep.

    An order has items as well, but it has an id, and a page has none.
    """
    is_page = isinstance(record, dict) and "id" not in record
    items = record.get("items") if is_page else record
    if not isinstance(items, list):
        yield Found(place, record)
        return
    for number, item in enumerate(items, start=1):
        yield from _items_of(f"{place}, item {number}", item)


def _entry_of(place: str, record: Any, choices: Choices) -> Entry:
    """The entry of one customer, whose keys become what a person chose."""
    if not choices.targets or not isinstance(record, dict):
        return records.read_entry(place, record)
    changed = dict(record)
    notes: dict[str, Any] = {}
    for key, target in choices.targets:
        if not isinstance(key, str) or key not in changed:
            continue
        value = changed.pop(key)
        if target.startswith(mappings.METADATA):
            notes[target.removeprefix(mappings.METADATA) or key] = value
        elif target != mappings.LEFT_OUT:
            changed[target] = value
    if notes:
        given = {key: value for key, value in notes.items() if value is not None}
        there = changed.get("metadata")
        changed["metadata"] = {**there, **given} if isinstance(there, dict) else given
    entry = records.read_entry(place, changed)
    if entry.problem is not None or not notes or "metadata" in record:
        return entry
    values = {name: value for name, value in entry.values.items() if name != "metadata"}
    return entry._replace(values=values, metadata=notes)
