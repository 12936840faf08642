"""The rules of products, benefits, discounts and meters, beneath the API."""

import json
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from icefloe.domain.commerce.commerce import Commerce
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.snapshots import Snapshots
from icefloe.domain.values import errors, moments
from icefloe.domain.values.benefits import NewBenefit
from icefloe.domain.values.commerce import ObjectQuery
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.products import NewProduct
from support import HeldTime, run

PRICE = {
    "amount_type": "fixed",
    "price_currency": "usd",
    "tax_behavior": None,
    "price_amount": 1000,
}
PRODUCT: NewProduct = {
    "name": "Pro",
    "description": None,
    "visibility": "public",
    "recurring_interval": "month",
    "recurring_interval_count": 1,
    "trial_interval": None,
    "trial_interval_count": None,
    "meter_interval": None,
    "metadata": {"a": 1},
    "prices": [PRICE],
    "medias": [],
    "attached_custom_fields": [],
}
BENEFIT: NewBenefit = {
    "type": "custom",
    "description": "Support",
    "visibility": None,
    "metadata": {},
    "properties": {"note": None},
}
ALL = ObjectQuery(page=PageRequest(limit=100))


@pytest.fixture
def commerce(store: Storage, time: HeldTime) -> Commerce:
    """The rules, at a time that stands still."""
    return Commerce(store, time.clock)


@pytest.fixture
def organization_id(store: Storage, time: HeldTime) -> UUID:
    """An organization that sells nothing yet."""
    return run(Organizations(store, time.clock).create("Tests")).id


def find_products(commerce: Commerce, organization_id: UUID) -> list[dict[str, Any]]:
    """The products of an organization, newest first."""
    page = run(commerce.products.find_page(organization_id, ALL))
    return cast("list[dict[str, Any]]", json.loads(b"[%b]" % page.items))


def test_chosen_id(commerce: Commerce, organization_id: UUID) -> None:
    """A caller beneath the API may choose an id, which no second object can have."""
    chosen = uuid4()

    made = json.loads(run(commerce.products.create(organization_id, PRODUCT, product_id=chosen)))
    assert made["id"] == made["prices"][0]["product_id"] == str(chosen)
    with pytest.raises(errors.Duplicate) as refused:
        run(commerce.products.create(organization_id, PRODUCT, product_id=chosen))
    assert refused.value.field == "id"


def test_held_time(commerce: Commerce, organization_id: UUID, time: HeldTime) -> None:
    """What is made is dated by the clock, its prices too."""
    made = json.loads(run(commerce.products.create(organization_id, PRODUCT)))

    now = moments.render(time.clock.now())
    assert made["created_at"] == made["prices"][0]["created_at"] == now


def test_with_benefits(commerce: Commerce, organization_id: UUID) -> None:
    """A product may be made with its benefits; those that are not there are refused."""
    benefit = json.loads(run(commerce.benefits.create(organization_id, BENEFIT)))
    ids = [UUID(benefit["id"])] * 2

    made = json.loads(run(commerce.products.create(organization_id, PRODUCT, benefit_ids=ids)))
    assert made["benefits"] == [benefit]
    with pytest.raises(errors.RulesBroken):
        run(commerce.products.create(organization_id, PRODUCT, benefit_ids=[uuid4()]))


def test_all_or_nothing(store: Storage, commerce: Commerce, organization_id: UUID) -> None:
    """A change that is refused stores nothing and tells of nothing."""
    wrong: NewProduct = {**PRODUCT, "prices": [PRICE, PRICE]}

    with pytest.raises(errors.RulesBroken):
        run(commerce.products.create(organization_id, wrong))

    assert find_products(commerce, organization_id) == []
    assert run(store.read(lambda tables: tables.events.find_all(organization_id))) == []


def test_snapshot(
    store: Storage, commerce: Commerce, organization_id: UUID, time: HeldTime
) -> None:
    """A snapshot brings all objects back, and copies them to another organization."""
    benefit = json.loads(run(commerce.benefits.create(organization_id, BENEFIT)))
    ids = [UUID(benefit["id"])]
    run(commerce.products.create(organization_id, PRODUCT, benefit_ids=ids))
    before = find_products(commerce, organization_id)
    snapshots = Snapshots(store)
    taken = run(snapshots.take(organization_id))
    run(commerce.benefits.delete(organization_id, ids[0]))
    run(commerce.products.create(organization_id, PRODUCT))

    run(snapshots.restore(organization_id, taken))
    assert find_products(commerce, organization_id) == before
    assert run(snapshots.take(organization_id)) == taken
    other = run(Organizations(store, time.clock).create("Other")).id
    run(snapshots.restore(other, taken))
    (copied,) = find_products(commerce, other)
    assert {copied["organization_id"], copied["benefits"][0]["organization_id"]} == {str(other)}
    assert copied["prices"] == before[0]["prices"]
