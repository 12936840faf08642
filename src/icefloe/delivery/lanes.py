"""One endpoint's deliveries: first attempts strictly in order, retries beside them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.delivery import messages
from icefloe.domain.values.errors import StorageUnavailable
from icefloe.domain.values.webhooks import Attempted, Outcome
from icefloe.domain.webhooks.deliveries import LEASE

if TYPE_CHECKING:
    from icefloe.delivery.recorder import Recorder
    from icefloe.delivery.sender import Sender
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.webhooks import Lane, WebhookEndpoint, WebhookEvent
    from icefloe.domain.webhooks.deliveries import WebhookDeliveries
    from icefloe.log import Log

# How many events are read at once: each has a body of some kilobytes.
_FIRST_AT_ONCE = 100
# How many retries run at once, at an endpoint that may be failing for all of them.
_RETRIES_AT_ONCE = 4
# Seconds after which what was read is read again: its endpoint may have been changed or disabled.
_FRESH_SECONDS = 0.25
# Seconds before what another task is attempting is looked at again.
_PAUSE_SECONDS = 0.1
_RENEW_SECONDS = LEASE.total_seconds() / 3


@dataclass(frozen=True, slots=True)
class Depot:
    """What every lane needs.

    Attributes:
        deliveries: the rules, over the database.
        clock: the organizations' times.
        log: where failures are noted.
        sender: sends messages.
        recorder: records outcomes.
        holder: this courier, as leases name it.
    """

    deliveries: WebhookDeliveries
    clock: Clock
    log: Log
    sender: Sender
    recorder: Recorder
    holder: UUID


class ActiveLane:
    """Delivers to one endpoint while something is due there and the lease is held.

    Attributes:
        organization_id: whose endpoint it is.
        must_yield: whether to end after the present attempt, as other endpoints wait for their turn.
    """

    def __init__(self, lane: Lane, depot: Depot) -> None:
        self.organization_id = lane.organization_id
        self.must_yield = False
        self._endpoint_id = lane.endpoint_id
        self._depot = depot
        self._leased_until = 0.0
        self._has_first = self._has_retries = False
        self._first: asyncio.Task[None] | None = None
        self._retries: asyncio.Task[None] | None = None

    def begin(self, *, first: bool, retries: bool) -> None:
        """Begin to attempt what has become due, unless that is being done.

        Args:
            first: whether first attempts are due.
            retries: whether retries are due.
        """
        self._has_first |= first
        self._has_retries |= retries
        if self._is_held:
            self._begin()

    async def run(self) -> None:
        """Deliver until nothing is due or the lease is lost. Raises StorageUnavailable."""
        try:
            if await self._renew():
                self._begin()
                await self._work()
                await self.release()
        finally:
            await self._cut_short()

    async def release(self) -> None:
        """Give the lease back. Raises StorageUnavailable."""
        self._leased_until = 0.0
        await self._depot.deliveries.release(
            self.organization_id, self._endpoint_id, self._depot.holder
        )

    @property
    def _is_held(self) -> bool:
        """Whether the lease is held for certain: this process may have been stopped for a while."""
        return time.monotonic() < self._leased_until

    async def _renew(self) -> bool:
        """Take or renew the lease; False where another worker has it."""
        asked_at = time.monotonic()
        is_held = await self._depot.deliveries.lease(
            self.organization_id, self._endpoint_id, self._depot.holder
        )
        self._leased_until = asked_at + LEASE.total_seconds() if is_held else 0.0
        return is_held

    async def _renew_in_time(self) -> bool:
        """Renew the lease; False where it is lost. A database that is busy now has until it expires."""
        try:
            return await self._renew()
        except StorageUnavailable:
            if self._is_held:
                return True
            raise

    def _begin(self) -> None:
        if self._has_first and self._first is None:
            self._first = asyncio.create_task(self._attempt_first())
        if self._has_retries and self._retries is None:
            self._retries = asyncio.create_task(self._attempt_retries())
        self._has_first = self._has_retries = False

    async def _work(self) -> None:
        """Wait for the two tasks, and renew the lease meanwhile."""
        renew_at = time.monotonic() + _RENEW_SECONDS
        while tasks := {task for task in (self._first, self._retries) if task is not None}:
            pause = max(0.0, renew_at - time.monotonic())
            done, _ = await asyncio.wait(tasks, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            if self._first in done:
                self._first = None
            if self._retries in done:
                self._retries = None
            for task in done:
                task.result()
            if time.monotonic() >= renew_at:
                renew_at = time.monotonic() + _RENEW_SECONDS
                if not await self._renew_in_time():
                    return

    async def _cut_short(self) -> None:
        tasks = [task for task in (self._first, self._retries) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _attempt_first(self) -> None:
        """Make first attempts, one after another in the order of the events, while there are any."""
        while self._is_held:
            found = await self._find(first=_FIRST_AT_ONCE)
            if not found:
                return
            await self._attempt_in_order(found)
            if self.must_yield:
                return

    async def _attempt_in_order(self, found: list[tuple[WebhookEndpoint, WebhookEvent]]) -> None:
        """Attempt what was read while it is fresh, at least one; returns when all is recorded."""
        fresh_until = time.monotonic() + _FRESH_SECONDS
        recorded = []
        for endpoint, event in found:
            if event.id in self._depot.recorder.under_way:
                # It is redelivered while a retry of it is under way.
                await asyncio.sleep(_PAUSE_SECONDS)
                break
            recorded.append(await self._attempt(endpoint, event))
            if time.monotonic() > fresh_until or self.must_yield or not self._is_held:
                break
        self._depot.recorder.hurry()
        await asyncio.gather(*recorded)

    async def _attempt_retries(self) -> None:
        """Make retries, some at once, while any are due."""
        running: set[asyncio.Task[None]] = set()
        try:
            while self._is_held:
                # Those under way are found again.
                found = await self._find(retries=2 * _RETRIES_AT_ONCE)
                under_way = self._depot.recorder.under_way
                due = [each for each in found if each[1].id not in under_way]
                for endpoint, event in due[: _RETRIES_AT_ONCE - len(running)]:
                    running.add(asyncio.create_task(self._attempt_once(endpoint, event)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                if self.must_yield:
                    return
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _find(
        self, *, first: int = 0, retries: int = 0
    ) -> list[tuple[WebhookEndpoint, WebhookEvent]]:
        queued = await self._depot.deliveries.find_queued(
            self.organization_id, self._endpoint_id, first=first, retries=retries
        )
        if queued is None:
            return []
        if queued.endpoint.deleted_at is None and not queued.endpoint.enabled:
            # Queued by a change that began before the endpoint was disabled.
            await self._depot.deliveries.skip(self.organization_id, self._endpoint_id)
            return []
        return [(queued.endpoint, event) for event in (*queued.first, *queued.retries)]

    async def _attempt_once(self, endpoint: WebhookEndpoint, event: WebhookEvent) -> None:
        """Attempt an event; returns when the outcome is recorded."""
        await (await self._attempt(endpoint, event))

    async def _attempt(
        self, endpoint: WebhookEndpoint, event: WebhookEvent
    ) -> asyncio.Future[None]:
        """Attempt an event; the result is done when the outcome is recorded."""
        recorder = self._depot.recorder
        recorder.under_way.add(event.id)
        try:
            outcome = await self._send(endpoint, event)
        except BaseException:
            recorder.under_way.discard(event.id)
            raise
        return recorder.add(Attempted(event, outcome))

    async def _send(self, endpoint: WebhookEndpoint, event: WebhookEvent) -> Outcome:
        now = self._depot.clock.of(self.organization_id).now()
        began = time.perf_counter()
        try:
            message = messages.make_message(endpoint, event, now)
            return await self._depot.sender.send(endpoint, event, message)
        except Exception as error:  # noqa: BLE001 - ours, but it must not hold up the endpoint's queue
            self._depot.log.failure("webhook not sent", error, endpoint=str(self._endpoint_id))
            duration = timedelta(seconds=time.perf_counter() - began)
            return Outcome(succeeded=False, http_code=None, response=None, duration=duration)
