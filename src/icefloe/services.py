"""The services: everything the domain offers, wired to one storage. Made by `assembly`."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from icefloe.background import Background, Tasks
from icefloe.delivery.courier import Courier
from icefloe.domain.breakdowns import Breakdowns
from icefloe.domain.commerce.commerce import Commerce
from icefloe.domain.commerce.placing.placing import Placing
from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.customers import Customers
from icefloe.domain.events import Events
from icefloe.domain.growth import Growth
from icefloe.domain.imports import Imports
from icefloe.domain.members import Members
from icefloe.domain.organizations import Organizations
from icefloe.domain.people.invitations import Invitations
from icefloe.domain.people.memberships import Memberships
from icefloe.domain.people.people import People
from icefloe.domain.people.sessions import Sessions
from icefloe.domain.ports.storage import Storage
from icefloe.domain.seeds import Seeds
from icefloe.domain.snapshots import Snapshots
from icefloe.domain.tokens import Tokens
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.errors import StorageUnavailable
from icefloe.domain.webhooks.deliveries import WebhookDeliveries
from icefloe.domain.webhooks.endpoints import WebhookEndpoints
from icefloe.domain.webhooks.state_changes import StateChanges
from icefloe.domain.webhooks.stream import WebhookStreams
from icefloe.domain.webhooks.triggers import Triggers
from icefloe.log import Log
from icefloe.traffic import Traffic

_TOKEN_USES_SECONDS = 30.0
_CATCH_UP_SECONDS = 0.25
# A count reads all that a filter finds, some 0.1 s of a thread at a million customers.
_RECOUNT_SECONDS = 60.0
_PRUNE_SECONDS = 60.0
# Between two steps of 500 events each: requests come in between.
_PRUNE_PAUSE_SECONDS = 0.1


@dataclass(slots=True)
class Services:
    """What the domain offers, wired to one storage; and what this process notes of its requests.

    Attributes:
        courier: sends what is queued for webhook endpoints; None where this process sends nothing.
        tasks: work that requests begin; it is cancelled before the storage closes.
    """

    storage: Storage
    breakdowns: Breakdowns
    commerce: Commerce
    customers: Customers
    customer_writes: CustomerWrites
    events: Events
    growth: Growth
    imports: Imports
    invitations: Invitations
    members: Members
    memberships: Memberships
    organizations: Organizations
    people: People
    placing: Placing
    seeds: Seeds
    sessions: Sessions
    snapshots: Snapshots
    tokens: Tokens
    triggers: Triggers
    webhook_deliveries: WebhookDeliveries
    state_changes: StateChanges
    webhook_endpoints: WebhookEndpoints
    webhook_streams: WebhookStreams
    email_check: EmailCheck
    clock: Clock
    public_url: str | None = None
    base_path: str = ""
    webhook_retention: timedelta = timedelta(days=30)
    courier: Courier | None = None
    traffic: Traffic = field(default_factory=Traffic)
    tasks: Tasks = field(default_factory=Tasks)
    _background: Background | None = field(default=None, init=False)
    _ending: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    @property
    def ending(self) -> asyncio.Event:
        """Set when the server must end: answers that have no end of their own must end now."""
        return self._ending

    async def start(self, log: Log) -> None:
        """Begin the work in the background, whose failures are logged."""
        background = self._background = Background(log, self._stopping)
        # A use of a token is stored within a minute of it.
        background.every(
            _TOKEN_USES_SECONDS, self.tokens.store_uses, "store the tokens' uses", at_end=True
        )
        background.every(_CATCH_UP_SECONDS, self._make_catch_up(), "bring lists up to date")
        background.every(_RECOUNT_SECONDS, self.storage.recount, "count a list afresh")
        background.every(_PRUNE_SECONDS, self._prune_webhooks, "delete old webhook deliveries")
        if self.courier is not None:
            await self.courier.start()

    async def stop(self) -> None:
        """End all work, store the last uses of tokens, close the storage, whatever failed before."""
        self._ending.set()
        self._stopping.set()
        try:
            if self.courier is not None:
                await self.courier.stop()
            await self.tasks.stop()
            if self._background is not None:
                await self._background.stop()
            else:
                # If the database stays busy, the last uses are lost, but the storage still closes.
                with contextlib.suppress(StorageUnavailable):
                    await self.tokens.store_uses()
        finally:
            await self.storage.close()

    async def _prune_webhooks(self) -> None:
        """Delete webhook events that are too old, in small steps."""
        while await self.webhook_deliveries.prune(self.webhook_retention):
            if self._stopping.is_set():
                return
            await asyncio.sleep(_PRUNE_PAUSE_SECONDS)

    def _make_catch_up(self) -> Callable[[], Awaitable[None]]:
        """Makes work that brings lists in memory up to date, where something has changed."""
        caught_up = None

        async def catch_up() -> None:
            nonlocal caught_up
            version = self.storage.find_version()
            if version != caught_up:
                await self.storage.catch_up()
                caught_up = version

        return catch_up
