"""Numbers that may take a while to count: nobody waits longer for them than a page may take.

What took long is kept for a minute. Who asks for what is being counted already waits for the same.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

T = TypeVar("T")

KEPT_SECONDS = 60.0
MAX_KEPT = 1_000
# What is counted sooner is counted each time, and so always right.
_QUICK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Counted(Generic[T]):
    """What was counted.

    Attributes:
        value: the outcome.
        counted_at: when, if that was before the page was asked for; None is now.
    """

    value: T
    counted_at: datetime | None = None


class Counts:
    """Counts, and keeps what took long."""

    def __init__(self, seconds: Callable[[], float] = time.time) -> None:
        """Begin with nothing.

        Args:
            seconds: gives the present moment, in seconds since 1970.
        """
        self._seconds = seconds
        # Oldest first.
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._counting: dict[Hashable, asyncio.Task[Any]] = {}

    async def find(
        self, key: Hashable, count: Callable[[], Awaitable[T]], patience: float | None
    ) -> Counted[T] | None:
        """What is counted under a key.

        Args:
            key: what for; whose, too.
            count: counts it; goes on if it takes longer than the patience, for who asks next.
            patience: how many seconds to wait at most; None is to the end.

        Returns:
            The outcome; None where it is not there in time.
        """
        self._forget()
        if key in self._kept:
            counted_at, value = self._kept[key]
            return Counted(value, datetime.fromtimestamp(counted_at, UTC))
        task = self._counting.get(key)
        if task is None:
            task = self._counting[key] = asyncio.ensure_future(self._count(key, count))
            task.add_done_callback(lambda done: self._end(key, done))
        done, _ = await asyncio.wait({task}, timeout=patience)
        return Counted(task.result()) if done else None

    async def _count(self, key: Hashable, count: Callable[[], Awaitable[T]]) -> T:
        began = time.perf_counter()
        value = await count()
        if time.perf_counter() - began > _QUICK_SECONDS:
            self._kept[key] = (self._seconds(), value)
        return value

    def _end(self, key: Hashable, done: asyncio.Task[Any]) -> None:
        del self._counting[key]
        # Whoever waited has been told; if nobody did, nobody is missing it.
        if not done.cancelled():
            done.exception()

    def _forget(self) -> None:
        """Forget what is too old, and what there is no room for."""
        oldest = self._seconds() - KEPT_SECONDS
        while self._kept:
            key, (counted_at, _) = next(iter(self._kept.items()))
            if counted_at > oldest and len(self._kept) <= MAX_KEPT:
                return
            del self._kept[key]
