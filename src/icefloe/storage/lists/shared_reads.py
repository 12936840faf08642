"""Single flight: of several callers that need the same slow query, one runs it for all."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from icefloe.storage.transaction import TakesLong

T = TypeVar("T")


class SharedReads:
    """Runs reads, and repeats those that take long elsewhere; belongs to one event loop at a time."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}

    async def run(
        self, at_once: Callable[[], Awaitable[T]], patiently: Callable[[], Awaitable[T]]
    ) -> T:
        """The result of `at_once`; if that raises TakesLong, of `patiently`.

        While another caller runs `patiently` for the same key, wait for it, then try `at_once` again:
        its result is cached by then.
        """
        while True:
            try:
                return await at_once()
            except TakesLong as long:
                key = long.key
            if key is None:
                return await patiently()
            other = self._under_way.get(key)
            if other is None:
                return await self._lead(key, patiently)
            # Its outcome belongs to the caller that leads; what it has cached serves all.
            await asyncio.wait({other})

    async def stop(self) -> None:
        """Cancel the reads that go on though their callers were cancelled, and wait for their end."""
        tasks = [*self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _lead(self, key: Hashable, patiently: Callable[[], Awaitable[T]]) -> T:
        async def work() -> T:
            return await patiently()

        task = asyncio.ensure_future(work())
        self._under_way[key] = task
        task.add_done_callback(lambda ended: self._end(key, ended))
        # Shielded: the caller may be cancelled while others wait for the result.
        return await asyncio.shield(task)

    def _end(self, key: Hashable, ended: asyncio.Task[Any]) -> None:
        self._under_way.pop(key, None)
        if not ended.cancelled():
            ended.exception()  # retrieved: asyncio would log it if the caller was cancelled
