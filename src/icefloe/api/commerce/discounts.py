"""The endpoints of discounts."""

from icefloe.api import bodies
from icefloe.api.commerce import objects
from icefloe.api.commerce.schemas import discounts as schemas
from icefloe.api.messages import Request, Response
from icefloe.api.routing import Route
from icefloe.domain import organization_rules
from icefloe.domain.values.access import DISCOUNTS_READ, DISCOUNTS_WRITE


async def list_discounts(request: Request) -> Response:
    """List discounts, the newest first."""
    asked = schemas.read_discount_list(request.query_string)
    return await objects.send_list(
        request, request.services.commerce.discounts, asked, asked.sorting, text=asked.query
    )


async def create_discount(request: Request) -> Response:
    """Create a discount. Its type says whether it takes off a part of the price or an amount."""
    body = await bodies.read_body(request, schemas.NEW_DISCOUNT)
    organization_rules.refuse_named(body.organization_id)
    discount = await request.services.commerce.discounts.create(
        request.caller.organization_id, schemas.new_discount_of(body)
    )
    return Response(201, discount)


async def get_discount(request: Request) -> Response:
    """Get a discount by ID."""
    return await objects.send(request, request.services.commerce.discounts)


async def update_discount(request: Request) -> Response:
    """Update a discount by ID. What is left out stays as it is; type and duration cannot change."""
    discount_id, body = await bodies.read_name_and_body(
        request, objects.read_id, schemas.DISCOUNT_CHANGE
    )
    discount = await request.services.commerce.discounts.update(
        request.caller.organization_id, discount_id, schemas.change_of(body)
    )
    return Response(200, discount)


async def delete_discount(request: Request) -> Response:
    """Delete a discount by ID. Its code is free again."""
    await request.services.commerce.discounts.delete(
        request.caller.organization_id, objects.read_id(request)
    )
    return Response(204)


DISCOUNT_ROUTES = [
    Route(
        method="GET",
        path="/v1/discounts/",
        handler=list_discounts,
        scopes=DISCOUNTS_READ,
        operation_id="discounts:list",
        parameters="DiscountListParameters",
        answer="ListResource_Discount_",
        errors=(422,),
    ),
    Route(
        method="POST",
        path="/v1/discounts/",
        handler=create_discount,
        scopes=DISCOUNTS_WRITE,
        operation_id="discounts:create",
        body="DiscountCreate",
        answer="Discount",
        statuses=(201,),
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/discounts/{id}",
        handler=get_discount,
        scopes=DISCOUNTS_READ,
        operation_id="discounts:get",
        places="DiscountPlaces",
        answer="Discount",
        errors=(404, 422),
    ),
    Route(
        method="PATCH",
        path="/v1/discounts/{id}",
        handler=update_discount,
        scopes=DISCOUNTS_WRITE,
        operation_id="discounts:update",
        places="DiscountPlaces",
        body="DiscountUpdate",
        answer="Discount",
        errors=(404, 422),
    ),
    Route(
        method="DELETE",
        path="/v1/discounts/{id}",
        handler=delete_discount,
        scopes=DISCOUNTS_WRITE,
        operation_id="discounts:delete",
        places="DiscountPlaces",
        statuses=(204,),
        errors=(404, 422),
    ),
]
