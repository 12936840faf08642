"""Moments as tests write them, and as the wire does."""

from datetime import UTC, datetime, timedelta

Moment = datetime | str
"""A moment: a `datetime`, in UTC where it has no time zone, or ISO 8601 text."""


def to_wire(moment: Moment) -> str:
    """The wire's form of a moment."""
    if isinstance(moment, str):
        return moment
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")


def days(count: float) -> timedelta:
    """So many days: `ends_in=days(10)`."""
    return timedelta(days=count)


def from_wire(text: str) -> datetime:
    """A moment of the wire, in UTC."""
    return datetime.fromisoformat(text)
