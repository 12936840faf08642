"""Changes: a transaction on commerce, with the events that it causes in the order of their causes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from icefloe.domain.commerce import joins
from icefloe.domain.values import moments
from icefloe.domain.values.events import Event
from icefloe.domain.webhooks.outbox import Outbox

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.documents import Document
    from icefloe.domain.values.events import CommerceEventType

T = TypeVar("T")


class Change:
    """One transaction on an organization's commerce.

    Attributes:
        tables: what it reads and writes.
        organization_id: whose commerce it is.
        clock: the organization's.
        now: the moment at which all of it happens.
        is_silent: whether webhooks leave its events out.
        leaves_no_events: whether there are no events of it at all.
        events: those noted so far.
    """

    def __init__(
        self,
        tables: storage.Tables,
        organization_id: UUID,
        clock: Clock,
        *,
        is_silent: bool = False,
        leaves_no_events: bool = False,
    ) -> None:
        self.tables = tables
        self.organization_id = organization_id
        self.now = clock.now()
        self.is_silent = is_silent or leaves_no_events
        self.leaves_no_events = leaves_no_events
        self.clock = clock
        self.events: list[Event] = []

    @property
    def moment(self) -> str:
        """`now` as documents write it."""
        return moments.render(self.now)

    def new_id(self) -> UUID:
        """An identifier never given before."""
        return self.clock.new_id()

    async def render(self, document: Document) -> bytes:
        """A document as the wire shows it at this point of the change."""
        return await joins.render(self.tables, self.organization_id, document)

    async def tell(
        self, kind: CommerceEventType, document: Document, customer_id: UUID | None = None
    ) -> bytes:
        """Note an event that shows a document as it is now; returns what it shows."""
        return await self.tell_all([kind], document, customer_id)

    async def tell_all(
        self,
        kinds: Iterable[CommerceEventType],
        document: Document,
        customer_id: UUID | None = None,
    ) -> bytes:
        """Note several events that show the same; returns what they show."""
        text = await self.render(document)
        if self.leaves_no_events:
            return text
        self.events += [
            Event(
                type=kind,
                organization_id=self.organization_id,
                customer_id=customer_id,
                created_at=self.now,
                document=text,
                is_silent=self.is_silent,
            )
            for kind in kinds
        ]
        return text

    async def store_events(self, outbox: Outbox) -> None:
        """Store the events noted, and queue them for webhook endpoints."""
        if self.events:
            await outbox.record(self.tables, self.events)


class Changes:
    """Runs changes."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._outbox = Outbox()

    async def run(
        self,
        organization_id: UUID,
        work: Callable[[Change], Awaitable[T]],
        *,
        is_silent: bool = False,
        leaves_no_events: bool = False,
    ) -> T:
        """Run `work` as one transaction, its events included.

        Args:
            organization_id: whose commerce is changed.
            work: makes the change; awaits nothing but the tables' methods.
            is_silent: whether webhooks leave the events out.
            leaves_no_events: whether there are no events at all.
        """

        async def whole(tables: storage.Tables) -> T:
            clock = self._clock.of(organization_id)
            change = Change(
                tables,
                organization_id,
                clock,
                is_silent=is_silent,
                leaves_no_events=leaves_no_events,
            )
            result = await work(change)
            await change.store_events(self._outbox)
            return result

        return await self._store.write(whole)
