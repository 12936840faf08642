"""Members of customers, by the official clients that know them."""

from typing import Any
from uuid import uuid4

import pytest

from support import Organization
from wire.expected import (
    expect_own,
    expect_plain,
    expect_refused,
    generation_1,
    knowing_teams,
    problems,
    refusal,
)
from wire.programs import Client, Connection

Json = dict[str, Any]

# 1.x lists the members of one customer only.
listing = pytest.mark.parametrize("client", ["polar-sdk-0.32.0"], indirect=True)

BOSS: Json = {"email": "boss@example.com", "name": "Boss", "external_id": "boss"}
HAND: Json = {
    "email": "Hand@example.com",
    "name": "Hand",
    "external_id": "hand è+1",
    "role": "billing_manager",
}
ONLY_ONE = {
    "error": "NotPermitted",
    "detail": "Individual customers can only have one member (the owner). Upgrade to a team "
    "customer to add more members.",
}
SAME_EMAIL = "A member with this email already exists for this customer."
OWNER_STAYS = "Cannot change role. Customer must have exactly one owner."
OWNER_CANNOT_GO = "Cannot delete the only owner. Transfer ownership first."
# How a client tells that the scope of a token that would make a member is too small: its class
# for a 403 there wants a `detail`, which such an answer has neither here nor at Polar.
UNREADABLE = {
    "polar-sdk-0.32.0": ("ResponseValidationError", 403),
    "polar-sdk-1.0.2": ("PolarDeserializationError", None),
}


@pytest.fixture(params=[False, True], ids=["plain", "async"])
def polar(request: pytest.FixtureRequest, client: Client, organization: Organization) -> Connection:
    """The client, connected to an organization without customers, by each of its two ways."""
    return client.connect(organization, asynchronous=request.param)


@pytest.fixture
def reader(client: Client, organization: Organization) -> Connection:
    """The client with a token that may only read members."""
    return client.connect(organization, token=organization.token("members:read"))


@pytest.fixture
def stranger(client: Client, organization: Organization) -> Connection:
    """The client with a token for customers alone."""
    token = organization.token("customers:read", "customers:write")
    return client.connect(organization, token=token)


@pytest.fixture
def team(organization: Organization) -> Json:
    """A team without an address of its own, that Boss owns."""
    return make(organization, "/v1/customers/", type="team", external_id="crew", owner=BOSS)


@pytest.fixture
def owner(organization: Organization, team: Json) -> Json:
    """The team's owner."""
    (found,) = (one for one in members(organization, team) if one["role"] == "owner")
    return found


@pytest.fixture
def hand(organization: Organization, team: Json) -> Json:
    """A member of the team."""
    return make(organization, f"/v1/customers/{team['id']}/members", **HAND)


@pytest.fixture
def solo(organization: Organization) -> Json:
    """An individual."""
    return make(organization, "/v1/customers/", email="solo@example.com", external_id="solo")


def make(organization: Organization, path: str, **body: Any) -> Json:
    """Make a customer or a member without the client; gives what the server shows."""
    answer = organization.request("POST", path, body=body)
    assert answer.status_code == 201
    shown: Json = answer.json()
    return shown


def members(organization: Organization, customer: Json) -> list[Json]:
    """A customer's members as the server shows them, oldest first."""
    query = {"customer_id": customer["id"], "sorting": "created_at"}
    found: list[Json] = organization.get("/v1/members/", params=query).json()["items"]
    return found


def expect_unreadable(connection: Connection, act: str, **arguments: Any) -> None:
    """Check that the token is not enough to make a member, which no client tells well."""
    raised = refusal(connection, act, **arguments)
    assert (raised.name, raised.status) == UNREADABLE[connection.client.name]
    assert "PolarError" in raised.bases


def expect_not_found(connection: Connection, act: str, *, what: str, **arguments: Any) -> None:
    """Check that there is no such member or customer: the client's own ResourceNotFound."""
    raised = refusal(connection, act, **arguments)
    expect_own(connection.client, raised, "ResourceNotFound", 404)
    assert raised.body == {"error": "ResourceNotFound", "detail": f"{what} not found"}


def expect_problem(
    connection: Connection, problem: tuple[list[str], str], act: str, **arguments: Any
) -> None:
    """Check place and words of what is told to be wrong: the client's own HTTPValidationError."""
    raised = refusal(connection, act, **arguments)
    expect_own(connection.client, raised, "HTTPValidationError", 422)
    assert [(place, words) for place, _, words in problems(raised)] == [problem]


@knowing_teams
class TestCreateMember:
    """`customers.members.create`."""

    def test_missing_scope(self, reader: Connection, team: Json) -> None:
        """A token that may only read raises one of the client's errors, though a vague one."""
        expect_unreadable(reader, "create_member", customer=team["id"], **HAND)

    def test_not_found(self, polar: Connection) -> None:
        """An ID that no customer has raises the client's ResourceNotFound."""
        expect_not_found(
            polar, "create_member", what="Customer", customer=str(uuid4()), email="a@example.com"
        )

    def test_individual(self, polar: Connection, solo: Json) -> None:
        """An individual, who has no more members, raises the client's NotPermitted."""
        raised = refusal(polar, "create_member", customer=solo["id"], **HAND)
        expect_own(polar.client, raised, "NotPermitted", 403)
        assert raised.body == ONLY_ONE

    def test_invalid_email(self, polar: Connection, team: Json) -> None:
        """What is no e-mail address raises HTTPValidationError, which names the place."""
        raised = refusal(polar, "create_member", customer=team["id"], email="hand")
        expect_own(polar.client, raised, "HTTPValidationError", 422)
        assert [place for place, *_ in problems(raised)] == [["body", "email"]]

    def test_only_email(self, polar: Connection, team: Json) -> None:
        """Of a member nothing but the address must be given."""
        seen = polar.do("create_member", customer=team["id"], email="hand@example.com")
        assert (seen["name"], seen["external_id"], seen["role"]) == (None, None, "member")

    def test_every_value(
        self, polar: Connection, organization: Organization, team: Json, owner: Json
    ) -> None:
        """A new member is shown with all that was given, as the server then has it."""
        seen = polar.do("create_member", customer=team["id"], **HAND)
        assert seen | HAND | {"customer_id": team["id"], "modified_at": None} == seen
        assert members(organization, team) == [owner, seen]

    def test_same_email(
        self, polar: Connection, organization: Organization, team: Json, hand: Json
    ) -> None:
        """An address that a member has gives that member, unchanged."""
        seen = polar.do("create_member", customer=team["id"], email="HAND@example.com", name="No")
        assert seen == hand
        assert len(members(organization, team)) == 2


@knowing_teams
class TestCreateExternalMember:
    """`customers.members.create_external`."""

    def test_missing_scope(self, reader: Connection, team: Json) -> None:
        """A token that may only read raises one of the client's errors, though a vague one."""
        expect_unreadable(reader, "create_external_member", customer=team["external_id"], **HAND)

    def test_not_found(self, polar: Connection) -> None:
        """An external ID that no customer has raises the client's ResourceNotFound."""
        expect_not_found(
            polar, "create_external_member", what="Customer", customer="no", email="a@example.com"
        )

    def test_individual(self, polar: Connection, solo: Json) -> None:
        """An individual, who has no more members, raises the client's NotPermitted."""
        raised = refusal(polar, "create_external_member", customer=solo["external_id"], **HAND)
        expect_own(polar.client, raised, "NotPermitted", 403)
        assert raised.body == ONLY_ONE

    def test_valid(
        self, polar: Connection, organization: Organization, team: Json, owner: Json
    ) -> None:
        """A new member is shown with all that was given, as the server then has it."""
        seen = polar.do("create_external_member", customer=team["external_id"], **HAND)
        assert seen | HAND | {"customer_id": team["id"], "modified_at": None} == seen
        assert members(organization, team) == [owner, seen]


@knowing_teams
class TestGetMember:
    """`customers.members.get`."""

    def test_missing_scope(self, stranger: Connection, team: Json, hand: Json) -> None:
        """A token for customers alone raises the client's plain error, with status 403."""
        expect_refused(stranger, "get_member", customer=team["id"], member=hand["id"])

    def test_not_found(self, polar: Connection, team: Json) -> None:
        """An ID that no member has raises the client's ResourceNotFound."""
        wanted = {"customer": team["id"], "member": str(uuid4())}
        expect_not_found(polar, "get_member", what="Member", **wanted)

    def test_another_customers(self, polar: Connection, solo: Json, hand: Json) -> None:
        """A member of another customer raises ResourceNotFound."""
        wanted = {"customer": solo["id"], "member": hand["id"]}
        expect_not_found(polar, "get_member", what="Member", **wanted)

    def test_invalid_id(self, polar: Connection, team: Json) -> None:
        """An ID that is no UUID raises HTTPValidationError."""
        raised = refusal(polar, "get_member", customer=team["id"], member="hand")
        expect_own(polar.client, raised, "HTTPValidationError", 422)
        assert [place for place, *_ in problems(raised)] == [["path", "member_id"]]

    def test_valid(self, polar: Connection, team: Json, hand: Json, owner: Json) -> None:
        """A member is read field by field, the owner too."""
        assert polar.do("get_member", customer=team["id"], member=hand["id"]) == hand
        assert polar.do("get_member", customer=team["id"], member=owner["id"]) == owner
        assert owner | BOSS | {"role": "owner"} == owner


@knowing_teams
class TestGetExternalMember:
    """`customers.members.get_external`."""

    def test_missing_scope(self, stranger: Connection, team: Json, hand: Json) -> None:
        """A token for customers alone raises the client's plain error, with status 403."""
        wanted = {"customer": team["external_id"], "member": hand["external_id"]}
        expect_refused(stranger, "get_external_member", **wanted)

    def test_not_found(self, polar: Connection, team: Json) -> None:
        """An external ID that no member has raises the client's ResourceNotFound."""
        wanted = {"customer": team["external_id"], "member": "nobody"}
        expect_not_found(polar, "get_external_member", what="Member", **wanted)

    def test_valid(self, polar: Connection, team: Json, hand: Json) -> None:
        """External IDs find a member, with characters that a path must escape as well."""
        wanted = {"customer": team["external_id"], "member": hand["external_id"]}
        assert polar.do("get_external_member", **wanted) == hand


@knowing_teams
class TestUpdateMember:
    """`customers.members.update`."""

    def test_missing_scope(self, reader: Connection, team: Json, hand: Json) -> None:
        """A token that may only read raises the client's plain error, with status 403."""
        expect_refused(reader, "update_member", customer=team["id"], member=hand["id"], name="No")

    def test_not_found(self, polar: Connection, team: Json) -> None:
        """An ID that no member has raises the client's ResourceNotFound."""
        wanted = {"customer": team["id"], "member": str(uuid4())}
        expect_not_found(polar, "update_member", what="Member", **wanted, name="No")

    def test_same_email(self, polar: Connection, team: Json, hand: Json) -> None:
        """An address that another member has raises HTTPValidationError."""
        wanted = {"customer": team["id"], "member": hand["id"], "email": BOSS["email"]}
        expect_problem(polar, (["body", "email"], SAME_EMAIL), "update_member", **wanted)

    def test_owner_stays(self, polar: Connection, team: Json, owner: Json) -> None:
        """Another role for the owner raises HTTPValidationError."""
        wanted = {"customer": team["id"], "member": owner["id"], "role": "member"}
        expect_problem(polar, (["body", "role"], OWNER_STAYS), "update_member", **wanted)

    def test_valid(
        self, polar: Connection, organization: Organization, team: Json, owner: Json, hand: Json
    ) -> None:
        """A member has the new values, as the server then shows it."""
        new = {"name": "Deck Hand", "email": "deck@example.com", "role": "member"}
        seen = polar.do("update_member", customer=team["id"], member=hand["id"], **new)
        assert seen == hand | new | {"modified_at": seen["modified_at"]}
        assert seen["modified_at"] > seen["created_at"]
        assert members(organization, team) == [owner, seen]

    def test_new_owner(
        self, polar: Connection, organization: Organization, team: Json, hand: Json
    ) -> None:
        """Who is made the owner makes the owner before a billing manager."""
        seen = polar.do("update_member", customer=team["id"], member=hand["id"], role="owner")
        before, now = members(organization, team)
        assert (before["role"], now) == ("billing_manager", seen)
        assert seen["role"] == "owner"


@knowing_teams
class TestUpdateExternalMember:
    """`customers.members.update_external`."""

    def test_missing_scope(self, reader: Connection, team: Json, hand: Json) -> None:
        """A token that may only read raises the client's plain error, with status 403."""
        wanted = {"customer": team["external_id"], "member": hand["external_id"]}
        expect_refused(reader, "update_external_member", **wanted, name="No")

    def test_not_found(self, polar: Connection, team: Json) -> None:
        """An external ID that no member has raises the client's ResourceNotFound."""
        wanted = {"customer": team["external_id"], "member": "nobody"}
        expect_not_found(polar, "update_external_member", what="Member", **wanted, name="No")

    def test_same_email(self, polar: Connection, team: Json, hand: Json) -> None:
        """An address that another member has raises HTTPValidationError."""
        wanted = {"customer": team["external_id"], "member": hand["external_id"]}
        expect_problem(
            polar,
            (["body", "email"], SAME_EMAIL),
            "update_external_member",
            **wanted,
            email="BOSS@example.com",
        )

    def test_valid(
        self, polar: Connection, organization: Organization, team: Json, owner: Json, hand: Json
    ) -> None:
        """A member has the new name, and keeps its other values."""
        wanted = {"customer": team["external_id"], "member": hand["external_id"]}
        seen = polar.do("update_external_member", **wanted, name="Deck Hand")
        assert seen == hand | {"name": "Deck Hand", "modified_at": seen["modified_at"]}
        assert members(organization, team) == [owner, seen]


@knowing_teams
class TestDeleteMember:
    """`customers.members.delete`."""

    def test_missing_scope(self, reader: Connection, team: Json, hand: Json) -> None:
        """A token that may only read raises the client's plain error, with status 403."""
        expect_refused(reader, "delete_member", customer=team["id"], member=hand["id"])

    def test_not_found(self, polar: Connection, team: Json) -> None:
        """An ID that no member has raises the client's ResourceNotFound."""
        wanted = {"customer": team["id"], "member": str(uuid4())}
        expect_not_found(polar, "delete_member", what="Member", **wanted)

    def test_owner(self, polar: Connection, team: Json, owner: Json) -> None:
        """The owner cannot go, which raises HTTPValidationError."""
        wanted = {"customer": team["id"], "member": owner["id"]}
        expect_problem(polar, (["body"], OWNER_CANNOT_GO), "delete_member", **wanted)

    def test_valid(
        self, polar: Connection, organization: Organization, team: Json, owner: Json, hand: Json
    ) -> None:
        """A deleted member is gone, and its values are free at once."""
        wanted = {"customer": team["id"], "member": hand["id"]}
        assert polar.do("delete_member", **wanted) is None
        assert members(organization, team) == [owner]
        expect_not_found(polar, "delete_member", what="Member", **wanted)
        assert polar.do("create_member", customer=team["id"], **HAND)["id"] != hand["id"]


@knowing_teams
class TestDeleteExternalMember:
    """`customers.members.delete_external`."""

    def test_missing_scope(self, reader: Connection, team: Json, hand: Json) -> None:
        """A token that may only read raises the client's plain error, with status 403."""
        wanted = {"customer": team["external_id"], "member": hand["external_id"]}
        expect_refused(reader, "delete_external_member", **wanted)

    def test_not_found(self, polar: Connection, team: Json) -> None:
        """An external ID that no member has raises the client's ResourceNotFound."""
        wanted = {"customer": team["external_id"], "member": "nobody"}
        expect_not_found(polar, "delete_external_member", what="Member", **wanted)

    def test_owner(self, polar: Connection, team: Json) -> None:
        """The owner cannot go, which raises HTTPValidationError."""
        wanted = {"customer": team["external_id"], "member": BOSS["external_id"]}
        expect_problem(polar, (["body"], OWNER_CANNOT_GO), "delete_external_member", **wanted)

    def test_valid(
        self, polar: Connection, organization: Organization, team: Json, owner: Json, hand: Json
    ) -> None:
        """A deleted member is gone."""
        wanted = {"customer": team["external_id"], "member": hand["external_id"]}
        assert polar.do("delete_external_member", **wanted) is None
        assert members(organization, team) == [owner]
        expect_not_found(polar, "delete_external_member", what="Member", **wanted)


@listing
class TestListMembers:
    """`members.list_members`, and its `next()`."""

    def test_missing_scope(self, stranger: Connection) -> None:
        """A token for customers alone raises the client's plain error, with status 403."""
        expect_refused(stranger, "walk_members")

    def test_invalid_page(self, polar: Connection) -> None:
        """A page below 1 raises HTTPValidationError."""
        words = "Input should be greater than 0"
        expect_problem(polar, (["query", "page"], words), "walk_members", page=0)

    def test_invalid_customer_id(self, polar: Connection) -> None:
        """A customer's ID that is no UUID raises the client's plain error, with status 404."""
        body = {"error": "ResourceNotFound", "detail": "Invalid customer ID format"}
        raised = refusal(polar, "walk_members", customer_id="crew")
        expect_plain(polar.client, raised, 404, body)

    def test_filters(
        self, polar: Connection, team: Json, owner: Json, hand: Json, solo: Json
    ) -> None:
        """Each filter keeps those that it names, the last made first."""

        def found(**filters: Any) -> list[Json]:
            (page,) = polar.do("walk_members", **filters)
            assert page["pagination"]["total_count"] == len(page["items"])
            items: list[Json] = page["items"]
            return items

        assert [one["email"] for one in found()] == [solo["email"], HAND["email"], BOSS["email"]]
        assert found(customer_id=team["id"]) == [hand, owner]
        assert found(external_customer_id="crew", sorting=["created_at"]) == [owner, hand]
        assert found(customer_id=team["id"], role="owner") == [owner]
        assert found(customer_id=str(uuid4())) == []

    def test_pages(self, polar: Connection, organization: Organization, team: Json) -> None:
        """A walk sees each member once, as the server shows them, and keeps its filters."""
        for number in range(6):
            make(
                organization,
                f"/v1/customers/{team['id']}/members",
                email=f"hand{number}@example.com",
            )
        pages = polar.do("walk_members", customer_id=team["id"], sorting=["created_at"], limit=3)
        assert [len(page["items"]) for page in pages] == [3, 3, 1]
        assert [one for page in pages for one in page["items"]] == members(organization, team)


@generation_1
class TestListMembersOfCustomer:
    """`customers.members.list`, `iter_list`, and both by external ID."""

    def test_missing_scope(self, stranger: Connection, team: Json) -> None:
        """A token for customers alone raises the client's plain error, with status 403."""
        expect_refused(stranger, "list_members", customer=team["id"])
        expect_refused(stranger, "list_external_members", customer=team["external_id"])

    def test_not_found(self, polar: Connection) -> None:
        """A customer that does not exist raises the client's ResourceNotFound."""
        for act in ("list_members", "iterate_members"):
            expect_not_found(polar, act, what="Customer", customer=str(uuid4()))
        for act in ("list_external_members", "iterate_external_members"):
            expect_not_found(polar, act, what="Customer", customer="no")

    def test_invalid_page(self, polar: Connection, team: Json) -> None:
        """A page below 1 raises HTTPValidationError."""
        problem = (["query", "page"], "Input should be greater than 0")
        expect_problem(polar, problem, "list_members", customer=team["id"], page=0)

    @pytest.mark.parametrize(
        ("act", "name"), [("list_members", "id"), ("list_external_members", "external_id")]
    )
    def test_filters(
        self, polar: Connection, team: Json, owner: Json, hand: Json, act: str, name: str
    ) -> None:
        """The customer's members are listed, newest first unless asked otherwise, by role if asked."""

        def found(**filters: Any) -> list[Json]:
            page = polar.do(act, customer=team[name], **filters)
            assert page["pagination"] == {"total_count": len(page["items"]), "max_page": 1}
            items: list[Json] = page["items"]
            return items

        assert found() == [hand, owner]
        assert found(sorting=["created_at"]) == [owner, hand]
        assert found(role="owner") == [owner]

    @pytest.mark.parametrize(
        ("act", "name"), [("iterate_members", "id"), ("iterate_external_members", "external_id")]
    )
    def test_pages(
        self, polar: Connection, organization: Organization, team: Json, act: str, name: str
    ) -> None:
        """A walk sees each member once, as the server shows them."""
        for number in range(6):
            body = {"email": f"hand{number}@example.com"}
            make(organization, f"/v1/customers/{team['id']}/members", **body)

        walked = polar.do(act, customer=team[name], sorting=["created_at"], limit=3)

        assert walked == members(organization, team)
