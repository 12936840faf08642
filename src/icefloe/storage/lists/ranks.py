"""Ranks: a list's index keys at regular intervals, so that any page is one short index range.

The trade knows this as an order-statistic index, or rank buckets. A bucket is a run of neighbours in
the order; its first index key and its number of customers are known. This module is pure memory: it
neither reads the database nor locks.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from icefloe.storage.lists.change_log import Change, Disagrees
from icefloe.storage.lists.facets import Facets
from icefloe.storage.lists.filters import Filter

# Customers in a list of which every index key is known; longer lists have buckets of several customers.
MAX_EXACT = 4_096
# Buckets of a longer list when it is built; and the most that splits may make of them.
_BUCKETS = 1_024
_MAX_BUCKETS = 4 * MAX_EXACT

IndexKey = tuple[Any, ...]
"""A customer's key in an order's index: the values of the order's columns, the sequence last."""


@dataclass(frozen=True, slots=True)
class SeekPoint:
    """Where to seek in an index for a page.

    Attributes:
        bound: ascending, the key to begin at; descending, the key to begin just before, None for the
            index's end.
        skip: how many customers of the list to step over from there.
        bucket: the number of the bucket in which the page begins.
    """

    bound: IndexKey | None
    skip: int
    bucket: int


@dataclass(frozen=True, slots=True)
class GroupStart:
    """Where a group begins: the customers with one value in an order's first column.

    Attributes:
        before: how many customers come before the bucket in which the group begins.
        bound: that bucket's first key; None where the group begins the bucket.
        following: the first key of the next bucket, if there is one.
    """

    before: int
    bound: IndexKey | None
    following: IndexKey | None


def bucket_size(total: int) -> int:
    """How many customers a bucket has in a list of `total`."""
    return 1 if total <= MAX_EXACT else -(-total // _BUCKETS)


class Ranks:
    """The buckets of a list: the first index key of each, and its number of customers.

    Keys are in ascending order, whichever way a page is read. Ranks are exact where a bucket has one
    customer: then a page needs no index range at all.
    """

    def __init__(self, names: Sequence[str], size: int, keys: list[IndexKey], total: int) -> None:
        """Make the ranks of a list.

        Args:
            names: the order's columns.
            size: customers in a bucket; the last may have fewer.
            keys: the first customer's, and those of every `size`-th after it.
            total: customers in the list.
        """
        self.names = tuple(names)
        self.size = size
        self.total = total
        self._keys = keys
        self._counts = [size] * len(keys)
        if keys:
            self._counts[-1] = total - size * (len(keys) - 1)
        self._starts: list[int] | None = None

    @property
    def is_exact(self) -> bool:
        """Whether every customer's key is known."""
        return self.size == 1

    @property
    def weight(self) -> int:
        """How many keys it holds."""
        return len(self._keys)

    @property
    def is_outgrown(self) -> bool:
        """Whether changes have added so many keys that the ranks should be built afresh."""
        return len(self._keys) > (2 * MAX_EXACT if self.is_exact else _MAX_BUCKETS)

    def apply(self, change: Change, wanted: Filter) -> None:
        """Apply a change of one customer, if it concerns the list.

        Raises:
            Disagrees: the ranks contradict the change; the caller must drop them.
        """
        before = change.before if wanted.finds(change.before) else None
        after = change.after if wanted.finds(change.after) else None
        if before is not None and after is not None and self._key_of(before) == self._key_of(after):
            return
        if before is not None:
            self._remove(self._key_of(before))
        if after is not None:
            self._add(self._key_of(after))

    def find_sequences(self, offset: int, limit: int, *, descending: bool) -> list[int]:
        """The sequences of a page's customers, in order; for exact ranks only."""
        if descending:
            last = self.total - offset
            found = self._keys[max(last - limit, 0) : max(last, 0)]
            return [key[-1] for key in reversed(found)]
        return [key[-1] for key in self._keys[offset : offset + limit]]

    def find_seek_point(self, offset: int, *, descending: bool) -> SeekPoint:
        """Where to seek for the customer at an offset, which must be less than the total."""
        starts = self._find_starts()
        if not descending:
            at = bisect_right(starts, offset) - 1
            return SeekPoint(self._keys[at], offset - starts[at], at)
        rank = self.total - 1 - offset
        at = bisect_right(starts, rank) - 1
        bound = self._keys[at + 1] if at + 1 < len(self._keys) else None
        return SeekPoint(bound, starts[at + 1] - 1 - rank, at)

    def find_group(self, value: Any, *, descending: bool) -> GroupStart:
        """Where the group of a value begins.

        Args:
            value: the group's value in the order's first column; no customer need have it.
            descending: whether the order is read from its end.
        """
        starts = self._find_starts()
        if descending:
            behind = bisect_right(self._keys, value, key=_first_of)
            if behind == 0:
                return GroupStart(self.total, None, None)  # every customer comes before the group
            following = self._keys[behind] if behind < len(self._keys) else None
            return GroupStart(self.total - starts[behind], self._keys[behind - 1], following)
        at = bisect_left(self._keys, value, key=_first_of) - 1
        if at < 0:
            return GroupStart(0, None, None)
        following = self._keys[at + 1] if at + 1 < len(self._keys) else None
        return GroupStart(starts[at], self._keys[at], following)

    def is_large(self, bucket: int) -> bool:
        """Whether a bucket should be split: it has more than twice its usual size."""
        return self._counts[bucket] > 2 * self.size

    def bounds_of(self, bucket: int) -> tuple[IndexKey, IndexKey | None]:
        """A bucket's first key, and that of the next bucket, if there is one."""
        behind = self._keys[bucket + 1] if bucket + 1 < len(self._keys) else None
        return self._keys[bucket], behind

    def split(self, bucket: int, keys: list[IndexKey]) -> None:
        """Replace a bucket by several.

        Args:
            bucket: the number of the large one.
            keys: the first key of each new one; all but the last have the usual size.

        Raises:
            Disagrees: the bucket has another number of customers than was remembered.
        """
        counts = [self.size] * (len(keys) - 1)
        last = self._counts[bucket] - sum(counts)
        if not 0 < last <= self.size:
            raise Disagrees("a bucket has another number of customers than was remembered")
        self._keys[bucket : bucket + 1] = keys
        self._counts[bucket : bucket + 1] = [*counts, last]
        self._starts = None

    def _find_starts(self) -> list[int]:
        """The number of customers before each bucket; and last, all of them."""
        if self._starts is None:
            self._starts = [0, *accumulate(self._counts)]
        return self._starts

    def _key_of(self, facets: Facets) -> IndexKey:
        return tuple([getattr(facets, name) for name in self.names])

    def _add(self, key: IndexKey) -> None:
        self.total += 1
        self._starts = None
        if self.is_exact:
            at = bisect_left(self._keys, key)
            if self._has(key, at):
                raise Disagrees("a customer who is new to the list is in it already")
            self._keys.insert(at, key)
            self._counts.append(1)
            return
        at = bisect_right(self._keys, key) - 1
        if at >= 0:
            self._counts[at] += 1
        elif self._keys:
            self._keys[0] = key
            self._counts[0] += 1
        else:
            self._keys, self._counts = [key], [1]

    def _remove(self, key: IndexKey) -> None:
        self.total -= 1
        self._starts = None
        if self.is_exact:
            at = bisect_left(self._keys, key)
            if not self._has(key, at):
                raise Disagrees("a customer who leaves the list is not in it")
            del self._keys[at]
            self._counts.pop()
            return
        at = bisect_right(self._keys, key) - 1
        if at < 0:
            raise Disagrees("a customer who leaves the list comes before its first key")
        self._counts[at] -= 1
        if not self._counts[at]:
            del self._keys[at], self._counts[at]

    def _has(self, key: IndexKey, at: int) -> bool:
        """Whether a key is at that index of the keys."""
        return at < len(self._keys) and self._keys[at] == key


def _first_of(key: IndexKey) -> Any:
    return key[0]
