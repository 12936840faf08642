"""Work that goes on beside the requests until the server stops: once, or again and again."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from icefloe.domain.values.errors import StorageUnavailable
from icefloe.log import Log

# Work that keeps failing fills the log no faster than this.
_MAX_PAUSE_SECONDS = 60.0

T = TypeVar("T")
Work = Callable[[], Awaitable[None]]


class Tasks:
    """Work that each begins with a request, and goes on beside it until the server stops."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run work as a task."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def stop(self) -> None:
        """Cancel all tasks, and wait until they have ended. Raises nothing."""
        tasks = [*self._running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Background:
    """Runs work on the event loop. What fails is logged and tried again; nothing ends but by `stop`.

    A database that is busy or away is no failure: the next round does it. The requests say so already.
    """

    def __init__(self, log: Log, stopping: asyncio.Event) -> None:
        """Begin without any work.

        Args:
            log: where failures are noted.
            stopping: set when everything must end.
        """
        self._log = log
        self._stopping = stopping
        self._tasks: list[asyncio.Task[None]] = []

    def every(self, seconds: float, work: Work, name: str, *, at_end: bool = False) -> None:
        """Run work every so many seconds; while it fails, ever more rarely, down to once a minute.

        Args:
            seconds: the pause before each round.
            work: one round of it.
            name: what the log calls it.
            at_end: whether there is a last round when everything ends.
        """
        self._tasks.append(asyncio.create_task(self._repeat(seconds, work, name, at_end=at_end)))

    async def stop(self) -> None:
        """End all work, once its round is over. Raises nothing."""
        self._stopping.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _repeat(self, seconds: float, work: Work, name: str, *, at_end: bool) -> None:
        pause = seconds
        while not await self._is_stopping_within(pause):
            if await self._attempt(work, name):
                pause = seconds
            else:
                pause = min(2 * pause, max(seconds, _MAX_PAUSE_SECONDS))
        if at_end:
            await self._attempt(work, name)

    async def _attempt(self, work: Work, name: str) -> bool:
        """Run a round; whether it did not fail."""
        try:
            with contextlib.suppress(StorageUnavailable):
                await work()
        except Exception as error:  # noqa: BLE001 - whatever it is: logged, and the next round comes
            self._log.failure("background work failed", error, work=name)
            return False
        return True

    async def _is_stopping_within(self, seconds: float) -> bool:
        """Wait for so long, or until everything must end; whether it must."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()
