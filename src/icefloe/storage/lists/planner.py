"""Finding a page of a list of customers, and its exact total, whatever is asked for and however deep.

Most pages are a short way from an end of an index, or hold few customers. For any other, something has
to be known first that takes long to find, such as how many customers have a word in their name. It is
found once, where nobody waits for it but who asked, and then kept in memory (`KeptLists`).
"""

from collections.abc import Hashable

from icefloe.domain.values import collation
from icefloe.domain.values.listing import CustomerQuery, Page, PageRequest
from icefloe.storage.lists import matches, walks
from icefloe.storage.lists.change_log import Disagrees
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.grouped_list import GroupedList
from icefloe.storage.lists.kept_lists import Guide, KeptList
from icefloe.storage.lists.matches import Matches
from icefloe.storage.lists.orders import BY_TIME, Order, order_of
from icefloe.storage.lists.ranked_list import RankedList
from icefloe.storage.lists.ranks import MAX_EXACT
from icefloe.storage.lists.reader import View
from icefloe.storage.lists.walks import Statement, Walk
from icefloe.storage.transaction import TakesLong

_EVERYBODY = Filter()
# Stepping over this many entries of an index takes less than a tenth of a millisecond.
_SHALLOW = 1_000
# So few customers are fetched and sorted as fast as anything is looked up in memory.
_FEW = 64
# How many customers are tried on the way to a page, if they are expected to be enough.
_MAX_EXPECTED = 2_000
_MAX_TRIED = 2 * _MAX_EXPECTED
# An organization with so few customers needs no index of its text.
_SMALL = 5_000


class CustomerPages:
    """Finds pages of one organization's customers, within one view of the database."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._transaction = view.transaction
        self._dialect = view.dialect
        self._organization_id = view.organization_id

    async def find_page(self, query: CustomerQuery) -> Page:
        """The page of wire documents that `query` asks for, and the exact total.

        Raises:
            TakesLong: a slow query is needed, and may not run here.
            OlderView: what is in memory is newer than the transaction's view.
            Disagrees: what is in memory of the list is wrong.
        """
        order, wanted = order_of(query.sorting), Filter.of(query)
        if query.email is not None:
            address = collation.lower(query.email)
            found = walks.with_address(self._organization_id, address, wanted, self._dialect)
            return _cut(await self._documents(found), query.page)
        if wanted.is_empty:
            return await self._find_everybody(order, query.page)
        self._transaction.need_snapshot()
        number = await self._find_scarce(wanted)
        if number is not None:
            found = walks.few(self._organization_id, wanted, number, order, self._dialect)
            return _cut(await self._documents(found), query.page)
        return await self._find_some(wanted, order, query.page)

    async def _find_everybody(self, order: Order, page: PageRequest) -> Page:
        is_shallow = page.offset <= _SHALLOW
        if is_shallow and order.is_regrouped:
            return await self._find_first_groups(order, page)
        if is_shallow:
            if not order.is_indexed and not await self._has_small_groups(order, page):
                self._require_time(None)
            return await self._find_shallow(order, page)
        self._transaction.need_snapshot()
        if not order.is_indexed:
            live = await self._view.count_live()
            return Page(await self._find_in_groups(_EVERYBODY, order, page, live), live)
        ranked = self._ranked(_EVERYBODY, order)
        found = await ranked.find_page(page)
        if found is None:
            live = await self._view.count_live()
            if page.offset >= live:
                return Page(b"", live)
            self._require_time(ranked.key)
            await ranked.rank(live, await self._matches(_EVERYBODY))
            found = await ranked.find_page(page)
        return found or await self._find_shallow(order, page)

    async def _has_small_groups(self, order: Order, page: PageRequest) -> bool:
        """Whether few are equal by the first column to the last on a page: groups are sorted whole."""
        if not self._transaction.blocks_event_loop:
            return True
        last = page.offset + page.limit - 1
        differ = walks.differ(self._organization_id, order, last, _SHALLOW, self._dialect)
        return bool(await self._view.number(differ))

    async def _find_shallow(self, order: Order, page: PageRequest) -> Page:
        """A page of everybody, by stepping over all before it."""
        statement = walks.everybody(self._organization_id, order, page, self._dialect)
        return Page(*await self._view.page(statement))

    async def _find_first_groups(self, order: Order, page: PageRequest) -> Page:
        """A page of everybody near the beginning of an order that the index has by its first column."""
        items, count, total = await self._find_regrouped(order, page, to_end=False)
        if not count and page.offset < total:
            # The order ends within the page: there is no group behind which the page ends.
            self._transaction.need_snapshot()
            items, _, total = await self._find_regrouped(order, page, to_end=True)
        return Page(items, total)

    async def _find_regrouped(
        self, order: Order, page: PageRequest, *, to_end: bool
    ) -> tuple[bytes, int, int]:
        """The documents on a page of everybody, how many they are, and how many everybody is."""
        walk = Walk(self._organization_id, _EVERYBODY, order)
        regrouped = walk.regrouped(page.limit, page.offset, self._dialect, to_end=to_end)
        row = await self._view.row(walks.with_total(regrouped))
        assert row is not None  # noqa: S101 - an aggregate gives a row, of however many
        return row[0] or b"", row[1], row[2]

    async def _find_in_groups(
        self, wanted: Filter, order: Order, page: PageRequest, total: int
    ) -> bytes:
        """A page of an order that the index has by its first column."""
        if page.offset >= total:
            return b""
        grouped = GroupedList(self._view, wanted, order)
        base = self._ranked(wanted, order.base)
        self._require_time(None if base.is_kept else base.key)
        items = await grouped.find_items(page, total)
        if items is None:
            await base.rank(total, await self._matches(wanted))
            items = await grouped.find_items(page, total)
        if items is None:  # what is remembered is forgotten at once
            walk = Walk(self._organization_id, wanted, order)
            everybody = walk.regrouped(page.limit, page.offset, self._dialect, to_end=True)
            items, _ = await self._view.page(everybody)
        return items

    async def _find_scarce(self, wanted: Filter) -> int | None:
        """The number of a metadata filter that finds few customers by itself."""
        for number, pair in enumerate(wanted.metadata):
            count = matches.count_few(self._organization_id, pair, _FEW, self._dialect)
            if await self._view.number(count) <= _FEW:
                return number
        return None

    async def _find_some(self, wanted: Filter, order: Order, page: PageRequest) -> Page:
        """A page of a list that filters make, of which none finds few."""
        ranked = self._ranked(wanted, order)
        # Ranks are by columns that all run the same way; by the same ones mixed, they tell nothing.
        found = await ranked.find_page(page) if order.is_uniform else None
        if found is not None:
            return found
        known = await self._find_total(wanted)
        if known is None:
            self._require_time((self._organization_id, wanted, ()))
            known = await self._count(wanted, order)
        total, guide = known
        if page.offset >= total:
            return Page(b"", total)
        if total <= MAX_EXACT:
            return await self._find_sorted(wanted, order, page, total)
        items = await self._walk(wanted, order, page, total, guide)
        if items is not None:
            return Page(items, total)
        if order.is_indexed:
            self._require_time(ranked.key)
            await ranked.rank(total, await self._matches(wanted))
            found = await ranked.find_page(page)
            if found is not None:
                return found
        return Page(await self._find_in_groups(wanted, order, page, total), total)

    async def _find_total(self, wanted: Filter) -> tuple[int, Guide | None] | None:
        """The total that is in memory, and by what to walk the list."""
        key = (self._organization_id, wanted, ())
        kept = self._view.kept.find(key)
        if kept is None:
            return None
        seen = await kept.look(
            self._transaction, self._dialect.changes, key, lambda seen: (seen.total, seen.guide)
        )
        if seen is None:
            self._view.kept.drop(key, kept)
        return seen

    async def _count(self, wanted: Filter, order: Order) -> tuple[int, Guide | None]:
        """The total that nobody has asked for lately; it is kept from now on."""
        position = await self._dialect.changes.find_position(
            self._transaction, self._organization_id
        )
        found = await self._matches(wanted)
        places = None
        if wanted.text is not None and order.is_uniform:
            places = await found.find_few_places(order)
        if places is None:
            total = await found.count()
        else:
            total = len(places)
            await self._ranked(wanted, order).keep(places, found)
        self._view.kept.keep(
            (self._organization_id, wanted, ()), KeptList(position, total, guide=found.guide)
        )
        return total, found.guide

    async def _find_sorted(
        self, wanted: Filter, order: Order, page: PageRequest, total: int
    ) -> Page:
        """A page of a list that is short enough for all of it to be sorted, and kept so."""
        ranked = self._ranked(wanted, order)
        known = await ranked.find_page(page) if order.is_uniform else None
        if known is not None:
            return known
        self._require_time(ranked.key if order.is_uniform else None)
        found = await self._matches(wanted)
        if not order.is_uniform:
            return Page(await found.find_page(order, page), total)
        await ranked.rank(total, found)
        return await ranked.find_page(page) or Page(await found.find_page(order, page), total)

    async def _walk(
        self, wanted: Filter, order: Order, page: PageRequest, total: int, guide: Guide | None
    ) -> bytes | None:
        """The page, if it fills on a short walk from the order's beginning, each one being tried."""
        if not order.is_indexed:
            return None
        way = guide.number if guide is not None and order.names == BY_TIME else None
        size = await self._view.count_live() if guide is None or way is None else guide.size
        if (page.offset + page.limit) * size // total > _MAX_EXPECTED:
            return None
        walk = Walk(self._organization_id, wanted, order, way)
        alone = _EVERYBODY if way is None else Filter(metadata=(wanted.metadata[way],))
        until = None
        if alone != wanted:
            passed = Walk(self._organization_id, alone, order, None if way is None else 0)
            row = await self._view.row(
                passed.place(_MAX_TRIED, self._dialect, descending=order.is_descending)
            )
            until = None if row is None else tuple(row)
        items, count = await self._view.page(
            walk.page(page.limit, page.offset, self._dialect, until=until)
        )
        is_whole = count == min(page.limit, total - page.offset)
        if not is_whole and until is None and not self._view.kept.is_empty:
            raise Disagrees("a list has another number of customers than was remembered")
        return items if is_whole or until is None else None

    def _ranked(self, wanted: Filter, order: Order) -> RankedList:
        return RankedList(self._view, wanted, order)

    async def _matches(self, wanted: Filter) -> Matches:
        found = Matches(self._view, wanted)
        await found.prepare(is_small=await self._view.count_live() <= _SMALL)
        return found

    def _require_time(self, key: Hashable | None) -> None:
        """Raise TakesLong unless the slow query that follows may run here.

        Args:
            key: names the result where it is cached, so that one caller finds it for all. None where
                it is not: then each caller runs the query, and only the event loop must not.
        """
        must_wait = (
            self._transaction.blocks_event_loop
            if key is None
            else not self._transaction.may_run_long
        )
        if must_wait:
            raise TakesLong(key)

    async def _documents(self, statement: Statement) -> list[bytes]:
        return [row[0] for row in await self._view.rows(statement)]


def _cut(documents: list[bytes], page: PageRequest) -> Page:
    """The page of a list that is all there."""
    shown = documents[page.offset : page.offset + page.limit]
    return Page(b",".join(shown), len(documents))
