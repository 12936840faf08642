"""Misspelt names: which of the known ones was probably meant."""

import difflib
import re
from collections.abc import Iterable

_WORDS = re.compile(r"[^\W_]+")


def find_close(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like another one, if any is; case, `-` and `_` do not count.

    Otherwise the one that the name has as its last word, as `Customer Email` has `Email`.
    """
    by_letters: dict[str, str] = {}
    for each in known:
        by_letters.setdefault(_letters_of(each), each)
    for wanted in (name, _WORDS.findall(name)[-1:]):
        letters = _letters_of("".join(wanted))
        close = difflib.get_close_matches(letters, by_letters, 1)
        if close:
            return by_letters[close[0]]
    return None


def hint(name: str, known: Iterable[str]) -> str:
    """What to add to an error about an unknown name: `; did you mean 'email'?`, or nothing."""
    close = find_close(name, known)
    return f"; did you mean {close!r}?" if close else ""


def _letters_of(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold())) or name
