"""Pages of a list by its ranks: each is entered near its first customer, however deep it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from icefloe.domain.values.listing import Page, PageRequest
from icefloe.storage.lists import walks
from icefloe.storage.lists.change_log import Disagrees
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.kept_lists import Guide, KeptList, Key
from icefloe.storage.lists.matches import Matches
from icefloe.storage.lists.orders import BY_TIME, Order
from icefloe.storage.lists.ranks import Entrance, GroupStart, Place, Ranks, bucket_size
from icefloe.storage.lists.reader import View
from icefloe.storage.lists.walks import Walk
from icefloe.storage.transaction import TakesLong


@dataclass(frozen=True, slots=True)
class _Sight:
    """What one version of the ranks has to say of a page."""

    total: int
    version: int
    sequences: list[int] | None = None
    entrance: Entrance | None = None
    bounds: tuple[Place, Place | None] | None = None


class RankedList:
    """One list in one order, whose ranks are in memory or can be found."""

    def __init__(self, view: View, wanted: Filter, order: Order) -> None:
        self._view = view
        self._dialect = view.dialect
        self._kept = view.kept
        self._wanted = wanted
        self._order = order
        self.key: Key = (view.organization_id, wanted, order.names)

    @property
    def is_kept(self) -> bool:
        """Whether the ranks are in memory."""
        return self._kept.find(self.key) is not None

    async def find_page(self, page: PageRequest) -> Page | None:
        """The page, if the ranks are in memory.

        Raises:
            TakesLong: the page begins in a bucket that must be split, and that may not be done here.
            OlderView: the ranks are newer than the transaction's view.
            Disagrees: they are wrong.
        """
        kept = self._kept.find(self.key)
        if kept is None:
            return None
        sight = await self._look(kept, page)
        if sight is not None and sight.bounds is not None:
            # A bucket that has grown too large: others will ask for its pages too.
            if not self._view.transaction.may_run_long:
                raise TakesLong(self.key)
            await self._split(kept, sight)
            sight = await self._look(kept, page)
        if sight is None:
            self._kept.drop(self.key, kept)
            return None
        if sight.sequences is not None:
            return Page(await self._fetch(sight.sequences), sight.total)
        if sight.entrance is None:
            return Page(b"", sight.total)
        bound, skip = sight.entrance.bound, sight.entrance.skip
        walk = self._walk(kept.guide)
        items, count = await self._view.page(
            walk.page(page.limit, skip, self._dialect, bound=bound)
        )
        if count != min(page.limit, sight.total - page.offset):
            raise Disagrees("a page has another number of customers than was remembered")
        return Page(items, sight.total)

    async def find_starts(self, values: Sequence[Any]) -> list[GroupStart] | None:
        """Where the groups begin of those who have each value in the order's first column.

        As the order runs upwards; None where the ranks are not in memory.
        """

        def see(seen: KeptList) -> list[GroupStart] | None:
            if seen.ranks is None:
                return None
            return [seen.ranks.find_group(value, descending=False) for value in values]

        kept = self._kept.find(self.key)
        if kept is None:
            return None
        starts = await kept.look(self._view.transaction, self._dialect.changes, self.key, see)
        if starts is None:
            self._kept.drop(self.key, kept)
        return starts

    async def rank(self, total: int, found: Matches) -> None:
        """Find the ranks of the list, and keep them.

        Args:
            total: how many customers are in it.
            found: the list. With more than a few customers, the order must have an index.
        """
        size = bucket_size(total)
        await self._keep(total, size, await found.find_places(self._order, size), found)

    async def keep(self, places: list[Place], found: Matches) -> None:
        """Keep the ranks of a list of which every customer's place is known."""
        await self._keep(len(places), 1, places, found)

    async def _keep(self, total: int, size: int, places: list[Place], found: Matches) -> None:
        if len(places) != -(-total // size):
            # The total is in memory or a counter's. Without ranks the page is found by stepping.
            wrong = Disagrees("a list has another number of places than its total needs")
            self._kept.give_up(self._view.organization_id, wrong)
            return
        position = await self._dialect.changes.find_position(
            self._view.transaction, self._view.organization_id
        )
        ranks = Ranks(self._order.names, size, places, total)
        self._kept.keep(self.key, KeptList(position, total, ranks, found.guide))

    async def _look(self, kept: KeptList, page: PageRequest) -> _Sight | None:
        descending = self._order.is_descending

        def see(seen: KeptList) -> _Sight:
            ranks = seen.ranks
            if ranks is None or page.offset >= seen.total:
                return _Sight(seen.total, seen.version)
            if ranks.is_exact:
                found = ranks.find_sequences(page.offset, page.limit, descending=descending)
                return _Sight(seen.total, seen.version, sequences=found)
            entrance = ranks.find_entrance(page.offset, descending=descending)
            is_large = ranks.is_large(entrance.bucket)
            bounds = ranks.bounds_of(entrance.bucket) if is_large else None
            return _Sight(seen.total, seen.version, entrance=entrance, bounds=bounds)

        return await kept.look(self._view.transaction, self._dialect.changes, self.key, see)

    async def _split(self, kept: KeptList, sight: _Sight) -> None:
        """Put buckets of the usual size in place of the one that the page begins in."""
        if sight.bounds is None or sight.entrance is None or kept.ranks is None:
            return
        first, before = sight.bounds
        bucket = sight.entrance.bucket
        walk = self._walk(kept.guide)
        size, places = kept.ranks.size, [first]
        while (
            row := await self._view.row(
                walk.place(size, self._dialect, since=places[-1], before=before)
            )
        ) is not None:
            places.append(tuple(row))
        kept.edit(sight.version, lambda ranks: ranks.split(bucket, places))

    def _walk(self, guide: Guide | None) -> Walk:
        way = guide.number if guide is not None and self._order.names == BY_TIME else None
        return Walk(self._view.organization_id, self._wanted, self._order, way)

    async def _fetch(self, sequences: list[int]) -> bytes:
        """The documents of some customers in their order, joined."""
        if not sequences:
            return b""
        rows = await self._view.rows(walks.by_sequences(self._view.organization_id, sequences))
        documents = {row[0]: row[1] for row in rows}
        if len(documents) != len(sequences):
            raise Disagrees("a customer who was remembered is not in the database")
        return b",".join([documents[sequence] for sequence in sequences])
