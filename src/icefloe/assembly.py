"""The composition root: Settings → storage → services → ASGI application.

The only module that knows every part: it builds each object and hands it what it needs.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import platformdirs

from icefloe import database_url, secret
from icefloe.api.app import Application
from icefloe.api.endpoints import ROUTES
from icefloe.api.rates import Rates
from icefloe.asgi.arrival import Arrivals
from icefloe.asgi.base_path import BasePath
from icefloe.asgi.types import Asgi
from icefloe.dashboard.mount import Mount
from icefloe.delivery.courier import Courier
from icefloe.delivery.sender import HttpSender
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
from icefloe.domain.values.errors import ConfigurationError
from icefloe.domain.webhooks.deliveries import WebhookDeliveries
from icefloe.domain.webhooks.endpoints import WebhookEndpoints
from icefloe.domain.webhooks.state_changes import StateChanges
from icefloe.domain.webhooks.stream import WebhookStreams
from icefloe.domain.webhooks.triggers import Triggers
from icefloe.log import Log
from icefloe.services import Services
from icefloe.settings import Settings
from icefloe.storage.open import open_storage, sqlite_path

_MEBIBYTE = 1024 * 1024


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
    customers, customer_writes = Customers(storage), CustomerWrites(storage, clock)
    members = Members(storage, clock)
    people = People(storage, clock, token_secret)
    return Services(
        storage=storage,
        breakdowns=Breakdowns(customers),
        commerce=Commerce(storage, clock),
        customers=customers,
        customer_writes=customer_writes,
        events=Events(storage),
        growth=Growth(storage),
        imports=Imports(storage, clock),
        invitations=Invitations(storage, clock, token_secret, people),
        members=members,
        memberships=Memberships(storage, clock),
        organizations=Organizations(storage, clock),
        placing=Placing(storage, clock),
        people=people,
        seeds=Seeds(
            storage,
            clock,
            token_secret,
            public_webhooks_only=settings.public_webhooks_only,
        ),
        sessions=Sessions(storage, clock, token_secret),
        snapshots=Snapshots(storage),
        tokens=Tokens(storage, clock, token_secret),
        triggers=Triggers(storage, clock, customers, customer_writes, members),
        webhook_deliveries=WebhookDeliveries(storage, clock),
        state_changes=StateChanges(storage, clock),
        webhook_endpoints=WebhookEndpoints(
            storage, clock, public_only=settings.public_webhooks_only
        ),
        webhook_streams=WebhookStreams(storage),
        email_check=settings.email_check,
        clock=clock,
        public_url=settings.public_url,
        base_path=settings.base_path,
        webhook_retention=timedelta(days=settings.webhook_retention),
    )


def make_courier(services: Services, settings: Settings, log: Log) -> Courier:
    """What sends the webhooks that are queued in the services' database; it is not started yet."""
    sender = HttpSender(public_only=settings.public_webhooks_only)
    if not settings.control:
        return Courier(
            services.webhook_deliveries, services.state_changes, services.clock, log, sender
        )
    from icefloe.control.webhooks import sender as treated  # noqa: PLC0415 - few servers need it

    return treated.make_courier(services, sender, log)


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
    return (os.cpu_count() or 1) if database_url.is_postgres(settings.database) else 1


def read_secret(settings: Settings) -> bytes:
    """The key under which tokens are hashed: the setting, else the one in a file.

    The file lies beside a SQLite database; for PostgreSQL, in the folder of this machine's user.

    Raises:
        ConfigurationError: the file cannot be read or made.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    if database_url.is_postgres(settings.database):
        return secret.read_or_make(_postgres_secret())
    path = sqlite_path(settings.database)
    return secret.read_or_make(path.with_name(path.name + ".secret"))


async def _check_secret(settings: Settings, storage: Storage) -> None:
    """See that a new machine does not make a secret of its own for a database that has tokens.

    Raises:
        ConfigurationError: every one of them would be refused.
    """
    if (
        settings.secret
        or not database_url.is_postgres(settings.database)
        or _postgres_secret().exists()
    ):
        return
    if await storage.read(lambda tables: tables.tokens.find_all(None, 1)):
        raise ConfigurationError(
            "the database's tokens were made under a secret that is not on this machine: set"
            f" ICEFLOE_SECRET, or copy the other machine's {_postgres_secret()}"
        )


def _postgres_secret() -> Path:
    """The file of the secret for PostgreSQL databases that this machine has made."""
    return platformdirs.user_data_path("icefloe") / "postgresql.secret"


def create_app(
    settings: Settings | None = None,
    *,
    log: Log | None = None,
    services: Services | None = None,
    on_open: Callable[[Services], None] | None = None,
) -> Asgi:
    """The ASGI application.

    Args:
        settings: what is set; the defaults where left out.
        log: where requests are noted; made by the settings where left out.
        services: what answers; opened by the settings when the server starts, where left out.
        on_open: called with the services once they are opened so, on the server's event loop.

    Raises:
        ConfigurationError: the control API is asked for, and there is no key for it.
    """
    chosen = settings or Settings()
    clock = services.clock if services else make_clock(chosen)
    log = log or Log(chosen.log_format)
    limit = chosen.requests_per_minute
    rates = None if limit is None else Rates(limit, clock)

    async def opened() -> Services:
        found = services or await open_services(chosen, clock, log)
        if chosen.deliver:
            found.courier = make_courier(found, chosen, log)
        if services is None and on_open is not None:
            on_open(found)
        return found

    application = Application(
        ROUTES,
        opened,
        log=log,
        credential_origins=chosen.credential_origins,
        rate_limit=rates,
    )
    served = _with_control(application, chosen, clock, rates, log)
    whole = _with_dashboard(served, application, chosen, log)
    return Arrivals(
        BasePath(whole, chosen.base_path) if chosen.base_path else whole,
        chosen.body_timeout,
        chosen.body_memory * _MEBIBYTE,
    )


def _with_dashboard(served: Asgi, application: Application, settings: Settings, log: Log) -> Asgi:
    """The API, and beside it the dashboard where the settings say so."""
    if not settings.dashboard:
        return served

    def make() -> Asgi:
        from icefloe.dashboard.application import make_dashboard  # noqa: PLC0415 - see Mount

        return make_dashboard(application.services, read_secret(settings), log)

    return Mount(served, make)


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
