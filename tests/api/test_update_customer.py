"""A changed customer: `PATCH /v1/customers/{id}` and `/v1/customers/external/{external_id}`."""

import hashlib
from typing import Any
from uuid import uuid4

import pytest

from api import writing
from api.writing import CUSTOMERS, EMAIL_TAKEN, EXTERNAL, EXTERNAL_ID_KEPT, EXTERNAL_ID_TAKEN
from support import Organization, Server

JSON = {"Content-Type": "application/json"}
ADDRESS_KEPT = "Customer billing address cannot be reset to null once set."
TYPE_KEPT = "Customer type cannot be downgraded from 'team' to 'individual'."
FRENCH = {"tax_id": "FR40303265045", "billing_address": {"country": "FR"}}


class TestUpdateCustomer:
    """`PATCH /v1/customers/{id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nobody is changed, found or not."""
        made = writing.make(organization)

        for customer_id in (made["id"], uuid4(), "abc"):
            answer = organization.request(
                "PATCH", f"{CUSTOMERS}{customer_id}", token=None, body={"name": "New"}
            )
            assert (answer.status_code, answer.json()) == (401, writing.UNAUTHORIZED)
        assert organization.get(f"{CUSTOMERS}{made['id']}").json() == made

    def test_missing_scope(self, organization: Organization) -> None:
        """A token that may only read is told which scope would do."""
        made = writing.make(organization)
        token = organization.token("customers:read")

        answer = organization.request(
            "PATCH", f"{CUSTOMERS}{made['id']}", token=token, body={"name": "New"}
        )

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert 'scope="customers:write"' in answer.headers["www-authenticate"]

    def test_not_found(self, organization: Organization) -> None:
        """An id that nobody has is not found."""
        answer = writing.change(organization, {"id": uuid4()}, name="New")

        assert (answer.status_code, answer.json()) == (404, writing.NOT_FOUND)

    def test_not_found_with_a_bad_body(self, organization: Organization) -> None:
        """The body's form is judged before the customer is looked for; its rules are not."""
        nobody = {"id": uuid4()}

        assert writing.change(organization, nobody, metadata=None).status_code == 422
        assert writing.change(organization, nobody, billing_address=None).status_code == 404

    def test_of_another_organization(
        self, organization: Organization, strangers: Organization
    ) -> None:
        """Another organization's customer is not found, and not changed."""
        theirs = strangers.get(CUSTOMERS).json()["items"][0]

        assert writing.change(organization, theirs, name="Mine").status_code == 404
        assert strangers.get(CUSTOMERS).json()["items"] == [theirs]

    @pytest.mark.parametrize(
        ("identifier", "kind"),
        [("abc", "uuid_parsing"), ("6fa459ea-ee8a-11ca-894e-db77e160355e", "uuid_version")],
    )
    def test_not_an_id(self, organization: Organization, identifier: str, kind: str) -> None:
        """An id is a UUID of version 4."""
        answer = writing.change(organization, {"id": identifier}, name="New")

        ((place, found, _),) = writing.problems(answer)
        assert (place, found) == (["path", "id"], kind)

    def test_not_an_id_with_a_bad_body(self, organization: Organization) -> None:
        """What is wrong with the path and with the body is told at once."""
        answer = writing.change(organization, {"id": "abc"}, metadata=None)

        assert [place for place, _, _ in writing.problems(answer)] == [
            ["path", "id"],
            ["body", "metadata"],
        ]

    def test_valid(self, server: Server, organization: Organization) -> None:
        """What is given is changed, the rest stays; the answer is what a get then shows."""
        made = writing.make(organization, name="Old", external_id="ext", metadata={"a": 1})

        answer = writing.change(organization, made, name="  New  ", locale="nb_no")
        shown = answer.json()

        assert answer.status_code == 200
        assert shown == {
            **made,
            "name": "New",
            "billing_name": "New",
            "locale": "nb-NO",
            "modified_at": shown["modified_at"],
        }
        assert shown["modified_at"] > made["created_at"]
        assert organization.get(f"{CUSTOMERS}{made['id']}").content == answer.content
        assert organization.get(CUSTOMERS).json()["items"] == [shown]
        assert writing.find_events(server, made["id"])[2:] == ["customer.updated"]

    def test_found_by_the_new_values_only(self, organization: Organization) -> None:
        """Filters and search follow a change at once."""
        made = writing.make(organization, email="old@sea.is", name="Older", metadata={"k": "old"})

        writing.change(organization, made, email="new@sea.is", name="Newer", metadata={"k": "new"})

        for old, new in (
            ("email=old@sea.is", "email=new@sea.is"),
            ("query=older", "query=newer"),
            ("metadata[k]=old", "metadata[k]=new"),
        ):
            assert organization.get(f"{CUSTOMERS}?{old}").json()["items"] == []
            assert len(organization.get(f"{CUSTOMERS}?{new}").json()["items"]) == 1

    def test_nothing(self, server: Server, organization: Organization) -> None:
        """An empty change changes nothing, not even when; but whoever listens is told."""
        made = writing.make(organization)

        answer = writing.change(organization, made)

        assert (answer.status_code, answer.json()) == (200, made)
        assert writing.find_events(server, made["id"])[2:] == ["customer.updated"]

    @pytest.mark.parametrize(
        "values",
        [
            {"name": "Same"},
            {"metadata": {"a": 1}},
            {"external_id": "same"},
            {"type": "individual"},
            {"type": None},
            {"locale": "fr"},
            {"billing_address": {"country": "FR"}},
        ],
    )
    def test_the_same_again(self, organization: Organization, values: dict[str, Any]) -> None:
        """A value that is given counts as a change, the same one too."""
        made = writing.make(
            organization, name="Same", metadata={"a": 1}, external_id="same", locale="fr", **FRENCH
        )

        shown = writing.change(organization, made, **values).json()

        assert shown == {**made, "modified_at": shown["modified_at"]}
        assert shown["modified_at"] is not None

    @pytest.mark.parametrize(
        "values",
        [
            {"email": "same@sea.is"},
            {"email": "SAME@sea.is"},
            {"email": None},
            {"tax_id": "FR 40 303 265 045"},
            {},
        ],
    )
    def test_no_change(self, organization: Organization, values: dict[str, Any]) -> None:
        """An equal address, letter case aside, none, and an equal tax number change nothing."""
        made = writing.make(organization, email="same@sea.is", **FRENCH)

        assert writing.change(organization, made, **values).json() == made

    def test_email(self, organization: Organization) -> None:
        """A new address shows its own picture, and an individual's owner follows without a note."""
        made = writing.make(organization)
        answer = writing.change(organization, made, email="New.One@SEA.is")

        shown = answer.json()
        (owner,) = writing.find_members(organization, made)
        assert (shown["email"], shown["email_verified"]) == ("New.One@sea.is", False)
        assert hashlib.sha256(b"new.one@sea.is").hexdigest() in shown["avatar_url"]
        assert owner["email"] == "New.One@sea.is"
        assert owner["modified_at"] == shown["modified_at"]

    def test_email_is_not_told_as_the_owners(
        self, server: Server, organization: Organization
    ) -> None:
        """A new address is one change of the customer; nobody is told of the owner's."""
        made = writing.make(organization)
        writing.change(organization, made, email=writing.new_email())

        assert writing.find_events(server, made["id"])[2:] == ["customer.updated"]

    def test_email_verified(self, organization: Organization) -> None:
        """A verified address that changes is no longer verified; one that only looks new is."""
        customer = {
            "id": str(uuid4()),
            "created_at": "2026-01-01T00:00:00Z",
            "email": "known@sea.is",
            "email_verified": True,
        }
        organization.keep(customer)

        same = writing.change(organization, customer, email="Known@sea.is").json()
        other = writing.change(organization, customer, email="other@sea.is").json()

        assert (same["email_verified"], other["email_verified"]) == (True, False)

    def test_email_of_a_team(self, organization: Organization) -> None:
        """A team's address is its own: its owner keeps another."""
        made = writing.make(organization, type="team", email="team@sea.is")

        writing.change(organization, made, email="crew@sea.is")

        (owner,) = writing.find_members(organization, made)
        assert (owner["email"], owner["modified_at"]) == ("team@sea.is", None)

    def test_email_taken(self, organization: Organization) -> None:
        """Another customer's address is taken, letter case aside; the old one is free again."""
        writing.make(organization, email="taken@sea.is")
        made = writing.make(organization, email="mine@sea.is")

        answer = writing.change(organization, made, email="Taken@sea.is")

        assert answer.json() == {
            "error": "PolarRequestValidationError",
            "detail": [
                {
                    "type": "value_error",
                    "loc": ["body", "email"],
                    "msg": EMAIL_TAKEN,
                    "input": "Taken@sea.is",
                }
            ],
        }
        writing.change(organization, made, email="moved@sea.is")
        assert writing.create(organization, email="mine@sea.is").status_code == 201

    def test_metadata_is_replaced(self, organization: Organization) -> None:
        """Metadata is replaced whole, and {} takes all of it away."""
        made = writing.make(organization, metadata={"a": 1, "b": 2})

        replaced = writing.change(organization, made, metadata={"b": 3}).json()
        emptied = writing.change(organization, made, metadata={}).json()

        assert (replaced["metadata"], emptied["metadata"]) == ({"b": 3}, {})

    def test_null_metadata(self, organization: Organization) -> None:
        """Metadata is an object, never null."""
        answer = writing.change(organization, writing.make(organization), metadata=None)

        assert answer.json() == {
            "error": "RequestValidationError",
            "detail": [
                {
                    "type": "dict_type",
                    "loc": ["body", "metadata"],
                    "msg": "Input should be a valid dictionary",
                    "input": None,
                }
            ],
        }

    @pytest.mark.parametrize("blank", [None, "", "   "])
    def test_cleared(self, organization: Organization, blank: str | None) -> None:
        """A null or blank name clears it, and so does null a locale and a tax number."""
        made = writing.make(organization, name="Name", locale="fr", **FRENCH)

        shown = writing.change(organization, made, name=blank, locale=None, tax_id=None).json()

        cleared = ("name", "billing_name", "locale", "tax_id")
        assert [shown[name] for name in cleared] == [None] * 4
        assert shown["billing_address"] == made["billing_address"]

    def test_address_is_replaced(self, organization: Organization) -> None:
        """An address is replaced whole: what a new one leaves out is gone."""
        made = writing.make(organization, billing_address={"country": "NO", "city": "Bodø"})

        shown = writing.change(organization, made, billing_address={"country": "SE"}).json()

        assert (shown["billing_address"]["country"], shown["billing_address"]["city"]) == (
            "SE",
            None,
        )

    @pytest.mark.parametrize("address", [None, {"country": "NO"}])
    def test_null_address(self, organization: Organization, address: Any) -> None:
        """An address cannot be set to null, even where there is none."""
        made = writing.make(organization, billing_address=address)

        answer = writing.change(organization, made, billing_address=None)

        assert answer.json() == {
            "error": "PolarRequestValidationError",
            "detail": [
                {
                    "type": "value_error",
                    "loc": ["body", "billing_address"],
                    "msg": ADDRESS_KEPT,
                    "input": None,
                }
            ],
        }

    @pytest.mark.parametrize(
        ("external_id", "shown"), [("other", "other"), (None, None), ("", None), (" ", None)]
    )
    def test_external_id_is_kept(
        self, organization: Organization, external_id: str | None, shown: str | None
    ) -> None:
        """An external id is written once: it can be neither changed nor cleared."""
        made = writing.make(organization, external_id="mine")

        answer = writing.change(organization, made, external_id=external_id)

        assert answer.json()["error"] == "PolarRequestValidationError"
        assert answer.json()["detail"] == [
            {
                "type": "value_error",
                "loc": ["body", "external_id"],
                "msg": EXTERNAL_ID_KEPT,
                "input": shown,
            }
        ]

    def test_external_id_is_set(self, organization: Organization) -> None:
        """A customer without an external id can be given one, and null until then."""
        made = writing.make(organization)

        assert writing.change(organization, made, external_id=None).status_code == 200
        shown = writing.change(organization, made, external_id=" late ").json()

        assert shown["external_id"] == "late"
        assert organization.get(f"{EXTERNAL}late").json()["id"] == made["id"]
        (owner,) = writing.find_members(organization, made)
        assert owner["external_id"] is None

    def test_external_id_taken(self, organization: Organization) -> None:
        """An external id that another customer has is taken."""
        writing.make(organization, external_id="taken")
        made = writing.make(organization)

        answer = writing.change(organization, made, external_id="taken")

        assert writing.problems(answer) == [
            (["body", "external_id"], "value_error", EXTERNAL_ID_TAKEN)
        ]

    def test_upgrade(self, organization: Organization) -> None:
        """An individual becomes a team, and keeps its owner."""
        made = writing.make(organization)

        shown = writing.change(organization, made, type="team").json()

        assert shown["type"] == "team"
        (owner,) = writing.find_members(organization, made)
        assert owner["role"] == "owner"

    @pytest.mark.parametrize("kind", ["individual", None])
    def test_downgrade(self, organization: Organization, kind: str | None) -> None:
        """A team stays one."""
        made = writing.make(organization, type="team")

        answer = writing.change(organization, made, type=kind)

        assert answer.json()["detail"] == [
            {"type": "value_error", "loc": ["body", "type"], "msg": TYPE_KEPT, "input": kind}
        ]
        assert writing.change(organization, made, type="team").status_code == 200

    def test_unknown_type(self, organization: Organization) -> None:
        """A type is one of two words."""
        answer = writing.change(organization, writing.make(organization), type="club")

        assert writing.problems(answer) == [
            (["body", "type"], "enum", "Input should be 'individual' or 'team'")
        ]

    def test_tax_number(self, organization: Organization) -> None:
        """A tax number is judged by the address that comes with it, or else by the one there is."""
        made = writing.make(organization)

        missing = writing.change(organization, made, tax_id="FR40303265045")
        together = writing.change(organization, made, **FRENCH)
        later = writing.change(organization, made, tax_id="FR61954506077")
        wrong = writing.change(organization, made, tax_id="911144442")

        assert writing.problems(missing) == [
            (["body", "billing_address"], "missing", "Country is required to validate tax ID.")
        ]
        assert together.json()["tax_id"] == ["FR40303265045", "eu_vat"]
        assert later.json()["tax_id"] == ["FR61954506077", "eu_vat"]
        assert writing.problems(wrong) == [(["body", "tax_id"], "invalid", "Invalid tax ID.")]
        assert wrong.json()["detail"][0]["input"] == "911144442"

    def test_tax_number_in_a_new_country(self, organization: Organization) -> None:
        """A new country judges the tax number that is kept."""
        made = writing.make(organization, **FRENCH)

        neighbour = writing.change(organization, made, billing_address={"country": "DE"})
        abroad = writing.change(organization, made, billing_address={"country": "US"})
        without = writing.change(organization, made, billing_address={"country": "US"}, tax_id=None)

        assert neighbour.json()["tax_id"] == ["FR40303265045", "eu_vat"]
        assert abroad.json()["detail"] == [
            {"type": "invalid", "loc": ["body", "tax_id"], "msg": "Invalid tax ID.", "input": None}
        ]
        assert (without.status_code, without.json()["tax_id"]) == (200, None)

    def test_several_problems(self, organization: Organization) -> None:
        """Every rule that is broken is told at once, in a fixed order; nothing is changed."""
        writing.make(organization, email="taken@sea.is")
        made = writing.make(organization, type="team", external_id="mine")

        answer = writing.change(
            organization,
            made,
            type="individual",
            external_id="other",
            billing_address=None,
            email="taken@sea.is",
            name="Changed",
            tax_id="1",
        )

        assert writing.problems(answer) == [
            (["body", "email"], "value_error", EMAIL_TAKEN),
            (["body", "billing_address"], "value_error", ADDRESS_KEPT),
            (["body", "external_id"], "value_error", EXTERNAL_ID_KEPT),
            (["body", "type"], "value_error", TYPE_KEPT),
        ]
        assert organization.get(f"{CUSTOMERS}{made['id']}").json() == made

    @pytest.mark.parametrize(
        ("values", "place", "kind"),
        [
            ({"email": "x"}, ["email"], "value_error"),
            ({"name": "n" * 257}, ["name"], "string_too_long"),
            ({"name": "\0"}, ["name"], "value_error"),
            ({"locale": "??"}, ["locale"], "value_error"),
            ({"tax_id": 1}, ["tax_id"], "string_type"),
            ({"billing_address": {"country": "RU"}}, ["billing_address", "country"], "enum"),
            ({"billing_address": {}}, ["billing_address", "country"], "missing"),
            ({"metadata": {"k" * 41: 1}}, ["metadata", "k" * 41, "[key]"], "string_too_long"),
            ({"metadata": {"k": "\0"}}, ["metadata"], "value_error"),
        ],
    )
    def test_form(
        self, organization: Organization, values: Any, place: list[str], kind: str
    ) -> None:
        """Values take the same form as in a new customer; their place does not name a type."""
        answer = writing.change(organization, writing.make(organization), **values)

        assert answer.json()["error"] == "RequestValidationError"
        assert [(found, named) for found, named, _ in writing.problems(answer)] == [
            (["body", *place], kind)
        ]

    @pytest.mark.parametrize(
        ("content", "kind"),
        [(b"", "missing"), (b"null", "missing"), (b"[]", "model_attributes_type"),
         (b"{", "json_invalid")],
    )  # fmt: skip
    def test_no_object(self, organization: Organization, content: bytes, kind: str) -> None:
        """A change is a JSON object."""
        path = f"{CUSTOMERS}{writing.make(organization)['id']}"

        answer = organization.request("PATCH", path, headers=JSON, content=content)

        assert [found for _, found, _ in writing.problems(answer)] == [kind]


class TestUpdateExternalCustomer:
    """`PATCH /v1/customers/external/{external_id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nobody is changed, found or not."""
        writing.make(organization, external_id="mine")

        for external_id in ("mine", "nobody"):
            answer = organization.request(
                "PATCH", f"{EXTERNAL}{external_id}", token=None, body={"name": "New"}
            )
            assert (answer.status_code, answer.json()) == (401, writing.UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """A token that may only read is refused."""
        answer = organization.request(
            "PATCH", f"{EXTERNAL}mine", token=organization.token("customers:read"), body={}
        )

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    @pytest.mark.parametrize("external_id", ["nobody", "MINE", "mine%20", "a%00b", "%ff"])
    def test_not_found(self, organization: Organization, external_id: str) -> None:
        """An external id must be the whole one, its case too."""
        writing.make(organization, external_id="mine")

        answer = organization.request("PATCH", f"{EXTERNAL}{external_id}", body={"name": "New"})

        assert (answer.status_code, answer.json()) == (404, writing.NOT_FOUND)

    def test_valid(self, organization: Organization) -> None:
        """The customer with the external id is changed."""
        made = writing.make(organization, external_id="a b+ø")

        answer = organization.request("PATCH", f"{EXTERNAL}a%20b%2B%C3%B8", body={"name": "New"})

        assert (answer.status_code, answer.json()["name"]) == (200, "New")
        assert organization.get(f"{CUSTOMERS}{made['id']}").content == answer.content

    def test_neither_external_id_nor_type(self, organization: Organization) -> None:
        """The body has no external id and no type: they are ignored like any unknown key."""
        made = writing.make(organization, external_id="mine")

        answer = organization.request(
            "PATCH", f"{EXTERNAL}mine", body={"external_id": "other", "type": "team"}
        )

        assert (answer.status_code, answer.json()) == (200, made)

    def test_rules(self, organization: Organization) -> None:
        """The rules are those of a change by id."""
        writing.make(organization, email="taken@sea.is")
        writing.make(organization, external_id="mine")

        answer = organization.request(
            "PATCH",
            f"{EXTERNAL}mine",
            body={"email": "Taken@sea.is", "billing_address": None},
        )

        assert writing.problems(answer) == [
            (["body", "email"], "value_error", EMAIL_TAKEN),
            (["body", "billing_address"], "value_error", ADDRESS_KEPT),
        ]
