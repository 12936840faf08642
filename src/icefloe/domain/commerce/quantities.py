"""Quantities: what a meter counts in each period of a range.

Whole hours and days are read from what the meter has added up. Events are read for what is left: the
part of an hour at either end, and whatever only some events are wanted for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from icefloe.domain.commerce import counters, event_filters, meter_counts
from icefloe.domain.commerce.meter_counts import HOURS_A_DAY
from icefloe.domain.values import errors, intervals
from icefloe.domain.values.intervals import Interval
from icefloe.domain.values.tallies import Tally
from icefloe.domain.values.usage import UsageEventFilter

if TYPE_CHECKING:
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from icefloe.domain.commerce.counters import Counter
    from icefloe.domain.ports import storage
    from icefloe.domain.ports.usage import Span
    from icefloe.domain.values.measures import Function
    from icefloe.domain.values.usage import UsageEvent

MAX_PERIODS = 10_000
"""How many periods one answer has at most: 416 days by the hour."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityQuery:
    """Which quantities of a meter.

    Attributes:
        start: the first moment that counts.
        end: the last moment that counts.
        interval: how long a period is.
        zone: where a day begins.
        wanted: which events count, of those that the meter counts.
        per_customer: where given, each customer's quantity is a value of this function.
    """

    start: datetime
    end: datetime
    interval: Interval
    zone: ZoneInfo
    wanted: UsageEventFilter = field(default_factory=UsageEventFilter)
    per_customer: Function | None = None


@dataclass(frozen=True, slots=True)
class Quantities:
    """What a meter counted.

    Attributes:
        periods: when each period begins, in order, and what was counted in it.
        total: what was counted in all of them.
    """

    periods: list[tuple[datetime, float]]
    total: float


class MeterQuantities:
    """Finds what meters counted."""

    def __init__(self, store: storage.Storage) -> None:
        self._store = store

    async def find(self, organization_id: UUID, meter_id: UUID, query: QuantityQuery) -> Quantities:
        """What a meter counted in each period of a range, archived or not.

        Raises:
            NotFound: there is no meter with that id.
            RulesBroken: the range has too many periods, or reaches beyond the years of a calendar.
        """

        async def work(tables: storage.Tables) -> Quantities:
            measures = await tables.usage.sums.find_measures(organization_id, with_archived=True)
            if meter_id not in measures:
                raise errors.NotFound
            counter = counters.counter_of(measures[meter_id])
            begins = list_periods(query)
            found = _Found(counter, begins)
            await _Search(tables, organization_id, meter_id, counter, query, found).run()
            return found.sum_up(query.per_customer)

        return await self._store.read(work, long=True)


def list_periods(query: QuantityQuery) -> list[datetime]:
    """When the periods begin, from the one that holds the start to the one that holds the end.

    Raises RulesBroken: there are too many, or one begins in a year that no calendar here has.
    """
    try:
        local = intervals.begin(
            query.start.astimezone(query.zone).replace(tzinfo=None), query.interval
        )
        begins: list[datetime] = []
        zone = UTC if query.zone.key == "UTC" else query.zone
        while (begin := local.replace(tzinfo=zone).astimezone(UTC)) <= query.end:
            # An hour that a change of the clock repeats or leaves out begins once.
            if not begins or begin > begins[-1]:
                begins.append(begin)
            if len(begins) > MAX_PERIODS:
                raise _broken(query.interval)
            local = intervals.following(local, query.interval)
    except (OverflowError, ValueError) as error:
        raise _broken(query.interval) from error
    return begins


class _Found:
    """What was found in each period, and in all of them; by the customer, where that is asked for."""

    def __init__(self, counter: Counter, begins: Sequence[datetime]) -> None:
        self._counter = counter
        self.begins = begins
        self._tallies: dict[tuple[int, object], Tally] = {}
        self._values: dict[tuple[int, object], set[bytes]] = {}

    def add_tally(self, moment: datetime, tally: Tally, whose: object = None) -> None:
        """Add what was counted at a moment."""
        key = (self._period_of(moment), whose)
        found = self._tallies.setdefault(key, tally)
        if found is not tally:
            found.merge(tally)

    def add_value(self, moment: datetime, value: bytes, whose: object = None) -> None:
        """Add a value of `unique` that was met at a moment."""
        self._values.setdefault((self._period_of(moment), whose), set()).add(value)

    def add_event(self, event: UsageEvent, whose: object = None) -> None:
        """Add an event, if it counts."""
        if self._counter.is_unique:
            value = self._counter.find_value(event)
            if value is not None:
                self.add_value(event.timestamp, value, whose)
            return
        number = self._counter.find_number(event)
        if number is not None:
            tally = Tally()
            tally.add(number)
            self.add_tally(event.timestamp, tally, whose)

    def sum_up(self, per_customer: Function | None) -> Quantities:
        """The quantities."""
        function = self._counter.aggregation.function
        by_period: dict[int, list[float]] = {}
        tallies: dict[object, Tally] = {}
        for (period, whose), tally in self._tallies.items():
            by_period.setdefault(period, []).append(tally.quantity(function))
            tallies.setdefault(whose, Tally()).merge(tally)
        values: dict[object, set[bytes]] = {}
        for (period, whose), met in self._values.items():
            by_period.setdefault(period, []).append(float(len(met)))
            values.setdefault(whose, set()).update(met)
        in_all = [tally.quantity(function) for tally in tallies.values()]
        in_all += [float(len(met)) for met in values.values()]
        return Quantities(
            [
                (begin, _aggregate(by_period.get(at, []), per_customer))
                for at, begin in enumerate(self.begins)
            ],
            _aggregate(in_all, per_customer),
        )

    def _period_of(self, moment: datetime) -> int:
        return bisect_right(self.begins, moment) - 1


@dataclass(frozen=True, slots=True)
class _Search:
    tables: storage.Tables
    organization_id: UUID
    meter_id: UUID
    counter: Counter
    query: QuantityQuery
    found: _Found

    async def run(self) -> None:
        """Find all that was counted in the range."""
        query = self.query
        first, last = _ceil_hour(query.start), meter_counts.hour_of(query.end)
        begins = self.found.begins
        whole_hours = all(_is_hour(begin) for begin in begins[1:])
        if query.per_customer or query.wanted != UsageEventFilter() or not whole_hours:
            await self._read_events(query.start, query.end)
            return
        if first >= last:  # within two hours
            await self._read_events(query.start, query.end)
            return
        await self._read_events(query.start, _begin(first) - _MICROSECOND)
        await self._read_events(_begin(last), query.end)
        if self.counter.is_unique:
            for hour, value in await self.tables.usage.sums.find_values(
                self.organization_id, self.meter_id, first, last - 1
            ):
                self.found.add_value(_begin(hour), value)
        elif all(_is_day(begin) for begin in begins[1:]):
            await self._read_days(first, last)
        else:
            await self._read_sums(1, first, last)

    async def _read_days(self, first: int, last: int) -> None:
        """Read hours up to a day's end, whole days, and the hours of the last day."""
        first_day, last_day = -(-first // HOURS_A_DAY), last // HOURS_A_DAY
        if first_day >= last_day:
            await self._read_sums(1, first, last)
            return
        await self._read_sums(1, first, first_day * HOURS_A_DAY)
        await self._read_sums(24, first_day, last_day)
        await self._read_sums(1, last_day * HOURS_A_DAY, last)

    async def _read_sums(self, span: Span, first: int, last: int) -> None:
        """Read the buckets from one on, before another."""
        if first < last:
            for bucket, tally in await self.tables.usage.sums.find_range(
                self.organization_id, self.meter_id, span, first, last - 1
            ):
                self.found.add_tally(_begin(bucket * span), tally)

    async def _read_events(self, start: datetime, end: datetime) -> None:
        """Read the events from one moment to another, both included."""
        if start > end:
            return
        names = self.counter.names
        wanted = UsageEventFilter(
            after=start,
            before=end,
            customer_ids=self.query.wanted.customer_ids,
            external_customer_ids=self.query.wanted.external_customer_ids,
            names=None if names is None else tuple(sorted(names)),
            sources=("user",),
        )
        notes = self.query.wanted.metadata
        async for batch in meter_counts.read_events(
            self.tables.usage, self.organization_id, wanted
        ):
            events = [event for event in batch if event_filters.has_notes(event, notes)]
            if self.query.per_customer is None:
                for event in events:
                    self.found.add_event(event)
                continue
            for event, customer_id in await meter_counts.attribute(
                self.tables.usage, self.organization_id, events
            ):
                whose = customer_id or event.customer_id or event.external_customer_id
                self.found.add_event(event, whose)


def _aggregate(values: Sequence[float], function: Function | None) -> float:
    """What a function makes of the quantities of customers; without one there is a single quantity."""
    if function is None:
        return values[0] if values else 0.0
    if function == "unique":
        return float(len(set(values)))
    tally = Tally()
    for value in values:
        tally.add(Decimal(repr(value)))
    return tally.quantity(function)


def _broken(interval: Interval) -> errors.RulesBroken:
    message = (
        "The interval is too small for the given date range."
        " Use a larger interval or reduce the date range."
    )
    return errors.RulesBroken(
        errors.Violation("value_error", ("query", "interval"), message, interval.value)
    )


def _begin(hour: int) -> datetime:
    return _EPOCH + hour * _HOUR


def _ceil_hour(moment: datetime) -> int:
    hour = meter_counts.hour_of(moment)
    return hour if _begin(hour) == moment else hour + 1


def _is_hour(moment: datetime) -> bool:
    return not (moment.minute or moment.second or moment.microsecond)


def _is_day(moment: datetime) -> bool:
    return moment.hour == 0 and _is_hour(moment)
