"""The log of an organization's last deliveries, and waiting for the next."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from icefloe.control.bounded_log import BoundedLog
from icefloe.domain.values.webhooks import Outcome, WebhookEventType


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was sent, or would have been without a fault.

    Attributes:
        at: when, by the organization's clock.
        endpoint_id: where it went.
        event_id: what it told.
        type: of the event.
        attempt: which attempt of the event's it was, from 1.
        url: of the endpoint.
        headers: names in lower case, and values.
        body: all of it.
        faults: the kinds of the faults that had a part in it.
        outcome: what became of it.
    """

    at: datetime
    endpoint_id: UUID
    event_id: UUID
    type: WebhookEventType
    attempt: int
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    faults: tuple[str, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Delivery:
    """An entry of the log.

    Attributes:
        number: counts an organization's deliveries from 1.
        sent: what was sent.
    """

    number: int
    sent: Sent

    @property
    def weight(self) -> int:
        """About how many bytes it takes."""
        sent = self.sent
        headers = sum(len(name) + len(value) for name, value in sent.headers)
        return len(sent.url) + headers + len(sent.body) + len(sent.outcome.response or "")


class DeliveryLog(BoundedLog[Delivery]):
    """The last deliveries of an organization, oldest first."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = asyncio.Event()

    def note(self, sent: Sent) -> None:
        """Log a message, and wake those that wait for one."""
        self.append(lambda number: Delivery(number, sent))
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, kind: str | None, after: int, seconds: float) -> Delivery | None:
        """The first delivery with a higher number, of a type of event or of any; None if none comes.

        Args:
            kind: the type.
            after: the number.
            seconds: how long to wait for one, in real time.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while (found := self._find_first(kind, after)) is None:
                    await self._changed.wait()
                return found
        return None

    def _find_first(self, kind: str | None, after: int) -> Delivery | None:
        fitting = (
            entry
            for entry in self._entries
            if entry.number > after and kind in {None, entry.sent.type}
        )
        return next(fitting, None)
