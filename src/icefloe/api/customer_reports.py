"""The endpoints of a customer's state and payment methods, of export and of growth."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from icefloe.api import authentication, pagination
from icefloe.api.messages import Request, Response, json_response
from icefloe.api.schemas import lists
from icefloe.api.schemas.paths import read_uuid4, read_uuid4_and_query
from icefloe.domain.values.access import CUSTOMERS_READ
from icefloe.domain.values.listing import EMPTY_PAGE
from icefloe.exchange import csv_rows, exports

_CSV = b"text/csv; charset=utf-8"
_ATTACHMENT = (b"content-disposition", b'attachment; filename="polar-customers.csv"')


async def get_state(request: Request) -> Response:
    """Get a customer's state by ID: the customer, and what is active for it."""
    customer_id = read_uuid4(request.path_parameters["id"], "id")
    customers, organization_id = request.services.customers, request.caller.organization_id
    return Response(200, await customers.get_state(organization_id, customer_id))


async def get_external_state(request: Request) -> Response:
    """Get a customer's state by external ID: the customer, and what is active for it."""
    customers, organization_id = request.services.customers, request.caller.organization_id
    external_id = request.path_parameters["external_id"]
    return Response(200, await customers.get_external_state(organization_id, external_id))


async def list_payment_methods(request: Request) -> Response:
    """List a customer's payment methods by ID: always none: Icefloe has no payments."""
    customer_id, parameters = read_uuid4_and_query(
        request.path_parameters["id"], "id", lists.read_page, request.query_string
    )
    await request.services.customers.get_document(request.caller, customer_id)
    return _no_payment_methods(parameters)


async def list_external_payment_methods(request: Request) -> Response:
    """List a customer's payment methods by external ID: always none: Icefloe has no payments."""
    parameters = lists.read_page(request.query_string)
    await request.services.customers.get_external_document(
        request.caller, request.path_parameters["external_id"]
    )
    return _no_payment_methods(parameters)


async def export_customers(request: Request) -> Response:
    """Export customers as CSV."""
    wanted = lists.read_export(request.query_string).organization_id
    organization_id = request.caller.organization_id
    if wanted is not None and organization_id not in wanted:
        parts = _only_header()
    else:
        parts = exports.render_csv(request.services.customers, organization_id)
    permitted = authentication.while_valid(request, CUSTOMERS_READ, parts)
    return Response(200, content_type=_CSV, headers=[_ATTACHMENT], parts=permitted)


async def get_growth(request: Request) -> Response:
    """Count new customers and all customers, interval by interval.

    Where `start` has no offset, it is in UTC, and the answer's times have none either.
    """
    parameters = lists.read_growth(request.query_string)
    points = await request.services.growth.find_points(
        request.caller,
        parameters.organization_id,
        _in_utc(parameters.start),
        _in_utc(parameters.end),
        parameters.interval,
    )
    offset = "" if parameters.start.tzinfo is None else "Z"
    return json_response(
        200,
        [
            {
                "timestamp": point.timestamp.replace(tzinfo=None).isoformat() + offset,
                "new_customers": point.new_customers,
                "total_customers": point.total_customers,
            }
            for point in points
        ],
    )


def _no_payment_methods(parameters: lists.PageParameters) -> Response:
    request = pagination.read_page_request(parameters.page, parameters.limit)
    return Response(200, pagination.render_list(EMPTY_PAGE, request))


async def _only_header() -> AsyncIterator[bytes]:
    yield csv_rows.render_header().encode()


def _in_utc(moment: datetime) -> datetime:
    """A moment without an offset is in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
