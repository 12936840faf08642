"""The port for webhooks: endpoints, the events queued for them, and the deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain.values.listing import PageRequest
    from icefloe.domain.values.webhooks import (
        DeliveredEvent,
        DeliveryQuery,
        EndpointStatus,
        Lane,
        Queued,
        StateTrigger,
        WebhookDelivery,
        WebhookEndpoint,
        WebhookEvent,
    )


class WebhookEndpointTable(Protocol):
    """The webhook endpoints."""

    async def add(self, endpoint: WebhookEndpoint) -> None:
        """Insert an endpoint."""

    async def find(self, organization_id: UUID, endpoint_id: UUID) -> WebhookEndpoint | None:
        """The endpoint with that id, unless deleted."""

    async def find_page(
        self, organization_id: UUID, page: PageRequest
    ) -> tuple[list[WebhookEndpoint], int]:
        """A page of the endpoints that are not deleted, newest first, and how many there are."""

    async def find_all(self, organization_id: UUID) -> list[WebhookEndpoint]:
        """Every endpoint of an organization, deleted or not, oldest first."""

    async def find_enabled(self, organization_id: UUID) -> list[WebhookEndpoint]:
        """The endpoints that are enabled and not deleted, oldest first."""

    async def replace(self, endpoint: WebhookEndpoint) -> None:
        """Store an endpoint's new values."""

    async def count_failure(self, organization_id: UUID, endpoint_id: UUID) -> int:
        """Count an event whose last attempt failed; returns how many there are since a success."""

    async def count_success(self, organization_id: UUID, endpoint_id: UUID) -> None:
        """Begin to count failures afresh."""

    async def lease(
        self, organization_id: UUID, endpoint_id: UUID, holder: UUID, duration: timedelta
    ) -> bool:
        """Take or renew the lease to deliver to an endpoint; False while another worker holds it.

        A lease expires by the database's clock, so that the clocks of several machines do not matter.
        """

    async def release(self, organization_id: UUID, endpoint_id: UUID, holder: UUID) -> None:
        """Give a lease back, if it is still the holder's."""

    async def remove_before(self, organization_id: UUID, before: datetime, limit: int) -> int:
        """Delete rows of endpoints that were deleted before a moment and have no event or delivery.

        Returns how many they were, `limit` at most.
        """

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete every endpoint of an organization."""


class WebhookEventTable(Protocol):
    """The events queued for endpoints, in the order they happened."""

    async def add_all(self, events: Sequence[WebhookEvent]) -> None:
        """Append events in their order. `Storage.listen` tells of them after the commit."""

    async def find(self, organization_id: UUID, event_id: UUID) -> WebhookEvent | None:
        """The event with that id."""

    async def find_lanes(self, holder: UUID | None) -> list[Lane]:
        """The endpoints of all organizations that have attempts to make, now or later.

        Left out are those whose lease another worker than `holder` has; None leaves none out.
        """

    async def find_queued(
        self, organization_id: UUID, endpoint_id: UUID, now: datetime, first: int, retries: int
    ) -> Queued | None:
        """What may be attempted at an endpoint; None where it is gone.

        Args:
            organization_id: whose endpoint it is.
            endpoint_id: which one.
            now: the present moment of the organization.
            first: how many first attempts at most.
            retries: how many retries at most.
        """

    async def find_present(self, organization_id: UUID, event_ids: Sequence[UUID]) -> set[UUID]:
        """Which of the events are there."""

    async def replace_all(self, events: Sequence[WebhookEvent]) -> None:
        """Store what became of one more attempt of each event, and when the next is due.

        One that was skipped meanwhile has no next attempt. One that began another cycle of attempts
        meanwhile stays as it is.
        """

    async def queue(self, organization_id: UUID, event_id: UUID, now: datetime) -> None:
        """Begin another cycle of attempts. `Storage.listen` tells of it after the commit."""

    async def find_statuses(self, organization_id: UUID) -> dict[UUID, EndpointStatus]:
        """How the endpoints of an organization stand, by their ids; without those that are deleted."""

    async def skip_all(self, organization_id: UUID, endpoint_id: UUID, now: datetime) -> None:
        """Mark all that is queued for an endpoint as skipped."""

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Archive every event about a customer and its members, and delete what endpoints answered."""

    async def remove_before(self, organization_id: UUID, before: datetime, limit: int) -> int:
        """Delete the oldest events before a moment that are not queued, and their deliveries.

        Looks at `limit` events; returns how many it deleted.
        """

    async def find_organizations(self) -> list[UUID]:
        """The organizations that have endpoints, deleted or not."""

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete every event of an organization, and every delivery."""


class StateTriggerTable(Protocol):
    """The customers whose changed state endpoints are still to be told of, one row a customer."""

    async def push(self, trigger: StateTrigger, longest: timedelta) -> None:
        """Insert a trigger, or move the customer's: its due time, to `longest` after its first.

        Nothing is stored where the organization has no endpoint that is enabled. `Storage.listen` tells
        of it after the commit.
        """

    async def find_next(self) -> dict[UUID, datetime]:
        """When the first trigger of each organization falls due, by the organizations' ids."""

    async def find_first(self, organization_id: UUID, limit: int) -> list[StateTrigger]:
        """The triggers of an organization that fall due first."""

    async def remove(self, trigger: StateTrigger) -> bool:
        """Delete a trigger; False where it is gone, or was moved meanwhile."""

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete every trigger of an organization."""


class WebhookDeliveryTable(Protocol):
    """The deliveries."""

    async def add_all(self, deliveries: Sequence[WebhookDelivery]) -> None:
        """Append deliveries in their order."""

    async def find_page(
        self, organization_id: UUID, query: DeliveryQuery
    ) -> tuple[list[DeliveredEvent], int]:
        """A page of deliveries, newest first, and how many there are in all."""

    async def find_latest(
        self, organization_id: UUID, query: DeliveryQuery
    ) -> list[DeliveredEvent]:
        """The same page, without counting."""
