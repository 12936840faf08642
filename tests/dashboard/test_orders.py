"""Orders in the dashboard: their list, and the page of each."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from api.commerce.asking import (
    NOBODY,
    change,
    make,
    make_customer,
    make_discount,
    make_order,
    make_product,
    store_product,
)
from dashboard.over_http import Visitor, come_in, home_of
from icefloe.domain.values.orders import NewOrderItem, OrderStatus
from support import Organization

_ADDRESS = {
    "line1": "1 rue X", "line2": None, "postal_code": "75001", "city": "Paris", "state": None,
    "country": "FR",
}  # fmt: skip


@pytest.fixture
def visitor(organization: Organization) -> Visitor:
    """The organization's owner, signed in."""
    return come_in(organization)


@pytest.fixture
def base(organization: Organization) -> str:
    """Where the organization's orders are."""
    return f"{home_of(organization)}/orders"


def test_nothing_yet(visitor: Visitor, base: str) -> None:
    """Without orders the list says how they come."""
    assert "No orders yet" in visitor.see(base).text


def test_list(organization: Organization, visitor: Visitor, base: str) -> None:
    """The list shows whose each is, of what, for how much, and what became of it."""
    customer = make_customer(organization)
    change(organization, "customers", customer, name="Ada <i>")
    make_order(organization, customer, amount=123456789, currency="usd")
    make_order(organization, customer, amount=500, currency="jpy", status=OrderStatus.draft)

    text = visitor.see(base).text

    assert "2 orders" in text
    assert "Ada <i> Order 500 JPY draft —" in text
    assert "Ada <i> Order 1,234,567.89 USD paid" in text


def test_filters(organization: Organization, visitor: Visitor, base: str) -> None:
    """Each filter of the API's list narrows this one; what makes no sense is ignored."""
    ada, ben, cy = (make_customer(organization, name) for name in ("Ada", "Ben", "Cy"))
    book, pro = store_product(organization), store_product(organization, "Pro", 2900, "month")
    free = make_product(organization, "Free", prices=[{"amount_type": "free"}])
    subscription = make(organization, "subscriptions", customer_id=cy["id"], product_id=free["id"])
    discount = make_discount(organization)
    old = datetime(2020, 1, 1, tzinfo=UTC)
    make_order(organization, ada, book, metadata={"tier": "gold"}, created_at=old)
    make_order(organization, ben, pro, discount_id=UUID(discount["id"]), status=OrderStatus.void)
    make_order(
        organization,
        cy,
        subscription_id=UUID(subscription["id"]),
        checkout_id=UUID(NOBODY),
        amount=2500,
    )
    expected = {
        "": ["Cy", "Ben", "Ada"],
        "?status=void": ["Ben"],
        f"?product_id={book['id']}": ["Ada"],
        "?product_billing_type=recurring": ["Ben"],
        "?created_before=2021-01-01T00:00:00": ["Ada"],
        "?created_after=2021-01-01T00:00:00": ["Cy", "Ben"],
        f"?customer_id={ben['id']}": ["Ben"],
        "?external_customer_id=cy": ["Cy"],
        f"?subscription_id={subscription['id']}": ["Cy"],
        f"?discount_id={discount['id']}": ["Ben"],
        f"?checkout_id={NOBODY}": ["Cy"],
        "?metadata=tier%3Dgold": ["Ada"],
        "?sort=net_amount": ["Ada", "Cy", "Ben"],
        "?sort=-customer": ["Cy", "Ben", "Ada"],
        "?status=x&product_id=x&created_after=now&sort=id&q=ada": ["Cy", "Ben", "Ada"],
        "?status=void&customer_id=" + ada["id"]: [],
    }

    found = {query: visitor.rows(base, query) for query in expected}

    assert found == expected


def test_one(organization: Organization, visitor: Visitor, base: str) -> None:
    """An order's page shows its lines, its sums and its invoice, and leads to whose it is."""
    customer, product = make_customer(organization), store_product(organization)
    order = make_order(
        organization,
        customer,
        product,
        items=(NewOrderItem(label="A half", amount=1000, is_proration=True),),
        discount_amount=100,
        tax_amount=190,
        status=OrderStatus.refunded,
        billing_address=_ADDRESS,
        metadata={"tier": "gold"},
    )

    seen = visitor.see(f"{base}/{order['id']}")

    for shown in (
        "A half part of a period 10.00 USD",
        "Discount -1.00 USD Net 9.00 USD Tax 1.90 USD Total 10.90 USD Refunded -9.00 USD",
        "1 rue X 75001 Paris France",
        order["invoice_number"],
        "tier gold",
    ):
        assert shown in seen.text
    home = home_of(organization)
    expected = {f"{home}/customers/{customer['id']}", f"{home}/products/{product['id']}"}
    assert expected <= set(seen.links)


def test_one_of_nothing(organization: Organization, visitor: Visitor, base: str) -> None:
    """An order of no product has a page too."""
    order = make_order(organization, make_customer(organization), amount=0)

    assert "0.00 USD" in visitor.see(f"{base}/{order['id']}").text


@pytest.mark.parametrize("place", ["x", NOBODY])
def test_no_such_order(visitor: Visitor, base: str, place: str) -> None:
    """There is no page of an order that is not there."""
    assert visitor.get(f"{base}/{place}").status_code == 404


def test_of_another_organization(
    visitor: Visitor, base: str, make_organization: Callable[..., Organization]
) -> None:
    """Another organization's orders are in no list here, and have no page."""
    other = make_organization()
    theirs = make_order(other, make_customer(other))

    assert visitor.get(f"{base}/{theirs['id']}").status_code == 404
    assert "No orders yet" in visitor.see(base).text
