"""The courier: takes what is queued for webhook endpoints from the database, and has it sent.

It looks for what is due when this process has queued something, when a retry falls due, and a few times
a second for what other processes queued. Each endpoint with something due gets a lane (`lanes.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.delivery.lanes import ActiveLane, Depot
from icefloe.delivery.recorder import Recorder
from icefloe.domain.values.errors import StorageUnavailable

if TYPE_CHECKING:
    from datetime import datetime

    from icefloe.delivery.sender import Sender
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.webhooks import Lane
    from icefloe.domain.webhooks.deliveries import WebhookDeliveries
    from icefloe.domain.webhooks.state_changes import StateChanges
    from icefloe.log import Log

# How many endpoints are delivered to at once.
_MOST_LANES = 64
# Seconds between two glances at the database's version and at the organizations' clocks.
_GLANCE_SECONDS = 0.1
# Seconds between two looks, so that a thousand commits a second do not cause a thousand.
_LOOK_SECONDS = 0.02
_IDLE_LOOK_SECONDS = 0.01
# Seconds without a commit after which it looks again: the lease of a worker that was killed expires
# without one.
_UNCHANGED_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
# Seconds that the last outcomes and the leases may take when everything ends.
_END_SECONDS = 2.0

_Key = tuple[UUID, UUID]


class Courier:
    """Delivers what is queued, from `start` to `stop`; belongs to one event loop."""

    def __init__(
        self,
        deliveries: WebhookDeliveries,
        state_changes: StateChanges,
        clock: Clock,
        log: Log,
        sender: Sender,
    ) -> None:
        """Make it; nothing is delivered yet.

        Args:
            deliveries: the rules, over the database.
            state_changes: what endpoints are told of a while after it happened.
            clock: the organizations' times, which say when retries are due.
            log: where failures are noted, and endpoints that are disabled.
            sender: sends messages; closed in the end.
        """
        self._deliveries = deliveries
        self._state_changes = state_changes
        self._clock = clock
        self._log = log
        self._recorder = Recorder(deliveries, log)
        self._depot = Depot(deliveries, clock, log, sender, self._recorder, uuid.uuid4())
        self._task: asyncio.Task[None] | None = None
        self._lanes: dict[_Key, ActiveLane] = {}
        self._running: dict[_Key, asyncio.Task[None]] = {}
        # Endpoints whose lane failed: when they may be tried again, and the pause after that.
        self._resting: dict[_Key, tuple[float, float]] = {}
        # When endpoints last had their turn: the longest ago comes first.
        self._turns: dict[_Key, float] = {}
        self._later: list[Lane] = []
        # When the next changed state is told of, by the organization.
        self._states: dict[UUID, datetime] = {}
        self._version: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._is_woken = False

    async def start(self) -> None:
        """Begin to deliver."""
        self._loop = asyncio.get_running_loop()
        self._deliveries.listen(self.wake)
        self._recorder.start()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End within some seconds: attempts under way are cut short, and made again another time."""
        lanes = list(self._lanes.values())
        self._loop = None
        for tasks in ([] if self._task is None else [self._task], list(self._running.values())):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._recorder.stop(_END_SECONDS)
        # A lease that is not given back expires.
        with contextlib.suppress(TimeoutError, StorageUnavailable):
            async with asyncio.timeout(_END_SECONDS):
                await asyncio.gather(*[lane.release() for lane in lanes])
        await self._depot.sender.close()

    def wake(self) -> None:
        """Look for what is due: something was queued, or a clock was changed. Safe on any thread."""
        loop = self._loop
        if not self._is_woken and loop is not None:
            self._is_woken = True
            with contextlib.suppress(RuntimeError):  # the loop was closed just now
                loop.call_soon_threadsafe(self._woken.set)

    async def settle(self, organization_id: UUID) -> None:
        """Tell of every state that has changed, and wait as `wait_idle` does. Raises the same."""
        while True:
            await self._state_changes.tell_all(organization_id)
            await self.wait_idle(organization_id)
            if organization_id not in await self._state_changes.find_next():
                return

    async def wait_idle(self, organization_id: UUID) -> None:
        """Wait until nothing of an organization is due by its clock, or under way.

        Raises:
            StorageUnavailable: the database is away.
        """
        while self._has_lane(organization_id) or await self._has_due(organization_id):
            self.wake()
            await asyncio.sleep(_IDLE_LOOK_SECONDS)

    def _has_lane(self, organization_id: UUID) -> bool:
        return any(lane.organization_id == organization_id for lane in self._lanes.values())

    async def _has_due(self, organization_id: UUID) -> bool:
        next_state = (await self._state_changes.find_next()).get(organization_id)
        if next_state is not None and self._state_changes.is_due(organization_id, next_state):
            return True
        return await self._deliveries.has_pending(organization_id) or any(
            lane.organization_id == organization_id and self._is_due(lane)
            for lane in await self._deliveries.find_lanes(None)
        )

    def _is_due(self, lane: Lane) -> bool:
        return lane.has_first or self._deliveries.is_retry_due(lane)

    async def _run(self) -> None:
        """Look for what is due again and again; a database that is away is waited for."""
        pause = _GLANCE_SECONDS
        while True:
            try:
                await self._look()
            except StorageUnavailable as error:
                if pause == _GLANCE_SECONDS:
                    self._log.event("webhooks wait for the database", reason=str(error))
            except Exception as error:  # noqa: BLE001 - whatever it is: logged, and the next look comes
                self._log.failure("webhooks wait", error)
            else:
                if pause > _GLANCE_SECONDS:
                    self._log.event("webhooks go on")
                pause = _GLANCE_SECONDS
                await self._wait()
                continue
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _look(self) -> None:
        """Queue what happened, find the endpoints where something is due, and begin to deliver there.

        Raises StorageUnavailable.
        """
        self._is_woken = False
        self._woken.clear()
        # A read of this turn of the loop may share a snapshot that is older than the wake.
        await asyncio.sleep(0)
        self._version = self._deliveries.find_version()
        self._states = await self._state_changes.tell_due()
        await self._deliveries.queue()
        lanes = {
            (lane.organization_id, lane.endpoint_id): lane
            for lane in await self._deliveries.find_lanes(self._depot.holder)
        }
        self._turns = {key: turn for key, turn in self._turns.items() if key in lanes}
        self._resting = {key: rest for key, rest in self._resting.items() if key in lanes}
        self._later = [
            lane
            for lane in lanes.values()
            if lane.retry_at is not None and not self._deliveries.is_retry_due(lane)
        ]
        waiting = 0
        for key in sorted(lanes, key=lambda key: self._turns.get(key, 0.0)):
            if self._is_due(lanes[key]) and not self._is_resting(key):
                waiting += not self._begin(key, lanes[key])
        for active in list(self._lanes.values())[:waiting]:
            active.must_yield = True

    def _begin(self, key: _Key, lane: Lane) -> bool:
        """Begin to deliver to an endpoint; False where too many others have their turn."""
        active = self._lanes.get(key)
        if active is None:
            if len(self._lanes) >= _MOST_LANES:
                return False
            active = self._lanes[key] = ActiveLane(lane, self._depot)
            self._running[key] = asyncio.create_task(self._deliver(key, active))
        active.begin(first=lane.has_first, retries=self._deliveries.is_retry_due(lane))
        return True

    async def _deliver(self, key: _Key, lane: ActiveLane) -> None:
        """Deliver to one endpoint."""
        try:
            await lane.run()
        except StorageUnavailable:
            self._rest(key)  # looking for what is due fails too, and says so
        except Exception as error:  # noqa: BLE001 - whatever it is: logged, and tried again later
            self._log.failure("webhooks of an endpoint wait", error, endpoint=str(key[1]))
            self._rest(key)
        else:
            self._resting.pop(key, None)
        finally:
            del self._lanes[key], self._running[key]
            self._turns[key] = time.monotonic()
            # Something may have been queued since the lane found nothing.
            self.wake()

    def _rest(self, key: _Key) -> None:
        """Leave an endpoint alone for a while, for longer each time."""
        _, pause = self._resting.get(key, (0.0, _GLANCE_SECONDS))
        self._resting[key] = (
            time.monotonic() + pause,
            min(2 * pause, _LONGEST_PAUSE_SECONDS),
        )

    def _is_resting(self, key: _Key) -> bool:
        return key in self._resting and time.monotonic() < self._resting[key][0]

    async def _wait(self) -> None:
        """Wait until there may be something due that no lane knows of."""
        await asyncio.sleep(_LOOK_SECONDS)
        look_again_at = time.monotonic() + _UNCHANGED_SECONDS
        while not self._woken.is_set() and time.monotonic() < look_again_at:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._seconds_to_next())
            if (
                any(self._deliveries.is_retry_due(lane) for lane in self._later)
                or any(self._state_changes.is_due(*each) for each in self._states.items())
                or any(not self._is_resting(key) for key in self._resting if key not in self._lanes)
                or self._deliveries.find_version() != self._version
            ):
                return

    def _seconds_to_next(self) -> float:
        """How long to wait: until something falls due, and no longer than until the next glance."""
        moments = [
            (lane.organization_id, lane.retry_at)
            for lane in self._later
            if lane.retry_at is not None
        ]
        due = [
            (moment - self._clock.of(organization_id).now()).total_seconds()
            for organization_id, moment in (*moments, *self._states.items())
        ]
        return max(_LOOK_SECONDS, min([_GLANCE_SECONDS, *due]))
