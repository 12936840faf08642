"""Member bodies: what is accepted, in which form it is kept, and the words of each refusal."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from icefloe.api.schemas import members
from icefloe.api.schemas.problems import problems
from icefloe.domain.values.emails import EmailCheck

CUSTOMER = "3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0f"
VALIDATORS = [
    members.validate_new_member,
    members.validate_new_member_of_customer,
    members.validate_member_change,
]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=8)
    | st.sampled_from(["ann@iceberg.org", "member", "owner", CUSTOMER]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["customer_id", "email", "name", "external_id", "role", "\ud800"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=10,
)


def refusal(validate: Callable[[object], BaseModel], body: object) -> list[dict[str, Any]]:
    """The problems that the body has."""
    with pytest.raises(ValidationError) as caught:
        validate(body)
    return problems(caught.value)


class TestNewMember:
    """`validate_new_member` takes everybody but owners."""

    def test_a_member_needs_only_an_address(self) -> None:
        """Name, external id and role have defaults."""
        body = members.validate_new_member({"email": " Ann <Ann@Iceberg.org>"})

        assert body.model_dump() == {
            "email": "Ann@iceberg.org",
            "name": None,
            "external_id": None,
            "role": "member",
        }

    def test_blank_texts_are_null(self) -> None:
        """Text is stripped, and nothing is left of blank text."""
        body = members.validate_new_member(
            {"email": "ann@iceberg.org", "name": " ", "external_id": " m-1 "}
        )

        assert (body.name, body.external_id) == (None, "m-1")

    @pytest.mark.parametrize("role", ["owner", "Member", None, 0, ["member"], {}])
    def test_only_two_roles_can_be_given(self, role: object) -> None:
        """Ownership is handed over, not given to somebody new."""
        assert refusal(members.validate_new_member, {"email": "ann@iceberg.org", "role": role}) == [
            {
                "type": "literal_error",
                "loc": ["body", "role"],
                "msg": "Input should be 'member' or 'billing_manager'",
                "input": role,
                "ctx": {"expected": "'member' or 'billing_manager'"},
            }
        ]

    def test_mistakes_come_in_the_order_of_the_fields(self) -> None:
        """A body with several mistakes hears of all of them."""
        body = {"role": 1, "external_id": 1, "name": 1, "email": 1}

        found = refusal(members.validate_new_member, body)

        assert [problem["loc"] for problem in found] == [
            ["body", "email"],
            ["body", "name"],
            ["body", "external_id"],
            ["body", "role"],
        ]

    def test_any_domain_is_a_setting(self) -> None:
        """Domains that are not public are accepted where the setting says so."""
        body = members.validate_new_member(
            {"email": "ann@iceberg.test"}, email_check=EmailCheck.ANY_DOMAIN
        )

        assert body.email == "ann@iceberg.test"


class TestNewMemberOfCustomer:
    """`validate_new_member_of_customer` reads the deprecated route's body, with the customer."""

    def test_the_customer_is_read(self) -> None:
        """The customer's id is a UUID of version 4, in any of its spellings."""
        body = members.validate_new_member_of_customer(
            {"customer_id": f"{{{CUSTOMER.upper()}}}", "email": "ann@iceberg.org"}
        )

        assert body.customer_id == UUID(CUSTOMER)

    def test_the_customer_comes_first(self) -> None:
        """A body without anything misses the customer, then the address."""
        found = refusal(members.validate_new_member_of_customer, {})

        assert [(problem["type"], problem["loc"][1]) for problem in found] == [
            ("missing", "customer_id"),
            ("missing", "email"),
        ]


class TestMemberChange:
    """`validate_member_change` takes name, address and role."""

    def test_absent_and_null_are_told_apart(self) -> None:
        """`model_fields_set` has the keys that were in the body; the external id is none of it."""
        body = members.validate_member_change({"name": None, "external_id": 5})

        assert body.model_fields_set == {"name"}

    @pytest.mark.parametrize("role", ["owner", "billing_manager", "member", None])
    def test_every_role_can_be_changed_to(self, role: str | None) -> None:
        """A change may make an owner; null leaves the role as it is."""
        assert members.validate_member_change({"role": role}).role == role

    def test_unknown_roles_are_refused(self) -> None:
        """The refusal lists the roles there are."""
        assert refusal(members.validate_member_change, {"role": "admin"}) == [
            {
                "type": "enum",
                "loc": ["body", "role"],
                "msg": "Input should be 'owner', 'billing_manager' or 'member'",
                "input": "admin",
                "ctx": {"expected": "'owner', 'billing_manager' or 'member'"},
            }
        ]

    def test_a_body_is_an_object(self) -> None:
        """A list is refused at the body itself."""
        (problem,) = refusal(members.validate_member_change, [])

        assert (problem["type"], problem["loc"]) == ("model_attributes_type", ["body"])


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
        assert accepted.model_dump_json().encode()
