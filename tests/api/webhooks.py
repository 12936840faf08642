"""What the tests of webhooks' endpoints share: asking for them, and deliveries to look for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from icefloe.domain.ports.storage import Tables
from icefloe.domain.values.webhooks import (
    Attempted,
    Outcome,
    WebhookEvent,
    WebhookEventType,
)
from support import Organization, run

ENDPOINTS = "/v1/webhooks/endpoints"
DELIVERIES = "/v1/webhooks/deliveries"
READ, WRITE = "webhooks:read", "webhooks:write"
EMPTY = {"items": [], "pagination": {"total_count": 0, "max_page": 0}}
ENDPOINT_KEYS = [
    "created_at", "modified_at", "id", "url", "name", "format", "secret", "organization_id", "events",
    "enabled",
]  # fmt: skip
# Of nothing; the same in each run and process.
NOBODY = "3b0c2a1e-5d1f-4c61-9e0a-7d6f0a54c1b2"
URL = "https://example.com/hook"
OK = Outcome(succeeded=True, http_code=200, response="ok", duration=timedelta(milliseconds=3))
BAD = Outcome(succeeded=False, http_code=500, response="no", duration=timedelta(seconds=1))
SILENT = Outcome(succeeded=False, http_code=None, response="", duration=timedelta(seconds=10))


def ask(organization: Organization, method: str, path: str, **options: Any) -> httpx.Response:
    """Ask with a token that may write webhooks."""
    return organization.request(method, path, token=organization.token(WRITE), **options)


def create(organization: Organization, **values: Any) -> httpx.Response:
    """Ask for a new endpoint; these values instead of the usual ones."""
    body = {"url": URL, "format": "raw", "events": ["order.created"], **values}
    return ask(organization, "POST", ENDPOINTS, body=body)


def make(organization: Organization, **values: Any) -> dict[str, Any]:
    """A new endpoint."""
    answer = create(organization, **values)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def find(organization: Organization, endpoint: dict[str, Any], **options: Any) -> dict[str, Any]:
    """An endpoint as it is now."""
    answer = ask(organization, "GET", f"{ENDPOINTS}/{endpoint['id']}", **options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def find_items(answer: httpx.Response) -> list[dict[str, Any]]:
    """What is on a page."""
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def find_problem(answer: httpx.Response) -> tuple[str, list[str], str]:
    """The only problem of a 422: its type, place and message."""
    assert answer.status_code == 422, answer.text
    (problem,) = answer.json()["detail"]
    return problem["type"], problem["loc"], problem["msg"]


def attempt(
    organization: Organization,
    endpoint: dict[str, Any],
    outcome: Outcome,
    kind: WebhookEventType = "order.created",
    payload: bytes | None = b'{"type":"order.created"}',
) -> WebhookEvent:
    """An event for an endpoint that was attempted once. None are queued, so that none is sent."""
    event = WebhookEvent(
        id=uuid4(),
        organization_id=organization.id,
        endpoint_id=UUID(endpoint["id"]),
        customer_id=None,
        type=kind,
        created_at=datetime.now(UTC),
        payload=payload,
        due_at=None,
    )

    async def work(tables: Tables) -> None:
        await tables.webhook_events.add_all([event])

    run(organization.services.storage.write(work))
    run(organization.services.webhook_deliveries.record([Attempted(event, outcome)]))
    return replace(event, attempts=1)
