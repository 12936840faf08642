"""The endpoints of events, which an organization sends of its customers' use."""

import json
from operator import attrgetter
from typing import Any
from uuid import UUID

from icefloe.api import bodies, deep_object, pagination
from icefloe.api.commerce import objects
from icefloe.api.commerce.schemas import events as schemas
from icefloe.api.messages import Request, Response, json_response
from icefloe.api.routing import Route
from icefloe.domain.values import errors, moments
from icefloe.domain.values.access import EVENTS_READ, EVENTS_WRITE
from icefloe.domain.values.listing import Page, PageRequest
from icefloe.domain.values.usage import (
    EventName,
    ShownEvent,
    UsageEventFilter,
    UsageEventQuery,
    UsageMetadata,
)


async def ingest_events(request: Request) -> Response:
    """Ingest events.

    All of them are stored and counted when this answers. One whose `external_id` is stored already is
    left out, and counted as a duplicate.
    """
    now = request.services.clock.of(request.caller.organization_id).now()
    body = await bodies.read_body(request, schemas.ingestion(now))
    _refuse_organizations(body)
    told = await request.services.commerce.usage.ingest(
        request.caller.organization_id, schemas.new_events_of(body)
    )
    return json_response(200, {"inserted": told.inserted, "duplicates": told.duplicates})


async def list_events(request: Request) -> Response:
    """List events, the latest first unless another order is asked for."""
    asked = schemas.read_event_list(request.query_string)
    passing = schemas.read_event_filter(asked.filter)
    page = pagination.read_page_request(asked.page, asked.limit)
    query = UsageEventQuery(
        page=page,
        wanted=UsageEventFilter(
            after=asked.start_timestamp,
            before=asked.end_timestamp,
            customer_ids=objects.each_once(asked.customer_id),
            external_customer_ids=objects.each_once(asked.external_customer_id),
            names=objects.each_once(asked.name),
            sources=schemas.sources_of(asked.source),
            query=asked.query,
            parent_id=asked.parent_id,
            depth=asked.depth,
            metadata=deep_object.metadata_filters(asked.metadata),
        ),
        is_newest_first=asked.sorting[0].startswith("-"),
    )
    found: list[ShownEvent] = []
    count = 0
    if _is_own(request, asked.organization_id):
        found, count = await request.services.commerce.usage.find_page(
            request.caller.organization_id, query, passing=passing, meter_id=asked.meter_id
        )
    request.notices += pagination.find_notices(asked.limit, asked.unknown, deep_object.find_hint)
    return _page([_render(one) for one in found], count, page)


async def get_event(request: Request) -> Response:
    """Get an event by ID."""
    event = await request.services.commerce.usage.get(
        request.caller.organization_id, objects.read_id(request)
    )
    return Response(200, _render(event))


async def list_event_names(request: Request) -> Response:
    """List the names of events, the one that occurred last first unless another order is asked for."""
    asked = schemas.read_event_names(request.query_string)
    page = pagination.read_page_request(asked.page, asked.limit)
    wanted = UsageEventFilter(
        customer_ids=objects.each_once(asked.customer_id),
        external_customer_ids=objects.each_once(asked.external_customer_id),
        sources=schemas.sources_of(asked.source),
    )
    found: list[EventName] = []
    if _is_own(request, asked.organization_id):
        found = await request.services.commerce.usage.find_names(
            request.caller.organization_id, wanted
        )
    if asked.query is not None:
        text = asked.query.casefold()
        found = [one for one in found if text in one.name.casefold()]
    found.sort(key=attrgetter("name", "source"))
    for word in reversed(asked.sorting):
        found.sort(key=attrgetter(word.removeprefix("-")), reverse=word.startswith("-"))
    shown = found[page.offset : page.offset + page.limit]
    request.notices += pagination.find_notices(asked.limit, asked.unknown)
    return _page([_encode(_render_name(one)) for one in shown], len(found), page)


EVENT_ROUTES = [
    Route(
        method="GET",
        path="/v1/events/",
        handler=list_events,
        scopes=EVENTS_READ,
        operation_id="events:list",
        parameters="EventListParameters",
        answer="ListResource_Event_",
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/events/names",
        handler=list_event_names,
        scopes=EVENTS_READ,
        operation_id="events:list_names",
        parameters="EventNameListParameters",
        answer="ListResource_EventName_",
        errors=(422,),
    ),
    Route(
        method="POST",
        path="/v1/events/ingest",
        handler=ingest_events,
        scopes=EVENTS_WRITE,
        operation_id="events:ingest",
        body="EventsIngest",
        answer="EventsIngestResponse",
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/events/{id}",
        handler=get_event,
        scopes=EVENTS_READ,
        operation_id="events:get",
        places="EventPlaces",
        answer="Event",
        errors=(404, 422),
    ),
]


def _refuse_organizations(body: schemas.IngestBody) -> None:
    """Refuse events that name an organization. Raises RulesBroken."""
    named = [
        errors.Violation(
            "organization_token",
            ("body", "events", at, "organization_id"),
            "Setting organization_id is disallowed when using an organization token.",
            str(event.organization_id),
        )
        for at, event in enumerate(body.events)
        if event.organization_id is not None
    ]
    if named:
        raise errors.RulesBroken(*named)


def _is_own(request: Request, ids: list[UUID] | None) -> bool:
    return ids is None or request.caller.organization_id in ids


def _page(documents: list[bytes], count: int, asked: PageRequest) -> Response:
    return Response(200, pagination.render_list(Page(b",".join(documents), count), asked))


def _render(shown: ShownEvent) -> bytes:
    """An event's document; its customer's is put in as it is stored."""
    event = shown.event
    head = {
        "id": str(event.id),
        "timestamp": moments.render(event.timestamp),
        "organization_id": str(event.organization_id),
        "customer_id": _text(event.customer_id),
    }
    tail = {
        "external_customer_id": event.external_customer_id,
        "member_id": _text(event.member_id),
        "external_member_id": event.external_member_id,
        "child_count": shown.child_count,
        "parent_id": _text(event.parent_id),
        "label": event.name,
        "name": event.name,
        "source": event.source,
        "metadata": _render_notes(event.metadata),
    }
    customer = shown.customer or b"null"
    return b'%b,"customer":%b,%b' % (_encode(head)[:-1], customer, _encode(tail)[1:])


def _render_notes(notes: UsageMetadata) -> dict[str, Any]:
    """Metadata as the wire shows it: an amount of money is a text."""
    shown = dict(notes)
    if isinstance(cost := shown.get("_cost"), dict):
        shown["_cost"] = {**cost, "amount": str(cost["amount"])}
    return shown


def _render_name(found: EventName) -> dict[str, Any]:
    return {
        "name": found.name,
        "label": found.name,
        "source": found.source,
        "occurrences": found.occurrences,
        "first_seen": moments.render(found.first_seen),
        "last_seen": moments.render(found.last_seen),
    }


def _text(identifier: UUID | None) -> str | None:
    return None if identifier is None else str(identifier)


def _encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
