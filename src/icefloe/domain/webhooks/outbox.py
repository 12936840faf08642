"""The outbox: each change stores its events in its own transaction; webhooks are queued from there."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain import states
from icefloe.domain.values.webhooks import WebhookEvent
from icefloe.domain.webhooks import payloads

if TYPE_CHECKING:
    from datetime import datetime

    from icefloe.domain.ports import storage
    from icefloe.domain.values.events import Event, StoredEvent
    from icefloe.domain.values.webhooks import WebhookEndpoint, WebhookEventType

# How many events one transaction queues: on SQLite it holds up other writers for some 50 ms.
_MOST_AT_ONCE = 500


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
    """Records what happened, and queues it for endpoints, to which `delivery` sends it.

    A change only stores its events, which are pending then: it must not wait for the work that
    endpoints cause. `queue` does that work later, for many changes in one transaction.
    """

    async def record(self, tables: storage.Tables, events: Sequence[Event]) -> None:
        """Store events of one organization, at least one."""
        await tables.events.add_all(events)

    async def queue(self, tables: storage.Tables, organization_id: UUID | None = None) -> bool:
        """Queue some of the pending events for the endpoints that want them, in their order.

        Args:
            tables: of a transaction.
            organization_id: whose events; None for all organizations.

        Returns:
            Whether there may be more.
        """
        pending = await tables.events.lock_pending(_MOST_AT_ONCE, organization_id)
        for owner, events in itertools.groupby(pending, lambda one: one.event.organization_id):
            await self._queue(tables, owner, list(events))
        return len(pending) == _MOST_AT_ONCE

    async def queue_all(self, store: storage.Storage, organization_id: UUID | None = None) -> None:
        """Queue what is pending now, of an organization or of all, some in each transaction."""
        if await store.read(lambda tables: tables.events.has_pending(organization_id)):
            while await store.write(lambda tables: self.queue(tables, organization_id)):
                pass

    async def _queue(
        self, tables: storage.Tables, organization_id: UUID, events: Sequence[StoredEvent]
    ) -> None:
        endpoints = await tables.webhook_endpoints.find_enabled(organization_id)
        name = await _find_name(tables, organization_id, endpoints)
        queued = [
            _make(endpoint, notice, name, stored.sequence)
            for stored in events
            for notice in notices_of(stored.event)
            for endpoint in endpoints
            if notice.type in endpoint.events
        ]
        if queued:
            await tables.webhook_events.add_all(queued)
        await tables.events.note_told(events)


def _make(
    endpoint: WebhookEndpoint, notice: Notice, organization_name: str, sequence: int
) -> WebhookEvent:
    return WebhookEvent(
        id=_make_id(endpoint, notice, sequence),
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


def _make_id(endpoint: WebhookEndpoint, notice: Notice, sequence: int) -> UUID:
    """The identifier of what is queued, in the form of a random one.

    It is no random one, which would change the identifiers that a seed gives to what follows. The
    document is part of it: a place in the order of events is given again once a snapshot is restored.
    """
    place = (
        f"{endpoint.organization_id} {endpoint.id} {sequence} {notice.type} {notice.created_at}\n"
    )
    digest = hashlib.sha256(place.encode() + notice.document).digest()
    return UUID(bytes=digest[:16], version=4)


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
    yield _notice(event, event.type, event.document)
    if event.type.startswith("customer.") and event.type != "customer.state_changed":
        yield _notice(event, "customer.state_changed", event.state or states.render(event.document))


def _notice(event: Event, kind: WebhookEventType, document: bytes) -> Notice:
    return Notice(
        type=kind,
        organization_id=event.organization_id,
        customer_id=event.customer_id,
        created_at=event.created_at,
        document=document,
    )
