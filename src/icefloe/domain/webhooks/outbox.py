"""The outbox: each change writes its events, and queues them for endpoints, in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from icefloe.domain.values.webhooks import WebhookEvent
from icefloe.domain.webhooks import payloads

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.events import Event
    from icefloe.domain.values.webhooks import WebhookEndpoint, WebhookEventType


class Outbox:
    """Records what happened; `delivery` sends what it queued after the commit."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def record(self, tables: storage.Tables, events: Sequence[Event]) -> None:
        """Store events of one organization, and queue what they tell for endpoints that want it."""
        await tables.events.add_all(events)
        organization_id = events[0].organization_id
        endpoints = await tables.webhook_endpoints.find_enabled(organization_id)
        queued = [
            self._make(endpoint, event, kind, document)
            for event in events
            for kind, document in payloads.find_told(event)
            for endpoint in endpoints
            if kind in endpoint.events
        ]
        if queued:
            await tables.webhook_events.add_all(queued)

    def _make(
        self, endpoint: WebhookEndpoint, event: Event, kind: WebhookEventType, document: bytes
    ) -> WebhookEvent:
        return WebhookEvent(
            id=self._clock.of(event.organization_id).new_id(),
            organization_id=event.organization_id,
            endpoint_id=endpoint.id,
            customer_id=event.customer_id,
            type=kind,
            created_at=event.created_at,
            payload=payloads.render(endpoint.format, kind, event.created_at, document),
            due_at=event.created_at,
        )
