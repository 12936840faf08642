"""The endpoints of benefits."""

from icefloe.api import bodies
from icefloe.api.commerce import objects
from icefloe.api.commerce.benefit_grants import GRANTS_OF_BENEFIT
from icefloe.api.commerce.schemas import benefits as schemas
from icefloe.api.messages import Request, Response
from icefloe.api.routing import Route
from icefloe.domain import organization_rules
from icefloe.domain.values.access import BENEFITS_READ, BENEFITS_WRITE
from icefloe.domain.values.commerce import Filter


async def list_benefits(request: Request) -> Response:
    """List benefits, the newest first."""
    asked = schemas.read_benefit_list(request.query_string)
    excluded = asked.exclude_id or ()
    return await objects.send_list(
        request,
        request.services.commerce.benefits,
        asked,
        asked.sorting,
        [
            *objects.one_of("type", asked.type),
            *objects.one_of("id", asked.id),
            *([Filter("id", tuple(excluded), "none of")] if excluded else []),
        ],
        text=asked.query,
        metadata=asked.metadata,
    )


async def create_benefit(request: Request) -> Response:
    """Create a benefit. Its type says what it consists of."""
    body = await bodies.read_body(request, schemas.NEW_BENEFIT)
    organization_rules.refuse_named(body.organization_id)
    benefit = await request.services.commerce.benefits.create(
        request.caller.organization_id, schemas.new_benefit_of(body)
    )
    return Response(201, benefit)


async def get_benefit(request: Request) -> Response:
    """Get a benefit by ID."""
    return await objects.send(request, request.services.commerce.benefits)


async def update_benefit(request: Request) -> Response:
    """Update a benefit by ID. What is left out or null stays as it is; the type must be its own."""
    benefit_id, body = await bodies.read_name_and_body(
        request, objects.read_id, schemas.BENEFIT_CHANGE
    )
    benefit = await request.services.commerce.benefits.update(
        request.caller.organization_id, benefit_id, schemas.change_of(body)
    )
    return Response(200, benefit)


async def delete_benefit(request: Request) -> Response:
    """Delete a benefit by ID. It leaves the products that have it."""
    await request.services.commerce.benefits.delete(
        request.caller.organization_id, objects.read_id(request)
    )
    return Response(204)


BENEFIT_ROUTES = [
    GRANTS_OF_BENEFIT,
    Route(
        method="GET",
        path="/v1/benefits/",
        handler=list_benefits,
        scopes=BENEFITS_READ,
        operation_id="benefits:list",
        parameters="BenefitListParameters",
        answer="ListResource_Benefit_",
        errors=(422,),
    ),
    Route(
        method="POST",
        path="/v1/benefits/",
        handler=create_benefit,
        scopes=BENEFITS_WRITE,
        operation_id="benefits:create",
        body="BenefitCreate",
        answer="Benefit",
        statuses=(201,),
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/benefits/{id}",
        handler=get_benefit,
        scopes=BENEFITS_READ,
        operation_id="benefits:get",
        places="BenefitPlaces",
        answer="Benefit",
        errors=(404, 422),
    ),
    Route(
        method="PATCH",
        path="/v1/benefits/{id}",
        handler=update_benefit,
        scopes=BENEFITS_WRITE,
        operation_id="benefits:update",
        places="BenefitPlaces",
        body="BenefitUpdate",
        answer="Benefit",
        errors=(404, 422),
    ),
    Route(
        method="DELETE",
        path="/v1/benefits/{id}",
        handler=delete_benefit,
        scopes=BENEFITS_WRITE,
        operation_id="benefits:delete",
        places="BenefitPlaces",
        statuses=(204,),
        errors=(404, 422),
    ),
]
