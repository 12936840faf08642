"""Reads that several want and that take long: one of them finds it for all."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from icefloe.storage.transaction import TakesLong

T = TypeVar("T")


class SharedReads:
    """Runs reads at once, and those that take long elsewhere; belongs to one event loop at a time."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}

    async def run(
        self, at_once: Callable[[], Awaitable[T]], patiently: Callable[[], Awaitable[T]]
    ) -> T:
        """The result of `at_once`; where that raises TakesLong, of `patiently`.

        Whoever asks for what somebody else is waiting for waits for that, and then tries again: what
        was found is in memory by then.
        """
        while True:
            try:
                return await at_once()
            except TakesLong as told:
                key = told.key
            if key is None:
                return await patiently()
            other = self._under_way.get(key)
            if other is None:
                return await self._lead(key, patiently)
            # Its outcome is for whoever leads; what it has found, if anything, is for all.
            await asyncio.wait({other})

    async def _lead(self, key: Hashable, patiently: Callable[[], Awaitable[T]]) -> T:
        async def work() -> T:
            return await patiently()

        task = asyncio.ensure_future(work())
        self._under_way[key] = task
        task.add_done_callback(lambda ended: self._end(key, ended))
        # Shielded: who leads may go away, but others wait for what is found.
        return await asyncio.shield(task)

    def _end(self, key: Hashable, ended: asyncio.Task[Any]) -> None:
        self._under_way.pop(key, None)
        if not ended.cancelled():
            ended.exception()  # seen: asyncio would complain about it where who led has gone away
