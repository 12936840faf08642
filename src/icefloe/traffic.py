"""The requests of each organization in the last hour, in this process: counts, and the slowest.

In memory alone, and written by the event loop's thread only. A request is recorded by its route, not by
its path: nothing here identifies a customer.
"""

import heapq
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

MINUTES = 60
MAX_SLOWEST = 10
MAX_ORGANIZATIONS = 1_000

_MINUTE_SECONDS = 60
# No request takes less.
_NO_TIME = -1.0

# Milliseconds come first: heaps go by them.
_Noted = tuple[float, float, str, str, int]


class SlowRequest(NamedTuple):
    """One of the requests that took longest.

    Attributes:
        milliseconds: how long it took.
        answered_at: when it had been answered.
        method: its method.
        route: the path of its route, such as `/v1/customers/{id}`; `-` where it had none.
        status: the answer's status.
    """

    milliseconds: float
    answered_at: datetime
    method: str
    route: str
    status: int


@dataclass(frozen=True, slots=True)
class Hour:
    """The last hour of an organization's requests.

    Attributes:
        began_at: when the first of its minutes began.
        counts: how many requests each minute had, the oldest first; the last is not over yet.
        slowest: those that took longest, the slowest first; `MAX_SLOWEST` at most.
    """

    began_at: datetime
    counts: list[int]
    slowest: list[SlowRequest]


@dataclass(slots=True)
class _Requests:
    """An organization's requests, in the minute of the last one and in those before.

    Attributes:
        minute: that minute, counted from 1970.
        count: how many it had so far.
        floor: how long a request must take to be among the slowest of the minute.
        slowest: those, as a heap.
        earlier_counts: minutes before, and what they had; no longer than an hour.
        earlier_slowest: of those minutes, each request that may yet be among the slowest of an hour.
    """

    minute: int
    count: int = 0
    floor: float = _NO_TIME
    slowest: list[_Noted] = field(default_factory=list)
    earlier_counts: deque[tuple[int, int]] = field(
        default_factory=lambda: deque(maxlen=MINUTES - 1)
    )
    earlier_slowest: list[_Noted] = field(default_factory=list)

    def keep(self, noted: _Noted) -> None:
        """Add a request to the slowest of the minute; the fastest of them is evicted."""
        if len(self.slowest) < MAX_SLOWEST:
            heapq.heappush(self.slowest, noted)
        else:
            heapq.heapreplace(self.slowest, noted)
        if len(self.slowest) == MAX_SLOWEST:
            self.floor = self.slowest[0][0]

    def begin(self, minute: int) -> None:
        """Begin another minute."""
        self.earlier_counts.append((self.minute, self.count))
        self.earlier_slowest = _outlast(self._slow_until(minute))
        self.minute, self.count, self.floor, self.slowest = minute, 0, _NO_TIME, []

    def look(self, minute: int) -> Hour:
        """The hour that ends with a minute."""
        counts = [0] * MINUTES
        for each, count in (*self.earlier_counts, (self.minute, self.count)):
            at = each - minute + MINUTES - 1
            if 0 <= at < MINUTES:
                counts[at] += count
        return Hour(
            datetime.fromtimestamp(_first_second(minute), UTC),
            counts,
            [
                SlowRequest(taken, datetime.fromtimestamp(at, UTC), method, route, status)
                for taken, at, method, route, status in heapq.nlargest(
                    MAX_SLOWEST, self._slow_until(minute)
                )
            ],
        )

    def _slow_until(self, minute: int) -> Iterator[_Noted]:
        """The slow requests of the hour that ends with a minute; a clock may have been set back."""
        begin, end = _first_second(minute), (minute + 1) * _MINUTE_SECONDS
        for noted in self.slowest + self.earlier_slowest:
            if begin <= noted[1] < end:
                yield noted


class Traffic:
    """Records requests; the organization idle for longest is evicted first."""

    def __init__(self, seconds: Callable[[], float] = time.time) -> None:
        """Begin with nothing.

        Args:
            seconds: gives the present moment, in seconds since 1970.
        """
        self._seconds = seconds
        # In the order in which their last minutes began.
        self._requests: OrderedDict[str, _Requests] = OrderedDict()

    def note(
        self, organization: str, method: str, route: str, status: int, milliseconds: float
    ) -> None:
        """Record a request that was answered.

        Args:
            organization: the id of the organization it was made for.
            method: its method.
            route: the path of its route.
            status: the answer's status.
            milliseconds: how long it took.
        """
        now = self._seconds()
        minute = int(now) // _MINUTE_SECONDS
        requests = self._requests.get(organization)
        if requests is None or requests.minute != minute:
            requests = self._begin(organization, minute)
        requests.count += 1
        if milliseconds > requests.floor:
            requests.keep((milliseconds, now, method, route, status))

    def look(self, organization: str) -> Hour:
        """The last hour of an organization, the present minute being its last."""
        minute = int(self._seconds()) // _MINUTE_SECONDS
        return self._requests.get(organization, _Requests(minute)).look(minute)

    def _begin(self, organization: str, minute: int) -> _Requests:
        """An organization's requests, which begin another minute."""
        requests = self._requests.get(organization)
        if requests is not None:
            requests.begin(minute)
            self._requests.move_to_end(organization)
            return requests
        if len(self._requests) == MAX_ORGANIZATIONS:
            self._requests.popitem(last=False)
        made = self._requests[organization] = _Requests(minute)
        return made


def _first_second(minute: int) -> int:
    """When the hour began that ends with a minute, in seconds since 1970."""
    return (minute - MINUTES + 1) * _MINUTE_SECONDS


def _outlast(noted: Iterable[_Noted]) -> list[_Noted]:
    """The requests that may yet be among the hour's slowest: few slower ones came after them.

    Of sixty minutes with ten each some fifty are left, as a rule.
    """
    slower: list[float] = []
    kept: list[_Noted] = []
    for each in sorted(noted, key=_moment_of, reverse=True):
        if len(slower) < MAX_SLOWEST:
            heapq.heappush(slower, each[0])
        elif each[0] > slower[0]:
            heapq.heapreplace(slower, each[0])
        else:
            continue
        kept.append(each)
    return kept


def _moment_of(noted: _Noted) -> float:
    return noted[1]
