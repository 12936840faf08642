"""What the lists of commerce have in common: a page of one, and the products to choose from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from icefloe.dashboard.commerce.queries import SIZE, Listing, View, read_view
from icefloe.dashboard.pages import NoSuchPage
from icefloe.domain.values.commerce import ObjectQuery, Order
from icefloe.domain.values.listing import MAX_LIMIT, PageRequest

if TYPE_CHECKING:
    from starlette.responses import Response

    from icefloe.dashboard.visits import Visit
    from icefloe.domain.commerce.objects import Objects

Options = Sequence[tuple[str, str]]
"""Values to choose from, and their texts."""


async def show(
    visit: Visit,
    objects: Objects,
    listing: Listing,
    *,
    choices: Mapping[str, Options] | None = None,
    **values: Any,
) -> Response:
    """A page of a list, as the address says.

    Args:
        visit: the request.
        objects: the resource; its template and its path are named like it.
        listing: how the list can be looked at.
        choices: the options of fields, by name, where they depend on the organization.
        values: what the template is filled with besides.
    """
    pairs = visit.request.query_params.multi_items()
    view = read_view(listing, pairs)
    base = visit.href(objects.resource)
    if not visit.is_partial and any(name == "metadata_key" and value for name, value in pairs):
        return visit.redirect(view.address(base))  # a form's address is no view to be shared
    found, total = await find_page(visit, objects, view.query)
    response = visit.render(
        f"commerce/{objects.resource}.html",
        block="results" if visit.is_partial else None,
        view=view,
        options=_find_options(view, choices or {}),
        objects=found,
        total=total,
        last=view.query.page.max_page(total),
        size=SIZE,
        base=base,
        link=partial(view.address, base),
        sort_link=lambda sort: view.address(base, sort=sort),
        page_link=lambda number: view.address(base, page=number),
        **values,
    )
    response.headers["Vary"] = "HX-Request"
    if visit.is_partial:
        response.headers["HX-Push-Url"] = view.address(base)
    return response


async def find_products(visit: Visit) -> Options:
    """The organization's products to choose from, by name: as many as a page has."""
    query = ObjectQuery(page=PageRequest(limit=MAX_LIMIT), sorting=(Order("name"),))
    products, _ = await find_page(visit, visit.services.commerce.products, query)
    return [(one["id"], one["name"]) for one in products]


async def get(visit: Visit, objects: Objects, place: str) -> dict[str, Any]:
    """The object that the address names, as the API returns it. Raises NoSuchPage, or NotFound."""
    object_id = visit.place_id(place)
    if object_id is None:
        raise NoSuchPage
    document: dict[str, Any] = json.loads(await objects.get(visit.organization.id, object_id))
    return document


async def find_page(
    visit: Visit, objects: Objects, query: ObjectQuery
) -> tuple[list[dict[str, Any]], int]:
    """The objects on a page, as the API returns them, and how many there are in all."""
    page = await objects.find_page(visit.organization.id, query)
    return json.loads(b"[%b]" % page.items), page.total_count


def _find_options(view: View, choices: Mapping[str, Options]) -> dict[str, Options]:
    """The options of each field; the present value is one, whatever there is to choose from."""
    found: dict[str, Options] = {}
    for one in view.listing.fields:
        options = list(choices.get(one.name, one.options))
        value = view.values.get(one.name)
        if value and value not in {key for key, _ in options}:
            options.append((value, value))
        found[one.name] = options
    return found
