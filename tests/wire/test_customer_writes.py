"""Customers, changed by the official clients, and what else the clients ask about a customer."""

from contextlib import closing
from typing import Any
from uuid import UUID, uuid4

import apsw
import pytest

from support import Organization, Server
from wire.expected import (
    NOT_FOUND,
    as_known,
    expect_own,
    expect_refused,
    generation_0,
    generation_1,
    knowing_teams,
    problems,
    refusal,
)
from wire.programs import Client, Connection

Json = dict[str, Any]

ADDRESS = {
    "line1": "1 Harbour Street",
    "line2": None,
    "postal_code": "10001",
    "city": "New York",
    "state": "NY",
    "country": "US",
}
ADA: Json = {
    "email": "Ada@example.com",
    "name": "Ada",
    "external_id": "usr ada+1",
    "metadata": {"plan": "pro", "seats": 5, "rate": 1.5, "beta": True},
    "billing_address": ADDRESS,
}
EMPTY_STATE: Json = {"active_subscriptions": [], "granted_benefits": [], "active_meters": []}
EMPTY_PAGE = {"items": [], "pagination": {"total_count": 0, "max_page": 0}}
SAME_EMAIL = "A customer with this email address already exists."
SAME_EXTERNAL_ID = "A customer with this external ID already exists."
FIXED_EXTERNAL_ID = "Customer external ID cannot be updated."
UNKNOWN_ID = {"external_id": "usr_nobody"}


@pytest.fixture(params=[False, True], ids=["plain", "async"])
def polar(request: pytest.FixtureRequest, client: Client, organization: Organization) -> Connection:
    """The client, connected to an organization without customers, by each of its two ways."""
    return client.connect(organization, asynchronous=request.param)


@pytest.fixture
def reader(client: Client, organization: Organization) -> Connection:
    """The client with a token that may only read customers."""
    return client.connect(organization, token=organization.token("customers:read"))


@pytest.fixture
def stranger(client: Client, organization: Organization) -> Connection:
    """The client with a token that may only read members."""
    return client.connect(organization, token=organization.token("members:read"))


@pytest.fixture
def ada(organization: Organization) -> Json:
    """A customer, as the server shows it."""
    return make(organization, **ADA)


def make(organization: Organization, **body: Any) -> Json:
    """Make a customer without the client; gives what the server shows."""
    answer = organization.request("POST", "/v1/customers/", body=body)
    assert answer.status_code == 201
    return get(organization, answer.json()["id"])


def get(organization: Organization, id_: str) -> Json:
    """A customer as the server shows it."""
    answer = organization.get(f"/v1/customers/{id_}")
    assert answer.status_code == 200
    shown: Json = answer.json()
    return shown


def members(organization: Organization, id_: str) -> list[Json]:
    """A customer's members as the server shows them."""
    found: list[Json] = organization.get("/v1/members/", params={"customer_id": id_}).json()[
        "items"
    ]
    return found


def kept_email(server: Server, id_: str) -> str:
    """The address that the database has of a customer who is deleted, which no answer shows."""
    # By the services' own SQLite: another copy in this process would drop its locks on the file.
    with closing(apsw.Connection(server.database.removeprefix("sqlite:///"))) as connection:
        wanted = (UUID(id_).bytes,)
        ((email, deleted_at),) = connection.execute(
            "SELECT email, deleted_at FROM customers WHERE id = ?", wanted
        )
    assert deleted_at is not None
    return str(email)


def expect_not_found(connection: Connection, act: str, **arguments: Any) -> None:
    """Check that nothing is found: the client's own ResourceNotFound."""
    raised = refusal(connection, act, **arguments)
    expect_own(connection.client, raised, "ResourceNotFound", 404)
    assert raised.body == NOT_FOUND


def expect_problems(
    connection: Connection, wanted: list[tuple[list[str], str, str]], act: str, **arguments: Any
) -> None:
    """Check what is told to be wrong: the client's own HTTPValidationError."""
    raised = refusal(connection, act, **arguments)
    expect_own(connection.client, raised, "HTTPValidationError", 422)
    assert problems(raised) == wanted


class TestCreateCustomer:
    """`customers.create`."""

    def test_missing_scope(self, reader: Connection) -> None:
        """A token that may only read raises the client's plain error, with status 403."""
        expect_refused(reader, "create_customer", email="ada@example.com")

    def test_invalid_email(self, polar: Connection) -> None:
        """What is no e-mail address raises HTTPValidationError, which names the place."""
        raised = refusal(polar, "create_customer", email="ada")
        expect_own(polar.client, raised, "HTTPValidationError", 422)
        assert [problem[:2] for problem in problems(raised)] == [
            (["body", "individual", "email"], "value_error")
        ]

    def test_same_email(self, polar: Connection, ada: Json) -> None:
        """An address that somebody has, in whatever case, raises HTTPValidationError."""
        expect_problems(
            polar,
            [(["body", "email"], "value_error", SAME_EMAIL)],
            "create_customer",
            email=ada["email"].upper(),
        )

    def test_same_email_and_external_id(self, polar: Connection, ada: Json) -> None:
        """Address and external ID that somebody has are told together."""
        expect_problems(
            polar,
            [
                (["body", "email"], "value_error", SAME_EMAIL),
                (["body", "external_id"], "value_error", SAME_EXTERNAL_ID),
            ],
            "create_customer",
            email=ada["email"],
            external_id=ada["external_id"],
        )

    def test_organization_id(self, polar: Connection, organization: Organization) -> None:
        """An organization's ID beside an organization's token raises HTTPValidationError."""
        raised = refusal(
            polar, "create_customer", email="ada@example.com", organization_id=str(organization.id)
        )
        expect_own(polar.client, raised, "HTTPValidationError", 422)
        assert [problem[:2] for problem in problems(raised)] == [
            (["body", "organization_id"], "organization_token")
        ]

    @knowing_teams
    def test_nobody_to_own(self, polar: Connection) -> None:
        """A team without an address and without an owner raises HTTPValidationError."""
        raised = refusal(polar, "create_customer", type="team", name="Crew")
        expect_own(polar.client, raised, "HTTPValidationError", 422)
        assert [problem[:2] for problem in problems(raised)] == [(["body", "team"], "value_error")]

    @pytest.mark.parametrize("client", ["polar-sdk-0.22.1"], indirect=True)
    def test_pair_of_tax_id(self, polar: Connection) -> None:
        """The pair that a tax ID was in mid-2025 raises HTTPValidationError, as at Polar since."""
        raised = refusal(polar, "create_customer", **ADA, tax_id=["FR61954506077", "eu_vat"])
        expect_own(polar.client, raised, "HTTPValidationError", 422)
        assert [problem[:2] for problem in problems(raised)] == [
            (["body", "individual", "tax_id"], "string_type")
        ]

    def test_only_email(self, polar: Connection, organization: Organization) -> None:
        """Of a customer nothing but the address must be given."""
        seen = polar.do("create_customer", email="ada@example.com")
        assert (seen["email"], seen["name"], seen["metadata"]) == ("ada@example.com", None, {})
        assert seen == as_known(polar.client, get(organization, seen["id"]))

    def test_every_value(self, polar: Connection, organization: Organization) -> None:
        """A new customer is shown with all that was given, as the server then has it."""
        seen = polar.do("create_customer", **ADA)
        wanted = {
            **ADA,
            "billing_address": {**ADDRESS, "state": "US-NY"},
            "organization_id": str(organization.id),
            "modified_at": None,
        }
        assert {name: seen[name] for name in wanted} == wanted
        assert seen == as_known(polar.client, get(organization, seen["id"]))
        assert polar.do("get_customer", id=seen["id"]) == seen
        assert polar.do("get_external_customer", external_id="usr ada+1") == seen

    @knowing_teams
    def test_later_values(self, polar: Connection, organization: Organization) -> None:
        """A client that knows them gives a locale, and a tax ID as plain text."""
        seen = polar.do(
            "create_customer",
            email="eve@example.com",
            locale="fr-fr",
            billing_address={"country": "FR"},
            tax_id="FR 61 954506077",
        )
        assert (seen["type"], seen["locale"]) == ("individual", "fr-FR")
        assert seen["tax_id"] == ["FR61954506077", "eu_vat"]
        assert seen == as_known(polar.client, get(organization, seen["id"]))

    @knowing_teams
    def test_team(self, polar: Connection, organization: Organization) -> None:
        """A team without an address is made with the owner who was given."""
        owner = {"email": "boss@example.com", "name": "Boss", "external_id": "boss"}
        seen = polar.do("create_customer", type="team", name="Crew", owner=owner)
        assert (seen["type"], seen["name"], seen["email"]) == ("team", "Crew", None)
        assert seen == as_known(polar.client, get(organization, seen["id"]))
        (member,) = members(organization, seen["id"])
        assert member | owner | {"role": "owner"} == member


class TestUpdateCustomer:
    """`customers.update`."""

    def test_missing_scope(self, reader: Connection, ada: Json) -> None:
        """A token that may only read raises the client's plain error, with status 403."""
        expect_refused(reader, "update_customer", id=ada["id"], name="No")

    def test_not_found(self, polar: Connection) -> None:
        """An ID that no customer has raises the client's ResourceNotFound."""
        expect_not_found(polar, "update_customer", id=str(uuid4()), name="No")

    def test_same_email(self, polar: Connection, organization: Organization, ada: Json) -> None:
        """An address that somebody else has raises HTTPValidationError, and changes nothing."""
        make(organization, email="bob@example.com")
        expect_problems(
            polar,
            [(["body", "email"], "value_error", SAME_EMAIL)],
            "update_customer",
            id=ada["id"],
            email="BOB@example.com",
            name="No",
        )
        assert get(organization, ada["id"]) == ada

    def test_external_id_set(self, polar: Connection, ada: Json) -> None:
        """Another external ID than the one that is set raises HTTPValidationError."""
        expect_problems(
            polar,
            [(["body", "external_id"], "value_error", FIXED_EXTERNAL_ID)],
            "update_customer",
            id=ada["id"],
            external_id="usr_other",
        )

    def test_nothing(self, polar: Connection, organization: Organization, ada: Json) -> None:
        """An update without values changes nothing."""
        assert polar.do("update_customer", id=ada["id"]) == as_known(polar.client, ada)
        assert get(organization, ada["id"]) == ada

    def test_every_value(self, polar: Connection, organization: Organization) -> None:
        """A customer has the new values, and no old metadata, as the server then shows it."""
        made = make(organization, email="old@example.com", metadata={"old": 1})
        seen = polar.do("update_customer", id=made["id"], **ADA)
        wanted = {**ADA, "billing_address": {**ADDRESS, "state": "US-NY"}}
        assert {name: seen[name] for name in wanted} == wanted
        assert seen["modified_at"] > seen["created_at"]
        assert seen == as_known(polar.client, get(organization, made["id"]))

    def test_null(self, polar: Connection, organization: Organization, ada: Json) -> None:
        """None clears a name."""
        assert polar.do("update_customer", id=ada["id"], name=None)["name"] is None
        assert get(organization, ada["id"])["name"] is None

    @knowing_teams
    def test_type(self, polar: Connection, organization: Organization, ada: Json) -> None:
        """An individual becomes a team."""
        seen = polar.do("update_customer", id=ada["id"], type="team", locale="de")
        assert (seen["type"], seen["locale"]) == ("team", "de")
        assert seen == as_known(polar.client, get(organization, ada["id"]))


class TestUpdateExternalCustomer:
    """`customers.update_external`."""

    def test_missing_scope(self, reader: Connection, ada: Json) -> None:
        """A token that may only read raises the client's plain error, with status 403."""
        expect_refused(
            reader, "update_external_customer", external_id=ada["external_id"], name="No"
        )

    def test_not_found(self, polar: Connection) -> None:
        """An external ID that no customer has raises the client's ResourceNotFound."""
        expect_not_found(polar, "update_external_customer", **UNKNOWN_ID, name="No")

    def test_same_email(self, polar: Connection, organization: Organization, ada: Json) -> None:
        """An address that somebody else has raises HTTPValidationError."""
        make(organization, email="bob@example.com")
        expect_problems(
            polar,
            [(["body", "email"], "value_error", SAME_EMAIL)],
            "update_external_customer",
            external_id=ada["external_id"],
            email="bob@example.com",
        )

    def test_valid(self, polar: Connection, organization: Organization, ada: Json) -> None:
        """The customer has the new values, and keeps the others."""
        new = {"email": "lovelace@example.com", "name": "Ada L.", "metadata": {"plan": "free"}}
        seen = polar.do("update_external_customer", external_id=ada["external_id"], **new)
        shown = get(organization, ada["id"])
        assert seen == as_known(polar.client, shown)
        changed = {name for name in ada if shown[name] != ada[name]}
        assert changed == {*new, "billing_name", "modified_at", "avatar_url"}
        assert {name: shown[name] for name in new} == new


class TestDeleteCustomer:
    """`customers.delete`."""

    def test_missing_scope(self, reader: Connection, ada: Json) -> None:
        """A token that may only read raises the client's plain error, with status 403."""
        expect_refused(reader, "delete_customer", id=ada["id"])

    def test_not_found(self, polar: Connection) -> None:
        """An ID that no customer has raises the client's ResourceNotFound."""
        expect_not_found(polar, "delete_customer", id=str(uuid4()))

    def test_valid(self, polar: Connection, organization: Organization, ada: Json) -> None:
        """A deleted customer is gone, and its values are free at once."""
        assert polar.do("delete_customer", id=ada["id"]) is None
        assert organization.get(f"/v1/customers/{ada['id']}").status_code == 404
        expect_not_found(polar, "delete_customer", id=ada["id"])
        assert polar.do("create_customer", **ADA)["id"] != ada["id"]

    @knowing_teams
    @pytest.mark.parametrize("anonymize", [True, False])
    def test_anonymize(
        self, polar: Connection, server: Server, ada: Json, *, anonymize: bool
    ) -> None:
        """With `anonymize` the server forgets the address of who is deleted, without it does not."""
        assert polar.do("delete_customer", id=ada["id"], anonymize=anonymize) is None
        assert (kept_email(server, ada["id"]) == ada["email"]) is not anonymize


class TestDeleteExternalCustomer:
    """`customers.delete_external`."""

    def test_missing_scope(self, reader: Connection, ada: Json) -> None:
        """A token that may only read raises the client's plain error, with status 403."""
        expect_refused(reader, "delete_external_customer", external_id=ada["external_id"])

    def test_not_found(self, polar: Connection) -> None:
        """An external ID that no customer has raises the client's ResourceNotFound."""
        expect_not_found(polar, "delete_external_customer", **UNKNOWN_ID)

    def test_valid(self, polar: Connection, organization: Organization, ada: Json) -> None:
        """A deleted customer is gone by both its IDs."""
        external_id = ada["external_id"]
        assert polar.do("delete_external_customer", external_id=external_id) is None
        assert organization.get(f"/v1/customers/{ada['id']}").status_code == 404
        expect_not_found(polar, "delete_external_customer", external_id=external_id)

    @knowing_teams
    @pytest.mark.parametrize("anonymize", [True, False])
    def test_anonymize(
        self, polar: Connection, server: Server, ada: Json, *, anonymize: bool
    ) -> None:
        """With `anonymize` the server forgets the address of who is deleted, without it does not."""
        wanted = {"external_id": ada["external_id"], "anonymize": anonymize}
        assert polar.do("delete_external_customer", **wanted) is None
        assert (kept_email(server, ada["id"]) == ada["email"]) is not anonymize


class TestGetState:
    """`customers.get_state`."""

    def test_missing_scope(self, stranger: Connection, ada: Json) -> None:
        """A token for members alone raises the client's plain error, with status 403."""
        expect_refused(stranger, "get_state", id=ada["id"])

    def test_not_found(self, polar: Connection) -> None:
        """An ID that no customer has raises the client's ResourceNotFound."""
        expect_not_found(polar, "get_state", id=str(uuid4()))

    def test_valid(self, polar: Connection, ada: Json) -> None:
        """A state is the customer, with nothing active."""
        seen = polar.do("get_state", id=ada["id"])
        assert seen == as_known(polar.client, ada) | EMPTY_STATE

    @knowing_teams
    def test_team(self, polar: Connection, organization: Organization) -> None:
        """The state of a team without an address is read as a team's."""
        team = make(organization, type="team", owner={"email": "boss@example.com"})
        seen = polar.do("get_state", id=team["id"])
        assert seen == as_known(polar.client, team) | EMPTY_STATE


class TestGetExternalState:
    """`customers.get_state_external`."""

    def test_missing_scope(self, stranger: Connection, ada: Json) -> None:
        """A token for members alone raises the client's plain error, with status 403."""
        expect_refused(stranger, "get_external_state", external_id=ada["external_id"])

    def test_not_found(self, polar: Connection) -> None:
        """An external ID that no customer has raises the client's ResourceNotFound."""
        expect_not_found(polar, "get_external_state", **UNKNOWN_ID)

    def test_valid(self, polar: Connection, ada: Json) -> None:
        """A state is the customer, with nothing active."""
        seen = polar.do("get_external_state", external_id=ada["external_id"])
        assert seen == as_known(polar.client, ada) | EMPTY_STATE


@knowing_teams
class TestListPaymentMethods:
    """`customers.list_payment_methods`."""

    def test_missing_scope(self, stranger: Connection, ada: Json) -> None:
        """A token for members alone raises the client's plain error, with status 403."""
        expect_refused(stranger, "list_payment_methods", id=ada["id"])

    def test_not_found(self, polar: Connection) -> None:
        """An ID that no customer has raises the client's ResourceNotFound."""
        expect_not_found(polar, "list_payment_methods", id=str(uuid4()))

    def test_valid(self, polar: Connection, ada: Json) -> None:
        """There are none, on whatever page."""
        assert polar.do("list_payment_methods", id=ada["id"]) == EMPTY_PAGE
        assert polar.do("list_payment_methods", id=ada["id"], page=2, limit=100) == EMPTY_PAGE


@knowing_teams
class TestListExternalPaymentMethods:
    """`customers.list_payment_methods_external`."""

    def test_missing_scope(self, stranger: Connection, ada: Json) -> None:
        """A token for members alone raises the client's plain error, with status 403."""
        expect_refused(stranger, "list_external_payment_methods", external_id=ada["external_id"])

    def test_not_found(self, polar: Connection) -> None:
        """An external ID that no customer has raises the client's ResourceNotFound."""
        expect_not_found(polar, "list_external_payment_methods", **UNKNOWN_ID)

    def test_valid(self, polar: Connection, ada: Json) -> None:
        """There are none."""
        seen = polar.do("list_external_payment_methods", external_id=ada["external_id"])
        assert seen == EMPTY_PAGE


@generation_1
class TestIteratePaymentMethods:
    """`customers.iter_list_payment_methods` and `customers.iter_list_payment_methods_external`."""

    def test_not_found(self, polar: Connection) -> None:
        """An ID that no customer has raises the client's ResourceNotFound."""
        expect_not_found(polar, "iterate_payment_methods", id=str(uuid4()))
        expect_not_found(polar, "iterate_external_payment_methods", **UNKNOWN_ID)

    def test_valid(self, polar: Connection, ada: Json) -> None:
        """There are none."""
        assert polar.do("iterate_payment_methods", id=ada["id"]) == []
        external_id = ada["external_id"]
        assert polar.do("iterate_external_payment_methods", external_id=external_id) == []


@knowing_teams
class TestExportCustomers:
    """`customers.export`."""

    def test_missing_scope(self, stranger: Connection) -> None:
        """A token for members alone raises the client's plain error, with status 403."""
        expect_refused(stranger, "export_customers")

    def test_invalid_organization_id(self, polar: Connection) -> None:
        """An organization ID that is no UUID raises HTTPValidationError."""
        raised = refusal(polar, "export_customers", organization_id="acme")
        expect_own(polar.client, raised, "HTTPValidationError", 422)

    def test_valid(self, polar: Connection, organization: Organization, ada: Json) -> None:
        """The table is the text that the server sends, a line for each customer."""
        bob = make(organization, email="bob@example.com", name='Bob, the "Builder"')
        seen = polar.do("export_customers")
        assert seen == organization.get("/v1/customers/export").text
        header, *lines, end = seen.split("\r\n")
        assert header.startswith("ID,External ID,Created At,Email,Name,Tax ID,")
        assert [line.partition(",")[0] for line in lines] == [ada["id"], bob["id"]]
        assert end == ""

    def test_organization_id(
        self, polar: Connection, organization: Organization, ada: Json
    ) -> None:
        """One's own organization's customers are in the table, another's are not."""
        assert ada["id"] in polar.do("export_customers", organization_id=str(organization.id))
        header, end = polar.do("export_customers", organization_id=[str(uuid4())]).split("\r\n")
        assert (header[:2], end) == ("ID", "")


class TestAsynchronousWays:
    """The reading methods of the clients' asynchronous kind."""

    @generation_0
    def test_first_page(self, polar: Connection, ada: Json) -> None:
        """A walk by `list_async` finds what was made."""
        (page,) = polar.do("walk_customers_async")
        assert page["items"] == [as_known(polar.client, ada)]

    @generation_1
    def test_page(self, polar: Connection, ada: Json) -> None:
        """`list` of the asynchronous client finds what was made, as that of the other does."""
        assert polar.do("list_customers")["items"] == [as_known(polar.client, ada)]
