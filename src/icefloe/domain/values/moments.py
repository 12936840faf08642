"""Moments as the wire writes them."""

from datetime import UTC, datetime


def render(moment: datetime) -> str:
    """A moment as the wire writes it: UTC, `Z`, six decimals or none at all."""
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return in_utc.isoformat().removesuffix("+00:00") + "Z"
