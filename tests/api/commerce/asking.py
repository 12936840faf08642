"""What the tests of commerce's endpoints share: asking for objects, and what answers say."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from icefloe.domain.commerce.placing.placing import Placing
from icefloe.domain.values import moments
from icefloe.domain.values.orders import NewOrder
from icefloe.domain.values.placements import PlacedResource, Placement
from support import Organization, run

NOBODY = "3b0c2a1e-5d1f-4c61-9e0a-7d6f0a54c1b2"
"""The id of nothing; the same in each run and process."""
EMPTY = {"items": [], "pagination": {"total_count": 0, "max_page": 0}}
INSUFFICIENT_SCOPE = "insufficient_scope"
COUNT = {"func": "count"}
CALLS = {
    "conjunction": "and",
    "clauses": [{"property": "name", "operator": "eq", "value": "call"}],
}


def make(organization: Organization, resource: str, **body: Any) -> dict[str, Any]:
    """A new object of a resource."""
    answer = organization.request("POST", f"/v1/{resource}/", body=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def make_meter(organization: Organization, name: str = "Calls", **body: Any) -> dict[str, Any]:
    """A new meter."""
    return make(
        organization, "meters", **({"name": name, "filter": CALLS, "aggregation": COUNT} | body)
    )


def make_benefit(
    organization: Organization, description: str = "Support", **body: Any
) -> dict[str, Any]:
    """A new benefit that says something to customers."""
    usual = {"type": "custom", "description": description, "properties": {"note": None}}
    return make(organization, "benefits", **(usual | body))


def make_product(organization: Organization, name: str = "Pro", **body: Any) -> dict[str, Any]:
    """A new product for ten dollars a month."""
    usual = {
        "name": name,
        "recurring_interval": "month",
        "prices": [{"amount_type": "fixed", "price_amount": 1000}],
    }
    return make(organization, "products", **(usual | body))


def make_discount(organization: Organization, name: str = "Ten", **body: Any) -> dict[str, Any]:
    """A new discount of ten percent."""
    usual = {"name": name, "type": "percentage", "basis_points": 1000, "duration": "once"}
    return make(organization, "discounts", **(usual | body))


def change(
    organization: Organization, resource: str, found: dict[str, Any], **body: Any
) -> dict[str, Any]:
    """An object after a change."""
    answer = organization.request("PATCH", f"/v1/{resource}/{found['id']}", body=body)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


def find_items(answer: httpx.Response) -> list[dict[str, Any]]:
    """What is on a page."""
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def find_names(organization: Organization, path: str, key: str = "name") -> list[str]:
    """The names of what is on a page."""
    return [one[key] for one in find_items(organization.get(path))]


def find_problems(answer: httpx.Response) -> list[tuple[str, list[Any], str]]:
    """The problems of a 422: their types, places and messages."""
    assert answer.status_code == 422, answer.text
    return [(one["type"], one["loc"], one["msg"]) for one in answer.json()["detail"]]


def find_events(organization: Organization) -> list[tuple[str, dict[str, Any]]]:
    """What happened in an organization, in order: types, and what was shown."""
    events = run(
        organization.services.storage.read(lambda tables: tables.events.find_all(organization.id))
    )
    return [(event.type, json.loads(event.document)) for event in events]


def make_customer(organization: Organization, name: str = "Ada", **body: Any) -> dict[str, Any]:
    """A new customer."""
    usual = {"name": name, "email": f"{name.lower()}@example.com", "external_id": name.lower()}
    return make(organization, "customers", **(usual | body))


def store_product(
    organization: Organization, name: str = "Book", price: int = 1999, interval: str | None = None
) -> dict[str, Any]:
    """A product with a price, stored as its rules would."""
    product_id, created_at = str(uuid4()), moments.render(datetime.now(UTC))
    kind = "one_time" if interval is None else "recurring"
    stored: dict[str, Any] = {
        "id": product_id,
        "created_at": created_at,
        "modified_at": None,
        "trial_interval": None,
        "trial_interval_count": None,
        "name": name,
        "description": None,
        "visibility": "public",
        "recurring_interval": interval,
        "recurring_interval_count": None if interval is None else 1,
        "meter_interval": None,
        "meter_interval_count": None,
        "is_recurring": interval is not None,
        "is_archived": False,
        "organization_id": str(organization.id),
        "metadata": {},
        "prices": [
            {
                "created_at": created_at,
                "modified_at": None,
                "id": str(uuid4()),
                "source": "catalog",
                "amount_type": "fixed",
                "price_currency": "usd",
                "tax_behavior": None,
                "is_archived": False,
                "product_id": product_id,
                "type": kind,
                "recurring_interval": interval,
                "price_amount": price,
            }
        ],
        "benefits": [],
        "medias": [],
        "attached_custom_fields": [],
    }
    run(
        organization.services.storage.write(
            lambda tables: tables.commerce.products.add(organization.id, stored)
        )
    )
    return stored


def make_order(
    organization: Organization,
    customer: dict[str, Any],
    product: dict[str, Any] | None = None,
    **values: Any,
) -> dict[str, Any]:
    """A new order, as a seed makes it."""
    new = NewOrder(
        customer_id=UUID(customer["id"]),
        product_id=None if product is None else UUID(product["id"]),
        **values,
    )
    made: dict[str, Any] = json.loads(
        run(organization.services.commerce.orders.create(organization.id, new))
    )
    return made


def place(organization: Organization, resource: PlacedResource, **values: Any) -> str:
    """Place an object, quietly; returns its id."""
    services = organization.services
    placing = Placing(services.storage, services.clock)
    (placed,) = run(placing.place(organization.id, [Placement(resource, values)]))
    return str(placed.id)
