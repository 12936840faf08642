"""`customers.create`, `create_many` and `load`: what a test begins with."""

import re
from typing import Any

import httpx
import pytest

from icefloe.api.schemas.customers import NewIndividualBody, NewTeamBody
from icefloe.api.schemas.fields import AddressBody
from icefloe.api.schemas.members import OwnerBody
from icefloe.testing import Organization, Refused, Server
from icefloe.testing.customers import _FIELDS


def test_made_up_values(icefloe: Organization, icefloe_server: Server) -> None:
    """Made-up values differ within a test, and are the same in each."""
    made = [icefloe.customers.create() for _ in range(5)]
    for field in ("email", "name", "external_id"):
        assert len({one[field] for one in made}) == 5
    with icefloe_server.new_organization() as other:
        again = [other.customers.create() for _ in range(5)]
    assert [one.email for one in again] == [one.email for one in made]


def test_values(icefloe: Organization) -> None:
    """Values that a test names are taken, null as well."""
    made = icefloe.customers.create(
        email="ada@example.com", external_id=None, metadata={"plan": "pro"}
    )
    assert (made.email, made.external_id, made.metadata) == (
        "ada@example.com",
        None,
        {"plan": "pro"},
    )
    assert made.name


def test_a_team(icefloe: Organization) -> None:
    """A team has a company's name."""
    made = icefloe.customers.create(type="team")
    assert made.type == "team"
    assert made.external_id == "org_1"


def test_it_reads_both_ways(icefloe: Organization) -> None:
    """A customer's fields are items and attributes; what it does not have is told."""
    made = icefloe.customers.create()
    assert made["email"] == made.email
    with pytest.raises(AttributeError, match="no 'emial'; it has id, "):
        _ = made.emial
    with pytest.raises(KeyError):
        _ = made["emial"]


def test_a_taken_address(icefloe: Organization, icefloe_server: Server) -> None:
    """An address that a test has named is not made up afterwards."""
    with icefloe_server.new_organization() as other:
        usual = [other.customers.create().email for _ in range(2)]
    icefloe.customers.create(email=usual[1].upper())
    assert icefloe.customers.create().email not in usual


def test_refused(icefloe: Organization) -> None:
    """A value that the contract does not allow is told in the server's words."""
    with pytest.raises(Refused, match=r"422: body.*email.*not a valid email") as caught:
        icefloe.customers.create(email="nobody")
    assert caught.value.status == 422


@pytest.mark.parametrize(
    ("values", "place", "close"),
    [
        ({"externalId": "e1"}, "body.externalId", "external_id"),
        ({"e_mail": "ada@example.com"}, "body.e_mail", "email"),
        ({"billing_address": {"contry": "FR"}}, "body.billing_address.contry", "country"),
        ({"type": "team", "owner": {"mail": "a@example.com"}}, "body.owner.mail", "email"),
    ],
)
def test_unknown_fields(
    icefloe: Organization, values: dict[str, Any], place: str, close: str
) -> None:
    """A field that a new customer does not have is refused, and the one that was meant is offered."""
    for make in (
        icefloe.customers.create,
        lambda **given: icefloe.customers.create_many(1, **given),
    ):
        with pytest.raises(Refused, match=f"did you mean '{close}'") as caught:
            make(**values)
        assert caught.value.status == 422
    with pytest.raises(Refused, match=f"{re.escape(place)}: a new customer has no such field"):
        icefloe.customers.create(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"billing_address": {"country": "UK"}},
        {"billing_address": {"country": "US", "state": "ZZ"}},
        {"locale": "xx-yy"},
    ],
)
def test_values_that_no_answer_shows(icefloe: Organization, values: dict[str, Any]) -> None:
    """A value that the API may not show is refused, for one customer and for many."""
    for make in (
        icefloe.customers.create,
        lambda **given: icefloe.customers.create_many(1, **given),
        lambda **given: icefloe.customers.load([{"email": "a@example.com", **given}]),
    ):
        with pytest.raises(Refused) as caught:
            make(**values)
        assert caught.value.status == 422


def test_the_fields_of_a_new_customer() -> None:
    """The fields that `create` takes are those of the contract's new customer."""
    bodies = (NewIndividualBody, NewTeamBody)
    assert set(_FIELDS[""]) == {name for body in bodies for name in body.model_fields}
    assert set(_FIELDS["billing_address"]) == set(AddressBody.model_fields)
    assert set(_FIELDS["owner"]) == set(OwnerBody.model_fields)


def test_many(icefloe: Organization, application: httpx.Client) -> None:
    """Many are made at once, in order, each with values of its own."""
    icefloe.customers.create()
    made = icefloe.customers.create_many(230, metadata={"plan": "pro"})
    icefloe.customers.create()
    assert len({one.email for one in made}) == 230
    assert [one.external_id for one in made[:2]] == ["usr_2", "usr_3"]
    seen = application.get("/v1/customers/?metadata[plan]=pro&limit=1").json()
    assert seen["pagination"]["total_count"] == 230
    assert application.get(f"/v1/customers/{made[0].id}").json() == made[0]


def test_load(icefloe: Organization, application: httpx.Client) -> None:
    """Customers are taken in with ids and times of their own."""
    wanted = {
        "id": "992fae2a-2a17-4b7a-8d9e-e287cf90131b",
        "created_at": "2023-11-07T05:31:56Z",
        "email": "ada@example.com",
    }
    icefloe.customers.load([wanted])
    seen = application.get(f"/v1/customers/{wanted['id']}").json()
    assert {name: seen[name] for name in wanted} == wanted


def test_unseen(icefloe: Organization) -> None:
    """How a test makes customers is no request of the application, and no fault befalls it."""
    with icefloe.faults.status(503, times=1) as fault:
        icefloe.customers.create()
        icefloe.customers.create_many(2)
        assert fault.left == 1
    assert list(icefloe.requests) == []
