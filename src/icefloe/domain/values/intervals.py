"""Intervals of the calendar, into which reports divide time."""

from datetime import datetime, timedelta
from enum import StrEnum


class Interval(StrEnum):
    """How long one interval is; weeks begin on Monday."""

    YEAR = "year"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"


_LENGTHS = {
    Interval.HOUR: timedelta(hours=1),
    Interval.DAY: timedelta(days=1),
    Interval.WEEK: timedelta(weeks=1),
}


def begin(local: datetime, interval: Interval) -> datetime:
    """When the interval began that holds a moment, in the moment's own time zone."""
    hour = local.replace(minute=0, second=0, microsecond=0)
    if interval is Interval.HOUR:
        return hour
    day = hour.replace(hour=0)
    if interval is Interval.DAY:
        return day
    if interval is Interval.WEEK:
        return day - timedelta(days=day.weekday())
    month = day.replace(day=1)
    return month if interval is Interval.MONTH else month.replace(month=1)


def following(begun: datetime, interval: Interval) -> datetime:
    """When the interval after the one that began at a moment begins."""
    if interval is Interval.YEAR:
        return begun.replace(year=begun.year + 1)
    if interval is Interval.MONTH:
        return (begun + timedelta(days=31)).replace(day=1)
    return begun + _LENGTHS[interval]
