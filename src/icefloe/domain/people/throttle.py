"""Who tries passwords waits: twice as long after each wrong one. In memory, and bounded."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from icefloe.domain.values import errors
from icefloe.domain.values.clock import Clock

LONGEST = timedelta(minutes=5)
"""What anybody waits at most."""

FORGOTTEN_AFTER = timedelta(hours=1)
"""How long after the last attempt those before it count."""

_MOST_NAMES = 10_000
_MOST_DOUBLINGS = 16


@dataclass(slots=True)
class _Attempts:
    count: int
    last: datetime


class Throttle:
    """Counts the attempts made under each name, such as an address."""

    def __init__(self, clock: Clock, *, free: int) -> None:
        """Make a throttle.

        Args:
            clock: what tells the time.
            free: how many attempts nobody waits for.
        """
        self._clock = clock
        self._free = free
        self._attempts: OrderedDict[str, _Attempts] = OrderedDict()

    def check(self, name: str) -> None:
        """See that an attempt may be made now. Raises TooManyAttempts."""
        wait = self._find_wait(name)
        if wait > timedelta():
            raise errors.TooManyAttempts(math.ceil(wait.total_seconds()))

    def note(self, name: str) -> None:
        """Count an attempt, which is taken for a wrong one until it is taken back."""
        now = self._clock.now()
        known = self._attempts.pop(name, None)
        is_old = known is None or now - known.last >= FORGOTTEN_AFTER
        self._attempts[name] = _Attempts(1 if known is None or is_old else known.count + 1, now)
        if len(self._attempts) > _MOST_NAMES:
            self._attempts.popitem(last=False)  # whose last attempt is longest ago

    def take_back(self, name: str) -> None:
        """Count the last attempt no longer: it was right."""
        known = self._attempts.get(name)
        if known is not None:
            known.count -= 1

    def forget(self, name: str) -> None:
        """Count no attempt of a name any longer."""
        self._attempts.pop(name, None)

    def _find_wait(self, name: str) -> timedelta:
        known = self._attempts.get(name)
        if known is None or known.count < self._free:
            return timedelta()
        doublings = min(known.count - self._free, _MOST_DOUBLINGS)
        span = min(timedelta(seconds=1 << doublings), LONGEST)
        # A clock that was set back makes nobody wait longer.
        return min(known.last + span - self._clock.now(), span)
