"""The token's own organization, by the official clients."""

from typing import Any

import pytest

from icefloe.domain.values.access import CUSTOMERS_READ
from support import Organization
from wire.expected import NOT_FOUND, expect_plain, expect_refused, generation_1, refusal
from wire.programs import Client, Connection

# Values of every kind that all clients show under the wire's name.
SHOWN = (
    "id", "name", "slug", "avatar_url", "email", "website", "details_submitted_at", "socials",
    "subscription_settings",
)  # fmt: skip
UNAUTHORIZED = {"error": "Unauthorized", "detail": "Unauthorized"}
NOBODY = "3b0c2a1e-5d1f-4c61-9e0a-7d6f0a54c1b2"


@pytest.fixture(params=[False, True], ids=["plain", "async"])
def polar(request: pytest.FixtureRequest, client: Client, organization: Organization) -> Connection:
    """The client, connected to an organization, by each of its two ways."""
    token = organization.token("organizations:write")
    return client.connect(organization, token=token, asynchronous=request.param)


def shown(organization: Organization, seen: dict[str, Any]) -> dict[str, Any]:
    """What the wire has of the values that a client sees; the client may know fewer settings."""
    answer = organization.get(
        f"/v1/organizations/{organization.id}", token=organization.token("organizations:read")
    )
    found: dict[str, Any] = answer.json()
    settings = seen["subscription_settings"]
    found["subscription_settings"] = {
        name: found["subscription_settings"][name] for name in settings
    }
    return {name: found[name] for name in SHOWN}


def test_missing_scope(client: Client, organization: Organization) -> None:
    """A token for customers alone is refused as the client refuses."""
    customers_alone = client.connect(organization, token=organization.token(*CUSTOMERS_READ))
    expect_refused(customers_alone, "list_organizations")


def test_create(polar: Connection) -> None:
    """No token creates an organization; the client tells so by its plain error."""
    raised = refusal(polar, "create_organization", name="Another", slug="another")

    expect_plain(polar.client, raised, 401, UNAUTHORIZED)


def test_not_found(polar: Connection) -> None:
    """Another organization is not found, in the class that the client has for it."""
    raised = refusal(polar, "get_organization", organization=NOBODY)

    assert raised.body == NOT_FOUND


def test_read(polar: Connection, organization: Organization) -> None:
    """The organization is read by the client's own classes, alone and in a list."""
    seen = polar.do("get_organization", organization=str(organization.id))

    assert {name: seen[name] for name in SHOWN} == shown(organization, seen)
    assert polar.do("list_organizations") == [seen]
    assert polar.do("list_organizations", slug=seen["slug"]) == [seen]
    assert polar.do("list_organizations", slug="another") == []


def test_update(polar: Connection, organization: Organization) -> None:
    """The organization is changed, and read again."""
    seen = polar.do(
        "update_organization",
        organization=str(organization.id),
        name="Arctic Fish",
        website="https://fish.example",
        socials=[{"platform": "x", "url": "https://x.com/fish"}],
    )

    assert (seen["name"], seen["website"]) == ("Arctic Fish", "https://fish.example/")
    assert seen["socials"] == [{"platform": "x", "url": "https://x.com/fish"}]
    assert {name: seen[name] for name in SHOWN} == shown(organization, seen)


@generation_1
def test_walk(polar: Connection) -> None:
    """A walk over all pages sees the organization once."""
    assert polar.do("walk_organizations", limit=1) == polar.do("list_organizations")
