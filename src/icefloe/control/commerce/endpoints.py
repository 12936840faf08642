"""The control API's endpoints of commerce, by which tests have what customers have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.api.errors import RequestInvalid
from icefloe.api.messages import Request, Response
from icefloe.control import arguments, paths
from icefloe.control.commerce import schemas
from icefloe.domain.values.placements import PlacedResource, Placement

if TYPE_CHECKING:
    from icefloe.domain.commerce.objects import Objects


async def create_meter(request: Request) -> Response:
    """Make a meter."""
    return await _create(request, "meters")


async def create_benefit(request: Request) -> Response:
    """Make a benefit."""
    return await _create(request, "benefits")


async def create_product(request: Request) -> Response:
    """Make a product."""
    return await _create(request, "products")


async def create_discount(request: Request) -> Response:
    """Make a discount."""
    return await _create(request, "discounts")


async def create_subscription(request: Request) -> Response:
    """Give a customer a subscription of any status, with the benefits that it brings."""
    return await _create(request, "subscriptions")


async def create_order(request: Request) -> Response:
    """Give a customer an order of any status."""
    return await _create(request, "orders")


async def create_benefit_grant(request: Request) -> Response:
    """Grant a customer a benefit."""
    return await _create(request, "benefit_grants")


async def create_customer_meter(request: Request) -> Response:
    """Set what a customer has used of a meter, and was credited."""
    return await _create(request, "customer_meters")


async def _create(request: Request, resource: PlacedResource) -> Response:
    """Place the object that the body describes; the answer shows it. Raises RequestInvalid."""
    # Imported late: few tests need it, and all wait for the server to start.
    from icefloe.exchange.commerce import shorthands  # noqa: PLC0415 - see above

    asked = arguments.read_body(request, schemas.PlacedOne)
    organization = await paths.find_organization(request)
    clock = request.services.clock.of(organization.id)
    try:
        values = shorthands.read(
            resource, asked.model_extra, lambda _: str(clock.new_id()), clock.now()
        )
    except shorthands.InvalidObject as error:
        raise RequestInvalid(
            [paths.problem(("body", *place), message) for place, message in error.problems]
        ) from error
    (placed,) = await request.services.placing.place(
        organization.id, [Placement(resource, values)], is_loud=asked.loud
    )
    return Response(201, await _show(request, organization.id, resource, placed.id))


async def _show(
    request: Request, organization_id: UUID, resource: PlacedResource, object_id: UUID
) -> bytes:
    """An object as the API shows it."""
    commerce = request.services.commerce
    if resource == "customer_meters":
        from icefloe.api.commerce import customer_meters  # noqa: PLC0415 - see `_create`

        shown = await commerce.usage.get_customer_meter(organization_id, object_id)
        return customer_meters.render(shown)
    objects: Mapping[str, Objects] = {
        "meters": commerce.meters,
        "benefits": commerce.benefits,
        "products": commerce.products,
        "discounts": commerce.discounts,
        "subscriptions": commerce.subscriptions,
        "orders": commerce.orders,
        "benefit_grants": commerce.benefit_grants,
    }
    return await objects[resource].get(organization_id, object_id)
