"""One customer: `GET /v1/customers/{id}` and `GET /v1/customers/external/{external_id}`."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from icefloe.domain.values.imports import OnConflict
from support import Organization, new_customer

NOT_FOUND = {"error": "ResourceNotFound", "detail": "Not found"}


class TestGetCustomer:
    """By id."""

    def test_anonymous(self, crew: Organization, crew_ids: dict[str, str]) -> None:
        """Without a token nobody is shown."""
        answer = crew.get(f"/v1/customers/{crew_ids['bo']}", token=None)

        assert answer.status_code == 401
        assert answer.json() == {"error": "Unauthorized", "detail": "Unauthorized"}

    def test_missing_scope(self, crew: Organization, crew_ids: dict[str, str]) -> None:
        """A token without a scope of customers is told which ones would do."""
        answer = crew.get(f"/v1/customers/{crew_ids['bo']}", token=crew.token("members:write"))

        assert answer.status_code == 403
        assert answer.json()["error"] == "insufficient_scope"
        assert 'scope="customers:read customers:write"' in answer.headers["www-authenticate"]

    def test_missing_scope_with_a_bad_id(self, crew: Organization) -> None:
        """What a token may do is looked at before the id's form."""
        assert crew.get("/v1/customers/abc", token=crew.token("members:read")).status_code == 403

    def test_not_found(self, crew: Organization) -> None:
        """An id that nobody has is not found."""
        answer = crew.get(f"/v1/customers/{uuid4()}")

        assert answer.status_code == 404
        assert answer.json() == NOT_FOUND
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["polar-version"] == "2026-04"

    def test_deleted(self, crew: Organization, crew_ids: dict[str, str]) -> None:
        """A deleted customer is not found."""
        assert crew.get(f"/v1/customers/{crew_ids['gone']}").json() == NOT_FOUND

    @pytest.mark.usefixtures("crew")
    def test_of_another_organization(
        self,
        make_organization: Callable[[], Organization],
        crew_ids: dict[str, str],
    ) -> None:
        """Another organization's customer is not found, as if there were none."""
        answer = make_organization().get(f"/v1/customers/{crew_ids['bo']}")

        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_of_two_organizations(
        self, crew: Organization, strangers: Organization, crew_ids: dict[str, str]
    ) -> None:
        """Where two organizations have the same id, each is shown its own."""
        path = f"/v1/customers/{crew_ids['ida']}"

        assert crew.get(path).json()["name"] == "Ida Ångström"
        assert strangers.get(path).json()["name"] == "Ida of the strangers"

    @pytest.mark.parametrize("scope", ["customers:read", "customers:write"])
    def test_valid(self, crew: Organization, crew_ids: dict[str, str], scope: str) -> None:
        """The customer's wire document is the answer, the same bytes as in a list."""
        answer = crew.get(f"/v1/customers/{crew_ids['cafe']}", token=crew.token(scope))

        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert list(answer.json()) == [
            "id", "created_at", "modified_at", "metadata", "external_id", "email",
            "email_verified", "type", "name", "billing_name", "billing_address", "tax_id",
            "locale", "organization_id", "default_payment_method_id", "deleted_at",
            "first_user_event_at", "avatar_url",
        ]  # fmt: skip
        assert answer.content in crew.get("/v1/customers/").content

    def test_a_team_without_an_address(self, crew: Organization, crew_ids: dict[str, str]) -> None:
        """A team without an address of its own shows the picture of its owner's."""
        shown = crew.get(f"/v1/customers/{crew_ids['team']}").json()

        assert (shown["type"], shown["email"]) == ("team", None)
        assert shown["avatar_url"] == (
            "https://www.gravatar.com/avatar/"
            "dabda306019aad74af5b0c9170fa16f8e094a75a8e69a19bf623028258ddd483?d=blank"
        )

    @pytest.mark.parametrize("spelling", ["{}", "{{{}}}", "urn:uuid:{}"])
    def test_spellings(self, crew: Organization, crew_ids: dict[str, str], spelling: str) -> None:
        """An id may be written in capitals, in braces or as a URN."""
        path = spelling.format(crew_ids["bo"].upper())

        assert crew.get(f"/v1/customers/{path}").json()["id"] == crew_ids["bo"]

    def test_without_hyphens(self, crew: Organization, crew_ids: dict[str, str]) -> None:
        """An id may be written without hyphens."""
        path = f"/v1/customers/{crew_ids['bo'].replace('-', '')}"

        assert crew.get(path).json()["id"] == crew_ids["bo"]

    def test_parameters_are_ignored(self, crew: Organization, crew_ids: dict[str, str]) -> None:
        """A query string changes nothing here, a wrong one either."""
        answer = crew.get(f"/v1/customers/{crew_ids['bo']}?limit=x&include=all")

        assert answer.json()["id"] == crew_ids["bo"]

    @pytest.mark.parametrize(
        ("path", "shown", "complaint"),
        [
            ("abc", "abc", "invalid length: expected length 32 for simple format, found 3"),
            (
                "3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0",
                "3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0",
                "invalid group length in group 4: expected 12, found 11",
            ),
            ("x%00y", "x\0y", "invalid character: found `x` at 1"),
            ("%ff", "\ufffd", "invalid character: found `\ufffd` at 1"),
        ],
    )
    def test_not_an_id(self, crew: Organization, path: str, shown: str, complaint: str) -> None:
        """What is no UUID is refused, with the place of what is wrong."""
        answer = crew.get(f"/v1/customers/{path}")

        assert answer.status_code == 422
        assert answer.json() == {
            "error": "RequestValidationError",
            "detail": [
                {
                    "type": "uuid_parsing",
                    "loc": ["path", "id"],
                    "msg": f"Input should be a valid UUID, {complaint}",
                    "input": shown,
                    "ctx": {"error": complaint},
                }
            ],
        }

    @pytest.mark.parametrize(
        "identifier",
        [
            "00000000-0000-0000-0000-000000000000",
            "6fa459ea-ee8a-11ca-894e-db77e160355e",
            "0198f2a4-7c11-7a31-b1d2-6f0e5a4c3b21",
        ],
    )
    def test_another_version(self, crew: Organization, identifier: str) -> None:
        """A UUID of another version than 4 is refused."""
        answer = crew.get(f"/v1/customers/{identifier}")

        assert answer.status_code == 422
        assert answer.json()["detail"] == [
            {
                "type": "uuid_version",
                "loc": ["path", "id"],
                "msg": "UUID version 4 expected",
                "input": identifier,
                "ctx": {"expected_version": 4},
            }
        ]


class TestGetExternalCustomer:
    """By the organization's own name for the customer."""

    def test_anonymous(self, crew: Organization) -> None:
        """Without a token nobody is shown, found or not."""
        assert crew.get("/v1/customers/external/crew_1", token=None).status_code == 401
        assert crew.get("/v1/customers/external/nope", token=None).status_code == 401

    def test_missing_scope(self, crew: Organization) -> None:
        """A token without a scope of customers is refused, found or not."""
        token = crew.token("members:read")

        assert crew.get("/v1/customers/external/crew_1", token=token).status_code == 403
        assert crew.get("/v1/customers/external/nope", token=token).status_code == 403

    @pytest.mark.parametrize(
        "external_id",
        [
            "nope",
            "CREW_1",
            "crew",
            "crew_1%20",
            "crew_gone",
            "crew_2",
            "a%00b",
            "%00",
            "%ff",
            "x" * 5000,
        ],
    )
    def test_not_found(self, crew: Organization, external_id: str) -> None:
        """An external id must be the whole one, its case too, of a customer who is not deleted."""
        answer = crew.get(f"/v1/customers/external/{external_id}")

        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    @pytest.mark.parametrize("path", ["A/b", "A%2Fb"])
    def test_a_slash(self, crew: Organization, path: str) -> None:
        """An external id with a slash has no path of its own, written out or escaped."""
        answer = crew.get(f"/v1/customers/external/{path}")

        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})

    def test_of_another_organization(self, crew: Organization, strangers: Organization) -> None:
        """Each organization has its own external ids."""
        assert crew.get("/v1/customers/external/crew_1").json()["name"] == "Ida Ångström"
        assert (
            strangers.get("/v1/customers/external/crew_1").json()["name"] == "Ida of the strangers"
        )
        assert strangers.get("/v1/customers/external/CREW_2").json() == NOT_FOUND

    @pytest.mark.parametrize(
        ("path", "name"),
        [("crew_1", "ida"), ("CREW_2", "bo"), ("team%207", "team"), ("pct%254", "per")],
    )
    def test_valid(
        self, crew: Organization, crew_ids: dict[str, str], path: str, name: str
    ) -> None:
        """The answer is the same as by the customer's id."""
        answer = crew.get(f"/v1/customers/external/{path}")

        assert answer.status_code == 200
        assert answer.content == crew.get(f"/v1/customers/{crew_ids[name]}").content

    @pytest.mark.parametrize(
        "external_id", ["export", "external", "state", "ü 漢", "a?b#c", "..%5C", "'; --", "+"]
    )
    def test_odd_names(self, organization: Organization, external_id: str) -> None:
        """Any text without a slash may be one, the words of other paths too."""
        organization.keep(new_customer(1, external_id=external_id))
        escaped = "".join(f"%{byte:02X}" for byte in external_id.encode())

        answer = organization.get(f"/v1/customers/external/{escaped}")

        assert answer.json()["external_id"] == external_id

    def test_free_again(self, organization: Organization) -> None:
        """The external id of a deleted customer can be another's, who is then found by it."""
        one = new_customer(1)
        organization.keep(one)
        organization.keep(
            {**one, "deleted_at": "2026-06-01T00:00:00Z"}, on_conflict=OnConflict.UPDATE
        )
        assert organization.get("/v1/customers/external/usr_1").json() == NOT_FOUND

        other: dict[str, Any] = {**new_customer(1), "name": "The other"}
        assert organization.keep(other).added == 1
        assert organization.get("/v1/customers/external/usr_1").json()["name"] == "The other"
