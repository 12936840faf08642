"""Recording what became of attempts: all that ended within some milliseconds, in one transaction."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from icefloe.domain.values.errors import StorageUnavailable

if TYPE_CHECKING:
    from uuid import UUID

    from icefloe.domain.values.webhooks import Attempted
    from icefloe.domain.webhooks.deliveries import WebhookDeliveries
    from icefloe.log import Log

# Seconds for which outcomes gather: a commit costs as much as the attempts of a fast endpoint do.
_GATHER_SECONDS = 0.02
_MOST_AT_ONCE = 256
_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0


class Recorder:
    """Records outcomes, and knows the events that must not be attempted until theirs is recorded.

    Attributes:
        under_way: the events that are being attempted, or whose outcome is not recorded yet.
    """

    def __init__(self, deliveries: WebhookDeliveries, log: Log) -> None:
        self._deliveries = deliveries
        self._log = log
        self.under_way: set[UUID] = set()
        self._waiting: list[tuple[Attempted, asyncio.Future[None]]] = []
        self._added = asyncio.Event()
        self._hurried = asyncio.Event()
        self._is_ending = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to record."""
        self._is_ending = False
        self._task = asyncio.create_task(self._run())

    async def stop(self, seconds: float) -> None:
        """Record what has gathered, for so long at most, and end."""
        self._is_ending = True
        self._added.set()
        self._hurried.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=seconds)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def add(self, attempted: Attempted) -> asyncio.Future[None]:
        """Have an outcome recorded; the result is done when it is."""
        recorded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((attempted, recorded))
        self._added.set()
        if len(self._waiting) >= _MOST_AT_ONCE:
            self._hurried.set()
        return recorded

    def hurry(self) -> None:
        """Have what has gathered recorded now."""
        self._hurried.set()

    async def _run(self) -> None:
        """Record until everything ends; a database that is away is waited for."""
        while not self._is_ending:
            await self._added.wait()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurried.wait(), _GATHER_SECONDS)
            self._added.clear()
            self._hurried.clear()
            while self._waiting and await self._record_patiently(self._waiting[:_MOST_AT_ONCE]):
                pass

    async def _record_patiently(self, batch: list[tuple[Attempted, asyncio.Future[None]]]) -> bool:
        """Record some outcomes; False where everything ends and the database is away."""
        pause = _PAUSE_SECONDS
        while True:
            try:
                await self._record(batch)
            except StorageUnavailable:
                pass  # the courier says so, and what is recorded later is as good
            except Exception as error:  # noqa: BLE001 - whatever it is: logged, and tried again
                self._log.failure("webhook outcomes not recorded", error)
            else:
                return True
            if self._is_ending:
                return False
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _record(self, batch: list[tuple[Attempted, asyncio.Future[None]]]) -> None:
        disabled = await self._deliveries.record([attempted for attempted, _ in batch])
        del self._waiting[: len(batch)]
        for attempted, recorded in batch:
            self.under_way.discard(attempted.event.id)
            if not recorded.done():
                recorded.set_result(None)
        for endpoint in disabled:
            self._log.event(
                "webhook endpoint disabled",
                endpoint=str(endpoint.id),
                organization=str(endpoint.organization_id),
            )
