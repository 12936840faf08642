"""What the tests of commerce's endpoints share: asking for objects, and what answers say."""

import json
from typing import Any

import httpx

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
