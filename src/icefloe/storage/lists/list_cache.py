"""The cache of totals and ranks that took long to find; each is exact at every use.

A cached list belongs to a position in the change log. Before a reader uses it, `read_as_of` applies the
log's entries up to the reader's own snapshot. A list that turns out to disagree with the database is
reported and dropped; the next reader counts afresh. The cache is bounded, and the least recently used
lists are evicted first.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from uuid import UUID

from icefloe.storage.lists.change_log import (
    Change,
    ChangeLog,
    Disagrees,
    OlderSnapshot,
    Position,
    Since,
)
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.ranks import Ranks
from icefloe.storage.transaction import Transaction

T = TypeVar("T")

_MAX_LISTS = 512
# Index keys in all ranks together, of some 200 bytes each: 30 MB.
_MAX_KEYS = 150_000
_ATTEMPTS = 8
# Changes applied per hold of a list's lock: the event loop may be waiting for it.
_MAX_PER_HOLD = 200

CacheKey = tuple[UUID, Filter, tuple[str, ...]]
"""The organization, the filter, and the columns of the ranks' order; no columns for a mere total."""


@dataclass(frozen=True, slots=True)
class DrivingTrait:
    """A trait whose rows drive a walk of the list: they are read, the other conditions tried.

    Attributes:
        number: its index in `Filter.traits`.
        size: how many customers it found by itself, when that was counted.
    """

    number: int
    size: int


class Reporter(Protocol):
    """Takes a line for the operator, as `Log.event` does."""

    def __call__(self, event: str, **details: object) -> None:
        """Log what happened. The details hold no value of any customer."""


@dataclass(slots=True)
class CachedList:
    """A list as of a position in the change log, once the pending changes are applied.

    Several readers may use it at once. The first to read on in the log moves the position and queues
    the changes, in one step. Every reader then applies a part of the queue at a time, and reads the
    list once the queue is empty. If a change cannot be applied, the list is dropped for all of them.

    Attributes:
        position: in the log. Where nothing has changed since, any later one would do as well.
        total: the number of customers in the list.
        ranks: the index keys at which its pages begin, if they were needed.
        driving: the trait to walk it by, if one is better than all customers.
        version: increases with each change.
        is_dropped: whether readers must ignore it.
    """

    position: Position
    total: int
    ranks: Ranks | None = None
    driving: DrivingTrait | None = None
    version: int = field(default=0, init=False)
    is_dropped: bool = field(default=False, init=False)
    _pending: deque[Change] = field(default_factory=deque, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    async def read_as_of(
        self,
        transaction: Transaction,
        log: ChangeLog,
        key: CacheKey,
        read: Callable[["CachedList"], T],
    ) -> T | None:
        """Bring the list up to the transaction's snapshot, then call `read` with it, locked.

        Returns:
            What `read` returns. None where the list cannot catch up, or was dropped: count afresh.

        Raises:
            OlderSnapshot: the list is ahead of the snapshot.
            Disagrees: a change could not be applied.
        """
        for _ in range(_ATTEMPTS):
            position, version = self.state
            since = await log.find_since(transaction, key[0], position)
            if since.changes is None:
                return None
            reached = self._queue(version, since)
            while reached is not None:
                with self._lock:
                    if self.version != reached:
                        break  # another reader has brought it further
                    if self._apply_some(key[1]):
                        return None if self.is_dropped or self.is_outgrown else read(self)
                await transaction.yield_control()
        raise OlderSnapshot

    @property
    def state(self) -> tuple[Position, int]:
        """The position, and the version that the list has there."""
        with self._lock:
            return self.position, self.version

    async def advance(
        self, transaction: Transaction, version: int, since: Since, wanted: Filter
    ) -> None:
        """Apply what the log has had since a version; do nothing if the list has another by now.

        Raises:
            Disagrees: a change could not be applied.
        """
        if self._queue(version, since) is None:
            return
        while True:
            with self._lock:
                if self._apply_some(wanted):
                    return
            await transaction.yield_control()

    def edit(self, version: int, change: Callable[[Ranks], None]) -> None:
        """Change the ranks by what was found for a version; nothing happens if that has passed."""
        with self._lock:
            if self.version == version and self.ranks is not None:
                self.version += 1
                change(self.ranks)

    def drop(self) -> None:
        """Make every reader ignore the list, including those that hold a reference to it."""
        with self._lock:
            self.is_dropped = True
            self._pending.clear()

    @property
    def weight(self) -> int:
        """How many index keys it holds."""
        return 0 if self.ranks is None else self.ranks.weight

    @property
    def is_outgrown(self) -> bool:
        """Whether it should be built afresh (`Ranks.is_outgrown`)."""
        return self.ranks is not None and self.ranks.is_outgrown

    def _queue(self, version: int, since: Since) -> int | None:
        """Queue the changes since a version, and move to the position behind them.

        Returns:
            The version that this makes; None if another reader was first.
        """
        with self._lock:
            if self.version != version:
                return None
            if since.changes:
                self.version += 1
                self._pending.extend(since.changes)
            self.position = since.position
            return self.version

    def _apply_some(self, wanted: Filter) -> bool:
        """Apply as many queued changes as one hold of the lock allows; True once none is left.

        Raises:
            Disagrees: one cannot be applied; the list is dropped, since other readers may hold it.
        """
        if not self._pending or self.is_dropped:
            return True
        try:
            for _ in range(min(len(self._pending), _MAX_PER_HOLD)):
                self._apply(self._pending.popleft(), wanted)
        except BaseException:
            # Any exception leaves the change half applied.
            self.is_dropped = True
            self._pending.clear()
            raise
        return not self._pending

    def _apply(self, change: Change, wanted: Filter) -> None:
        if self.ranks is None:
            self.total += wanted.finds(change.after) - wanted.finds(change.before)
            if self.total < 0:
                raise Disagrees("more customers have left the list than were in it")
        else:
            self.ranks.apply(change, wanted)
            self.total = self.ranks.total


class ListCache:
    """The cached lists of all organizations, evicted in order of least recent use."""

    def __init__(self, report: Reporter | None = None) -> None:
        """Make an empty cache.

        Args:
            report: called for each list that disagrees with the database.
        """
        self._lists: OrderedDict[CacheKey, CachedList] = OrderedDict()
        # Keys that `find_next` has yet to give in this round.
        self._turns: list[CacheKey] = []
        self._lock = threading.Lock()
        self._report = report

    @property
    def is_empty(self) -> bool:
        """Whether no list is cached."""
        return not self._lists

    def find(self, key: CacheKey) -> CachedList | None:
        """The list cached under a key."""
        with self._lock:
            found = self._lists.get(key)
            if found is not None:
                self._lists.move_to_end(key)
            return found

    def find_next(self) -> tuple[CacheKey, CachedList] | None:
        """The next list in turn: each comes once before any comes again. None in an empty cache."""
        with self._lock:
            while self._lists:
                if not self._turns:
                    self._turns = list(self._lists)
                key = self._turns.pop()
                if key in self._lists:
                    return key, self._lists[key]
        return None

    def put(self, key: CacheKey, cached: CachedList) -> None:
        """Cache a list under a key, replacing any other, and evict what is too much."""
        with self._lock:
            self._lists[key] = cached
            self._lists.move_to_end(key)
            keys = sum([each.weight for each in self._lists.values()])
            while len(self._lists) > _MAX_LISTS or (keys > _MAX_KEYS and len(self._lists) > 1):
                _, evicted = self._lists.popitem(last=False)
                keys -= evicted.weight

    def drop(self, key: CacheKey, cached: CachedList) -> None:
        """Remove a list, unless another has replaced it."""
        with self._lock:
            if self._lists.get(key) is cached:
                del self._lists[key]

    def report_and_drop(self, organization_id: UUID, disagreement: Disagrees) -> None:
        """Report that a list disagreed with the database, and drop every list of its organization.

        A write past the log concerns them all, even if it shows in one alone.
        """
        with self._lock:
            gone = [key for key in self._lists if key[0] == organization_id]
            dropped = [self._lists.pop(key) for key in gone]
        for cached in dropped:
            cached.drop()
        if self._report is not None:
            self._report(
                "list disagreed", organization=str(organization_id), reason=str(disagreement)
            )

    def all(self) -> list[tuple[CacheKey, CachedList]]:
        """Every cached list."""
        with self._lock:
            return list(self._lists.items())

    async def catch_up(self, transaction: Transaction, log: ChangeLog) -> None:
        """Bring every list up to the transaction's snapshot, so that no request has to."""
        # After the first time most lists of an organization share one position: the log is read once.
        together: dict[tuple[UUID, int], list[tuple[CacheKey, CachedList, Position, int]]] = {}
        for key, cached in self.all():
            position, version = cached.state
            together.setdefault((key[0], id(position)), []).append((key, cached, position, version))
        for (organization_id, _), lists in together.items():
            try:
                since = await log.find_since(transaction, organization_id, lists[0][2])
            except OlderSnapshot:
                continue  # these lists are ahead of the snapshot already
            for key, cached, _, version in lists:
                if since.changes is None:
                    self.drop(key, cached)
                    continue
                try:
                    await cached.advance(transaction, version, since, key[1])
                except Disagrees as disagreement:
                    self.report_and_drop(organization_id, disagreement)
                if since.changes:
                    await transaction.yield_control()


class NoCache(ListCache):
    """Caches nothing: for transactions whose snapshot must not be remembered, such as writes."""

    def put(self, key: CacheKey, cached: CachedList) -> None:
        """Do nothing."""
