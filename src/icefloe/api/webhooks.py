"""The endpoints of webhooks: where an organization's events are sent, and what became of them."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from icefloe.api import bodies, pagination, versions
from icefloe.api.messages import Request, Response, json_response
from icefloe.api.schemas import webhooks as schemas
from icefloe.api.schemas.paths import read_uuid4
from icefloe.domain.values import moments
from icefloe.domain.values.listing import EMPTY_PAGE, Page, PageRequest
from icefloe.domain.values.webhooks import DeliveredEvent, DeliveryQuery, WebhookEndpoint

# --- endpoints ----------------------------------------------------------------------------------


async def list_endpoints(request: Request) -> Response:
    """List webhook endpoints, the newest first."""
    parameters = schemas.read_endpoint_list(request.query_string)
    asked = pagination.read_page_request(parameters.page, parameters.limit)
    ids = parameters.organization_id
    is_own = ids is None or request.caller.organization_id in ids
    page = await _find_endpoints(request, asked) if is_own else EMPTY_PAGE
    request.notices += pagination.find_notices(parameters.limit, parameters.unknown)
    return Response(200, pagination.render_list(page, asked))


async def create_endpoint(request: Request) -> Response:
    """Create a webhook endpoint.

    Its secret is made here unless the body has one.
    """
    schema = schemas.new_endpoint(public_only=_public_only(request))
    body = await bodies.read_body(request, schema)
    version = versions.DEFAULT_VERSION if _names_version(request) else None
    endpoint = await request.services.webhook_endpoints.create(
        request.caller.organization_id, schemas.new_endpoint_of(body, version)
    )
    return _answer(request, 201, endpoint)


async def get_endpoint(request: Request) -> Response:
    """Get a webhook endpoint by ID."""
    endpoint = await request.services.webhook_endpoints.get(
        request.caller.organization_id, _read_id(request)
    )
    return _answer(request, 200, endpoint)


async def update_endpoint(request: Request) -> Response:
    """Update a webhook endpoint by ID.

    What is left out or null stays as it is. What waits for an endpoint that is disabled is not sent.
    """
    schema = schemas.endpoint_change(public_only=_public_only(request))
    endpoint_id, body = await bodies.read_name_and_body(request, _read_id, schema)
    endpoint = await request.services.webhook_endpoints.update(
        request.caller.organization_id, endpoint_id, schemas.change_of(body)
    )
    return _answer(request, 200, endpoint)


async def delete_endpoint(request: Request) -> Response:
    """Delete a webhook endpoint by ID. Its deliveries stay in their list."""
    await request.services.webhook_endpoints.delete(
        request.caller.organization_id, _read_id(request)
    )
    return Response(204)


async def reset_secret(request: Request) -> Response:
    """Give a webhook endpoint a new secret, which signs from now on."""
    endpoint = await request.services.webhook_endpoints.reset_secret(
        request.caller.organization_id, _read_id(request)
    )
    return _answer(request, 200, endpoint)


# --- deliveries ---------------------------------------------------------------------------------


async def list_deliveries(request: Request) -> Response:
    """List the attempts to deliver events to webhook endpoints, the newest first."""
    parameters = schemas.read_delivery_list(request.query_string)
    ids, kinds = parameters.endpoint_id, parameters.event_type
    query = DeliveryQuery(
        page=pagination.read_page_request(parameters.page, parameters.limit),
        endpoint_ids=None if ids is None else tuple(dict.fromkeys(ids)),
        after=parameters.start_timestamp,
        before=parameters.end_timestamp,
        succeeded=parameters.succeeded,
        query=parameters.query,
        http_code_class=parameters.http_code_class,
        event_types=None if kinds is None else tuple(dict.fromkeys(kinds)),
    )
    found, count = await request.services.webhook_deliveries.find_page(
        request.caller.organization_id, query
    )
    names_version = _names_version(request)
    documents = [_render_delivery(one, names_version=names_version) for one in found]
    request.notices += pagination.find_notices(parameters.limit, parameters.unknown)
    return Response(200, pagination.render_list(_page(documents, count), query.page))


async def redeliver_event(request: Request) -> Response:
    """Deliver a webhook event again.

    It is signed with its endpoint's present secret. One whose endpoint is disabled is not sent.
    """
    await request.services.webhook_deliveries.redeliver(
        request.caller.organization_id, _read_id(request)
    )
    return json_response(202, None)


# --- what they have in common -------------------------------------------------------------------


async def _find_endpoints(request: Request, asked: PageRequest) -> Page:
    found, count = await request.services.webhook_endpoints.find_page(
        request.caller.organization_id, asked
    )
    names_version = _names_version(request)
    return _page([_render_endpoint(one, names_version=names_version) for one in found], count)


def _read_id(request: Request) -> UUID:
    return read_uuid4(request.path_parameters["id"], "id")


def _public_only(request: Request) -> bool:
    return request.services.webhook_endpoints.public_only


def _names_version(request: Request) -> bool:
    """Whether a request names a version itself, as clients do that require the newer fields."""
    return bool(request.headers.get(b"polar-version"))


def _answer(request: Request, status: int, endpoint: WebhookEndpoint) -> Response:
    return json_response(status, _render_endpoint(endpoint, names_version=_names_version(request)))


def _render_endpoint(endpoint: WebhookEndpoint, *, names_version: bool) -> dict[str, Any]:
    """An endpoint's document; with the two fields that came after the recordings, if asked for."""
    modified_at = endpoint.modified_at
    version = {"api_version": endpoint.api_version or versions.DEFAULT_VERSION}
    standard = {"uses_standard_webhook_signature": endpoint.signing == "standard"}
    return {
        "created_at": moments.render(endpoint.created_at),
        "modified_at": modified_at and moments.render(modified_at),
        "id": str(endpoint.id),
        "url": endpoint.url,
        "name": endpoint.name,
        **(version if names_version else {}),
        "format": endpoint.format,
        "secret": endpoint.secret,
        "organization_id": str(endpoint.organization_id),
        "events": endpoint.events,
        "enabled": endpoint.enabled,
        **(standard if names_version else {}),
    }


def _render_delivery(delivered: DeliveredEvent, *, names_version: bool) -> dict[str, Any]:
    """A delivery's document; its event's has the newer field, if asked for."""
    delivery, event = delivered.delivery, delivered.event
    modified_at = event.modified_at
    version = {"api_version": event.api_version or versions.DEFAULT_VERSION}
    return {
        "created_at": moments.render(delivery.created_at),
        "modified_at": None,
        "id": str(delivery.id),
        "succeeded": delivery.succeeded,
        "http_code": delivery.http_code,
        "response": delivery.response,
        "webhook_event": {
            "created_at": moments.render(event.created_at),
            "modified_at": modified_at and moments.render(modified_at),
            "id": str(event.id),
            "last_http_code": event.last_http_code,
            "succeeded": event.succeeded,
            "skipped": event.skipped,
            **(version if names_version else {}),
            "payload": None if event.payload is None else event.payload.decode(),
            "type": event.type,
            "is_archived": event.payload is None,
        },
    }


def _page(documents: Iterable[dict[str, Any]], count: int) -> Page:
    texts = [
        json.dumps(document, ensure_ascii=False, separators=(",", ":")) for document in documents
    ]
    return Page(",".join(texts).encode(), count)
