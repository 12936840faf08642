"""How many customers an organization has had over time, interval by interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from icefloe.domain.values import intervals
from icefloe.domain.values.errors import NotPermitted, RulesBroken, Violation
from icefloe.domain.values.intervals import Interval

if TYPE_CHECKING:
    from uuid import UUID

    from icefloe.domain.ports import storage
    from icefloe.domain.values.access import Subject


# The longest range per interval, so that an answer stays short.
_LONGEST = {
    Interval.HOUR: timedelta(days=7),
    Interval.DAY: timedelta(days=366),
    Interval.WEEK: timedelta(days=371),
    Interval.MONTH: timedelta(days=1460),
    Interval.YEAR: timedelta(days=3650),
}


@dataclass(frozen=True, slots=True)
class GrowthPoint:
    """One interval.

    Attributes:
        timestamp: when it begins.
        new_customers: how many were made in it.
        total_customers: how many there were at its end.
    """

    timestamp: datetime
    new_customers: int
    total_customers: int


class Growth:
    """Counts customers over time; deleted ones do not count."""

    def __init__(self, store: storage.Storage) -> None:
        self._store = store

    async def find_points(
        self,
        subject: Subject,
        organization_id: UUID,
        start: datetime,
        end: datetime,
        interval: Interval,
    ) -> list[GrowthPoint]:
        """A point for each interval, from the one that holds `start` to the one that holds `end`.

        Raises:
            NotPermitted: the organization is not the subject's.
            RulesBroken: the range is too long for the interval, ends before it begins, or reaches
                beyond the years that a date can have.
        """
        if organization_id != subject.organization_id:
            raise NotPermitted("You don't have permission to view customers")
        if not timedelta() <= end - start <= _LONGEST[interval]:
            message = (
                "The interval is too small for the given date range."
                " Use a larger interval or reduce the date range."
            )
            raise _broken(message, interval)
        try:
            bounds = list_bounds(start, end, interval)
        except (OverflowError, ValueError) as error:  # a year that no calendar here has
            message = "The date range reaches beyond the years 1 to 9999."
            raise _broken(message, interval) from error
        return await self.count(organization_id, bounds)

    async def count(self, organization_id: UUID, bounds: Sequence[datetime]) -> list[GrowthPoint]:
        """A point for each interval between one bound and the next, in their order."""
        totals = await self._store.read(
            lambda tables: tables.customers.count_by_time(organization_id, bounds), long=True
        )
        return [
            GrowthPoint(bounds[at], totals[at + 1] - totals[at], totals[at + 1])
            for at in range(len(bounds) - 1)
        ]


def _broken(message: str, interval: Interval) -> RulesBroken:
    return RulesBroken(Violation("value_error", ("query", "interval"), message, interval.value))


def list_bounds(start: datetime, end: datetime, interval: Interval) -> list[datetime]:
    """Where the intervals begin, and where the last one ends."""
    bounds = [intervals.begin(start.astimezone(UTC), interval)]
    while bounds[-1] <= end:
        bounds.append(intervals.following(bounds[-1], interval))
    return bounds
