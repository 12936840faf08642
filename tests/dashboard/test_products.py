"""Products in the dashboard: their list, and the page of each."""

from collections.abc import Callable
from typing import Any

import pytest

from api.commerce.asking import change, make_benefit, make_meter, make_product
from dashboard.over_http import Visitor, come_in, home_of
from support import Organization


@pytest.fixture
def visitor(organization: Organization) -> Visitor:
    """The organization's owner, signed in."""
    return come_in(organization)


@pytest.fixture
def base(organization: Organization) -> str:
    """Where the organization's products are."""
    return f"{home_of(organization)}/products"


def test_nothing_yet(visitor: Visitor, base: str) -> None:
    """Without products the list says how they come."""
    seen = visitor.see(base)

    assert "No products yet" in seen.text
    assert [form for form in seen.forms if form.action == base] == []


def test_list(organization: Organization, visitor: Visitor, base: str) -> None:
    """The list shows each product's prices, how often they are paid, and what it brings."""
    meter = make_meter(organization)
    prices = [
        {"amount_type": "fixed", "price_amount": 290000},
        {"amount_type": "metered_unit", "unit_amount": "0.125", "meter_id": meter["id"]},
    ]
    make_product(organization, "Pro <i>", recurring_interval_count=3, prices=prices)
    make_product(organization, "Book", recurring_interval=None)

    seen = visitor.see(base)

    assert "2 products" in seen.text
    assert "Pro <i> 2,900.00 USD + 0.00125 USD per unit of Calls every 3 months 0" in seen.text
    assert "Book 10.00 USD once 0" in seen.text


def test_filters(organization: Organization, visitor: Visitor, base: str) -> None:
    """Each filter of the API's list narrows this one; what makes no sense is ignored."""
    benefit = make_benefit(organization)
    one = make_product(organization, "One", metadata={"a=b": "1%"})
    make_product(organization, "Book", recurring_interval=None, visibility="private")
    old = change(organization, "products", make_product(organization, "Old"), is_archived=True)
    benefits = f"/v1/products/{old['id']}/benefits"
    assert organization.request("POST", benefits, body={"benefits": [benefit["id"]]}).is_success
    expected = {
        "": ["Old", "Book", "One"],
        "?q=bo": ["Book"],
        "?is_archived=true": ["Old"],
        "?is_archived=false": ["Book", "One"],
        "?is_recurring=false": ["Book"],
        "?visibility=private": ["Book"],
        f"?benefit_id={benefit['id']}": ["Old"],
        f"?id={one['id']}": ["One"],
        "?metadata=a%253Db%3D1%25": ["One"],
        "?sort=name": ["Book", "Old", "One"],
        "?sort=-name&page=1": ["One", "Old", "Book"],
        "?id=x&visibility=secret&is_archived=2&sort=id&page=-3&no=such": ["Old", "Book", "One"],
        "?q=%00": [],
        "?q=bo&is_archived=true": [],
    }

    found = {query: visitor.rows(base, query) for query in expected}

    assert found == expected
    assert "Nothing found" in visitor.see(f"{base}?q=%00").text


def test_filter_form(organization: Organization, visitor: Visitor, base: str) -> None:
    """The form offers the benefits, holds the filters in force, and adds one of metadata."""
    benefit = make_benefit(organization, "Support")
    make_product(organization, "One")

    seen = visitor.see(f"{base}?q=o&benefit_id={benefit['id']}")
    (form,) = [form for form in seen.forms if form.action == base]
    added = visitor.get(f"{base}?q=o&metadata_key=a&metadata_value=b&visibility=")

    assert {("q", "o"), ("benefit_id", benefit["id"])} <= set(form.fields)
    assert (added.status_code, added.headers["location"]) == (303, f"{base}?q=o&metadata=a%3Db")


def test_parts_for_htmx(organization: Organization, visitor: Visitor, base: str) -> None:
    """A request of htmx is given the results alone, and the address to show."""
    make_product(organization, "One")

    answer = visitor.get(f"{base}?q=one&visibility=", headers={"HX-Request": "true"})

    assert "<html" not in answer.text
    assert "1 product" in answer.text
    assert answer.headers["hx-push-url"] == f"{base}?q=one"
    assert answer.headers["vary"] == "HX-Request"


def test_pages(organization: Organization, visitor: Visitor, base: str) -> None:
    """A page has 25 rows; a later one than the last says where the list ends."""
    for number in range(26):
        make_product(organization, f"Product {number}")

    assert visitor.rows(base, "?page=2") == ["Product 0"]
    seen = visitor.see(f"{base}?page=99")
    assert "The list ends with page 2" in seen.text
    assert f"{base}?page=2" in seen.links


def test_one(organization: Organization, visitor: Visitor, base: str) -> None:
    """A product's page shows its prices, benefits, metadata and trial."""
    benefit = make_benefit(organization, "Support by telephone")
    one = make_product(
        organization,
        "One & only",
        metadata={"tier": "gold"},
        trial_interval="week",
        trial_interval_count=2,
    )
    path = f"/v1/products/{one['id']}/benefits"
    assert organization.request("POST", path, body={"benefits": [benefit["id"]]}).is_success

    text = visitor.see(f"{base}/{one['id']}").text

    for shown in (
        "One & only",
        "10.00 USD, every month",
        "Support by telephone",
        "tier gold",
        "2 weeks",
        one["id"],
    ):
        assert shown in text


@pytest.mark.parametrize("place", ["x", "3b0c2a1e-5d1f-4c61-9e0a-7d6f0a54c1b2"])
def test_no_such_product(visitor: Visitor, base: str, place: str) -> None:
    """There is no page of a product that is not there."""
    assert visitor.get(f"{base}/{place}").status_code == 404


def test_of_another_organization(
    visitor: Visitor, base: str, make_organization: Callable[..., Organization]
) -> None:
    """Another organization's products are in no list here, and have no page."""
    other: dict[str, Any] = make_product(make_organization(), "Theirs")

    assert visitor.get(f"{base}/{other['id']}").status_code == 404
    assert "No products yet" in visitor.see(base).text
