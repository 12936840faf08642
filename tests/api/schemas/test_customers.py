"""Customer bodies: what is accepted, in which form it is kept, and the words of each refusal."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from icefloe.api.schemas import customers
from icefloe.api.schemas.problems import problems
from icefloe.domain.values.emails import EmailCheck

VALIDATORS = [
    customers.validate_new_customer,
    customers.validate_customer_change,
    customers.validate_external_customer_change,
]
NAMES = st.sampled_from(
    [
        *("type", "email", "name", "external_id", "metadata", "billing_address", "tax_id"),
        *("locale", "organization_id", "owner", "country", "state", "line1"),
        *("team", "individual", "ann@iceberg.org", "US", "fr", "\0", "\ud800"),
    ]
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=8)
    | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)


def refusal(validate: Callable[[object], BaseModel], body: object) -> list[dict[str, Any]]:
    """The problems that the body has."""
    with pytest.raises(ValidationError) as caught:
        validate(body)
    return problems(caught.value)


def refused_creation(body: object) -> list[dict[str, Any]]:
    """The problems that the body has as a new customer."""
    return refusal(customers.validate_new_customer, body)


def refused_change(body: object) -> list[dict[str, Any]]:
    """The problems that the body has as a change."""
    return refusal(customers.validate_customer_change, body)


class TestNewCustomer:
    """`validate_new_customer` takes individuals and teams."""

    def test_an_individual_needs_only_an_address(self) -> None:
        """All but the e-mail address has a default."""
        body = customers.validate_new_customer({"email": "ann@iceberg.org"})

        assert isinstance(body, customers.NewIndividualBody)
        assert body.model_dump() == {
            "metadata": {},
            "external_id": None,
            "name": None,
            "billing_address": None,
            "tax_id": None,
            "locale": None,
            "organization_id": None,
            "owner": None,
            "type": "individual",
            "email": "ann@iceberg.org",
        }

    def test_values_are_normalised(self) -> None:
        """Text is stripped, blanks are null, country, state, locale and e-mail are standardised."""
        body = customers.validate_new_customer(
            {
                "email": " Ann <Ann@Iceberg.ORG> ",
                "name": "  Ann Lee ",
                "external_id": "\t",
                "tax_id": "",
                "locale": "pt_br",
                "billing_address": {
                    "line1": " 1 Main ",
                    "line2": "",
                    "city": "\u00a0",
                    "country": "us",
                    "state": " TX ",
                    "zip": "78701",
                },
            }
        )

        assert (body.email, body.name, body.external_id, body.tax_id, body.locale) == (
            "Ann@iceberg.org",
            "Ann Lee",
            None,
            None,
            "pt-BR",
        )
        assert body.billing_address is not None
        assert body.billing_address.model_dump() == {
            "line1": "1 Main",
            "line2": None,
            "postal_code": None,
            "city": None,
            "state": "US-TX",
            "country": "US",
        }

    def test_a_team_may_be_reached_through_its_owner(self) -> None:
        """A team without an address of its own has an owner with one."""
        owner = {"email": "boss@iceberg.org", "name": " ", "external_id": "b-1", "role": "member"}

        body = customers.validate_new_customer({"type": "team", "owner": owner})

        assert isinstance(body, customers.NewTeamBody)
        assert body.email is None
        assert body.owner is not None
        assert body.owner.model_dump() == {
            "email": "boss@iceberg.org",
            "name": None,
            "external_id": "b-1",
        }

    @pytest.mark.parametrize("owner", [{}, {"owner": None}])
    def test_a_team_must_be_reachable(self, owner: dict[str, None]) -> None:
        """A team with neither an address nor an owner is refused."""
        body = {"type": "team", **owner}

        assert refused_creation(body) == [
            {
                "type": "value_error",
                "loc": ["body", "team"],
                "msg": "Value error, An owner with an email address is required when creating a"
                " team customer without an email.",
                "input": body,
                "ctx": {"error": {}},
            }
        ]

    def test_an_owner_needs_an_address(self) -> None:
        """The owner of a team is told apart by where the problem is."""
        assert refused_creation({"type": "team", "email": "t@iceberg.org", "owner": {}}) == [
            {
                "type": "missing",
                "loc": ["body", "team", "owner", "email"],
                "msg": "Field required",
                "input": {},
            }
        ]

    @pytest.mark.parametrize(
        ("kind", "shown"),
        [
            ("company", "company"),
            ("Individual", "Individual"),
            (None, "None"),
            (2, "2"),
            (True, "True"),
            (["team"], "['team']"),
            ("\ud800", "?"),
        ],
    )
    def test_unknown_types_are_refused(self, kind: object, shown: str) -> None:
        """The message repeats the type as text and lists the ones there are."""
        (problem,) = refused_creation({"email": "ann@iceberg.org", "type": kind})

        assert (problem["type"], problem["loc"]) == ("union_tag_invalid", ["body"])
        assert problem["msg"] == (
            f"Input tag '{shown}' found using _customer_create_type() does not match any of the"
            " expected tags: 'individual', 'team'"
        )
        assert problem["ctx"] == {
            "discriminator": "_customer_create_type()",
            "tag": shown,
            "expected_tags": "'individual', 'team'",
        }

    def test_types_nested_beyond_all_reason_are_refused(self) -> None:
        """A type that cannot even be shown is refused like any other."""
        nested: list[object] = []
        for _ in range(5_000):
            nested = [nested]

        (problem,) = refused_creation({"type": nested})

        assert problem["type"] == "union_tag_invalid"

    @pytest.mark.parametrize("body", [[], [1], "text", 0, True, 1.5])
    def test_a_body_is_an_object(self, body: object) -> None:
        """Other JSON values are refused as an individual would be."""
        assert refused_creation(body) == [
            {
                "type": "model_attributes_type",
                "loc": ["body", "individual"],
                "msg": "Input should be a valid dictionary or object to extract fields from",
                "input": body,
            }
        ]

    def test_mistakes_come_in_the_order_of_the_fields(self) -> None:
        """A body with several mistakes hears of all of them, the address last."""
        found = refused_creation(
            {
                "email": 1,
                "owner": "me",
                "organization_id": 1,
                "locale": "?",
                "tax_id": 1,
                "billing_address": [],
                "name": 1,
                "external_id": 1,
                "metadata": 1,
            }
        )

        assert [problem["loc"][-1] for problem in found] == [
            "metadata",
            "external_id",
            "name",
            "billing_address",
            "tax_id",
            "locale",
            "organization_id",
            "owner",
            "email",
        ]

    def test_organizations_have_ids_of_version_4(self) -> None:
        """A UUID of another version is refused where it stands."""
        body = {
            "email": "ann@iceberg.org",
            "organization_id": "0198f2a4-7c11-7a31-b1d2-6f0e5a4c3b21",
        }

        (problem,) = refused_creation(body)

        assert problem["loc"] == ["body", "individual", "organization_id"]
        assert (problem["type"], problem["msg"]) == ("uuid_version", "UUID version 4 expected")

    def test_any_domain_is_a_setting(self) -> None:
        """Domains that are not public are accepted where the setting says so, and only there."""
        body = {"email": "ann@iceberg.test"}

        accepted = customers.validate_new_customer(body, email_check=EmailCheck.ANY_DOMAIN)

        assert accepted.email == "ann@iceberg.test"
        assert refused_creation(body)[0]["msg"].endswith("cannot be used with email.")


class TestCustomerChange:
    """`validate_customer_change` tells what is absent from what is null."""

    def test_absent_and_null_are_told_apart(self) -> None:
        """`model_fields_set` has the keys that were in the body."""
        body = customers.validate_customer_change({"name": None, "tax_id": " ", "unknown": 1})

        assert body.model_fields_set == {"name", "tax_id"}
        assert (body.name, body.tax_id) == (None, None)

    def test_nulls_clear_all_but_metadata(self) -> None:
        """Each field but metadata may be null; the rules decide what that means."""
        names = customers.CustomerChangeBody.model_fields.keys() - {"metadata"}

        body = customers.validate_customer_change(dict.fromkeys(names))

        assert body.model_fields_set == names
        assert refused_change({"metadata": None})[0]["msg"] == "Input should be a valid dictionary"

    def test_places_have_no_type_in_them(self) -> None:
        """The place of a mistake is the field, without the tag that a new customer's has."""
        assert [problem["loc"] for problem in refused_change({"name": 1, "email": "x"})] == [
            ["body", "email"],
            ["body", "name"],
        ]

    @pytest.mark.parametrize("kind", ["Team", 1, ["team"], {}])
    def test_unknown_types_are_refused(self, kind: object) -> None:
        """A change names one of the two types."""
        assert refused_change({"type": kind}) == [
            {
                "type": "enum",
                "loc": ["body", "type"],
                "msg": "Input should be 'individual' or 'team'",
                "input": kind,
                "ctx": {"expected": "'individual' or 'team'"},
            }
        ]

    def test_the_external_route_ignores_external_id_and_type(self) -> None:
        """By external id neither the id nor the type can be changed, whatever they hold."""
        body = customers.validate_external_customer_change({"external_id": 5, "type": "x"})

        assert body.model_fields_set == set()


@pytest.mark.parametrize("validate", VALIDATORS)
def test_a_missing_body_is_said_to_be_missing(
    validate: Callable[[object], BaseModel],
) -> None:
    """An empty body and `null` are the same: the body is required."""
    assert refusal(validate, None) == [
        {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}
    ]


@pytest.mark.parametrize("validate", VALIDATORS)
@settings(max_examples=150, deadline=None)
@given(body=ANYTHING)
def test_any_value_is_a_body_or_refused(
    validate: Callable[[object], BaseModel], body: object
) -> None:
    """Whatever a parser yields is accepted or refused, in words that can be sent."""
    try:
        accepted = validate(body)
    except ValidationError as error:
        sent = json.dumps(problems(error), ensure_ascii=False, allow_nan=False)
        assert sent.encode()
    else:
        assert accepted.model_dump_json(exclude={"metadata"}).encode()
