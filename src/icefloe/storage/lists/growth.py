"""How many customers were made before given moments, by the ranks of the order of their making."""

from collections.abc import Sequence

from icefloe.domain.values.listing import Sort
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.matches import Matches
from icefloe.storage.lists.orders import order_of
from icefloe.storage.lists.ranked_list import RankedList
from icefloe.storage.lists.ranks import MAX_EXACT, GroupStart
from icefloe.storage.lists.reader import View
from icefloe.storage.lists.walks import Walk
from icefloe.storage.transaction import TakesLong

_EVERYBODY = Filter()
_BY_TIME = order_of((Sort("created_at"),))
_BEFORE_ALL = -(2**63)
_COUNT = (
    "SELECT count(*) FROM customers WHERE organization_id = $1"
    " AND deleted_at IS NULL AND created_at >= $2 AND created_at < $3"
)


class CustomerGrowth:
    """Counts one organization's customers by when they were made, within one view of the database."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._ranked = RankedList(view, _EVERYBODY, _BY_TIME)
        self._walk = Walk(view.organization_id, _EVERYBODY, _BY_TIME)

    async def count_before(self, moments: Sequence[int]) -> list[int]:
        """How many customers who are not deleted were made before each moment, in order.

        Few are counted one by one. Of many the ranks tell how many are in front of the bucket that a
        moment falls into, and only the customers of that bucket are counted.

        Raises:
            TakesLong: the ranks must be built first, and may not be here.
            OlderView: what is in memory is newer than the transaction's view.
        """
        live = await self._view.count_live()
        if live <= MAX_EXACT:
            return await self._count_all(moments)
        starts = await self._ranked.find_starts(moments)
        if starts is None:
            if not self._view.transaction.may_run_long:
                raise TakesLong(self._ranked.key)
            await self._rank(live)
            starts = await self._ranked.find_starts(moments)
        if starts is None:  # what is remembered is forgotten at once
            return await self._count_all(moments)
        return [
            await self._count_to(moment, start)
            for moment, start in zip(moments, starts, strict=True)
        ]

    async def _rank(self, live: int) -> None:
        found = Matches(self._view, _EVERYBODY)
        await found.prepare(is_small=False)
        await self._ranked.rank(live, found)

    async def _count_to(self, moment: int, start: GroupStart) -> int:
        """How many were made before a moment, of which the ranks know where it is."""
        if start.bound is None:
            return start.before
        others = self._walk.count_before_group(moment, start, self._view.dialect)
        return start.before + await self._view.number(others)

    async def _count_all(self, moments: Sequence[int]) -> list[int]:
        """The same by counting from each moment to the next."""
        counts, total, since = [], 0, _BEFORE_ALL
        for until in moments:
            total += await self._view.number((_COUNT, [self._view.organization_id, since, until]))
            counts.append(total)
            since = until
        return counts
