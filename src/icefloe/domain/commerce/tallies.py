"""Tallies: what a meter has added up of some events, so that one more event costs one addition.

Numbers are added as decimals, exactly: the order in which events arrive makes no difference.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING

from icefloe.domain.commerce import event_filters
from icefloe.domain.values import metadata

if TYPE_CHECKING:
    from icefloe.domain.values.measures import Aggregation, Function
    from icefloe.domain.values.usage import UsageEvent

# Decimal digits: enough for the sum of 10^30 numbers, of which one is the largest that a float can be
# and another the smallest.
_EXACT = Context(prec=700)
_LARGEST = Decimal(sys.float_info.max)
_NOTHING = Decimal(0)
_VALUE_BYTES = 16


@dataclass(slots=True)
class Tally:
    """What has been added up.

    Attributes:
        events: how many events; of `unique`, how many different values.
        total: the sum of their numbers.
        least: the smallest of them; None where there is none.
        greatest: the largest of them; None where there is none.
    """

    events: int = 0
    total: Decimal = _NOTHING
    least: Decimal | None = None
    greatest: Decimal | None = None

    def add(self, number: Decimal) -> None:
        """Add an event with that number; of functions that read none, with any."""
        self.events += 1
        self.total = _EXACT.add(self.total, number)
        self.least = number if self.least is None else min(self.least, number)
        self.greatest = number if self.greatest is None else max(self.greatest, number)

    def merge(self, other: Tally) -> None:
        """Add all that another tally has added up."""
        self.events += other.events
        self.total = _EXACT.add(self.total, other.total)
        self.least = min(
            (one for one in (self.least, other.least) if one is not None), default=None
        )
        self.greatest = max(
            (one for one in (self.greatest, other.greatest) if one is not None), default=None
        )

    def quantity(self, function: Function) -> float:
        """What the function makes of it; 0 where nothing was added."""
        if function in {"count", "unique"}:
            return float(self.events)
        if function == "sum":
            return shown(self.total)
        if function == "avg":
            return shown(_EXACT.divide(self.total, Decimal(self.events))) if self.events else 0.0
        return shown((self.greatest if function == "max" else self.least) or _NOTHING)


def shown(number: Decimal) -> float:
    """The float nearest to a number, which JSON can hold."""
    return float(max(-_LARGEST, min(_LARGEST, number)))


def find_number(event: UsageEvent, aggregation: Aggregation) -> Decimal | None:
    """The number by which an event counts; None if it does not count: its property is no number."""
    if aggregation.property is None or aggregation.function == "unique":
        return _NOTHING
    value = event_filters.find_value(event.metadata, aggregation.property)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    return number if abs(number) <= _LARGEST else None


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
