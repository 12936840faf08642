"""What is kept in memory of lists that took long to find: totals and ranks, exact at every moment.

What is kept is never trusted by itself. A reader brings it up to the view of the database that it
answers from, by the log of changes, and only then looks at it.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from icefloe.storage.lists.change_log import ChangeLog, OlderView, Position, Since
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.ranks import Ranks
from icefloe.storage.session import Session

T = TypeVar("T")

_MAX_LISTS = 512
# Of the places in all ranks together; one takes some 200 bytes.
_MAX_PLACES = 150_000
_ATTEMPTS = 8

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


@dataclass(slots=True)
class KeptList:
    """A list as it was at a position of the log.

    Attributes:
        position: the position; one of several, where nothing has changed between them.
        total: how many customers are in it.
        ranks: where its pages begin, where that is known.
        guide: by what to walk it, where there is something better than all customers.
        version: another number after each change.
    """

    position: Position
    total: int
    ranks: Ranks | None = None
    guide: Guide | None = None
    version: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    async def look(
        self, session: Session, log: ChangeLog, key: Key, see: Callable[["KeptList"], T]
    ) -> T | None:
        """Bring the list up to the session's view, and look at it; None where that is too far.

        Raises:
            OlderView: it is ahead of the view.
        """
        for _ in range(_ATTEMPTS):
            position, version = self.stand
            since = await log.find_since(session, key[0], position)
            if since.changes is None:
                return None
            with self._lock:
                if self._advance(version, since, key[1]):
                    return None if self.is_worn else see(self)
        raise OlderView

    @property
    def stand(self) -> tuple[Position, int]:
        """The position, and the version that the list has there."""
        with self._lock:
            return self.position, self.version

    def advance(self, version: int, since: Since, wanted: Filter) -> bool:
        """Bring a version of the list to where a log was read to; False where it is another by now."""
        with self._lock:
            return self._advance(version, since, wanted)

    def edit(self, version: int, change: Callable[[Ranks], None]) -> None:
        """Change the ranks by what was found of a version, unless it is another by now."""
        with self._lock:
            if self.version == version and self.ranks is not None:
                self.version += 1
                change(self.ranks)

    @property
    def weight(self) -> int:
        """How many places it holds."""
        return 0 if self.ranks is None else self.ranks.weight

    @property
    def is_worn(self) -> bool:
        """Whether it is better found anew."""
        return self.ranks is not None and self.ranks.is_worn

    def _advance(self, version: int, since: Since, wanted: Filter) -> bool:
        # Whoever only looked meanwhile is in nobody's way.
        if self.version != version:
            return False  # somebody else has brought it on
        if since.changes:
            self.version += 1
        for change in since.changes or []:
            if self.ranks is None:
                self.total += wanted.finds(change.after) - wanted.finds(change.before)
            else:
                self.ranks.apply(change, wanted)
                self.total = self.ranks.total
        self.position = since.position
        return True


class KeptLists:
    """The lists that are kept, of all organizations; the ones not asked for longest go first."""

    def __init__(self) -> None:
        self._lists: OrderedDict[Key, KeptList] = OrderedDict()
        self._lock = threading.Lock()

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

    def all(self) -> list[tuple[Key, KeptList]]:
        """Every list that is kept."""
        with self._lock:
            return list(self._lists.items())

    async def catch_up(self, session: Session, log: ChangeLog) -> None:
        """Bring every list up to the session's view, so that nobody has to wait for it later."""
        # Lists that stand where others do, as most do after the first time, are brought on together.
        together: dict[tuple[UUID, int], list[tuple[Key, KeptList, Position, int]]] = {}
        for key, kept in self.all():
            position, version = kept.stand
            together.setdefault((key[0], id(position)), []).append((key, kept, position, version))
        for (organization_id, _), lists in together.items():
            try:
                since = await log.find_since(session, organization_id, lists[0][2])
            except OlderView:
                continue  # ahead of this view: they need nothing
            for key, kept, _, version in lists:
                if since.changes is None:
                    self.drop(key, kept)
                else:
                    kept.advance(version, since, key[1])


class NothingKept(KeptLists):
    """For transactions whose view is not to be remembered: each list is found afresh."""

    def keep(self, key: Key, kept: KeptList) -> None:
        """Nothing is kept."""
