"""Reading one customer of a file: a line in one go gives what two steps give."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from icefloe.domain.values.addresses import Address
from icefloe.domain.values.tax_ids import TaxID
from icefloe.exchange import records

TEXTS = st.text(max_size=5) | st.sampled_from(["a@b.c", "individual", "team", "\0", "\ud800", "FR"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
MOMENTS = st.sampled_from(
    ["2026-01-01T00:00:00Z", "2026-01-01T02:00:00.5+02:00", "2026-01-01T00:00:00", 5, "5", None]
)
IDS = st.sampled_from(
    ["1dbfc517-0bbf-4301-9ba8-555ca42b9737", "1dbfc5170bbf43019ba8555ca42b9737", "x", None]
)
ADDRESSES = st.fixed_dictionaries({}, optional={"country": TEXTS, "city": SCALARS, "zip": SCALARS})
OWNERS = st.fixed_dictionaries({}, optional={"email": SCALARS, "name": TEXTS, "role": TEXTS})
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "id": IDS | SCALARS,
        "created_at": MOMENTS | SCALARS,
        "deleted_at": MOMENTS,
        "type": TEXTS,
        "email": st.just("a@b.c") | SCALARS,
        "email_verified": SCALARS,
        "external_id": SCALARS,
        "name": TEXTS,
        "billing_name": TEXTS,
        "billing_address": st.none() | ADDRESSES | SCALARS,
        "tax_id": st.lists(TEXTS, max_size=3) | SCALARS,
        "metadata": st.dictionaries(TEXTS, SCALARS, max_size=4),
        "owner": st.none() | OWNERS | SCALARS,
        "default_payment_method_id": IDS,
        "items": st.none() | st.lists(SCALARS, max_size=1),
        "object": SCALARS | st.lists(SCALARS, max_size=2),
    },
)


# The first address loads the tables by which all are checked.
@settings(deadline=None)
@given(RECORDS | SCALARS | st.lists(RECORDS, max_size=2), st.booleans())
@example({"metadata": {"a": 1e999}}, True)  # noqa: FBT003 - the second argument's value
@example({"metadata": {"a": 10**400, "b": 1e16, "c": -0.0}}, True)  # noqa: FBT003
def test_a_line_in_one_go(record: Any, escaped: bool) -> None:  # noqa: FBT001 - drawn
    """It is left to the two steps, or read as they read it."""
    line = json.dumps(record, ensure_ascii=escaped).encode(errors="surrogatepass")

    read = records.read_line("line 1", line)

    if read is not None:
        assert repr(read) == repr(records.read_entry("line 1", json.loads(line)))


@settings(deadline=None)
@given(st.sampled_from(["a@b.c", "\u00e9@b\u00fc.de"]), st.sampled_from([{}, {"a": 1, "b": 0.5}]))
def test_a_usual_line(email: str, metadata: dict[str, Any]) -> None:
    """A usual line needs no second look."""
    line = json.dumps({"email": email, "metadata": metadata}).encode()

    read = records.read_line("line 1", line)

    assert read is not None
    assert read.values == {"email": email, "metadata": metadata}


@pytest.mark.parametrize(
    "line",
    [
        '{"email": "a@b.c", "email": "d@e.f"}',
        '{"email": "a@b.c", "\\u0065mail": "d@e.f"}',
        '{"email" : "a@b.c", "email" : "d@e.f"}',
        '{"email"\t:"a@b.c", "email":"d@e.f"}',
        '{"email": "a@b.c", "name": ":", "metadata": {"a": 1, "a": 3}}',
        '{"email": "a@b.c", "billing_address": {"country": "FR", "country": "DE"}}',
        '{"email": "a@b.c", "owner": {"name": "A", "name": "B"}}',
        '{"email": "a@b.c", "email" : "d@e.f", "name": ":x"}',
    ],
)
def test_a_key_twice(line: str) -> None:
    """A line with a key twice is not read in one go, for the parser would take the last value."""
    assert records.read_line("line 1", line.encode()) is None


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"e-mail": "a@b.c"}, "e-mail: there is no such key; did you mean 'email'?"),
        ({"externalId": "e1"}, "externalId: there is no such key; did you mean 'external_id'?"),
        (
            {"name": 5, "billing_address": {"contry": "FR"}},
            "billing_address.contry: there is no such key; did you mean 'country'?",
        ),
        ({"owner": {"mail": "a@b.c"}}, "owner.mail: there is no such key; did you mean 'email'?"),
        ({"xyzzy": 1}, "xyzzy: there is no such key"),
    ],
)
def test_unknown_keys(record: Any, problem: str) -> None:
    """A key that means nothing is a problem, the first one told, and the one meant is offered."""
    assert records.read_entry("line 1", {"email": "a@b.c", **record}).problem == problem


NO_COUNTRY = "billing_address.country: must be the two-letter code of a country"
NO_EMAIL = "must be an e-mail address such as ann@example.com"


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"email": "nobody"}, f"email: {NO_EMAIL}"),
        ({"owner": {"email": "nobody"}}, f"owner.email: {NO_EMAIL}"),
        ({"billing_address": {"country": "UK"}}, f"{NO_COUNTRY}; did you mean 'GB'?"),
        ({"billing_address": {"country": "us"}}, f"{NO_COUNTRY}; did you mean 'US'?"),
        ({"billing_address": {"country": "ZZ"}}, f"{NO_COUNTRY} such as 'FR'"),
        (
            {"billing_address": {"country": "US", "state": "NY"}},
            "billing_address: state: must begin with the country; did you mean 'US-NY'?",
        ),
        (
            {"billing_address": {"country": "CA", "state": "CA-ZZ"}},
            "billing_address: state: Invalid CA subdivision",
        ),
        (
            {"tax_id": ["FR61954506077", "eu-vat"]},
            "tax_id.1: must be the name of a format such as 'eu_vat'; did you mean 'eu_vat'?",
        ),
        ({"locale": "xx-yy"}, "locale: must be a language tag such as fr-FR"),
        ({"external_id": "  "}, "external_id: must not be blank"),
        ({"metadata": {"a": "x" * 501}}, "metadata: a: must have at most 500 characters"),
    ],
)
def test_what_no_answer_shows(record: Any, problem: str) -> None:
    """A value that the API may not show is a problem, with what was probably meant."""
    assert records.read_entry("line 1", {"email": "a@b.c", **record}).problem == problem


@pytest.mark.parametrize(
    ("record", "values"),
    [
        ({"email": " Joe <Joe@XN--BCHER-KVA.de> "}, {"email": "Joe@b\u00fccher.de"}),
        ({"email": "e\u0301@B.co"}, {"email": "\u00e9@b.co"}),
        ({"email": "Ann@Example.COM"}, {"email": "Ann@Example.COM"}),
        ({"email": "a@host.test"}, {"email": "a@host.test"}),
        ({"locale": "fr_fr"}, {"locale": "fr-FR"}),
        ({"external_id": " e1 "}, {"external_id": "e1"}),
        ({"name": " Ann "}, {"name": " Ann "}),
        ({"tax_id": ["1", "za_vat"]}, {"tax_id": TaxID("1", "za_vat")}),
        ({"billing_address": {"country": "CU"}}, {"billing_address": Address(country="CU")}),
        ({"metadata": {"__external_id": "x" * 501}}, {"metadata": {"__external_id": "x" * 501}}),
    ],
)
def test_spelling(record: Any, values: Any) -> None:
    """Values are spelt as the API would; what only an old account may have is taken over as it is."""
    read = records.read_entry("line 1", {"email": "a@b.c", **record})

    assert read.problem is None
    assert {name: read.values[name] for name in record} == values


def test_a_page() -> None:
    """A page is no customer, though it has nothing that a customer may not have."""
    assert records.read_line("line 1", b'{"items": [], "pagination": {}}') is None
