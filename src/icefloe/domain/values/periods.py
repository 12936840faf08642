"""Periods: what a subscription pays for at once: days, weeks, months or years of the calendar."""

import calendar
from datetime import MAXYEAR, datetime, timedelta

from icefloe.domain.values.products import Interval

_DAYS = {Interval.day: 1, Interval.week: 7}
_MONTHS = {Interval.month: 1, Interval.year: 12}


def add(moment: datetime, interval: str, count: int) -> datetime:
    """The moment so many intervals later; a day that its month does not have becomes its last one."""
    kind = Interval(interval)
    if kind in _DAYS:
        return moment + timedelta(days=_DAYS[kind] * count)
    months = moment.year * 12 + moment.month - 1 + _MONTHS[kind] * count
    year, month = min(months // 12, MAXYEAR), months % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)
