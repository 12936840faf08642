"""An organization of a stand-in: made, changed, kept, restored and removed."""

from pathlib import Path

import httpx
import pytest

import plain_http
from icefloe.domain.values.errors import ConfigurationError
from icefloe.testing import Organization, Refused, Server

SEEDED = "2026-01-01T00:00:00Z"


def test_alone(icefloe: Organization, icefloe_server: Server, application: httpx.Client) -> None:
    """Each has customers of its own, and nobody else's token reads them."""
    made = icefloe.customers.create()
    with icefloe_server.new_organization() as other:
        other.customers.create(email=made.email)
        seen = application.get("/v1/customers/").json()["items"]
    assert [one["id"] for one in seen] == [made.id]
    assert seen[0]["organization_id"] == icefloe.organization_id


def test_removed(icefloe_server: Server) -> None:
    """After it was removed its token is refused, and to remove it again is no mistake."""
    with icefloe_server.new_organization() as organization:
        organization.customers.create_many(3)
        header = {"Authorization": f"Bearer {organization.token}"}
    answer = plain_http.get(f"{organization.base_url}/v1/customers/", headers=header)
    assert answer.status_code == 401
    kept = icefloe_server.control.get("organizations")["items"]
    assert organization.organization_id not in {one["id"] for one in kept}
    organization.remove()


def test_tokens(icefloe: Organization) -> None:
    """Another token allows what it was made for, until it expires."""
    reader = icefloe.new_token("customers:read", expires_at="2100-01-01T00:00:00Z")
    header = {"Authorization": f"Bearer {reader}"}
    url = f"{icefloe.base_url}/v1/customers/"
    assert plain_http.get(url, headers=header).status_code == 200
    refused = plain_http.request("POST", url, headers=header, json={"email": "ada@example.com"})
    assert refused.status_code == 403
    icefloe.clock.set("2100-01-01T00:00:01Z")
    assert plain_http.get(url, headers=header).status_code == 401


def test_snapshot(icefloe: Organization, application: httpx.Client) -> None:
    """A snapshot is restored as often as one likes: what came is gone, what went is there."""
    first, second = icefloe.customers.create_many(2)
    taken = icefloe.snapshot()
    assert taken.customers == 2
    for _ in range(2):
        icefloe.customers.create()
        assert application.delete(f"/v1/customers/{first.id}").status_code == 204
        assert application.get("/v1/customers/").json()["pagination"]["total_count"] == 2
        icefloe.restore()
        seen = application.get("/v1/customers/?sorting=created_at").json()["items"]
        assert {one["id"] for one in seen} == {first.id, second.id}


def test_earlier_snapshot(icefloe: Organization, application: httpx.Client) -> None:
    """Of several snapshots, an earlier one can be chosen."""
    empty = icefloe.snapshot()
    icefloe.customers.create()
    icefloe.snapshot()
    icefloe.restore(empty)
    assert application.get("/v1/customers/").json()["items"] == []


def test_restore_without_snapshot(icefloe: Organization) -> None:
    """Where none was taken, there is none to restore."""
    with pytest.raises(ValueError, match="snapshot"):
        icefloe.restore()


@pytest.mark.icefloe(seed=7)
@pytest.mark.parametrize("_again", [1, 2])
def test_seed(icefloe: Organization, application: httpx.Client, _again: int) -> None:
    """The same seed gives the same ids and times."""
    made = [icefloe.customers.create(), icefloe.customers.create()]
    posted = application.post("/v1/customers/", json={"email": "ada@example.com"}).json()
    seen = (icefloe.organization_id, *((one["id"], one["created_at"]) for one in [*made, posted]))
    assert seen == _SEEN.setdefault("first", seen)
    assert made[0].created_at == SEEDED


def test_a_seed_twice(icefloe_server: Server) -> None:
    """A seed is one organization, and a server has that once at a time."""
    with icefloe_server.new_organization(seed=8), pytest.raises(Refused) as caught:
        icefloe_server.new_organization(seed=8)
    assert caught.value.__notes__ == [
        "A seed gives one organization, which a server has once at a time."
    ]


_SEEN: dict[str, object] = {}


@pytest.mark.icefloe(strict=True)
def test_strict(icefloe: Organization, application: httpx.Client) -> None:
    """In strict mode a parameter nobody knows is refused, until it is no longer strict."""
    answer = application.get("/v1/customers/?sort=name")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "sort"]
    icefloe.configure(strict=False)
    assert application.get("/v1/customers/?sort=name").status_code == 200


@pytest.mark.icefloe(contract="2025-06")
def test_contract(icefloe: Organization, application: httpx.Client) -> None:
    """An older contract answers without the fields that came later."""
    icefloe.customers.create()
    (older,) = application.get("/v1/customers/").json()["items"]
    icefloe.configure(contract=None)
    (newer,) = application.get("/v1/customers/").json()["items"]
    assert newer.keys() - older.keys() >= {"type", "billing_name", "locale"}


def test_refused(icefloe_server: Server) -> None:
    """What the server does not take is told in its own words."""
    with pytest.raises(Refused, match="contract") as caught:
        icefloe_server.new_organization(contract="1999-01")
    assert caught.value.status == 422


_SEED = """\
organizations:
  - name: Acme
    slug: acme
    seed: 3
    tokens:
      - name: tests
    customers:
      - email: ada@example.com
        external_id: usr_1
      - type: team
        email: team@example.com
        name: Bright Studio
        members:
          - email: bob@example.com
            role: billing_manager
  - name: Other
    customers:
      - email: other@example.com
"""


def test_load(icefloe: Organization, application: httpx.Client, tmp_path: Path) -> None:
    """The customers of a seed are made in the test's own organization, once."""
    (tmp_path / "seed.yaml").write_text(_SEED, "utf-8")
    assert icefloe.load(tmp_path / "seed.yaml", organization="acme") == 2
    assert icefloe.load(tmp_path / "seed.yaml", organization="acme") == 0
    seen = application.get("/v1/customers/").json()["items"]
    assert {one["email"] for one in seen} == {"ada@example.com", "team@example.com"}
    assert {one["organization_id"] for one in seen} == {icefloe.organization_id}
    members = application.get("/v1/members/").json()["items"]
    assert "bob@example.com" in {one["email"] for one in members}


def test_load_nothing(icefloe: Organization, tmp_path: Path) -> None:
    """What cannot be loaded is told: which organizations there are, and what is wrong on which line."""
    file = tmp_path / "seed.yaml"
    file.write_text(_SEED, "utf-8")
    with pytest.raises(ValueError, match="it has 'Acme', 'Other'"):
        icefloe.load(file)
    with pytest.raises(ValueError, match="it has 'Acme', 'Other'"):
        icefloe.load(file, organization="nobody")
    file.write_text(_SEED.replace("external_id", "external-id"), "utf-8")
    with pytest.raises(ConfigurationError, match=r"seed\.yaml, line 9: .*external-id"):
        icefloe.load(file, organization="acme")


@pytest.mark.icefloe(seed=7)
@pytest.mark.parametrize("_again", [1, 2])
def test_load_with_a_seed(
    icefloe: Organization, application: httpx.Client, tmp_path: Path, _again: int
) -> None:
    """Where the organization has a seed, those who are loaded have the same ids each time."""
    (tmp_path / "seed.yaml").write_text(_SEED, "utf-8")
    icefloe.load(tmp_path / "seed.yaml", organization="Acme")
    seen = [
        (one["id"], one["created_at"]) for one in application.get("/v1/customers/").json()["items"]
    ]
    assert seen == _SEEN.setdefault("loaded", seen)
