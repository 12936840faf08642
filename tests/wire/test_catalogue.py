"""Products, benefits, discounts and meters, by the official clients."""

from typing import Any

import pytest

from icefloe.domain.values.access import CUSTOMERS_READ
from support import Organization
from wire.expected import NOT_FOUND, expect_refused, refusal
from wire.programs import Client, Connection

NOBODY = "3b0c2a1e-5d1f-4c61-9e0a-7d6f0a54c1b2"
_PRICES = [{"amount_type": "fixed", "price_amount": 1000}]
_CALLS = {
    "conjunction": "and",
    "clauses": [{"property": "name", "operator": "eq", "value": "call"}],
}
# Of each resource: a new object, and a change of it.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "products": (
        {"name": "Pro", "recurring_interval": "month", "prices": _PRICES},
        {"name": "Pro 2"},
    ),
    "benefits": (
        {"type": "custom", "description": "Support", "properties": {"note": "Call us"}},
        {"type": "custom", "description": "More support"},
    ),
    "discounts": (
        {"name": "Ten", "type": "percentage", "basis_points": 1000, "duration": "once"},
        {"name": "Ten percent"},
    ),
    "meters": (
        {"name": "Calls", "filter": _CALLS, "aggregation": {"func": "count"}},
        {"name": "API calls"},
    ),
}
DELETED = ("benefits", "discounts")
resources = pytest.mark.parametrize("resource", CASES)


@pytest.fixture(params=[False, True], ids=["plain", "async"])
def polar(request: pytest.FixtureRequest, client: Client, organization: Organization) -> Connection:
    """The client, connected to an organization, by each of its two ways."""
    return client.connect(organization, asynchronous=request.param)


@resources
def test_missing_scope(client: Client, organization: Organization, resource: str) -> None:
    """A token for customers alone is refused as the client refuses."""
    customers_alone = client.connect(organization, token=organization.token(*CUSTOMERS_READ))

    expect_refused(customers_alone, "list_objects", resource=resource)


@resources
def test_not_found(polar: Connection, resource: str) -> None:
    """What is not there is told in the class that the client has for it."""
    acts = ["get_object", "update_object", *(["delete_object"] if resource in DELETED else [])]
    for act in acts:
        body = CASES[resource][1] if act == "update_object" else {}
        raised = refusal(polar, act, resource=resource, object_id=NOBODY, **body)
        assert raised.body == NOT_FOUND


@resources
def test_life(polar: Connection, organization: Organization, resource: str) -> None:
    """An object is created, found, listed and changed, and the client sees what the server shows."""
    new, change = CASES[resource]

    made = polar.do("create_object", resource=resource, **new)
    assert polar.do("get_object", resource=resource, object_id=made["id"]) == made
    assert polar.do("list_objects", resource=resource) == [made]
    changed = polar.do("update_object", resource=resource, object_id=made["id"], **change)
    stored = organization.get(f"/v1/{resource}/{made['id']}").json()
    for key, value in change.items():
        assert changed[key] == stored[key] == value
    assert {key: stored[key] for key in changed if key == "id"} == {"id": made["id"]}


@pytest.mark.parametrize("resource", DELETED)
def test_delete(polar: Connection, resource: str) -> None:
    """An object that is deleted is listed no more."""
    made = polar.do("create_object", resource=resource, **CASES[resource][0])

    polar.do("delete_object", resource=resource, object_id=made["id"])

    assert polar.do("list_objects", resource=resource) == []


def test_benefits(polar: Connection) -> None:
    """A product shows the benefits that it is given."""
    product = polar.do("create_object", resource="products", **CASES["products"][0])
    benefit = polar.do("create_object", resource="benefits", **CASES["benefits"][0])

    changed = polar.do("set_benefits", product=product["id"], benefits=[benefit["id"]])

    assert [one["id"] for one in changed["benefits"]] == [benefit["id"]]
