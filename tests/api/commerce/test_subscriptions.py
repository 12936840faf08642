"""Subscriptions over HTTP: their life, what follows from it, and their lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.commerce.asking import NOBODY, make, make_benefit, make_product

if TYPE_CHECKING:
    from support import Organization

FREE = [{"amount_type": "free"}]
_PATH = "/v1/subscriptions/"


def subscribe(organization: Organization, **body: Any) -> dict[str, Any]:
    """A new subscription of a new customer to a new free product."""
    usual = {}
    if "product_id" not in body:
        usual["product_id"] = make_product(organization, prices=FREE)["id"]
    if "customer_id" not in body:
        usual["customer_id"] = make(organization, "customers", email="ada@example.com")["id"]
    return make(organization, "subscriptions", **usual, **body)


def state_of(organization: Organization, customer_id: str) -> dict[str, Any]:
    """A customer's state."""
    state: dict[str, Any] = organization.request("GET", f"/v1/customers/{customer_id}/state").json()
    return state


def test_subscribes_to_free_products_alone(organization: Organization) -> None:
    """A paid product and one that is not there are refused at the product's place."""
    customer = make(organization, "customers", email="ada@example.com")
    paid = make_product(organization)
    for product_id, words in ((paid["id"], "Product is not free."), (NOBODY, "Product does not")):
        body = {"product_id": product_id, "customer_id": customer["id"]}
        answer = organization.request("POST", _PATH, body=body)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "product_id"]
        assert answer.json()["detail"][0]["msg"].startswith(words)


def test_is_active_at_once(organization: Organization) -> None:
    """A new subscription is active, and shows in its customer's state."""
    made = subscribe(organization, metadata={"a": 1})
    assert (made["status"], made["modified_at"], made["amount"]) == ("active", None, 0)
    shown = state_of(organization, made["customer_id"])["active_subscriptions"]
    assert [(one["id"], one["metadata"]) for one in shown] == [(made["id"], {"a": 1})]


def test_ends_when_revoked(organization: Organization) -> None:
    """DELETE ends a subscription once; it leaves the state, and its list tells why not twice."""
    made = subscribe(organization)
    ended = organization.request("DELETE", _PATH + made["id"])
    assert (ended.status_code, ended.json()["status"]) == (200, "canceled")
    assert ended.json()["ended_at"] == ended.json()["canceled_at"] == ended.json()["ends_at"]
    assert state_of(organization, made["customer_id"])["active_subscriptions"] == []
    again = organization.request("DELETE", _PATH + made["id"])
    assert (again.status_code, again.json()["error"]) == (403, "AlreadyCanceledSubscription")


def test_cancels_and_goes_on(organization: Organization) -> None:
    """A subscription that is set to end with its period is active, and can be set to go on."""
    made = subscribe(organization)
    path = _PATH + made["id"]
    body = {"cancel_at_period_end": True, "customer_cancellation_reason": "unused"}
    canceled = organization.request("PATCH", path, body=body).json()
    assert (canceled["status"], canceled["ends_at"]) == ("active", made["current_period_end"])
    assert canceled["customer_cancellation_reason"] == "unused"
    back = organization.request("PATCH", path, body={"cancel_at_period_end": False}).json()
    assert (back["ends_at"], back["customer_cancellation_reason"]) == (None, None)
    again = organization.request("PATCH", path, body={"cancel_at_period_end": False})
    assert (again.status_code, again.json()["error"]) == (400, "BadRequest")


def test_benefits_follow_the_subscription(organization: Organization) -> None:
    """A benefit is granted with the subscription, revoked when it leaves the product, and again."""
    benefit = make_benefit(organization)
    product = make_product(organization, prices=FREE)
    made = subscribe(organization, product_id=product["id"])
    benefits = f"/v1/products/{product['id']}/benefits"
    grants = f"/v1/benefits/{benefit['id']}/grants"
    seen = []
    for wanted in ([benefit["id"]], [], [benefit["id"]]):
        organization.request("POST", benefits, body={"benefits": wanted})
        (grant,) = organization.request("GET", grants).json()["items"]
        granted = state_of(organization, made["customer_id"])["granted_benefits"]
        seen.append((grant["id"], grant["is_granted"], len(granted)))
    first = seen[0][0]
    assert seen == [(first, True, 1), (first, False, 0), (first, True, 1)]


def test_credits_meters(organization: Organization) -> None:
    """A benefit's units are credited with its grant, and taken back with its end."""
    meter = make(
        organization,
        "meters",
        name="Calls",
        filter={"conjunction": "and", "clauses": []},
        aggregation={"func": "count"},
    )
    properties = {"units": 100, "rollover": False, "meter_id": meter["id"]}
    benefit = make_benefit(organization, type="meter_credit", properties=properties)
    product = make_product(organization, prices=FREE)
    organization.request(
        "POST", f"/v1/products/{product['id']}/benefits", body={"benefits": [benefit["id"]]}
    )
    made = subscribe(organization, product_id=product["id"])
    (shown,) = state_of(organization, made["customer_id"])["active_meters"]
    assert (shown["credited_units"], shown["balance"]) == (100, 100.0)
    organization.request("DELETE", _PATH + made["id"])
    (shown,) = state_of(organization, made["customer_id"])["active_meters"]
    assert (shown["credited_units"], shown["balance"]) == (0, 0.0)


def test_ends_with_its_customer(organization: Organization) -> None:
    """A deleted customer's subscriptions end; they stay in the list of that customer."""
    made = subscribe(organization)
    organization.request("DELETE", f"/v1/customers/{made['customer_id']}")
    found = organization.request("GET", f"{_PATH}?customer_id={made['customer_id']}").json()
    assert [one["status"] for one in found["items"]] == ["canceled"]
    assert found["items"][0]["customer"]["deleted_at"] is not None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("active=true", 1),
        ("active=false", 0),
        ("status=active&status=canceled", 1),
        ("external_customer_id=%00", 0),
        ("started_before=2020-01-01", 0),
        ("canceled_at_after=2020-01-01", 0),
        ("sorting=-customer&sorting=product&sorting=discount", 1),
    ],
)
def test_filters(organization: Organization, query: str, found: int) -> None:
    """Filters narrow the list and its total; any order has all."""
    subscribe(organization)
    page = organization.request("GET", f"{_PATH}?{query}").json()
    assert (len(page["items"]), page["pagination"]["total_count"]) == (found, found)
