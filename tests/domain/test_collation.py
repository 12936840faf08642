"""The order and the folding of texts, as the reference's database showed them."""

# ruff: noqa: RUF001 - texts of many scripts are the cases here.

import itertools
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icefloe.domain.values import collation

# Each list as PostgreSQL 15 in en_US.UTF-8 on glibc 2.36 ordered it, from first to last.
# Formatted by hand: one text a line would hide the order.
# fmt: off
OBSERVED: dict[str, list[str]] = {
    "documented": [
        "1", "@a", "a", "A", "á", "Á", "a1", "a b", "a-b", "a.b", "a_b", "ab", "ab1", "a c",
        "ann1@x", "ann@x", "ann.z@x", "b", "B",
    ],
    "names": [
        "", "ann", "Ann", "ANN", "Anna", "Anna Lee", "Annemarie", "Anne Marie", "Anne-Marie",
        "Ann Lee", "Ann Zed", "d'Arc", "Darc", "de la Cruz", "Delacruz", "Mcdonald", "McDonald",
        "Oneil", "O'Neil", "ONeil", "van Dyk", "Vandyk",
    ],
    "addresses": [
        "1.0@x.io", "10@x.io", "2@x.io", "ann+1@example.com", "ann.1@example.com",
        "ann1@example.com", "ann@a.example.com", "ann-b@example.com", "ann_b@example.com",
        "annb@example.com", "ann@example.com", "Ann@example.com", "ann@example.org",
    ],
    "signs": [
        "\x09", " ", "!", '"', "#", "%", "&", "'", "(", ")", "*", "+", ",", "-", ".", "/", ":",
        ";", "<", "=", ">", "?", "@", "[", "\\", "]", "^", "_", "`", "{", "|", "}", "~", "\xa0",
        "§", "©", "«", "—", "…", "$", "£", "€", "1", "½", "2", "²", "a", "™",
    ],
    "digits before a sign": [
        "$$a", "$.a", "$a", "12 c", "1 2c", "1-A", "1--A", "1.c", ".1c", "1..c", " 2", "2",
        "2 ", "2 C", "2c", " 2C", "2C", "a2.c", "a.2c",
    ],
    "Latin": [
        "a", "Ạ", "ậ", "ae", "aé", "æ", "Ærø", "af", "cote", "coté", "côte", "côté", "d", "đ",
        "ð", "dz", "dž", "ǆ", "ǅ", "Ǆ", "e", "fin", "ﬁn", "fio", "i", "I", "İ", "ij", "ĳ", "ı",
        "lodz", "Lodz", "łódź", "Łódź", "n", "ñ", "Ñ", "o", "ø", "ost", "Ost", "Öst", "oz",
        "resume", "Resume", "RESUME", "resumé", "résumé", "Résumé", "strasse", "STRASSE",
        "straße", "Straße", "straßen", "t", "th", "u", "Zoe", "Zoë", "zoo", "þ", "ŉ",
    ],
    "Cyrillic": [
        "z", "анна", "Анна", "АННА", "г", "ґ", "ђ", "ежик", "елка", "Елка", "ёлка", "Ёлка",
        "жук", "и", "иван", "Иван", "ія", "и\u0306", "й", "Й", "яна",
    ],
    "Greek": [
        "αλφα", "ἄλφα", "άλφα", "Άλφα", "Γιωργος", "Γιώργος", "μ", "µ", "ν", "σοφια", "σοφοσ",
        "ΣΟΦΟΣ", "σοφός", "Ω", "\u2126", "ωμεγα", "Ωμέγα",
    ],
    "Arabic and Hebrew": [
        "א", "ב", "דוד", "ד\u05b8\u05bcו\u05b4ד", "כ", "ך", "שרה", "ש\u05b8\u05c2ר\u05b8ה",
        "آدم", "ا\u0653دم", "أحمد", "احمد", "ب", "بـ", "على", "علي", "ع\u064eل\u0650ي", "محمد",
        "م\u064fح\u064eم\u064e\u0651د",
    ],
    "Thai": [
        "ก", "ก\u0e47", "ก\u0e32", "ก.\u0e40", "ก\u0e40", "ก\u0e40.", "\u0e40ก", "\u0e40ก.",
        "\u0e40กง", "\u0e40ก\u0e48ง", "\u0e41ก", "\u0e44ก", "ข\u0e32", "\u0e40ข\u0e32",
        "\u0e41ข", "สมช\u0e32ย", "\u0e40",
    ],
    "Devanagari": [
        "\u0902", "क", "क\u093c", "\u0958", "क\u093e", "क\u093f", "र\u093eज", "र\u093eम",
        "र\u093eम\u093e", "स\u093fत\u093e", "स\u0940त\u093e",
    ],
    "kana and ideographs": [
        "ー", "z", "あ", "ア", "ｱ", "い", "か", "か\u3099", "が", "ガ", "たなか", "タナカ",
        "ﾀﾅｶ", "⼀", "㊀", "\uf900", "一", "。一", "一 .", "一.", "一a", "丁", "李", "王",
        "王小明", "龥",
    ],
    "unknown to the locale": [
        "\x01", "\u0378", "㐀", "가", "각", "박", "\ue000", "🥰", "𠀀", "김민수", "가.", "\x02",
        ".가", "가a", "a", "a\x01", "a가",
    ],
    "emoji": [
        "❤", "❤\ufe0f", "👩", "👩\u200d🚀", "🙂", "🦊", "🙂 ann", "a🙂nn", "ann", "ann 🙂",
        "ann🦊", "annb",
    ],
    "combining": [
        "\u0301", "\u0323", "\u0301\u0323", "1\u0301\u03232a", "1\u0323\u03012a", "e",
        "e\u0301", "é", "e\u0323\u0301", "e\u0301\u0323", "ea", "e\u0323\u0301a",
        "e\u0301\u0323a", "e\u0301.\u0323a", "ll", "l·l", "ŀl", "一\u0301\u0323\u0308a",
        "一\u0323\u0301\u0308a",
    ],
    "scripts": [
        "가", "🙂", "€", "9", "a", "z", "þ", "α", "а", "ა", "ա", "א", "ا", "አ", "अ", "ක", "ก",
        "ᚠ", "ᄀ", "あ", "ꀀ", "一",
    ],
}
# fmt: on

# Text and what lower() made of it there; one code point never becomes two, nor looks around.
FOLDED = {
    "ANN.Smith@Example.ORG": "ann.smith@example.org",
    "ÉÀÞŸ": "éàþÿ",
    "İI": "ii",
    "ıß": "ıß",
    "STRAẞE": "straße",
    "ΣΟΦΟΣ": "σοφοσ",
    "ǄǅǱǲ": "ǆǆǳǳ",
    "ЁЖЫ": "ёжы",
    "ԱԲ": "աբ",
    "ᲐᲑ": "აბ",
    "ႠႡ": "ⴀⴁ",
    "ᎠᏰ": "\uab70ᏸ",
    "ᾈῼ": "ᾀῳ",
    "\u2126\u212a\u212b": "ωkå",
    "Ⅷ Ⓐ Ａ": "ⅷ ⓐ ａ",
    "\U00010400\U0001e900": "\U00010428\U0001e922",
    "\ua7cb\U00010d50": "\ua7cb\U00010d50",
    "王 김 ก 🦊": "王 김 ก 🦊",
}

FIXED_BYTES = {
    "": "00 00 00 00 00",
    "Ann 1": "0e 28 28 05 00 00 04 06 00 03 6e 54 54 03 28",
    "é": "16 00 01 05 00 00 00 02 43 15 00 c3 a9",
    "王": "a0 2f 00 00 00 00 00 00 e7 8e 8b",
    "가": "00 00 00 00 00 01 01 01 00 ea b0 80",
    "เก": "4d e9 4e 25 00 00 02 00 02 b6 19 ff b6 53 00 e0 b9 80 e0 b8 81",
}

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
LETTERS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1)
# Some end or begin with what joins a neighbour, turns round, or is passed over on some level.
WORDS = [
    "",
    "Søren",
    "O'Brien",
    "é1",
    "1é",
    "$é9",
    "①",
    "王",
    "王2",
    "เ",
    "ก",
    "เก",
    "e\u0301",
    "\u0301",
    "🙂",
]
SKIPPED = st.text(" !\"#%&'()*+,-./:;<=>?@[\\]^_`{|}~🙂", max_size=5)


@pytest.fixture(scope="module", autouse=True)
def facts() -> None:
    """Read the facts once, so that no property's first case pays for it."""
    collation.sort_key("é")
    collation.lower("É")


class TestSortKey:
    """sort_key: the bytes by which texts are ordered."""

    @pytest.mark.parametrize("name", OBSERVED)
    def test_observed_order(self, name: str) -> None:
        """Texts sort as the reference's database was seen to sort them."""
        observed = OBSERVED[name]

        assert observed == sorted(observed, key=collation.sort_key)

    @pytest.mark.parametrize("name", OBSERVED)
    def test_neighbours_differ(self, name: str) -> None:
        """Each text's key is strictly below the key of the text seen after it."""
        for before, after in itertools.pairwise(OBSERVED[name]):
            assert collation.sort_key(before) < collation.sort_key(after), (before, after)

    def test_fixed_bytes(self) -> None:
        """A key's bytes stay as they are for as long as VERSION is 1, for keys are stored."""
        assert collation.VERSION == 1
        assert {
            text: collation.sort_key(text).hex(" ") for text in ("", "Ann 1", "é", "王", "가", "เก")
        } == FIXED_BYTES

    def test_no_text(self) -> None:
        """NO_TEXT sorts after every text: a missing one comes last when ascending."""
        assert all(
            collation.sort_key(text) < collation.NO_TEXT
            for text in ("", "z", "龥", "\ufffd", "\U0010ffff", "가" * 300)
        )

    def test_long_text(self) -> None:
        """A text of any length has a key, and comes after each of its beginnings."""
        lengths = [1, 254, 255, 256, 511, 70_000]
        for text in ("a", "1", "é", "가"):
            keys = [collation.sort_key(text * length) for length in lengths]
            assert keys == sorted(keys)

    @given(st.lists(st.sampled_from(OBSERVED["documented"]), unique=True))
    def test_documented_order(self, texts: list[str]) -> None:
        """Any of the documented texts sort in the documented order, whatever order they come in."""
        place = OBSERVED["documented"].index

        assert sorted(texts, key=place) == sorted(texts, key=collation.sort_key)

    @given(TEXTS, TEXTS)
    def test_unequal_texts(self, first: str, second: str) -> None:
        """Unequal texts have unequal keys, and equal texts equal keys."""
        assert (first == second) == (collation.sort_key(first) == collation.sort_key(second))

    @given(st.lists(TEXTS, unique=True, max_size=6), st.randoms(use_true_random=False))
    def test_total_order(self, texts: list[str], chance: random.Random) -> None:
        """Texts have one order: shuffled, they sort the same again."""
        shuffled = chance.sample(texts, len(texts))

        assert sorted(texts, key=collation.sort_key) == sorted(shuffled, key=collation.sort_key)

    @given(TEXTS)
    def test_below_no_text(self, text: str) -> None:
        """Every text sorts before a missing one."""
        assert collation.sort_key(text) < collation.NO_TEXT

    @given(PRINTABLE)
    def test_ascii_shortcut(self, text: str) -> None:
        """The shortcut for printable ASCII makes what the general way makes, without its tail."""
        raw = text.encode()
        if text:
            assert collation._general_key(text) == collation._ascii_key(raw) + b"\0" + raw

    @given(st.lists(st.one_of(TEXTS, LETTERS, st.sampled_from(WORDS)), min_size=1, max_size=5))
    def test_words_by_themselves(self, words: list[str]) -> None:
        """The key that is made of words, remembered or not, is that of the text as a whole."""
        text = " ".join(words)
        whole = collation._levels(text)

        expected = collation._joined(
            whole.primary,
            whole.secondary,
            whole.tertiary,
            whole.quaternary.rstrip(collation._PASSED_OVER),
        )
        assert collation._general_key(text) == expected + b"\0" + text.encode()

    @given(LETTERS, LETTERS, SKIPPED, SKIPPED)
    def test_letters_before_signs(self, first: str, second: str, sign: str, other: str) -> None:
        """Spaces, punctuation and emoji change nothing between texts whose letters differ."""
        if first.lower() == second.lower():
            return
        plain = collation.sort_key(first) < collation.sort_key(second)
        signed = sign.join(first) + sign, other + other.join(second)

        assert plain == (collation.sort_key(signed[0]) < collation.sort_key(signed[1]))
        assert plain == (first.lower() < second.lower())

    @given(LETTERS)
    def test_small_before_capital(self, text: str) -> None:
        """Among texts that differ in case alone, the one all small comes first."""
        assert collation.sort_key(text.lower()) <= collation.sort_key(text)
        assert collation.sort_key(text) <= collation.sort_key(text.upper())


class TestLower:
    """lower: the folding of lower() and ILIKE."""

    @pytest.mark.parametrize("text", FOLDED)
    def test_observed_folding(self, text: str) -> None:
        """Texts fold as the reference's database was seen to fold them."""
        assert FOLDED[text] == collation.lower(text)

    @given(TEXTS, TEXTS)
    def test_each_by_itself(self, first: str, second: str) -> None:
        """Each code point folds to one, whatever stands beside it."""
        folded = collation.lower(first + second)

        assert folded == collation.lower(first) + collation.lower(second)
        assert len(folded) == len(first) + len(second)

    @given(TEXTS)
    def test_once_is_enough(self, text: str) -> None:
        """What is folded folds to itself."""
        assert collation.lower(collation.lower(text)) == collation.lower(text)


class TestFacts:
    """The file of facts: read when needed, and no more of it kept than needed."""

    @pytest.mark.processes
    def test_ascii_needs_no_facts(self) -> None:
        """Keys and folding of printable ASCII do not read the facts: a start stays quick."""
        program = (
            "from icefloe.domain.values import collation\n"
            "collation.sort_key('ann.smith@example.com'); collation.lower('ANN')\n"
            "print(collation._facts.cache_info().currsize, "
            "collation._lower_table.cache_info().currsize)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )

        assert done.stdout.split() == ["0", "0"]

    def test_memory_is_bounded(self) -> None:
        """However many different code points were seen, only so many are remembered."""
        for code_point in range(0x4E00, 0x9FA6):
            collation.sort_key(chr(code_point))

        assert len(collation._facts()) <= collation._Facts._LIMIT

    def test_words_are_bounded(self) -> None:
        """However many different words were seen, only so many are remembered, and no long ones."""
        for number in range(5000):
            collation.sort_key(f"é{number}")
        remembered = collation._recalled.cache_info()
        collation.sort_key("é" * 1000)

        assert remembered.currsize == remembered.maxsize
        assert collation._recalled.cache_info() == remembered
