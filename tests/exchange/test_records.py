"""Reading one customer of a file: a line in one go gives what two steps give."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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


@given(RECORDS | SCALARS | st.lists(RECORDS, max_size=2), st.booleans())
@example({"metadata": {"a": 1e999}}, True)  # noqa: FBT003 - the second argument's value
@example({"metadata": {"a": 10**400, "b": 1e16, "c": -0.0}}, True)  # noqa: FBT003
def test_a_line_in_one_go(record: Any, escaped: bool) -> None:  # noqa: FBT001 - drawn
    """It is left to the two steps, or read as they read it."""
    line = json.dumps(record, ensure_ascii=escaped).encode(errors="surrogatepass")

    read = records.read_line("line 1", line)

    if read is not None:
        assert repr(read) == repr(records.read_entry("line 1", json.loads(line)))


@given(st.sampled_from(["a@b.c", "\u00e9@\U0001f600"]), st.sampled_from([{}, {"a": 1, "b": 0.5}]))
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


def test_a_page() -> None:
    """A page is no customer, though it has nothing that a customer may not have."""
    assert records.read_line("line 1", b'{"items": [], "pagination": {}}') is None
