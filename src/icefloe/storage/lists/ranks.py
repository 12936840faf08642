"""Ranks: where in a long list its pages begin, so that the last is found as fast as the first."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from icefloe.storage.lists.change_log import Change, Disagrees
from icefloe.storage.lists.facets import Facets
from icefloe.storage.lists.filters import Filter

# Up to so many customers each has its own place; more share buckets, of which there are about as many.
MAX_EXACT = 4_096
_BUCKETS = 1_024
_MAX_BUCKETS = 4 * MAX_EXACT

Place = tuple[Any, ...]
"""Where a customer stands in an order: the order's columns, the sequence being the last."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where to go into an order for a page.

    Attributes:
        bound: in an ascending order the first place, in a descending one the place before which the
            bucket ends; None for the very end.
        skip: how many customers of the list to step over from there.
        bucket: the bucket's number.
    """

    bound: Place | None
    skip: int
    bucket: int


@dataclass(frozen=True, slots=True)
class GroupStart:
    """Where a group of customers begins who are equal by an order's first column.

    Attributes:
        before: how many stand before the bucket in which it begins.
        bound: that bucket's first place; None where nobody else is in it.
        following: the next bucket's, if there is one.
    """

    before: int
    bound: Place | None
    following: Place | None


def bucket_size(total: int) -> int:
    """How many customers share a bucket in a list of so many."""
    return 1 if total <= MAX_EXACT else -(-total // _BUCKETS)


class Ranks:
    """The buckets of a list: the place of each one's first customer, and how many it has.

    Places are in ascending order, whichever way a page is read. Where a bucket has room for one, all
    places are known, and a page needs no search at all.
    """

    def __init__(self, names: Sequence[str], size: int, places: list[Place], total: int) -> None:
        """Make the ranks of a list.

        Args:
            names: the order's columns.
            size: how many customers a bucket has.
            places: the first, and each further one after so many customers.
            total: how many customers there are.
        """
        self.names = tuple(names)
        self.size = size
        self.total = total
        self._places = places
        self._counts = [size] * len(places)
        if places:
            self._counts[-1] = total - size * (len(places) - 1)
        self._starts: list[int] | None = None

    @property
    def is_exact(self) -> bool:
        """Whether every customer's place is known."""
        return self.size == 1

    @property
    def weight(self) -> int:
        """How many places it holds."""
        return len(self._places)

    @property
    def is_worn(self) -> bool:
        """Whether so much has changed that it is better made anew."""
        return len(self._places) > (2 * MAX_EXACT if self.is_exact else _MAX_BUCKETS)

    def apply(self, change: Change, wanted: Filter) -> None:
        """Apply a change of one customer, if it concerns the list.

        Raises:
            Disagrees: the ranks do not have what the change starts from; they are good for nothing now.
        """
        before = change.before if wanted.finds(change.before) else None
        after = change.after if wanted.finds(change.after) else None
        if before is not None and after is not None and self._place(before) == self._place(after):
            return
        if before is not None:
            self._remove(self._place(before))
        if after is not None:
            self._add(self._place(after))

    def find_sequences(self, offset: int, limit: int, *, descending: bool) -> list[int]:
        """The sequences of a page's customers, in order; only where every place is known."""
        if descending:
            last = self.total - offset
            found = self._places[max(last - limit, 0) : max(last, 0)]
            return [place[-1] for place in reversed(found)]
        return [place[-1] for place in self._places[offset : offset + limit]]

    def find_entrance(self, offset: int, *, descending: bool) -> Entrance:
        """Where a page begins that is there: `offset` is less than the total."""
        starts = self._find_starts()
        if not descending:
            at = bisect_right(starts, offset) - 1
            return Entrance(self._places[at], offset - starts[at], at)
        rank = self.total - 1 - offset
        at = bisect_right(starts, rank) - 1
        bound = self._places[at + 1] if at + 1 < len(self._places) else None
        return Entrance(bound, starts[at + 1] - 1 - rank, at)

    def find_group(self, value: Any, *, descending: bool) -> GroupStart:
        """Where the group begins of those who have a value in the order's first column.

        Args:
            value: the value.
            descending: whether the order is read from its end.
        """
        starts = self._find_starts()
        if descending:
            behind = bisect_right(self._places, value, key=_first_of)
            if behind == 0:
                return GroupStart(self.total, None, None)  # everybody is behind the group
            following = self._places[behind] if behind < len(self._places) else None
            return GroupStart(self.total - starts[behind], self._places[behind - 1], following)
        at = bisect_left(self._places, value, key=_first_of) - 1
        if at < 0:
            return GroupStart(0, None, None)
        following = self._places[at + 1] if at + 1 < len(self._places) else None
        return GroupStart(starts[at], self._places[at], following)

    def is_large(self, bucket: int) -> bool:
        """Whether a bucket has grown so much that it should be split."""
        return self._counts[bucket] > 2 * self.size

    def bounds_of(self, bucket: int) -> tuple[Place, Place | None]:
        """The place of a bucket's first customer, and of the next bucket's, if there is one."""
        behind = self._places[bucket + 1] if bucket + 1 < len(self._places) else None
        return self._places[bucket], behind

    def split(self, bucket: int, places: list[Place]) -> None:
        """Put several buckets in one's place.

        Args:
            bucket: the one that is too large.
            places: where the new ones begin, each with the usual number of customers but the last.

        Raises:
            Disagrees: the bucket has another number of customers than was remembered.
        """
        counts = [self.size] * (len(places) - 1)
        last = self._counts[bucket] - sum(counts)
        if not 0 < last <= self.size:
            raise Disagrees("a bucket has another number of customers than was remembered")
        self._places[bucket : bucket + 1] = places
        self._counts[bucket : bucket + 1] = [*counts, last]
        self._starts = None

    def _find_starts(self) -> list[int]:
        """How many customers stand before each bucket, and in the end all of them."""
        if self._starts is None:
            self._starts = [0, *accumulate(self._counts)]
        return self._starts

    def _place(self, facets: Facets) -> Place:
        return tuple([getattr(facets, name) for name in self.names])

    def _add(self, place: Place) -> None:
        self.total += 1
        self._starts = None
        if self.is_exact:
            at = bisect_left(self._places, place)
            if self._has(place, at):
                raise Disagrees("a customer who is new to the list has a place in it")
            self._places.insert(at, place)
            self._counts.append(1)
            return
        at = bisect_right(self._places, place) - 1
        if at >= 0:
            self._counts[at] += 1
        elif self._places:
            self._places[0] = place
            self._counts[0] += 1
        else:
            self._places, self._counts = [place], [1]

    def _remove(self, place: Place) -> None:
        self.total -= 1
        self._starts = None
        if self.is_exact:
            at = bisect_left(self._places, place)
            if not self._has(place, at):
                raise Disagrees("a customer who leaves the list has no place in it")
            del self._places[at]
            self._counts.pop()
            return
        at = bisect_right(self._places, place) - 1
        if at < 0:
            raise Disagrees("a customer who leaves the list stands before its first place")
        self._counts[at] -= 1
        if not self._counts[at]:
            del self._places[at], self._counts[at]

    def _has(self, place: Place, at: int) -> bool:
        """Whether a place is at an index of the places."""
        return at < len(self._places) and self._places[at] == place


def _first_of(place: Place) -> Any:
    return place[0]
