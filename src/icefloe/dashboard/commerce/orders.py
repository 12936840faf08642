"""Orders: the list, and the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icefloe.dashboard.commerce import lists
from icefloe.dashboard.commerce.queries import Listing, by_id, by_moment, by_text, by_word
from icefloe.dashboard.customers import countries
from icefloe.dashboard.customers.history import pretty
from icefloe.domain.values.metadata import text_of
from icefloe.domain.values.orders import OrderStatus, ProductBillingType

if TYPE_CHECKING:
    from starlette.responses import Response

    from icefloe.dashboard.visits import Visit

LISTING = Listing(
    fields=(
        by_word("status", "Status", OrderStatus),
        by_id("product_id", "Product", is_choice=True),
        by_word("product_billing_type", "Product is paid", ProductBillingType),
        by_moment("created_after", "Created after (UTC)", "created_at", "from"),
        by_moment("created_before", "Created before (UTC)", "created_at", "until"),
        by_id("customer_id", "Customer's ID"),
        by_text("external_customer_id", "Customer's external ID"),
        by_id("subscription_id", "Subscription's ID"),
        by_id("discount_id", "Discount's ID"),
        by_id("checkout_id", "Checkout's ID"),
    ),
    sorts=frozenset(
        {"created_at", "customer", "invoice_number", "net_amount", "product", "status"}
    ),
    usual_sort="-created_at",
)


async def show_list(visit: Visit) -> Response:
    """The list, as the address says."""
    # A part of the page leaves the form as it is.
    products = [] if visit.is_partial else await lists.find_products(visit)
    return await lists.show(
        visit, visit.services.commerce.orders, LISTING, choices={"product_id": products}
    )


async def show(visit: Visit) -> Response:
    """Everything there is of an order."""
    order = await lists.get(visit, visit.services.commerce.orders, "order_id")
    return visit.render(
        "commerce/order.html",
        order=order,
        country=countries.NAMES.get((order["billing_address"] or {}).get("country", "")),
        metadata=[(key, text_of(value)) for key, value in order["metadata"].items()],
        json=pretty(order),
    )
