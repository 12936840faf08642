"""Customers and members by the official clients for JavaScript, from Node.

Each client's program does everything once and prints what it saw; the tests compare.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from icefloe.domain.values.access import USUAL_SCOPES
from icefloe.services import Services
from support import Organization, Server, make_organization_of
from wire import node_environments

Json = dict[str, Any]

# In the order of the e-mail addresses, by what stands before the @-sign.
EVERYBODY = ["Ada", "crew", "more1", "more2", "more3", "more4", "more5"]
EMPTY: dict[str, list[object]] = {
    "active_subscriptions": [],
    "granted_benefits": [],
    "active_meters": [],
}
# Fields that 0.49 does not know.
_LATER = frozenset({"first_user_event_at"})


@dataclass(frozen=True)
class Walk:
    """What a client's program saw.

    Attributes:
        name: the client's.
        organization: whose customers they were.
        seen: the program's document.
        kept: what the server shows of the customers that are left, by id.
    """

    name: str
    organization: Organization
    seen: Json
    kept: Mapping[str, Json]

    @property
    def is_first(self) -> bool:
        """Whether the client is of the 0.x generation, which has its own spelling and types."""
        return "-0." in self.name

    def show(self, wire: Json) -> Json:
        """A customer or member of the wire as this client shows it.

        0.x writes names in camel case, knows moments to the millisecond, and drops later fields.
        """
        if not self.is_first:
            return wire
        return {
            _camel(name): _shown(name, value) for name, value in wire.items() if name not in _LATER
        }

    def items(self, what: str) -> list[Json]:
        """The items of a walk over all pages."""
        seen = self.seen[what]
        if not self.is_first:
            items: list[Json] = seen
            return items
        return [item for page in seen for item in page["items"]]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _shown(name: str, value: Any) -> Any:
    if name.endswith("_at") and value is not None:
        return re.sub(r"(\.\d{3})\d{3}Z", r"\1Z", value)
    if name == "billing_address" and value is not None:
        return {_camel(key): part for key, part in value.items()}
    return value


@pytest.fixture(scope="module", params=node_environments.NAMES)
def walk(request: pytest.FixtureRequest, server: Server, services: Services) -> Walk:
    """A client's program, run to its end against an organization of its own."""
    name = str(request.param)
    organization = make_organization_of(server, services)
    generation = name.rpartition("-")[2].partition(".")[0]
    seen = node_environments.run(
        name,
        f"generation_{generation}.mjs",
        ICEFLOE_URL=server.url,
        ICEFLOE_TOKEN=organization.token(*USUAL_SCOPES),
        ICEFLOE_READER=organization.token("customers:read", "members:read"),
    )
    kept = organization.get("/v1/customers/", params={"limit": 100}).json()["items"]
    return Walk(name, organization, seen, {one["id"]: one for one in kept})


@pytest.mark.processes
class TestEnvironments:
    """The folders that hold the clients."""

    def test_names(self) -> None:
        """Two generations of the client are tested."""
        assert node_environments.NAMES == ("polar-sh-sdk-0.49.0", "polar-sh-sdk-1.0.1")

    @pytest.mark.parametrize("name", node_environments.NAMES)
    def test_version(self, name: str) -> None:
        """Each folder holds the client that its name says."""
        installed = node_environments.make(name) / "node_modules" / "@polar-sh" / "sdk"
        package = json.loads((installed / "package.json").read_text("utf-8"))

        assert f"polar-sh-sdk-{package['version']}" == name

    @pytest.mark.parametrize("name", node_environments.NAMES)
    def test_pins(self, name: str) -> None:
        """Pins are exact, never say where to get anything, and name all that is installed."""
        folder = node_environments.PROGRAMS / name
        package = json.loads((folder / "package.json").read_text("utf-8"))
        modules = node_environments.make(name) / "node_modules"
        installed = {
            json.loads(found.read_text("utf-8"))["name"]
            for found in [*modules.glob("[!@]*/package.json"), *modules.glob("@*/*/package.json")]
        }

        assert package.keys() == {"description", "private", "dependencies"}
        versions = package["dependencies"].values()
        assert [one for one in versions if not re.fullmatch(r"\d+\.\d+\.\d+", one)] == []
        assert installed == package["dependencies"].keys()
        assert [file.name for file in folder.iterdir()] == ["package.json"]

    def test_present_environments_are_kept(self) -> None:
        """Folders that are there, from the same pins, are used as they are."""
        before = {name: _made(folder) for name, folder in node_environments.make_all().items()}
        after = {name: _made(folder) for name, folder in node_environments.make_all().items()}

        assert before == after


def _made(folder: Path) -> int:
    return folder.stat().st_ctime_ns


class TestListCustomers:
    """`list` and its iterator."""

    def test_nobody(self, walk: Walk) -> None:
        """Without customers a walk sees none."""
        assert walk.items("nobody") == []

    def test_a_page(self, walk: Walk) -> None:
        """A page has its items in order, and says how many there are."""
        page = walk.seen["page"]
        names = ("totalCount", "maxPage") if walk.is_first else ("total_count", "max_page")

        assert [_local(one) for one in page["items"]] == EVERYBODY[:3]
        assert [page["pagination"][name] for name in names] == [7, 3]

    def test_all_pages(self, walk: Walk) -> None:
        """A walk over all pages sees each customer once, in order."""
        everybody = walk.items("pages" if walk.is_first else "iterated")

        assert [_local(one) for one in everybody] == EVERYBODY

    def test_filters(self, walk: Walk) -> None:
        """Filters arrive as the client writes them."""
        assert [_local(one) for one in walk.items("filtered")] == ["Ada"]
        assert sorted(_local(one) for one in walk.items("searched")) == EVERYBODY[2:]


class TestOrganizations:
    """The token's own organization."""

    def test_read(self, walk: Walk) -> None:
        """It is read by the client's own types, alone and in a list."""
        seen = walk.seen["organization"]

        assert seen["id"] == str(walk.organization.id)
        assert seen["status"] == "active"
        assert walk.seen["organizationPage"] == [seen]

    def test_updated(self, walk: Walk) -> None:
        """It is changed."""
        seen = walk.seen["updatedOrganization"]

        assert (seen["name"], seen["country"]) == ("Arctic Fish", "FR")
        assert seen["modifiedAt" if walk.is_first else "modified_at"] is not None


class TestCreateCustomer:
    """`create`."""

    def test_valid(self, walk: Walk) -> None:
        """Whoever is made is shown with all that was given, in its standard spelling."""
        made = walk.seen["created"]
        wanted = {
            "email": "Ada@example.com",
            "email_verified": False,
            "type": "individual",
            "name": "Ada",
            "billing_name": "Ada",
            "external_id": "usr ada+1",
            "billing_address": {
                "line1": None,
                "line2": None,
                "postal_code": None,
                "city": "Brest",
                "state": None,
                "country": "FR",
            },
            "tax_id": ["FR40303265045", "eu_vat"],
            "locale": "fr-FR",
            "metadata": {"plan": "pro", "seats": 5, "rate": 1.5, "beta": True},
            "organization_id": str(walk.organization.id),
            "modified_at": None,
            "deleted_at": None,
        }

        assert {**made, **walk.show(wanted)} == made

    def test_team(self, walk: Walk) -> None:
        """A team is shown as one."""
        assert walk.seen["team"]["type"] == "team"

    def test_taken(self, walk: Walk) -> None:
        """Taken values raise the client's validation error, with each of them."""
        refused = walk.seen["refused"]["taken"]

        assert (refused["raised"], refused["status"]) == ("HTTPValidationError", 422)
        assert [one["msg"] for one in refused["body"]["detail"]] == [
            "A customer with this email address already exists.",
            "A customer with this external ID already exists.",
        ]


class TestGetCustomer:
    """`get` and `getExternal`."""

    @pytest.mark.parametrize("how", ["got", "gotExternal"])
    def test_valid(self, walk: Walk, how: str) -> None:
        """By id and by external id the customer is the one that was made."""
        assert walk.seen[how] == walk.seen["created"]

    @pytest.mark.parametrize("walk", ["polar-sh-sdk-1.0.1"], indirect=True)
    def test_another_version(self, walk: Walk) -> None:
        """The client's module of an earlier version sees the same customer."""
        assert walk.seen["gotEarlier"] == walk.seen["got"]

    def test_as_kept(self, walk: Walk) -> None:
        """Whoever is left is shown just as the server has it."""
        assert {one["id"]: one for one in walk.items("left")} == {
            key: walk.show(one) for key, one in walk.kept.items()
        }
        assert len(walk.kept) == 5

    def test_anonymous(self, walk: Walk) -> None:
        """Without a token the client raises its plain error; 1.x shows one all the same."""
        refused = walk.seen["refused"]["anonymous"]

        assert refused["status"] == 401
        if walk.is_first:
            assert (refused["raised"], refused["body"]["error"]) == ("SDKError", "Unauthorized")
        else:
            assert refused["raised"] == "PolarClientError"
            assert json.loads(refused["body"])["error"] == "invalid_token"

    def test_not_found(self, walk: Walk) -> None:
        """Nobody found raises the client's own ResourceNotFound."""
        refused = walk.seen["refused"]["notFound"]

        assert (refused["raised"], refused["status"]) == ("ResourceNotFound", 404)
        assert refused["body"] == {"error": "ResourceNotFound", "detail": "Not found"}


class TestUpdateCustomer:
    """`update` and `updateExternal`."""

    def test_valid(self, walk: Walk) -> None:
        """What is given is changed, null and empty values too, and the rest stays."""
        changed = walk.show({"name": "Ada L.", "billing_name": "Ada L.", "tax_id": None})
        made, shown = walk.seen["created"], walk.seen["updated"]
        modified = "modifiedAt" if walk.is_first else "modified_at"

        assert shown == {**made, **changed, "metadata": {}, modified: shown[modified]}
        assert shown[modified] is not None

    def test_external(self, walk: Walk) -> None:
        """By external id the same customer is changed."""
        shown = walk.seen["updatedExternal"]

        assert (shown["id"], shown["email"]) == (walk.seen["created"]["id"], "ada@example.org")
        assert shown["name"] == "Ada L."


class TestGetCustomerState:
    """`getState` and `getStateExternal`."""

    @pytest.mark.parametrize("how", ["state", "stateExternal"])
    def test_valid(self, walk: Walk, how: str) -> None:
        """The state is the customer, with nothing active."""
        empty = {_camel(name): [] for name in EMPTY} if walk.is_first else EMPTY
        customer = walk.seen["updatedExternal"]
        shown = walk.seen[how]

        assert {name: shown[name] for name in empty} == empty
        # 0.x knows fewer fields of a state than of a customer.
        assert {**customer, **shown} == {**shown, **customer}
        assert shown["id"] == customer["id"]


class TestListPaymentMethods:
    """`listPaymentMethods` and `listPaymentMethodsExternal`."""

    def test_nothing(self, walk: Walk) -> None:
        """There are none."""
        assert walk.items("paymentMethods") == []
        external = walk.seen["paymentMethodsExternal"]
        assert (external[0] if walk.is_first else external)["items"] == []


class TestExportCustomers:
    """`export`."""

    def test_valid(self, walk: Walk) -> None:
        """The export is the table as text."""
        header, *lines = walk.seen["exported"].split("\r\n")

        assert header.startswith("ID,External ID,Created At,Email,Name,Tax ID,")
        assert len(lines) == 7 + 1
        assert lines[0].startswith(f"{walk.seen['created']['id']},usr ada+1,")


class TestMembers:
    """The members of a team."""

    def test_created(self, walk: Walk) -> None:
        """A member is shown with all that was given."""
        wanted = {
            "customer_id": walk.seen["team"]["id"],
            "email": "hand@example.com",
            "name": "Hand",
            "external_id": "hand",
            "role": "billing_manager",
            "modified_at": None,
        }

        assert {**walk.seen["member"], **walk.show(wanted)} == walk.seen["member"]

    def test_got(self, walk: Walk) -> None:
        """By id and by external id the member is the one that was made."""
        assert walk.seen["gotMember"] == walk.seen["gotMemberExternal"] == walk.seen["member"]

    def test_updated(self, walk: Walk) -> None:
        """A member's name and role change, one after the other."""
        first, second = walk.seen["updatedMember"], walk.seen["updatedMemberExternal"]

        assert (first["name"], first["role"]) == ("Deck Hand", "billing_manager")
        assert (second["name"], second["role"]) == ("Deck Hand", "member")

    @pytest.mark.parametrize("walk", ["polar-sh-sdk-0.49.0"], indirect=True)
    def test_listed(self, walk: Walk) -> None:
        """A list of members has the owner, and whoever came and did not go."""
        assert [one["email"] for one in walk.items("members")] == [
            "boss@example.com",
            "hand@example.com",
        ]
        assert [one["role"] for one in walk.items("membersAfter")] == ["owner"]

    @pytest.mark.parametrize("walk", ["polar-sh-sdk-1.0.1"], indirect=True)
    def test_listed_of_customer(self, walk: Walk) -> None:
        """A customer's members are listed by either name of it: filtered, sorted, page by page."""
        page, external = walk.seen["memberPage"], walk.seen["memberPageExternal"]

        assert [one["email"] for one in page["items"]] == ["boss@example.com", "hand@example.com"]
        assert page["pagination"] == {"total_count": 3, "max_page": 2}
        assert external["items"] == [walk.seen["memberExternal"]]
        assert walk.seen["membersIterated"] == walk.seen["membersIteratedExternal"]
        assert walk.seen["membersIterated"][1:] == page["items"][::-1]

    @pytest.mark.parametrize("walk", ["polar-sh-sdk-1.0.1"], indirect=True)
    def test_created_external(self, walk: Walk) -> None:
        """A member can be made by the team's external id."""
        shown = walk.seen["memberExternal"]

        assert (shown["email"], shown["role"]) == ("two@example.com", "member")
        assert shown["customer_id"] == walk.seen["team"]["id"]

    @pytest.mark.parametrize("walk", ["polar-sh-sdk-1.0.1"], indirect=True)
    def test_not_found(self, walk: Walk) -> None:
        """A member who is gone raises the client's own ResourceNotFound."""
        refused = walk.seen["refused"]["memberNotFound"]

        assert (refused["raised"], refused["body"]["detail"]) == (
            "ResourceNotFound",
            "Member not found",
        )

    def test_not_permitted(self, walk: Walk) -> None:
        """An individual has no more members: the client's own NotPermitted, where it has one."""
        refused = walk.seen["refused"]["notPermitted"]

        assert refused["status"] == 403
        body = refused["body"] if isinstance(refused["body"], dict) else json.loads(refused["body"])
        assert body["error"] == "NotPermitted"

    @pytest.mark.parametrize("walk", ["polar-sh-sdk-0.49.0"], indirect=True)
    def test_only_owner(self, walk: Walk) -> None:
        """The owner cannot go."""
        refused = walk.seen["refused"]["onlyOwner"]

        assert (refused["raised"], refused["status"]) == ("HTTPValidationError", 422)


class TestDeleteCustomer:
    """`delete` and `deleteExternal`, and those of members."""

    @pytest.mark.parametrize(
        "what", ["deleted", "deletedExternal", "deletedMember", "deletedMemberExternal"]
    )
    def test_valid(self, walk: Walk, what: str) -> None:
        """A deletion answers with nothing."""
        assert walk.seen[what] is None

    def test_gone(self, walk: Walk) -> None:
        """Whoever is deleted is not found, and not listed."""
        assert walk.seen["gone"]["raised"] == "ResourceNotFound"
        ids = {one["id"] for one in walk.items("left")}
        assert ids.isdisjoint({walk.seen["created"]["id"], walk.seen["team"]["id"]})

    def test_missing_scope(self, walk: Walk) -> None:
        """A token that may only read raises the client's plain error."""
        refused = walk.seen["refused"]["missingScope"]

        assert refused["status"] == 403
        assert refused["raised"] == ("SDKError" if walk.is_first else "PolarClientError")
        body = refused["body"] if walk.is_first else json.loads(refused["body"])
        assert body["error"] == "insufficient_scope"


def _local(customer: Json) -> str:
    """What stands before the @-sign of a customer's address."""
    return str(customer["email"]).partition("@")[0]
