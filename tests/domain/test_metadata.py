"""Metadata is kept in one order and one spelling, and compared by one text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icefloe.domain.values import metadata

scalars = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)


def test_keys_are_ordered_by_length_in_bytes() -> None:
    """Short keys come first, and of one length those whose UTF-8 bytes are smaller."""
    given_keys = ["zz", "b", "é", "a", "Z", "aaa", "aé", "ab", "1"]

    assert list(metadata.canonical(dict.fromkeys(given_keys, 1))) == [
        "1", "Z", "a", "b", "ab", "zz", "é", "aaa", "aé",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1.0, "1.0"),
        (-0.0, "0.0"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (1e15, "1000000000000000.0"),
        (1e16, "10000000000000000"),
        (1e21, "1000000000000000000000"),
        (-1e22, "-10000000000000000000000"),
        (1.5e300, "15" + "0" * 299),
        (5, "5"),
        (12345678901234567890, "12345678901234567890"),
        (True, "true"),
        (False, "false"),
        ("", '""'),
        ("5", '"5"'),
    ],
)
def test_values_are_spelled_in_one_way(value: metadata.MetadataValue, kept: str) -> None:
    """A number that needs an exponent loses it, a minus zero its sign; nothing else changes."""
    assert json.dumps(metadata.canonical({"k": value})["k"]) == kept


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        ("", ""),
        ("5", "5"),
        (5, "5"),
        (5.0, "5.0"),
        (1.5, "1.5"),
        (-0.0, "0.0"),
        (1e21, "1000000000000000000000"),
        (1e-7, "0.0000001"),
        (-1.25e-9, "-0.00000000125"),
        (True, "true"),
        (False, "false"),
        ("true", "true"),
        (1, "1"),
    ],
)
def test_values_are_compared_by_their_text(value: metadata.MetadataValue, text: str) -> None:
    """A value's text is that of its JSON without quotes, so that 5 and "5" are one, 5.0 is not."""
    assert metadata.text_of(value) == text


@given(st.dictionaries(st.text(max_size=5), scalars, max_size=6))
def test_the_kept_form_stays(given_metadata: dict[str, metadata.MetadataValue]) -> None:
    """What is in the kept form already is left as it is, and so is the text of every value."""
    kept = metadata.canonical(given_metadata)

    assert metadata.canonical(kept) == kept
    assert list(metadata.canonical(kept)) == list(kept)
    assert set(kept) == set(given_metadata)
    for key, value in kept.items():
        assert metadata.text_of(value) == metadata.text_of(given_metadata[key])


@given(st.dictionaries(st.text(max_size=4), scalars, max_size=6))
def test_order(given_metadata: dict[str, metadata.MetadataValue]) -> None:
    """Keys are ordered by length and then by bytes, whatever their script."""
    keys = list(metadata.canonical(given_metadata))

    assert keys == sorted(keys, key=lambda key: (len(key.encode()), key.encode()))


def test_what_has_the_kept_form_is_kept() -> None:
    """Nothing is made anew of metadata that is in the kept form."""
    given_metadata: dict[str, metadata.MetadataValue] = {"a": "x", "bb": 1}

    assert metadata.canonical(given_metadata) is given_metadata


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_text_of_a_number_has_no_exponent(number: float) -> None:
    """Whatever the number, its text is digits, and reads back as the same."""
    text = metadata.text_of(number)

    assert "e" not in text.lower()
    assert float(text) == number


def test_what_was_given_is_not_changed() -> None:
    """The kept form is another mapping; the one that was given stays as it was."""
    given_metadata: dict[str, metadata.MetadataValue] = {"bb": 1, "a": 1e21}

    metadata.canonical(given_metadata)

    assert list(given_metadata.items()) == [("bb", 1), ("a", 1e21)]
