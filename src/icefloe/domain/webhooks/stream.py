"""The stream of what happens in an organization, for the command line tool that listens to it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.webhooks import outbox, payloads

if TYPE_CHECKING:
    from collections.abc import Callable

    from icefloe.domain.ports import storage
    from icefloe.domain.values.events import StoredEvent

_BATCH = 100
"""Events per read."""
# Seconds. A transaction on PostgreSQL may commit so long after one whose events have higher sequences:
# its statement timeout is 30 s.
_LATE_SECONDS = 40.0
# Events. Where more happen within that time, a stream looks back less far.
_MOST_SEEN = 2_000


class WebhookStreams:
    """Makes streams."""

    def __init__(self, store: storage.Storage) -> None:
        self._store = store

    async def open(self, organization_id: UUID) -> WebhookStream:
        """A stream of what happens in an organization from now on, whether it has endpoints or not."""
        latest = await self._store.read(
            lambda tables: tables.events.find_latest(organization_id, _BATCH)
        )
        return WebhookStream(self._store, organization_id, [one.sequence for one in latest])


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at the events found.

    Attributes:
        last: the last sequence that there is; None if the look did not reach it.
        events: a batch, from the first unseen one on.
        has_more: whether there may be further ones.
    """

    last: int | None
    events: list[StoredEvent]
    has_more: bool


class WebhookStream:
    """What happens in an organization, in whatever process.

    Events come in the order of their sequences, but one whose transaction took long comes late.
    """

    def __init__(
        self,
        store: storage.Storage,
        organization_id: UUID,
        latest: list[int],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a stream.

        Args:
            store: where the events are.
            organization_id: whose they are.
            latest: the sequences of the last events that the stream leaves out, latest first.
            seconds: the time, to know how long ago an event was seen.
        """
        self._store = store
        self._organization_id = organization_id
        self._seconds = seconds
        self._seen = dict.fromkeys(reversed(latest), seconds())
        # What is not above it is not looked at again.
        self._floor = latest[-1] if len(latest) == _BATCH else 0
        self._version: int | None = None
        self._has_more = False

    @property
    def has_more(self) -> bool:
        """Whether the last read may have left something for the next."""
        return self._has_more

    async def read(self) -> list[bytes]:
        """What has happened since the last read: bodies of webhooks, of a hundred events at most."""
        version = self._store.find_version()
        if version is not None and version == self._version and not self._has_more:
            return []
        look = await self._store.read(self._look)
        self._version, self._has_more = version, look.has_more
        if look.last is not None:
            self._go_back_to(look.last)
        new = [one for one in look.events if self._is_new(one.sequence)]
        self._seen |= dict.fromkeys([one.sequence for one in new], self._seconds())
        self._raise_floor()
        return [
            payloads.render("raw", notice.type, notice.created_at, notice.document)
            for one in new
            for notice in outbox.notices_of(one.event)
        ]

    async def _look(self, tables: storage.Tables) -> _Look:
        """Look for unseen events. Changes nothing: storage may run it again."""
        limit = 1 + len(self._seen) + _BATCH
        sequences = await tables.events.find_sequences(self._organization_id, self._floor, limit)
        if not sequences:
            latest = await tables.events.find_latest(self._organization_id, 1)
            return _Look(latest[0].sequence if latest else 0, [], has_more=False)
        last = sequences[-1] if len(sequences) < limit else None
        new = [sequence for sequence in sequences if self._is_new(sequence)]
        if not new:
            return _Look(last, [], has_more=False)
        events = await tables.events.find_from(self._organization_id, new[0], _BATCH)
        return _Look(last, events, has_more=events[-1].sequence != last)

    def _is_new(self, sequence: int) -> bool:
        return sequence > self._floor and sequence not in self._seen

    def _go_back_to(self, last: int) -> None:
        """Take up from the last event that there is: an organization that was cleared has lost some.

        SQLite then gives their sequences again.
        """
        self._floor = min(self._floor, last)
        if any(sequence > last for sequence in self._seen):
            self._seen = {one: at for one, at in self._seen.items() if one <= last}

    def _raise_floor(self) -> None:
        """Look back no further than the time that a transaction may take."""
        now = self._seconds()
        while self._seen:
            sequence, at = next(iter(self._seen.items()))
            if now - at <= _LATE_SECONDS and len(self._seen) <= _MOST_SEEN:
                return
            del self._seen[sequence]
            self._floor = max(self._floor, sequence)
