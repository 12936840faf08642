"""What a customer has, on its page, in its history and among the organization's latest changes."""

from typing import Any, get_args

import pytest

from api.commerce.asking import (
    make,
    make_benefit,
    make_customer,
    make_meter,
    make_order,
    make_product,
)
from dashboard.over_http import Visitor, come_in, home_of
from icefloe.dashboard.latest_changes import WORDS
from icefloe.domain.values.events import CommerceEventType, EventType
from icefloe.domain.values.orders import OrderStatus
from support import Organization


@pytest.fixture
def visitor(organization: Organization) -> Visitor:
    """The organization's owner, signed in."""
    return come_in(organization)


@pytest.fixture
def home(organization: Organization) -> str:
    """The organization's overview."""
    return home_of(organization)


def _subscribe(organization: Organization, customer: dict[str, Any], name: str) -> dict[str, Any]:
    """A customer's subscription to a new free product that credits a hundred units of a meter."""
    properties = {"units": 100, "rollover": False, "meter_id": make_meter(organization)["id"]}
    benefit = make_benefit(organization, "Credit", type="meter_credit", properties=properties)
    product = make_product(organization, name, prices=[{"amount_type": "free"}])
    path = f"/v1/products/{product['id']}/benefits"
    organization.request("POST", path, body={"benefits": [benefit["id"]]})
    return make(organization, "subscriptions", customer_id=customer["id"], product_id=product["id"])


def test_nothing(organization: Organization, visitor: Visitor, home: str) -> None:
    """The page of a customer who has nothing says so, and shows no meters or benefits."""
    customer = make_customer(organization)

    text = visitor.see(f"{home}/customers/{customer['id']}").text

    assert "Active subscriptions 0 All subscriptions None." in text
    assert "Orders 0 None." in text
    assert "Meters" not in text
    assert "Benefits" not in text


def test_everything(organization: Organization, visitor: Visitor, home: str) -> None:
    """The page shows active subscriptions, granted benefits, meters and orders of this customer."""
    customer, other = make_customer(organization), make_customer(organization, "Ben")
    active = _subscribe(organization, customer, "Pro")
    ended = _subscribe(organization, customer, "Old")
    organization.request("DELETE", f"/v1/subscriptions/{ended['id']}")
    _subscribe(organization, other, "Theirs")
    events = [{"name": "call", "customer_id": customer["id"], "metadata": {}}] * 3
    assert organization.request("POST", "/v1/events/ingest", body={"events": events}).is_success
    orders = [
        make_order(organization, customer, amount=amount, status=OrderStatus.pending)
        for amount in range(100, 1200, 100)
    ]

    seen = visitor.see(f"{home}/customers/{customer['id']}")

    assert "Active subscriptions 1" in seen.text
    assert "Pro 0.00 USD active" in seen.text
    assert "Credit meter credit granted" in seen.text
    assert "Calls 3 100 97" in seen.text
    assert "Orders 11 All orders" in seen.text
    assert "11.00 USD pending" in seen.text
    expected = {
        f"{home}/subscriptions/{active['id']}",
        f"{home}/subscriptions?customer_id={customer['id']}",
        f"{home}/orders/{orders[-1]['id']}",
        f"{home}/orders?customer_id={customer['id']}",
    }
    assert expected <= set(seen.links)


def test_history(organization: Organization, visitor: Visitor, home: str) -> None:
    """The history tells what happened to a customer's subscriptions, by name, and what changed."""
    customer = make_customer(organization)
    made = _subscribe(organization, customer, "Pro")
    body = {"cancel_at_period_end": True, "customer_cancellation_reason": "unused"}
    organization.request("PATCH", f"/v1/subscriptions/{made['id']}", body=body)

    seen = visitor.see(f"{home}/customers/{customer['id']}")

    history = seen.text.partition(" History ")[2].partition(" JSON ")[0]
    assert "subscription.created Pro" in history
    assert "benefit_grant.created Credit" in history
    assert "customer_cancellation_reason — → is now unused" in history
    assert f"{home}/subscriptions/{made['id']}" in seen.links


def test_latest_changes(organization: Organization, visitor: Visitor, home: str) -> None:
    """The overview tells each thing that happened once, of the customer whom it happened to."""
    customer = make_customer(organization)
    made = _subscribe(organization, customer, "Pro")
    organization.request(
        "PATCH", f"/v1/subscriptions/{made['id']}", body={"cancel_at_period_end": True}
    )
    make_order(organization, customer, made["product"])

    changes = visitor.see(home).text.partition(" Latest changes ")[2]

    for told in (
        "Pro was added as a product",
        "Ada subscribed to Pro",
        "Ada was granted Credit",
        "Ada canceled the subscription to Pro",
        "Ada paid for Pro",
    ):
        assert changes.count(told) == 1
    assert "changed subscription" not in changes


def test_words() -> None:
    """There are words for every type of event."""
    assert set(WORDS) == {*get_args(EventType), *get_args(CommerceEventType)}


def test_nobody_by_name(organization: Organization, visitor: Visitor, home: str) -> None:
    """What happens to a customer without a name and an address is told of a customer."""
    team = make(organization, "customers", type="team", owner={"email": "ada@example.com"})
    product = make_product(organization, prices=[{"amount_type": "free"}])
    make(organization, "subscriptions", customer_id=team["id"], product_id=product["id"])

    changes = visitor.see(home).text.partition(" Latest changes ")[2]

    assert "A customer was added" in changes
    assert "A customer subscribed to Pro" in changes
