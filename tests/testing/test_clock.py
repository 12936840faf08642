"""`clock`: the time that an organization goes by."""

from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest

from icefloe.testing import Organization

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def created_at(application: httpx.Client, email: str) -> datetime:
    """When a customer is made who is made now."""
    made = application.post("/v1/customers/", json={"email": email}).json()
    return datetime.fromisoformat(made["created_at"])


@pytest.mark.icefloe(now="2026-01-01T00:00:00Z")
def test_now(icefloe: Organization) -> None:
    """A clock that is given a moment begins there."""
    assert icefloe.clock.now - NEW_YEAR < timedelta(minutes=5)


def test_frozen(icefloe: Organization, application: httpx.Client) -> None:
    """A frozen clock stands still, but for a tick with each write where it is told to."""
    assert icefloe.clock.freeze(NEW_YEAR) == NEW_YEAR
    assert icefloe.clock.is_frozen
    assert created_at(application, "a@example.com") == NEW_YEAR
    assert created_at(application, "b@example.com") == NEW_YEAR
    icefloe.clock.freeze(tick=2)
    assert icefloe.clock.tick == 2
    assert created_at(application, "c@example.com") == NEW_YEAR
    assert created_at(application, "d@example.com") == NEW_YEAR + timedelta(seconds=2)


def test_advance(icefloe: Organization) -> None:
    """It is moved on by a span, or by parts of one."""
    icefloe.clock.freeze(NEW_YEAR)
    assert icefloe.clock.advance(timedelta(hours=1)) == NEW_YEAR + timedelta(hours=1)
    assert icefloe.clock.advance(days=30) == NEW_YEAR + timedelta(days=30, hours=1)


def test_set(icefloe: Organization) -> None:
    """It is put to a moment as text, in any time zone, or in UTC where none is said."""
    icefloe.clock.freeze()
    assert icefloe.clock.set("2026-01-01T00:00:00Z") == NEW_YEAR
    elsewhere = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=1)))
    assert icefloe.clock.set(elsewhere) == NEW_YEAR + timedelta(hours=1)
    assert icefloe.clock.set(datetime(2026, 1, 2)) == NEW_YEAR + timedelta(days=1)  # noqa: DTZ001


def test_run(icefloe: Organization) -> None:
    """It runs as fast as it is told to."""
    icefloe.clock.freeze(NEW_YEAR)
    icefloe.clock.run(speed=100_000)
    assert not icefloe.clock.is_frozen
    assert icefloe.clock.speed == 100_000
    earlier = icefloe.clock.now
    assert icefloe.clock.now > earlier


def test_reset(icefloe: Organization) -> None:
    """It goes by the machine's clock again."""
    icefloe.clock.freeze(NEW_YEAR)
    before = datetime.now(UTC)
    icefloe.clock.reset()
    assert before <= icefloe.clock.now <= datetime.now(UTC)
    assert not icefloe.clock.is_frozen
