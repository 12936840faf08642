"""Tax numbers are checked by their country's formats and kept compact."""

import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icefloe.domain.values import addresses, tax_id_formats, tax_ids


@pytest.mark.parametrize(
    ("country", "number", "value", "name"),
    [
        ("AE", "100-1234-5678-9003", "100123456789003", "ae_trn"),
        ("AU", "51 824 753 556", "51824753556", "au_abn"),
        ("BR", "11.222.333/0001-81", "11222333000181", "br_cnpj"),
        ("BR", "390.533.447-05", "39053344705", "br_cpf"),
        ("CA", "12302 6635 RT 0001", "123026635RT0001", "ca_gst_hst"),
        ("CA", "12302 6635", "123026635", "ca_bn"),
        ("CH", "CHE-100.155.212", "CHE100155212", "ch_uid"),
        ("CL", "12.531.909-2", "125319092", "cl_tin"),
        ("CO", "213.123.432-1", "2131234321", "co_nit"),
        ("CR", "3-101-999999", "3101999999", "cr_tin"),
        ("GB", "GB 980 7806 84", "980780684", "gb_vat"),
        ("GE", "ge 204.378.869", "204378869", "ge_vat"),
        ("GE", "01008012345", "01008012345", "ge_vat"),
        ("HK", "2345678(9)", "23456789", "hk_br"),
        ("IE", "IE 6433435F", "IE6433435F", "eu_vat"),
        ("IL", "3933742-3", "039337423", "il_vat"),
        ("IN", "27AAPFU0939F1ZV", "27AAPFU0939F1ZV", "in_gst"),
        ("MK", "4030 0003 75897", "4030000375897", "mk_vat"),
        ("MU", "2012 3456", "20123456", "mu_tan"),
        ("NL", "nl004495445b01", "NL004495445B01", "eu_vat"),
        ("TR", "4540536920 ", "4540536920", "tr_tin"),
        ("US", "91-1144442", "911144442", "us_ein"),
        ("UY", "21-100342-001-7", "211003420017", "uy_ruc"),
        ("VN", "0100 233-488", "0100233488", "vn_tin"),
    ],
)
def test_numbers_are_recognised_and_compacted(
    country: str, number: str, value: str, name: str
) -> None:
    """A number is kept without separators, under the first format of its country that fits."""
    assert tax_ids.validate(number, country) == tax_ids.TaxID(value, name)


def test_european_numbers_hold_throughout_the_union() -> None:
    """A Dutch VAT number is right for a customer in Spain."""
    assert tax_ids.validate("NL004495445B01", "ES").format == "eu_vat"


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("AE", "10012345678900"),
        ("AE", "10012345678900A"),
        ("CA", "123026635XX0001"),
        ("CR", "1-1000-0001"),
        ("DE", "GB980780684"),
        ("GE", "2043788690"),
        ("HK", "2345678"),
        ("MU", "40123456"),
        ("NL", "NL004495445B02X"),
        ("TW", "62140098"),
        ("US", "07-1144442"),
        ("UY", "210303670014"),
        ("FR", ""),
        ("FR", "FR"),
    ],
)
def test_wrong_numbers_are_refused(country: str, number: str) -> None:
    """A wrong length, character or check digit is refused in the contract's words."""
    with pytest.raises(tax_ids.InvalidTaxID, match=r"^Invalid tax ID\.$"):
        tax_ids.validate(number, country)


@pytest.mark.parametrize("country", ["AQ", "BH", "DO", "ZZ", ""])
def test_countries_without_a_known_format_refuse_every_number(country: str) -> None:
    """Where no format is known, no number is right."""
    with pytest.raises(tax_ids.InvalidTaxID):
        tax_ids.validate("123456789", country)


def test_ecuadorian_companies_may_lack_a_check_digit() -> None:
    """A company's head office passes without a valid check digit; a person or a branch does not."""
    assert tax_ids.validate("1793213150001", "EC").format == "ec_ruc"
    for number in ("1714307104001", "1793213150002", "2593213150001"):
        with pytest.raises(tax_ids.InvalidTaxID):
            tax_ids.validate(number, "EC")


@pytest.mark.parametrize("number", ["22099131", "62140097", "89398777", "90000075"])
def test_taiwanese_sums_need_only_divide_by_five(number: str) -> None:
    """Numbers under the rule of before April 2023 and under the one since then both pass."""
    assert tax_ids.validate(number, "TW").format == "tw_vat"


def test_every_format_has_a_check() -> None:
    """Each format listed for a country is one that this package or python-stdnum can check."""
    listed = {name for names in tax_id_formats.FORMATS_BY_COUNTRY.values() for name in names}
    by_stdnum = dict(tax_id_formats.STDNUM_MODULES)

    assert listed - by_stdnum.keys() == {"ae_trn", "ge_vat", "hk_br", "mu_tan"}
    assert by_stdnum.keys() <= listed
    for module in by_stdnum.values():
        assert callable(importlib.import_module(module).validate)


def test_formats_belong_to_countries_there_are() -> None:
    """No country of the table is misspelt."""
    assert tax_id_formats.FORMATS_BY_COUNTRY.keys() <= set(addresses.COUNTRIES)


@given(
    st.sampled_from(sorted(tax_id_formats.FORMATS_BY_COUNTRY)),
    st.text(max_size=20) | st.text("0123456789ABCRTVX -./²٣", max_size=18),
)
def test_any_text_is_a_number_or_refused(country: str, number: str) -> None:
    """Whatever the text, the answer is a number that stays as it is, or the one refusal."""
    try:
        found = tax_ids.validate(number, country)
    except tax_ids.InvalidTaxID:
        return
    assert tax_ids.validate(found.value, country) == found
