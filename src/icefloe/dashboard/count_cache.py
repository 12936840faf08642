"""A cache of counts that may be slow: a page waits for one as long as it can, and goes on without it.

A slow count is cached for a minute. Callers that ask for a count already under way share it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from icefloe.background import Tasks
from icefloe.domain.values.errors import StorageUnavailable

T = TypeVar("T")

CACHED_SECONDS = 60.0
MAX_CACHED = 1_000
# Seconds; a count that takes less is not cached, and so always right.
_QUICK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Counted(Generic[T]):
    """A count.

    Attributes:
        value: the result.
        counted_at: when a cached result was counted; None for one counted now.
    """

    value: T
    counted_at: datetime | None = None


class CountCache:
    """Counts, and caches the results of slow counts."""

    def __init__(self, tasks: Tasks, seconds: Callable[[], float] = time.time) -> None:
        """Make an empty cache.

        Args:
            tasks: where counts run.
            seconds: gives the present moment, in seconds since 1970.
        """
        self._tasks = tasks
        self._seconds = seconds
        # Oldest first.
        self._cached: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._counting: dict[Hashable, asyncio.Task[Any]] = {}

    async def find(
        self, key: Hashable, count: Callable[[], Awaitable[T]], patience: float | None
    ) -> Counted[T] | None:
        """The count of a key: cached, under way or new.

        Args:
            key: what is counted, and of which organization.
            count: counts it. Goes on after `patience` has passed, for the next caller.
            patience: seconds to wait at most; None waits to the end.

        Returns:
            The count; None if it takes longer.

        Raises:
            StorageUnavailable: the server stops.
        """
        self._evict()
        if key in self._cached:
            counted_at, value = self._cached[key]
            return Counted(value, datetime.fromtimestamp(counted_at, UTC))
        task = self._counting.get(key)
        if task is None:
            task = self._counting[key] = self._tasks.begin(self._count(key, count))
            task.add_done_callback(lambda done: self._end(key, done))
        done, _ = await asyncio.wait({task}, timeout=patience)
        if task.cancelled():
            raise StorageUnavailable("the server stops")
        return Counted(task.result()) if done else None

    async def _count(self, key: Hashable, count: Callable[[], Awaitable[T]]) -> T:
        began = time.perf_counter()
        value = await count()
        if time.perf_counter() - began > _QUICK_SECONDS:
            self._cached[key] = (self._seconds(), value)
        return value

    def _end(self, key: Hashable, done: asyncio.Task[Any]) -> None:
        del self._counting[key]
        # Callers that waited got the error; without any, asyncio would report it as never retrieved.
        if not done.cancelled():
            done.exception()

    def _evict(self) -> None:
        """Evict entries that are too old, and the oldest beyond `MAX_CACHED`."""
        oldest = self._seconds() - CACHED_SECONDS
        while self._cached:
            key, (counted_at, _) = next(iter(self._cached.items()))
            if counted_at > oldest and len(self._cached) <= MAX_CACHED:
                return
            del self._cached[key]
