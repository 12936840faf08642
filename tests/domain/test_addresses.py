"""Addresses take the countries the contract names and spell American and Canadian states out."""

import pytest

from icefloe.domain.values import addresses


def test_embargoed_countries_are_shown_but_not_accepted() -> None:
    """An old address may show an embargoed country; a client cannot write one."""
    refused = set(addresses.COUNTRIES) - set(addresses.ACCEPTED_COUNTRIES)

    assert refused == {"CU", "IR", "KP", "RU", "SY"}


def test_countries_are_all_of_iso_3166_in_order() -> None:
    """The list has the standard's 249 codes, alphabetically and each once."""
    assert len(addresses.COUNTRIES) == 249
    assert sorted(set(addresses.COUNTRIES)) == list(addresses.COUNTRIES)


@pytest.mark.parametrize(
    ("country", "state", "kept"),
    [
        ("US", "TX", "US-TX"),
        ("US", "US-DC", "US-DC"),
        ("CA", "QC", "CA-QC"),
        ("CA", "CA-NU", "CA-NU"),
        ("US", None, None),
        ("CA", None, None),
        ("GB", "Kent", "Kent"),
        ("MX", "US-TX", "US-TX"),
    ],
)
def test_states_are_kept_with_their_country(
    country: str, state: str | None, kept: str | None
) -> None:
    """States of the US and Canada get their country's prefix; others stay as written."""
    assert addresses.standardise_state(country, state) == kept


@pytest.mark.parametrize("state", ["tx", "Texas", "PR", "ON", "US-", "US-tx", "CA-ON", "US-US-TX"])
def test_unknown_american_states_are_refused(state: str) -> None:
    """Only the 50 states and DC, in upper case, are American states."""
    with pytest.raises(addresses.InvalidState, match=r"^Invalid US state$"):
        addresses.standardise_state("US", state)


@pytest.mark.parametrize("state", ["qc", "Quebec", "TX", "US-TX"])
def test_unknown_canadian_subdivisions_are_refused(state: str) -> None:
    """Only the 13 provinces and territories, in upper case, are Canadian subdivisions."""
    with pytest.raises(addresses.InvalidState, match=r"^Invalid CA subdivision$"):
        addresses.standardise_state("CA", state)


def test_an_address_needs_only_its_country() -> None:
    """All parts of an address but the country may be unknown."""
    address = addresses.Address(country="NO")

    assert address == addresses.Address(
        line1=None, line2=None, postal_code=None, city=None, state=None, country="NO"
    )
