"""Polar's webhooks: what is changed there is changed here, whoever changed it."""

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from app.webhooks import EVENTS
from icefloe.testing import Organization

PATH = "/webhooks/polar"


@pytest.fixture(autouse=True)
def receiver(icefloe: Organization, settings: Settings) -> None:
    """The service once more, over the same accounts: Icefloe sends it webhooks over HTTP."""
    app = create_app(settings)
    icefloe.webhooks.deliver_to(app, PATH, events=sorted(EVENTS), secret=settings.webhook_secret)


def _rename(icefloe: Organization, account_id: str, name: str) -> None:
    """Change the name of an account's customer at Polar, as its dashboard does."""
    icefloe.client.customers.update_external(
        external_id=account_id, customer_update_external_id={"name": name}
    )


def test_changed_at_polar(service: TestClient, icefloe: Organization, ada: dict[str, str]) -> None:
    """The account has the name that its customer was given at Polar."""
    _rename(icefloe, ada["id"], "Ada King")

    assert icefloe.webhooks.wait_for("customer.updated").status == 202
    assert service.get("/account", headers=ada).json()["name"] == "Ada King"


def test_changed_here(service: TestClient, icefloe: Organization, ada: dict[str, str]) -> None:
    """A webhook about what a person changed here, even a late one, takes nothing back."""
    service.patch("/account", json={"name": "Ada King"}, headers=ada)
    late = icefloe.webhooks.wait_for("customer.updated")
    service.patch("/account", json={"name": "Ada Byron"}, headers=ada)
    icefloe.webhooks.wait_idle()
    icefloe.webhooks.redeliver(late)
    icefloe.webhooks.wait_idle()

    assert [delivery.status for delivery in icefloe.webhooks.deliveries] == [202, 202, 202]
    assert service.get("/account", headers=ada).json()["name"] == "Ada Byron"


def test_polar_is_down(service: TestClient, icefloe: Organization, ada: dict[str, str]) -> None:
    """If Polar cannot be asked just then, the retry of the webhook does the work."""
    icefloe.faults.status(503, method="GET", times=1)
    _rename(icefloe, ada["id"], "Ada King")

    assert icefloe.webhooks.wait_for("customer.updated").status == 503
    icefloe.clock.advance(minutes=20)
    assert service.get("/account", headers=ada).json()["name"] == "Ada King"


def test_forged(service: TestClient, icefloe: Organization, ada: dict[str, str]) -> None:
    """What is not signed with the secret is refused."""
    icefloe.webhooks.faults.wrong_key()
    _rename(icefloe, ada["id"], "Mallory")

    assert icefloe.webhooks.wait_for("customer.updated").status == 403
    assert service.get("/account", headers=ada).json()["name"] == "Ada Lovelace"


def test_another_address(service: TestClient, icefloe: Organization, ada: dict[str, str]) -> None:
    """An account does not take over an address that another account has."""
    bob = service.post("/accounts", json={"email": "bob@example.com", "name": "Bob"}).json()
    icefloe.webhooks.faults.drop(times=1)
    icefloe.client.customers.update_external(
        external_id=bob["id"], customer_update_external_id={"email": "robert@example.com"}
    )
    assert not icefloe.webhooks.wait_for("customer.updated").succeeded
    icefloe.client.customers.update_external(
        external_id=ada["id"], customer_update_external_id={"email": "bob@example.com"}
    )

    assert icefloe.webhooks.wait_for("customer.updated").status == 202
    assert service.get("/account", headers=ada).json()["email"] == "ada@example.com"


def test_customer_without_account(icefloe: Organization) -> None:
    """A webhook about a customer who has no account is accepted."""
    icefloe.customers.create(external_id="usr_of_old")
    _rename(icefloe, "usr_of_old", "Grace")
    assert icefloe.webhooks.wait_for("customer.updated").status == 202
