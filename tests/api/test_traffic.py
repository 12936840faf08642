"""The last hour of requests, by a clock that is held."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from icefloe import traffic
from icefloe.traffic import Traffic

LIST = "/v1/customers/"
# 12:00:30 on 1 May 2026, in UTC.
START = datetime(2026, 5, 1, 12, 0, 30, tzinfo=UTC)


@dataclass
class Held:
    """Seconds since 1970, which pass when they are told to."""

    now: float = START.timestamp()

    def __call__(self) -> float:
        """The present moment."""
        return self.now

    @property
    def moment(self) -> datetime:
        """The same as a moment."""
        return datetime.fromtimestamp(self.now, UTC)


@pytest.fixture
def seconds() -> Held:
    """Time, held."""
    return Held()


@pytest.fixture
def noted(seconds: Held) -> Traffic:
    """What notes requests, by the held time."""
    return Traffic(seconds)


def test_nothing_yet(noted: Traffic) -> None:
    """An organization that has asked for nothing has an hour of empty minutes, up to this one."""
    hour = noted.look("acme")

    assert hour.counts == [0] * 60
    assert hour.slowest == []
    assert hour.began_at == datetime(2026, 5, 1, 11, 1, tzinfo=UTC)


def test_each_minute_is_counted(noted: Traffic, seconds: Held) -> None:
    """A request counts in the minute in which it was answered, the present one standing last."""
    for _ in range(3):
        noted.note("acme", "GET", LIST, 200, 1.0)
    seconds.now += 29.9
    noted.note("acme", "GET", LIST, 200, 1.0)
    seconds.now += 0.1
    noted.note("acme", "GET", LIST, 200, 1.0)
    seconds.now += 120

    hour = noted.look("acme")

    assert hour.counts[-4:] == [4, 1, 0, 0]
    assert sum(hour.counts) == 5
    assert hour.began_at == datetime(2026, 5, 1, 11, 4, tzinfo=UTC)


def test_an_hour_later_it_is_gone(noted: Traffic, seconds: Held) -> None:
    """A minute is shown for an hour, with its slow requests, whether or not others come after it."""
    noted.note("acme", "GET", LIST, 200, 9.0)
    seconds.now += 59 * 60
    assert noted.look("acme").counts[0] == 1
    noted.note("acme", "GET", LIST, 200, 1.0)
    assert len(noted.look("acme").slowest) == 2

    seconds.now += 60

    assert sum(noted.look("acme").counts) == 1
    assert [one.milliseconds for one in noted.look("acme").slowest] == [1.0]
    noted.note("acme", "GET", LIST, 200, 1.0)
    assert sum(noted.look("acme").counts) == 2


def test_slowest_are_told_whole(noted: Traffic, seconds: Held) -> None:
    """A slow request is told with its route, how it was answered, how long it took and when."""
    noted.note("acme", "GET", LIST, 200, 3.0)
    seconds.now += 5
    noted.note("acme", "PATCH", "/v1/customers/{id}", 422, 40.5)

    slowest = noted.look("acme").slowest

    assert [tuple(one) for one in slowest] == [
        (40.5, seconds.moment, "PATCH", "/v1/customers/{id}", 422),
        (3.0, seconds.moment - timedelta(seconds=5), "GET", LIST, 200),
    ]


def test_slowest_of_any_hour(noted: Traffic, seconds: Held) -> None:
    """However requests come, the ten shown are the slowest ten of the sixty minutes."""
    source = random.Random(3)  # noqa: S311 - the same each time
    all_of_them: list[tuple[float, float]] = []
    for _ in range(4_000):
        seconds.now += source.choice([0.0, 1.0, 20.0, 90.0])
        milliseconds = source.lognormvariate(0, 2)
        all_of_them.append((milliseconds, seconds.now))
        noted.note("acme", "GET", LIST, 200, milliseconds)
        if source.random() < 0.05:
            hour = noted.look("acme")
            since = hour.began_at.timestamp()
            within = [each for each in all_of_them if each[1] >= since]
            slowest = [(one.milliseconds, one.answered_at.timestamp()) for one in hour.slowest]
            assert slowest == sorted(within, reverse=True)[:10]
            assert sum(hour.counts) == len(within)


def test_what_is_kept_is_bounded(noted: Traffic, seconds: Held) -> None:
    """However many requests an hour has, few of them are remembered."""
    source = random.Random(3)  # noqa: S311 - the same each time
    for _ in range(20_000):
        seconds.now += 0.3
        noted.note("acme", "GET", LIST, 200, source.random())

    (requests,) = noted._requests.values()
    assert len(requests.earlier_slowest) < 150
    assert len(requests.slowest) <= 10
    assert len(requests.earlier_counts) < 60


def test_organizations_are_apart(noted: Traffic) -> None:
    """Nobody sees another organization's requests."""
    noted.note("acme", "GET", LIST, 200, 1.0)

    assert sum(noted.look("acme").counts) == 1
    assert sum(noted.look("globex").counts) == 0


def test_the_quietest_go_first(
    noted: Traffic, seconds: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more organizations than there is room for, the one goes that has been quiet longest."""
    monkeypatch.setattr(traffic, "MAX_ORGANIZATIONS", 2)
    for organization in ("acme", "globex", "acme"):
        noted.note(organization, "GET", LIST, 200, 1.0)
        seconds.now += 60
    noted.note("hooli", "GET", LIST, 200, 1.0)

    counts = {name: sum(noted.look(name).counts) for name in ("acme", "globex", "hooli")}

    assert counts == {"acme": 2, "globex": 0, "hooli": 1}


def test_a_clock_that_is_set_back(noted: Traffic, seconds: Held) -> None:
    """What was noted under a later time is not shown before it, and does no harm."""
    seconds.now += 7200
    noted.note("acme", "GET", LIST, 200, 1.0)
    seconds.now -= 7200
    noted.note("acme", "GET", LIST, 200, 2.0)

    assert noted.look("acme").counts == [0] * 59 + [1]
    assert [one.milliseconds for one in noted.look("acme").slowest] == [2.0]
