"""The throttle of wrong passwords: the delay doubles with each one. In memory, bounded."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from icefloe.domain.values import errors
from icefloe.domain.values.clock import Clock

LONGEST = timedelta(minutes=5)
"""The longest delay."""

FORGOTTEN_AFTER = timedelta(hours=1)
"""After how long without an attempt a count is forgotten."""

_MOST_NAMES = 10_000
_MOST_DOUBLINGS = 16


@dataclass(slots=True)
class _Attempts:
    count: int
    last: datetime


class Throttle:
    """Counts attempts per key, such as an address."""

    def __init__(self, clock: Clock, *, free: int) -> None:
        """Make a throttle.

        Args:
            clock: gives the time.
            free: how many attempts have no delay.
        """
        self._clock = clock
        self._free = free
        self._attempts: OrderedDict[str, _Attempts] = OrderedDict()

    def check(self, name: str) -> None:
        """Check that an attempt may be made now. Raises TooManyAttempts."""
        wait = self._find_wait(name)
        if wait > timedelta():
            raise errors.TooManyAttempts(math.ceil(wait.total_seconds()))

    def note(self, name: str) -> None:
        """Count an attempt, as a wrong one until `take_back`."""
        now = self._clock.now()
        known = self._attempts.pop(name, None)
        is_old = known is None or now - known.last >= FORGOTTEN_AFTER
        self._attempts[name] = _Attempts(1 if known is None or is_old else known.count + 1, now)
        if len(self._attempts) > _MOST_NAMES:
            self._attempts.popitem(last=False)  # evicts the key whose last attempt is the oldest

    def take_back(self, name: str) -> None:
        """Uncount the last attempt: the password was right."""
        known = self._attempts.get(name)
        if known is not None:
            known.count -= 1

    def forget(self, name: str) -> None:
        """Forget all attempts of a key."""
        self._attempts.pop(name, None)

    def _find_wait(self, name: str) -> timedelta:
        known = self._attempts.get(name)
        if known is None or known.count < self._free:
            return timedelta()
        doublings = min(known.count - self._free, _MOST_DOUBLINGS)
        span = min(timedelta(seconds=1 << doublings), LONGEST)
        # A clock that was set back makes no delay longer.
        return min(known.last + span - self._clock.now(), span)
