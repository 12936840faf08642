"""Members of all customers, `GET /v1/members/`, and the older paths that clients up to 0.32 call."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api import writing
from api.writing import CUSTOMERS, UNAUTHORIZED
from support import Organization, Server

MEMBERS = "/v1/members/"
MEMBER_NOT_FOUND = {"error": "ResourceNotFound", "detail": "Member not found"}
BAD_CUSTOMER_ID = {"error": "ResourceNotFound", "detail": "Invalid customer ID format"}
EMPTY = {"items": [], "pagination": {"total_count": 0, "max_page": 0}}
NONE_NAMED = "One of customer_id or external_customer_id must be provided."
BOTH_NAMED = "Only one of customer_id or external_customer_id may be provided."
# Of no customer; the same in each run and process, or the tests named for it would not be.
NOBODY = "3b0c2a1e-5d1f-4c61-9e0a-7d6f0a54c1b2"
SCOPES_OF_CUSTOMERS = ("customers:read", "customers:write")


@pytest.fixture
def team(organization: Organization) -> dict[str, Any]:
    """A team, beside an individual."""
    writing.make(organization, email="solo@ship.no", external_id="solo")
    return writing.make(organization, type="team", email="crew@ship.no", external_id="crew")


@pytest.fixture
def ann(organization: Organization, team: dict[str, Any]) -> dict[str, Any]:
    """A member of the team."""
    body = {"email": "ann@ship.no", "name": "Ann", "external_id": "a-1"}
    answer = organization.request("POST", f"{CUSTOMERS}{team['id']}/members", body=body)
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture
def paths(team: dict[str, Any], ann: dict[str, Any]) -> list[str]:
    """The older paths of the member."""
    return [
        f"{MEMBERS}{ann['id']}",
        f"{MEMBERS}external/a-1?customer_id={team['id']}",
        f"{MEMBERS}external/a-1?external_customer_id=crew",
    ]


def emails(answer: httpx.Response) -> list[str]:
    """The addresses before the @ of those on a page."""
    assert answer.status_code == 200, answer.text
    return [item["email"].partition("@")[0] for item in answer.json()["items"]]


class TestListMembers:
    """`GET /v1/members/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is listed, whatever the parameters are."""
        for query in ("", "?limit=0", "?customer_id=abc"):
            answer = organization.get(MEMBERS + query, token=None)

            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """Scopes of customers list no members."""
        answer = organization.get(
            f"{MEMBERS}?limit=0", token=organization.token(*SCOPES_OF_CUSTOMERS)
        )

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert 'scope="members:read members:write"' in answer.headers["www-authenticate"]

    @pytest.mark.parametrize("given", ["", "abc", "crew", "0f5e8c1a-62b1-41ee-8c99"])
    def test_a_malformed_customer(self, organization: Organization, given: str) -> None:
        """A customer's id that is none is not found, and not a mistake of form."""
        answer = organization.get(MEMBERS, params={"customer_id": given})

        assert (answer.status_code, answer.json()) == (404, BAD_CUSTOMER_ID)

    @pytest.mark.parametrize(
        "query",
        [
            f"customer_id={NOBODY}",
            "customer_id=0f5e8c1a-62b1-11ee-8c99-0242ac120002",
            "external_customer_id=none",
            "external_customer_id=CREW",
            "external_customer_id=",
            "external_customer_id=crew%00",
            "external_customer_id=%ff",
        ],
    )
    @pytest.mark.usefixtures("ann")
    def test_of_nobody(self, organization: Organization, query: str) -> None:
        """A customer that there is not has no members."""
        answer = organization.get(f"{MEMBERS}?{query}")

        assert (answer.status_code, answer.json()) == (200, EMPTY)

    def test_of_another_organization(
        self, make_organization: Callable[[], Organization], team: dict[str, Any]
    ) -> None:
        """Another organization's members are not listed."""
        other = make_organization()

        for query in ("", f"?customer_id={team['id']}", "?external_customer_id=crew"):
            assert other.get(MEMBERS + query).json() == EMPTY

    def test_of_a_deleted_customer(self, organization: Organization, team: dict[str, Any]) -> None:
        """A deleted customer has no members, and those of others stay."""
        organization.request("DELETE", f"{CUSTOMERS}{team['id']}")

        assert organization.get(f"{MEMBERS}?customer_id={team['id']}").json() == EMPTY
        assert organization.get(f"{MEMBERS}?external_customer_id=crew").json() == EMPTY
        assert emails(organization.get(MEMBERS)) == ["solo"]

    @pytest.mark.parametrize("scope", ["members:read", "members:write"])
    def test_valid(self, organization: Organization, ann: dict[str, Any], scope: str) -> None:
        """All members are listed with either scope, the newest first, as they are shown alone."""
        answer = organization.get(MEMBERS, token=organization.token(scope))

        assert emails(answer) == ["ann", "crew", "solo"]
        assert answer.json()["items"][0] == ann
        assert answer.json()["pagination"] == {"total_count": 3, "max_page": 1}
        assert organization.get(f"{MEMBERS}{ann['id']}").content in answer.content
        assert "icefloe-notice" not in answer.headers

    @pytest.mark.usefixtures("ann")
    def test_without_the_slash(self, organization: Organization) -> None:
        """The path without its slash is served directly."""
        answer = organization.get("/v1/members?limit=2")

        assert answer.content == organization.get(f"{MEMBERS}?limit=2").content

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("sorting=created_at", ["solo", "crew", "ann"]),
            ("sorting=-created_at&sorting=created_at", ["ann", "crew", "solo"]),
            ("role=owner", ["crew", "solo"]),
            ("role=member", ["ann"]),
            ("role=billing_manager", []),
            ("role=owner&role=member", ["ann"]),
            ("external_customer_id=crew", ["ann", "crew"]),
            ("external_customer_id=solo&role=owner", ["solo"]),
            ("external_customer_id=solo&role=member", []),
            ("limit=2", ["ann", "crew"]),
            ("limit=2&page=2", ["solo"]),
            ("limit=2&page=3", []),
            ("page=99999999999999999999999", []),
        ],
    )
    @pytest.mark.usefixtures("ann")
    def test_parameters(self, organization: Organization, query: str, expected: list[str]) -> None:
        """Filters, order and page are as asked for; of a parameter given twice the last counts."""
        assert emails(organization.get(f"{MEMBERS}?{query}")) == expected

    @pytest.mark.parametrize("form", ["{}", "{{{}}}", "urn:uuid:{}"])
    @pytest.mark.usefixtures("ann")
    def test_of_a_customer(
        self, organization: Organization, team: dict[str, Any], form: str
    ) -> None:
        """A customer's id may be written in any of its forms; both names of it must fit."""
        given = form.format(team["id"].upper())

        def find(**query: str) -> list[str]:
            return emails(organization.get(MEMBERS, params={"customer_id": given, **query}))

        assert find() == ["ann", "crew"]
        assert find(external_customer_id="crew", role="member") == ["ann"]
        assert find(external_customer_id="solo") == []

    def test_mistakes(self, organization: Organization) -> None:
        """All mistakes are told at once, before a customer's id that is none."""
        query = "role=OWNER&sorting=email&sorting=&limit=0&page=x&customer_id=abc"
        answer = organization.get(f"{MEMBERS}?{query}")

        assert answer.json()["error"] == "RequestValidationError"
        assert writing.problems(answer) == [
            (
                ["query", "page"],
                "int_parsing",
                "Input should be a valid integer, unable to parse string as an integer",
            ),
            (["query", "limit"], "greater_than", "Input should be greater than 0"),
            (["query", "sorting", 0], "enum", "Input should be 'created_at' or '-created_at'"),
            (["query", "sorting", 1], "enum", "Input should be 'created_at' or '-created_at'"),
            (
                ["query", "role"],
                "enum",
                "Input should be 'owner', 'billing_manager' or 'member'",
            ),
        ]

    def test_notices(self, organization: Organization) -> None:
        """A lowered limit and unknown parameters are told beside the answer."""
        answer = organization.get(f"{MEMBERS}?limit=500&query=x&email=y&query=z")

        assert answer.status_code == 200
        assert answer.headers["icefloe-notice"] == (
            "limit 500 lowered to 100; unknown parameter 'query' ignored;"
            " unknown parameter 'email' ignored"
        )

    def test_a_long_walk(self, organization: Organization, team: dict[str, Any]) -> None:
        """A walk over all pages meets every member once."""
        path = f"{CUSTOMERS}{team['id']}/members"
        for number in range(21):
            organization.request("POST", path, body={"email": f"m{number}@ship.no"})
        walked = []
        for page in range(1, 6):
            walked += emails(organization.get(f"{MEMBERS}?limit=5&page={page}"))

        assert sorted(walked) == sorted(["solo", "crew"] + [f"m{number}" for number in range(21)])


class TestCreateMemberOfCustomer:
    """The older `POST /v1/members/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nobody is made."""
        answer = organization.request("POST", MEMBERS, token=None, body={})

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """It needs `members:write`."""
        token = organization.token("members:read")
        answer = organization.request("POST", MEMBERS, token=token, body={})

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(self, organization: Organization) -> None:
        """Nobody joins a customer that there is not."""
        body = {"customer_id": str(uuid4()), "email": "bo@ship.no"}
        answer = organization.request("POST", MEMBERS, body=body)

        assert (answer.status_code, answer.json()["detail"]) == (404, "Customer not found")

    def test_valid(self, server: Server, organization: Organization, team: dict[str, Any]) -> None:
        """The body names the customer; the same request under a key acts once."""
        body = {"customer_id": team["id"], "email": "bo@ship.no", "external_id": "b"}
        headers = {"Idempotency-Key": "k"}
        answers = [
            organization.request("POST", path, body=body, headers=headers)
            for path in (MEMBERS, MEMBERS)
        ]

        assert {answer.status_code for answer in answers} == {201}
        assert answers[0].content == answers[1].content
        assert answers[0].json()["customer_id"] == team["id"]
        assert writing.find_events(server, team["id"]).count("member.created") == 2
        assert organization.request("POST", "/v1/members", body=body).json() == answers[0].json()

    def test_an_individual(self, organization: Organization) -> None:
        """An individual has no members but itself."""
        solo = writing.make(organization)
        body = {"customer_id": solo["id"], "email": "bo@ship.no"}

        assert organization.request("POST", MEMBERS, body=body).json()["error"] == "NotPermitted"

    def test_mistakes(self, organization: Organization) -> None:
        """The customer is one of the body's fields, the first."""
        answer = organization.request("POST", MEMBERS, body={"customer_id": "abc", "role": "owner"})

        assert [place for place, *_ in writing.problems(answer)] == [
            ["body", "customer_id"],
            ["body", "email"],
            ["body", "role"],
        ]


class TestOlderPaths:
    """`/v1/members/{id}`, and `/v1/members/external/{external_id}` with a customer."""

    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    def test_anonymous(self, organization: Organization, paths: list[str], method: str) -> None:
        """Without a token nobody is shown, changed or deleted."""
        for path in [*paths, f"{MEMBERS}external/a-1"]:
            body = {"name": 5} if method == "PATCH" else None
            answer = organization.request(method, path, token=None, body=body)

            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    @pytest.mark.parametrize(
        ("method", "scopes"),
        [
            ("GET", SCOPES_OF_CUSTOMERS),
            ("PATCH", SCOPES_OF_CUSTOMERS),
            ("PATCH", ("members:read",)),
            ("DELETE", ("members:read",)),
        ],
    )
    def test_missing_scope(
        self, organization: Organization, paths: list[str], method: str, scopes: tuple[str, ...]
    ) -> None:
        """The scopes are those of members."""
        for path in paths:
            body = {"name": 5} if method == "PATCH" else None
            answer = organization.request(
                method, path, token=organization.token(*scopes), body=body
            )

            assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    @pytest.mark.usefixtures("ann")
    def test_not_found(self, organization: Organization, team: dict[str, Any], method: str) -> None:
        """Nobody is found under a wrong name."""
        for path in (
            str(uuid4()),
            "0f5e8c1a-62b1-11ee-8c99-0242ac120002",
            f"external/A-1?customer_id={team['id']}",
            f"external/a-1?customer_id={uuid4()}",
            "external/a-1?customer_id=0f5e8c1a-62b1-11ee-8c99-0242ac120002",
            "external/a-1?external_customer_id=solo",
            "external/a-1?external_customer_id=",
            "external/a-1?external_customer_id=crew%00",
            "external/a%00?external_customer_id=crew",
        ):
            body = {"name": "No"} if method == "PATCH" else None
            answer = organization.request(method, MEMBERS + path, body=body)

            assert (answer.status_code, answer.json()) == (404, MEMBER_NOT_FOUND), path

    def test_get(self, organization: Organization, paths: list[str], ann: dict[str, Any]) -> None:
        """The member is shown."""
        for path in paths:
            for scope in ("members:read", "members:write"):
                answer = organization.get(path, token=organization.token(scope))

                assert (answer.status_code, answer.json()) == (200, ann)

    def test_update(
        self, organization: Organization, paths: list[str], ann: dict[str, Any]
    ) -> None:
        """The member is changed, and may be handed the customer."""
        for number, path in enumerate(paths):
            answer = organization.request("PATCH", path, body={"name": f"A{number}"})
            assert (answer.status_code, answer.json()["name"]) == (200, f"A{number}")
        answer = organization.request("PATCH", paths[0], body={"role": "owner"})

        assert answer.json()["role"] == "owner"
        owners = organization.get(f"{MEMBERS}?role=owner&external_customer_id=crew").json()
        assert [owner["id"] for owner in owners["items"]] == [ann["id"]]

    @pytest.mark.parametrize("at", [0, 1, 2])
    def test_delete(self, organization: Organization, paths: list[str], at: int) -> None:
        """The member is deleted."""
        answer = organization.request("DELETE", paths[at])

        assert (answer.status_code, answer.content) == (204, b"")
        for path in paths:
            assert organization.get(path).json() == MEMBER_NOT_FOUND

    def test_delete_the_owner(self, organization: Organization) -> None:
        """The owner stays."""
        solo = writing.make(organization, external_id="solo")
        (owner,) = writing.find_members(organization, solo)
        for path in (owner["id"], "external/solo?external_customer_id=solo"):
            answer = organization.request("DELETE", MEMBERS + path)

            assert [place for place, *_ in writing.problems(answer)] == [["body"]]
            assert answer.json()["detail"][0]["input"] == owner["id"]

    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    @pytest.mark.parametrize(
        ("query", "kind", "words"),
        [
            ("", "missing", NONE_NAMED),
            (f"?customer_id={NOBODY}&external_customer_id=crew", "value_error", BOTH_NAMED),
            (f"?customer_id={NOBODY}&external_customer_id=", "value_error", BOTH_NAMED),
        ],
    )
    def test_one_customer(
        self, organization: Organization, method: str, query: str, kind: str, words: str
    ) -> None:
        """An external id needs one customer, named in one way."""
        body: dict[str, Any] | None = {} if method == "PATCH" else None
        answer = organization.request(method, f"{MEMBERS}external/a-1{query}", body=body)

        assert writing.problems(answer) == [(["query"], kind, words)]
        assert answer.json()["error"] == "PolarRequestValidationError"
        assert answer.json()["detail"][0]["input"] is None

    @pytest.mark.parametrize(
        ("path", "places"),
        [
            ("abc", [["path", "id"], ["body", "name"]]),
            ("external", [["path", "id"], ["body", "name"]]),
            ("external/a-1", [["body", "name"]]),
            ("external/a-1?customer_id=", [["query", "customer_id"], ["body", "name"]]),
        ],
    )
    def test_mistakes_of_form(
        self, organization: Organization, path: str, places: list[list[str]]
    ) -> None:
        """What is wrong with path, query string and body is told at once, and before all else."""
        answer = organization.request("PATCH", MEMBERS + path, body={"name": 5})

        assert answer.json()["error"] == "RequestValidationError"
        assert [place for place, *_ in writing.problems(answer)] == places

    def test_another_method(self, organization: Organization, paths: list[str]) -> None:
        """The method that is named where another was used is GET."""
        for path in (MEMBERS, *paths):
            answer = organization.request("PUT", path, content=b"{}")

            assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
