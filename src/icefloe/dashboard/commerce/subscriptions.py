"""Subscriptions: the list, and the page of one, where it can be cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.dashboard.commerce import lists
from icefloe.dashboard.commerce.queries import (
    Field,
    Listing,
    by_flag,
    by_id,
    by_moment,
    by_text,
    by_word,
)
from icefloe.dashboard.customers.history import pretty
from icefloe.dashboard.pages import NoSuchPage
from icefloe.domain.commerce.subscriptions import Cancellation
from icefloe.domain.values.commerce import Filter, ObjectQuery
from icefloe.domain.values.errors import SubscriptionRefused
from icefloe.domain.values.listing import MAX_LIMIT, PageRequest
from icefloe.domain.values.metadata import text_of
from icefloe.domain.values.subscriptions import (
    ACTIVE,
    INACTIVE,
    CustomerCancellationReason,
    SubscriptionStatus,
)

if TYPE_CHECKING:
    from typing import Any

    from starlette.responses import Response

    from icefloe.dashboard.visits import Visit

ORDERS_SHOWN = 10
REASONS = [(one, one.replace("_", " ")) for one in CustomerCancellationReason]

_ACTIVE = {
    "true": Filter("status", tuple(sorted(ACTIVE))),
    "false": Filter("status", tuple(sorted(INACTIVE))),
}
LISTING = Listing(
    fields=(
        Field(
            "active",
            "Active",
            _ACTIVE.get,
            "choice",
            [("true", "active or on trial"), ("false", "canceled or unpaid")],
        ),
        by_word("status", "Status", SubscriptionStatus),
        by_id("product_id", "Product", is_choice=True),
        by_flag("cancel_at_period_end", "End", "with its period", "none is set"),
        by_moment("started_after", "Started after (UTC)", "started_at", "from"),
        by_moment("started_before", "Started before (UTC)", "started_at", "until"),
        by_word("customer_cancellation_reason", "Canceled because", CustomerCancellationReason),
        by_moment("canceled_at_after", "Canceled after (UTC)", "canceled_at", "from"),
        by_moment("canceled_at_before", "Canceled before (UTC)", "canceled_at", "until"),
        by_id("customer_id", "Customer's ID"),
        by_text("external_customer_id", "Customer's external ID"),
        by_id("discount_id", "Discount's ID"),
    ),
    sorts=frozenset(
        {"amount", "current_period_end", "customer", "product", "started_at", "status"}
    ),
    usual_sort="-started_at",
)


async def show_list(visit: Visit) -> Response:
    """The list, as the address says."""
    # A part of the page leaves the form as it is.
    products = [] if visit.is_partial else await lists.find_products(visit)
    return await lists.show(
        visit, visit.services.commerce.subscriptions, LISTING, choices={"product_id": products}
    )


async def show(visit: Visit) -> Response:
    """Everything there is of a subscription, with what it brings and what was paid for it."""
    commerce = visit.services.commerce
    subscription = await _get(visit)
    own = Filter("subscription_id", (UUID(subscription["id"]),))
    of_customer = Filter("customer_id", (UUID(subscription["customer_id"]),))
    grants, _ = await lists.find_page(
        visit,
        commerce.benefit_grants,
        ObjectQuery(page=PageRequest(limit=MAX_LIMIT), filters=(of_customer, own)),
    )
    orders, orders_count = await lists.find_page(
        visit, commerce.orders, ObjectQuery(page=PageRequest(limit=ORDERS_SHOWN), filters=(own,))
    )
    return visit.render(
        "commerce/subscription.html",
        subscription=subscription,
        grants=grants,
        orders=orders,
        orders_count=orders_count,
        reasons=[("", "not said"), *REASONS],
        metadata=[(key, text_of(value)) for key, value in subscription["metadata"].items()],
        json=pretty(subscription),
        base=_address(visit, subscription),
    )


async def change(visit: Visit) -> Response:
    """Have a subscription end with its period, or go on, or end now."""
    subscription = await _get(visit)
    address = _address(visit, subscription)
    try:
        done = await _change(visit, UUID(subscription["id"]))
    except SubscriptionRefused as error:
        # What the wire says of it is not meant for people.
        return visit.redirect(address, error.__doc__, "bad")
    return visit.redirect(address, done)


async def _change(visit: Visit, subscription_id: UUID) -> str:
    """Do what the form says; returns what was done. Raises NoSuchPage, SubscriptionRefused."""
    subscriptions, organization_id = visit.services.commerce.subscriptions, visit.organization.id
    reason = visit.field("reason")
    why = Cancellation(reason if reason in list(CustomerCancellationReason) else None)
    match visit.field("do"):
        case "cancel":
            await subscriptions.cancel(organization_id, subscription_id, why)
            return "The subscription ends with its period."
        case "uncancel":
            await subscriptions.uncancel(organization_id, subscription_id)
            return "The subscription goes on."
        case "revoke":
            await subscriptions.revoke(organization_id, subscription_id, why)
            return "The subscription has ended."
        case _:
            raise NoSuchPage


async def _get(visit: Visit) -> dict[str, Any]:
    """The subscription that the address names. Raises NoSuchPage, or NotFound."""
    return await lists.get(visit, visit.services.commerce.subscriptions, "subscription_id")


def _address(visit: Visit, subscription: dict[str, Any]) -> str:
    return visit.href(f"subscriptions/{subscription['id']}")
