"""The outbox: each change writes its events, and queues them for endpoints, in its own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from icefloe.domain import states
from icefloe.domain.values.webhooks import WebhookEvent
from icefloe.domain.webhooks import payloads

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.events import Event
    from icefloe.domain.values.webhooks import WebhookEndpoint, WebhookEventType


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What endpoints are told, each in its own format.

    Attributes:
        type: what happened.
        organization_id: where.
        customer_id: the customer whom it concerns, if any.
        created_at: when.
        document: the wire document of what it happened to.
    """

    type: WebhookEventType
    organization_id: UUID
    customer_id: UUID | None
    created_at: datetime
    document: bytes


class Outbox:
    """Records what happened; `delivery` sends what it queued after the commit."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def record(self, tables: storage.Tables, events: Sequence[Event]) -> None:
        """Store events of one organization, and queue what they tell."""
        if await tables.events.add_all(events):
            await self.queue(tables, [notice for event in events for notice in notices_of(event)])

    async def queue(self, tables: storage.Tables, notices: Sequence[Notice]) -> None:
        """Queue notices of one organization, in their order, for each endpoint that wants them."""
        endpoints = await tables.webhook_endpoints.find_enabled(notices[0].organization_id)
        queued = list(self._make(endpoints, notices))
        if queued:
            await tables.webhook_events.add_all(queued)

    def _make(
        self, endpoints: Sequence[WebhookEndpoint], notices: Iterable[Notice]
    ) -> Iterator[WebhookEvent]:
        for notice in notices:
            for endpoint in endpoints:
                if notice.type in endpoint.events:
                    yield WebhookEvent(
                        id=self._clock.of(notice.organization_id).new_id(),
                        organization_id=notice.organization_id,
                        endpoint_id=endpoint.id,
                        customer_id=notice.customer_id,
                        type=notice.type,
                        created_at=notice.created_at,
                        payload=payloads.render(
                            endpoint.format, notice.type, notice.created_at, notice.document
                        ),
                        due_at=notice.created_at,
                    )


def notices_of(event: Event) -> Iterator[Notice]:
    """What an event tells: itself, and after a customer's the customer's state."""
    yield _notice(event, event.type, event.document)
    if event.type.startswith("customer."):
        yield _notice(event, "customer.state_changed", states.render(event.document))


def _notice(event: Event, kind: WebhookEventType, document: bytes) -> Notice:
    return Notice(
        type=kind,
        organization_id=event.organization_id,
        customer_id=event.customer_id,
        created_at=event.created_at,
        document=document,
    )
