"""The order of texts, and their case folding, as the reference's database has them.

The reference is a PostgreSQL 15 in ``en_US.UTF-8`` on glibc 2.36: ``ORDER BY`` compares with
``strcoll_l`` and breaks ties by the UTF-8 bytes; ``lower()`` and ``ILIKE`` fold each code point
with ``towlower_l``. Both are rebuilt here from facts, so that neither the machine's locale nor its
C library, nor Python's Unicode version, nor a library's upgrade can change a stored key.

A text is compared on four levels, each consulted only when those before it are equal:

1. letters, digits and currency signs; accents and case aside, all other signs skipped;
2. accents;
3. case and variants, small before capital;
4. every sign, the skipped ones too, each in its place.

A key holds the levels in that order, then, unless the text is printable ASCII, its UTF-8 bytes. Of
the second and third level, the trailing weights of the commonest kind are only counted.

Source of the facts: each assigned code point and each sequence of the compiled locale was given to
``strxfrm_l`` of glibc 2.36 (Debian 12, unchanged ``en_US``), alone and beside combining marks, and
the weights it answered were numbered anew in their order; ``towlower_l`` was asked about every
code point. ``collation.txt`` holds the answers. Where ``strcoll_l`` departs from ``strxfrm_l``,
``_walked`` follows it. docs/decisions/0003-text-order.md has the agreement that was measured.
"""

import array
import bisect
import functools
import importlib.resources
import re
import string
from typing import NamedTuple

VERSION = 1
"""Changes with the bytes of any text's key; stored keys of another version must be made again."""

NO_TEXT = b"\xff"
"""Sorts after the key of every text: the place of NULL, last when ascending."""


class _Element(NamedTuple):
    """What one code point adds to each level of a key."""

    primary: bytes
    secondary: bytes
    tertiary: bytes
    quaternary: bytes
    steps: int  # how many elements the reference sees in it
    backward: bool  # on the second level, neighbours of this kind are read from right to left
    turning: bool  # backward, and with a weight on the second level, so that it matters


class _Levels(NamedTuple):
    """What a text adds to each level of a key, the skipped ideographs at its end and all."""

    primary: bytes
    secondary: bytes
    tertiary: bytes
    quaternary: bytes
    turning: bool  # some element of it is


_END = b"\0"  # ends a level; below the first byte of any weight
_COMMON = b"\x01"  # the commonest and lowest weight of the second and third level
_UNASSIGNED = b"\x01"  # fourth level, for each UTF-8 byte of a code point the locale does not know
_PASSED_OVER = b"\xfe"  # fourth level, for an ideograph, which has no weight there
_JOINED = b"\xff"  # fourth level, between the two weights of a vowel and consonant that sort as one

# Printable ASCII in the order of each level, beside the first bytes that collation.txt gives it.
_SIGNS = " !\"#%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_LETTERED = "$" + string.digits + string.ascii_lowercase
_PRIMARY_LEADS = bytes((2, *range(4, 15), *range(16, 65, 2)))
_QUATERNARY_LEADS = bytes((*range(3, 35), *range(36, 161, 2)))
_CAPITAL = b"\x06"

_SPACE = _QUATERNARY_LEADS[:1]
_MAX_RECALLED = 40  # characters of a word whose levels are remembered

_COUNT_BASE = 255
_COUNTS = [bytes((number,)) for number in range(_COUNT_BASE)]

# What _walked loses, in ASCII: only digits and $ have a weight there and are backward.
_ASCII_LOST = re.compile(rb"[0-9$][^A-Za-z](?=[A-Za-z])")
_ASCII_SKIPPED = _SIGNS.encode()
_ASCII_PRIMARY = bytes.maketrans(
    (_LETTERED + string.ascii_uppercase).encode(), _PRIMARY_LEADS + _PRIMARY_LEADS[-26:]
)
_ASCII_TERTIARY = bytes.maketrans(
    (_LETTERED + string.ascii_uppercase).encode(), _COMMON * len(_LETTERED) + _CAPITAL * 26
)
_ASCII_QUATERNARY = bytes.maketrans(
    (_SIGNS + _LETTERED + string.ascii_uppercase).encode(), _QUATERNARY_LEADS
)


def sort_key(text: str) -> bytes:
    """Return the bytes whose order is the reference's order of texts.

    Unequal texts have unequal keys. ``text`` holds neither NUL nor surrogates. A key of ASCII
    takes two bytes a character, three up to its last capital; of other scripts five to eight.
    """
    if text.isascii() and text.isprintable():
        return _ascii_key(text.encode())
    return _general_key(text)


def _general_key(text: str) -> bytes:
    words = [
        _recalled(word) if len(word) <= _MAX_RECALLED else _levels(word) for word in text.split(" ")
    ]
    # A space has a weight on the fourth level alone, and is part of nothing that sorts as one; only
    # where _walked goes, a word is not the same in any company.
    if any(word.turning for word in words):
        words = [_levels(text)]
    key = _joined(
        b"".join([word.primary for word in words]),
        b"".join([word.secondary for word in words]),
        b"".join([word.tertiary for word in words]),
        _SPACE.join([word.quaternary for word in words]).rstrip(_PASSED_OVER),
    )
    return key + _END + text.encode()


def _levels(text: str) -> _Levels:
    if not text:
        return _Levels(b"", b"", b"", b"", turning=False)
    elements = list(map(_facts().__getitem__, _compose(text)))
    primary, secondary, tertiary, quaternary, _, _, turning = zip(*elements, strict=True)
    is_turning = any(turning)
    return _Levels(
        b"".join(primary),
        _walked(elements) if is_turning else b"".join(secondary),
        b"".join(tertiary),
        b"".join(quaternary),
        is_turning,
    )


# The words of names come again and again: most accented ones have been seen before.
_recalled = functools.lru_cache(maxsize=4096)(_levels)


def _ascii_key(raw: bytes) -> bytes:
    """Return the key of printable ASCII: what ``_general_key`` makes, without the text at its end.

    No two such texts need it to be told apart: each sign has a fourth weight which nothing shares.
    """
    primary = raw.translate(_ASCII_PRIMARY, _ASCII_SKIPPED)
    commons = len(primary)
    cases = b""
    if not raw.islower():  # most addresses have no capitals, and need no third level
        tertiary = raw.translate(_ASCII_TERTIARY, _ASCII_SKIPPED)
        cases = tertiary.rstrip(_COMMON)
        commons -= len(cases)
    return b"%b\0\0%b%b\0%b%b" % (
        primary,
        _count(len(primary) - len(_ASCII_LOST.findall(raw))),
        cases,
        _count(commons),
        raw.translate(_ASCII_QUATERNARY),
    )


def _joined(primary: bytes, secondary: bytes, tertiary: bytes, quaternary: bytes) -> bytes:
    accents = secondary.rstrip(_COMMON)
    cases = tertiary.rstrip(_COMMON)
    return b"%b\0%b\0%b%b\0%b%b" % (
        primary,
        accents,
        _count(len(secondary) - len(accents)),
        cases,
        _count(len(tertiary) - len(cases)),
        quaternary,
    )


def _count(number: int) -> bytes:
    """Return bytes in the order of the numbers, none of them the start of another."""
    if number < _COUNT_BASE:
        return _COUNTS[number]
    wraps, rest = divmod(number, _COUNT_BASE)
    return b"\xff" * wraps + _COUNTS[rest]


def lower(text: str) -> str:
    """Return the text as PostgreSQL's ``lower()`` gives it: each code point by itself.

    Nothing grows or depends on its neighbours, unlike ``str.lower``: ``İ`` is ``i``, ``Σ`` is
    always a small sigma. Case pairs newer than Unicode 14 stay as they are.
    """
    if text.isascii():
        return text.lower()
    return text.translate(_lower_table())


def _walked(elements: list[_Element]) -> bytes:
    """Return the second level as ``strcoll_l`` walks it, which is not quite as the locale says.

    A run of backward elements is read from right to left. Of a run with a forward element after
    it, the last but one is lost. The walk returns to the start of a run by a place it noted when it
    last met a weight: ideographs between there and the run, which have none, shift what it reads.
    """
    steps = [element for element in elements for _ in range(element.steps)]
    weights: list[bytes] = []
    noted = position = 0
    while position < len(steps):
        start = position
        while position < len(steps) and steps[position].backward:
            position += 1
        run = position - start
        forward = steps[position].secondary if position < len(steps) else None
        if run:
            lost = 1 if forward is None else 2
            weights.append(steps[position - 1].secondary)
            weights.extend(steps[noted + index].secondary for index in reversed(range(run - lost)))
        position += forward is not None
        if run or forward:
            noted = position
        weights.append(forward or b"")
    return b"".join(weights)


# --- what sorts as one ---------------------------------------------------------------------------

# In these scripts a vowel is written before the consonant it follows in speech and in order.
_VOWEL_FIRST = re.compile(
    "[\u0e40-\u0e44][\u0e01-\u0e2e]"  # Thai
    "|[\u0ec0-\u0ec4]"  # Lao
    "[\u0e81\u0e82\u0e84\u0e87\u0e88\u0e8a\u0e8d\u0e94-\u0e97\u0e99-\u0e9f"
    "\u0ea1-\u0ea3\u0ea5\u0ea7\u0eaa\u0eab\u0ead\u0eae\u0edc-\u0edf]"
    "|[\u19b5-\u19b7\u19ba][\u1980-\u19ab]"  # New Tai Lue
    "|[\uaab5\uaab6\uaab9\uaabb\uaabc][\uaa80-\uaaaf]"  # Tai Viet
)
_VOWELS = "\u0e40-\u0e44\u0ec0-\u0ec4\u19b5-\u19b7\u19ba\uaab5\uaab6\uaab9\uaabb\uaabc"
_JOINER = "\ud800"  # no text holds a surrogate


def _compose(text: str) -> str:
    """Return the text with each sequence that sorts as one replaced by what it sorts as."""
    telling, sequences, singles = _compositions()
    if not telling.search(text):
        return text
    text = sequences.sub(lambda match: singles[match.group()], text)
    return _VOWEL_FIRST.sub(_consonant_first, text)


def _consonant_first(match: re.Match[str]) -> str:
    text = match.group()
    return text[1] + _JOINER + text[0]


@functools.cache
def _compositions() -> tuple[re.Pattern[str], re.Pattern[str], dict[str, str]]:
    """Return the signs without which a text has no sequence, the sequences, and their singles."""
    singles = {}
    for line in _section("composed"):
        *sequence, single = (chr(int(field, 16)) for field in line.split())
        singles["".join(sequence)] = single
    telling = _VOWELS + "".join({sequence[1] for sequence in singles})
    longest_first = sorted(singles, key=len, reverse=True)
    return re.compile(f"[{telling}]"), re.compile("|".join(longest_first)), singles


# --- the facts -----------------------------------------------------------------------------------

_FIRST_IDEOGRAPH, _LAST_IDEOGRAPH = 0x4E00, 0x9FA5
_FIRST_IDEOGRAPH_RANK = 14971  # they follow everything else on the first level, by code point
_LETTER_A_RANK = 9487  # on the fourth level; what comes before it is read backward on the second


class _Codes:
    """Numbers ranks as bytes of one to three: prefix-free, in the same order, never 0xfe or 0xff.

    ASCII has the codes of one byte, so that most keys are short.
    """

    _BASE = 254

    def __init__(self, lines: list[str]) -> None:
        rows = [tuple(map(int, line.split())) for line in lines]
        self._ranks = [row[0] for row in rows]
        self._leads = [row[1] for row in rows]
        self._widths = [row[2] for row in rows]

    def __getitem__(self, rank: int) -> bytes:
        row = bisect.bisect_right(self._ranks, rank) - 1
        lead, width, offset = self._leads[row], self._widths[row], rank - self._ranks[row]
        high, low = divmod(offset, self._BASE)
        match width:
            case 1:
                return bytes((lead + offset,))
            case 2:
                return bytes((lead + high, low))
            case _:
                return bytes((lead, high, low))


class _Facts(dict[str, _Element]):
    """The element of each code point, made when first asked for.

    The facts themselves are kept in a few arrays (0.3 MB); this mapping only remembers what was
    asked, and forgets it all when it has grown too large.
    """

    _LIMIT = 4096

    def __init__(self) -> None:
        super().__init__()
        self._primary_codes = _Codes(_section("primary"))
        self._quaternary_codes = _Codes(_section("quaternary"))
        self._shapes = [
            tuple(bytes(map(int, weights.split())) for weights in line.split("/"))
            for line in _section("shapes")
        ]
        self._firsts = array.array("I")  # the code point at which each run starts
        self._counts = array.array("H")
        self._run_shapes = array.array("H")
        self._ranks = array.array("H")
        self._primaries = array.array("H")  # of all runs, one after the other
        self._primary_ends = array.array("H")
        for line in _section("elements"):
            first, count, shape, rank, *primaries = line.split()
            self._firsts.append(int(first, 16))
            self._counts.append(int(count))
            self._run_shapes.append(int(shape))
            self._ranks.append(int(rank))
            self._primaries.extend(map(int, primaries))
            self._primary_ends.append(len(self._primaries))

    def __missing__(self, character: str) -> _Element:
        if len(self) >= self._LIMIT:
            self.clear()
        self[character] = element = self._find(character)
        return element

    def _find(self, character: str) -> _Element:
        if character == _JOINER:
            return _Element(b"", b"", b"", _JOINED, steps=0, backward=False, turning=False)
        code_point = ord(character)
        if _FIRST_IDEOGRAPH <= code_point <= _LAST_IDEOGRAPH:
            rank = _FIRST_IDEOGRAPH_RANK + code_point - _FIRST_IDEOGRAPH
            primary = self._primary_codes[rank]
            return _Element(primary, b"", b"", _PASSED_OVER, 1, backward=False, turning=False)
        run = bisect.bisect_right(self._firsts, code_point) - 1
        step = code_point - self._firsts[run]
        if run < 0 or step >= self._counts[run]:
            unassigned = _UNASSIGNED * len(character.encode())
            return _Element(
                b"", b"", b"", unassigned, len(unassigned), backward=True, turning=False
            )
        start = self._primary_ends[run - 1] if run else 0
        primaries = self._primaries[start : self._primary_ends[run]]
        secondary, tertiary = self._shapes[self._run_shapes[run]]
        rank = self._ranks[run] + step
        backward = rank < _LETTER_A_RANK
        return _Element(
            b"".join([self._primary_codes[primary + step] for primary in primaries]),
            secondary,
            tertiary,
            self._quaternary_codes[rank],
            steps=1,
            backward=backward,
            turning=backward and bool(secondary),
        )


@functools.cache
def _facts() -> _Facts:
    return _Facts()


@functools.cache
def _lower_table() -> dict[int, int]:
    table = {}
    for line in _section("lower"):
        first, last, step, shift = line.split()
        for code_point in range(int(first, 16), int(last, 16) + 1, int(step)):
            table[code_point] = code_point + int(shift)
    return table


def _section(name: str) -> list[str]:
    """Return the lines of a ``[section]`` of collation.txt: up to the next empty line."""
    text = (
        importlib.resources.files("icefloe.domain.values")
        .joinpath("collation.txt")
        .read_text("ascii")
    )
    return text.partition(f"[{name}]\n")[2].partition("\n\n")[0].splitlines()
