"""Locales are kept as the language registry spells them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icefloe.domain.values import locales


@pytest.mark.parametrize(
    ("tag", "kept"),
    [
        ("en", "en"),
        ("EN-gb", "en-GB"),
        ("pt_br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("en-GB-oxendict", "en-GB-oxendict"),
        ("iw", "he"),
        ("deu", "de"),
        ("es-419", "es-419"),
    ],
)
def test_tags_are_standardised(tag: str, kept: str) -> None:
    """Case, separator and replaced codes follow the registry."""
    assert locales.standardise(tag) == kept


@pytest.mark.parametrize(
    "tag", ["", " ", "e", "english", "en-", "en--US", "en-US-US", "xx", "zz-ZZ-zz", "en US", "é"]
)
def test_unregistered_tags_are_refused(tag: str) -> None:
    """Text that is no registered tag is refused in the contract's words."""
    with pytest.raises(locales.InvalidLocale, match=r"^Invalid IETF BCP 47 language tag$"):
        locales.standardise(tag)


@pytest.mark.parametrize("tag", ["und", "x-private", "root"])
def test_tags_without_a_language_are_refused(tag: str) -> None:
    """A valid tag must still name a language of two or three letters."""
    with pytest.raises(locales.InvalidLocale):
        locales.standardise(tag)


@given(st.text(max_size=20) | st.from_regex(r"[a-zA-Z]{2,3}([-_][\w]{1,8}){0,3}", fullmatch=True))
def test_any_text_is_a_tag_or_refused(tag: str) -> None:
    """Whatever the text, the answer is a tag that stays as it is, or the one refusal."""
    try:
        kept = locales.standardise(tag)
    except locales.InvalidLocale:
        return
    assert locales.standardise(kept) == kept
