"""Passwords: which are accepted, and their Argon2id hashes, computed on a thread.

A hash takes some 20 ms and 19 MiB on purpose. One is computed at a time: concurrent sign-ins queue,
and neither memory nor the event loop suffers.
"""

import asyncio
import functools
import re
import string
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import TYPE_CHECKING, TypeVar

from icefloe.domain.values import errors

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")

SHORTEST = 10
"""How many characters a password has at least."""

LONGEST = 1024
"""How many it has at most."""

_FEWEST_DIFFERENT = 5  # characters
_MOST_PARTS = 3
_SHORTEST_ROW = 4
_ROWS = ("012345678901234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop",
         "azertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
         "1q2w3e4r5t6y7u8i9o0p")  # fmt: skip
_DIGITS_AND_SIGNS = string.digits + string.punctuation
_SPELLINGS = str.maketrans("013457@$!", "oleastasi")
_NO_LETTERS = re.compile(r"[\W\d_]+")


def check(password: str, email: str) -> None:
    """Check that a password is long enough and not easy to guess.

    Args:
        password: the chosen one.
        email: the person's address, which is refused as a password too.

    Raises:
        InvalidValue: it is not; the message says what to do.
    """
    if len(password) < SHORTEST:
        raise errors.InvalidValue(f"a password has at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise errors.InvalidValue(f"a password has at most {LONGEST} characters")
    if not _is_text(password):
        raise errors.InvalidValue("a password is text")
    if _is_easy(password.casefold(), email.casefold()):
        raise errors.InvalidValue(
            "that password is among the first that others try; several words together make a good one"
        )


def _is_easy(password: str, email: str) -> bool:
    if len(set(password)) < _FEWEST_DIFFERENT:
        return True
    if password in {email, email.partition("@")[0]}:
        return True
    # A year at the end counts as a word, and a digit within a word may stand for a letter.
    core = password.strip(_DIGITS_AND_SIGNS)
    spellings = (password, password.translate(_SPELLINGS), core.translate(_SPELLINGS))
    return any(_is_made_of_common_parts(one) for one in spellings)


def _is_made_of_common_parts(password: str) -> bool:
    """Whether it is nothing but a few common words and rows of keys, with digits and signs."""
    parts = _common().findall(password)
    letters = _NO_LETTERS.sub("", _common().sub("", password))
    return not letters and 0 < len(set(parts)) <= _MOST_PARTS


@functools.cache
def _common() -> re.Pattern[str]:
    text = (
        resources.files("icefloe.domain.people").joinpath("common_passwords.txt").read_text("utf-8")
    )
    words = set(text.split())
    for row in _ROWS:
        for part in (row, row[::-1]):
            words |= {
                part[start:end]
                for start in range(len(part))
                for end in range(start + _SHORTEST_ROW, len(part) + 1)
            }
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, longest_first)))


def _is_text(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True


class Passwords:
    """Hashes passwords, and verifies them."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None

    async def hash(self, password: str) -> str:
        """The stored form of a password: Argon2id's text, with its parameters and a salt."""
        return await self._run(lambda hasher: hasher.hash(_prepared(password)))

    async def is_right(self, password: str, password_hash: str | None) -> bool:
        """Whether a password matches a hash; without a hash False, after the same work."""
        if len(password) > LONGEST:
            # No password is that long, and normalising a megabyte of accents takes minutes.
            password, password_hash = password[:LONGEST], None

        def work(hasher: "PasswordHasher") -> bool:
            from argon2.exceptions import VerifyMismatchError  # noqa: PLC0415 - as below

            if password_hash is None:
                hasher.hash(_prepared(password))
                return False
            try:
                return hasher.verify(password_hash, _prepared(password))
            except VerifyMismatchError:
                return False

        return await self._run(work)

    async def _run(self, work: Callable[["PasswordHasher"], T]) -> T:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="icefloe-passwords")
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: work(_hasher())
        )


@functools.cache
def _hasher() -> "PasswordHasher":
    """Argon2id with OWASP's parameters: its memory makes guessing expensive."""
    # Imported late: only signing in needs it, and start-up must be fast.
    import argon2  # noqa: PLC0415

    return argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def _prepared(password: str) -> bytes:
    """The normalised bytes of a password, the same from every keyboard."""
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")
