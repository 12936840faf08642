"""The endpoints of orders."""

from collections.abc import AsyncIterator
from typing import NoReturn
from zoneinfo import ZoneInfo

from icefloe.api import authentication, bodies, errors
from icefloe.api.commerce import objects
from icefloe.api.commerce.schemas import orders as schemas
from icefloe.api.messages import Request, Response
from icefloe.api.routing import Route
from icefloe.domain import organization_rules
from icefloe.domain.values.access import ORDERS_READ, ORDERS_WRITE
from icefloe.domain.values.commerce import Filter
from icefloe.domain.values.errors import OffSessionChargesNotEnabled
from icefloe.domain.values.orders import add_newer_fields
from icefloe.exchange import order_rows

_CSV = b"text/csv; charset=utf-8"
_ATTACHMENT = (b"content-disposition", b'attachment; filename="polar-orders.csv"')


async def list_orders(request: Request) -> Response:
    """List orders, the newest first unless another order is asked for."""
    asked = schemas.read_order_list(request.query_string)
    page = await objects.send_list(
        request,
        request.services.commerce.orders,
        asked,
        asked.sorting,
        [
            *objects.one_of("product_id", asked.product_id),
            *objects.one_of("product_billing_type", asked.product_billing_type),
            *objects.one_of("discount_id", asked.discount_id),
            *objects.one_of("customer_id", asked.customer_id),
            *_storable("external_customer_id", asked.external_customer_id),
            *objects.one_of("checkout_id", asked.checkout_id),
            *objects.one_of("subscription_id", asked.subscription_id),
            *objects.one_of("status", asked.status),
            *objects.between("created_at", asked.created_after, asked.created_before),
        ],
        metadata=asked.metadata,
    )
    return objects.answer(request, 200, page.body, add_newer_fields)


async def create_order(request: Request) -> NoReturn:
    """Create a draft order. Always refused: no organization here has off-session charges."""
    body = await bodies.read_body(request, schemas.NEW_ORDER)
    organization_rules.refuse_named(body.organization_id)
    raise OffSessionChargesNotEnabled(request.caller.organization_id)


async def export_orders(request: Request) -> Response:
    """Export orders as CSV, the newest first."""
    asked = schemas.read_order_export(request.query_string)
    permitted = authentication.while_valid(request, ORDERS_READ, _render_export(request, asked))
    return Response(200, content_type=_CSV, headers=[_ATTACHMENT], parts=permitted)


async def get_order(request: Request) -> Response:
    """Get an order by ID."""
    found = await objects.send(request, request.services.commerce.orders)
    return objects.answer(request, 200, found.body, add_newer_fields)


async def update_order(request: Request) -> Response:
    """Update an order by ID: what is on its invoice. What is left out stays as it is."""
    order_id, body = await bodies.read_name_and_body(request, objects.read_id, schemas.ORDER_CHANGE)
    order = await request.services.commerce.orders.update(
        request.caller.organization_id, order_id, schemas.change_of(body)
    )
    return objects.answer(request, 200, order, add_newer_fields)


async def finalize_order(request: Request) -> NoReturn:
    """Finalize a draft order by ID. Always refused: no organization here has off-session charges."""
    order_id, _ = await bodies.read_name_and_body(request, objects.read_id, schemas.FINALIZATION)
    raise await request.services.commerce.orders.find_refusal(
        request.caller.organization_id, order_id
    )


async def generate_invoice(request: Request) -> Response:
    """Generate an order's invoice. From then on the order says that it has one."""
    await request.services.commerce.orders.generate_invoice(
        request.caller.organization_id, objects.read_id(request)
    )
    return Response(202, b"null")


async def get_invoice(request: Request) -> Response:
    """Get an order's invoice. There are no files here: 501 for an order that has one."""
    await request.services.commerce.orders.check_invoice(
        request.caller.organization_id, objects.read_id(request)
    )
    return errors.not_implemented("GET", "/v1/orders/{id}/invoice")


async def get_receipt(request: Request) -> Response:
    """Get an order's receipt. There are no files here: 501 for an order that has one."""
    await request.services.commerce.orders.check_receipt(
        request.caller.organization_id, objects.read_id(request)
    )
    return errors.not_implemented("GET", "/v1/orders/{id}/receipt")


async def _render_export(
    request: Request, asked: schemas.OrderExportParameters
) -> AsyncIterator[bytes]:
    """The lines of an export, in parts."""
    yield order_rows.render_header(asked.columns).encode()
    organization_id, wanted = request.caller.organization_id, asked.organization_id
    if wanted is not None and organization_id not in wanted:
        return
    zone = ZoneInfo(asked.timezone)
    filters = (
        *objects.one_of("product_id", asked.product_id),
        *objects.one_of("status", asked.status),
        *objects.between("created_at", asked.created_after, asked.created_before),
    )
    async for batch in request.services.commerce.orders.walk(organization_id, filters):
        rows = [order_rows.render_row(order, asked.columns, zone) for order in batch]
        yield "".join(rows).encode()


def _storable(name: str, given: list[str] | None) -> list[Filter]:
    """The filter for texts; nothing that is stored has a NUL."""
    return objects.one_of(name, given and [text for text in given if "\0" not in text])


ORDER_ROUTES = [
    Route(
        method="GET",
        path="/v1/orders/",
        handler=list_orders,
        scopes=ORDERS_READ,
        operation_id="orders:list",
        parameters="OrderListParameters",
        answer="ListResource_Order_",
        errors=(422,),
    ),
    Route(
        method="POST",
        path="/v1/orders/",
        handler=create_order,
        scopes=ORDERS_WRITE,
        operation_id="orders:create",
        body="OrderCreate",
        answer="Order",
        statuses=(),
        errors=(403, 422),
    ),
    Route(
        method="GET",
        path="/v1/orders/export",
        handler=export_orders,
        scopes=ORDERS_READ,
        operation_id="orders:export",
        parameters="OrderExportParameters",
        answer="text/csv",
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/orders/{id}",
        handler=get_order,
        scopes=ORDERS_READ,
        operation_id="orders:get",
        places="OrderPlaces",
        answer="Order",
        errors=(404, 422),
    ),
    Route(
        method="PATCH",
        path="/v1/orders/{id}",
        handler=update_order,
        scopes=ORDERS_WRITE,
        operation_id="orders:update",
        places="OrderPlaces",
        body="OrderUpdate",
        answer="Order",
        errors=(404, 422),
    ),
    Route(
        method="POST",
        path="/v1/orders/{id}/finalize",
        handler=finalize_order,
        scopes=ORDERS_WRITE,
        operation_id="orders:finalize",
        places="OrderPlaces",
        body="OrderFinalize",
        answer="Order",
        statuses=(),
        errors=(403, 404, 412, 422),
    ),
    Route(
        method="POST",
        path="/v1/orders/{id}/invoice",
        handler=generate_invoice,
        scopes=ORDERS_WRITE,
        operation_id="orders:generate_invoice",
        places="OrderPlaces",
        statuses=(202,),
        errors=(404, 422),
    ),
    Route(
        method="GET",
        path="/v1/orders/{id}/invoice",
        handler=get_invoice,
        scopes=ORDERS_READ,
        operation_id="orders:invoice",
        places="OrderPlaces",
        answer="OrderInvoice",
        statuses=(),
        errors=(404, 422, 501),
    ),
    Route(
        method="GET",
        path="/v1/orders/{id}/receipt",
        handler=get_receipt,
        scopes=ORDERS_READ,
        operation_id="orders:receipt",
        places="OrderPlaces",
        answer="OrderReceipt",
        statuses=(),
        errors=(404, 422, 501),
    ),
]
