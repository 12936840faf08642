"""What new customers and changes must keep to; values alone, no storage."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icefloe.domain import customer_rules as rules
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.customers import Customer, CustomerChange, NewCustomer
from icefloe.domain.values.errors import RulesBroken
from icefloe.domain.values.tax_ids import TaxID
from icefloe.domain.values.unset import UNSET

MADE = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
FRANCE = Address(country="FR")
FRENCH = TaxID("FR40303265045", "eu_vat")
ADA = Customer(
    id=UUID("00000000-0000-4000-8000-000000000001"),
    organization_id=UUID("00000000-0000-4000-8000-000000000002"),
    created_at=MADE,
    email="Ada@sea.is",
    email_verified=True,
    name="Ada",
)
NOBODY: frozenset[str] = frozenset()

texts = st.none() | st.text(max_size=5)
changes = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.dictionaries(st.text(min_size=1, max_size=3), st.integers(), max_size=2),
        "email": st.none() | st.sampled_from(["ada@sea.is", "Ada@sea.is", "bo@sea.is"]),
        "name": texts,
        "billing_address": st.none() | st.just(FRANCE),
        "tax_id": st.none(),
        "locale": st.none() | st.just("fr"),
        "external_id": texts,
        "type": st.sampled_from([None, "individual", "team"]),
    },
)


def broken(customer: Customer, taken: frozenset[str] = NOBODY, **values: Any) -> list[str | int]:
    """The places of the rules that a change breaks."""
    with pytest.raises(RulesBroken) as raised:
        rules.apply_change(customer, CustomerChange(**values), taken, NOW)
    return [str(violation.place[-1]) for violation in raised.value.violations]


def changed(customer: Customer, **values: Any) -> Customer:
    """The customer after a change."""
    return rules.apply_change(customer, CustomerChange(**values), NOBODY, NOW)


class TestCheckNew:
    """Rules of new customers."""

    def test_organization(self) -> None:
        """A new customer names no organization."""
        rules.check_new(NewCustomer(email="a@sea.is"))

        with pytest.raises(RulesBroken, match="Setting organization_id is disallowed"):
            rules.check_new(NewCustomer(email="a@sea.is", organization_id=uuid4()))

    def test_taken(self) -> None:
        """Taken values are told in one order, whichever they are."""
        rules.check_taken(ADA, NOBODY)

        with pytest.raises(RulesBroken) as raised:
            rules.check_taken(ADA, frozenset({"external_id", "email"}))
        assert [one.place for one in raised.value.violations] == [
            ("body", "email"),
            ("body", "external_id"),
        ]

    @pytest.mark.parametrize("given_id", [None, "mine"])
    def test_same_external_id(self, given_id: str | None) -> None:
        """A customer named by an external id may say it again."""
        rules.check_same_external_id(NewCustomer(email=None, external_id=given_id), "mine")

    @pytest.mark.parametrize("given_id", ["Mine", "other"])
    def test_another_external_id(self, given_id: str) -> None:
        """It may not say another."""
        with pytest.raises(RulesBroken, match="external ID cannot be updated"):
            rules.check_same_external_id(NewCustomer(email=None, external_id=given_id), "mine")


class TestTaxNumbers:
    """Tax numbers and countries."""

    def test_without_a_country(self) -> None:
        """Without an address the address is what is missing."""
        with pytest.raises(RulesBroken) as raised:
            rules.read_tax_id("FR40303265045", None)

        (violation,) = raised.value.violations
        assert (violation.kind, violation.place) == ("missing", ("body", "billing_address"))

    def test_changed(self) -> None:
        """A new number is judged by the new address, or else by the one there is."""
        assert changed(ADA, tax_id="FR40303265045", billing_address=FRANCE).tax_id == FRENCH
        settled = replace(ADA, billing_address=FRANCE)
        assert changed(settled, tax_id="FR 40 303 265 045").tax_id == FRENCH
        assert broken(ADA, tax_id="FR40303265045") == ["billing_address"]

    def test_a_new_country(self) -> None:
        """A kept number is judged again where the country changes."""
        taxed = replace(ADA, billing_address=FRANCE, tax_id=FRENCH)

        assert changed(taxed, billing_address=Address(country="DE")).tax_id == FRENCH
        assert broken(taxed, billing_address=Address(country="US")) == ["tax_id"]
        moved = changed(taxed, billing_address=Address(country="US"), tax_id=None)
        assert moved.tax_id is None

    def test_the_same_number(self) -> None:
        """The number that is kept already changes nothing, not even when."""
        taxed = replace(ADA, billing_address=FRANCE, tax_id=FRENCH)

        assert changed(taxed, tax_id="FR 40303265045") == taxed


class TestApplyChange:
    """Changes."""

    @given(values=changes)
    def test_any(self, values: dict[str, Any]) -> None:
        """A change is refused, or gives its values and no others; the moment moves if any is given."""
        after = ADA
        try:
            after = changed(ADA, **values)
        except RulesBroken as error:
            places = [one.place[-1] for one in error.violations]
        else:
            places = []
        if "billing_address" in values and values["billing_address"] is None:
            assert places == ["billing_address"]
            return
        written = {
            name: value for name, value in values.items() if name not in {"email", "tax_id", "type"}
        }
        if values.get("email") == "bo@sea.is":
            written |= {"email": "bo@sea.is", "email_verified": False}
        if "type" in values:
            written["type"] = values["type"] or "individual"
        if written:
            written["modified_at"] = NOW
        assert (places, after) == ([], replace(ADA, **written))

    def test_nothing(self) -> None:
        """A change that says nothing changes nothing."""
        assert changed(ADA) is ADA

    @pytest.mark.parametrize(
        ("email", "changes_it"),
        [
            (UNSET, False),
            (None, False),
            ("ada@SEA.is", False),
            ("ÁDA@sea.is", True),
            ("ada@sea.no", True),
        ],
    )
    def test_email(self, email: Any, *, changes_it: bool) -> None:
        """An address changes where more than letter case does."""
        assert rules.changes_email(ADA, CustomerChange(email=email)) == changes_it

    def test_first_address_of_a_team(self) -> None:
        """A team without an address can be given one."""
        team = replace(ADA, type="team", email=None)

        assert changed(team, email="team@sea.is").email == "team@sea.is"

    def test_taken(self) -> None:
        """What is taken matters only where it would be written."""
        everything = frozenset({"email", "external_id"})

        assert broken(ADA, everything, email="bo@sea.is", external_id="x") == [
            "email",
            "external_id",
        ]
        assert rules.apply_change(
            ADA, CustomerChange(email="ADA@sea.is"), everything, NOW
        ) == replace(ADA)
        named = replace(ADA, external_id="x")
        same = rules.apply_change(named, CustomerChange(external_id="x"), everything, NOW)
        assert same.external_id == "x"

    @pytest.mark.parametrize("external_id", ["other", None, "X"])
    def test_external_id_is_kept(self, external_id: str | None) -> None:
        """An external id can be neither changed nor taken away."""
        assert broken(replace(ADA, external_id="x"), external_id=external_id) == ["external_id"]

    @pytest.mark.parametrize("kind", ["individual", None])
    def test_team_stays(self, kind: Any) -> None:
        """A team stays one; an individual may say what it is."""
        assert broken(replace(ADA, type="team"), type=kind) == ["type"]
        assert changed(ADA, type=kind).type == "individual"

    def test_everything_broken(self) -> None:
        """All broken rules are told in one order; a tax number is judged only after them."""
        team = replace(ADA, type="team", external_id="x")

        assert broken(
            team,
            frozenset({"email"}),
            type="individual",
            external_id="y",
            billing_address=None,
            tax_id="1",
            email="bo@sea.is",
        ) == ["email", "billing_address", "external_id", "type"]


class TestWithoutRepetition:
    """What an upsert says again."""

    def test_address(self) -> None:
        """No address may be said to be none; one that is there may not."""
        nothing = CustomerChange(billing_address=None)

        assert rules.without_repetition(nothing, ADA).billing_address is UNSET
        settled = replace(ADA, billing_address=FRANCE)
        assert rules.without_repetition(nothing, settled).billing_address is None

    def test_external_id(self) -> None:
        """The external id has named the customer already."""
        change = CustomerChange(external_id=None, name="New")

        assert rules.without_repetition(change, ADA) == CustomerChange(name="New")


class TestAnonymise:
    """Customers who are forgotten."""

    def test_what_is_forgotten(self) -> None:
        """Names and addresses become digests that only who knows them can make."""
        customer = replace(
            ADA, billing_name="Ada AB", billing_address=FRANCE, external_id="x", metadata={"a": 1}
        )
        after = rules.anonymise(customer, NOW)

        assert after == replace(
            customer,
            email=rules.anonymous_email("Ada@sea.is", customer),
            email_verified=False,
            name=rules.anonymous_text("Ada", customer),
            billing_name=rules.anonymous_text("Ada AB", customer),
            billing_address=None,
            metadata={
                "a": 1,
                "__anonymized_at": "2026-06-01T00:00:00+00:00",
                "__external_id": "x",
            },
        )

    def test_digest(self) -> None:
        """The digest is the contract's: SHA-256 of the moment it was made, and the text."""
        wanted = hashlib.sha256(b"2026-05-01T12:00:00.123456+00:00Ada@sea.is").hexdigest()

        assert rules.anonymous_email("Ada@sea.is", ADA) == f"{wanted}@anonymized.polar.sh"

    def test_same_text_of_two_customers(self) -> None:
        """Two customers made at different moments share no digest."""
        later = replace(ADA, created_at=NOW)

        assert rules.anonymous_text("Ada", ADA) != rules.anonymous_text("Ada", later)

    def test_with_a_tax_number(self) -> None:
        """The name and the tax number stay where invoices bear them."""
        taxed = replace(ADA, tax_id=FRENCH)

        assert (rules.anonymise(taxed, NOW).name, rules.anonymise(taxed, NOW).tax_id) == (
            "Ada",
            FRENCH,
        )

    def test_of_little(self) -> None:
        """What is not known stays unknown."""
        team = replace(ADA, type="team", email=None, name=None)
        after = rules.anonymise(team, NOW)

        assert (after.email, after.name, after.billing_name) == (None, None, None)
        assert after.metadata == {"__anonymized_at": "2026-06-01T00:00:00+00:00"}
