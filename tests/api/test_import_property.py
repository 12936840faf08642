"""What an import accepts, the API may show and takes back: over many drawn customers."""

from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.writing import CUSTOMERS, EXTERNAL
from described import check_answer, find_document
from icefloe.domain.values.addresses import ACCEPTED_COUNTRIES
from icefloe.exchange import records
from support import Organization

# Text that an account may have, and text that is no good in one place or another.
TEXTS = st.text(min_size=1, max_size=8) | st.sampled_from(
    [" x ", "\t", "a\0b", "\ud800", "é", "e\u0301"]
)
# Of public domains: an import takes others too, which the API takes if a setting says so.
EMAILS = st.builds(
    "{}@{}".format,
    st.from_regex(r"[A-Za-z0-9.+_'é-]{1,12}", fullmatch=True) | TEXTS,
    st.sampled_from(
        [
            "example.com",
            "Example.COM",
            "bücher.de",
            "xn--bcher-kva.de",
            "bu\u0308cher.de",
            "b_c.com",
            "-a.com",
        ]
    ),
)
LOCALES = st.sampled_from(
    ["fr", "fr-FR", "fr_fr", "EN", "iw", "xx-yy", "und", "zh-Hant-tw", "", "e"]
)
ADDRESSES = st.fixed_dictionaries(
    {"country": st.sampled_from(["FR", "US", "CA", "GB", "UK", "ZZ", "us", "CU", "", "F"])},
    optional={
        "state": st.none()
        | st.sampled_from(["NY", "US-NY", "ON", "CA-ON", "us-ny", "", " ", "Bretagne"]),
        "city": st.none() | TEXTS,
        "line1": st.none() | TEXTS,
    },
)
METADATA = st.dictionaries(
    st.text(min_size=0, max_size=6) | st.just("k" * 41),
    st.text(max_size=6) | st.just("v" * 501) | st.integers() | st.booleans() | st.floats(),
    max_size=3,
)
TAX_IDS = st.tuples(
    st.sampled_from(["FR61954506077", "1", "", " FR61954506077 "]),
    st.sampled_from(["eu_vat", "za_vat", "eu-vat", "", "nope"]),
)
OWNERS = st.fixed_dictionaries(
    {}, optional={"email": st.none() | EMAILS, "name": TEXTS, "external_id": TEXTS}
)
RECORDS = st.fixed_dictionaries(
    {"email": EMAILS},
    optional={
        "type": st.sampled_from(["individual", "team"]),
        "name": st.none() | TEXTS,
        "billing_name": st.none() | TEXTS,
        "external_id": st.none() | TEXTS,
        "locale": st.none() | LOCALES,
        "billing_address": st.none() | ADDRESSES,
        "tax_id": st.none() | TAX_IDS,
        "metadata": METADATA,
        "owner": st.none() | OWNERS,
    },
)
PATCHED = ("name", "email", "metadata", "locale", "external_id", "type")


def values_of(customer: dict[str, Any]) -> dict[str, Any]:
    """What of a shown customer a client may send again, as it is.

    A country under embargo and a number of which only the format is known are taken over by imports
    alone.
    """
    values = {name: customer[name] for name in PATCHED}
    address = customer["billing_address"]
    if address is not None and address["country"] in ACCEPTED_COUNTRIES and not customer["tax_id"]:
        values["billing_address"] = address
    return values


def strip(name: str, value: Any) -> Any:
    """A value as the API stores it: of names and addresses without white space around it."""
    if name == "billing_address":
        return {part: (text or "").strip() or None for part, text in value.items()}
    return (value or "").strip() or None if name == "name" else value


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(record=RECORDS)
def test_what_is_imported(organization: Organization, record: dict[str, Any]) -> None:
    """Each customer that an import accepts is shown as described, and PATCH and PUT take its values."""
    if records.read_entry("item", record).problem is not None:
        return
    report = organization.keep(record)
    assert (report.added, report.failed) == (1, 0)
    (made,) = organization.get(CUSTOMERS, params={"sorting": "-created_at", "limit": 1}).json()[
        "items"
    ]
    path = f"{CUSTOMERS}{made['id']}"
    try:
        document = find_document("2026-10")
        check_answer(document, "GET", f"{CUSTOMERS}{{id}}", organization.get(path))
        values = values_of(made)

        patched = organization.request("PATCH", path, body=values)

        assert patched.status_code == 200, (patched.text, record)
        shown = {name: patched.json()[name] for name in values}
        assert shown == {name: strip(name, value) for name, value in values.items()}
        external_id = made["external_id"]
        if (
            external_id is not None
            and not set(external_id) & set("/.")
            and external_id.isprintable()
        ):
            put = organization.request(
                "PUT", EXTERNAL + quote(external_id, safe=""), body={"type": made["type"], **values}
            )
            assert put.status_code == 200, (put.text, record)
    finally:
        organization.request("DELETE", path)
