"""An organization that has sold something: what files of commerce are tested with."""

from typing import Any
from uuid import UUID

from api.commerce.asking import (
    change,
    make,
    make_benefit,
    make_customer,
    make_discount,
    make_meter,
    make_order,
    make_product,
)
from icefloe.domain.values.orders import BillingReason, NewOrderItem, OrderStatus
from support import Organization

FREE = [{"amount_type": "fixed", "price_amount": 0}]
"""The prices of what costs nothing."""
SEATS = {"min_seats": 1, "max_seats": 5, "price_per_seat": 900}
UNITS = {
    "amount_type": "unit_based",
    "tiers": {
        "type": "graduated",
        "tiers": [{"bound": 10, "unit_amount": "12.5"}, {"bound": None, "unit_amount": "9"}],
    },
    "minimum_units": 2,
    "unit_label": {"en": {"one": "box", "other": "boxes"}},
}
NOWHERE = {"line1": None, "line2": None, "postal_code": None, "city": None, "state": None}


def make_subscription(
    organization: Organization, customer: dict[str, Any], product: dict[str, Any], **body: Any
) -> dict[str, Any]:
    """A new subscription to a free product."""
    names = {"customer_id": customer["id"], "product_id": product["id"]}
    return make(organization, "subscriptions", **names, **body)


def make_shop(organization: Organization) -> None:
    """Fill an organization with some of everything that customers have."""
    calls, tokens = make_meter(organization), make_meter(organization, "Tokens", unit="token")
    credit = {"units": 10, "rollover": False, "meter_id": tokens["id"]}
    support = make_benefit(organization, metadata={"bb": 1, "a": 1.5})
    credited = make_benefit(organization, "Tokens", type="meter_credit", properties=credit)
    key = make_benefit(organization, "Key", type="license_keys", properties={"prefix": "K"})
    free = make_product(organization, "Free", prices=FREE, metadata={"é": "ü\n"})
    organization.request(
        "POST",
        f"/v1/products/{free['id']}/benefits",
        body={"benefits": [key["id"], support["id"], credited["id"]]},
    )
    metered = {"amount_type": "metered_unit", "meter_id": calls["id"], "unit_amount": 0.5}
    used = make_product(organization, "Used", prices=[*FREE, metered])
    seats = {"amount_type": "seat_based", "seat_tiers": {"tiers": [SEATS]}}
    make_product(organization, "Seats", prices=[seats])
    make_product(organization, "Units", prices=[UNITS])
    chosen = {"amount_type": "custom", "preset_amount": 1000}
    book = make_product(organization, "Book", recurring_interval=None, prices=[chosen])
    change(organization, "products", book, is_archived=True)
    ten = make_discount(organization, products=[free["id"]], duration="forever")
    off = make_discount(organization, "Off", type="fixed", amount=100, code="OFF100")
    ada, bob = make_customer(organization), make_customer(organization, "Bob")
    gone = make_customer(organization, "Gone")
    first = make_subscription(organization, ada, free, metadata={"note": "first"})
    change(organization, "subscriptions", first, discount_id=ten["id"])
    second = make_subscription(organization, ada, used)
    change(organization, "subscriptions", second, cancel_at_period_end=True)
    third = make_subscription(organization, bob, free)
    organization.request("DELETE", f"/v1/subscriptions/{third['id']}")
    make_subscription(organization, gone, free)
    make_order(organization, gone, free)
    organization.request("DELETE", f"/v1/customers/{gone['id']}")
    make_order(organization, ada, book, amount=1500, tax_amount=300, metadata={"n": 1})
    make_order(
        organization,
        ada,
        free,
        amount=2000,
        discount_amount=100,
        discount_id=UUID(off["id"]),
        subscription_id=UUID(first["id"]),
        billing_reason=BillingReason.subscription_cycle,
        status=OrderStatus.partially_refunded,
        billing_name="Ada Ltd",
        billing_address={**NOWHERE, "country": "FR"},
    )
    lines = (NewOrderItem(label="Work", amount=700), NewOrderItem(label="Less", amount=-200))
    make_order(organization, bob, items=lines, status=OrderStatus.draft)
