"""The services: everything the domain offers, wired to one storage. Made by `assembly`."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from icefloe.domain.breakdowns import Breakdowns
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
from icefloe.traffic import Traffic

_TOKEN_USES_SECONDS = 30.0
_CATCH_UP_SECONDS = 0.25


@dataclass(slots=True)
class Services:
    """What the domain offers, wired to one storage; and what this process notes of its requests."""

    storage: Storage
    breakdowns: Breakdowns
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
    seeds: Seeds
    sessions: Sessions
    snapshots: Snapshots
    tokens: Tokens
    email_check: EmailCheck
    clock: Clock
    traffic: Traffic = field(default_factory=Traffic)
    _background: list[asyncio.Task[None]] = field(default_factory=list, init=False)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    @property
    def stopping(self) -> asyncio.Event:
        """Set when everything is to end: for what takes long, and is to end before the storage does."""
        return self._stopping

    async def start(self) -> None:
        """Begin what goes on in the background."""
        self._background = [
            asyncio.create_task(self._keep_token_uses()),
            asyncio.create_task(self._catch_up()),
        ]

    async def stop(self) -> None:
        """End it, and let go of the storage."""
        self._stopping.set()
        try:
            await asyncio.gather(*self._background)
            # A database that is busy to the last costs the last uses, never the clean end.
            with contextlib.suppress(StorageUnavailable):
                await self.tokens.keep_uses()
        finally:
            await self.storage.close()

    async def _keep_token_uses(self) -> None:
        """Keep every half minute which tokens were used, so that it is right within a minute."""
        while not await self._is_stopping_within(_TOKEN_USES_SECONDS):
            # Where the database is busy, the next round keeps them.
            with contextlib.suppress(StorageUnavailable):
                await self.tokens.keep_uses()

    async def _catch_up(self) -> None:
        """Bring up to date what lists remember, where something has changed: little at a time."""
        caught_up = None
        while not await self._is_stopping_within(_CATCH_UP_SECONDS):
            # Where the database is busy, the next round does it.
            with contextlib.suppress(StorageUnavailable):
                version = self.storage.find_version()
                if version != caught_up:
                    await self.storage.catch_up()
                    caught_up = version

    async def _is_stopping_within(self, seconds: float) -> bool:
        """Wait for so long, or until everything is to end; whether it is."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()
