"""Developers → Webhooks → Deliveries: the attempts, and the page of an event with all of its own."""

from __future__ import annotations

import json
from functools import partial
from uuid import UUID

from starlette.responses import Response

from icefloe.dashboard.customers.history import pretty
from icefloe.dashboard.pages import NoSuchPage
from icefloe.dashboard.visits import Visit
from icefloe.dashboard.webhooks import endpoints, live
from icefloe.dashboard.webhooks.queries import OUTCOMES, SIZE, read_view, render_time
from icefloe.domain.values import errors
from icefloe.domain.values.listing import MAX_LIMIT, PageRequest
from icefloe.domain.values.webhooks import (
    EVENT_TYPES,
    HTTP_CODE_CLASSES,
    DeliveryQuery,
    WebhookEndpoint,
    WebhookEvent,
)
from icefloe.domain.webhooks import schedule


async def show_list(visit: Visit) -> Response:
    """The list, as the address says."""
    view = read_view(visit.request.query_params)
    base = visit.href("settings/webhooks/deliveries")
    found, count = await visit.services.webhook_deliveries.find_page(
        visit.organization.id, view.query
    )
    own = await endpoints.find_all(visit)
    names = {endpoint.id: endpoints.name_of(endpoint) for endpoint in own}
    response = live.render(
        visit,
        "webhooks/deliveries.html",
        "results",
        (view, found, count, names),
        view=view,
        deliveries=found,
        total=count,
        last=view.query.page.max_page(count),
        size=SIZE,
        names=names,
        types=[(one, one) for one in EVENT_TYPES],
        outcomes=[(one, one) for one in OUTCOMES],
        codes=[(one, one) for one in HTTP_CODE_CLASSES],
        after=render_time(view.after),
        before=render_time(view.before),
        base=base,
        address=view.address(base),
        page_link=lambda page: view.address(base, page=page),
        link=partial(view.address, base),
    )
    if visit.is_partial and not live.is_refresh(visit):
        response.headers["HX-Push-Url"] = view.address(base)
    return response


async def show_event(visit: Visit) -> Response:
    """An event: how it stands, what is sent, and every attempt."""
    event = await _get(visit)
    services, organization_id = visit.services, visit.organization.id
    query = DeliveryQuery(page=PageRequest(limit=MAX_LIMIT), event_id=event.id)
    attempts, count = await services.webhook_deliveries.find_page(organization_id, query)
    endpoint = await _find_endpoint(visit, event.endpoint_id)
    return live.render(
        visit,
        "webhooks/event.html",
        "standing",
        (event, attempts, endpoint),
        event=event,
        endpoint=endpoint,
        endpoint_name=endpoints.name_of(endpoint) if endpoint else "a deleted endpoint",
        attempts=attempts,
        count=count,
        max_attempts=schedule.MAX_ATTEMPTS,
        body=None if event.payload is None else pretty(json.loads(event.payload)),
        base=_address(visit, event),
    )


async def redeliver(visit: Visit) -> Response:
    """Deliver an event again."""
    event = await _get(visit)
    if event.payload is None:
        return visit.redirect(
            _address(visit, event), "This event has no body any more, so it is not sent.", "bad"
        )
    endpoint = await _find_endpoint(visit, event.endpoint_id)
    if endpoint is not None and not endpoint.enabled:
        return visit.redirect(
            _address(visit, event), "The endpoint is disabled. Enable it first.", "bad"
        )
    await visit.services.webhook_deliveries.redeliver(
        visit.organization.id, event.id, by=visit.someone.id
    )
    return visit.redirect(_address(visit, event), "The event is queued again.")


async def _get(visit: Visit) -> WebhookEvent:
    """The event that the address names. Raises NoSuchPage, or NotFound."""
    event_id = visit.place_id("event_id")
    if event_id is None:
        raise NoSuchPage
    return await visit.services.webhook_deliveries.get_event(visit.organization.id, event_id)


async def _find_endpoint(visit: Visit, endpoint_id: UUID) -> WebhookEndpoint | None:
    """An endpoint; None if it is deleted."""
    try:
        return await visit.services.webhook_endpoints.get(visit.organization.id, endpoint_id)
    except errors.WebhookEndpointNotFound:
        return None


def _address(visit: Visit, event: WebhookEvent) -> str:
    return visit.href(f"settings/webhooks/events/{event.id}")
