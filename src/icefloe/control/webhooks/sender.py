"""Sends deliveries as the faults of their organization have it, and logs what was sent.

A message is logged when its outcome is recorded: a test that has waited for it finds it in the API as
well, and may have it sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from icefloe.control.webhooks.delivery_log import Sent
from icefloe.control.webhooks.kinds import Attempt
from icefloe.delivery.messages import make_message
from icefloe.domain.values.clock import utc_now
from icefloe.domain.values.errors import NotFound, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from uuid import UUID

    from icefloe.control.worlds import Worlds
    from icefloe.delivery.sender import Message, Sender
    from icefloe.domain.values.webhooks import Attempted, Outcome, WebhookEndpoint, WebhookEvent

    Redeliver = Callable[[UUID, UUID], Awaitable[None]]

# Seconds that a message which is held back waits for another one to go before it.
_HELD_BACK_SECONDS = 1.0


@dataclass(slots=True)
class _Held:
    """A message that is held back until another one was sent to its endpoint.

    Attributes:
        event: what it tells.
        followed: set when another message was sent.
    """

    event: WebhookEvent
    followed: asyncio.Event = field(default_factory=asyncio.Event)


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
        self._held: dict[UUID, _Held] = {}  # by endpoint
        self._released: set[UUID] = set()  # events that were held back
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(
        self,
        endpoint: WebhookEndpoint,
        event: WebhookEvent,
        message: Message,  # noqa: ARG002 - it is signed anew
    ) -> Outcome:
        """Send a message, or let it go wrong, and say what became of it."""
        world = self._worlds.of(event.organization_id)
        # Handlers compare the time with the machine's clock, whatever the organization's shows.
        attempt = Attempt(endpoint, event, utc_now(), may_hold=self._may_hold(endpoint, event))
        taken = [fault.what for fault in world.delivery_faults.take(attempt)]
        for fault in taken:
            await fault.wait()
            attempt = fault.change(attempt)
        signed = make_message(attempt.endpoint, event, attempt.sent_at)
        names = [fault.kind for fault in taken]
        if event.id in self._released:
            self._released.discard(event.id)
            names.append("reorder")

        def note(outcome: Outcome) -> Outcome:
            sent = Sent(
                at=world.clock.now(),
                endpoint_id=endpoint.id,
                event_id=event.id,
                type=event.type,
                attempt=event.attempts + 1,
                url=endpoint.url,
                headers=signed.headers,
                body=signed.body,
                faults=tuple(names),
                outcome=outcome,
            )
            self._sent.setdefault(event.id, []).append(sent)
            return outcome

        failure = taken[-1].fail() if taken else None
        if failure is not None:
            if not taken[-1].holds_back:
                return note(failure)
            self._held[endpoint.id] = _Held(event)
            return failure
        copies = max([fault.copies for fault in taken], default=1)
        outcomes = [await self._sender.send(endpoint, event, signed) for _ in range(copies)]
        held = self._held.get(endpoint.id)
        if held is not None:
            held.followed.set()
        return [note(_lose(outcome, taken)) for outcome in outcomes][0]

    async def close(self) -> None:
        """Close all connections; what is held back is attempted when the server runs again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sender.close()

    def note_recorded(self, attempts: Sequence[Attempted], redeliver: Redeliver) -> None:
        """Log what was sent, as its outcome is recorded.

        Args:
            attempts: those that are recorded.
            redeliver: begins another cycle of attempts of an organization's event.
        """
        for attempted in attempts:
            event = attempted.event
            for sent in self._sent.pop(event.id, ()):
                self._worlds.of(event.organization_id).deliveries.note(sent)
            held = self._held.get(event.endpoint_id)
            if held is not None and held.event.id == event.id:
                task = asyncio.create_task(self._release(held, redeliver))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def is_holding(self, organization_id: UUID) -> bool:
        """Whether a message of an organization is held back."""
        return any(held.event.organization_id == organization_id for held in self._held.values())

    def _may_hold(self, endpoint: WebhookEndpoint, event: WebhookEvent) -> bool:
        """Whether a message may be held back: one at a time, and each once."""
        return endpoint.id not in self._held and event.id not in self._released

    async def _release(self, held: _Held, redeliver: Redeliver) -> None:
        """Send a message after another one, or after a second."""
        event = held.event
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(held.followed.wait(), _HELD_BACK_SECONDS)
        self._released.add(event.id)
        # Else it is attempted again later; unless it has gone with its organization.
        with contextlib.suppress(StorageUnavailable, NotFound):
            await redeliver(event.organization_id, event.id)
        del self._held[event.endpoint_id]


def _lose(outcome: Outcome, taken: Sequence[Any]) -> Outcome:
    for fault in taken:
        outcome = fault.lose(outcome)
    return outcome
