"""Deliveries: what was attempted, what is attempted next, and what became of it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain import organizations
from icefloe.domain.values import errors
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.webhooks import (
    DeliveredEvent,
    DeliveryQuery,
    Lane,
    Queued,
    WebhookDelivery,
    WebhookEvent,
)
from icefloe.domain.webhooks import schedule
from icefloe.domain.webhooks.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.webhooks import Attempted, WebhookEndpoint

LEASE = timedelta(seconds=30)
"""How long a worker may deliver to an endpoint before it must renew its lease."""

_JITTER_STEPS = 1_000_000


class WebhookDeliveries:
    """The rules of deliveries."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._outbox = Outbox()

    async def find_page(
        self, organization_id: UUID, query: DeliveryQuery
    ) -> tuple[list[DeliveredEvent], int]:
        """A page of an organization's deliveries, newest first, and how many there are."""
        if query.matches_nothing:
            return [], 0
        return await self._store.read(
            lambda tables: tables.webhook_deliveries.find_page(organization_id, query), long=True
        )

    async def find_latest(
        self, organization_id: UUID, endpoint_id: UUID, limit: int
    ) -> list[DeliveredEvent]:
        """The latest deliveries to an endpoint, newest first; none if it is deleted."""
        query = DeliveryQuery(page=PageRequest(limit=limit), endpoint_ids=(endpoint_id,))
        return await self._store.read(
            lambda tables: tables.webhook_deliveries.find_latest(organization_id, query), long=True
        )

    async def get_event(self, organization_id: UUID, event_id: UUID) -> WebhookEvent:
        """An event. Raises WebhookEventNotFound."""
        return await self._store.read(lambda tables: _get(tables, organization_id, event_id))

    async def redeliver(
        self, organization_id: UUID, event_id: UUID, *, by: UUID | None = None
    ) -> WebhookEvent:
        """Begin another cycle of attempts, unless the event is archived; returns the event after that.

        One whose endpoint is disabled is skipped; one whose endpoint is deleted is sent, as in the
        reference.

        Args:
            organization_id: whose event it is.
            event_id: which one.
            by: the person who asks for it; None for the organization's tokens and the operator.

        Raises:
            WebhookEventNotFound: there is none with that id.
            NotPermitted: the person does not own the organization.
        """

        async def work(tables: storage.Tables) -> WebhookEvent:
            await organizations.check_owner(tables, organization_id, by)
            event = await _get(tables, organization_id, event_id)
            now = self._clock.of(organization_id).now()
            await tables.webhook_events.queue(organization_id, event_id, now)
            endpoint = await tables.webhook_endpoints.find(organization_id, event.endpoint_id)
            if endpoint is not None and not endpoint.enabled:
                await tables.webhook_events.skip_all(organization_id, event.endpoint_id, now)
            return await _get(tables, organization_id, event_id)

        return await self._store.write(work)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit of this process that queued events, on any thread."""
        self._store.listen(listener)

    def find_version(self) -> int | None:
        """The version of the data: another number after any commit that may have queued events."""
        return self._store.find_version()

    async def queue(self) -> None:
        """Queue the events that are pending now, of every organization."""
        await self._outbox.queue_all(self._store)

    async def has_pending(self, organization_id: UUID) -> bool:
        """Whether an organization has events that are not yet queued."""
        return await self._store.read(lambda tables: tables.events.has_pending(organization_id))

    async def find_lanes(self, holder: UUID | None) -> list[Lane]:
        """The endpoints that have attempts to make, now or later.

        Args:
            holder: a worker; endpoints that another one has leased are left out. None for all.
        """
        return await self._store.read(lambda tables: tables.webhook_events.find_lanes(holder))

    def is_retry_due(self, lane: Lane) -> bool:
        """Whether a retry is due by the organization's clock."""
        now = self._clock.of(lane.organization_id).now()
        return lane.retry_at is not None and lane.retry_at <= now

    async def find_queued(
        self, organization_id: UUID, endpoint_id: UUID, *, first: int, retries: int
    ) -> Queued | None:
        """What may be attempted at an endpoint now; None if it is gone.

        Args:
            organization_id: whose endpoint it is.
            endpoint_id: which one.
            first: how many first attempts at most.
            retries: how many retries at most.
        """
        now = self._clock.of(organization_id).now()
        return await self._store.read(
            lambda tables: tables.webhook_events.find_queued(
                organization_id, endpoint_id, now, first, retries
            )
        )

    async def skip(self, organization_id: UUID, endpoint_id: UUID) -> None:
        """Leave out what is queued for an endpoint, which is disabled."""
        now = self._clock.of(organization_id).now()
        await self._store.write(
            lambda tables: tables.webhook_events.skip_all(organization_id, endpoint_id, now)
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

    async def record(self, attempts: Sequence[Attempted]) -> list[WebhookEndpoint]:
        """Store what became of attempts, in one transaction, and when the next of each is due.

        An endpoint at which `schedule.MAX_FAILURES` events in a row have failed is disabled.

        Args:
            attempts: in the order in which they ended. Events that are gone are left out.

        Returns:
            The endpoints that this has disabled.
        """
        return await self._store.write(lambda tables: self._record(tables, attempts))

    async def _record(
        self, tables: storage.Tables, attempts: Sequence[Attempted]
    ) -> list[WebhookEndpoint]:
        by_organization: dict[UUID, list[Attempted]] = {}
        for attempted in attempts:
            by_organization.setdefault(attempted.event.organization_id, []).append(attempted)
        disabled: list[WebhookEndpoint] = []
        # In one order for all writers, so that no two wait for each other's locks.
        for organization_id in sorted(by_organization):
            found = by_organization[organization_id]
            ids = [attempted.event.id for attempted in found]
            present = await tables.webhook_events.find_present(organization_id, ids)
            found = [attempted for attempted in found if attempted.event.id in present]
            disabled += await self._count(tables, organization_id, found)
            await tables.webhook_deliveries.add_all([self._delivery(each) for each in found])
            await tables.webhook_events.replace_all([self._after(each) for each in found])
        return disabled

    def _delivery(self, attempted: Attempted) -> WebhookDelivery:
        event, outcome = attempted.event, attempted.outcome
        clock = self._clock.of(event.organization_id)
        return WebhookDelivery(
            id=clock.new_id(),
            organization_id=event.organization_id,
            endpoint_id=event.endpoint_id,
            event_id=event.id,
            event_type=event.type,
            created_at=clock.now(),
            succeeded=outcome.succeeded,
            http_code=outcome.http_code,
            response=outcome.response,
            duration=outcome.duration,
        )

    def _after(self, attempted: Attempted) -> WebhookEvent:
        """An event as it is after an attempt."""
        event, outcome = attempted.event, attempted.outcome
        clock = self._clock.of(event.organization_id)
        now = clock.now()
        attempts = event.attempts + 1
        is_done = outcome.succeeded or _has_failed(attempted)
        jitter = clock.random_below(_JITTER_STEPS) / _JITTER_STEPS
        return replace(
            event,
            modified_at=now,
            attempts=attempts,
            due_at=None if is_done else now + schedule.delay(attempts, jitter),
            succeeded=outcome.succeeded if is_done else None,
            last_http_code=outcome.http_code,
        )

    async def _count(
        self, tables: storage.Tables, organization_id: UUID, attempts: Sequence[Attempted]
    ) -> list[WebhookEndpoint]:
        """Count the failed events of each endpoint since its last success; returns those disabled."""
        disabled = []
        results: dict[UUID, list[bool]] = {}
        for attempted in attempts:
            if attempted.outcome.succeeded or _has_failed(attempted):
                of_endpoint = results.setdefault(attempted.event.endpoint_id, [])
                of_endpoint.append(attempted.outcome.succeeded)
        for endpoint_id in sorted(results):
            for succeeded, group in itertools.groupby(results[endpoint_id]):
                if succeeded:
                    await tables.webhook_endpoints.count_success(organization_id, endpoint_id)
                    continue
                failures = 0
                for _ in group:
                    failures = await tables.webhook_endpoints.count_failure(
                        organization_id, endpoint_id
                    )
                if failures >= schedule.MAX_FAILURES:
                    disabled += await self._disable(tables, organization_id, endpoint_id)
        return disabled

    async def _disable(
        self, tables: storage.Tables, organization_id: UUID, endpoint_id: UUID
    ) -> list[WebhookEndpoint]:
        """Disable an endpoint; returns it, unless it is disabled or deleted already."""
        endpoint = await tables.webhook_endpoints.find(organization_id, endpoint_id)
        if endpoint is None or not endpoint.enabled:
            return []
        now = self._clock.of(organization_id).now()
        disabled = replace(endpoint, enabled=False, modified_at=now)
        await tables.webhook_endpoints.replace(disabled)
        await tables.webhook_events.skip_all(organization_id, endpoint_id, now)
        return [disabled]

    async def prune(self, age: timedelta, limit: int = 500) -> bool:
        """Delete some of the events that are older than `age`, and their deliveries.

        With them go endpoints that were deleted so long ago, once they have no events. Each
        organization loses `limit` events and endpoints at most, in a transaction of its own.

        Returns:
            Whether there may be more of them.
        """
        has_more = False
        for organization_id in await self._store.read(
            lambda tables: tables.webhook_events.find_organizations()
        ):
            has_more |= await self._prune(organization_id, age, limit)
        return has_more

    async def _prune(self, organization_id: UUID, age: timedelta, limit: int) -> bool:
        moment = self._clock.of(organization_id).now() - age

        async def work(tables: storage.Tables) -> bool:
            events = await tables.webhook_events.remove_before(organization_id, moment, limit)
            endpoints = await tables.webhook_endpoints.remove_before(organization_id, moment, limit)
            return max(events, endpoints) >= limit

        return await self._store.write(work)


def _has_failed(attempted: Attempted) -> bool:
    """Whether an attempt was the last of its event, and failed."""
    return not attempted.outcome.succeeded and attempted.event.attempts + 1 >= schedule.MAX_ATTEMPTS


async def _get(tables: storage.Tables, organization_id: UUID, event_id: UUID) -> WebhookEvent:
    """The event with that id. Raises WebhookEventNotFound."""
    event = await tables.webhook_events.find(organization_id, event_id)
    if event is None:
        raise errors.WebhookEventNotFound
    return event
