"""The sample organization is realistic, and the same everywhere."""

import datetime as dt
import hashlib
import json
import re
import unicodedata
import uuid

import pytest

from icefloe.sample import customers

KEYS = [
    "id",
    "created_at",
    "modified_at",
    "metadata",
    "external_id",
    "email",
    "email_verified",
    "type",
    "name",
    "billing_name",
    "billing_address",
    "tax_id",
    "locale",
    "organization_id",
    "default_payment_method_id",
    "deleted_at",
    "first_user_event_at",
]

JOHN_DOE = {
    "id": "992fae2a-2a17-4b7a-8d9e-e287cf90131b",
    "created_at": "2023-11-07T05:31:56Z",
    "modified_at": "2023-11-07T05:31:56Z",
    "metadata": {},
    "external_id": "usr_1337",
    "email": "customer@example.com",
    "email_verified": True,
    "type": "individual",
    "name": "John Doe",
    "billing_name": None,
    "billing_address": {
        "line1": "<string>",
        "line2": "<string>",
        "postal_code": "<string>",
        "city": "<string>",
        "state": "<string>",
        "country": "US",
    },
    "tax_id": ["911144442", "us_ein"],
    "locale": None,
    "organization_id": "1dbfc517-0bbf-4301-9ba8-555ca42b9737",
    "default_payment_method_id": None,
    "deleted_at": None,
    "first_user_event_at": None,
}

# Country to format and shape, for the formats that are one country's.
TAX_ID_SHAPES = {
    "AR": ("ar_cuit", r"30\d{9}"),
    "AU": ("au_abn", r"\d{11}"),
    "BR": ("br_cnpj", r"\d{14}"),
    "CA": ("ca_gst_hst", r"\d{9}RT0001"),
    "CH": ("ch_vat", r"CHE\d{9}MWST"),
    "GB": ("gb_vat", r"\d{9}"),
    "IL": ("il_vat", r"51\d{7}"),
    "IS": ("is_vat", r"\d{6}"),
    "JP": ("jp_cn", r"[1-9]\d{12}"),
    "KR": ("kr_brn", r"\d{10}"),
    "MX": ("mx_rfc", r"[A-Z]{3}\d{6}[1-9A-V][1-9][0-9A]"),
    "NO": ("no_vat", r"9\d{8}MVA"),
    "NZ": ("nz_gst", r"\d{8}"),
    "TH": ("th_vat", r"0\d{12}"),
    "TR": ("tr_tin", r"\d{10}"),
    "TW": ("tw_vat", r"\d{8}"),
    "US": ("us_ein", r"\d{9}"),
}

# What follows the country's prefix in the European Union.
EU_VAT_SHAPES = {
    "AT": r"ATU\d{8}",
    "BE": r"BE0\d{9}",
    "DE": r"DE[1-9]\d{8}",
    "DK": r"DK[1-9]\d{7}",
    "ES": r"ESB\d{8}",
    "FI": r"FI\d{8}",
    "FR": r"FR\d{11}",
    "GR": r"EL\d{9}",
    "IT": r"IT\d{11}",
    "NL": r"NL\d{9}B01",
    "PL": r"PL\d{10}",
    "PT": r"PT5\d{8}",
    "SE": r"SE55\d{8}01",
}

# As the first word of their characters' Unicode names.
SCRIPTS = {
    "ARABIC",
    "ARMENIAN",
    "BENGALI",
    "CJK",
    "CYRILLIC",
    "DEVANAGARI",
    "ETHIOPIC",
    "GEORGIAN",
    "GREEK",
    "HANGUL",
    "HEBREW",
    "HIRAGANA",
    "KATAKANA",
    "LATIN",
    "TAMIL",
    "THAI",
}


@pytest.fixture(scope="module")
def sample() -> list[dict[str, object]]:
    """The customers that `icefloe demo` serves."""
    return list(customers.customers())


def given(sample: list[dict[str, object]], key: str) -> list[str]:
    """The values of `key` that are not null."""
    return [str(customer[key]) for customer in sample if customer[key] is not None]


def addresses(sample: list[dict[str, object]]) -> list[dict[str, str | None]]:
    """The billing addresses, John Doe's placeholders left out."""
    return [
        customer["billing_address"]
        for customer in sample[1:]
        if isinstance(customer["billing_address"], dict)
    ]


def test_there_are_as_many_as_asked_for() -> None:
    """A thousand customers come unasked, and any other number on request."""
    assert len(list(customers.customers())) == 1000
    assert [len(list(customers.customers(count))) for count in (0, 1, 2, 37)] == [0, 1, 2, 37]


def test_they_are_the_same_everywhere(sample: list[dict[str, object]]) -> None:
    """Not a byte differs between two runs, two platforms or two versions of Python."""
    digest = hashlib.sha256(json.dumps(sample).encode()).hexdigest()

    assert digest == "4be078046f1627bd079d8cb43f87324dd3b3e14739b3673ea77b14a133d13de7"
    assert sample == list(customers.customers())


def test_a_smaller_sample_has_the_same_customers(sample: list[dict[str, object]]) -> None:
    """The count decides how densely customers follow each other, not who they are."""
    few = list(customers.customers(50))

    assert given(few, "id") == given(sample[:50], "id")
    assert given(few, "email") == given(sample[:50], "email")


def test_every_customer_has_the_wire_form(sample: list[dict[str, object]]) -> None:
    """Each customer has the same keys in the same order, and belongs to the organization."""
    assert all(list(customer) == KEYS for customer in sample)
    assert set(given(sample, "organization_id")) == {str(customers.ORGANIZATION_ID)}
    assert not given(sample, "deleted_at")


def test_john_doe_comes_first(sample: list[dict[str, object]]) -> None:
    """The first customer has the values of the reference's documentation."""
    assert sample[0] == JOHN_DOE


def test_ids_are_unique(sample: list[dict[str, object]]) -> None:
    """Ids are distinct and of UUID version 4."""
    ids = [uuid.UUID(text) for text in given(sample, "id")]

    assert len(set(ids)) == 1000
    assert {(each.version, each.variant) for each in ids} == {(4, uuid.RFC_4122)}


def test_external_ids_are_unique(sample: list[dict[str, object]]) -> None:
    """About four in five customers have an external id, no two the same."""
    external_ids = given(sample, "external_id")

    assert 750 <= len(external_ids) <= 850
    assert len(set(external_ids)) == len(external_ids)


def test_emails_are_unique_and_reach_nobody(sample: list[dict[str, object]]) -> None:
    """E-mail addresses are ASCII, distinct in any case, and on reserved domains only."""
    emails = given(sample, "email")
    reserved = re.compile(r"[A-Za-z0-9._+-]+@([a-z]+\.)*example\.(com|org|net)")

    assert len({email.lower() for email in emails}) == 1000
    assert [email for email in emails if not reserved.fullmatch(email)] == []


def test_user_ids_in_metadata_are_unique(sample: list[dict[str, object]]) -> None:
    """Most customers' metadata have a plan and a user id, no two user ids the same."""
    metadata = [
        customer["metadata"] for customer in sample if isinstance(customer["metadata"], dict)
    ]
    user_ids = [each["user_id"] for each in metadata if each]

    assert len(metadata) == 1000
    assert 850 <= len(set(user_ids)) == len(user_ids)
    assert {each["plan"] for each in metadata if each} == {"free", "pro", "enterprise"}
    assert {type(each["seats"]) for each in metadata if "seats" in each} == {int}


def test_customers_were_created_over_two_years(sample: list[dict[str, object]]) -> None:
    """After John Doe, customers come oldest first from late 2024 until late 2026."""
    created = [dt.datetime.fromisoformat(text) for text in given(sample, "created_at")]

    assert created == sorted(created)
    assert created[1] - dt.datetime(2024, 11, 15, tzinfo=dt.UTC) < dt.timedelta(days=7)
    assert dt.datetime(2026, 11, 15, tzinfo=dt.UTC) - created[-1] < dt.timedelta(days=7)
    assert len({(moment.year, moment.month) for moment in created[1:]}) == 25
    assert sum(moment.microsecond > 0 for moment in created) > 900


def test_some_customers_were_modified_later(sample: list[dict[str, object]]) -> None:
    """A few hundred customers were modified, after their creation and before the two years end."""
    changed = [customer for customer in sample[1:] if customer["modified_at"]]

    assert 300 <= len(changed) <= 420
    for customer in changed:
        assert str(customer["created_at"]) < str(customer["modified_at"]) <= "2026-11-15"


def test_some_are_teams_and_some_nameless(sample: list[dict[str, object]]) -> None:
    """About one in twelve customers is a team, always with a name; some persons have none."""
    teams = [customer for customer in sample if customer["type"] == "team"]

    assert 65 <= len(teams) <= 100
    assert all(team["name"] for team in teams)
    assert 20 <= sum(customer["name"] is None for customer in sample) <= 60


def test_names_are_of_many_scripts(sample: list[dict[str, object]]) -> None:
    """Names are written in sixteen scripts, each composed as text usually is (NFC)."""
    names = given(sample, "name")
    scripts = {
        unicodedata.name(letter).split()[0] for name in names for letter in name if letter.isalpha()
    }

    assert scripts >= SCRIPTS
    assert all(unicodedata.is_normalized("NFC", name) for name in names)
    assert len(set(names)) > 800


def test_locales_are_of_many_languages(sample: list[dict[str, object]]) -> None:
    """The locales, where set, name at least twenty-five languages."""
    languages = {locale.split("-")[0] for locale in given(sample, "locale")}

    assert len(languages) >= 25


def test_addresses_are_complete(sample: list[dict[str, object]]) -> None:
    """About three in ten customers have an address: six keys, with null and no empty text."""
    found = addresses(sample)

    assert 260 <= len(found) <= 340
    for address in found:
        assert list(address) == ["line1", "line2", "postal_code", "city", "state", "country"]
        assert "" not in address.values()
        assert re.fullmatch(r"[A-Z]{2}", str(address["country"]))


def test_states_follow_their_country(sample: list[dict[str, object]]) -> None:
    """States have a prefix in the United States and Canada, and in no other country."""
    for address in addresses(sample):
        if address["country"] in {"US", "CA"}:
            assert re.fullmatch(rf"{address['country']}-[A-Z]{{2}}", str(address["state"]))
        else:
            assert not re.match(r"[A-Z]{2}-", str(address["state"]))


def test_tax_ids_are_of_their_country(sample: list[dict[str, object]]) -> None:
    """About one in ten customers has a tax id, in the format and shape of the address's country."""
    taxed = [customer for customer in sample if customer["tax_id"]]

    assert 80 <= len(taxed) <= 120
    for customer in taxed:
        assert isinstance(customer["billing_address"], dict)
        assert isinstance(customer["tax_id"], list)
        country = customer["billing_address"]["country"]
        number, kind = customer["tax_id"]
        if kind == "eu_vat":
            assert re.fullmatch(EU_VAT_SHAPES[country], number)
        else:
            expected, shape = TAX_ID_SHAPES[country]
            assert expected == kind
            assert re.fullmatch(shape, number)
