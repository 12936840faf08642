"""Counters: what a meter makes of single events."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from icefloe.domain.commerce import event_filters
from icefloe.domain.values import metadata
from icefloe.domain.values.tallies import LARGEST

if TYPE_CHECKING:
    from icefloe.domain.values.measures import Aggregation, Measure
    from icefloe.domain.values.usage import UsageEvent

_NOTHING = Decimal(0)
_VALUE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Counter:
    """What a measure makes of single events.

    Attributes:
        aggregation: how events are added up.
        names: the names that events must have one of; None where any may count.
        passes: whether an event passes the filter.
    """

    aggregation: Aggregation
    names: frozenset[str] | None
    passes: Callable[[UsageEvent], bool]

    @property
    def is_unique(self) -> bool:
        """Whether different values are counted, not events."""
        return self.aggregation.function == "unique"

    def find_number(self, event: UsageEvent) -> Decimal | None:
        """The number by which an event counts; None if it does not count."""
        return find_number(event, self.aggregation) if self.passes(event) else None

    def find_value(self, event: UsageEvent) -> bytes | None:
        """What `unique` tells the event's value by; None if it does not count."""
        return find_unique_value(event, self.aggregation) if self.passes(event) else None

    def read(self, events: Sequence[UsageEvent]) -> Sequence[Decimal | bytes | None]:
        """The number of each event, of `unique` its value; None where it does not count."""
        if self.is_unique:
            return [self.find_value(event) for event in events]
        return [self.find_number(event) for event in events]

    def counts(self, event: UsageEvent) -> bool:
        """Whether an event counts."""
        find = self.find_value if self.is_unique else self.find_number
        return event.source == "user" and find(event) is not None


@functools.lru_cache(maxsize=1024)
def counter_of(measure: Measure) -> Counter:
    """The counter of a measure."""
    return Counter(
        measure.aggregation,
        event_filters.find_names(measure.filter),
        event_filters.make(measure.filter),
    )


def find_number(event: UsageEvent, aggregation: Aggregation) -> Decimal | None:
    """The number by which an event counts; None if it does not count: its property is no number."""
    if aggregation.property is None or aggregation.function == "unique":
        return _NOTHING
    value = event_filters.find_value(event.metadata, aggregation.property)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    return number if abs(number) <= LARGEST else None


def find_unique_value(event: UsageEvent, aggregation: Aggregation) -> bytes | None:
    """What stands for an event's value among those that `unique` tells apart; None if it has none.

    A digest: its length does not depend on the value, nor can the value be read from it.
    """
    name = aggregation.property or ""
    value: object = (
        getattr(event, name)
        if name in {"name", "source"}
        else event_filters.find_value(event.metadata, name)
    )
    if not isinstance(value, str | int | float | bool):
        return None
    return hashlib.sha256(metadata.text_of(value).encode()).digest()[:_VALUE_BYTES]
