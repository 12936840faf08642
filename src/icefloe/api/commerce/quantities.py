"""The endpoint of what a meter counted over time."""

from zoneinfo import ZoneInfo

from icefloe.api import deep_object, pagination
from icefloe.api.commerce import objects
from icefloe.api.commerce.schemas import quantities as schemas
from icefloe.api.messages import Request, Response, json_response
from icefloe.api.routing import Route
from icefloe.domain.commerce.quantities import QuantityQuery
from icefloe.domain.values import moments
from icefloe.domain.values.access import METERS_READ
from icefloe.domain.values.usage import UsageEventFilter


async def get_quantities(request: Request) -> Response:
    """Get what a meter counted in each period of a range, and in all of it."""
    meter_id = objects.read_id(request)
    asked = schemas.read_quantities(request.query_string)
    function = asked.customer_aggregation_function
    query = QuantityQuery(
        start=asked.start_timestamp,
        end=asked.end_timestamp,
        interval=asked.interval,
        zone=ZoneInfo(asked.timezone),
        wanted=UsageEventFilter(
            customer_ids=objects.each_once(asked.customer_id),
            external_customer_ids=objects.each_once(asked.external_customer_id),
            metadata=deep_object.metadata_filters(asked.metadata),
        ),
        per_customer=None if function is None else function.value,
    )
    found = await request.services.commerce.quantities.find(
        request.caller.organization_id, meter_id, query
    )
    request.notices += pagination.find_notices(0, asked.unknown, deep_object.find_hint)
    return json_response(
        200,
        {
            "quantities": [
                {"timestamp": moments.render(begin), "quantity": quantity}
                for begin, quantity in found.periods
            ],
            "total": found.total,
        },
    )


QUANTITY_ROUTES = [
    Route(
        method="GET",
        path="/v1/meters/{id}/quantities",
        handler=get_quantities,
        scopes=METERS_READ,
        operation_id="meters:quantities",
        places="MeterPlaces",
        parameters="QuantityParameters",
        answer="MeterQuantities",
        errors=(404, 422),
    ),
]
