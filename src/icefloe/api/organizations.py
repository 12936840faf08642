"""The endpoints of organizations. A token sees its own alone."""

from uuid import UUID

from icefloe.api import bodies, pagination
from icefloe.api.messages import Request, Response
from icefloe.api.schemas import organizations as schemas
from icefloe.api.schemas.organization_lists import read_organization_list
from icefloe.api.schemas.paths import read_uuid4
from icefloe.domain.values.organizations import OrganizationQuery


async def list_organizations(request: Request) -> Response:
    """List organizations: the token's own."""
    parameters = read_organization_list(request.query_string)
    query = OrganizationQuery(
        slug=parameters.slug,
        page=pagination.read_page_request(parameters.page, parameters.limit),
    )
    page = await request.services.organizations.find_page(request.caller, query)
    request.notices += pagination.find_notices(parameters.limit, parameters.unknown)
    return Response(200, pagination.render_list(page, query.page))


async def get_organization(request: Request) -> Response:
    """Get an organization by ID."""
    organizations = request.services.organizations
    return Response(200, await organizations.get_document(request.caller, _read_id(request)))


async def update_organization(request: Request) -> Response:
    """Update an organization by ID.

    What is left out stays as it is. Settings that are objects are replaced as a whole, except for
    `feature_settings`.
    """
    organization_id, body = await bodies.read_name_and_body(
        request, _read_id, schemas.ORGANIZATION_CHANGE
    )
    document = await request.services.organizations.change(
        request.caller, organization_id, schemas.change_of(body)
    )
    return Response(200, document)


def _read_id(request: Request) -> UUID:
    return read_uuid4(request.path_parameters["id"], "id")
