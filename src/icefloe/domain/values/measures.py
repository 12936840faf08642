"""Measures as values: which events a meter counts, and how it adds them up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "like", "not_like"]
Conjunction = Literal["and", "or"]
FIELDS = frozenset({"name", "source", "timestamp"})
"""The properties of an event that are not in its metadata."""

Function = Literal["count", "sum", "max", "min", "avg", "unique"]


@dataclass(frozen=True, slots=True)
class Clause:
    """Passes events by one property.

    Attributes:
        property: `name`, `source`, `timestamp`, or a key of the metadata; dots lead into objects.
        operator: how the two are compared.
        value: what the property is compared with.
    """

    property: str
    operator: Operator
    value: str | int | bool


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Passes events that all clauses pass, or any. Without clauses it passes every event."""

    conjunction: Conjunction
    clauses: tuple[Clause | EventFilter, ...]


@dataclass(frozen=True, slots=True)
class Aggregation:
    """How events are added up.

    Attributes:
        function: what is made of their values.
        property: the key of the metadata that holds the value; None for `count`.
    """

    function: Function
    property: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """What a meter measures. Equal ones give equal sums.

    Attributes:
        filter: which events count.
        aggregation: how they are added up.
    """

    filter: EventFilter
    aggregation: Aggregation


def read_filter(document: Mapping[str, Any]) -> EventFilter:
    """The filter of its wire document, which must be valid."""
    clauses = tuple(
        read_filter(part)
        if "conjunction" in part
        else Clause(part["property"], part["operator"], part["value"])
        for part in document["clauses"]
    )
    return EventFilter(cast("Conjunction", document["conjunction"]), clauses)


def read_measure(document: Mapping[str, Any]) -> Measure:
    """What a meter's wire document says that it measures."""
    aggregation = document["aggregation"]
    return Measure(
        read_filter(document["filter"]),
        Aggregation(aggregation["func"], aggregation.get("property")),
    )


def keys_of(measure: Measure) -> frozenset[str]:
    """The keys of events' metadata that a measure reads."""
    used = set(_keys_of(measure.filter))
    if measure.aggregation.property is not None:
        used.add(measure.aggregation.property)
    return frozenset(used)


def _keys_of(event_filter: EventFilter) -> Iterator[str]:
    for clause in event_filter.clauses:
        if not isinstance(clause, Clause):
            yield from _keys_of(clause)
        elif clause.property not in FIELDS:
            yield clause.property
