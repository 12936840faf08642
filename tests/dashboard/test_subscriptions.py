"""Subscriptions in the dashboard: their list, the page of each, and how one is ended."""

from collections.abc import Callable
from typing import Any

import pytest

from api.commerce.asking import (
    NOBODY,
    change,
    make,
    make_benefit,
    make_customer,
    make_discount,
    make_order,
    make_product,
)
from dashboard.over_http import Visitor, come_in, home_of
from support import Organization

_FREE = [{"amount_type": "free"}]


@pytest.fixture
def visitor(organization: Organization) -> Visitor:
    """The organization's owner, signed in."""
    return come_in(organization)


@pytest.fixture
def base(organization: Organization) -> str:
    """Where the organization's subscriptions are."""
    return f"{home_of(organization)}/subscriptions"


def _subscribe(
    organization: Organization, name: str = "Ada", product: str = "Pro", **body: Any
) -> dict[str, Any]:
    """A new customer's subscription to a new free product."""
    customer = make_customer(organization, name)
    bought = make_product(organization, product, prices=_FREE)
    return make(
        organization, "subscriptions", customer_id=customer["id"], product_id=bought["id"], **body
    )


def _get(organization: Organization, subscription: dict[str, Any]) -> dict[str, Any]:
    """A subscription as the API has it now."""
    path = f"/v1/subscriptions/{subscription['id']}"
    found: dict[str, Any] = organization.request("GET", path).json()
    return found


def test_nothing_yet(visitor: Visitor, base: str) -> None:
    """Without subscriptions the list says how they come."""
    assert "No subscriptions yet" in visitor.see(base).text


def test_list(organization: Organization, visitor: Visitor, base: str) -> None:
    """The list shows whose each is, of which product, for how much, and how it stands."""
    made = _subscribe(organization)
    change(organization, "customers", made["customer"], name="Ada <i>")
    path = f"/v1/subscriptions/{made['id']}"
    organization.request("PATCH", path, body={"cancel_at_period_end": True})

    text = visitor.see(base).text

    assert "1 subscription" in text
    assert "Ada <i> Pro 0.00 USD active set to end" in text


def test_filters(organization: Organization, visitor: Visitor, base: str) -> None:
    """Each filter of the API's list narrows this one; what makes no sense is ignored."""
    ada = _subscribe(organization, "Ada", "Pro", metadata={"tier": "gold"})
    ben = _subscribe(organization, "Ben", "Team")
    cy = _subscribe(organization, "Cy", "Free")
    organization.request("DELETE", f"/v1/subscriptions/{cy['id']}")
    body = {"cancel_at_period_end": True, "customer_cancellation_reason": "unused"}
    organization.request("PATCH", f"/v1/subscriptions/{ben['id']}", body=body)
    discount = make_discount(organization)
    body = {"discount_id": discount["id"]}
    organization.request("PATCH", f"/v1/subscriptions/{ada['id']}", body=body)
    expected = {
        "": ["Cy", "Ben", "Ada"],
        "?active=true": ["Ben", "Ada"],
        "?active=false": ["Cy"],
        "?status=canceled": ["Cy"],
        f"?product_id={ada['product_id']}": ["Ada"],
        f"?customer_id={ben['customer_id']}": ["Ben"],
        "?external_customer_id=cy": ["Cy"],
        "?external_customer_id=c%00y": [],
        f"?discount_id={discount['id']}": ["Ada"],
        "?cancel_at_period_end=true": ["Ben"],
        "?customer_cancellation_reason=unused": ["Ben"],
        "?canceled_at_after=2020-01-01T00:00:00": ["Cy", "Ben"],
        "?canceled_at_before=2020-01-01T00:00:00": [],
        "?started_after=2020-01-01T00:00:00": ["Cy", "Ben", "Ada"],
        "?started_before=0001-01-01T00:00:00": [],
        "?metadata=tier%3Dgold": ["Ada"],
        "?sort=customer": ["Ada", "Ben", "Cy"],
        "?sort=product": ["Cy", "Ada", "Ben"],
        "?active=2&status=x&product_id=x&started_after=now&sort=id": ["Cy", "Ben", "Ada"],
    }

    found = {query: visitor.rows(base, query) for query in expected}

    assert found == expected


def test_filter_form(organization: Organization, visitor: Visitor, base: str) -> None:
    """The form offers the products by name, and holds the filters in force."""
    made = _subscribe(organization)

    seen = visitor.see(f"{base}?product_id={made['product_id']}&started_after=2020-01-01T00:00:00")

    (form,) = [form for form in seen.forms if form.action == base]
    expected = {("product_id", made["product_id"]), ("started_after", "2020-01-01T00:00:00")}
    assert expected <= set(form.fields)
    assert ("value", made["product_id"]) in seen.attributes


def test_one(organization: Organization, visitor: Visitor, base: str) -> None:
    """A subscription's page shows its benefits and orders, and leads to its customer and product."""
    benefit = make_benefit(organization, "Support by telephone")
    made = _subscribe(organization, metadata={"tier": "gold"})
    benefits = f"/v1/products/{made['product_id']}/benefits"
    organization.request("POST", benefits, body={"benefits": [benefit["id"]]})
    order = make_order(organization, made["customer"], made["product"], amount=4200)

    seen = visitor.see(f"{base}/{made['id']}")

    assert "Support by telephone custom granted" in seen.text
    assert "tier gold" in seen.text
    assert "42.00 USD" not in seen.text
    home = home_of(organization)
    expected = {f"{home}/customers/{made['customer_id']}", f"{home}/products/{made['product_id']}"}
    assert expected <= set(seen.links)
    assert f"{home}/orders/{order['id']}" not in seen.links


def test_life(organization: Organization, visitor: Visitor, base: str) -> None:
    """A subscription is set to end, set to go on, and ended; the API shows each at once."""
    made = _subscribe(organization)
    page = f"{base}/{made['id']}"

    canceled = visitor.send(page, do="cancel", reason="too_complex")
    assert canceled.headers["location"] == page
    found = _get(organization, made)
    assert (found["cancel_at_period_end"], found["status"]) == (True, "active")
    assert found["customer_cancellation_reason"] == "too_complex"
    assert "ends with its period" in visitor.see(page).text

    visitor.send(page, do="uncancel")
    assert _get(organization, made)["cancel_at_period_end"] is False

    visitor.send(page, do="revoke")
    assert _get(organization, made)["status"] == "canceled"
    seen = visitor.see(page)
    assert "does not begin again" in seen.text
    assert [form for form in seen.forms if form.action == page] == []


def test_changes_that_cannot_be(organization: Organization, visitor: Visitor, base: str) -> None:
    """A change that the status does not allow is refused in words, and changes nothing."""
    made = _subscribe(organization)
    page, data = f"{base}/{made['id']}", {"csrf": visitor.token(base)}

    visitor.post(page, data={**data, "do": "uncancel"})
    assert "not set to end" in visitor.see(page).text
    visitor.post(page, data={**data, "do": "revoke", "reason": "none of these"})
    before = _get(organization, made)
    assert before["customer_cancellation_reason"] is None
    for wanted in ("cancel", "uncancel", "revoke"):
        visitor.post(page, data={**data, "do": wanted})
        assert "has ended" in visitor.see(page).text
    assert _get(organization, made) == before
    assert visitor.post(page, data={**data, "do": "pause"}).status_code == 404


def test_of_a_deleted_customer(organization: Organization, visitor: Visitor, base: str) -> None:
    """A deleted customer's subscription is shown, without a way to a page that is not there."""
    made = _subscribe(organization)
    organization.request("DELETE", f"/v1/customers/{made['customer_id']}")

    seen = visitor.see(f"{base}/{made['id']}")

    assert "Ada deleted" in seen.text
    assert not [link for link in seen.links if link.endswith(made["customer_id"])]


@pytest.mark.parametrize("place", ["x", NOBODY])
def test_no_such_subscription(visitor: Visitor, base: str, place: str) -> None:
    """There is no page of a subscription that is not there, and no form of it."""
    assert visitor.get(f"{base}/{place}").status_code == 404
    data = {"csrf": visitor.token(base), "do": "revoke"}
    assert visitor.post(f"{base}/{place}", data=data).status_code == 404


def test_of_another_organization(
    visitor: Visitor, base: str, make_organization: Callable[..., Organization]
) -> None:
    """Another organization's subscriptions are in no list here, have no page, and cannot be ended."""
    other = make_organization()
    theirs = _subscribe(other)

    data = {"csrf": visitor.token(base), "do": "revoke"}
    assert visitor.post(f"{base}/{theirs['id']}", data=data).status_code == 404
    assert visitor.get(f"{base}/{theirs['id']}").status_code == 404
    assert _get(other, theirs)["status"] == "active"
    assert "No subscriptions yet" in visitor.see(base).text
