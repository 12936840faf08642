"""Chance that falls the same way on every platform and Python version."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """An endless sequence of numbers that follows from its key alone.

    Each attribute of a customer draws from a key of its own, so that a new attribute, or a longer
    word list for one, leaves the others as they were.
    """

    def __init__(self, *key: str | int) -> None:
        self._key = "/".join(str(part) for part in key)
        self._count = 0

    def octets(self, size: int) -> bytes:
        """`size` bytes, at most 64."""
        self._count += 1
        return hashlib.blake2b(f"{self._key}/{self._count}".encode(), digest_size=size).digest()

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1."""
        return int.from_bytes(self.octets(8), "big") % bound

    def between(self, lowest: int, highest: int) -> int:
        """A number from `lowest` to `highest`, both included."""
        return lowest + self.below(highest - lowest + 1)

    def chance(self, percent: int) -> bool:
        """True in `percent` of a hundred cases."""
        return self.below(100) < percent

    def pick(self, options: Sequence[T]) -> T:
        """One of `options`, each as likely as any other."""
        return options[self.below(len(options))]

    def digits(self, length: int) -> str:
        """`length` decimal digits, the first of them not 0."""
        return str(self.between(10 ** (length - 1), 10**length - 1))
