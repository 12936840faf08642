"""The routing table: every endpoint of the wire, in the order they are tried."""

from icefloe.api import customers, health
from icefloe.api.routing import Route, Routes
from icefloe.domain.access import CUSTOMERS_READ

ROUTES = Routes(
    [
        Route(
            method="GET",
            path="/v1/customers/",
            aliases=("/v1/customers",),
            handler=customers.list_customers,
            scopes=CUSTOMERS_READ,
        ),
        Route(
            method="GET",
            path="/v1/customers/{id}",
            handler=customers.get_customer,
            scopes=CUSTOMERS_READ,
        ),
        Route(
            method="GET",
            path="/v1/customers/external/{external_id}",
            handler=customers.get_external_customer,
            scopes=CUSTOMERS_READ,
        ),
        Route(method="GET", path="/healthz", handler=health.check_liveness),
        Route(method="GET", path="/readyz", handler=health.check_readiness),
    ]
)
