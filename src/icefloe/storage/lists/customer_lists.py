"""The face of `storage/lists/`: reads lists, catches up with the log, recounts.

Here a cached list that disagrees with the database is caught: the organization's lists are dropped with
a report, and the same request is answered from the database alone.
"""

from collections.abc import Sequence
from uuid import UUID

from icefloe.domain.values.listing import CustomerQuery, Page
from icefloe.storage.dialect import Dialect
from icefloe.storage.lists.change_log import Disagrees
from icefloe.storage.lists.growth import CustomerGrowth
from icefloe.storage.lists.list_cache import CachedList, CacheKey, ListCache, NoCache
from icefloe.storage.lists.matches import Matches
from icefloe.storage.lists.planner import Planner
from icefloe.storage.lists.reader import Reader
from icefloe.storage.transaction import Transaction


class CustomerLists:
    """The lists of all organizations, on one snapshot."""

    def __init__(self, transaction: Transaction, dialect: Dialect, cache: ListCache) -> None:
        self._transaction = transaction
        self._dialect = dialect
        self._cache = cache

    async def find_page(self, organization_id: UUID, query: CustomerQuery) -> Page:
        """The page of wire documents that `query` asks for, and the exact total.

        Raises:
            TakesLong: a slow query is needed, and may not run here.
            OlderSnapshot: the cache is ahead of the snapshot.
        """
        try:
            return await Planner(self._reader(organization_id)).find_page(query)
        except Disagrees as disagreement:
            return await Planner(self._afresh(organization_id, disagreement)).find_page(query)

    async def count_by_time(self, organization_id: UUID, moments: Sequence[int]) -> list[int]:
        """How many customers who are not deleted were created before each moment, in order.

        Raises:
            TakesLong: a slow query is needed, and may not run here.
            OlderSnapshot: the cache is ahead of the snapshot.
        """
        try:
            return await CustomerGrowth(self._reader(organization_id)).count_before(moments)
        except Disagrees as disagreement:
            growth = CustomerGrowth(self._afresh(organization_id, disagreement))
            return await growth.count_before(moments)

    async def catch_up(self) -> None:
        """Bring every cached list up to the snapshot."""
        await self._cache.catch_up(self._transaction, self._dialect.change_log)

    async def recount(self) -> None:
        """Count the next cached list afresh, and drop its organization's lists if the total is wrong.

        Raises:
            OlderSnapshot: the cache is ahead of the snapshot.
        """
        turn = self._cache.find_next()
        if turn is None:
            return
        key, cached = turn
        try:
            await self._compare(key, cached)
        except Disagrees as disagreement:
            self._cache.report_and_drop(key[0], disagreement)

    async def _compare(self, key: CacheKey, cached: CachedList) -> None:
        """Compare a list's total with the database. Raises Disagrees or OlderSnapshot."""
        organization_id, wanted, _ = key
        total = await cached.read_as_of(
            self._transaction, self._dialect.change_log, key, lambda cached: cached.total
        )
        if total is None:
            self._cache.drop(key, cached)
            return
        # The list has just caught up with this snapshot: any difference is an error.
        reader = self._reader(organization_id)
        if wanted.is_empty:
            counted = await reader.count_live()
        else:
            found = Matches(reader, wanted)
            await found.prepare(is_small=False)
            counted = await found.count()
        if counted != total:
            raise Disagrees(f"{total} customers were remembered, and {counted} are counted")

    def _reader(self, organization_id: UUID) -> Reader:
        return Reader(self._transaction, self._dialect, self._cache, organization_id)

    def _afresh(self, organization_id: UUID, disagreement: Disagrees) -> Reader:
        """Drop the organization's lists; a reader on the same snapshot without the cache."""
        self._cache.report_and_drop(organization_id, disagreement)
        return Reader(self._transaction, self._dialect, NoCache(), organization_id)
