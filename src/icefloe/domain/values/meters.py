"""Meters as values: what is counted of the events of customers."""

from enum import StrEnum
from typing import Literal, TypedDict

from icefloe.domain.values.metadata import Metadata


class Conjunction(StrEnum):
    """Whether all clauses of a filter must hold, or one."""

    ALL = "and"
    ANY = "or"


class Operator(StrEnum):
    """How a clause compares an event's property with its value."""

    eq = "eq"
    ne = "ne"
    gt = "gt"
    gte = "gte"
    lt = "lt"
    lte = "lte"
    like = "like"
    not_like = "not_like"


class AggregationFunction(StrEnum):
    """What a meter makes of the events that pass its filter."""

    count = "count"  # type: ignore[assignment]  # no text here is asked to count
    sum = "sum"
    max = "max"
    min = "min"
    avg = "avg"
    unique = "unique"


class Unit(StrEnum):
    """What a meter's numbers mean to people."""

    scalar = "scalar"
    token = "token"  # noqa: S105 - a unit, no secret
    custom = "custom"


class Clause(TypedDict):
    """A condition on a property of an event: `name`, `source`, or a key of its metadata."""

    property: str
    operator: str
    value: str | int | bool


class MeterFilter(TypedDict):
    """Which events a meter counts: those for which all clauses hold, or one of them."""

    conjunction: Literal["and", "or"]
    clauses: "list[Clause | MeterFilter]"


class Aggregation(TypedDict, total=False):
    """What a meter makes of events: `property` is missing for `count` alone."""

    func: str
    property: str


class Meter(TypedDict):
    """A meter's document, with the contract's keys in its order."""

    metadata: Metadata
    created_at: str
    modified_at: str | None
    id: str
    name: str
    unit: str
    custom_label: str | None
    custom_multiplier: int | None
    filter: MeterFilter
    aggregation: Aggregation
    organization_id: str
    archived_at: str | None


class NewMeter(TypedDict):
    """A meter to create."""

    name: str
    unit: str
    custom_label: str | None
    custom_multiplier: int | None
    filter: MeterFilter
    aggregation: Aggregation
    metadata: Metadata


class MeterChange(TypedDict, total=False):
    """New values of a meter; what is left out stays."""

    name: str
    unit: str
    custom_label: str | None
    custom_multiplier: int | None
    filter: MeterFilter
    aggregation: Aggregation
    metadata: Metadata
    is_archived: bool
