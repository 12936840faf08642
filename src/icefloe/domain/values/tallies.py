"""Tallies: what a meter has added up of some events, so that one more event costs one addition.

Numbers are added as decimals, exactly: the order in which events arrive makes no difference.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icefloe.domain.values.measures import Function

# Decimal digits: enough for the sum of 10^30 numbers, of which one is the largest that a float can be
# and another the smallest.
_EXACT = Context(prec=700)
LARGEST = Decimal(sys.float_info.max)
"""The largest number that is counted or shown."""
_NOTHING = Decimal(0)


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
        if self.least is None or number < self.least:
            self.least = number
        if self.greatest is None or number > self.greatest:
            self.greatest = number

    def merge(self, other: Tally) -> None:
        """Add all that another tally has added up."""
        self.events += other.events
        self.total = _EXACT.add(self.total, other.total)
        if self.least is None or (other.least is not None and other.least < self.least):
            self.least = other.least
        if self.greatest is None or (other.greatest is not None and other.greatest > self.greatest):
            self.greatest = other.greatest

    def quantity(self, function: Function) -> float:
        """What the function makes of it; 0 where nothing was added."""
        if function in {"count", "unique"}:
            return float(self.events)
        if function == "sum":
            return shown(self.total)
        if function == "avg":
            return _divide(self.total, self.events) if self.events else 0.0
        return shown((self.greatest if function == "max" else self.least) or _NOTHING)


def shown(number: Decimal) -> float:
    """The float nearest to a number, which JSON can hold."""
    nearest = float(number)
    return nearest if math.isfinite(nearest) else math.copysign(float(LARGEST), nearest)


def _divide(number: Decimal, divisor: int) -> float:
    """The float nearest to a quotient, which JSON can hold. Python divides whole numbers so."""
    above, below = number.as_integer_ratio()
    try:
        return above / (below * divisor)
    except OverflowError:
        return math.copysign(float(LARGEST), above)
