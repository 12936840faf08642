"""The endpoints of customer meters."""

import json
from typing import cast

from icefloe.api import pagination
from icefloe.api.commerce import objects
from icefloe.api.commerce.schemas import customer_meters as schemas
from icefloe.api.messages import Request, Response
from icefloe.api.routing import Route
from icefloe.domain.commerce.usage import ShownMeter
from icefloe.domain.values import moments
from icefloe.domain.values.access import CUSTOMER_METERS_READ
from icefloe.domain.values.customer_meters import CustomerMeterQuery, CustomerMeterSort
from icefloe.domain.values.listing import Page


async def list_customer_meters(request: Request) -> Response:
    """List customer meters, the one that changed last first unless another order is asked for."""
    asked = schemas.read_customer_meter_list(request.query_string)
    query = CustomerMeterQuery(
        page=pagination.read_page_request(asked.page, asked.limit),
        customer_ids=objects.each_once(asked.customer_id),
        external_customer_ids=objects.each_once(asked.external_customer_id),
        meter_ids=objects.each_once(asked.meter_id),
        sorting=tuple(
            (cast("CustomerMeterSort", word.removeprefix("-")), word.startswith("-"))
            for word in asked.sorting
        ),
    )
    organization_id = request.caller.organization_id
    found: list[ShownMeter] = []
    count = 0
    if asked.organization_id is None or organization_id in asked.organization_id:
        found, count = await request.services.commerce.usage.find_customer_meters(
            organization_id, query
        )
    page = Page(b",".join(render(one) for one in found), count)
    request.notices += pagination.find_notices(asked.limit, asked.unknown)
    return Response(200, pagination.render_list(page, query.page))


async def get_customer_meter(request: Request) -> Response:
    """Get a customer meter by ID."""
    shown = await request.services.commerce.usage.get_customer_meter(
        request.caller.organization_id, objects.read_id(request)
    )
    return Response(200, render(shown))


CUSTOMER_METER_ROUTES = [
    Route(
        method="GET",
        path="/v1/customer-meters/",
        handler=list_customer_meters,
        scopes=CUSTOMER_METERS_READ,
        operation_id="customer_meters:list",
        parameters="CustomerMeterListParameters",
        answer="ListResource_CustomerMeter_",
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/customer-meters/{id}",
        handler=get_customer_meter,
        scopes=CUSTOMER_METERS_READ,
        operation_id="customer_meters:get",
        places="CustomerMeterPlaces",
        answer="CustomerMeter",
        errors=(404, 422),
    ),
]


def render(shown: ShownMeter) -> bytes:
    """A customer meter's document; its customer's and its meter's are put in as they are stored."""
    counted = shown.counted
    modified_at = counted.modified_at
    head = json.dumps(
        {
            "id": str(counted.id),
            "created_at": moments.render(counted.created_at),
            "modified_at": modified_at and moments.render(modified_at),
            "customer_id": str(counted.customer_id),
            "meter_id": str(counted.meter_id),
            "consumed_units": counted.consumed_units,
            "credited_units": counted.credited_units,
            "balance": counted.balance,
        },
        separators=(",", ":"),
    ).encode()
    return b'%b,"customer":%b,"meter":%b}' % (head[:-1], shown.customer, shown.meter)
