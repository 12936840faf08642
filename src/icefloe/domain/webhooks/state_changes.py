"""`customer.state_changed` after changes of what a customer has or uses: many of them are told of once.

What happens to the customer itself is told of at once, without this (`outbox.notices_of`). The
numbers are the reference's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from icefloe.domain import states
from icefloe.domain.values.events import Event
from icefloe.domain.values.webhooks import StateTrigger
from icefloe.domain.webhooks.outbox import Outbox

if TYPE_CHECKING:
    from datetime import datetime

    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock

PAUSE: Final = timedelta(seconds=1)
"""How long no further change must come before endpoints are told."""

LONGEST: Final = timedelta(seconds=5)
"""How long after the first change endpoints are told at the latest."""

USAGE_PAUSE: Final = timedelta(seconds=15)
"""How long no further event must come before what a customer has used counts as a change."""

USAGE_LONGEST: Final = timedelta(hours=3)
"""How long after the first event endpoints are told of what was used at the latest."""

_MOST_AT_ONCE = 100


async def note(
    tables: storage.Tables, organization_id: UUID, customer_id: UUID, now: datetime
) -> None:
    """Have endpoints told soon that a customer's state has changed, in the change's transaction."""
    trigger = StateTrigger(organization_id, customer_id, first_at=now, due_at=now + PAUSE)
    await tables.state_triggers.push(trigger, LONGEST)


async def note_usage(
    tables: storage.Tables, organization_id: UUID, customer_ids: Iterable[UUID], now: datetime
) -> None:
    """Have endpoints told what customers have used, once no more of it comes for a while."""
    if not await tables.webhook_endpoints.find_enabled(organization_id):
        return  # a request may be about hundreds of customers
    for customer_id in sorted(customer_ids):
        due_at = now + USAGE_PAUSE + PAUSE
        trigger = StateTrigger(organization_id, customer_id, first_at=now, due_at=due_at)
        await tables.state_triggers.push(trigger, USAGE_LONGEST)


class StateChanges:
    """Tells endpoints of changed states that have fallen due."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._outbox = Outbox()

    async def find_next(self) -> dict[UUID, datetime]:
        """When the next falls due in each organization, by the organizations' ids."""
        return await self._store.read(lambda tables: tables.state_triggers.find_next())

    def is_due(self, organization_id: UUID, due_at: datetime) -> bool:
        """Whether a moment has come by an organization's clock."""
        return due_at <= self._clock.of(organization_id).now()

    async def tell_due(self) -> dict[UUID, datetime]:
        """Record an event for each that is due; returns when each organization's next falls due."""
        while True:
            coming = await self.find_next()
            due = [each for each, due_at in coming.items() if self.is_due(each, due_at)]
            if not due:
                return coming
            for organization_id in due:
                now = self._clock.of(organization_id).now()
                await self._tell_until(organization_id, now)

    async def tell_all(self, organization_id: UUID) -> None:
        """Record an event for each of an organization's, due or not."""
        while await self._tell_until(organization_id, None):
            pass

    async def _tell_until(self, organization_id: UUID, moment: datetime | None) -> bool:
        """Record events for some that fall due until a moment, or ever; returns whether for any."""

        async def work(tables: storage.Tables) -> bool:
            found = await tables.state_triggers.find_first(organization_id, _MOST_AT_ONCE)
            due = [trigger for trigger in found if moment is None or trigger.due_at <= moment]
            await self._tell(tables, due)
            return bool(due)

        return await self._store.write(work)

    async def _tell(self, tables: storage.Tables, triggers: list[StateTrigger]) -> None:
        for trigger in triggers:
            if not await tables.state_triggers.remove(trigger):
                continue
            organization_id, customer_id = trigger.organization_id, trigger.customer_id
            document = await states.find(tables, organization_id, customer_id, with_deleted=True)
            if document is None:
                continue
            event = Event(
                type="customer.state_changed",
                organization_id=organization_id,
                customer_id=customer_id,
                created_at=self._clock.of(organization_id).now(),
                document=document,
            )
            await self._outbox.record(tables, [event])
