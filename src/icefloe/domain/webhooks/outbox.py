"""The outbox: each change writes its events, and queues them for endpoints, in its own transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        """Store events of one organization, and queue what they tell for endpoints that want it."""
        if not await tables.events.add_all(events):
            return
        notices = [notice for event in events for notice in notices_of(event)]
        organization_id = events[0].organization_id
        endpoints = await tables.webhook_endpoints.find_enabled(organization_id)
        name = await _find_name(tables, organization_id, endpoints)
        queued = [
            self._make(endpoint, notice, name)
            for notice in notices
            for endpoint in endpoints
            if notice.type in endpoint.events
        ]
        if queued:
            await tables.webhook_events.add_all(queued)

    def _make(
        self, endpoint: WebhookEndpoint, notice: Notice, organization_name: str
    ) -> WebhookEvent:
        return WebhookEvent(
            id=self._clock.of(notice.organization_id).new_id(),
            organization_id=notice.organization_id,
            endpoint_id=endpoint.id,
            customer_id=notice.customer_id,
            type=notice.type,
            created_at=notice.created_at,
            payload=payloads.render(
                endpoint.format,
                notice.type,
                notice.created_at,
                notice.document,
                api_version=endpoint.api_version,
                organization_name=organization_name,
            ),
            api_version=endpoint.api_version,
            due_at=notice.created_at,
        )


async def _find_name(
    tables: storage.Tables, organization_id: UUID, endpoints: Sequence[WebhookEndpoint]
) -> str:
    """The organization's name, looked up only for endpoints whose format shows it."""
    if all(endpoint.format == "raw" for endpoint in endpoints):
        return ""
    organization = await tables.organizations.find(organization_id)
    return "" if organization is None else organization.name


def notices_of(event: Event) -> Iterator[Notice]:
    """What an event tells: itself, and after a customer's the customer's state; nothing if silent."""
    if event.is_silent:
        return
    if event.type != "customer.state_changed":
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
