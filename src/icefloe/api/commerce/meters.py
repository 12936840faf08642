"""The endpoints of meters."""

from icefloe.api import bodies
from icefloe.api.commerce import objects
from icefloe.api.commerce.quantities import QUANTITY_ROUTES
from icefloe.api.commerce.schemas import meters as schemas
from icefloe.api.messages import Request, Response
from icefloe.api.routing import Route
from icefloe.domain import organization_rules
from icefloe.domain.values.access import METERS_READ, METERS_WRITE


async def list_meters(request: Request) -> Response:
    """List meters, in the order of their names unless another is asked for."""
    asked = schemas.read_meter_list(request.query_string)
    return await objects.send_list(
        request,
        request.services.commerce.meters,
        asked,
        asked.sorting,
        objects.one_of("is_archived", asked.is_archived),
        text=asked.query,
        metadata=asked.metadata,
    )


async def create_meter(request: Request) -> Response:
    """Create a meter."""
    body = await bodies.read_body(request, schemas.NEW_METER)
    organization_rules.refuse_named(body.organization_id)
    meter = await request.services.commerce.meters.create(
        request.caller.organization_id, schemas.new_meter_of(body)
    )
    return Response(201, meter)


async def get_meter(request: Request) -> Response:
    """Get a meter by ID."""
    return await objects.send(request, request.services.commerce.meters)


async def update_meter(request: Request) -> Response:
    """Update a meter by ID. What is left out or null stays as it is."""
    meter_id, body = await bodies.read_name_and_body(request, objects.read_id, schemas.METER_CHANGE)
    meter = await request.services.commerce.meters.update(
        request.caller.organization_id, meter_id, schemas.change_of(body)
    )
    return Response(200, meter)


METER_ROUTES = [
    *QUANTITY_ROUTES,
    Route(
        method="GET",
        path="/v1/meters/",
        handler=list_meters,
        scopes=METERS_READ,
        operation_id="meters:list",
        parameters="MeterListParameters",
        answer="ListResource_Meter_",
        errors=(422,),
    ),
    Route(
        method="POST",
        path="/v1/meters/",
        handler=create_meter,
        scopes=METERS_WRITE,
        operation_id="meters:create",
        body="MeterCreate",
        answer="Meter",
        statuses=(201,),
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/meters/{id}",
        handler=get_meter,
        scopes=METERS_READ,
        operation_id="meters:get",
        places="MeterPlaces",
        answer="Meter",
        errors=(404, 422),
    ),
    Route(
        method="PATCH",
        path="/v1/meters/{id}",
        handler=update_meter,
        scopes=METERS_WRITE,
        operation_id="meters:update",
        places="MeterPlaces",
        body="MeterUpdate",
        answer="Meter",
        errors=(404, 422),
    ),
]
