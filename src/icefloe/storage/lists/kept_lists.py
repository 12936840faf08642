"""What is kept in memory of lists that took long to find: totals and ranks, exact at every moment.

What is kept is never trusted by itself. A reader brings it up to the view of the database that it
answers from, by the log of changes, and only then looks at it. A list that turns out to disagree with
the database is reported and dropped, and counted afresh by the next reader.
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
    OlderView,
    Position,
    Since,
)
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.ranks import Ranks
from icefloe.storage.transaction import Transaction

T = TypeVar("T")

_MAX_LISTS = 512
# Of the places in all ranks together; one takes some 200 bytes.
_MAX_PLACES = 150_000
_ATTEMPTS = 8
# Changes that are applied while a list is locked: the event loop may be waiting for the lock.
_MAX_PER_HOLD = 200

Key = tuple[UUID, Filter, tuple[str, ...]]
"""Whose customers, which of them, and by which columns they are ranked; by none for a mere total."""


@dataclass(frozen=True, slots=True)
class Guide:
    """A metadata filter whose rows a list can be walked by.

    Attributes:
        number: its place in the filter.
        size: how many customers it found by itself, when that was counted.
    """

    number: int
    size: int


class Reporter(Protocol):
    """Takes a line for the operator, as `Log.event` does."""

    def __call__(self, event: str, **details: object) -> None:
        """Say what happened, and the details by name: no value of any customer."""


@dataclass(slots=True)
class KeptList:
    """A list as it was at a position of the log, once the pending changes are applied.

    Several readers may have one in hand. The first to read on in the log makes what it read pending, in
    one step with the position; all of them then apply it, a part at a time, and no reader looks before
    the end. Where a change cannot be applied, no reader ever looks at the list again.

    Attributes:
        position: the position; one of several, where nothing has changed between them.
        total: how many customers are in it.
        ranks: where its pages begin, where that is known.
        guide: by what to walk it, where there is something better than all customers.
        version: another number after each change.
        is_dropped: whether no reader may look at it any more.
    """

    position: Position
    total: int
    ranks: Ranks | None = None
    guide: Guide | None = None
    version: int = field(default=0, init=False)
    is_dropped: bool = field(default=False, init=False)
    _pending: deque[Change] = field(default_factory=deque, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    async def look(
        self, transaction: Transaction, log: ChangeLog, key: Key, see: Callable[["KeptList"], T]
    ) -> T | None:
        """Bring the list up to the transaction's view, and look at it.

        None where it is too far from the view, or was dropped: it must be found afresh.

        Raises:
            OlderView: it is ahead of the view.
            Disagrees: a change could not be applied.
        """
        for _ in range(_ATTEMPTS):
            position, version = self.stand
            since = await log.find_since(transaction, key[0], position)
            if since.changes is None:
                return None
            reached = self._read_on(version, since)
            while reached is not None:
                with self._lock:
                    if self.version != reached:
                        break  # another reader has brought it further
                    if self._apply_some(key[1]):
                        return None if self.is_dropped or self.is_worn else see(self)
                await transaction.yield_control()
        raise OlderView

    @property
    def stand(self) -> tuple[Position, int]:
        """The position, and the version that the list has there."""
        with self._lock:
            return self.position, self.version

    async def advance(
        self, transaction: Transaction, version: int, since: Since, wanted: Filter
    ) -> None:
        """Bring a version of the list to where a log was read to, unless it is another by now.

        Raises:
            Disagrees: a change could not be applied.
        """
        if self._read_on(version, since) is None:
            return
        while True:
            with self._lock:
                if self._apply_some(wanted):
                    return
            await transaction.yield_control()

    def edit(self, version: int, change: Callable[[Ranks], None]) -> None:
        """Change the ranks by what was found of a version, unless it is another by now."""
        with self._lock:
            if self.version == version and self.ranks is not None:
                self.version += 1
                change(self.ranks)

    def drop(self) -> None:
        """See that no reader looks at it again, not even one that has it in hand."""
        with self._lock:
            self.is_dropped = True
            self._pending.clear()

    @property
    def weight(self) -> int:
        """How many places it holds."""
        return 0 if self.ranks is None else self.ranks.weight

    @property
    def is_worn(self) -> bool:
        """Whether it is better found anew."""
        return self.ranks is not None and self.ranks.is_worn

    def _read_on(self, version: int, since: Since) -> int | None:
        """Make pending what was read since a version's position.

        Returns:
            The version that this makes; None where another reader has made another meanwhile.
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
        """Apply as many pending changes as one hold of the lock may; whether none is left.

        Raises:
            Disagrees: one cannot be applied; the list is dropped, for others may have it in hand.
        """
        if not self._pending or self.is_dropped:
            return True
        try:
            for _ in range(min(len(self._pending), _MAX_PER_HOLD)):
                self._apply(self._pending.popleft(), wanted)
        except BaseException:
            # Half applied, whatever it was.
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


class KeptLists:
    """The lists that are kept, of all organizations; the ones not asked for longest go first."""

    def __init__(self, report: Reporter | None = None) -> None:
        """Begin with none.

        Args:
            report: is told of lists that disagree with the database.
        """
        self._lists: OrderedDict[Key, KeptList] = OrderedDict()
        # The keys whose turn it still is, before it is every list's again.
        self._turns: list[Key] = []
        self._lock = threading.Lock()
        self._report = report

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept."""
        return not self._lists

    def find(self, key: Key) -> KeptList | None:
        """The list that is kept under a key."""
        with self._lock:
            found = self._lists.get(key)
            if found is not None:
                self._lists.move_to_end(key)
            return found

    def find_next(self) -> tuple[Key, KeptList] | None:
        """The list whose turn it is: each has one before any has another. None where there is none."""
        with self._lock:
            while self._lists:
                if not self._turns:
                    self._turns = list(self._lists)
                key = self._turns.pop()
                if key in self._lists:
                    return key, self._lists[key]
        return None

    def keep(self, key: Key, kept: KeptList) -> None:
        """Keep a list, in place of the one before."""
        with self._lock:
            self._lists[key] = kept
            self._lists.move_to_end(key)
            places = sum([each.weight for each in self._lists.values()])
            while len(self._lists) > _MAX_LISTS or (places > _MAX_PLACES and len(self._lists) > 1):
                _, gone = self._lists.popitem(last=False)
                places -= gone.weight

    def drop(self, key: Key, kept: KeptList) -> None:
        """Keep a list no longer, unless another has taken its place."""
        with self._lock:
            if self._lists.get(key) is kept:
                del self._lists[key]

    def give_up(self, organization_id: UUID, disagreement: Disagrees) -> None:
        """Reporter that a list disagreed with the database, and drop every list of its organization.

        What was written past the log concerns them all, even where it shows in one alone.
        """
        with self._lock:
            gone = [key for key in self._lists if key[0] == organization_id]
            dropped = [self._lists.pop(key) for key in gone]
        for kept in dropped:
            kept.drop()
        if self._report is not None:
            self._report(
                "list disagreed", organization=str(organization_id), reason=str(disagreement)
            )

    def all(self) -> list[tuple[Key, KeptList]]:
        """Every list that is kept."""
        with self._lock:
            return list(self._lists.items())

    async def catch_up(self, transaction: Transaction, log: ChangeLog) -> None:
        """Bring every list up to the snapshot, so that no request has to wait for it later."""
        # Lists that stand where others do, as most do after the first time, are brought on together.
        together: dict[tuple[UUID, int], list[tuple[Key, KeptList, Position, int]]] = {}
        for key, kept in self.all():
            position, version = kept.stand
            together.setdefault((key[0], id(position)), []).append((key, kept, position, version))
        for (organization_id, _), lists in together.items():
            try:
                since = await log.find_since(transaction, organization_id, lists[0][2])
            except OlderView:
                continue  # ahead of this view: they need nothing
            for key, kept, _, version in lists:
                if since.changes is None:
                    self.drop(key, kept)
                    continue
                try:
                    await kept.advance(transaction, version, since, key[1])
                except Disagrees as disagreement:
                    self.give_up(organization_id, disagreement)
                if since.changes:
                    await transaction.yield_control()


class NothingKept(KeptLists):
    """For transactions whose view is not to be remembered: each list is found afresh."""

    def keep(self, key: Key, kept: KeptList) -> None:
        """Nothing is kept."""
