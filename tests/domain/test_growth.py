"""How many customers there have been: intervals, and what may be asked for."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.growth import Growth, GrowthPoint, list_bounds
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import errors
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.intervals import Interval
from support import HeldTime, run

moments = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2200, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
)
spans = st.timedeltas(timedelta(), timedelta(days=7))


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


class TestBounds:
    """Where intervals begin and end."""

    @pytest.mark.parametrize(
        ("interval", "bounds"),
        [
            (Interval.HOUR, [utc(2024, 2, 29, 23), utc(2024, 3, 1), utc(2024, 3, 1, 1)]),
            (Interval.DAY, [utc(2024, 2, 29), utc(2024, 3, 1), utc(2024, 3, 2)]),
            (Interval.WEEK, [utc(2024, 2, 26), utc(2024, 3, 4)]),
            (Interval.MONTH, [utc(2024, 2, 1), utc(2024, 3, 1), utc(2024, 4, 1)]),
            (Interval.YEAR, [utc(2024, 1, 1), utc(2025, 1, 1)]),
        ],
    )
    def test_around_a_leap_day(self, interval: Interval, bounds: list[datetime]) -> None:
        """Intervals are those of the calendar in UTC; the last holds the end."""
        assert list_bounds(utc(2024, 2, 29, 23, 59), utc(2024, 3, 1), interval) == bounds

    @given(start=moments, span=spans, interval=st.sampled_from(Interval))
    def test_any(self, start: datetime, span: timedelta, interval: Interval) -> None:
        """Intervals follow one another without a gap, the first holds the start, the last the end."""
        end = start + span

        bounds = list_bounds(start, end, interval)

        assert bounds == sorted(set(bounds))
        assert bounds[0] <= start < bounds[1]
        assert bounds[-2] <= end < bounds[-1]
        assert list_bounds(bounds[0], bounds[-2], interval) == bounds


class TestFindPoints:
    """What is counted."""

    def test_counts(self, store: Storage, time: HeldTime) -> None:
        """Each interval has those who were made in it, and those until its end."""
        subject = _subject(store, time)
        writes = CustomerWrites(store, time.clock)
        start = time.now
        for number, hours in enumerate((0, 1, 48)):
            time.now = start + timedelta(hours=hours)
            run(writes.create(subject, NewCustomer(email=f"{number}@sea.is")))

        points = run(
            Growth(store).find_points(
                subject, subject.organization_id, start, start + timedelta(days=2), Interval.DAY
            )
        )

        day = start.replace(hour=0, minute=0, second=0, microsecond=0)
        assert points == [
            GrowthPoint(day, 2, 2),
            GrowthPoint(day + timedelta(days=1), 0, 2),
            GrowthPoint(day + timedelta(days=2), 1, 3),
        ]

    def test_of_another_organization(self, store: Storage, time: HeldTime) -> None:
        """Another organization's growth is nobody else's business."""
        subject = _subject(store, time)

        with pytest.raises(errors.NotPermitted, match="permission to view customers"):
            run(Growth(store).find_points(subject, uuid4(), time.now, time.now, Interval.DAY))

    @pytest.mark.parametrize(
        ("start", "end", "words"),
        [
            (utc(2026, 1, 2), utc(2026, 1, 1), "too small"),
            (utc(2026, 1, 1), utc(2027, 1, 2, 1), "too small"),
            (datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), "1 to 9999"),
            (
                datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
                datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
                "1 to 9999",
            ),
        ],
    )
    def test_no_range(
        self, store: Storage, time: HeldTime, start: datetime, end: datetime, words: str
    ) -> None:
        """A range that ends before it begins, is too long, or leaves the calendar breaks a rule."""
        subject = _subject(store, time)

        with pytest.raises(errors.RulesBroken, match=words) as raised:
            run(
                Growth(store).find_points(
                    subject, subject.organization_id, start, end, Interval.DAY
                )
            )
        assert raised.value.violations[0].place == ("query", "interval")


def _subject(store: Storage, time: HeldTime) -> Subject:
    made = run(Organizations(store, time.clock).create("Tests"))
    return Subject(made.id, uuid4(), frozenset())
