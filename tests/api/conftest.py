"""The organization whose customers the tests of reading look for."""

from typing import Any

import pytest

from api.commerce.asking import make, make_product
from icefloe.services import Services
from support import Organization, Server, make_organization_of, new_customer

# Told apart by their e-mail addresses' local parts, which the tests call them by.
CREW: list[dict[str, Any]] = [
    new_customer(
        1,
        email="Ida@angstrom.se",
        name="Ida Ångström",
        external_id="crew_1",
        metadata={"plan": "gold", "seats": 5, "beta": True},
    ),
    new_customer(
        2,
        email="bo@berg.no",
        name="bo berg",
        external_id="CREW_2",
        metadata={"plan": "gold", "seats": "5", "ratio": 1.5},
    ),
    new_customer(
        3,
        email="cafe@etoile.fr",
        name="Café",
        billing_name="Étoile SARL",
        external_id="x_crew_3",
        metadata={"plan": "silver", "seats": 5.0, "beta": "true"},
        billing_address={"line1": "1 Quai", "city": "Brest", "country": "FR"},
        tax_id=["FR61954506077", "eu_vat"],
        locale="fr-FR",
    ),
    new_customer(
        4,
        email="per@oil.com",
        name="100% Pure_Oil \\ Co",
        external_id="pct%4",
        metadata={"plan": "Gold", "beta": False, "a.b": "dotted", "q'uote": "it's", "x[y": "br"},
    ),
    new_customer(
        5,
        email="han@boats.cn",
        name="中文渔船 🚢",
        external_id=None,
        metadata={
            "ключ": "значение",
            "big": 12345678901234567890,
            "exp": 1e21,
            "small": 1e-7,
            "neg": -3,
            "two\nlines": "a\nb",
        },
    ),
    new_customer(6, email="nobody+news@sea.is", name=None, external_id="A/b"),
    new_customer(
        7,
        type="team",
        email=None,
        name="Arctic Team",
        external_id="team 7",
        owner={"email": "boss@arctic.org"},
    ),
    new_customer(
        8,
        email="gone@sea.is",
        name="Gone Overboard",
        external_id="crew_gone",
        deleted_at="2026-02-01T00:00:00Z",
        metadata={"plan": "gold"},
    ),
]


@pytest.fixture(scope="session")
def crew(server: Server, services: Services) -> Organization:
    """An organization of eight customers, one of whom is deleted; tests only read it.

    The last one has a subscription.
    """
    made = make_organization_of(server, services)
    report = made.keep(*CREW)
    assert report.failed == 0
    product = make_product(made, prices=[{"amount_type": "free"}])
    live = [one["id"] for one in CREW if one.get("deleted_at") is None]
    make(made, "subscriptions", product_id=product["id"], customer_id=live[-1])
    return made


@pytest.fixture(scope="session")
def strangers(server: Server, services: Services) -> Organization:
    """Another organization, whose only customer has everything that one of the crew has."""
    made = make_organization_of(server, services)
    report = made.keep({**CREW[0], "name": "Ida of the strangers"})
    assert report.failed == 0
    return made


@pytest.fixture(scope="session")
def crew_ids() -> dict[str, str]:
    """The ids of the crew by what the tests call them."""
    return {str(one["email"] or "team@").partition("@")[0].lower(): one["id"] for one in CREW}
