"""A log in memory: numbered entries, of which the oldest are dropped first."""

from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

MAX_ENTRIES = 1_000
# Bytes of one log.
MAX_BYTES = 8 * 1024 * 1024


class Entry(Protocol):
    """An entry of a log."""

    @property
    def number(self) -> int:
        """Counts the entries of an organization from 1."""

    @property
    def weight(self) -> int:
        """About how many bytes it takes."""


E = TypeVar("E", bound=Entry)


class BoundedLog(Generic[E]):
    """The last entries, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[E] = deque(maxlen=MAX_ENTRIES)
        self._bytes = 0
        self._last = 0

    @property
    def last(self) -> int:
        """The number of the newest entry there has been; 0 where there was none."""
        return self._last

    def append(self, make: Callable[[int], E]) -> E:
        """Append the entry that is made of the next number."""
        self._last += 1
        entry = make(self._last)
        if len(self._entries) == MAX_ENTRIES:
            self._bytes -= self._entries[0].weight
        self._entries.append(entry)
        self._bytes += entry.weight
        while self._bytes > MAX_BYTES:
            self._bytes -= self._entries.popleft().weight
        return entry

    def find(self, after: int, limit: int) -> list[E]:
        """The oldest `limit` entries with a higher number."""
        return [entry for entry in self._entries if entry.number > after][:limit]

    def clear(self) -> None:
        """Forget the entries; numbering goes on."""
        self._entries.clear()
        self._bytes = 0
