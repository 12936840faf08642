"""Misspelt names: which of the known ones was probably meant."""

import difflib
from collections.abc import Iterable


def find_close(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like another one, if any is; case, `-` and `_` do not count."""
    by_letters: dict[str, str] = {}
    for each in known:
        by_letters.setdefault(_letters_of(each), each)
    close = difflib.get_close_matches(_letters_of(name), by_letters, 1)
    return by_letters[close[0]] if close else None


def hint(name: str, known: Iterable[str]) -> str:
    """What to add to an error about an unknown name: `; did you mean 'email'?`, or nothing."""
    close = find_close(name, known)
    return f"; did you mean {close!r}?" if close else ""


def _letters_of(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold())) or name
