"""Pages in an order whose index has the first column alone, by the ranks of that column.

A group is the customers with one value in the first column. An order by that column alone has the same
groups in the same sequence and of the same sizes. Its ranks therefore tell in which groups a page
begins and ends, and how far into the first group it begins; only these groups are sorted.
"""

from collections.abc import Callable
from typing import TypeVar

from icefloe.domain.values.listing import PageRequest
from icefloe.storage.lists.change_log import Disagrees
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.list_cache import CachedList
from icefloe.storage.lists.orders import Order
from icefloe.storage.lists.ranks import GroupStart, IndexKey, SeekPoint
from icefloe.storage.lists.reader import Reader
from icefloe.storage.lists.walks import Walk
from icefloe.storage.transaction import Row

T = TypeVar("T")


class GroupedList:
    """One list in such an order, read by the cached ranks of its first column."""

    def __init__(self, reader: Reader, wanted: Filter, order: Order) -> None:
        self._reader = reader
        self._dialect = reader.dialect
        self._key = (reader.organization_id, wanted, order.base.names)
        self._is_descending = order.base.is_descending
        self._walk = Walk(reader.organization_id, wanted, order)
        self._base = Walk(reader.organization_id, wanted, order.base)

    async def find_items(self, page: PageRequest, total: int) -> bytes | None:
        """The documents of a page, joined; None where the ranks are not cached.

        Args:
            page: begins before the list's end.
            total: customers in the list.

        Raises:
            OlderSnapshot: the ranks are ahead of the snapshot.
            Disagrees: the ranks or the total are wrong.
        """
        offsets = (page.offset, min(page.offset + page.limit, total) - 1)
        groups = [await self._find_group(offset, total) for offset in offsets]
        first, last = groups
        if first is None or last is None:
            return None
        before = await self._count_before(first[0])
        if before is None:
            return None
        items, count = await self._reader.fetch_page(
            self._walk.select_groups(
                first[0], last[0], page.limit, page.offset - before, self._dialect
            )
        )
        if count != offsets[1] - offsets[0] + 1:
            raise Disagrees("a page has another number of customers than was remembered")
        return items

    async def _find_group(self, offset: int, total: int) -> Row | None:
        """The first column's value of the customer at an offset, in a row."""

        def read(cached: CachedList) -> tuple[IndexKey | None, int] | None:
            if cached.ranks is None:
                return None
            if cached.total != total:
                raise Disagrees("a list's ranks have another total than was remembered")
            seek: SeekPoint = cached.ranks.find_seek_point(offset, descending=self._is_descending)
            return seek.bound, seek.skip

        found = await self._look_up(read)
        if found is None:
            return None
        bound, skip = found
        way = {"before": bound} if self._is_descending else {"since": bound}
        row = await self._reader.fetch_one(
            self._base.select_key(skip, self._dialect, descending=self._is_descending, **way)
        )
        if row is None:
            raise Disagrees("a bucket has another number of customers than was remembered")
        return row

    async def _count_before(self, value: object) -> int | None:
        """How many customers come before a group."""

        def read(cached: CachedList) -> GroupStart | None:
            if cached.ranks is None:
                return None
            return cached.ranks.find_group(value, descending=self._is_descending)

        start = await self._look_up(read)
        if start is None or start.bound is None:
            return None if start is None else start.before
        others = self._base.select_count_before_group(value, start, self._dialect)
        return start.before + await self._reader.fetch_number(others)

    async def _look_up(self, read: Callable[[CachedList], T | None]) -> T | None:
        cached = self._reader.cache.find(self._key)
        if cached is None:
            return None
        return await cached.read_as_of(
            self._reader.transaction, self._dialect.change_log, self._key, read
        )
