"""Organizations made for tests: each is a world of its own, and gone when it is removed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from standing_in import StandIn, Treated

pytestmark = pytest.mark.processes

Make = Callable[..., Treated]


class TestCreate:
    """`POST /_icefloe/organizations`."""

    def test_plain(self, stand_in: StandIn) -> None:
        """Nothing has to be said of an organization; its token allows all of customers and members."""
        made = stand_in.control("POST", "/organizations")

        assert made.status_code == 201
        treated = Treated(stand_in, made.json()["id"], made.json()["token"])
        assert treated.create("ada@example.com")["organization_id"] == treated.id
        assert treated.ask("GET", "/v1/members/").status_code == 200
        assert made.json()["strict"] is False
        assert made.json()["contract"] is None
        assert treated.control("DELETE").status_code == 204

    def test_all_values(self, stand_in: StandIn, make: Make) -> None:
        """Its id, names, scopes and token can be given, and are in the answer."""
        organization_id = str(uuid4())
        token = make().token
        stand_in.control("DELETE", f"/organizations/{stand_in.made.pop().id}")

        made = make(
            id=organization_id,
            name="Acme",
            slug="acme-of-test",
            scopes=["customers:read"],
            token=token,
            now="2030-01-01T00:00:00Z",
            strict=True,
            contract="2026-04",
        )

        shown = made.control("GET").json()
        assert shown == {
            "id": organization_id,
            "name": "Acme",
            "slug": "acme-of-test",
            "created_at": shown["created_at"],
            "strict": True,
            "contract": "2026-04",
        }
        assert shown["created_at"].startswith("2030-01-01T00:00:0")
        assert made.token == token
        assert made.ask("POST", "/v1/customers/", {"email": "a@example.com"}).status_code == 403

    def test_seed(self, make: Make) -> None:
        """The same seed gives the same ids and times, each time."""
        seen = []
        for _ in range(2):
            made = make(seed=7)
            customer = made.create("ada@example.com", name="Ada")
            team = made.create("crew@example.com", type="team")
            member = made.ask(
                "POST", f"/v1/customers/{team['id']}/members", {"email": "bob@example.com"}
            )
            changed = made.ask("PATCH", f"/v1/customers/{customer['id']}", {"name": "Ada L."})
            seen.append((made.id, customer, team, member.json(), changed.json()))
            made.control("DELETE")

        assert seen[0] == seen[1]
        assert seen[0][1]["created_at"] == "2026-01-01T00:00:00Z"
        assert seen[0][4]["modified_at"] == "2026-01-01T00:00:03Z"

    def test_other_seed(self, make: Make) -> None:
        """Another seed gives other ids."""
        assert make(seed=1).id != make(seed=2).id

    @pytest.mark.parametrize(
        ("values", "place", "message"),
        [
            ({"name": " "}, ["body"], "a name has 1 to 256 characters"),
            ({"slug": "A B"}, ["body"], "'A B' is not a slug"),
            ({"token": "polar_oat_x"}, ["body"], "that is not a token"),
            ({"scopes": ["customers"]}, ["body"], "'customers' is not a scope"),
            ({"id": "1"}, ["body", "id"], "Input should be a valid UUID"),
            ({"contract": "2024-01"}, ["body", "contract"], "Input should be '2025-06'"),
            ({"now": "2026-01-01T00:00:00"}, ["body", "now"], "Input should have timezone info"),
            ({"colour": "red"}, ["body", "colour"], "Extra inputs are not permitted"),
        ],
    )
    def test_wrong_values(
        self, stand_in: StandIn, values: dict[str, object], place: list[str], message: str
    ) -> None:
        """A value that cannot be is a 422 that says so, and no organization is left."""
        before = stand_in.control("GET", "/organizations?limit=1000").json()["items"]

        answer = stand_in.control("POST", "/organizations", values)

        assert answer.status_code == 422
        (problem,) = answer.json()["detail"]
        assert problem["loc"] == place
        assert message in problem["msg"]
        assert stand_in.control("GET", "/organizations?limit=1000").json()["items"] == before

    def test_taken(self, stand_in: StandIn, make: Make) -> None:
        """An id that an organization has already is a 422, and that organization is as it was."""
        made = make(seed=3, strict=True)

        for values in ({"seed": 3}, {"id": made.id}):
            answer = stand_in.control("POST", "/organizations", values)
            assert answer.status_code == 422
            assert answer.json()["detail"][0]["loc"] == ["body", "id"]

        assert made.control("GET").json()["strict"] is True
        assert made.create("ada@example.com")["created_at"] == "2026-01-01T00:00:00Z"


class TestOthers:
    """What else is done to organizations."""

    def test_list(self, stand_in: StandIn, make: Make) -> None:
        """They are listed, oldest first, as many as are asked for."""
        made = [make().id for _ in range(3)]

        found = stand_in.control("GET", "/organizations?limit=1000").json()["items"]

        assert [each["id"] for each in found][-3:] == made
        assert len(stand_in.control("GET", "/organizations?limit=2").json()["items"]) == 2

    def test_update(self, treated: Treated) -> None:
        """What is said of it is changed, and what is not stays."""
        treated.control("PATCH", "", {"strict": True})
        treated.control("PATCH", "", {"contract": "2025-06"})
        assert treated.control("GET").json()["strict"] is True

        changed = treated.control("PATCH", "", {"contract": None}).json()

        assert (changed["strict"], changed["contract"]) == (True, None)

    def test_remove(self, make: Make) -> None:
        """When it is removed, its token is worth nothing, and nothing is to be found of it."""
        made = make()
        made.create("ada@example.com")

        assert made.control("DELETE").status_code == 204

        assert made.ask("GET", "/v1/customers/").status_code == 401
        assert made.control("GET").status_code == 404
        assert made.control("DELETE").status_code == 404
        assert make(id=made.id).emails() == []

    def test_unknown(self, stand_in: StandIn) -> None:
        """One that there is not is a 404 at each address, and what is no id a 422."""
        assert stand_in.control("GET", f"/organizations/{uuid4()}/clock").status_code == 404
        assert stand_in.control("POST", f"/organizations/{uuid4()}/snapshots").status_code == 404
        assert stand_in.control("GET", "/organizations/acme").status_code == 422

    def test_side_by_side(self, stand_in: StandIn) -> None:
        """Many at once are made, used and removed without seeing each other."""

        def live(number: int) -> list[str]:
            made = stand_in.control("POST", "/organizations", {"seed": 1000 + number}).json()
            treated = Treated(stand_in, made["id"], made["token"])
            treated.control("POST", "/faults", {"kind": "status", "status": 503, "times": 1})
            assert treated.ask("GET", "/v1/customers/").status_code == 503
            treated.create(f"one-of-{number}@example.com")
            found = treated.emails()
            assert len(treated.requests()) == 3
            treated.control("DELETE")
            return found

        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(live, range(40)))

        assert found == [[f"one-of-{number}@example.com"] for number in range(40)]


class TestTokens:
    """`/_icefloe/organizations/{id}/tokens`."""

    def test_another(self, treated: Treated) -> None:
        """Another token has what it is given, until it is revoked."""
        made = treated.control("POST", "/tokens", {"scopes": ["customers:read"]})
        assert made.status_code == 201
        other = Treated(treated.server, treated.id, made.json()["token"])
        assert other.ask("GET", "/v1/customers/").status_code == 200

        assert treated.control("DELETE", f"/tokens/{made.json()['id']}").status_code == 204

        assert other.ask("GET", "/v1/customers/").status_code == 401
        assert treated.ask("GET", "/v1/customers/").status_code == 200

    def test_no_moment(self, treated: Treated) -> None:
        """A token expires within the years that there are."""
        asked = {"expires_at": "0001-01-01T00:00:00+01:00"}

        refused = treated.control("POST", "/tokens", asked)

        assert refused.status_code == 422
        assert "must be between the years 1 and 9999 in UTC" in refused.text
        assert treated.control("POST", "/snapshots").status_code == 201

    def test_odd_text(self, treated: Treated) -> None:
        """A name with half a surrogate pair, which UTF-8 has not, is refused."""
        refused = treated.send("POST", "/tokens", r'{"name": "\ud800"}')

        assert refused.status_code == 422
        assert "must not contain a half of a surrogate pair" in refused.text

    def test_odd_keys(self, treated: Treated) -> None:
        """A key of a seed that is no text is told of."""
        refused = treated.send("POST", "/seeds", r'{"\ud800": 1}')

        assert refused.status_code == 422
        assert "there is no such key" in refused.text

    def test_somebody_else(self, make: Make) -> None:
        """A token is revoked in the name of its own organization alone."""
        made = make().control("POST", "/tokens").json()

        assert make().control("DELETE", f"/tokens/{made['id']}").status_code == 404


class TestCustomers:
    """`/_icefloe/organizations/{id}/customers`."""

    def test_taken_in(self, treated: Treated) -> None:
        """Customers are taken in with the values that they have."""
        known = {"email": "ada@example.com", "created_at": "2020-02-02T00:00:00Z", "name": "Ada"}

        answer = treated.control("POST", "/customers", {"customers": [known]})

        assert answer.json() == {"added": 1, "updated": 0, "skipped": 0}
        (found,) = treated.ask("GET", "/v1/customers/").json()["items"]
        assert {name: found[name] for name in known} == known

    def test_conflict(self, treated: Treated) -> None:
        """Those that are here already fail, unless they are to be skipped or updated."""
        body = {"customers": [{"email": "ada@example.com", "name": "Ada"}]}
        treated.control("POST", "/customers", body)

        assert treated.control("POST", "/customers", body).status_code == 422
        skipped = treated.control("POST", "/customers", {**body, "on_conflict": "skip"})
        assert skipped.json()["skipped"] == 1
        updated = treated.control("POST", "/customers", {**body, "on_conflict": "update"})
        assert updated.json()["updated"] == 1

    def test_wrong(self, treated: Treated) -> None:
        """One that cannot be taken is told by its place, and none is taken."""
        body = {"customers": [{"email": "ada@example.com"}, {"email": "nobody"}]}

        answer = treated.control("POST", "/customers", body)

        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "customers", 1]
        assert treated.emails() == []

    def test_unknown_keys(self, treated: Treated) -> None:
        """A key that means nothing is told with the one that was meant, and none is taken."""
        body = {"customers": [{"email": "ada@example.com", "externalId": "e1"}]}

        answer = treated.control("POST", "/customers", body)

        (problem,) = answer.json()["detail"]
        assert answer.status_code == 422
        assert problem["loc"] == ["body", "customers", 0]
        assert problem["msg"] == "externalId: there is no such key; did you mean 'external_id'?"
        assert treated.emails() == []

    def test_what_no_answer_shows(self, treated: Treated) -> None:
        """A value that the API may not show is told with the one that was meant."""
        known = {"email": "ada@example.com"}
        body = {"customers": [known, {"email": "b@b.co", "billing_address": {"country": "UK"}}]}

        answer = treated.control("POST", "/customers", body)

        (problem,) = answer.json()["detail"]
        assert (answer.status_code, problem["loc"]) == (422, ["body", "customers", 1])
        assert "did you mean 'GB'?" in problem["msg"]
        assert treated.emails() == []

    def test_doubled_keys(self, treated: Treated) -> None:
        """A key that is there twice is told: only one of its values could be taken."""
        content = '{"customers": [{"email": "a@example.com", "name": "A", "name": "B"}]}'

        answer = treated.send("POST", "/customers", content)

        assert answer.status_code == 422
        assert answer.json()["detail"][0]["msg"] == "name: there are two such keys"
        assert treated.emails() == []


SEED = {
    "organizations": [
        {
            "name": "Acme",
            "slug": "acme-of-a-seed",
            "seed": 7,
            "tokens": [{"name": "tests"}],
            "customers": [{"email": "ada@example.com"}, {"email": "bob@example.com"}],
        }
    ]
}


class TestSeeds:
    """`/_icefloe/seeds`, and the same for one organization."""

    def test_whole(self, stand_in: StandIn) -> None:
        """Everything of a seed is made once, and is the same when it is asked for again."""
        first, again = (stand_in.control("POST", "/seeds", SEED) for _ in range(2))

        assert first.status_code == 200
        assert first.json() == again.json()
        (planted,) = first.json()["organizations"]
        treated = Treated(stand_in, planted["id"], planted["tokens"][0]["token"])
        assert treated.emails() == ["ada@example.com", "bob@example.com"]
        treated.control("DELETE")

    def test_of_one_organization(self, treated: Treated) -> None:
        """An organization is given the customers of a seed, and keeps its own name and token."""
        taken = treated.control("POST", "/seeds", SEED)

        assert taken.json() == {"added": 2, "updated": 0, "skipped": 0}
        assert treated.emails() == ["ada@example.com", "bob@example.com"]
        assert treated.control("GET").json()["name"] == "Test"
        assert treated.control("POST", "/seeds", SEED).json()["skipped"] == 2
        assert treated.control("POST", "/seeds", {"organizations": []}).status_code == 422

    def test_wrong(self, stand_in: StandIn) -> None:
        """What is wrong with a seed is told by its place; what is taken already, as what it is."""
        wrong = {"organizations": [{"name": "Acme", "customers": [{"mail": "a@example.com"}]}]}
        answer = stand_in.control("POST", "/seeds", wrong)
        assert answer.status_code == 422
        place = answer.json()["detail"][0]["loc"]
        assert place[:5] == ["body", "organizations", 0, "customers", 0]

        slugs = {"organizations": [{"name": each, "slug": "the-same"} for each in ("A", "B")]}
        assert stand_in.control("POST", "/seeds", slugs).status_code == 422
        assert stand_in.control("POST", "/seeds").status_code == 422
