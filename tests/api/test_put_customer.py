"""Made or changed, whichever it takes: `PUT /v1/customers/external/{external_id}`, which is ours."""

import itertools
from typing import Any

import httpx
import pytest

from api import writing
from api.writing import CUSTOMERS, EMAIL_TAKEN, EXTERNAL, EXTERNAL_ID_KEPT
from support import Organization, Server


def put(organization: Organization, named: str, **values: Any) -> httpx.Response:
    """Ask for the customer that an external id names to be made or changed."""
    body = {"email": "put@sea.is", **values}
    return organization.request("PUT", f"{EXTERNAL}{named}", body=body)


class TestPutExternalCustomer:
    """`PUT /v1/customers/external/{external_id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nobody is made."""
        answer = organization.request("PUT", f"{EXTERNAL}new", token=None, body={"email": "a@b.no"})

        assert (answer.status_code, answer.json()) == (401, writing.UNAUTHORIZED)
        assert organization.get(f"{EXTERNAL}new").status_code == 404

    def test_missing_scope(self, organization: Organization) -> None:
        """A token that may only read is refused."""
        answer = organization.request(
            "PUT",
            f"{EXTERNAL}new",
            token=organization.token("customers:read"),
            body={"email": "a@b.no"},
        )

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_new(self, server: Server, organization: Organization) -> None:
        """Where nobody has the external id, a customer with it is made, with an owner: 201."""
        answer = put(organization, "new", name="New", metadata={"a": 1})

        made = answer.json()
        assert answer.status_code == 201
        assert (made["external_id"], made["name"], made["modified_at"]) == ("new", "New", None)
        assert organization.get(f"{CUSTOMERS}{made['id']}").json() == made
        (owner,) = writing.find_members(organization, made)
        assert (owner["external_id"], owner["role"]) == ("new", "owner")
        assert writing.find_events(server, made["id"]) == ["member.created", "customer.created"]

    def test_there_already(self, server: Server, organization: Organization) -> None:
        """Where somebody has it, that customer is changed, and keeps what is not spoken of: 200."""
        made = put(organization, "mine", name="Old", metadata={"a": 1}, locale="fr").json()

        answer = put(organization, "mine", email="moved@sea.is", metadata={"b": 2})
        shown = answer.json()

        assert answer.status_code == 200
        assert (shown["id"], shown["name"], shown["locale"]) == (made["id"], "Old", "fr")
        assert (shown["email"], shown["metadata"]) == ("moved@sea.is", {"b": 2})
        assert writing.find_events(server, made["id"])[2:] == ["customer.updated"]

    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"name": None, "locale": None, "tax_id": None, "billing_address": None},
            {"external_id": None},
            {"external_id": ""},
            {"external_id": " mine "},
            {"type": "individual", "owner": None, "organization_id": None},
            {"billing_address": {"country": "FR"}, "tax_id": "FR 40 303 265 045"},
            {"type": "team", "owner": {"email": "owner@sea.is"}},
        ],
    )
    def test_twice(self, organization: Organization, values: dict[str, Any]) -> None:
        """The same request again succeeds, and leaves the customer as it was but for the moment."""
        first = put(organization, "mine", **values)
        second = put(organization, "mine", **values)

        assert (first.status_code, second.status_code) == (201, 200)
        assert {**second.json(), "modified_at": None} == first.json()
        assert organization.get(CUSTOMERS).json()["pagination"]["total_count"] == 1

    def test_another_external_id(self, organization: Organization) -> None:
        """A body that gives another external id than the path is refused, whoever is there."""
        answers = [put(organization, "mine", external_id="other")]
        put(organization, "mine")
        answers.append(put(organization, "mine", external_id="other"))

        for answer in answers:
            assert writing.problems(answer) == [
                (["body", "external_id"], "value_error", EXTERNAL_ID_KEPT)
            ]
            assert answer.json()["detail"][0]["input"] == "other"

    def test_an_address_that_is_set(self, organization: Organization) -> None:
        """A billing address that is there cannot be set to null."""
        put(organization, "mine", billing_address={"country": "NO"})

        answer = put(organization, "mine", billing_address=None)

        ((place, kind, _),) = writing.problems(answer)
        assert (place, kind) == (["body", "billing_address"], "value_error")

    def test_rules_of_both(self, organization: Organization) -> None:
        """A new customer and a changed one follow the rules of their own endpoints."""
        writing.make(organization, email="taken@sea.is")
        put(organization, "team", type="team")

        taken = put(organization, "new", email="Taken@sea.is")
        changed = put(organization, "team", email="Taken@sea.is", type="individual")
        untaxed = put(organization, "new", email="new@sea.is", tax_id="FR40303265045")

        assert writing.problems(taken) == [(["body", "email"], "value_error", EMAIL_TAKEN)]
        assert [place for place, _, _ in writing.problems(changed)] == [
            ["body", "email"],
            ["body", "type"],
        ]
        assert [place for place, _, _ in writing.problems(untaxed)] == [["body", "billing_address"]]
        assert organization.get(f"{EXTERNAL}new").status_code == 404

    def test_naming_an_organization(self, organization: Organization) -> None:
        """An organization's token may name no organization."""
        answer = put(organization, "new", organization_id=str(organization.id))

        ((place, kind, _),) = writing.problems(answer)
        assert (place, kind) == (["body", "organization_id"], "organization_token")

    def test_after_a_deletion(self, organization: Organization) -> None:
        """Whoever is deleted is not there: another customer is made."""
        gone = put(organization, "mine").json()
        organization.request("DELETE", f"{EXTERNAL}mine")

        answer = put(organization, "mine")

        assert answer.status_code == 201
        assert answer.json()["id"] != gone["id"]

    @pytest.mark.parametrize("path", ["%20", "%20x", "x%20", "a%00b", "%00"])
    def test_not_an_external_id(self, organization: Organization, path: str) -> None:
        """An external id that could not be kept as it is can be given to nobody."""
        answer = put(organization, path)

        ((place, kind, _),) = writing.problems(answer)
        assert (place, kind) == (["path", "external_id"], "value_error")

    @pytest.mark.parametrize("external_id", ["a%20b", "%C3%B8", "export", "100%25"])
    def test_odd_names(self, organization: Organization, external_id: str) -> None:
        """Any other text without a slash may be one."""
        made = put(organization, external_id).json()

        assert organization.get(f"{EXTERNAL}{external_id}").json() == made

    def test_form(self, organization: Organization) -> None:
        """The body is that of a new customer, with the same complaints; the path's come first."""
        answer = organization.request("PUT", f"{EXTERNAL}%20", body={"name": 1})

        assert [place for place, _, _ in writing.problems(answer)] == [
            ["path", "external_id"],
            ["body", "individual", "name"],
            ["body", "individual", "email"],
        ]

    def test_in_turns(self, server: Server, organization: Organization) -> None:
        """Made, changed and deleted in turns, there is never more than one."""
        made = set()
        for name, goes in itertools.product(("a", "b"), (False, True)):
            made.add(put(organization, "mine", name=name).json()["id"])
            assert organization.get(CUSTOMERS).json()["pagination"]["total_count"] == 1
            if goes:
                organization.request("DELETE", f"{EXTERNAL}mine")

        assert len(made) == 2
        assert writing.find_disagreements(server) == []
