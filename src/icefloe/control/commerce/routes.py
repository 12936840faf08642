"""The control API's routes of commerce, below an organization's path."""

from icefloe.api.routing import Handler, Route
from icefloe.control.commerce import endpoints

_ROWS: tuple[tuple[str, Handler, str], ...] = (
    ("products", endpoints.create_product, "NewProduct"),
    ("benefits", endpoints.create_benefit, "NewBenefit"),
    ("meters", endpoints.create_meter, "NewMeter"),
    ("discounts", endpoints.create_discount, "NewDiscount"),
    ("subscriptions", endpoints.create_subscription, "NewSubscription"),
    ("orders", endpoints.create_order, "NewOrder"),
    ("benefit_grants", endpoints.create_benefit_grant, "NewBenefitGrant"),
    ("customer_meters", endpoints.create_customer_meter, "NewCustomerMeter"),
)


def make_routes(organization: str) -> list[Route]:
    """The table; schemas are those of `control.commerce.schemas`, by name."""
    return [
        Route(
            method="POST",
            path=f"{organization}/{noun}",
            handler=handler,
            operation_id=f"{noun}:create",
            body=body,
            answer="PlacedObject",
            statuses=(201,),
        )
        for noun, handler, body in _ROWS
    ]
