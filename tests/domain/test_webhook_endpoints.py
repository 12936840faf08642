"""The rules of webhook endpoints and of the list of deliveries, on each engine."""

import asyncio
from uuid import UUID, uuid4

import pytest

from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import errors, listing
from icefloe.domain.values.webhooks import (
    DeliveryQuery,
    NewWebhookEndpoint,
    WebhookEndpointChange,
)
from icefloe.domain.webhooks.deliveries import WebhookDeliveries
from icefloe.domain.webhooks.endpoints import MAX_ENDPOINTS, WebhookEndpoints
from support import HeldTime, run

HERE = NewWebhookEndpoint(url="http://localhost:3000/hook", format="raw", events=())
PAGE = listing.PageRequest(limit=1)


@pytest.fixture
def organization_id(store: Storage, time: HeldTime) -> UUID:
    """An organization without anything."""
    return run(Organizations(store, time.clock).create("Tests")).id


class TestCreate:
    """`WebhookEndpoints.create`."""

    def test_too_many(self, store: Storage, time: HeldTime, organization_id: UUID) -> None:
        """Of requests at once, no more succeed than an organization may have endpoints."""
        endpoints = WebhookEndpoints(store, time.clock)

        async def create_all() -> list[object]:
            several = [endpoints.create(organization_id, HERE) for _ in range(MAX_ENDPOINTS + 5)]
            return [*await asyncio.gather(*several, return_exceptions=True)]

        results = run(create_all())

        refused = [one for one in results if isinstance(one, errors.NotPermitted)]
        assert len(refused) == 5
        _, count = run(endpoints.find_page(organization_id, PAGE))
        assert count == MAX_ENDPOINTS

    def test_unusable(self, store: Storage, time: HeldTime, organization_id: UUID) -> None:
        """A URL that webhooks may not be sent to is refused, whoever asks."""
        endpoints = WebhookEndpoints(store, time.clock, public_only=True)

        with pytest.raises(errors.RulesBroken, match="URL scheme"):
            run(endpoints.create(organization_id, HERE))


class TestUpdate:
    """`WebhookEndpoints.update`."""

    def test_enable(self, store: Storage, time: HeldTime, organization_id: UUID) -> None:
        """To enable an endpoint checks the URL that it had, even if the change brings another."""
        lenient = WebhookEndpoints(store, time.clock)
        strict = WebhookEndpoints(store, time.clock, public_only=True)
        made = run(lenient.create(organization_id, HERE))
        place = (organization_id, made.id)
        run(lenient.update(*place, WebhookEndpointChange(enabled=False)))
        both = WebhookEndpointChange(url="https://example.com/", enabled=True)

        with pytest.raises(errors.RulesBroken, match="Cannot enable a webhook endpoint"):
            run(strict.update(*place, both))

        assert run(strict.get(*place)).url == HERE.url
        run(strict.update(*place, WebhookEndpointChange(url="https://example.com/")))
        assert run(strict.update(*place, both)).enabled

    def test_enabled_already(self, store: Storage, time: HeldTime, organization_id: UUID) -> None:
        """An endpoint that is enabled stays so, whatever its URL."""
        made = run(WebhookEndpoints(store, time.clock).create(organization_id, HERE))
        strict = WebhookEndpoints(store, time.clock, public_only=True)

        changed = run(
            strict.update(organization_id, made.id, WebhookEndpointChange(enabled=True, name="x"))
        )

        assert (changed.enabled, changed.name) == (True, "x")


class TestDeliveries:
    """`WebhookDeliveries.find_page`."""

    @pytest.mark.parametrize(
        "filters",
        [
            {"query": "\0"},
            {"query": "a" * 100_000},
            {"query": "%a" * 50_000},
            {"endpoint_ids": ()},
            {"event_types": ()},
            {"endpoint_ids": tuple(uuid4() for _ in range(4000))},
        ],
        ids=["NUL", "long", "wildcards", "no endpoint", "no type", "many endpoints"],
    )
    def test_odd_filters(
        self, store: Storage, time: HeldTime, organization_id: UUID, filters: dict[str, object]
    ) -> None:
        """Filters that nothing can match find nothing on either engine."""
        deliveries = WebhookDeliveries(store, time.clock)
        query = DeliveryQuery(page=PAGE, **filters)  # type: ignore[arg-type]

        assert run(deliveries.find_page(organization_id, query)) == ([], 0)
