"""Products: the list, and the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icefloe.dashboard.commerce import lists
from icefloe.dashboard.commerce.queries import Listing, by_flag, by_id, by_word
from icefloe.dashboard.customers.history import pretty
from icefloe.domain.values.benefits import Visibility
from icefloe.domain.values.commerce import ObjectQuery, Order
from icefloe.domain.values.listing import MAX_LIMIT, PageRequest
from icefloe.domain.values.metadata import text_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from icefloe.dashboard.visits import Visit

LISTING = Listing(
    fields=(
        by_flag("is_archived", "State", "archived", "not archived"),
        by_flag("is_recurring", "Paid", "again and again", "once"),
        by_word("visibility", "Visibility", Visibility),
        by_id("benefit_id", "Benefit", is_choice=True),
        by_id("id", "ID"),
    ),
    sorts=frozenset({"created_at", "name", "price_amount"}),
    usual_sort="-created_at",
    searched="name",
)


async def show_list(visit: Visit) -> Response:
    """The list, as the address says."""
    # A part of the page leaves the form as it is.
    benefits = [] if visit.is_partial else await _find_benefits(visit)
    return await lists.show(
        visit, visit.services.commerce.products, LISTING, choices={"benefit_id": benefits}
    )


async def show(visit: Visit) -> Response:
    """Everything there is of a product."""
    product = await lists.get(visit, visit.services.commerce.products, "product_id")
    return visit.render(
        "commerce/product.html",
        product=product,
        metadata=[(key, text_of(value)) for key, value in product["metadata"].items()],
        json=pretty(product),
    )


async def _find_benefits(visit: Visit) -> lists.Options:
    """The organization's benefits to choose from, by description: as many as a page has."""
    query = ObjectQuery(page=PageRequest(limit=MAX_LIMIT), sorting=(Order("description"),))
    benefits, _ = await lists.find_page(visit, visit.services.commerce.benefits, query)
    return [(one["id"], one["description"]) for one in benefits]
