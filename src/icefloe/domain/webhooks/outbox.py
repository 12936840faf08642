"""The outbox: each change writes its events, and queues them for endpoints, in its own transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain import states
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
        """Store events of one organization, and queue them for each endpoint that wants them.

        A customer's event is followed by the customer's state.
        """
        await tables.events.add_all(events)
        organization_id = events[0].organization_id
        endpoints = await tables.webhook_endpoints.find_enabled(organization_id)
        name = await _find_name(tables, organization_id, endpoints)
        queued = [
            self._make(endpoint, name, event, kind, document)
            for event in events
            for kind, document in _told(event)
            for endpoint in endpoints
            if kind in endpoint.events
        ]
        if queued:
            await tables.webhook_events.add_all(queued)

    def _make(
        self,
        endpoint: WebhookEndpoint,
        organization_name: str,
        event: Event,
        kind: WebhookEventType,
        document: bytes,
    ) -> WebhookEvent:
        return WebhookEvent(
            id=self._clock.of(event.organization_id).new_id(),
            organization_id=event.organization_id,
            endpoint_id=endpoint.id,
            customer_id=event.customer_id,
            type=kind,
            created_at=event.created_at,
            payload=payloads.render(
                endpoint.format,
                kind,
                event.created_at,
                document,
                api_version=endpoint.api_version,
                organization_name=organization_name,
            ),
            api_version=endpoint.api_version,
            due_at=event.created_at,
        )


async def _find_name(
    tables: storage.Tables, organization_id: UUID, endpoints: Sequence[WebhookEndpoint]
) -> str:
    """The organization's name, looked up only for endpoints whose format shows it."""
    if all(endpoint.format == "raw" for endpoint in endpoints):
        return ""
    organization = await tables.organizations.find(organization_id)
    return "" if organization is None else organization.name


def _told(event: Event) -> Iterator[tuple[WebhookEventType, bytes]]:
    """What endpoints are told of an event: the types and their data."""
    yield event.type, event.document
    if event.type.startswith("customer."):
        yield "customer.state_changed", states.render(event.document)
