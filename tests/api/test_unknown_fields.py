"""Fields of a body that mean nothing: ignored as by the reference, and named in `Icefloe-Notice`."""

from typing import Any

import pytest

from api import writing
from api.writing import CUSTOMERS, EXTERNAL
from support import Organization

ADDRESS = {"country": "FR", "city": "Brest"}


@pytest.fixture
def team(organization: Organization) -> dict[str, Any]:
    """A team with a member besides its owner."""
    made = writing.make(organization, type="team", email="crew@ship.no", external_id="crew")
    body = {"email": "ann@ship.no", "external_id": "a-1"}
    member = organization.request("POST", f"{CUSTOMERS}{made['id']}/members", body=body).json()
    return made | {"member_id": member["id"]}


def notice(organization: Organization, method: str, path: str, body: object) -> str | None:
    """The notice in the answer to a write that succeeds."""
    answer = organization.request(method, path, body=body)
    assert answer.status_code in {200, 201}, answer.text
    found: str | None = answer.headers.get("icefloe-notice")
    return found


class TestUnknownFields:
    """Unknown fields of bodies, where the organization is not strict."""

    @pytest.mark.parametrize("path", [CUSTOMERS, f"{EXTERNAL}new"])
    def test_new_customer(self, organization: Organization, path: str) -> None:
        """They are named each in its place, metadata aside, whose keys are the caller's."""
        body = {
            "email": "ada@example.com",
            "full_name": "Ada",
            "billing_address": {**ADDRESS, "zip": "29200"},
            "metadata": {"anything": "goes"},
            "owner": {"email": "boss@example.com", "role": "owner"},
            "nested": {"deep": 1},
        }
        method = "POST" if path == CUSTOMERS else "PUT"

        assert notice(organization, method, path, body) == (
            "unknown field 'full_name' ignored; unknown field 'billing_address.zip' ignored;"
            " unknown field 'owner.role' ignored; unknown field 'nested' ignored"
        )

    @pytest.mark.parametrize(
        ("method", "path", "field"),
        [
            ("PATCH", "{id}", "organization_id"),
            ("PATCH", "external/crew", "external_id"),
            ("POST", "{id}/members", "customer_id"),
            ("PATCH", "{id}/members/{member_id}", "external_id"),
            ("PATCH", "external/crew/members/a-1", "Name"),
        ],
    )
    def test_of_each_body(
        self, organization: Organization, team: dict[str, Any], method: str, path: str, field: str
    ) -> None:
        """Each kind of body knows its own fields, and a field of another kind means nothing in it."""
        body = {"email": "bo@ship.no", field: "x"}

        found = notice(organization, method, f"{CUSTOMERS}{path.format(**team)}", body)

        assert found == f"unknown field {field!r} ignored"

    @pytest.mark.parametrize(
        ("method", "path", "body", "missing"),
        [
            ("POST", CUSTOMERS, {"e_mail": "a@example.com"}, ["body", "individual", "email"]),
            ("POST", CUSTOMERS, {"type": "team", "e_mail": 1}, ["body", "team"]),
            (
                "POST",
                CUSTOMERS,
                {"email": "a@example.com", "owner": {"e_mail": "b@example.com"}},
                ["body", "individual", "owner", "email"],
            ),
            ("POST", f"{CUSTOMERS}{{id}}/members", {"e_mail": "a@ship.no"}, ["body", "email"]),
            ("POST", "/v1/members/", {"e_mail": "a@ship.no"}, ["body", "customer_id"]),
            ("POST", f"{CUSTOMERS}x/members", {"e_mail": "a@ship.no"}, ["path", "id"]),
        ],
    )
    def test_refused(
        self,
        organization: Organization,
        team: dict[str, Any],
        method: str,
        path: str,
        body: dict[str, Any],
        missing: list[str],
    ) -> None:
        """A refused body's are named too: a field that it lacks may be there in another spelling."""
        answer = organization.request(method, path.format(**team), body=body)

        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == missing
        place = "owner.e_mail" if "owner" in body else "e_mail"
        assert answer.headers["icefloe-notice"] == f"unknown field '{place}' ignored"

    @pytest.mark.parametrize("body", [[], ["x"], "x", 1, {"owner": ["x"]}, {"metadata": {"x": {}}}])
    def test_no_fields(self, organization: Organization, body: object) -> None:
        """What has no fields of ours is refused without a notice."""
        answer = organization.request("POST", CUSTOMERS, body=body)

        assert answer.status_code == 422
        assert "icefloe-notice" not in answer.headers

    def test_known(self, organization: Organization, team: dict[str, Any]) -> None:
        """A body without unknown fields is answered without a notice, whatever values are null."""
        body = {"email": "ada@example.com", "billing_address": None, "owner": None}

        assert notice(organization, "POST", CUSTOMERS, body) is None
        path = f"{CUSTOMERS}{team['id']}"
        assert notice(organization, "PATCH", path, {"billing_address": ADDRESS}) is None

    def test_many(self, organization: Organization) -> None:
        """However many there are and whatever they are called, a notice is plain and short."""
        body = {"email": "ada@example.com", "é\r\nSet-Cookie: a=b" * 90: 1, "é\ud800": 2}
        body |= {f"n{at}": at for at in range(2_000)}

        found = notice(organization, "POST", CUSTOMERS, body)

        assert found is not None
        assert found.isascii()
        assert found.isprintable()
        assert found.endswith("and 1994 more")
        assert len(found) < 2000
