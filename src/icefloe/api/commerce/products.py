"""The endpoints of products."""

from icefloe.api import bodies
from icefloe.api.commerce import objects
from icefloe.api.commerce.schemas import products as schemas
from icefloe.api.messages import Request, Response
from icefloe.api.routing import Route
from icefloe.domain import organization_rules
from icefloe.domain.values.access import PRODUCTS_READ, PRODUCTS_WRITE
from icefloe.domain.values.products import add_newer_fields


async def list_products(request: Request) -> Response:
    """List products, the newest first, archived ones too."""
    asked = schemas.read_product_list(request.query_string)
    page = await objects.send_list(
        request,
        request.services.commerce.products,
        asked,
        asked.sorting,
        [
            *objects.one_of("id", asked.id),
            *objects.one_of("is_archived", asked.is_archived),
            *objects.one_of("is_recurring", asked.is_recurring),
            *objects.one_of("benefit_id", asked.benefit_id),
            *objects.one_of("visibility", asked.visibility),
        ],
        text=asked.query,
        metadata=asked.metadata,
    )
    return objects.answer(request, 200, page.body, add_newer_fields)


async def create_product(request: Request) -> Response:
    """Create a product, with its prices. One with a `recurring_interval` is paid again and again."""
    body = await bodies.read_body(request, schemas.NEW_PRODUCT)
    organization_rules.refuse_named(body.organization_id)
    product = await request.services.commerce.products.create(
        request.caller.organization_id, schemas.new_product_of(body)
    )
    return objects.answer(request, 201, product, add_newer_fields)


async def get_product(request: Request) -> Response:
    """Get a product by ID."""
    product = await request.services.commerce.products.get(
        request.caller.organization_id, objects.read_id(request)
    )
    return objects.answer(request, 200, product, add_newer_fields)


async def update_product(request: Request) -> Response:
    """Update a product by ID. What is left out stays as it is.

    Prices are replaced as a whole: `{"id": …}` takes over one that the product has.
    """
    product_id, body = await bodies.read_name_and_body(
        request, objects.read_id, schemas.PRODUCT_CHANGE
    )
    product = await request.services.commerce.products.update(
        request.caller.organization_id, product_id, schemas.change_of(body)
    )
    return objects.answer(request, 200, product, add_newer_fields)


async def update_benefits(request: Request) -> Response:
    """Give a product these benefits, in their order, instead of those it has."""
    product_id, body = await bodies.read_name_and_body(
        request, objects.read_id, schemas.PRODUCT_BENEFITS
    )
    product = await request.services.commerce.products.set_benefits(
        request.caller.organization_id, product_id, body.benefits
    )
    return objects.answer(request, 200, product, add_newer_fields)


PRODUCT_ROUTES = [
    Route(
        method="GET",
        path="/v1/products/",
        handler=list_products,
        scopes=PRODUCTS_READ,
        operation_id="products:list",
        parameters="ProductListParameters",
        answer="ListResource_Product_",
        errors=(422,),
    ),
    Route(
        method="POST",
        path="/v1/products/",
        handler=create_product,
        scopes=PRODUCTS_WRITE,
        operation_id="products:create",
        body="ProductCreate",
        answer="Product",
        statuses=(201,),
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/products/{id}",
        handler=get_product,
        scopes=PRODUCTS_READ,
        operation_id="products:get",
        places="ProductPlaces",
        answer="Product",
        errors=(404, 422),
    ),
    Route(
        method="PATCH",
        path="/v1/products/{id}",
        handler=update_product,
        scopes=PRODUCTS_WRITE,
        operation_id="products:update",
        places="ProductPlaces",
        body="ProductUpdate",
        answer="Product",
        errors=(404, 422),
    ),
    Route(
        method="POST",
        path="/v1/products/{id}/benefits",
        handler=update_benefits,
        scopes=PRODUCTS_WRITE,
        operation_id="products:update_benefits",
        places="ProductPlaces",
        body="ProductBenefitsUpdate",
        answer="Product",
        errors=(404, 422),
    ),
]
