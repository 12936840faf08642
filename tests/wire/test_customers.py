"""Customers, read by the official clients: nothing is changed but the URL that they ask."""

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from icefloe.sample import customers as sample
from icefloe.services import Services
from support import Organization, Server, new_customer, run
from wire.expected import (
    INSUFFICIENT_SCOPE,
    NOT_FOUND,
    as_known,
    expect_own,
    expect_plain,
    generation_0,
    generation_1,
    knowing_teams,
    problems,
)
from wire.programs import Client, Connection, Raised

CAST: tuple[dict[str, Any], ...] = (
    {
        "email": "Ada@example.com",
        "name": "Ada",
        "external_id": "usr_ada",
        "metadata": {"plan": "pro", "seats": 5, "beta": True},
    },
    {"email": "bob@example.com", "name": "Bob", "metadata": {"plan": "free", "seats": 5}},
    {
        "email": "cyd@example.com",
        "name": None,
        "metadata": {"plan": "enterprise", "seats": "5", "beta": False},
    },
    {"email": "dan@example.org", "name": "Bob", "metadata": {"plan": "pro", "seats": 50}},
    {
        "email": "eve@example.org",
        "name": "Émile 100% & +1",
        "external_id": "acct ève+1",
        "billing_name": "Zürich AG",
        "metadata": {"a.b": "x y&z", "rate": 1.5},
    },
)


def _organization(server: Server, services: Services) -> Organization:
    made = run(services.organizations.create(f"Wire {uuid4().hex[:6]}"))
    return Organization(made.id, services, server.url)


@pytest.fixture(scope="module")
def cast(server: Server, services: Services) -> Organization:
    """An organization of five customers, one of each day: Ada, Bob, Cyd, Dan, Eve."""
    made = _organization(server, services)
    made.keep(
        *(
            new_customer(
                day, **{"external_id": None, **one, "created_at": f"2026-02-0{day}T12:00Z"}
            )
            for day, one in enumerate(CAST, 1)
        )
    )
    return made


@pytest.fixture(scope="module")
def crowd(server: Server, services: Services) -> Organization:
    """An organization of 1,000 customers of many languages: those of the sample, all readable.

    The client of mid-2025 cannot read a customer without an e-mail address; here, each has one.
    """
    made = _organization(server, services)
    made.keep(*({**one, "id": str(uuid4())} for one in sample.customers(1000)))
    return made


@pytest.fixture(scope="module")
def held(crowd: Organization) -> dict[str, dict[str, Any]]:
    """What the server holds of the crowd, by ID."""
    pages = [
        crowd.get("/v1/customers/", params={"limit": 100, "page": page}) for page in range(1, 11)
    ]
    return {one["id"]: one for page in pages for one in page.json()["items"]}


@pytest.fixture
def polar(client: Client, cast: Organization) -> Connection:
    """The client, connected to the five."""
    return client.connect(cast)


@pytest.fixture
def deaf_url() -> Iterator[str]:
    """The URL of a port where nobody answers, and nobody else can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def initials(page: dict[str, Any]) -> str:
    """The first letters of a page's e-mail addresses: who is there, in which order."""
    return "".join(one["email"][0].upper() for one in page["items"])


# No token of any server: its checksum is wrong.
UNKNOWN = f"polar_oat_{'A' * 43}"
INVALID_TOKEN = {
    "error": "invalid_token",
    "error_description": "The access token provided is expired, revoked, malformed, or invalid "
    "for other reasons.",
}
UNAUTHORIZED = {"error": "Unauthorized", "detail": "Unauthorized"}
# 1.x always shows a token: None, as from a variable that is not set, goes out as "Bearer None".
ANONYMOUS = {
    "polar-sdk-0.22.1": UNAUTHORIZED,
    "polar-sdk-0.32.0": UNAUTHORIZED,
    "polar-sdk-1.0.2": INVALID_TOKEN,
}


class TestListCustomers:
    """`customers.list`."""

    def test_anonymous(self, client: Client, cast: Organization) -> None:
        """Without a token the client raises its plain error, with status 401."""
        with pytest.raises(Raised) as raised:
            client.connect(cast, token=None).do("list_customers")
        expect_plain(client, raised.value, 401, ANONYMOUS[client.name])

    def test_unknown_token(self, client: Client, cast: Organization) -> None:
        """With a token that nobody made the client raises its plain error, with status 401."""
        with pytest.raises(Raised) as raised:
            client.connect(cast, token=UNKNOWN).do("list_customers")
        expect_plain(client, raised.value, 401, INVALID_TOKEN)

    def test_missing_scope(self, client: Client, cast: Organization) -> None:
        """With a token for members alone the client raises its plain error, with status 403."""
        with pytest.raises(Raised) as raised:
            client.connect(cast, token=cast.token("members:read")).do("list_customers")
        expect_plain(client, raised.value, 403, INSUFFICIENT_SCOPE)

    def test_reading_scope(self, client: Client, cast: Organization) -> None:
        """A token that may read customers is enough."""
        page = client.connect(cast, token=cast.token("customers:read")).do("list_customers")
        assert initials(page) == "EDCBA"

    @pytest.mark.parametrize(
        ("filters", "problem"),
        [
            ({"page": 0}, (["query", "page"], "greater_than", "Input should be greater than 0")),
            ({"limit": -1}, (["query", "limit"], "greater_than", "Input should be greater than 0")),
        ],
        ids=["page", "limit"],
    )
    def test_invalid_number(
        self, polar: Connection, filters: dict[str, Any], problem: tuple[list[str], str, str]
    ) -> None:
        """A page or limit below 1 raises the client's HTTPValidationError, which names the place."""
        with pytest.raises(Raised) as raised:
            polar.do("list_customers", **filters)
        expect_own(polar.client, raised.value, "HTTPValidationError", 422)
        assert problems(raised.value) == [problem]

    def test_invalid_organization_id(self, polar: Connection) -> None:
        """An organization ID that is no UUID raises HTTPValidationError, wrong in both readings."""
        with pytest.raises(Raised) as raised:
            polar.do("list_customers", organization_id="acme")
        expect_own(polar.client, raised.value, "HTTPValidationError", 422)
        assert [kind for _, kind, _ in problems(raised.value)] == ["uuid_type", "uuid_parsing"]

    @generation_1
    def test_invalid_sorting(self, polar: Connection) -> None:
        """A client that checks no sorting itself raises HTTPValidationError for an unknown one."""
        with pytest.raises(Raised) as raised:
            polar.do("list_customers", sorting=["shoe_size"])
        expect_own(polar.client, raised.value, "HTTPValidationError", 422)
        assert [problem[:2] for problem in problems(raised.value)] == [
            (["query", "sorting", 0], "enum")
        ]

    def test_default(self, polar: Connection) -> None:
        """Without filters the client reads everybody, newest first, and how many there are."""
        page = polar.do("list_customers")
        assert initials(page) == "EDCBA"
        assert page["pagination"] == {"total_count": 5, "max_page": 1}

    def test_empty(self, client: Client, organization: Organization) -> None:
        """Of an organization without customers the client reads an empty page."""
        assert client.connect(organization).do("list_customers") == {
            "items": [],
            "pagination": {"total_count": 0, "max_page": 0},
        }

    def test_fields(self, polar: Connection, cast: Organization) -> None:
        """Each field that the client knows has the value that is on the wire."""
        on_the_wire = cast.get("/v1/customers/").json()["items"]
        assert polar.do("list_customers")["items"] == [
            as_known(polar.client, one) for one in on_the_wire
        ]

    def test_organization_id(self, polar: Connection, cast: Organization) -> None:
        """One organization ID keeps its customers, and nobody of another organization."""
        assert initials(polar.do("list_customers", organization_id=str(cast.id))) == "EDCBA"
        assert initials(polar.do("list_customers", organization_id=str(uuid4()))) == ""

    def test_organization_ids(self, polar: Connection, cast: Organization) -> None:
        """Of several organization IDs each counts."""
        both = [str(uuid4()), str(cast.id)]
        assert initials(polar.do("list_customers", organization_id=both)) == "EDCBA"

    def test_email(self, polar: Connection) -> None:
        """An e-mail address finds the customer who has it, whatever its case."""
        assert initials(polar.do("list_customers", email="aDA@example.com")) == "A"

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("EXAMPLE.ORG", "ED"),
            ("bob", "DB"),
            ("émile", "E"),
            ("rich ag", "E"),
            ("acct è", "E"),
            ("0% & +", "E"),
            ("_", ""),
        ],
    )
    def test_query(self, polar: Connection, query: str, found: str) -> None:
        """A query finds parts of names and addresses, with characters that a URL must escape."""
        assert initials(polar.do("list_customers", query=query)) == found

    @pytest.mark.parametrize(
        ("metadata", "found"),
        [
            ({"plan": "pro"}, "DA"),
            ({"seats": 5}, "CBA"),
            ({"beta": True}, "A"),
            ({"a.b": "x y&z"}, "E"),
            ({"plan": "pro", "seats": 5}, "A"),
            ({"plan": ["pro", "free"]}, "DBA"),
            ({"seats": [5, 50]}, "DCBA"),
            ({"beta": [True, False]}, "CA"),
            ({"plan": ["pro", "free"], "seats": [5], "beta": True}, "A"),
            ({"plan": "none"}, ""),
        ],
        ids=str,
    )
    def test_metadata(self, polar: Connection, metadata: dict[str, Any], found: str) -> None:
        """Metadata filters find texts, numbers and flags: all of the keys, any of a key's values."""
        assert initials(polar.do("list_customers", metadata=metadata)) == found

    @pytest.mark.parametrize(
        ("sorting", "found"),
        [
            (["created_at"], "ABCDE"),
            (["-created_at"], "EDCBA"),
            (["email"], "ABCDE"),
            (["-email"], "EDCBA"),
            (["name", "created_at"], "ABDEC"),
            (["name", "-created_at"], "ADBEC"),
            (["-name", "email"], "CEBDA"),
        ],
        ids=" ".join,
    )
    def test_sorting(self, polar: Connection, sorting: list[str], found: str) -> None:
        """Sorting criteria apply in the order they are given."""
        assert initials(polar.do("list_customers", sorting=sorting)) == found

    def test_page(self, polar: Connection) -> None:
        """A page of a size is that page, and one past the end is empty but knows the count."""
        second = polar.do("list_customers", page=2, limit=2)
        assert initials(second) == "CB"
        assert second["pagination"] == {"total_count": 5, "max_page": 3}
        past_the_end = polar.do("list_customers", page=4, limit=2)
        assert past_the_end == {"items": [], "pagination": {"total_count": 5, "max_page": 3}}

    @knowing_teams
    def test_active(self, polar: Connection) -> None:
        """Nobody has a subscription: `active` finds nobody, its opposite everybody."""
        assert initials(polar.do("list_customers", active=True)) == ""
        assert initials(polar.do("list_customers", active=False)) == "EDCBA"

    def test_every_filter(self, polar: Connection, cast: Organization) -> None:
        """All filters together find those who pass each."""
        page = polar.do(
            "list_customers",
            organization_id=[str(cast.id)],
            email="BOB@example.com",
            query="bo",
            metadata={"plan": ["pro", "free"], "seats": 5},
            sorting=["name", "-email"],
            page=1,
            limit=3,
        )
        assert initials(page) == "B"
        assert page["pagination"] == {"total_count": 1, "max_page": 1}

    @knowing_teams
    def test_team_without_email(self, client: Client, organization: Organization) -> None:
        """A team without an e-mail address is read as one."""
        organization.keep(new_customer(1, type="team", email=None, name="Crew"))
        (team,) = client.connect(organization).do("list_customers")["items"]
        assert (team["type"], team["name"], team["email"]) == ("team", "Crew", None)

    def test_without_slash(self, polar: Connection, cast: Organization) -> None:
        """The client's own HTTP client reads `/v1/customers` directly, as it may follow no redirect."""
        page = cast.get("/v1/customers/").json()
        assert polar.do("ask_without_slash") == [200, page]

    @pytest.mark.parametrize("path", ["/", "/api", "/api/"])
    def test_url(self, client: Client, cast: Organization, path: str) -> None:
        """A base URL may end in a slash or in the old `/api`, on every page."""
        connection = client.connect(cast, url=cast.url + path)
        pages = connection.do("walk_customers", limit=2)
        assert [initials(page) for page in pages] == ["ED", "CB", "A"]

    @generation_1
    @pytest.mark.parametrize("version", ["2026_04", "2026_10"])
    def test_version(self, client: Client, cast: Organization, version: str) -> None:
        """The client's package of each API version is answered."""
        page = client.connect(cast, version=version).do("list_customers")
        assert initials(page) == "EDCBA"

    @generation_1
    def test_announced_version(self, client: Client, cast: Organization) -> None:
        """The client's package of a version that is only announced raises its plain error."""
        with pytest.raises(Raised) as raised:
            client.connect(cast, version="2027_01").do("list_customers")
        expect_plain(client, raised.value, 404, {"detail": "Not Found"})

    @generation_1
    def test_organization_header(self, client: Client, cast: Organization) -> None:
        """The client's `organization_id` option, sent as a header, changes nothing."""
        connection = client.connect(cast, organization_id=str(uuid4()))
        assert initials(connection.do("list_customers")) == "EDCBA"


class TestWalkCustomers:
    """All pages, one after the other: `next()` in 0.x, page numbers and `iter_list` in 1.x."""

    @pytest.mark.parametrize("sorting", [["-created_at"], ["name"], ["-email", "name"]], ids=str)
    def test_walk(
        self,
        client: Client,
        crowd: Organization,
        held: dict[str, dict[str, Any]],
        sorting: list[str],
    ) -> None:
        """A walk over 25 pages sees each of 1,000 customers once, as the server holds them."""
        pages = client.connect(crowd).do("walk_customers", limit=40, sorting=sorting)
        assert [len(page["items"]) for page in pages] == [40] * 25
        seen = [one for page in pages for one in page["items"]]
        assert len(held) == len(seen) == 1000
        assert {one["id"]: one for one in seen} == {
            id_: as_known(client, one) for id_, one in held.items()
        }

    def test_short_last_page(self, client: Client, crowd: Organization) -> None:
        """A walk whose last page is not full ends with it."""
        pages = client.connect(crowd).do("walk_customers", limit=41)
        assert [len(page["items"]) for page in pages] == [41] * 24 + [16]
        assert len({one["id"] for page in pages for one in page["items"]}) == 1000

    def test_filtered(self, client: Client, crowd: Organization) -> None:
        """A walk keeps its filters and its order from page to page."""
        wanted = {"metadata": {"plan": ["pro", "enterprise"]}, "query": "a", "sorting": ["email"]}
        pages = client.connect(crowd).do("walk_customers", limit=10, **wanted)
        seen = [one for page in pages for one in page["items"]]
        assert len(pages) == pages[0]["pagination"]["max_page"] > 2
        assert len({one["id"] for one in seen}) == pages[0]["pagination"]["total_count"]
        assert {one["metadata"]["plan"] for one in seen} == {"pro", "enterprise"}

    @generation_0
    def test_asynchronous_pages(self, client: Client, crowd: Organization) -> None:
        """A walk that begins with `list_async` sees each customer once."""
        pages = client.connect(crowd).do("walk_customers_async", limit=40)
        assert len(pages) == 25
        assert len({one["id"] for page in pages for one in page["items"]}) == 1000

    @generation_0
    def test_url_of_one_call(self, client: Client, cast: Organization, deaf_url: str) -> None:
        """A URL given to one call alone is forgotten by `next()`: it belongs on the constructor."""
        right = client.connect(cast)
        first, second = right.do("walk_customers_from", url=cast.url, limit=2)
        assert (initials(first), initials(second)) == ("ED", "CB")
        wrong = client.connect(cast, url=deaf_url)
        with pytest.raises(Raised) as raised:
            wrong.do("walk_customers_from", url=cast.url, limit=2)
        assert raised.value.name == "ConnectError"

    @generation_0
    def test_limit_above_100(self, client: Client, crowd: Organization) -> None:
        """A walk by more than 100 ends after the first page: the client takes it for the last."""
        (only,) = client.connect(crowd).do("walk_customers", limit=150)
        assert len(only["items"]) == 100
        assert only["pagination"] == {"total_count": 1000, "max_page": 10}

    @generation_1
    @pytest.mark.parametrize("limit", [40, 150])
    def test_iteration(
        self, client: Client, crowd: Organization, held: dict[str, dict[str, Any]], limit: int
    ) -> None:
        """`iter_list` yields each customer once, newest first, also by more than 100."""
        seen = client.connect(crowd).do("iterate_customers", limit=limit)
        assert seen == [as_known(client, one) for one in held.values()]

    @generation_1
    def test_asynchronous_iteration(
        self, client: Client, crowd: Organization, held: dict[str, dict[str, Any]]
    ) -> None:
        """The asynchronous client's `iter_list` yields each customer once, newest first."""
        connection = client.connect(crowd, asynchronous=True)
        seen = connection.do("iterate_customers_async", limit=40)
        assert [one["id"] for one in seen] == list(held)


class TestGetCustomer:
    """`customers.get`."""

    def test_anonymous(self, client: Client, cast: Organization) -> None:
        """Without a token the client raises its plain error, with status 401."""
        with pytest.raises(Raised) as raised:
            client.connect(cast, token=None).do("get_customer", id=str(uuid4()))
        expect_plain(client, raised.value, 401, ANONYMOUS[client.name])

    def test_missing_scope(self, client: Client, cast: Organization) -> None:
        """With a token for members alone the client raises its plain error, with status 403."""
        connection = client.connect(cast, token=cast.token("members:read"))
        with pytest.raises(Raised) as raised:
            connection.do("get_customer", id=str(uuid4()))
        expect_plain(client, raised.value, 403, INSUFFICIENT_SCOPE)

    def test_not_found(self, polar: Connection) -> None:
        """An ID that no customer has raises the client's ResourceNotFound."""
        with pytest.raises(Raised) as raised:
            polar.do("get_customer", id=str(uuid4()))
        expect_own(polar.client, raised.value, "ResourceNotFound", 404)
        assert raised.value.body == NOT_FOUND

    def test_another_organizations(
        self, client: Client, cast: Organization, organization: Organization
    ) -> None:
        """The ID of another organization's customer raises ResourceNotFound."""
        known = cast.get("/v1/customers/").json()["items"][0]["id"]
        with pytest.raises(Raised) as raised:
            client.connect(organization).do("get_customer", id=known)
        expect_own(client, raised.value, "ResourceNotFound", 404)

    def test_deleted(self, client: Client, organization: Organization) -> None:
        """The ID of a deleted customer raises ResourceNotFound."""
        gone = new_customer(1, deleted_at="2026-03-01T00:00:00Z")
        organization.keep(gone)
        with pytest.raises(Raised) as raised:
            client.connect(organization).do("get_customer", id=gone["id"])
        expect_own(client, raised.value, "ResourceNotFound", 404)

    def test_invalid_id(self, polar: Connection) -> None:
        """An ID that is no UUID raises the client's HTTPValidationError."""
        with pytest.raises(Raised) as raised:
            polar.do("get_customer", id="usr_ada")
        expect_own(polar.client, raised.value, "HTTPValidationError", 422)
        assert [problem[:2] for problem in problems(raised.value)] == [
            (["path", "id"], "uuid_parsing")
        ]

    def test_valid(self, client: Client, crowd: Organization) -> None:
        """A customer with address, tax ID and metadata is read field by field."""
        wanted = next(
            one
            for one in crowd.get("/v1/customers/", params={"limit": 100}).json()["items"]
            if one["billing_address"] and one["tax_id"] and one["metadata"]
        )
        seen = client.connect(crowd).do("get_customer", id=wanted["id"])
        assert seen == as_known(client, wanted)

    def test_kinds_of_metadata(self, client: Client, organization: Organization) -> None:
        """Metadata values keep their kinds: a flag is no number, and 1.0 no whole number."""
        values = {"flag": True, "whole": 1, "real": 1.0, "text": "1", "large": 2**53 + 1}
        kept = new_customer(1, metadata=values)
        organization.keep(kept)
        seen = client.connect(organization).do("get_customer", id=kept["id"])["metadata"]
        assert {key: (type(value), value) for key, value in seen.items()} == {
            key: (type(value), value) for key, value in values.items()
        }

    @pytest.mark.parametrize("kind", ["individual", "team"])
    def test_type(self, client: Client, organization: Organization, kind: str) -> None:
        """Customers of both types are read, by the client that knows no types as well."""
        kept = new_customer(1, type=kind)
        organization.keep(kept)
        seen = client.connect(organization).do("get_customer", id=kept["id"])
        assert seen["email"] == kept["email"]
        assert seen.get("type", kind) == kind


class TestGetExternalCustomer:
    """`customers.get_external`."""

    def test_anonymous(self, client: Client, cast: Organization) -> None:
        """Without a token the client raises its plain error, with status 401."""
        with pytest.raises(Raised) as raised:
            client.connect(cast, token=None).do("get_external_customer", external_id="usr_ada")
        expect_plain(client, raised.value, 401, ANONYMOUS[client.name])

    def test_missing_scope(self, client: Client, cast: Organization) -> None:
        """With a token for members alone the client raises its plain error, with status 403."""
        connection = client.connect(cast, token=cast.token("members:read"))
        with pytest.raises(Raised) as raised:
            connection.do("get_external_customer", external_id="usr_ada")
        expect_plain(client, raised.value, 403, INSUFFICIENT_SCOPE)

    def test_not_found(self, polar: Connection) -> None:
        """An external ID that no customer has raises the client's ResourceNotFound."""
        with pytest.raises(Raised) as raised:
            polar.do("get_external_customer", external_id="usr_nobody")
        expect_own(polar.client, raised.value, "ResourceNotFound", 404)
        assert raised.value.body == NOT_FOUND

    def test_encoded(self, client: Client, organization: Organization) -> None:
        """An external ID with `?` or `#` finds its customer once the caller has encoded it."""
        body = {"email": "odd@example.com", "external_id": "a?b#c"}
        made = organization.request("POST", "/v1/customers/", body=body).json()

        encoded = quote(body["external_id"], safe="")
        seen = client.connect(organization).do("get_external_customer", external_id=encoded)

        assert seen["id"] == made["id"]

    @pytest.mark.parametrize("external_id", ["usr_ada", "acct ève+1"])
    def test_valid(self, polar: Connection, cast: Organization, external_id: str) -> None:
        """An external ID finds its customer, with characters that a path must escape as well."""
        on_the_wire = cast.get("/v1/customers/").json()["items"]
        (wanted,) = (one for one in on_the_wire if one["external_id"] == external_id)
        seen = polar.do("get_external_customer", external_id=external_id)
        assert seen == as_known(polar.client, wanted)
