"""Numbers derived from a key: random to anyone without the key, and repeatable."""

import hmac
from collections.abc import Callable
from uuid import UUID


def drawn_from(key: bytes, label: str) -> Callable[[int], int]:
    """A source of whole numbers below its argument, the same on every machine.

    Args:
        key: without it the numbers cannot be predicted.
        label: their purpose; each label has a sequence of its own.
    """
    count = 0

    def below(bound: int) -> int:
        nonlocal count
        count += 1
        digest = hmac.digest(key, f"{label} {count}".encode(errors="surrogatepass"), "sha256")
        return int.from_bytes(digest) % bound

    return below


def make_id(random_below: Callable[[int], int]) -> UUID:
    """An identifier of version 4, from a source of whole numbers below its argument."""
    return UUID(int=random_below(1 << 128), version=4)
