"""When a delivery is attempted, and when an endpoint is given up: the reference's numbers."""

from datetime import timedelta
from typing import Final

MAX_ATTEMPTS: Final = 10
"""How often an event is attempted before it has failed."""

MAX_FAILURES: Final = 10
"""How many events in a row may fail before their endpoint is disabled."""

_FIRST_SECONDS = 2.0
_LONGEST_DELAY = timedelta(minutes=20)


def delay(attempts: int, jitter: float) -> timedelta:
    """How long to wait after an attempt that failed.

    Args:
        attempts: how many there have been, at least 1.
        jitter: a random number from 0 to 1.

    Returns:
        After the n-th attempt, two seconds times 2ⁿ, up to twice that at random; 20 minutes at most.
    """
    seconds = _FIRST_SECONDS * 2.0**attempts * (1 + jitter)
    return min(timedelta(seconds=seconds), _LONGEST_DELAY)
