"""Changing and deleting an account."""

import pytest
from fastapi.testclient import TestClient
from polar.v2026_10.errors import ResourceNotFound

from icefloe.testing import Organization


def test_change(service: TestClient, icefloe: Organization, ada: dict[str, str]) -> None:
    """What a person changes is changed at Polar too; the rest stays."""
    wanted = {"email": "countess@example.com", "plan": "free"}
    answer = service.patch("/account", json=wanted, headers=ada)

    assert answer.json() == {"id": ada["id"], "name": "Ada Lovelace", **wanted}
    customer = icefloe.client.customers.get_external(ada["id"])
    assert customer.email == "countess@example.com"
    assert customer.name == "Ada Lovelace"
    assert customer.metadata == {"plan": "free"}


def test_change_keeps_metadata_of_others(
    service: TestClient, icefloe: Organization, ada: dict[str, str]
) -> None:
    """Metadata of the customer that another program wrote stays."""
    icefloe.client.customers.update_external(ada["id"], metadata={"plan": "pro", "vat": "checked"})
    service.patch("/account", json={"plan": "free"}, headers=ada)

    customer = icefloe.client.customers.get_external(ada["id"])
    assert customer.metadata == {"plan": "free", "vat": "checked"}


def test_change_that_polar_does_not_take(service: TestClient, ada: dict[str, str]) -> None:
    """What Polar does not take does not come into the account either."""
    answer = service.patch("/account", json={"email": "nobody"}, headers=ada)

    assert answer.status_code == 422
    assert service.get("/account", headers=ada).json()["email"] == "ada@example.com"


def test_change_to_a_taken_address(service: TestClient, ada: dict[str, str]) -> None:
    """An address that has an account is taken."""
    service.post("/accounts", json={"email": "grace@example.com", "name": "Grace Hopper"})
    answer = service.patch("/account", json={"email": "grace@example.com"}, headers=ada)

    assert answer.status_code == 409


def test_change_makes_a_lost_customer(
    service: TestClient, icefloe: Organization, ada: dict[str, str]
) -> None:
    """A customer that was deleted in Polar's dashboard is created again."""
    icefloe.client.customers.delete_external(ada["id"])
    answer = service.patch("/account", json={"name": "Ada King"}, headers=ada)

    assert answer.status_code == 200
    assert icefloe.client.customers.get_external(ada["id"]).name == "Ada King"


def test_delete(service: TestClient, icefloe: Organization, ada: dict[str, str]) -> None:
    """A deleted account is gone here and at Polar, and with it what names the person there."""
    assert service.delete("/account", headers=ada).status_code == 204

    assert icefloe.requests[-1].query == {"anonymize": ["true"]}
    assert service.get("/account", headers=ada).status_code == 401
    with pytest.raises(ResourceNotFound):
        icefloe.client.customers.get_external(ada["id"])


def test_delete_without_a_customer(
    service: TestClient, icefloe: Organization, ada: dict[str, str]
) -> None:
    """An account whose customer is gone already can be deleted all the same."""
    icefloe.client.customers.delete_external(ada["id"])

    assert service.delete("/account", headers=ada).status_code == 204


def test_sign_up_again(service: TestClient, icefloe: Organization, ada: dict[str, str]) -> None:
    """A person who signs up again after deleting their account gets a new customer."""
    service.delete("/account", headers=ada)
    answer = service.post("/accounts", json={"email": "ada@example.com", "name": "Ada"})

    assert answer.status_code == 201
    assert answer.json()["id"] != ada["id"]
    (customer,) = icefloe.client.customers.list().items
    assert customer.external_id == answer.json()["id"]
