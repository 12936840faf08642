"""Sends deliveries as the faults of their organization have it, and logs what was sent."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from icefloe.control.webhooks.delivery_log import Sent
from icefloe.control.webhooks.kinds import Attempt
from icefloe.control.webhooks.state import HeldBack
from icefloe.control.worlds import WorldClock
from icefloe.delivery.courier import Courier
from icefloe.delivery.messages import make_message
from icefloe.domain.values.clock import Clock, utc_now
from icefloe.domain.values.errors import NotFound, StorageUnavailable
from icefloe.domain.webhooks.deliveries import WebhookDeliveries

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from uuid import UUID

    from icefloe.control.webhooks.kinds import Kind
    from icefloe.control.webhooks.state import WebhookState
    from icefloe.control.worlds import Worlds
    from icefloe.delivery.sender import Message, Sender
    from icefloe.domain.ports import storage
    from icefloe.domain.values.webhooks import (
        Attempted,
        Outcome,
        WebhookEndpoint,
        WebhookEvent,
    )
    from icefloe.log import Log
    from icefloe.services import Services

    Redeliver = Callable[[UUID, UUID], Awaitable[object]]

# Seconds that a message which is held back waits for another one to go before it.
_HELD_BACK_SECONDS = 1.0


class TreatedSender:
    """A sender around another one, which is the network."""

    def __init__(self, sender: Sender, worlds: Worlds) -> None:
        """Make it.

        Args:
            sender: sends messages.
            worlds: the faults of each organization, and its log.
        """
        self._sender = sender
        self._worlds = worlds
        # What was sent, by event, until its outcome is recorded.
        self._sent: dict[UUID, list[Sent]] = {}
        self._releasing: set[asyncio.Task[None]] = set()

    async def send(
        self,
        endpoint: WebhookEndpoint,
        event: WebhookEvent,
        message: Message,  # noqa: ARG002 - it is signed anew
    ) -> Outcome:
        """Send a message, or let it go wrong, and say what became of it."""
        state = self._worlds.of(event.organization_id).webhooks
        taken, attempt = await _apply(state, endpoint, event)
        failure = taken[-1].fail() if taken else None
        if failure is not None and taken[-1].holds_back:
            state.held_back[endpoint.id] = HeldBack(event)
            return failure
        signed = make_message(attempt.endpoint, event, attempt.sent_at)
        names = [fault.kind for fault in taken]
        if event.id in state.released:
            state.released.discard(event.id)
            names.append("reorder")
        if failure is not None:
            outcomes = [failure]
        else:
            copies = max([fault.copies for fault in taken], default=1)
            outcomes = [await self._sender.send(endpoint, event, signed) for _ in range(copies)]
            if endpoint.id in state.held_back:
                state.held_back[endpoint.id].followed.set()
        outcomes = [_lose(outcome, taken) for outcome in outcomes]
        self._sent.setdefault(event.id, []).extend(
            self._describe(event, signed, names, outcome) for outcome in outcomes
        )
        return outcomes[0]

    async def close(self) -> None:
        """Close all connections. What is held back is attempted again by the next server."""
        for task in self._releasing:
            task.cancel()
        await asyncio.gather(*self._releasing, return_exceptions=True)
        await self._sender.close()

    def note_recorded(
        self,
        attempts: Sequence[Attempted],
        disabled: Sequence[WebhookEndpoint],
        redeliver: Redeliver,
    ) -> None:
        """Log what was sent: its outcome is recorded.

        Args:
            attempts: those that are recorded.
            disabled: the endpoints that this has disabled.
            redeliver: begins another cycle of attempts of an organization's event.
        """
        for attempted in attempts:
            event = attempted.event
            state = self._worlds.of(event.organization_id).webhooks
            for sent in self._sent.pop(event.id, ()):
                state.log.note(sent)
            held_back = state.held_back.get(event.endpoint_id)
            if held_back is not None and held_back.event.id == event.id:
                task = asyncio.create_task(_release(state, held_back, redeliver))
                self._releasing.add(task)
                task.add_done_callback(self._releasing.discard)
        for endpoint in disabled:
            faults = self._worlds.of(endpoint.organization_id).webhooks.faults
            for fault in faults.all():
                if fault.what.ends_with(endpoint):
                    faults.remove(fault.id)

    def _describe(
        self, event: WebhookEvent, message: Message, names: Sequence[str], outcome: Outcome
    ) -> Sent:
        return Sent(
            at=self._worlds.of(event.organization_id).clock.now(),
            endpoint_id=event.endpoint_id,
            event_id=event.id,
            type=event.type,
            attempt=event.attempts + 1,
            url=message.url,
            headers=message.headers,
            body=message.body,
            faults=tuple(names),
            outcome=outcome,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _OwnIds(Clock):
    """The organizations' times, with random ids: those of a seed are for requests, in their order.

    Attributes:
        times: the organizations' clocks.
    """

    times: Clock

    def of(self, organization_id: UUID) -> Clock:
        """The clock of an organization."""
        return Clock(now=self.times.of(organization_id).now)


class WatchedDeliveries(WebhookDeliveries):
    """The rules of deliveries, which tell the sender what is recorded.

    A test that has waited for a delivery finds it in the API as well, and may have it sent again.
    """

    def __init__(self, store: storage.Storage, clock: Clock, sender: TreatedSender) -> None:
        super().__init__(store, _OwnIds(times=clock))
        self._sender = sender

    async def record(self, attempts: Sequence[Attempted]) -> list[WebhookEndpoint]:
        """Store what became of attempts."""
        disabled = await super().record(attempts)
        self._sender.note_recorded(attempts, disabled, self.redeliver)
        return disabled


def make_courier(services: Services, sender: Sender, log: Log) -> Courier:
    """A courier whose deliveries go through the faults of their organizations.

    Args:
        services: over a WorldClock.
        sender: sends messages.
        log: where the courier notes failures.
    """
    clock = services.clock
    assert isinstance(clock, WorldClock)  # noqa: S101 - made by the same settings
    treated = TreatedSender(sender, clock.worlds)
    deliveries = WatchedDeliveries(services.storage, clock, treated)
    return Courier(deliveries, services.state_changes, clock, log, treated)


async def _apply(
    state: WebhookState, endpoint: WebhookEndpoint, event: WebhookEvent
) -> tuple[list[Kind], Attempt]:
    """The faults that apply to an attempt, and the attempt as they change it."""
    attempt = Attempt(
        endpoint,
        event,
        # A handler compares it with its machine's clock, whatever the organization's shows.
        sent_at=utc_now(),
        # One message of an endpoint is held back at a time, and each once.
        may_be_held_back=endpoint.id not in state.held_back and event.id not in state.released,
    )
    taken = [fault.what for fault in state.faults.take(attempt)]
    for fault in taken:
        await fault.wait()
        attempt = fault.change(attempt)
    return taken, attempt


async def _release(state: WebhookState, held_back: HeldBack, redeliver: Redeliver) -> None:
    """Have a message sent after another one, or after a second."""
    event = held_back.event
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(held_back.followed.wait(), _HELD_BACK_SECONDS)
    state.released.add(event.id)
    try:
        await redeliver(event.organization_id, event.id)
    except (StorageUnavailable, NotFound):
        # It has gone with its organization; or else it is a retry as any other.
        state.released.discard(event.id)
    finally:
        del state.held_back[event.endpoint_id]


def _lose(outcome: Outcome, taken: Sequence[Kind]) -> Outcome:
    for fault in taken:
        outcome = fault.lose(outcome)
    return outcome
