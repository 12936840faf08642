"""A new customer: `POST /v1/customers/`."""

import hashlib
from typing import Any
from uuid import uuid4

import pytest

from api import writing
from api.writing import CUSTOMERS, EMAIL_TAKEN, EXTERNAL_ID_TAKEN
from support import Organization, Server

JSON = {"Content-Type": "application/json"}
OWNER_NEEDED = (
    "Value error, An owner with an email address is required when creating a team customer without"
    " an email."
)
RESERVED = (
    "The part after the @-sign is a special-use or reserved name that cannot be used with email."
)
FRENCH = {"tax_id": "FR40303265045", "billing_address": {"country": "FR"}}
EMBARGOED = ["CU", "IR", "KP", "SY", "RU"]
# Each member of the union of a metadata value complains.
MEMBERS_OF_VALUES = ["constrained-str", "int", "float", "bool"]


class TestCreateCustomer:
    """`POST /v1/customers/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nobody is made, whatever the body is."""
        for body in ({"email": "a@b.no"}, {}):
            answer = organization.request("POST", CUSTOMERS, token=None, body=body)

            assert (answer.status_code, answer.json()) == (401, writing.UNAUTHORIZED)
        assert organization.get(CUSTOMERS).json()["pagination"]["total_count"] == 0

    def test_anonymous_with_broken_json(self, organization: Organization) -> None:
        """JSON is parsed before anybody asks for a token."""
        answer = organization.request("POST", CUSTOMERS, token=None, headers=JSON, content=b"{,")

        assert writing.problems(answer) == [(["body", 1], "json_invalid", "JSON decode error")]

    @pytest.mark.parametrize("scope", ["customers:read", "members:write"])
    def test_missing_scope(self, organization: Organization, scope: str) -> None:
        """A token that may not write customers is told which scope would do, whatever the body is."""
        for body in ({"email": "a@b.no"}, {}):
            token = organization.token(scope)
            answer = organization.request("POST", CUSTOMERS, token=token, body=body)

            assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
            assert 'scope="customers:write"' in answer.headers["www-authenticate"]

    def test_valid(self, organization: Organization) -> None:
        """An address alone makes an individual; the answer has every key, and a get the same bytes."""
        answer = writing.create(organization, email="Nina.Frost@Example.com")
        shown = answer.json()

        assert answer.status_code == 201
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "private, no-store"
        assert shown == {
            "id": shown["id"],
            "created_at": shown["created_at"],
            "modified_at": None,
            "metadata": {},
            "external_id": None,
            "email": "Nina.Frost@example.com",
            "email_verified": False,
            "type": "individual",
            "name": None,
            "billing_name": None,
            "billing_address": None,
            "tax_id": None,
            "locale": None,
            "organization_id": str(organization.id),
            "default_payment_method_id": None,
            "deleted_at": None,
            "first_user_event_at": None,
            "avatar_url": "https://www.gravatar.com/avatar/"
            + hashlib.sha256(b"nina.frost@example.com").hexdigest()
            + "?d=blank",
        }
        assert organization.get(f"{CUSTOMERS}{shown['id']}").content == answer.content
        assert organization.get(CUSTOMERS).json()["items"] == [shown]

    def test_valid_with_everything(self, organization: Organization) -> None:
        """Every value that is given is kept, in its standard spelling."""
        shown = writing.make(
            organization,
            email=" Ola <ola@EXAMPLE.com> ",
            external_id="  cust-7 ",
            name=" Ola Nordmann ",
            billing_address={
                "country": "us",
                "state": "WA",
                "line1": " 1 Pier ",
                "line2": "",
                "city": "Seattle",
                "postal_code": "98101",
            },
            tax_id="91-1144442",
            locale="en_us",
            metadata={"plan": "gold", "seats": 3, "rate": 1.5, "beta": True},
            organization_id=None,
            owner=None,
            unheard_of=1,
        )

        assert shown["email"] == "ola@example.com"
        assert (shown["external_id"], shown["name"]) == ("cust-7", "Ola Nordmann")
        assert shown["billing_name"] == "Ola Nordmann"
        assert shown["billing_address"] == {
            "line1": "1 Pier",
            "line2": None,
            "postal_code": "98101",
            "city": "Seattle",
            "state": "US-WA",
            "country": "US",
        }
        assert shown["tax_id"] == ["911144442", "us_ein"]
        assert shown["locale"] == "en-US"
        assert shown["metadata"] == {"plan": "gold", "seats": 3, "rate": 1.5, "beta": True}
        assert "unheard_of" not in shown
        assert organization.get("/v1/customers/external/cust-7").json()["id"] == shown["id"]

    def test_valid_without_a_slash(self, organization: Organization) -> None:
        """The path without its last slash makes a customer too."""
        answer = organization.request("POST", "/v1/customers", body={"email": "no@slash.no"})

        assert answer.status_code == 201

    def test_the_old_prefix(self, organization: Organization) -> None:
        """The path under /api makes a customer, and says that it has moved."""
        answer = organization.request("POST", "/api/v1/customers/", body={"email": "old@path.no"})

        assert answer.status_code == 201
        assert "x-polar-deprecation-notice" in answer.headers

    def test_what_follows(self, server: Server, organization: Organization) -> None:
        """The customer has an owner with its values and moment; both are noted, the owner first."""
        made = writing.make(organization, name="Nils", external_id="n-1")

        (owner,) = writing.find_members(organization, made)
        assert {**owner, "id": None} == {
            "id": None,
            "created_at": made["created_at"],
            "modified_at": None,
            "customer_id": made["id"],
            "email": made["email"],
            "name": "Nils",
            "external_id": "n-1",
            "role": "owner",
        }
        assert writing.find_events(server, made["id"]) == ["member.created", "customer.created"]

    def test_refused_leaves_nothing(self, server: Server, organization: Organization) -> None:
        """A customer that is refused leaves neither row nor member nor index behind."""
        kept = writing.make(organization)

        writing.create(organization, email=kept["email"])
        writing.create(organization, tax_id="1")

        assert organization.get(CUSTOMERS).json()["items"] == [kept]
        assert organization.get("/v1/members/").json()["pagination"]["total_count"] == 1
        assert writing.find_disagreements(server) == []

    @pytest.mark.parametrize("field", ["external_id", "name"])
    @pytest.mark.parametrize("blank", ["", "  ", "\t\n", None])
    def test_blank_text(self, organization: Organization, field: str, blank: str | None) -> None:
        """Blank text is null, for as many customers as like."""
        for _ in range(2):
            assert writing.make(organization, **{field: blank})[field] is None

    def test_long_texts(self, organization: Organization) -> None:
        """A name has at most 256 characters, an external id 5,000."""
        made = writing.make(organization, name="ø" * 256, external_id="x" * 5000)
        refused = writing.create(organization, name="ø" * 257)

        assert (len(made["name"]), len(made["external_id"])) == (256, 5000)
        assert refused.json() == {
            "error": "RequestValidationError",
            "detail": [
                {
                    "type": "string_too_long",
                    "loc": ["body", "individual", "name"],
                    "msg": "String should have at most 256 characters",
                    "input": "ø" * 257,
                    "ctx": {"max_length": 256},
                }
            ],
        }

    def test_no_email(self, organization: Organization) -> None:
        """An individual needs an address; null is none."""
        absent = organization.request("POST", CUSTOMERS, body={"name": "Nobody"})
        null = organization.request("POST", CUSTOMERS, body={"email": None})

        place: list[str | int] = ["body", "individual", "email"]
        assert writing.problems(absent) == [(place, "missing", "Field required")]
        assert writing.problems(null) == [(place, "string_type", "Input should be a valid string")]

    @pytest.mark.parametrize(
        ("email", "reason"),
        [
            ("plain", "An email address must have an @-sign."),
            ("@b.no", "There must be something before the @-sign."),
            ("a@", "There must be something after the @-sign."),
            ("a b@c.no", "The email address contains invalid characters before the @-sign: SPACE."),
            (
                "a@b",
                "The part after the @-sign is not valid. It should have a period.",
            ),
            ("a@ship.test", RESERVED),
            ("a@ship.local", RESERVED),
        ],
    )
    def test_not_an_address(self, organization: Organization, email: str, reason: str) -> None:
        """An address that cannot be one is refused, with the reason in words."""
        answer = writing.create(organization, email=email)

        assert answer.json() == {
            "error": "RequestValidationError",
            "detail": [
                {
                    "type": "value_error",
                    "loc": ["body", "individual", "email"],
                    "msg": f"value is not a valid email address: {reason}",
                    "input": email,
                    "ctx": {"reason": reason},
                }
            ],
        }

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("Per@FJORD.no", "Per@fjord.no"),
            ("a@xn--bcher-kva.de", "a@bücher.de"),
            ("Å@ål.no", "Å@ål.no"),
            ('"Dr. No" <no@island.jm>', "no@island.jm"),
        ],
    )
    def test_spelling_of_addresses(self, organization: Organization, given: str, kept: str) -> None:
        """The domain is lower-cased and in Unicode, a name around is dropped, the rest stays."""
        assert writing.make(organization, email=given)["email"] == kept

    @pytest.mark.parametrize("again", ["twice@ship.no", "TWICE@ship.no", "Twice <tWiCe@SHIP.NO>"])
    def test_email_taken(self, organization: Organization, again: str) -> None:
        """An address is one customer's alone, letter case aside."""
        writing.make(organization, email="twice@ship.no")

        answer = writing.create(organization, email=again)

        assert answer.json()["error"] == "PolarRequestValidationError"
        assert writing.problems(answer) == [(["body", "email"], "value_error", EMAIL_TAKEN)]

    def test_everything_taken(self, organization: Organization) -> None:
        """A taken address and a taken external id are told together, with what was given."""
        writing.make(organization, email="first@ship.no", external_id="one")
        writing.make(organization, email="second@ship.no", external_id="two")

        answer = writing.create(
            organization, email="First@ship.no", external_id=" two ", tax_id="1"
        )

        assert answer.json() == {
            "error": "PolarRequestValidationError",
            "detail": [
                {
                    "type": "value_error",
                    "loc": ["body", "email"],
                    "msg": EMAIL_TAKEN,
                    "input": "First@ship.no",
                },
                {
                    "type": "value_error",
                    "loc": ["body", "external_id"],
                    "msg": EXTERNAL_ID_TAKEN,
                    "input": "two",
                },
            ],
        }

    def test_external_ids_differ_by_case(self, organization: Organization) -> None:
        """External ids with other letter case are other ones."""
        writing.make(organization, external_id="Boat")

        assert writing.make(organization, external_id="boat")["external_id"] == "boat"

    def test_of_another_organization(
        self, organization: Organization, strangers: Organization
    ) -> None:
        """Each organization has its own addresses and external ids."""
        theirs = strangers.get(CUSTOMERS).json()["items"][0]

        made = writing.make(organization, email=theirs["email"], external_id=theirs["external_id"])

        assert made["organization_id"] == str(organization.id)

    @pytest.mark.parametrize("own", [True, False])
    def test_naming_an_organization(self, organization: Organization, own: bool) -> None:  # noqa: FBT001 - the case
        """An organization's token may name no organization, its own either."""
        named = str(organization.id if own else uuid4())

        answer = writing.create(organization, organization_id=named)

        assert answer.json() == {
            "error": "PolarRequestValidationError",
            "detail": [
                {
                    "type": "organization_token",
                    "loc": ["body", "organization_id"],
                    "msg": "Setting organization_id is disallowed when using an organization token.",
                    "input": named,
                }
            ],
        }

    @pytest.mark.parametrize("kind", ["club", "Team", "", None, 1])
    def test_unknown_type(self, organization: Organization, kind: object) -> None:
        """A customer is an individual or a team, in these letters."""
        answer = writing.create(organization, type=kind)

        assert writing.problems(answer) == [
            (
                ["body"],
                "union_tag_invalid",
                (
                    f"Input tag '{kind}' found using _customer_create_type() does not match any of"
                    " the expected tags: 'individual', 'team'"
                ),
            )
        ]

    def test_team_without_an_address(self, organization: Organization) -> None:
        """A team needs an address of its own, or an owner who has one."""
        for body in ({"type": "team"}, {"type": "team", "email": None, "owner": None}):
            answer = organization.request("POST", CUSTOMERS, body=body)

            assert writing.problems(answer) == [(["body", "team"], "value_error", OWNER_NEEDED)]

    @pytest.mark.parametrize("owner", [{}, {"name": "Boss"}])
    def test_owner_without_an_address(self, organization: Organization, owner: Any) -> None:
        """An owner who is named has an address."""
        for values in ({"type": "team", "email": None}, {"type": "team"}):
            answer = writing.create(organization, owner=owner, **values)

            place: list[str | int] = ["body", "team", "owner", "email"]
            assert writing.problems(answer) == [(place, "missing", "Field required")]

    def test_team_with_an_owner(self, organization: Organization) -> None:
        """A team without an address shows its owner's picture; what the owner lacks is the team's."""
        body = {
            "type": "team",
            "name": "Crew",
            "external_id": "crew/7",
            "owner": {"email": "Boss@sea.is", "role": "member", "shoe_size": 43},
        }
        made = organization.request("POST", CUSTOMERS, body=body).json()

        (owner,) = writing.find_members(organization, made)
        assert (made["type"], made["email"]) == ("team", None)
        assert hashlib.sha256(b"boss@sea.is").hexdigest() in made["avatar_url"]
        assert owner["role"] == "owner"
        assert [owner[name] for name in ("email", "name", "external_id")] == [
            "Boss@sea.is", "Crew", "crew/7",
        ]  # fmt: skip

    def test_several_teams_without_an_address(self, organization: Organization) -> None:
        """No address is not an address that is taken, and owners may be the same person."""
        for _ in range(2):
            writing.make(organization, type="team", email=None, owner={"email": "same@sea.is"})

    def test_tax_number_without_a_country(self, organization: Organization) -> None:
        """A tax number cannot be judged without a billing country."""
        answer = writing.create(organization, tax_id="FR40303265045")

        assert answer.json() == {
            "error": "PolarRequestValidationError",
            "detail": [
                {
                    "type": "missing",
                    "loc": ["body", "billing_address"],
                    "msg": "Country is required to validate tax ID.",
                    "input": None,
                }
            ],
        }

    @pytest.mark.parametrize(
        ("number", "country"), [("FR40303265046", "FR"), ("FR40303265045", "US"), ("1", "AQ")]
    )
    def test_wrong_tax_number(self, organization: Organization, number: str, country: str) -> None:
        """A tax number that is none of its country's is refused as it was written."""
        answer = writing.create(organization, tax_id=number, billing_address={"country": country})

        assert answer.json() == {
            "error": "PolarRequestValidationError",
            "detail": [
                {
                    "type": "invalid",
                    "loc": ["body", "tax_id"],
                    "msg": "Invalid tax ID.",
                    "input": number,
                }
            ],
        }

    @pytest.mark.parametrize(
        ("number", "country", "kept"),
        [
            ("FR 40 303 265 045", "fr", ["FR40303265045", "eu_vat"]),
            ("FR40303265045", "DE", ["FR40303265045", "eu_vat"]),
            ("GB 980 7806 84", "GB", ["980780684", "gb_vat"]),
            ("911144442", "US", ["911144442", "us_ein"]),
        ],
    )
    def test_tax_numbers(
        self, organization: Organization, number: str, country: str, kept: list[str]
    ) -> None:
        """A tax number is kept compact, with the first format of the country that it fits."""
        made = writing.make(organization, tax_id=number, billing_address={"country": country})

        assert made["tax_id"] == kept

    def test_tax_number_is_text(self, organization: Organization) -> None:
        """The pair in which a tax number is shown is not the form in which it is written."""
        answer = writing.create(
            organization, tax_id=["FR40303265045", "eu_vat"], billing_address={"country": "FR"}
        )

        place: list[str | int] = ["body", "individual", "tax_id"]
        assert writing.problems(answer) == [
            (place, "string_type", "Input should be a valid string")
        ]

    @pytest.mark.parametrize("country", EMBARGOED)
    def test_embargoed_countries(self, organization: Organization, country: str) -> None:
        """Five countries are refused, and the answer names all the others."""
        ((place, kind, words),) = writing.problems(
            writing.create(organization, billing_address={"country": country})
        )

        assert (place, kind) == (["body", "individual", "billing_address", "country"], "enum")
        assert words.startswith("Input should be 'AD', 'AE', ")
        assert f"'{country}'" not in words
        assert words.count("'") == 2 * 244

    def test_address_without_a_country(self, organization: Organization) -> None:
        """An address has a country."""
        answer = writing.create(organization, billing_address={"city": "Bergen"})

        place: list[str | int] = ["body", "individual", "billing_address", "country"]
        assert writing.problems(answer) == [(place, "missing", "Field required")]

    @pytest.mark.parametrize(
        ("country", "state", "complaint"),
        [
            ("US", "wa", "Value error, Invalid US state"),
            ("US", "ON", "Value error, Invalid US state"),
            ("US", "US-XX", "Value error, Invalid US state"),
            ("CA", "WA", "Value error, Invalid CA subdivision"),
        ],
    )
    def test_wrong_states(
        self, organization: Organization, country: str, state: str, complaint: str
    ) -> None:
        """In the United States and Canada a state is one of theirs, in capitals."""
        address = {"country": country, "state": state}

        answer = writing.create(organization, billing_address=address)

        place: list[str | int] = ["body", "individual", "billing_address"]
        assert writing.problems(answer) == [(place, "value_error", complaint)]
        assert answer.json()["detail"][0]["input"] == address

    @pytest.mark.parametrize(
        ("country", "state", "kept"),
        [
            ("US", "DC", "US-DC"),
            ("us", "US-DC", "US-DC"),
            ("US", None, None),
            ("CA", "QC", "CA-QC"),
            ("NO", "anything goes", "anything goes"),
        ],
    )
    def test_states(
        self, organization: Organization, country: str, state: str | None, kept: str | None
    ) -> None:
        """A state of those two countries is kept with its country's code; elsewhere it is free."""
        made = writing.make(organization, billing_address={"country": country, "state": state})

        assert made["billing_address"]["state"] == kept

    @pytest.mark.parametrize("tag", ["", "english please", "xx-", "und", "x-private"])
    def test_wrong_locales(self, organization: Organization, tag: str) -> None:
        """A locale is a registered language tag."""
        answer = writing.create(organization, locale=tag)

        assert answer.json()["detail"] == [
            {
                "type": "value_error",
                "loc": ["body", "individual", "locale"],
                "msg": "Value error, Invalid IETF BCP 47 language tag",
                "input": tag,
                "ctx": {"error": {}},
            }
        ]

    @pytest.mark.parametrize(("tag", "kept"), [("NB_no", "nb-NO"), ("iw", "he"), ("FRA", "fr")])
    def test_locales(self, organization: Organization, tag: str, kept: str) -> None:
        """A locale is kept in its standard spelling."""
        assert writing.make(organization, locale=tag)["locale"] == kept

    def test_metadata_at_its_limits(self, organization: Organization) -> None:
        """Metadata has up to 50 keys of up to 40 characters, and text of up to 500."""
        metadata = {f"{number:040}": "v" * 500 for number in range(50)}

        assert writing.make(organization, metadata=metadata)["metadata"] == metadata

    def test_too_many_keys(self, organization: Organization) -> None:
        """A fifty-first key is refused."""
        metadata = {f"key{number}": number for number in range(51)}

        ((place, kind, words),) = writing.problems(writing.create(organization, metadata=metadata))

        assert (place, kind) == (["body", "individual", "metadata"], "too_long")
        assert words.startswith("Dictionary should have at most 50 items after validation, not ")

    @pytest.mark.parametrize(
        ("key", "kind", "words"),
        [
            ("", "string_too_short", "String should have at least 1 character"),
            ("k" * 41, "string_too_long", "String should have at most 40 characters"),
        ],
    )
    def test_wrong_keys(self, organization: Organization, key: str, kind: str, words: str) -> None:
        """A key of metadata has 1 to 40 characters."""
        answer = writing.create(organization, metadata={key: 1})

        place: list[str | int] = ["body", "individual", "metadata", key, "[key]"]
        assert writing.problems(answer) == [(place, kind, words)]

    @pytest.mark.parametrize("value", [None, [], {}, {"deep": 1}])
    def test_wrong_values(self, organization: Organization, value: object) -> None:
        """A value that is no text, number or boolean gets one complaint for each of these."""
        answer = writing.create(organization, metadata={"fine": 1, "odd": value})

        words = ["string", "integer", "number", "boolean"]
        assert writing.problems(answer) == [
            (
                ["body", "individual", "metadata", "odd", member],
                f"{'string' if word == 'string' else member}_type",
                f"Input should be a valid {word}",
            )
            for member, word in zip(MEMBERS_OF_VALUES, words, strict=True)
        ]

    @pytest.mark.parametrize("value", ["", "x" * 501])
    def test_text_of_a_wrong_length(self, organization: Organization, value: str) -> None:
        """Text in metadata has 1 to 500 characters, and is not taken for a number either."""
        answer = writing.create(organization, metadata={"k": value})

        kinds = [kind for _, kind, _ in writing.problems(answer)]
        length = "string_too_long" if value else "string_too_short"
        assert kinds == [length, "int_parsing", "float_parsing", "bool_parsing"]

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
    def test_numbers_that_are_none(self, organization: Organization, number: str) -> None:
        """What JSON cannot say in an answer is refused, and shown by its name."""
        content = f'{{"email":"n@sea.is","metadata":{{"k":{number}}}}}'.encode()

        answer = organization.request("POST", CUSTOMERS, headers=JSON, content=content)

        kinds = [kind for _, kind, _ in writing.problems(answer)]
        assert kinds == ["string_type", "finite_number", "finite_number", "bool_type"]
        assert {one["input"] for one in answer.json()["detail"]} == {
            "Infinity" if number == "1e400" else number
        }

    def test_metadata_as_sent_and_as_kept(self, organization: Organization) -> None:
        """The answer has metadata as it was sent; later ones have it as PostgreSQL would keep it."""
        content = (
            b'{"email":"n@sea.is","metadata":{"long key":1,"b":1e22,"a":-0.0,"c":1.0,"d":1e-7}}'
        )
        answer = organization.request("POST", CUSTOMERS, headers=JSON, content=content)
        later = organization.get(f"{CUSTOMERS}{answer.json()['id']}")

        assert b'{"long key":1,"b":1e+22,"a":-0.0,"c":1.0,"d":1e-07}' in answer.content
        assert (
            b'"metadata":{"a":0.0,"b":10000000000000000000000,"c":1.0,"d":1e-07,"long key":1}'
            in later.content
        )

    @pytest.mark.parametrize(
        ("values", "place"),
        [
            ({"name": "a\0b"}, ["name"]),
            ({"external_id": "\0"}, ["external_id"]),
            ({"metadata": {"k": "a\0"}}, ["metadata"]),
            ({"metadata": {"a\0": 1}}, ["metadata"]),
            ({"billing_address": {"country": "NO", "city": "\0"}}, ["billing_address", "city"]),
        ],
    )
    def test_nul(self, organization: Organization, values: Any, place: list[str]) -> None:
        """Text with a NUL character is refused wherever it stands."""
        answer = writing.create(organization, **values)

        words = "Value error, This value contains invalid characters"
        assert writing.problems(answer) == [(["body", "individual", *place], "value_error", words)]

    @pytest.mark.parametrize("field", ["name", "external_id", "tax_id", "locale", "email"])
    def test_half_a_character(self, organization: Organization, field: str) -> None:
        """Half of a surrogate pair, which no UTF-8 can hold, is refused and not a fault."""
        answer = writing.create(organization, **{field: "a\ud800"})

        ((place, _, _),) = writing.problems(answer)
        assert place == ["body", "individual", field]
        assert answer.json()["detail"][0]["input"] == "a\ufffd"

    def test_several_problems(self, organization: Organization) -> None:
        """What is wrong with the form is told all at once, before what is kept is looked at."""
        taken = writing.make(organization)["email"]

        answer = writing.create(
            organization,
            email=taken,
            metadata=[],
            name=5,
            billing_address={"country": "XX"},
            locale="?",
        )

        assert [place[2:] for place, _, _ in writing.problems(answer)] == [
            ["metadata"], ["name"], ["billing_address", "country"], ["locale"],
        ]  # fmt: skip

    @pytest.mark.parametrize("content", [b"", b"null"])
    def test_no_body(self, organization: Organization, content: bytes) -> None:
        """Without a body the body is what is missing."""
        answer = organization.request("POST", CUSTOMERS, headers=JSON, content=content)

        assert answer.json()["detail"] == [
            {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}
        ]

    @pytest.mark.parametrize("content", [b"[]", b'"text"', b"7", b"true"])
    def test_not_an_object(self, organization: Organization, content: bytes) -> None:
        """A body that is JSON but no object is refused."""
        answer = organization.request("POST", CUSTOMERS, headers=JSON, content=content)

        ((place, kind, _),) = writing.problems(answer)
        assert (place, kind) == (["body", "individual"], "model_attributes_type")

    @pytest.mark.parametrize(
        "content_type", ["text/plain", "application/x-www-form-urlencoded", None]
    )
    def test_not_said_to_be_json(
        self, organization: Organization, content_type: str | None
    ) -> None:
        """A body that is not said to be JSON is its text, which is no customer."""
        headers = {} if content_type is None else {"Content-Type": content_type}
        content = b'{"email":"a@b.no"}'

        answer = organization.request("POST", CUSTOMERS, headers=headers, content=content)

        (problem,) = answer.json()["detail"]
        assert problem["type"] == "model_attributes_type"
        assert problem["input"] == '{"email":"a@b.no"}'

    @pytest.mark.parametrize("content_type", ["application/vnd.api+json", "Application/JSON; q=1"])
    def test_kinds_of_json(self, organization: Organization, content_type: str) -> None:
        """Anything that is said to be a kind of JSON is read as such."""
        answer = organization.request(
            "POST",
            CUSTOMERS,
            headers={"Content-Type": content_type},
            content=b'{"email":"kind@json.no"}',
        )

        assert answer.status_code == 201

    @pytest.mark.parametrize(
        ("content", "position", "reason"),
        [
            (b"{", 1, "Expecting property name enclosed in double quotes"),
            (b'{"email":}', 9, "Expecting value"),
            (b'{"a":1} 2', 8, "Extra data"),
            (b'{"a":1,}', 6, "Illegal trailing comma before end of object"),
            (b'{"email":"a', 9, "Unterminated string starting at"),
        ],
    )
    def test_not_json(
        self, organization: Organization, content: bytes, position: int, reason: str
    ) -> None:
        """A body that is not JSON is refused with the place and the reason."""
        answer = organization.request("POST", CUSTOMERS, headers=JSON, content=content)

        assert answer.json() == {
            "error": "RequestValidationError",
            "detail": [
                {
                    "type": "json_invalid",
                    "loc": ["body", position],
                    "msg": "JSON decode error",
                    "input": {},
                    "ctx": {"error": reason},
                }
            ],
        }

    @pytest.mark.parametrize(
        "content",
        [
            b'{"email":"\xff@b.no"}',
            b"[" * 100_000,
            b'{"metadata":{"k":' + b"9" * 5000 + b"}}",
        ],
        ids=["bytes", "depth", "digits"],
    )
    def test_unreadable(self, organization: Organization, content: bytes) -> None:
        """A body that no parser takes is a client's mistake: 400, never a fault of ours."""
        answer = organization.request("POST", CUSTOMERS, headers=JSON, content=content)

        assert (answer.status_code, answer.json()) == (
            400,
            {"detail": "There was an error parsing the body"},
        )
