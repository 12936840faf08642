"""Filters of events: does one pass?

A property that an event does not have passes no clause, `ne` and `not_like` included. A number compares
with numbers alone, and a boolean with booleans; a text compares with the text of whatever is there, as
filters of metadata do (`domain.values.metadata`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from icefloe.domain.values import metadata
from icefloe.domain.values.measures import Clause, EventFilter

if TYPE_CHECKING:
    from icefloe.domain.values.listing import MetadataFilter
    from icefloe.domain.values.measures import Operator
    from icefloe.domain.values.usage import UsageEvent, UsageMetadata

Passes = Callable[["UsageEvent"], bool]

_COMPARISONS: dict[Operator, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "like": operator.contains,
    "not_like": lambda text, part: part not in text,
}


def make(event_filter: EventFilter) -> Passes:
    """A function that tells whether an event passes the filter."""
    parts = [
        _make_clause(part) if isinstance(part, Clause) else make(part)
        for part in event_filter.clauses
    ]
    if not parts:
        return lambda _: True
    if len(parts) == 1:
        return parts[0]
    if event_filter.conjunction == "and":
        return lambda event: all(passes(event) for passes in parts)
    return lambda event: any(passes(event) for passes in parts)


def find_names(event_filter: EventFilter) -> frozenset[str] | None:
    """The names that an event must have one of in order to pass; None where any may."""
    found = [_find_names_of(part) for part in event_filter.clauses]
    named = [names for names in found if names is not None]
    if not named:
        return None
    if event_filter.conjunction == "and":
        return frozenset.intersection(*named)
    return frozenset.union(*named) if len(named) == len(found) else None


def find_value(notes: UsageMetadata, name: str) -> object:
    """The value of a metadata property; None where there is none, and for an object."""
    if name in notes:
        value = notes[name]
    else:
        value = notes if isinstance(notes, dict) else dict(notes)
        for part in name.split("."):
            if not isinstance(value, dict) or part not in value:
                return None
            value = value[part]
    return None if isinstance(value, dict) else value


def is_number(value: object) -> bool:
    """Whether a value of metadata is a number; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _find_names_of(part: Clause | EventFilter) -> frozenset[str] | None:
    if isinstance(part, EventFilter):
        return find_names(part)
    is_name = part.property == "name" and part.operator == "eq" and isinstance(part.value, str)
    return frozenset({str(part.value)}) if is_name else None


def _make_clause(clause: Clause) -> Passes:
    compare, name, wanted = _COMPARISONS[clause.operator], clause.property, clause.value
    if name == "timestamp":
        return _make_timestamp_clause(clause)
    if name in {"name", "source"}:
        if not isinstance(wanted, str):
            return _never
        if name == "name":
            return lambda event: compare(event.name, wanted)
        return lambda event: compare(event.source, wanted)
    if isinstance(wanted, str) or clause.operator in {"like", "not_like"}:
        return _make_text_clause(name, compare, metadata.text_of(wanted))
    kind_fits = _is_boolean if isinstance(wanted, bool) else is_number

    def passes(event: UsageEvent) -> bool:
        value = find_value(event.metadata, name)
        return kind_fits(value) and compare(value, wanted)

    return passes


def _make_text_clause(name: str, compare: Callable[[Any, Any], bool], wanted: str) -> Passes:
    def passes(event: UsageEvent) -> bool:
        value: Any = find_value(event.metadata, name)
        return value is not None and compare(metadata.text_of(value), wanted)

    return passes


def _make_timestamp_clause(clause: Clause) -> Passes:
    """Compares with a moment: a text in ISO 8601, or seconds since 1970."""
    wanted = _read_moment(clause.value)
    if wanted is None or clause.operator in {"like", "not_like"}:
        return _never
    compare = _COMPARISONS[clause.operator]
    return lambda event: compare(event.timestamp, wanted)


def _read_moment(value: str | int) -> datetime | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return datetime.fromtimestamp(value, UTC)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool)


def _never(_: UsageEvent) -> bool:
    return False


def has_notes(event: UsageEvent, wanted: Sequence[MetadataFilter]) -> bool:
    """Whether an event's metadata has, at each key, one of the values."""
    for one in wanted:
        value: Any = find_value(event.metadata, one.key)
        if value is None or metadata.text_of(value) not in one.values:
            return False
    return True
