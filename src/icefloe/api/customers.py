"""The endpoints of customers."""

from icefloe.api import deep_object, pagination, sorting
from icefloe.api.messages import Request, Response
from icefloe.api.schemas.lists import CustomerListParameters, read_customer_list
from icefloe.api.schemas.paths import read_uuid4
from icefloe.domain.listing import CustomerQuery


async def list_customers(request: Request) -> Response:
    """List customers."""
    parameters = read_customer_list(request.query_string)
    organization_ids = parameters.organization_id
    query = _query(parameters)
    page = await request.services.customers.find_page(
        request.caller,
        query,
        organization_ids=None if organization_ids is None else frozenset(organization_ids),
    )
    if parameters.unknown or parameters.limit != query.page.limit:
        request.notices += pagination.find_notices(parameters.limit, parameters.unknown)
    return Response(200, pagination.render_list(page, query.page))


async def get_customer(request: Request) -> Response:
    """Get a customer by ID."""
    customer_id = read_uuid4(request.path_parameters["id"], "id")
    return Response(200, await request.services.customers.get_document(request.caller, customer_id))


async def get_external_customer(request: Request) -> Response:
    """Get a customer by external ID."""
    external_id = request.path_parameters["external_id"]
    return Response(
        200, await request.services.customers.get_external_document(request.caller, external_id)
    )


def _query(parameters: CustomerListParameters) -> CustomerQuery:
    return CustomerQuery(
        email=parameters.email,
        query=parameters.query,
        metadata=deep_object.metadata_filters(parameters.metadata),
        active=parameters.active,
        sorting=sorting.read_sorting(parameters.sorting),
        page=pagination.read_page_request(parameters.page, parameters.limit),
    )
