"""Pages by ranks: seeks in the index to the bucket in which a page begins, however deep it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from icefloe.domain.values.listing import Page, PageRequest
from icefloe.storage.lists import walks
from icefloe.storage.lists.change_log import Disagrees
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.list_cache import CachedList, CacheKey, DrivingTrait
from icefloe.storage.lists.matches import Matches
from icefloe.storage.lists.orders import BY_TIME, Order
from icefloe.storage.lists.ranks import GroupStart, IndexKey, Ranks, SeekPoint, bucket_size
from icefloe.storage.lists.reader import Reader
from icefloe.storage.lists.walks import Walk
from icefloe.storage.transaction import TakesLong


@dataclass(frozen=True, slots=True)
class _Lookup:
    """What one version of the ranks says about a page.

    Attributes:
        total: the list's.
        version: the cached list's.
        sequences: the page's customers, from exact ranks.
        seek: where the page begins, from other ranks; None behind the list's end.
        bounds: of the bucket in which it begins, if that must be split.
    """

    total: int
    version: int
    sequences: list[int] | None = None
    seek: SeekPoint | None = None
    bounds: tuple[IndexKey, IndexKey | None] | None = None


class RankedList:
    """One list in one order, by ranks: reads pages where they are cached, and builds them."""

    def __init__(self, reader: Reader, wanted: Filter, order: Order) -> None:
        self._reader = reader
        self._dialect = reader.dialect
        self._cache = reader.cache
        self._wanted = wanted
        self._order = order
        self.key: CacheKey = (reader.organization_id, wanted, order.names)

    @property
    def is_cached(self) -> bool:
        """Whether the ranks are cached."""
        return self._cache.find(self.key) is not None

    async def find_page(self, page: PageRequest) -> Page | None:
        """The page; None where the ranks are not cached.

        Raises:
            TakesLong: the page begins in a bucket that must be split, and that may not be done here.
            OlderSnapshot: the ranks are ahead of the snapshot.
            Disagrees: the ranks are wrong.
        """
        cached = self._cache.find(self.key)
        if cached is None:
            return None
        lookup = await self._look_up(cached, page)
        if lookup is not None and lookup.bounds is not None:
            # The bucket has grown too large. One caller splits it for all who need its pages.
            if not self._reader.transaction.may_run_long:
                raise TakesLong(self.key)
            await self._split(cached, lookup)
            lookup = await self._look_up(cached, page)
        if lookup is None:
            self._cache.drop(self.key, cached)
            return None
        if lookup.sequences is not None:
            return Page(await self._fetch(lookup.sequences), lookup.total)
        if lookup.seek is None:
            return Page(b"", lookup.total)
        bound, skip = lookup.seek.bound, lookup.seek.skip
        walk = self._walk(cached.driving)
        items, count = await self._reader.fetch_page(
            walk.select_page(page.limit, skip, self._dialect, bound=bound)
        )
        if count != min(page.limit, lookup.total - page.offset):
            raise Disagrees("a page has another number of customers than was remembered")
        return Page(items, lookup.total)

    async def find_starts(self, values: Sequence[Any]) -> list[GroupStart] | None:
        """Where the group of each value begins, in ascending order; None where no ranks are cached.

        A group is the customers with one value in the order's first column.
        """

        def read(cached: CachedList) -> list[GroupStart] | None:
            if cached.ranks is None:
                return None
            return [cached.ranks.find_group(value, descending=False) for value in values]

        cached = self._cache.find(self.key)
        if cached is None:
            return None
        starts = await cached.read_as_of(
            self._reader.transaction, self._dialect.change_log, self.key, read
        )
        if starts is None:
            self._cache.drop(self.key, cached)
        return starts

    async def build(self, total: int, found: Matches) -> None:
        """Build the ranks of the list by a slow query, and cache them.

        Args:
            total: customers in the list.
            found: the list. Beyond `MAX_EXACT` customers, the order must have an index.
        """
        size = bucket_size(total)
        await self._put(total, size, await found.find_keys(self._order, size), found)

    async def cache_exact(self, keys: list[IndexKey], found: Matches) -> None:
        """Cache the ranks of a list of which every customer's key is given, ascending."""
        await self._put(len(keys), 1, keys, found)

    async def _put(self, total: int, size: int, keys: list[IndexKey], found: Matches) -> None:
        if len(keys) != -(-total // size):
            # The total is cached, or the counter's. Without ranks the caller uses OFFSET.
            wrong = Disagrees("a list has another number of keys than its total needs")
            self._cache.report_and_drop(self._reader.organization_id, wrong)
            return
        position = await self._dialect.change_log.find_position(
            self._reader.transaction, self._reader.organization_id
        )
        ranks = Ranks(self._order.names, size, keys, total)
        self._cache.put(self.key, CachedList(position, total, ranks, found.driving))

    async def _look_up(self, cached: CachedList, page: PageRequest) -> _Lookup | None:
        descending = self._order.is_descending

        def read(cached: CachedList) -> _Lookup:
            ranks = cached.ranks
            if ranks is None or page.offset >= cached.total:
                return _Lookup(cached.total, cached.version)
            if ranks.is_exact:
                found = ranks.find_sequences(page.offset, page.limit, descending=descending)
                return _Lookup(cached.total, cached.version, sequences=found)
            seek = ranks.find_seek_point(page.offset, descending=descending)
            is_large = ranks.is_large(seek.bucket)
            bounds = ranks.bounds_of(seek.bucket) if is_large else None
            return _Lookup(cached.total, cached.version, seek=seek, bounds=bounds)

        return await cached.read_as_of(
            self._reader.transaction, self._dialect.change_log, self.key, read
        )

    async def _split(self, cached: CachedList, lookup: _Lookup) -> None:
        """Split the bucket in which the page begins into buckets of the usual size."""
        if lookup.bounds is None or lookup.seek is None or cached.ranks is None:
            return
        first, before = lookup.bounds
        bucket = lookup.seek.bucket
        walk = self._walk(cached.driving)
        size, keys = cached.ranks.size, [first]
        while (
            row := await self._reader.fetch_one(
                walk.select_key(size, self._dialect, since=keys[-1], before=before)
            )
        ) is not None:
            keys.append(tuple(row))
        cached.edit(lookup.version, lambda ranks: ranks.split(bucket, keys))

    def _walk(self, driving: DrivingTrait | None) -> Walk:
        way = driving.number if driving is not None and self._order.names == BY_TIME else None
        return Walk(self._reader.organization_id, self._wanted, self._order, way)

    async def _fetch(self, sequences: list[int]) -> bytes:
        """The documents of customers, joined in the order of the sequences."""
        if not sequences:
            return b""
        rows = await self._reader.fetch_all(
            walks.select_by_sequences(self._reader.organization_id, sequences)
        )
        documents = {row[0]: row[1] for row in rows}
        if len(documents) != len(sequences):
            raise Disagrees("a customer who was remembered is not in the database")
        return b",".join([documents[sequence] for sequence in sequences])
