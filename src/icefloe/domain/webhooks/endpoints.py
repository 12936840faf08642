"""Webhook endpoints: where an organization's events are sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from icefloe.domain import organization_rules, organizations
from icefloe.domain.values import errors
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.webhooks import (
    EndpointStatus,
    NewWebhookEndpoint,
    WebhookEndpoint,
    WebhookEndpointChange,
)
from icefloe.domain.webhooks import signing, urls
from icefloe.domain.webhooks.outbox import Outbox

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock

MAX_ENDPOINTS = 100
"""How many endpoints an organization may have: each event is stored and sent once for each of them."""

_ONE = PageRequest(limit=1)


class TooManyEndpoints(errors.NotPermitted):
    """The organization has as many webhook endpoints as it may have."""

    def __str__(self) -> str:
        return (
            f"An organization can have {MAX_ENDPOINTS} webhook endpoints at most. Delete one first."
        )


class WebhookEndpoints:
    """The rules of webhook endpoints."""

    def __init__(self, store: storage.Storage, clock: Clock, *, public_only: bool = False) -> None:
        """Make the rules.

        Args:
            store: where the endpoints are.
            clock: the time, and ids.
            public_only: whether plain HTTP to this machine is refused, as in the reference.
        """
        self._store = store
        self._clock = clock
        self._outbox = Outbox()
        self.public_only = public_only

    async def create(
        self, organization_id: UUID, new: NewWebhookEndpoint, *, by: UUID | None = None
    ) -> WebhookEndpoint:
        """Create an endpoint.

        Args:
            organization_id: whose events it is sent.
            new: the endpoint.
            by: the person who creates it; None for the organization's tokens and the operator.

        Raises:
            OrganizationNotFound: there is none with that id.
            RulesBroken: the URL may not be used, or an organization is named.
            NotPermitted: the person does not own the organization.
            TooManyEndpoints: the organization has `MAX_ENDPOINTS` already.
        """
        organization_rules.refuse_named(new.organization_id)
        urls.require_usable(new.url, ("body", "url"), public_only=self.public_only)
        clock = self._clock.of(organization_id)
        endpoint = WebhookEndpoint(
            id=clock.new_id(),
            organization_id=organization_id,
            created_at=clock.now(),
            url=new.url,
            name=new.name,
            format=new.format,
            secret=new.secret or signing.make_secret(clock.random_below),
            events=new.events,
            signing=new.signing,
            api_version=new.api_version,
        )

        async def work(tables: storage.Tables) -> WebhookEndpoint:
            await organizations.lock_as_owner(tables, organization_id, by)
            _, count = await tables.webhook_endpoints.find_page(organization_id, _ONE)
            if count >= MAX_ENDPOINTS:
                raise TooManyEndpoints
            await self._queue_past(tables, organization_id)
            await tables.webhook_endpoints.add(endpoint)
            return endpoint

        await self._outbox.queue_all(self._store, organization_id)
        return await self._store.write(work)

    async def get(self, organization_id: UUID, endpoint_id: UUID) -> WebhookEndpoint:
        """An endpoint. Raises WebhookEndpointNotFound."""
        return await self._store.read(lambda tables: _get(tables, organization_id, endpoint_id))

    async def find_page(
        self, organization_id: UUID, page: PageRequest
    ) -> tuple[list[WebhookEndpoint], int]:
        """A page of an organization's endpoints, newest first, and how many there are."""
        return await self._store.read(
            lambda tables: tables.webhook_endpoints.find_page(organization_id, page)
        )

    async def find_statuses(self, organization_id: UUID) -> dict[UUID, EndpointStatus]:
        """How an organization's endpoints stand, by their ids; without those that are deleted."""
        await self._outbox.queue_all(self._store, organization_id)
        return await self._store.read(
            lambda tables: tables.webhook_events.find_statuses(organization_id)
        )

    async def update(
        self,
        organization_id: UUID,
        endpoint_id: UUID,
        change: WebhookEndpointChange,
        *,
        by: UUID | None = None,
    ) -> WebhookEndpoint:
        """Change an endpoint. What is queued for one that is disabled is skipped.

        Args:
            organization_id: whose endpoint it is.
            endpoint_id: which one.
            change: its new values.
            by: the person who changes it; None for the organization's tokens and the operator.

        Raises:
            WebhookEndpointNotFound: there is none with that id.
            RulesBroken: the URL may not be used.
            NotPermitted: the person does not own the organization.
        """
        if change.url is not None:
            urls.require_usable(change.url, ("body", "url"), public_only=self.public_only)

        async def work(tables: storage.Tables) -> WebhookEndpoint:
            await organizations.check_owner(tables, organization_id, by)
            endpoint = await _get(tables, organization_id, endpoint_id)
            if change.enabled and not endpoint.enabled:
                # The reference validates the stored URL even if the change brings another.
                urls.require_enablable(endpoint.url, public_only=self.public_only)
                await tables.webhook_endpoints.count_success(organization_id, endpoint_id)
            changed = replace(endpoint, **_given(change))
            if changed == endpoint:
                return endpoint
            now = self._clock.of(organization_id).now()
            changed = replace(changed, modified_at=now)
            await self._queue_past(tables, organization_id)
            await tables.webhook_endpoints.replace(changed)
            if not changed.enabled:
                await tables.webhook_events.skip_all(organization_id, endpoint_id, now)
            return changed

        await self._outbox.queue_all(self._store, organization_id)
        return await self._store.write(work)

    async def reset_secret(
        self, organization_id: UUID, endpoint_id: UUID, *, by: UUID | None = None
    ) -> WebhookEndpoint:
        """Give an endpoint a new secret, which signs later attempts. Otherwise as `update`."""
        secret = signing.make_secret(self._clock.of(organization_id).random_below)
        change = WebhookEndpointChange(secret=secret)
        return await self.update(organization_id, endpoint_id, change, by=by)

    async def delete(
        self, organization_id: UUID, endpoint_id: UUID, *, by: UUID | None = None
    ) -> None:
        """Delete an endpoint; what is queued for it is skipped, its deliveries stay.

        Args:
            organization_id: whose endpoint it is.
            endpoint_id: which one.
            by: the person who deletes it; None for the organization's tokens and the operator.

        Raises:
            WebhookEndpointNotFound: there is none with that id.
            NotPermitted: the person does not own the organization.
        """

        async def work(tables: storage.Tables) -> None:
            await organizations.check_owner(tables, organization_id, by)
            endpoint = await _get(tables, organization_id, endpoint_id)
            now = self._clock.of(organization_id).now()
            await tables.webhook_endpoints.replace(replace(endpoint, deleted_at=now))
            await tables.webhook_events.skip_all(organization_id, endpoint_id, now)

        await self._store.write(work)

    async def _queue_past(self, tables: storage.Tables, organization_id: UUID) -> None:
        """Queue what happened before an endpoint changes: it went to the endpoints as they were."""
        while await self._outbox.queue(tables, organization_id):
            pass


async def _get(tables: storage.Tables, organization_id: UUID, endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = await tables.webhook_endpoints.find(organization_id, endpoint_id)
    if endpoint is None:
        raise errors.WebhookEndpointNotFound
    return endpoint


def _given(change: WebhookEndpointChange) -> dict[str, Any]:
    """The values that a change gives, by name."""
    values = {name: getattr(change, name) for name in change.__slots__}
    return {name: value for name, value in values.items() if value is not None}
