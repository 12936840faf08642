"""A customer's members: `/v1/customers/{id}/members` and the same by external ids."""

from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api import writing
from api.writing import CUSTOMERS, EXTERNAL, UNAUTHORIZED
from support import Organization, Server

CUSTOMER_NOT_FOUND = {"error": "ResourceNotFound", "detail": "Customer not found"}
MEMBER_NOT_FOUND = {"error": "ResourceNotFound", "detail": "Member not found"}
NOT_PERMITTED = {
    "error": "NotPermitted",
    "detail": "Individual customers can only have one member (the owner). Upgrade to a team"
    " customer to add more members.",
}
EMAIL_TAKEN = "A member with this email already exists for this customer."
EXTERNAL_ID_TAKEN = "A member with this external ID already exists for this customer."
OWNER_STAYS = "Cannot change role. Customer must have exactly one owner."
OWNER_NEEDED = "Cannot delete the only owner. Transfer ownership first."
NO_CUSTOMERS_SCOPE = ("customers:read", "customers:write")


class Team:
    """A team, and what a test asks about its members."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.customer = writing.make(
            organization, type="team", email="crew@ship.no", external_id="crew"
        )
        self.path = f"{CUSTOMERS}{self.customer['id']}/members"
        self.external_path = f"{EXTERNAL}crew/members"

    def add(self, **body: Any) -> httpx.Response:
        """Ask for a new member."""
        return self.organization.request("POST", self.path, body=body)

    def make(self, **body: Any) -> dict[str, Any]:
        """Make a member; returns it as the answer shows it."""
        answer = self.add(**body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def change(self, member: dict[str, Any], **body: Any) -> httpx.Response:
        """Ask for a change of a member."""
        return self.organization.request("PATCH", f"{self.path}/{member['id']}", body=body)

    def find_all(self) -> list[dict[str, Any]]:
        """The members, oldest first."""
        return writing.find_members(self.organization, self.customer)

    @property
    def owner(self) -> dict[str, Any]:
        """The one owner."""
        (owner,) = [member for member in self.find_all() if member["role"] == "owner"]
        return owner


@pytest.fixture
def team(organization: Organization) -> Team:
    """A team of which only the owner is a member."""
    return Team(organization)


@pytest.fixture
def ann(team: Team) -> dict[str, Any]:
    """A member of the team."""
    return team.make(email="ann@ship.no", name="Ann", external_id="a-1")


def paths_of(team: Team, member: dict[str, Any]) -> list[str]:
    """Where a member is found, by ids and by external ids."""
    return [f"{team.path}/{member['id']}", f"{team.external_path}/{member['external_id']}"]


class TestCreateMember:
    """`POST /v1/customers/{id}/members` and `POST /v1/customers/external/{external_id}/members`."""

    def test_anonymous(self, team: Team) -> None:
        """Without a token nobody is made, whatever the body is."""
        for path in (team.path, team.external_path):
            answer = team.organization.request("POST", path, token=None, body={})

            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_anonymous_with_broken_json(self, team: Team) -> None:
        """JSON is parsed before anybody asks for a token."""
        headers = {"Content-Type": "application/json"}
        answer = team.organization.request(
            "POST", team.path, token=None, headers=headers, content=b"["
        )

        assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "json_invalid")

    @pytest.mark.parametrize("scopes", [("members:read",), NO_CUSTOMERS_SCOPE])
    def test_missing_scope(self, team: Team, scopes: tuple[str, ...]) -> None:
        """It needs `members:write`; those of customers give nothing; a wrong body changes nothing."""
        token = team.organization.token(*scopes)
        for path in (team.path, team.external_path):
            answer = team.organization.request("POST", path, token=token, body={})

            assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
            assert 'scope="members:write"' in answer.headers["www-authenticate"]

    def test_not_found(self, team: Team) -> None:
        """Nobody joins a customer that there is not."""
        for path in (f"{CUSTOMERS}{uuid4()}/members", f"{EXTERNAL}CREW/members"):
            answer = team.organization.request("POST", path, body={"email": "bo@ship.no"})

            assert (answer.status_code, answer.json()) == (404, CUSTOMER_NOT_FOUND)

    def test_of_another_organization(self, team: Team, make_organization: Any) -> None:
        """Another organization's customer is not found."""
        other = make_organization()
        for path in (team.path, team.external_path):
            answer = other.request("POST", path, body={"email": "bo@ship.no"})

            assert (answer.status_code, answer.json()) == (404, CUSTOMER_NOT_FOUND)

    def test_of_a_deleted_customer(self, team: Team) -> None:
        """Nobody joins a customer that is deleted."""
        team.organization.request("DELETE", f"{CUSTOMERS}{team.customer['id']}")
        for path in (team.path, team.external_path):
            answer = team.organization.request("POST", path, body={"email": "bo@ship.no"})

            assert (answer.status_code, answer.json()) == (404, CUSTOMER_NOT_FOUND)

    def test_valid(self, server: Server, team: Team) -> None:
        """The member is the answer, and is found from then on."""
        before = writing.find_events(server, team.customer["id"])
        token = team.organization.token("members:write")
        body = {
            "email": "Bo@Ship.NO",
            "name": " Bo ",
            "external_id": "b",
            "role": "billing_manager",
        }
        answer = team.organization.request("POST", team.path, token=token, body=body)

        assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")
        made = answer.json()
        assert list(made) == [
            "id", "created_at", "modified_at", "customer_id", "email", "name", "external_id", "role",
        ]  # fmt: skip
        assert list(made.values())[2:] == [
            None, team.customer["id"], "Bo@ship.no", "Bo", "b", "billing_manager",
        ]  # fmt: skip
        for path in paths_of(team, made):
            assert team.organization.get(path).content == answer.content
        events = writing.find_events(server, team.customer["id"])
        assert events == [*before, "member.created"]

    def test_by_external_id(self, team: Team) -> None:
        """The customer may be named by its external id; what the body says of it is ignored."""
        body = {"email": "bo@ship.no", "customer_id": "x", "id": 1}
        answer = team.organization.request("POST", team.external_path, body=body)

        assert answer.status_code == 201
        assert answer.json()["customer_id"] == team.customer["id"]

    def test_an_individual(self, organization: Organization) -> None:
        """An individual has no members but itself."""
        solo = writing.make(organization, email="solo@ship.no", external_id="solo")
        for path in (f"{CUSTOMERS}{solo['id']}/members", f"{EXTERNAL}solo/members"):
            for email in ("bo@ship.no", "solo@ship.no"):
                answer = organization.request("POST", path, body={"email": email})

                assert (answer.status_code, answer.json()) == (403, NOT_PERMITTED)

    def test_an_individual_made_a_team(self, organization: Organization) -> None:
        """An individual that became a team takes members."""
        solo = writing.make(organization, email="solo@ship.no")
        writing.change(organization, solo, type="team")
        path = f"{CUSTOMERS}{solo['id']}/members"

        assert organization.request("POST", path, body={"email": "b@ship.no"}).status_code == 201

    def test_the_same_address(self, server: Server, team: Team, ann: dict[str, Any]) -> None:
        """Who is a member already, the owner too, is the answer, and nothing has happened."""
        before = writing.find_events(server, team.customer["id"])

        answer = team.add(email="ANN@ship.no", name="Other", role="billing_manager")
        assert (answer.status_code, answer.json()) == (201, ann)
        assert team.add(email="Crew@ship.no").json() == team.owner
        assert writing.find_events(server, team.customer["id"]) == before

    def test_the_same_external_id(self, team: Team, ann: dict[str, Any]) -> None:
        """An external id is one member's within the customer, in its own letter case."""
        answer = team.add(email="bo@ship.no", external_id=" a-1 ")

        assert ann["external_id"] == "a-1"
        assert writing.problems(answer) == [
            (["body", "external_id"], "value_error", EXTERNAL_ID_TAKEN)
        ]
        assert answer.json()["error"] == "PolarRequestValidationError"
        assert answer.json()["detail"][0]["input"] == "a-1"
        assert team.add(email="bo@ship.no", external_id="A-1").status_code == 201

    def test_the_body_goes_first(self, organization: Organization) -> None:
        """A wrong body is told before a customer that is not found or an individual."""
        solo = writing.make(organization, external_id="solo")
        for path in (f"{CUSTOMERS}{uuid4()}", f"{CUSTOMERS}{solo['id']}", f"{EXTERNAL}none"):
            answer = organization.request("POST", f"{path}/members", body={"email": "x"})

            assert [place for place, *_ in writing.problems(answer)] == [["body", "email"]]

    def test_path_and_body(self, organization: Organization) -> None:
        """What is wrong with path and body is told at once, the path first."""
        answer = organization.request("POST", f"{CUSTOMERS}abc/members", body={"role": "owner"})

        assert answer.json()["error"] == "RequestValidationError"
        assert [(place, kind) for place, kind, _ in writing.problems(answer)] == [
            (["path", "id"], "uuid_parsing"),
            (["body", "email"], "missing"),
            (["body", "role"], "literal_error"),
        ]

    def test_the_version_of_an_id(self, organization: Organization) -> None:
        """A customer's id is of version 4."""
        path = f"{CUSTOMERS}0f5e8c1a-62b1-11ee-8c99-0242ac120002/members"
        answer = organization.request("POST", path, body={"email": "bo@ship.no"})

        assert [kind for _, kind, _ in writing.problems(answer)] == ["uuid_version"]

    def test_once(self, team: Team) -> None:
        """Sent again under the same key it acts once; another request under the key is refused."""
        for path in (team.path, team.external_path):
            headers = {"Idempotency-Key": path}

            def send(path: str = path, headers: Any = headers, **body: Any) -> httpx.Response:
                return team.organization.request("POST", path, headers=headers, body=body)

            first = send(email=writing.new_email(), external_id=path[-20:])
            member = first.json()
            team.organization.request("DELETE", f"{team.path}/{member['id']}")
            again = send(email=member["email"], external_id=path[-20:])
            assert (again.status_code, again.content) == (201, first.content)
            problems = writing.problems(send(email="other@ship.no"))
            assert [place for place, *_ in problems] == [["header", "idempotency-key"]]
        assert len(team.find_all()) == 1

    def test_at_once(self, team: Team) -> None:
        """Of many who ask for the same member at once, all get the one that is made."""
        answers = writing.at_once([lambda: team.add(email="bo@ship.no") for _ in range(8)])

        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert len(team.find_all()) == 2

    def test_one_external_id_at_once(self, team: Team) -> None:
        """Of many who ask for one external id at once, one gets it and the others are refused."""
        acts = [
            partial(team.add, email=f"m{number}@ship.no", external_id="one") for number in range(8)
        ]
        answers = writing.at_once(acts)

        assert sorted(answer.status_code for answer in answers) == [201] + 7 * [422]


class TestListMembers:
    """`GET /v1/customers/{id}/members` and `GET /v1/customers/external/{external_id}/members`."""

    def test_anonymous(self, team: Team) -> None:
        """Without a token nothing is listed, whatever the parameters are."""
        for path in (team.path, team.external_path):
            answer = team.organization.get(f"{path}?limit=0", token=None)

            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, team: Team) -> None:
        """Scopes of customers list no members."""
        token = team.organization.token(*NO_CUSTOMERS_SCOPE)
        for path in (team.path, team.external_path):
            answer = team.organization.get(f"{path}?limit=0", token=token)

            assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
            assert 'scope="members:read members:write"' in answer.headers["www-authenticate"]

    @pytest.mark.usefixtures("ann")
    def test_not_found(self, organization: Organization) -> None:
        """A customer that does not exist is not found, on any page."""
        for customer in (f"{CUSTOMERS}{uuid4()}", *(EXTERNAL + x for x in ("CREW", "%00", "%FF"))):
            for query in ("", "?page=99999999999999999999999"):
                answer = organization.get(f"{customer}/members{query}")

                assert (answer.status_code, answer.json()) == (404, CUSTOMER_NOT_FOUND)

    def test_of_another_organization(self, team: Team, make_organization: Any) -> None:
        """Another organization's customer is not found."""
        other = make_organization()
        for path in (team.path, team.external_path):
            assert other.get(path).json() == CUSTOMER_NOT_FOUND

    def test_of_a_deleted_customer(self, team: Team) -> None:
        """A deleted customer is not found."""
        team.organization.request("DELETE", f"{CUSTOMERS}{team.customer['id']}")

        for path in (team.path, team.external_path):
            assert team.organization.get(path).json() == CUSTOMER_NOT_FOUND

    @pytest.mark.parametrize("scope", ["members:read", "members:write"])
    def test_valid(self, team: Team, ann: dict[str, Any], scope: str) -> None:
        """The customer's members are listed with either scope, newest first, and no others."""
        writing.make(team.organization, email="solo@ship.no")
        for path in (team.path, team.external_path):
            answer = team.organization.get(path, token=team.organization.token(scope))

            assert answer.status_code == 200
            assert answer.json() == {
                "items": [ann, team.owner],
                "pagination": {"total_count": 2, "max_page": 1},
            }
            assert "icefloe-notice" not in answer.headers

    def test_of_an_individual(self, organization: Organization) -> None:
        """An individual has one member, its owner."""
        solo = writing.make(organization, email="solo@ship.no", external_id="solo")
        for path in (f"{CUSTOMERS}{solo['id']}/members", f"{EXTERNAL}solo/members"):
            (owner,) = organization.get(path).json()["items"]

            assert (owner["email"], owner["role"]) == ("solo@ship.no", "owner")

    @pytest.mark.parametrize(
        "query",
        [
            "sorting=created_at",
            "sorting=-created_at&sorting=created_at",
            "role=owner",
            "role=billing_manager",
            "role=owner&role=member",
            "limit=1",
            "limit=1&page=2",
            "page=99999999999999999999999",
            "limit=500&nope=1",
        ],
    )
    @pytest.mark.usefixtures("ann")
    def test_parameters(self, team: Team, query: str) -> None:
        """Page, limit, sorting and role mean what they mean to the list of all members."""
        of_all = f"/v1/members/?customer_id={team.customer['id']}&{query}"
        expected = team.organization.get(of_all)
        for path in (team.path, team.external_path):
            answer = team.organization.get(f"{path}?{query}")

            assert answer.status_code == 200
            assert answer.content == expected.content
            notice = answer.headers.get("icefloe-notice")
            assert notice == expected.headers.get("icefloe-notice")

    def test_the_path_names_the_customer(self, team: Team) -> None:
        """The filters by customer are no parameters here, and a notice says so."""
        answer = team.organization.get(f"{team.path}?customer_id={uuid4()}")

        assert answer.json()["items"] == [team.owner]
        assert answer.headers["icefloe-notice"] == "unknown parameter 'customer_id' ignored"

    def test_mistakes(self, team: Team) -> None:
        """All mistakes are named at once, the path's first, before the customer is looked for."""
        query = "role=OWNER&sorting=email&limit=0&page=x"
        wrong = [["query", "page"], ["query", "limit"], ["query", "sorting", 0], ["query", "role"]]

        by_id = team.organization.get(f"{CUSTOMERS}abc/members?{query}")
        external = team.organization.get(f"{EXTERNAL}nobody/members?{query}")

        assert [place for place, *_ in writing.problems(by_id)] == [["path", "id"], *wrong]
        assert [place for place, *_ in writing.problems(external)] == wrong


class TestPaths:
    """Which methods the paths of members have."""

    def test_another_method(self, team: Team) -> None:
        """Another method than those for listing and creating is refused."""
        for path in (team.path, team.external_path):
            for method in ("HEAD", "DELETE", "PATCH"):
                content = b"{}" if method == "PATCH" else None
                answer = team.organization.request(method, path, content=content)

                assert (answer.status_code, answer.headers["allow"]) == (405, "GET")

    def test_other_methods_of_a_member(self, team: Team, ann: dict[str, Any]) -> None:
        """The method that is named where another was used is GET."""
        for path in paths_of(team, ann):
            answer = team.organization.request("PUT", path, content=b"{}")

            assert (answer.status_code, answer.headers["allow"]) == (405, "GET")

    def test_customers_named_like_a_path(self, organization: Organization) -> None:
        """A customer whose external id is `members` is found like any other."""
        made = writing.make(organization, external_id="members")

        assert organization.get(f"{EXTERNAL}members").json()["id"] == made["id"]
        assert organization.get(f"{EXTERNAL}members/state").json()["id"] == made["id"]


class TestGetMember:
    """`GET …/members/{member_id}` and `GET /v1/customers/external/…/members/…`."""

    def test_anonymous(self, team: Team, ann: dict[str, Any]) -> None:
        """Without a token nobody is shown."""
        for path in paths_of(team, ann):
            assert team.organization.get(path, token=None).json() == UNAUTHORIZED

    def test_missing_scope(self, team: Team, ann: dict[str, Any]) -> None:
        """Scopes of customers show no member."""
        token = team.organization.token(*NO_CUSTOMERS_SCOPE)
        for path in paths_of(team, ann):
            answer = team.organization.get(path, token=token)

            assert answer.status_code == 403
            assert 'scope="members:read members:write"' in answer.headers["www-authenticate"]

    def test_not_found(self, team: Team, ann: dict[str, Any]) -> None:
        """Nobody is found by a wrong name, in another customer, or in one that there is not."""
        other = writing.make(team.organization, type="team", external_id="other")
        for path in (
            f"{team.path}/{uuid4()}",
            f"{team.path}/0f5e8c1a-62b1-11ee-8c99-0242ac120002",
            f"{CUSTOMERS}{other['id']}/members/{ann['id']}",
            f"{CUSTOMERS}{uuid4()}/members/{ann['id']}",
            f"{team.external_path}/A-1",
            f"{team.external_path}/{ann['id']}",
            f"{team.external_path}/a-1%00",
            f"{EXTERNAL}crew%00/members/a-1",
            f"{EXTERNAL}other/members/a-1",
            f"{EXTERNAL}none/members/a-1",
        ):
            answer = team.organization.get(path)

            assert (answer.status_code, answer.json()) == (404, MEMBER_NOT_FOUND), path

    def test_of_another_organization(
        self, team: Team, ann: dict[str, Any], make_organization: Any
    ) -> None:
        """Another organization's member is not found."""
        other = make_organization()
        for path in paths_of(team, ann):
            assert other.get(path).json() == MEMBER_NOT_FOUND

    @pytest.mark.parametrize("scope", ["members:read", "members:write"])
    def test_valid(self, team: Team, ann: dict[str, Any], scope: str) -> None:
        """Either scope of members shows the member."""
        for path in paths_of(team, ann):
            answer = team.organization.get(path, token=team.organization.token(scope))

            assert (answer.status_code, answer.json()) == (200, ann)

    def test_both_ids_wrong(self, team: Team) -> None:
        """What is wrong with either id is told at once."""
        answer = team.organization.get(f"{CUSTOMERS}abc/members/def")

        assert [(place, kind) for place, kind, _ in writing.problems(answer)] == [
            (["path", "id"], "uuid_parsing"),
            (["path", "member_id"], "uuid_parsing"),
        ]

    def test_spellings(self, team: Team, ann: dict[str, Any]) -> None:
        """External ids are decoded, and may hold anything but a slash."""
        made = team.make(email="bo@ship.no", external_id="bo é&?#%")

        answer = team.organization.get(f"{team.external_path}/bo%20%C3%A9%26%3F%23%25")
        assert answer.json() == made != ann
        answer = team.organization.get(f"{team.external_path}/bo%2Fx")
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


class TestUpdateMember:
    """`PATCH …/members/{member_id}` and `PATCH /v1/customers/external/…/members/…`."""

    def test_anonymous(self, team: Team, ann: dict[str, Any]) -> None:
        """Without a token nobody is changed."""
        for path in paths_of(team, ann):
            answer = team.organization.request("PATCH", path, token=None, body={"name": "No"})

            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    @pytest.mark.parametrize("scopes", [("members:read",), NO_CUSTOMERS_SCOPE])
    def test_missing_scope(self, team: Team, ann: dict[str, Any], scopes: tuple[str, ...]) -> None:
        """It needs `members:write`."""
        token = team.organization.token(*scopes)
        for path in paths_of(team, ann):
            answer = team.organization.request("PATCH", path, token=token, body={"name": 5})

            assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(self, team: Team, ann: dict[str, Any]) -> None:
        """Nobody is changed under a wrong name; a wrong body is told before that."""
        for path in (
            f"{team.path}/{uuid4()}",
            f"{CUSTOMERS}{uuid4()}/members/{ann['id']}",
            f"{team.external_path}/none",
        ):
            answer = team.organization.request("PATCH", path, body={"name": "No"})
            assert (answer.status_code, answer.json()) == (404, MEMBER_NOT_FOUND)
            answer = team.organization.request("PATCH", path, body={"name": 5})
            assert [place for place, *_ in writing.problems(answer)] == [["body", "name"]]

    def test_valid(self, server: Server, team: Team, ann: dict[str, Any]) -> None:
        """The changed member is the answer; its external id stays."""
        for number, path in enumerate(paths_of(team, ann)):
            body = {"name": f"A{number}", "email": f"a{number}@ship.no", "external_id": "x"}
            answer = team.organization.request("PATCH", path, body=body)

            assert answer.status_code == 200
            shown = answer.json()
            assert shown["modified_at"] > ann["created_at"]
            assert shown == {
                **ann,
                "name": f"A{number}",
                "email": f"a{number}@ship.no",
                "modified_at": shown["modified_at"],
            }
        events = writing.find_events(server, team.customer["id"])
        assert events[-2:] == ["member.updated", "member.updated"]

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"name": None, "email": None, "role": None},
            {"name": "  "},
            {"email": "ann@SHIP.no"},
            {"role": "member"},
            {"external_id": "x", "customer_id": 1},
        ],
    )
    def test_nothing_to_change(
        self, server: Server, team: Team, ann: dict[str, Any], body: dict[str, Any]
    ) -> None:
        """Null, blank, unknown and equal values change nothing; a name cannot be taken away."""
        before = writing.find_events(server, team.customer["id"])

        assert team.change(ann, **body).json() == ann
        assert writing.find_events(server, team.customer["id"]) == before

    def test_the_same_name(self, team: Team, ann: dict[str, Any]) -> None:
        """The same name again counts as a change."""
        assert team.change(ann, name="Ann").json()["modified_at"] is not None

    def test_a_taken_address(self, team: Team, ann: dict[str, Any]) -> None:
        """Another member's address is refused, and all else that was asked for with it."""
        answer = team.change(ann, email="Crew@ship.no", role="owner", name="No")

        assert writing.problems(answer) == [(["body", "email"], "value_error", EMAIL_TAKEN)]
        assert answer.json()["error"] == "PolarRequestValidationError"
        assert answer.json()["detail"][0]["input"] == "Crew@ship.no"
        assert team.find_all()[1] == ann
        assert team.owner["email"] == "crew@ship.no"

    def test_an_individuals_owner(self, organization: Organization) -> None:
        """An individual's owner keeps address and role; the customer's address is its own."""
        solo = writing.make(organization, email="solo@ship.no", external_id="solo")
        path = f"{EXTERNAL}solo/members/solo"

        refused = organization.request("PATCH", path, body={"email": "Solo@ship.no"})
        (problem,) = refused.json()["detail"]
        assert (problem["loc"], problem["input"]) == (["body", "email"], "Solo@ship.no")
        assert problem["msg"].endswith("Update the customer's email instead.")
        refused = organization.request("PATCH", path, body={"role": "member"})
        assert writing.problems(refused) == [(["body", "role"], "value_error", OWNER_STAYS)]
        writing.change(organization, solo, email="new@ship.no")
        assert organization.get(path).json()["email"] == "new@ship.no"

    def test_handing_over(self, server: Server, team: Team, ann: dict[str, Any]) -> None:
        """A new owner makes the old one a billing manager; there is one at any time."""
        before = team.owner
        answer = team.change(ann, role="owner")

        assert (answer.status_code, answer.json()["role"]) == (200, "owner")
        assert team.owner["id"] == ann["id"]
        assert team.find_all()[0]["id"] == before["id"]
        assert team.find_all()[0]["role"] == "billing_manager"
        assert writing.find_disagreements(server) == []

    def test_handing_over_at_once(self, server: Server, team: Team) -> None:
        """Of many who are made the owner at once, one is in the end."""
        members = [team.make(email=f"m{number}@ship.no") for number in range(6)]

        answers = writing.at_once([partial(team.change, one, role="owner") for one in members])

        assert {answer.status_code for answer in answers} == {200}
        assert team.owner["id"] in {member["id"] for member in members}
        assert writing.find_disagreements(server) == []

    def test_the_picture_of_a_team(self, server: Server, organization: Organization) -> None:
        """A team without an address shows its present owner's picture."""
        owner = {"email": "boss@ship.no"}
        made = writing.make(organization, type="team", email=None, owner=owner)
        path = f"{CUSTOMERS}{made['id']}"
        boss = writing.find_members(organization, made)[0]
        member = organization.request("POST", f"{path}/members", body={"email": "a@ship.no"}).json()
        pictures = [made["avatar_url"]]
        for one, body in ((boss, {"email": "b@ship.no"}), (member, {"role": "owner"})):
            organization.request("PATCH", f"{path}/members/{one['id']}", body=body)
            shown = organization.get(path).json()
            assert {**shown, "avatar_url": ""} == {**made, "avatar_url": ""}
            pictures.append(shown["avatar_url"])

        assert len(set(pictures)) == 3
        assert writing.find_disagreements(server) == []


class TestDeleteMember:
    """`DELETE …/members/{member_id}` and `DELETE /v1/customers/external/…/members/…`."""

    def test_anonymous(self, team: Team, ann: dict[str, Any]) -> None:
        """Without a token nobody is deleted."""
        for path in paths_of(team, ann):
            answer = team.organization.request("DELETE", path, token=None)

            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    @pytest.mark.parametrize("scopes", [("members:read",), NO_CUSTOMERS_SCOPE])
    def test_missing_scope(self, team: Team, ann: dict[str, Any], scopes: tuple[str, ...]) -> None:
        """It needs `members:write`."""
        token = team.organization.token(*scopes)
        for path in paths_of(team, ann):
            answer = team.organization.request("DELETE", path, token=token)

            assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(self, team: Team, ann: dict[str, Any]) -> None:
        """Nobody is deleted under a wrong name."""
        for path in (
            f"{team.path}/{uuid4()}",
            f"{CUSTOMERS}{uuid4()}/members/{ann['id']}",
            f"{team.external_path}/none",
        ):
            answer = team.organization.request("DELETE", path)

            assert (answer.status_code, answer.json()) == (404, MEMBER_NOT_FOUND)

    def test_valid(self, server: Server, team: Team) -> None:
        """A deleted member is gone, and what it had is free at once."""
        token = team.organization.token("members:write")
        for at in range(2):
            made = team.make(email="bo@ship.no", external_id="b")
            path = paths_of(team, made)[at]
            answer = team.organization.request("DELETE", path, token=token)

            assert (answer.status_code, answer.content) == (204, b"")
            for gone in paths_of(team, made):
                assert team.organization.get(gone).json() == MEMBER_NOT_FOUND
            again = team.organization.request("DELETE", path)
            assert (again.status_code, again.json()) == (404, MEMBER_NOT_FOUND)
            assert len(team.find_all()) == 1
            assert writing.find_events(server, team.customer["id"])[-1] == "member.deleted"

    def test_the_owner(self, team: Team, ann: dict[str, Any]) -> None:
        """The owner can go when somebody else owns the customer."""
        owner = team.owner
        path = f"{team.path}/{owner['id']}"

        refused = team.organization.request("DELETE", path)
        assert writing.problems(refused) == [(["body"], "value_error", OWNER_NEEDED)]
        assert refused.json()["error"] == "PolarRequestValidationError"
        assert refused.json()["detail"][0]["input"] == owner["id"]
        team.change(ann, role="owner")
        assert team.organization.request("DELETE", path).status_code == 204
        assert [member["id"] for member in team.find_all()] == [ann["id"]]

    def test_an_id_that_is_none(self, team: Team) -> None:
        """A malformed id is told as such."""
        answer = team.organization.request("DELETE", f"{team.path}/abc")

        assert [place for place, *_ in writing.problems(answer)] == [["path", "member_id"]]
