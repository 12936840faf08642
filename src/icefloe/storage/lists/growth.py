"""The growth of an organization: how many customers were created before each of given moments.

Counted by the ranks of the order by creation, as a deep page is found.
"""

from collections.abc import Sequence

from icefloe.domain.values.listing import Sort
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.matches import Matches
from icefloe.storage.lists.orders import order_of
from icefloe.storage.lists.ranked_list import RankedList
from icefloe.storage.lists.ranks import MAX_EXACT, GroupStart
from icefloe.storage.lists.reader import Reader
from icefloe.storage.lists.walks import Walk
from icefloe.storage.transaction import TakesLong

_ALL = Filter()
_BY_TIME = order_of((Sort("created_at"),))
_BEFORE_ALL = -(2**63)
_COUNT = (
    "SELECT count(*) FROM customers WHERE organization_id = $1"
    " AND deleted_at IS NULL AND created_at >= $2 AND created_at < $3"
)


class CustomerGrowth:
    """Counts one organization's customers by creation, on one snapshot."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._ranked = RankedList(reader, _ALL, _BY_TIME)
        self._walk = Walk(reader.organization_id, _ALL, _BY_TIME)

    async def count_before(self, moments: Sequence[int]) -> list[int]:
        """How many customers who are not deleted were created before each moment, in order.

        A small organization is counted from moment to moment. In a large one the ranks give the number
        before the bucket that a moment falls into, and only the rest of that bucket is counted.

        Raises:
            TakesLong: the ranks must be built first, and may not be here.
            OlderSnapshot: the cache is ahead of the snapshot.
        """
        live = await self._reader.count_live()
        if live <= MAX_EXACT:
            return await self._count_all(moments)
        starts = await self._ranked.find_starts(moments)
        if starts is None:
            if not self._reader.transaction.may_run_long:
                raise TakesLong(self._ranked.key)
            await self._build_ranks(live)
            starts = await self._ranked.find_starts(moments)
        if starts is None:  # the ranks were evicted at once
            return await self._count_all(moments)
        return [
            await self._count_to(moment, start)
            for moment, start in zip(moments, starts, strict=True)
        ]

    async def _build_ranks(self, live: int) -> None:
        found = Matches(self._reader, _ALL)
        await found.prepare(is_small=False)
        await self._ranked.build(live, found)

    async def _count_to(self, moment: int, start: GroupStart) -> int:
        """How many were created before a moment that the ranks have found."""
        if start.bound is None:
            return start.before
        others = self._walk.select_count_before_group(moment, start, self._reader.dialect)
        return start.before + await self._reader.fetch_number(others)

    async def _count_all(self, moments: Sequence[int]) -> list[int]:
        """The same, by counting from each moment to the next."""
        counts, total, since = [], 0, _BEFORE_ALL
        for until in moments:
            total += await self._reader.fetch_number(
                (_COUNT, [self._reader.organization_id, since, until])
            )
            counts.append(total)
            since = until
        return counts
