"""Pages of a list by its ranks: each is entered near its first customer, however deep it is."""

from dataclasses import dataclass
from uuid import UUID

from icefloe.domain.listing import Page, PageRequest
from icefloe.storage import listing
from icefloe.storage.dialect import Dialect
from icefloe.storage.filters import Filter
from icefloe.storage.kept import Guide, KeptList, KeptLists, Key
from icefloe.storage.listing import Statement, Walk
from icefloe.storage.matches import Matches
from icefloe.storage.orders import BY_TIME, Order
from icefloe.storage.ranks import Entrance, Place, Ranks, bucket_size
from icefloe.storage.session import Row, Session, TakesLong


@dataclass(frozen=True, slots=True)
class _View:
    """What one version of the ranks has to say of a page."""

    total: int
    version: int
    sequences: list[int] | None = None
    entrance: Entrance | None = None
    bounds: tuple[Place, Place | None] | None = None


class RankedList:
    """One list in one order, whose ranks are in memory or can be found."""

    def __init__(
        self,
        session: Session,
        dialect: Dialect,
        kept: KeptLists,
        organization_id: UUID,
        wanted: Filter,
        order: Order,
    ) -> None:
        self._session = session
        self._dialect = dialect
        self._kept = kept
        self._organization_id = organization_id
        self._order = order
        self._wanted = wanted
        self.key: Key = (organization_id, wanted, order.names)

    @property
    def is_kept(self) -> bool:
        """Whether the ranks are in memory."""
        return self._kept.find(self.key) is not None

    async def find_page(self, page: PageRequest) -> Page | None:
        """The page, if the ranks are in memory. Raises TakesLong, or OlderView."""
        kept = self._kept.find(self.key)
        if kept is None:
            return None
        view = await self._look(kept, page)
        if view is not None and view.bounds is not None:
            # A bucket that has grown too large: others will ask for its pages too.
            if not self._session.has_time:
                raise TakesLong(self.key)
            await self._split(kept, view)
            view = await self._look(kept, page)
        if view is None:
            self._kept.drop(self.key, kept)
            return None
        if view.sequences is not None:
            return Page(await self._fetch(view.sequences), view.total)
        if view.entrance is None:
            return Page(b"", view.total)
        bound, skip = view.entrance.bound, view.entrance.skip
        walk = self._walk(kept.guide)
        row = await self._row(walk.page(page.limit, skip, self._dialect, bound=bound))
        return Page((row and row[0]) or b"", view.total)

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
        position = await self._dialect.changes.find_position(self._session, self._organization_id)
        ranks = Ranks(self._order.names, size, places, total)
        self._kept.keep(self.key, KeptList(position, total, ranks, found.guide))

    async def _look(self, kept: KeptList, page: PageRequest) -> _View | None:
        descending = self._order.is_descending

        def see(seen: KeptList) -> _View:
            ranks = seen.ranks
            if ranks is None or page.offset >= seen.total:
                return _View(seen.total, seen.version)
            if ranks.is_exact:
                found = ranks.find_sequences(page.offset, page.limit, descending=descending)
                return _View(seen.total, seen.version, sequences=found)
            entrance = ranks.find_entrance(page.offset, descending=descending)
            is_large = ranks.is_large(entrance.bucket)
            bounds = ranks.bounds_of(entrance.bucket) if is_large else None
            return _View(seen.total, seen.version, entrance=entrance, bounds=bounds)

        return await kept.look(self._session, self._dialect.changes, self.key, see)

    async def _split(self, kept: KeptList, view: _View) -> None:
        """Put buckets of the usual size in place of the one that the page begins in."""
        if view.bounds is None or view.entrance is None or kept.ranks is None:
            return
        first, before = view.bounds
        bucket = view.entrance.bucket
        walk = self._walk(kept.guide)
        size, places = kept.ranks.size, [first]
        while (
            row := await self._row(walk.place(size, self._dialect, since=places[-1], before=before))
        ) is not None:
            places.append(tuple(row))
        kept.edit(view.version, lambda ranks: ranks.split(bucket, places))

    def _walk(self, guide: Guide | None) -> Walk:
        way = guide.number if guide is not None and self._order.names == BY_TIME else None
        return Walk(self._organization_id, self._wanted, self._order, way)

    async def _fetch(self, sequences: list[int]) -> bytes:
        """The documents of some customers in their order, joined."""
        if not sequences:
            return b""
        rows = await self._rows(listing.by_sequences(self._organization_id, sequences))
        documents = {row[0]: row[1] for row in rows}
        return b",".join([documents[sequence] for sequence in sequences])

    async def _rows(self, statement: Statement) -> list[Row]:
        return await self._session.fetch_all(statement[0], *statement[1])

    async def _row(self, statement: Statement) -> Row | None:
        return await self._session.fetch_one(statement[0], *statement[1])
