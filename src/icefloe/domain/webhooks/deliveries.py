"""Deliveries: what was attempted, what is attempted next, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.values import errors
from icefloe.domain.values.webhooks import (
    DeliveredEvent,
    DeliveryQuery,
    Lane,
    Queued,
    WebhookDelivery,
    WebhookEvent,
)
from icefloe.domain.webhooks import schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.webhooks import Attempted

LEASE = timedelta(seconds=30)
"""How long a worker may deliver to an endpoint before it must renew its lease."""

_JITTER_STEPS = 1_000_000


class WebhookDeliveries:
    """The rules of deliveries."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def find_page(
        self, organization_id: UUID, query: DeliveryQuery
    ) -> tuple[list[DeliveredEvent], int]:
        """A page of an organization's deliveries, newest first, and how many there are."""
        if query.matches_nothing:
            return [], 0
        return await self._store.read(
            lambda tables: tables.webhook_deliveries.find_page(organization_id, query)
        )

    async def redeliver(self, organization_id: UUID, event_id: UUID) -> WebhookEvent:
        """Begin another cycle of attempts, unless the event is archived; returns the event after that.

        One whose endpoint is disabled is skipped; one whose endpoint is deleted is sent, as in the
        reference.

        Raises:
            WebhookEventNotFound: there is none with that id.
        """

        async def work(tables: storage.Tables) -> WebhookEvent:
            event = await _get(tables, organization_id, event_id)
            now = self._clock.of(organization_id).now()
            await tables.webhook_events.queue(organization_id, event_id, now)
            endpoint = await tables.webhook_endpoints.find(organization_id, event.endpoint_id)
            if endpoint is not None and not endpoint.enabled:
                await tables.webhook_events.skip_all(organization_id, event.endpoint_id, now)
            return await _get(tables, organization_id, event_id)

        return await self._store.write(work)

    async def find_lanes(self, holder: UUID) -> list[Lane]:
        """The endpoints that a worker may deliver to now.

        Left out are those where nothing is due by their organization's clock, and those that another
        worker has leased.
        """
        lanes = await self._store.read(lambda tables: tables.webhook_events.find_lanes(holder))
        return [lane for lane in lanes if lane.has_first or self._is_due(lane)]

    async def find_queued(
        self, organization_id: UUID, endpoint_id: UUID, limit: int
    ) -> Queued | None:
        """What may be attempted at an endpoint now, `limit` of each kind; None if it is gone."""
        now = self._clock.of(organization_id).now()
        return await self._store.read(
            lambda tables: tables.webhook_events.find_queued(
                organization_id, endpoint_id, now, limit
            )
        )

    async def lease(self, organization_id: UUID, endpoint_id: UUID, holder: UUID) -> bool:
        """Take or renew the lease to deliver to an endpoint; False while another worker holds it."""
        return await self._store.write(
            lambda tables: tables.webhook_endpoints.lease(
                organization_id, endpoint_id, holder, LEASE
            )
        )

    async def release(self, organization_id: UUID, endpoint_id: UUID, holder: UUID) -> None:
        """Give a lease back."""
        await self._store.write(
            lambda tables: tables.webhook_endpoints.release(organization_id, endpoint_id, holder)
        )

    async def record(self, attempts: Sequence[Attempted]) -> None:
        """Store what became of attempts, in one transaction, and when the next of each is due.

        An endpoint at which `schedule.MAX_FAILURES` events in a row have failed is disabled.
        """

        async def work(tables: storage.Tables) -> None:
            for attempted in attempts:
                await self._record(tables, attempted)

        await self._store.write(work)

    async def _record(self, tables: storage.Tables, attempted: Attempted) -> None:
        event, outcome = attempted.event, attempted.outcome
        clock = self._clock.of(event.organization_id)
        now = clock.now()
        await tables.webhook_deliveries.add(
            WebhookDelivery(
                id=clock.new_id(),
                organization_id=event.organization_id,
                endpoint_id=event.endpoint_id,
                event_id=event.id,
                created_at=now,
                succeeded=outcome.succeeded,
                http_code=outcome.http_code,
                response=outcome.response,
                duration=outcome.duration,
            )
        )
        attempts = event.attempts + 1
        has_failed = not outcome.succeeded and attempts >= schedule.MAX_ATTEMPTS
        is_done = outcome.succeeded or has_failed
        jitter = clock.random_below(_JITTER_STEPS) / _JITTER_STEPS
        await tables.webhook_events.replace(
            replace(
                event,
                modified_at=now,
                attempts=attempts,
                due_at=None if is_done else now + schedule.delay(attempts, jitter),
                succeeded=outcome.succeeded if is_done else None,
                last_http_code=outcome.http_code,
            )
        )
        if outcome.succeeded:
            await tables.webhook_endpoints.count_success(event.organization_id, event.endpoint_id)
        elif has_failed:
            await self._count_failure(tables, event, now)

    async def _count_failure(
        self, tables: storage.Tables, event: WebhookEvent, now: datetime
    ) -> None:
        organization_id, endpoint_id = event.organization_id, event.endpoint_id
        failures = await tables.webhook_endpoints.count_failure(organization_id, endpoint_id)
        if failures < schedule.MAX_FAILURES:
            return
        endpoint = await tables.webhook_endpoints.find(organization_id, endpoint_id)
        if endpoint is not None and endpoint.enabled:
            await tables.webhook_endpoints.replace(
                replace(endpoint, enabled=False, modified_at=now)
            )
            await tables.webhook_events.skip_all(organization_id, endpoint_id, now)

    async def prune(self, before: timedelta, limit: int = 500) -> None:
        """Delete some of the events that are older than `before`, and their deliveries.

        Each organization loses `limit` events at most, in a transaction of its own.
        """
        for organization_id in await self._store.read(
            lambda tables: tables.webhook_events.find_organizations()
        ):
            await self._prune(organization_id, before, limit)

    async def _prune(self, organization_id: UUID, before: timedelta, limit: int) -> None:
        moment = self._clock.of(organization_id).now() - before
        await self._store.write(
            lambda tables: tables.webhook_events.remove_before(organization_id, moment, limit)
        )

    def _is_due(self, lane: Lane) -> bool:
        now = self._clock.of(lane.organization_id).now()
        return lane.retry_at is not None and lane.retry_at <= now


async def _get(tables: storage.Tables, organization_id: UUID, event_id: UUID) -> WebhookEvent:
    """The event with that id. Raises WebhookEventNotFound."""
    event = await tables.webhook_events.find(organization_id, event_id)
    if event is None:
        raise errors.WebhookEventNotFound
    return event
