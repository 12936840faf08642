"""The endpoints of benefit grants."""

from icefloe.api import pagination
from icefloe.api.commerce import objects
from icefloe.api.commerce.schemas import benefit_grants as schemas
from icefloe.api.messages import Request, Response
from icefloe.api.routing import Route
from icefloe.api.schemas.paths import read_uuid4_and_query
from icefloe.domain.values.access import BENEFITS_READ
from icefloe.domain.values.commerce import Filter, ObjectQuery, Order


async def list_grants(request: Request) -> Response:
    """List benefit grants, the newest first."""
    asked = schemas.read_grant_list(request.query_string)
    return await objects.send_list(
        request,
        request.services.commerce.benefit_grants,
        asked,
        asked.sorting,
        [
            *objects.one_of("customer_id", asked.customer_id),
            *objects.one_of("external_customer_id", asked.external_customer_id),
            *objects.one_of("is_granted", asked.is_granted),
        ],
    )


async def list_grants_of_benefit(request: Request) -> Response:
    """List the grants of a benefit by the benefit's ID, the oldest first."""
    benefit_id, asked = read_uuid4_and_query(
        request.path_parameters["id"], "id", schemas.read_grants_of_benefit, request.query_string
    )
    query = ObjectQuery(
        page=pagination.read_page_request(asked.page, asked.limit),
        filters=(
            Filter("benefit_id", (benefit_id,)),
            *objects.one_of("is_granted", asked.is_granted),
            *objects.one_of("customer_id", asked.customer_id),
            *objects.one_of("member_id", asked.member_id),
        ),
        sorting=(Order("created_at"),),
    )
    page = await request.services.commerce.benefit_grants.find_page_of(
        request.caller.organization_id, benefit_id, query
    )
    request.notices += pagination.find_notices(asked.limit, asked.unknown)
    return Response(200, pagination.render_list(page, query.page))


GRANT_ROUTES = [
    Route(
        method="GET",
        path="/v1/benefit-grants/",
        handler=list_grants,
        scopes=BENEFITS_READ,
        operation_id="benefit-grants:list",
        parameters="BenefitGrantListParameters",
        answer="ListResource_BenefitGrant_",
        errors=(422,),
    ),
]
GRANTS_OF_BENEFIT = Route(
    method="GET",
    path="/v1/benefits/{id}/grants",
    handler=list_grants_of_benefit,
    scopes=BENEFITS_READ,
    operation_id="benefits:grants",
    places="BenefitPlaces",
    parameters="GrantsOfBenefitParameters",
    answer="ListResource_BenefitGrant_",
    errors=(404, 422),
)
