"""The routing table: every endpoint of the wire, in the order they are tried.

`routing.Route` says what the fields of a row mean. A noun beside the customers has a module of rows,
which is imported at the first request for one of its paths: start-up must be quick.
"""

import importlib
from collections.abc import Callable, Sequence

from icefloe.api import customer_reports, customer_writes, customers, health, listen
from icefloe.api.docs import Docs
from icefloe.api.member_routes import MEMBER_ROUTES
from icefloe.api.routing import Route, Routes
from icefloe.domain.values.access import CUSTOMERS_READ, CUSTOMERS_WRITE

_CUSTOMERS = [
    Route(
        method="GET",
        path="/v1/customers/",
        aliases=("/v1/customers",),
        handler=customers.list_customers,
        scopes=CUSTOMERS_READ,
        operation_id="customers:list",
        parameters="CustomerListParameters",
        answer="ListResource_Customer_",
        errors=(422,),
    ),
    Route(
        method="POST",
        path="/v1/customers/",
        aliases=("/v1/customers",),
        handler=customer_writes.create_customer,
        scopes=CUSTOMERS_WRITE,
        operation_id="customers:create",
        parameters="IdempotencyParameters",
        body="CustomerCreate",
        answer="Customer",
        statuses=(201,),
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/customers/export",
        handler=customer_reports.export_customers,
        scopes=CUSTOMERS_READ,
        operation_id="customers:export",
        parameters="CustomerExportParameters",
        answer="text/csv",
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/customers/growth",
        handler=customer_reports.get_growth,
        scopes=CUSTOMERS_READ,
        operation_id="customers:growth",
        parameters="CustomerGrowthParameters",
        answer="CustomerGrowth",
        errors=(403, 422),
        is_ours=True,
    ),
    Route(
        method="GET",
        path="/v1/customers/external/{external_id}",
        handler=customers.get_external_customer,
        scopes=CUSTOMERS_READ,
        operation_id="customers:get_external",
        answer="Customer",
        errors=(404, 422),
    ),
    Route(
        method="PATCH",
        path="/v1/customers/external/{external_id}",
        handler=customer_writes.update_external_customer,
        scopes=CUSTOMERS_WRITE,
        operation_id="customers:update_external",
        body="CustomerUpdateExternalID",
        answer="Customer",
        errors=(404, 422),
    ),
    Route(
        method="PUT",
        path="/v1/customers/external/{external_id}",
        handler=customer_writes.put_external_customer,
        scopes=CUSTOMERS_WRITE,
        operation_id="customers:put_external",
        body="CustomerCreate",
        answer="Customer",
        statuses=(200, 201),
        errors=(422,),
        is_ours=True,
    ),
    Route(
        method="DELETE",
        path="/v1/customers/external/{external_id}",
        handler=customer_writes.delete_external_customer,
        scopes=CUSTOMERS_WRITE,
        operation_id="customers:delete_external",
        parameters="CustomerDeleteParameters",
        statuses=(204,),
        errors=(404, 422),
    ),
    Route(
        method="GET",
        path="/v1/customers/external/{external_id}/state",
        handler=customer_reports.get_external_state,
        scopes=CUSTOMERS_READ,
        operation_id="customers:get_state_external",
        answer="CustomerState",
        errors=(404, 422),
    ),
    Route(
        method="GET",
        path="/v1/customers/external/{external_id}/payment-methods",
        handler=customer_reports.list_external_payment_methods,
        scopes=CUSTOMERS_READ,
        operation_id="customers:list_payment_methods_external",
        parameters="PageParameters",
        answer="ListResource_PaymentMethod_",
        errors=(404, 422),
    ),
    Route(
        method="GET",
        path="/v1/customers/{id}",
        handler=customers.get_customer,
        scopes=CUSTOMERS_READ,
        operation_id="customers:get",
        answer="Customer",
        errors=(404, 422),
    ),
    Route(
        method="PATCH",
        path="/v1/customers/{id}",
        handler=customer_writes.update_customer,
        scopes=CUSTOMERS_WRITE,
        operation_id="customers:update",
        body="CustomerUpdate",
        answer="Customer",
        errors=(404, 422),
    ),
    Route(
        method="DELETE",
        path="/v1/customers/{id}",
        handler=customer_writes.delete_customer,
        scopes=CUSTOMERS_WRITE,
        operation_id="customers:delete",
        parameters="CustomerDeleteParameters",
        statuses=(204,),
        errors=(404, 422),
    ),
    Route(
        method="GET",
        path="/v1/customers/{id}/state",
        handler=customer_reports.get_state,
        scopes=CUSTOMERS_READ,
        operation_id="customers:get_state",
        answer="CustomerState",
        errors=(404, 422),
    ),
    Route(
        method="GET",
        path="/v1/customers/{id}/payment-methods",
        handler=customer_reports.list_payment_methods,
        scopes=CUSTOMERS_READ,
        operation_id="customers:list_payment_methods",
        parameters="PageParameters",
        answer="ListResource_PaymentMethod_",
        errors=(404, 422),
    ),
]

_HEALTH = [
    Route(
        method="GET",
        path="/healthz",
        handler=health.check_liveness,
        operation_id="health:check_liveness",
        answer="Health",
        is_ours=True,
    ),
    Route(
        method="GET",
        path="/readyz",
        handler=health.check_readiness,
        operation_id="health:check_readiness",
        answer="Health",
        is_ours=True,
    ),
]


def _rows(module: str, name: str) -> Callable[[], Sequence[Route]]:
    """Imports rows when they are asked for."""

    def load() -> Sequence[Route]:
        rows: Sequence[Route] = getattr(importlib.import_module(f"icefloe.api.{module}"), name)
        return rows

    return load


# By the first segments of their paths, in the order of the descriptions.
_LATE = {
    "/v1/organizations": _rows("organization_routes", "ORGANIZATION_ROUTES"),
    "/v1/webhooks": _rows("webhook_routes", "WEBHOOK_ROUTES"),
    "/v1/products": _rows("commerce.products", "PRODUCT_ROUTES"),
    "/v1/benefits": _rows("commerce.benefits", "BENEFIT_ROUTES"),
    "/v1/benefit-grants": _rows("commerce.benefit_grants", "GRANT_ROUTES"),
    "/v1/subscriptions": _rows("commerce.subscriptions", "SUBSCRIPTION_ROUTES"),
    "/v1/discounts": _rows("commerce.discounts", "DISCOUNT_ROUTES"),
    "/v1/meters": _rows("commerce.meters", "METER_ROUTES"),
    "/v1/events": _rows("commerce.events", "EVENT_ROUTES"),
    "/v1/customer-meters": _rows("commerce.customer_meters", "CUSTOMER_METER_ROUTES"),
    "/v1/orders": _rows("commerce.orders", "ORDER_ROUTES"),
}


def _described() -> list[Route]:
    """The rows that the descriptions have, in their order."""
    late = [route for load in _LATE.values() for route in load()]
    return [*_CUSTOMERS, *MEMBER_ROUTES, *late, *_HEALTH]


DOCS = Docs(_described)

ROUTES = Routes(
    [
        *_CUSTOMERS,
        *MEMBER_ROUTES,
        *_HEALTH,
        Route(
            method="GET",
            path=listen.PATH,
            handler=listen.listen,
            scopes=listen.ANY_SCOPES,
            errors=(404, 422),
        ),
        Route(method="GET", path="/{version}/openapi.json", handler=DOCS.send_document),
        Route(method="GET", path="/docs", handler=DOCS.send_page),
    ],
    _LATE,
)
