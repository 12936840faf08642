"""The time of one organization: it can be frozen, set, moved on and run faster; and fixed ids.

An organization's clock governs `created_at` and `modified_at`, when tokens expire, how long answers to
repeated requests are kept, and the windows of rate limits.
"""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from icefloe.domain.values.clock import SEEDED_BEGINNING, Clock, utc_now
from icefloe.domain.values.errors import InvalidValue

MAX_SPEED = 1_000_000.0
SEEDED_TICK = 1.0
# What can be stored, with room for what is computed from it: a day later, a year later.
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Hands:
    """Where a clock stands and how it goes on; never changed, only replaced, as threads look at it.

    Attributes:
        at: the moment that it showed when it was last set.
        since: the real moment at which that was.
        speed: how many seconds pass in a real one.
        is_frozen: whether none pass at present.
        tick: seconds by which each request that changes something moves it on.
    """

    at: datetime
    since: datetime
    speed: float = 1.0
    is_frozen: bool = False
    tick: float = 0.0

    @property
    def now(self) -> datetime:
        """The moment that the clock shows."""
        if self.is_frozen:
            return self.at
        return _moved(self.at, (utc_now() - self.since).total_seconds() * self.speed)


class OrganizationClock:
    """A clock: until it is set, the real time, with random ids.

    Attributes:
        as_clock: the same as the domain takes it.
    """

    def __init__(self) -> None:
        self._new_id: Callable[[], uuid.UUID] = uuid.uuid4
        self._hands: Hands | None = None
        self.as_clock = Clock(now=self.now, new_id=self.new_id)

    @property
    def hands(self) -> Hands:
        """Where it stands."""
        if self._hands is None:
            now = utc_now()
            return Hands(now, now)
        return self._hands

    def now(self) -> datetime:
        """The present moment of the organization, in UTC."""
        return utc_now() if self._hands is None else self._hands.now

    def new_id(self) -> uuid.UUID:
        """An identifier: where there is a seed, the next of its own."""
        return self._new_id()

    def plant(self, seed: int) -> None:
        """From now on give the ids of a seed; hold the time, and move it on by each change."""
        source = random.Random(seed)  # noqa: S311 - to be the same each time is what it is for
        self._new_id = lambda: uuid.UUID(int=source.getrandbits(128), version=4)
        self._hands = Hands(SEEDED_BEGINNING, SEEDED_BEGINNING, is_frozen=True, tick=SEEDED_TICK)

    def find_target(self, now: datetime | None, advance: float) -> datetime:
        """The moment that a change would show. Raises InvalidValue, as `change` does."""
        try:
            at = (self.now() if now is None else now.astimezone(UTC)) + timedelta(seconds=advance)
        except OverflowError:
            at = _LATEST
        if not _EARLIEST <= at < _LATEST:
            raise InvalidValue("a clock shows a moment from 1970 to 8999")
        return at

    def change(
        self,
        *,
        now: datetime | None = None,
        advance: float = 0.0,
        is_frozen: bool | None = None,
        speed: float | None = None,
        tick: float | None = None,
    ) -> None:
        """Set it; what is left out stays.

        Args:
            now: the moment to show.
            advance: seconds to add to that, or to the present moment; may be negative.
            is_frozen: whether to stand still.
            speed: how many seconds are to pass in a real one.
            tick: seconds by which each change is to move it on.

        Raises:
            InvalidValue: it would show a moment before 1970 or after 8999.
        """
        hands = self.hands
        at = self.find_target(now, advance)
        self._hands = Hands(
            at,
            utc_now(),
            hands.speed if speed is None else speed,
            hands.is_frozen if is_frozen is None else is_frozen,
            hands.tick if tick is None else tick,
        )

    def move_on(self) -> None:
        """A change has been made: move on by a tick."""
        hands = self._hands
        if hands is not None and hands.tick:
            self._hands = replace(hands, at=_moved(hands.at, hands.tick))

    def reset(self) -> None:
        """Show the real time again."""
        self._hands = None


def _moved(at: datetime, seconds: float) -> datetime:
    """A moment so many seconds later, or the last that a clock shows."""
    try:
        return min(at + timedelta(seconds=seconds), _LATEST)
    except OverflowError:
        return _LATEST
