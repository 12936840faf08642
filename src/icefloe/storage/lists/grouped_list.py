"""Pages of an order that an index has by its first column alone, by the ranks of that column's order.

Customers who are equal by the first column are a group. The groups come in the same sequence in both
orders, and with as many in each: so the ranks tell in which groups a page begins and ends, and how
many of the first are before it. Only those groups have to be sorted.
"""

from collections.abc import Callable
from typing import TypeVar

from icefloe.domain.values.listing import PageRequest
from icefloe.storage.lists.change_log import Disagrees
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.kept_lists import KeptList
from icefloe.storage.lists.orders import Order
from icefloe.storage.lists.ranks import Entrance, GroupStart, Place
from icefloe.storage.lists.reader import View
from icefloe.storage.lists.walks import Walk
from icefloe.storage.transaction import Row

T = TypeVar("T")


class GroupedList:
    """One list in one such order, of whose first column's order the ranks are in memory."""

    def __init__(self, view: View, wanted: Filter, order: Order) -> None:
        self._view = view
        self._dialect = view.dialect
        self._key = (view.organization_id, wanted, order.base.names)
        self._is_descending = order.base.is_descending
        self._walk = Walk(view.organization_id, wanted, order)
        self._base = Walk(view.organization_id, wanted, order.base)

    async def find_items(self, page: PageRequest, total: int) -> bytes | None:
        """The documents of a page that is there; None where the ranks are not in memory.

        Raises:
            OlderView: the ranks are newer than the transaction's view.
            Disagrees: they are wrong, or the total is.
        """
        offsets = (page.offset, min(page.offset + page.limit, total) - 1)
        groups = [await self._find_group(offset, total) for offset in offsets]
        first, last = groups
        if first is None or last is None:
            return None
        before = await self._count_before(first[0])
        if before is None:
            return None
        items, count = await self._view.page(
            self._walk.groups(first[0], last[0], page.limit, page.offset - before, self._dialect)
        )
        if count != offsets[1] - offsets[0] + 1:
            raise Disagrees("a page has another number of customers than was remembered")
        return items

    async def _find_group(self, offset: int, total: int) -> Row | None:
        """The first column of the customer at an offset of a list with that total."""

        def see(seen: KeptList) -> tuple[Place | None, int] | None:
            if seen.ranks is None:
                return None
            if seen.total != total:
                raise Disagrees("a list's ranks have another total than was remembered")
            entrance: Entrance = seen.ranks.find_entrance(offset, descending=self._is_descending)
            return entrance.bound, entrance.skip

        found = await self._look(see)
        if found is None:
            return None
        bound, skip = found
        way = {"before": bound} if self._is_descending else {"since": bound}
        row = await self._view.row(
            self._base.place(skip, self._dialect, descending=self._is_descending, **way)
        )
        if row is None:
            raise Disagrees("a bucket has another number of customers than was remembered")
        return row

    async def _count_before(self, value: object) -> int | None:
        """How many customers stand before a group."""

        def see(seen: KeptList) -> GroupStart | None:
            if seen.ranks is None:
                return None
            return seen.ranks.find_group(value, descending=self._is_descending)

        start = await self._look(see)
        if start is None or start.bound is None:
            return None if start is None else start.before
        others = self._base.count_before_group(value, start, self._dialect)
        return start.before + await self._view.number(others)

    async def _look(self, see: Callable[[KeptList], T | None]) -> T | None:
        kept = self._view.kept.find(self._key)
        if kept is None:
            return None
        return await kept.look(self._view.transaction, self._dialect.changes, self._key, see)
