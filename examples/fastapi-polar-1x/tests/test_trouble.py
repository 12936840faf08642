"""When something is wrong between the service and Polar."""

from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from icefloe.testing import Organization

ADA = {"email": "ada@example.com", "name": "Ada Lovelace", "plan": "pro"}


def test_slows_down(service: TestClient, icefloe: Organization) -> None:
    """When Polar asks for a second's pause, the person waits and notices nothing."""
    icefloe.faults.status(429, retry_after=1, times=1)
    answer = service.post("/accounts", json=ADA)

    assert answer.status_code == 201
    assert [request.status for request in icefloe.requests] == [429, 201]


def test_passes_a_long_pause_on(service: TestClient, icefloe: Organization) -> None:
    """A pause that is too long to wait for is the person's to make."""
    icefloe.faults.status(429, retry_after=60, times=1)
    answer = service.post("/accounts", json=ADA)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert len(icefloe.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "drop"},
        {"kind": "cut", "at": 0.5},
        {"kind": "field", "field": "email", "change": "missing"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_polar_is_in_trouble(
    service: TestClient, icefloe: Organization, fault: dict[str, Any]
) -> None:
    """The person is told to try again, and when they do there is one customer, not two."""
    icefloe.faults.add(**fault, times=1)
    first = service.post("/accounts", json=ADA)
    second = service.post("/accounts", json=ADA)

    assert first.status_code == 503
    assert first.headers["Retry-After"] == "5"
    assert second.status_code == 201
    (customer,) = icefloe.client.customers.list().items
    assert customer.external_id == second.json()["id"]


def test_answer_is_lost(service: TestClient, icefloe: Organization) -> None:
    """A customer that was made without our hearing so is found when the person tries again."""
    icefloe.faults.drop(after=True, method="POST", times=1)
    assert service.post("/accounts", json=ADA).status_code == 503
    (made,) = icefloe.client.customers.list().items
    answer = service.post("/accounts", json={**ADA, "name": "Ada King"})

    assert answer.status_code == 201
    (customer,) = icefloe.client.customers.list().items
    assert (customer.id, customer.external_id) == (made.id, answer.json()["id"])
    assert customer.name == "Ada King"


def test_deletion_waits_for_polar(
    service: TestClient, icefloe: Organization, ada: dict[str, str]
) -> None:
    """An account is not gone here while it may still be there."""
    icefloe.faults.status(502, method="DELETE", times=1)

    assert service.delete("/account", headers=ada).status_code == 503
    assert service.get("/account", headers=ada).status_code == 200
    assert service.delete("/account", headers=ada).status_code == 204


def test_polar_is_down(settings: Settings) -> None:
    """If no server listens at all, it is the same."""
    down = replace(settings, polar_url="http://127.0.0.1:9")
    with TestClient(create_app(down)) as service:
        answer = service.post("/accounts", json=ADA)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_token_is_revoked(service: TestClient, icefloe: Organization) -> None:
    """A token that Polar does not take is our mistake, and not the person's."""
    icefloe.faults.token("revoked", times=1)

    assert service.post("/accounts", json=ADA).status_code == 500
