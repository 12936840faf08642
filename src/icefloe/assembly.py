"""The one place that wires: Settings → storage → services → ASGI application."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from icefloe import secret
from icefloe.api.app import Application
from icefloe.api.endpoints import ROUTES
from icefloe.api.messages import Asgi
from icefloe.api.rates import Rates
from icefloe.background import Background
from icefloe.dashboard.entrance import Entrance
from icefloe.domain.breakdowns import Breakdowns
from icefloe.domain.clock import Clock
from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.customers import Customers
from icefloe.domain.emails import EmailCheck
from icefloe.domain.errors import ConfigurationError, StorageUnavailable
from icefloe.domain.events import Events
from icefloe.domain.growth import Growth
from icefloe.domain.imports import Imports
from icefloe.domain.invitations import Invitations
from icefloe.domain.members import Members
from icefloe.domain.memberships import Memberships
from icefloe.domain.organizations import Organizations
from icefloe.domain.people import People
from icefloe.domain.seeds import Seeds
from icefloe.domain.sessions import Sessions
from icefloe.domain.snapshots import Snapshots
from icefloe.domain.storage import Storage
from icefloe.domain.tokens import Tokens
from icefloe.log import Log
from icefloe.settings import Settings
from icefloe.storage.open import is_postgres, open_storage, sqlite_path
from icefloe.traffic import Traffic

_TOKEN_USES_SECONDS = 30.0
_CATCH_UP_SECONDS = 0.25
# A count reads all that a filter finds, some 0.1 s of a thread at a million customers.
_RECOUNT_SECONDS = 60.0


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
    _background: Background | None = field(default=None, init=False)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    @property
    def stopping(self) -> asyncio.Event:
        """Set when everything must end: work that takes long must end before the storage does."""
        return self._stopping

    async def start(self, log: Log) -> None:
        """Begin the work in the background, whose failures are logged."""
        background = self._background = Background(log, self._stopping)
        # A use of a token is stored within a minute of it.
        background.every(
            _TOKEN_USES_SECONDS, self.tokens.keep_uses, "store the tokens' uses", at_end=True
        )
        background.every(_CATCH_UP_SECONDS, self._make_catch_up(), "bring lists up to date")
        background.every(_RECOUNT_SECONDS, self.storage.recount, "count a list afresh")

    async def stop(self) -> None:
        """End it, store the last uses of tokens, and close the storage, whatever failed before."""
        self._stopping.set()
        try:
            if self._background is not None:
                await self._background.stop()
            else:
                # A database that is busy to the last costs the last uses, never the clean end.
                with contextlib.suppress(StorageUnavailable):
                    await self.tokens.keep_uses()
        finally:
            await self.storage.close()

    def _make_catch_up(self) -> Callable[[], Awaitable[None]]:
        """Brings lists in memory up to date where something has changed, so that each time is short."""
        caught_up = None

        async def catch_up() -> None:
            nonlocal caught_up
            version = self.storage.find_version()
            if version != caught_up:
                await self.storage.catch_up()
                caught_up = version

        return catch_up


async def open_services(
    settings: Settings, clock: Clock | None = None, log: Log | None = None
) -> Services:
    """The services over the settings' database.

    Args:
        settings: what is set.
        clock: made by the settings where left out.
        log: where the storage reports to; commands end before it has anything to report.

    Raises:
        ConfigurationError: the database's URL or the secret cannot be used.
        IncompatibleDatabase: the database is another program's, or a newer one's.
        StorageUnavailable: it cannot be opened.
    """
    clock = clock or make_clock(settings)
    storage = await open_storage(
        settings.database,
        read_databases=settings.read_database,
        connections=settings.database_connections,
        is_durable=not settings.temporary,
        report=None if log is None else log.event,
    )
    try:
        await _check_secret(settings, storage)
        token_secret = read_secret(settings)
    except ConfigurationError:
        await storage.close()
        raise
    customers = Customers(storage)
    people = People(storage, clock, token_secret)
    return Services(
        storage=storage,
        breakdowns=Breakdowns(customers),
        customers=customers,
        customer_writes=CustomerWrites(storage, clock),
        events=Events(storage),
        growth=Growth(storage),
        imports=Imports(storage, clock),
        invitations=Invitations(storage, clock, token_secret, people),
        members=Members(storage, clock),
        memberships=Memberships(storage, clock),
        organizations=Organizations(storage, clock),
        people=people,
        seeds=Seeds(storage, clock, token_secret),
        sessions=Sessions(storage, clock, token_secret),
        snapshots=Snapshots(storage),
        tokens=Tokens(storage, clock, token_secret),
        email_check=settings.email_check,
        clock=clock,
    )


def make_clock(settings: Settings) -> Clock:
    """The clock that all goes by: where tests may, they give an organization a time of its own."""
    if not settings.control:
        return Clock()
    from icefloe.control.worlds import WorldClock  # noqa: PLC0415 - few servers need it

    return WorldClock()


def count_workers(settings: Settings) -> int:
    """How many processes answer requests.

    Unless it is set, one on a SQLite file, where one at a time writes; on PostgreSQL one for each
    processor. Where tests treat the server as they need, one: what they say is in its memory.

    Raises:
        ConfigurationError: the settings want several, and the control API as well.
    """
    if settings.control:
        if settings.workers not in {None, 1}:
            raise ConfigurationError("the control API needs one process: leave --workers out")
        return 1
    if settings.workers is not None:
        return settings.workers
    return (os.cpu_count() or 1) if is_postgres(settings.database) else 1


def read_secret(settings: Settings) -> bytes:
    """The key under which tokens are hashed: the one that is set, else the one that is kept.

    It is kept beside a SQLite file; for PostgreSQL, in the folder of this machine's user.

    Raises:
        ConfigurationError: the kept one cannot be read or made.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    if is_postgres(settings.database):
        return secret.read_or_make(_postgres_secret())
    path = sqlite_path(settings.database)
    return secret.read_or_make(path.with_name(path.name + ".secret"))


async def _check_secret(settings: Settings, storage: Storage) -> None:
    """See that a new machine does not make a secret of its own for a database that has tokens.

    Raises:
        ConfigurationError: every one of them would be refused.
    """
    if settings.secret or not is_postgres(settings.database) or _postgres_secret().exists():
        return
    if await storage.read(lambda tables: tables.tokens.find_all(None, 1)):
        raise ConfigurationError(
            "the database's tokens were made under a secret that is not on this machine: set"
            f" ICEFLOE_SECRET, or copy the other machine's {_postgres_secret()}"
        )


def _postgres_secret() -> Path:
    """Where the secret for PostgreSQL databases is kept that was made on this machine."""
    return platformdirs.user_data_path("icefloe") / "postgresql.secret"


def create_app(
    settings: Settings | None = None,
    *,
    log: Log | None = None,
    services: Services | None = None,
) -> Asgi:
    """The ASGI application.

    Args:
        settings: what is set; the defaults where left out.
        log: where requests are noted; made by the settings where left out.
        services: what answers; opened by the settings when the server starts, where left out.

    Raises:
        ConfigurationError: the control API is asked for, and there is no key for it.
    """
    chosen = settings or Settings()
    clock = services.clock if services else make_clock(chosen)
    log = log or Log(chosen.log_format)
    limit = chosen.requests_per_minute
    rates = None if limit is None else Rates(limit, clock)

    async def opened() -> Services:
        return services or await open_services(chosen, clock, log)

    application = Application(
        ROUTES,
        opened,
        log=log,
        credential_origins=chosen.credential_origins,
        rate_limit=rates,
    )
    served = _with_control(application, chosen, clock, rates, log)
    if not chosen.dashboard:
        return served

    def make() -> Asgi:
        from icefloe.dashboard.application import make_dashboard  # noqa: PLC0415 - see Entrance

        return make_dashboard(application.services, read_secret(chosen), log)

    return Entrance(served, make)


def _with_control(
    application: Application, settings: Settings, clock: Clock, rates: Rates | None, log: Log
) -> Asgi:
    """The API, which tests may treat as they need where the settings say so.

    Raises:
        ConfigurationError: there is no key for that.
    """
    if not settings.control:
        return application
    if settings.control_key is None:
        raise ConfigurationError("the control API needs a key: set ICEFLOE_CONTROL_KEY")
    from icefloe.control.stand_in import make_stand_in  # noqa: PLC0415 - few servers need it

    return make_stand_in(application, clock, settings.control_key.get_secret_value(), rates, log)
