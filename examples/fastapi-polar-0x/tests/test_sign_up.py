"""Signing up."""

from fastapi.testclient import TestClient

from icefloe.testing import Organization

ADA = {"email": "ada@example.com", "name": "Ada Lovelace", "plan": "pro"}


def test_makes_a_customer(service: TestClient, icefloe: Organization) -> None:
    """The account has a customer whose external ID is the account's id."""
    answer = service.post("/accounts", json=ADA)

    assert answer.status_code == 201
    customer = icefloe.client.customers.get_external(external_id=answer.json()["id"])
    assert customer.email == "ada@example.com"
    assert customer.name == "Ada Lovelace"
    assert customer.metadata == {"plan": "pro"}


def test_key_opens_the_account(service: TestClient) -> None:
    """The key that is shown once is what the person shows from then on."""
    opened = service.post("/accounts", json=ADA).json()
    shown = service.get("/account", headers={"Authorization": f"Bearer {opened['key']}"})

    assert shown.json() == {"id": opened["id"], **ADA}
    assert service.get("/account", headers={"Authorization": "Bearer key_no"}).status_code == 401


def test_adopts_a_customer_with_the_address(service: TestClient, icefloe: Organization) -> None:
    """Who bought something before signing up keeps that customer, and its metadata."""
    icefloe.customers.create(
        email="ada@example.com", external_id=None, metadata={"campaign": "spring"}
    )
    answer = service.post("/accounts", json=ADA)

    assert answer.status_code == 201
    (customer,) = icefloe.client.customers.list(email="ada@example.com").result.items
    assert customer.external_id == answer.json()["id"]
    assert customer.name == "Ada Lovelace"
    assert customer.metadata == {"campaign": "spring", "plan": "pro"}


def test_leaves_customers_of_others_alone(service: TestClient, icefloe: Organization) -> None:
    """A customer that belongs to another account is not taken over."""
    icefloe.customers.create(email="ada@example.com", external_id="usr_of_old")
    answer = service.post("/accounts", json=ADA)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "email"]
    (customer,) = icefloe.client.customers.list().result.items
    assert customer.external_id == "usr_of_old"


def test_address_is_taken(service: TestClient, icefloe: Organization) -> None:
    """An address has one account, however it is spelled."""
    service.post("/accounts", json=ADA)
    answer = service.post("/accounts", json={**ADA, "email": "Ada@Example.com"})

    assert answer.status_code == 409
    assert icefloe.client.customers.list().result.pagination.total_count == 1


def test_polar_does_not_take_the_address(service: TestClient, icefloe: Organization) -> None:
    """The person sees why Polar refuses an address, and may try again with another."""
    answer = service.post("/accounts", json={**ADA, "email": "ada at home"})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "email"]
    assert "email address" in answer.json()["detail"][0]["msg"]
    assert icefloe.client.customers.list().result.items == []
