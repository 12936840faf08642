"""The overview's part about revenue: active subscriptions, and what they bring each month."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.commerce.asking import make, make_customer, make_product, place
from dashboard.over_http import Visitor, come_in, home_of
from support import Organization

_FREE = [{"amount_type": "free"}]


@pytest.fixture
def visitor(organization: Organization) -> Visitor:
    """The organization's owner, signed in."""
    return come_in(organization)


@pytest.fixture
def home(organization: Organization) -> str:
    """The organization's overview."""
    return home_of(organization)


@pytest.fixture
def subscribe(organization: Organization) -> Callable[..., str]:
    """Places subscriptions of one customer, who may have any number, to a product for 10.00 USD."""
    customer, product = make_customer(organization), make_product(organization)

    def subscribe(**values: Any) -> str:
        usual = {"customer_id": customer["id"], "product_id": product["id"]}
        return place(organization, "subscriptions", **(usual | values))

    return subscribe


def _revenue(visitor: Visitor, home: str) -> str:
    """What the overview says of revenue."""
    text = visitor.see(f"{home}?wait=1").text
    return text.partition(" Monthly recurring revenue ")[2].partition(" Requests per minute ")[0]


def test_nothing(organization: Organization, visitor: Visitor, home: str) -> None:
    """An organization that never had a subscription is shown no revenue."""
    make_customer(organization)

    text = visitor.see(home).text

    assert "Active subscriptions" not in text
    assert "Monthly recurring revenue" not in text


def test_free(organization: Organization, visitor: Visitor, home: str) -> None:
    """A free subscription is active, and brings nothing."""
    product = make_product(organization, prices=_FREE)
    customer = make_customer(organization)
    make(organization, "subscriptions", customer_id=customer["id"], product_id=product["id"])

    seen = visitor.see(f"{home}?wait=1")

    assert "Active subscriptions 1 0.00 USD a month" in seen.text
    assert "No paid subscription in these months" in seen.text
    assert f"{home}/subscriptions?active=true" in seen.links


def test_paid(visitor: Visitor, home: str, subscribe: Callable[..., str]) -> None:
    """Paid subscriptions bring their amount each month since they began; those on trial do not."""
    two_months_ago = datetime.now(UTC).replace(day=1) - timedelta(days=45)
    subscribe(started_at=two_months_ago.isoformat())
    subscribe(amount=123456)
    subscribe(status="trialing")
    subscribe(status="past_due")
    subscribe(amount=550, currency="eur")

    text = _revenue(visitor, home)

    assert text.startswith("1,244.56 USD a month from 4 active subscriptions")
    assert "in other currencies: 5.50 EUR." in text
    assert "1,244.56 USD" in text.partition(f"{datetime.now(UTC):%B %Y}, so far")[2]
    assert f"{two_months_ago:%B %Y}: 10.00 USD" in text
    assert text.count(": 10.00 USD") == 2


def test_part_for_htmx(visitor: Visitor, home: str, subscribe: Callable[..., str]) -> None:
    """A request of htmx is given the part that was waited for, and the figure that goes with it."""
    subscribe()

    answer = visitor.get(
        f"{home}?wait=1", headers={"HX-Request": "true", "HX-Target": "revenue"}
    ).text

    assert answer.lstrip().startswith('<section class="card" id="revenue"')
    assert 'id="active"' in answer
    assert 'hx-swap-oob="true"' in answer
    assert 'id="growth"' not in answer


def test_of_another_organization(
    visitor: Visitor, home: str, make_organization: Callable[..., Organization]
) -> None:
    """Another organization's subscriptions are not counted."""
    other = make_organization()
    customer, product = make_customer(other), make_product(other)
    place(other, "subscriptions", customer_id=customer["id"], product_id=product["id"])

    assert "Monthly recurring revenue" not in visitor.see(home).text
