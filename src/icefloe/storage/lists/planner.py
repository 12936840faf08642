"""The planner: chooses how to find a page of a list, by its order, its filter and how deep it is.

The package's docstring has the table of strategies; each `_find_by_…` below is one of them. Whatever
needs a slow query is found once, where it blocks no other request (`_require_time`), and then cached.
"""

from collections.abc import Hashable

from icefloe.domain.values import collation
from icefloe.domain.values.listing import CustomerQuery, Page, PageRequest
from icefloe.storage.lists import matches, walks
from icefloe.storage.lists.change_log import Disagrees
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.grouped_list import GroupedList
from icefloe.storage.lists.list_cache import CachedList, DrivingTrait
from icefloe.storage.lists.matches import Matches
from icefloe.storage.lists.orders import BY_TIME, Order, order_of
from icefloe.storage.lists.ranked_list import RankedList
from icefloe.storage.lists.ranks import MAX_EXACT
from icefloe.storage.lists.reader import Reader
from icefloe.storage.lists.walks import Statement, Walk
from icefloe.storage.transaction import TakesLong

_ALL = Filter()
# Index entries to step over for a page: less than a tenth of a millisecond.
_SHALLOW = 1_000
# Customers that are fetched and sorted as fast as ranks are looked up.
_FEW = 64
# Customers to try on a walk to a page: as many as are expected to be needed, and then as many again.
_MAX_EXPECTED = 2_000
_MAX_TRIED = 2 * _MAX_EXPECTED
# Customers of an organization whose text is read without an index.
_SMALL = 5_000


class Planner:
    """Finds pages of one organization's customers, all on one snapshot."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._transaction = reader.transaction
        self._dialect = reader.dialect
        self._organization_id = reader.organization_id

    async def find_page(self, query: CustomerQuery) -> Page:
        """The page of wire documents that `query` asks for, and the exact total.

        Raises:
            TakesLong: a slow query is needed, and may not run here.
            OlderSnapshot: the cache is ahead of the snapshot.
            Disagrees: a cached list is wrong.
        """
        order, wanted = order_of(query.sorting), Filter.of(query)
        if query.email is not None:
            address = collation.lower(query.email)
            found = walks.select_by_address(self._organization_id, address, wanted, self._dialect)
            return _cut(await self._fetch_documents(found), query.page)
        if wanted.is_empty:
            return await self._find_unfiltered(order, query.page)
        self._transaction.need_snapshot()
        number = await self._find_selective(wanted)
        if number is not None:
            found = walks.select_few(self._organization_id, wanted, number, order, self._dialect)
            return _cut(await self._fetch_documents(found), query.page)
        return await self._find_filtered(wanted, order, query.page)

    async def _find_unfiltered(self, order: Order, page: PageRequest) -> Page:
        is_shallow = page.offset <= _SHALLOW
        if is_shallow and order.is_regrouped:
            return await self._find_by_leading_groups(order, page)
        if is_shallow:
            if not order.is_indexed and not await self._has_small_groups(order, page):
                self._require_time(None)
            return await self._find_by_offset(order, page)
        self._transaction.need_snapshot()
        if not order.is_indexed:
            live = await self._reader.count_live()
            return Page(await self._find_by_group_ranks(_ALL, order, page, live), live)
        ranked = self._ranked(_ALL, order)
        found = await ranked.find_page(page)
        if found is None:
            live = await self._reader.count_live()
            if page.offset >= live:
                return Page(b"", live)
            self._require_time(ranked.key)
            await ranked.build(live, await self._matches(_ALL))
            found = await ranked.find_page(page)
        return found or await self._find_by_offset(order, page)

    async def _find_filtered(self, wanted: Filter, order: Order, page: PageRequest) -> Page:
        """A page of a list whose filters each find more than a few customers."""
        ranked = self._ranked(wanted, order)
        # Ranks are cached by column names: those of columns in one direction, not of mixed ones.
        found = await ranked.find_page(page) if order.is_uniform else None
        if found is not None:
            return found
        known = await self._find_cached_total(wanted)
        if known is None:
            self._require_time((self._organization_id, wanted, ()))
            known = await self._count(wanted, order)
        total, driving = known
        if page.offset >= total:
            return Page(b"", total)
        if total <= MAX_EXACT:
            return await self._find_by_sorting(wanted, order, page, total)
        items = await self._find_by_walk(wanted, order, page, total, driving)
        if items is not None:
            return Page(items, total)
        if order.is_indexed:
            self._require_time(ranked.key)
            await ranked.build(total, await self._matches(wanted))
            found = await ranked.find_page(page)
            if found is not None:
                return found
        return Page(await self._find_by_group_ranks(wanted, order, page, total), total)

    async def _has_small_groups(self, order: Order, page: PageRequest) -> bool:
        """Whether the page's last group is small. SQLite sorts a group whole: a large one is slow."""
        if not self._transaction.blocks_event_loop:
            return True
        last = page.offset + page.limit - 1
        differ = walks.select_whether_differ(
            self._organization_id, order, last, _SHALLOW, self._dialect
        )
        return bool(await self._reader.fetch_number(differ))

    async def _find_by_offset(self, order: Order, page: PageRequest) -> Page:
        """An unfiltered page, by stepping over all customers before it."""
        statement = walks.select_unfiltered(self._organization_id, order, page, self._dialect)
        return Page(*await self._reader.fetch_page(statement))

    async def _find_by_leading_groups(self, order: Order, page: PageRequest) -> Page:
        """An unfiltered page near the front, by sorting all groups up to the page's last."""
        items, count, total = await self._fetch_regrouped(order, page, to_end=False)
        if not count and page.offset < total:
            # The list ends within the page: no group follows, so that all customers are sorted.
            self._transaction.need_snapshot()
            items, _, total = await self._fetch_regrouped(order, page, to_end=True)
        return Page(items, total)

    async def _fetch_regrouped(
        self, order: Order, page: PageRequest, *, to_end: bool
    ) -> tuple[bytes, int, int]:
        """The documents of an unfiltered page, their number, and the total."""
        walk = Walk(self._organization_id, _ALL, order)
        regrouped = walk.select_regrouped(page.limit, page.offset, self._dialect, to_end=to_end)
        row = await self._reader.fetch_one(walks.select_with_total(regrouped))
        assert row is not None  # noqa: S101 - an aggregate always gives a row
        return row[0] or b"", row[1], row[2]

    async def _find_by_group_ranks(
        self, wanted: Filter, order: Order, page: PageRequest, total: int
    ) -> bytes:
        """A page in an order whose index has the first column alone: sorts the groups on the page."""
        if page.offset >= total:
            return b""
        grouped = GroupedList(self._reader, wanted, order)
        base = self._ranked(wanted, order.base)
        self._require_time(None if base.is_cached else base.key)
        items = await grouped.find_items(page, total)
        if items is None:
            await base.build(total, await self._matches(wanted))
            items = await grouped.find_items(page, total)
        if items is None:  # the ranks were evicted at once: sort all customers
            walk = Walk(self._organization_id, wanted, order)
            regrouped = walk.select_regrouped(page.limit, page.offset, self._dialect, to_end=True)
            items, _ = await self._reader.fetch_page(regrouped)
        return items

    async def _find_selective(self, wanted: Filter) -> int | None:
        """The number of a trait that few customers have."""
        for number, trait in enumerate(wanted.traits):
            count = matches.select_few_count(self._organization_id, trait, _FEW, self._dialect)
            if await self._reader.fetch_number(count) <= _FEW:
                return number
        return None

    async def _find_cached_total(self, wanted: Filter) -> tuple[int, DrivingTrait | None] | None:
        """The cached total, and the trait to walk the list by."""
        key = (self._organization_id, wanted, ())
        cached = self._reader.cache.find(key)
        if cached is None:
            return None
        known = await cached.read_as_of(
            self._transaction,
            self._dialect.change_log,
            key,
            lambda cached: (cached.total, cached.driving),
        )
        if known is None:
            self._reader.cache.drop(key, cached)
        return known

    async def _count(self, wanted: Filter, order: Order) -> tuple[int, DrivingTrait | None]:
        """Count the list, and cache the total."""
        position = await self._dialect.change_log.find_position(
            self._transaction, self._organization_id
        )
        found = await self._matches(wanted)
        keys = None
        if wanted.text is not None and order.is_uniform:
            keys = await found.find_few_keys(order)
        if keys is None:
            total = await found.count()
        else:
            total = len(keys)
            await self._ranked(wanted, order).cache_exact(keys, found)
        self._reader.cache.put(
            (self._organization_id, wanted, ()), CachedList(position, total, driving=found.driving)
        )
        return total, found.driving

    async def _find_by_sorting(
        self, wanted: Filter, order: Order, page: PageRequest, total: int
    ) -> Page:
        """A page of a list short enough to sort whole; in a uniform order its ranks are cached."""
        ranked = self._ranked(wanted, order)
        known = await ranked.find_page(page) if order.is_uniform else None
        if known is not None:
            return known
        self._require_time(ranked.key if order.is_uniform else None)
        found = await self._matches(wanted)
        if not order.is_uniform:
            return Page(await found.find_page(order, page), total)
        await ranked.build(total, found)
        return await ranked.find_page(page) or Page(await found.find_page(order, page), total)

    async def _find_by_walk(
        self,
        wanted: Filter,
        order: Order,
        page: PageRequest,
        total: int,
        driving: DrivingTrait | None,
    ) -> bytes | None:
        """The page, by trying each customer from the front; None if a short walk does not fill it."""
        if not order.is_indexed:
            return None
        way = driving.number if driving is not None and order.names == BY_TIME else None
        size = await self._reader.count_live() if driving is None or way is None else driving.size
        if (page.offset + page.limit) * size // total > _MAX_EXPECTED:
            return None
        walk = Walk(self._organization_id, wanted, order, way)
        alone = _ALL if way is None else Filter(traits=(wanted.traits[way],))
        until = None
        if alone != wanted:
            passed = Walk(self._organization_id, alone, order, None if way is None else 0)
            row = await self._reader.fetch_one(
                passed.select_key(_MAX_TRIED, self._dialect, descending=order.is_descending)
            )
            until = None if row is None else tuple(row)
        items, count = await self._reader.fetch_page(
            walk.select_page(page.limit, page.offset, self._dialect, until=until)
        )
        is_whole = count == min(page.limit, total - page.offset)
        if not is_whole and until is None and not self._reader.cache.is_empty:
            raise Disagrees("a list has another number of customers than was remembered")
        return items if is_whole or until is None else None

    def _ranked(self, wanted: Filter, order: Order) -> RankedList:
        return RankedList(self._reader, wanted, order)

    async def _matches(self, wanted: Filter) -> Matches:
        found = Matches(self._reader, wanted)
        await found.prepare(is_small=await self._reader.count_live() <= _SMALL)
        return found

    def _require_time(self, key: Hashable | None) -> None:
        """Raise TakesLong unless the slow query that follows may run here.

        Args:
            key: names the result where it is cached, so that one caller finds it for all. None where
                it is not: then each caller runs the query, and only the event loop must not.
        """
        if key is None:
            must_wait = self._transaction.blocks_event_loop
        else:
            must_wait = not self._transaction.may_run_long
        if must_wait:
            raise TakesLong(key)

    async def _fetch_documents(self, statement: Statement) -> list[bytes]:
        return [row[0] for row in await self._reader.fetch_all(statement)]


def _cut(documents: list[bytes], page: PageRequest) -> Page:
    """The page of a list of which all documents are given."""
    shown = documents[page.offset : page.offset + page.limit]
    return Page(b",".join(shown), len(documents))
