"""Customers created, and imported, in one process: by Icefloe's domain on each engine, and bare.

The bare writer does what every PostgreSQL service must do: it inserts the same rows into the same
tables, each customer in one transaction, through asyncpg's prepared statements, on a connection per
writer. The rows are made before the clock runs; there is no check for duplicates and no counter.
"""

import asyncio
import contextlib
import itertools
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from pydantic import SecretStr

from benchmarks import data, datasets, inside
from icefloe.assembly import open_services
from icefloe.domain.values.access import Subject
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.clock import utc_now
from icefloe.domain.values.customers import Customer, NewCustomer, owner_of
from icefloe.exchange.files import CustomerFile
from icefloe.services import Services
from icefloe.settings import Settings
from icefloe.storage import customer_rows, documents
from icefloe.storage.postgres.dialect import PostgresDialect
from icefloe.storage.transaction import moment

WRITERS = (1, 4, 16)
ORGANIZATIONS = (1, 16)
BARE = "bare asyncpg"

# One for each writer, and some to spare: what is measured is not the wait for a connection.
_CONNECTIONS = 20
_WARM_UP_SECONDS = 0.3
# So many different customers are ready for the bare writer, which makes others of them.
_READY = 500

_INSERT_CUSTOMER = (
    f"INSERT INTO customers ({customer_rows.COLUMNS}, {customer_rows.DERIVED_COLUMNS}) VALUES ("
    + ", ".join(f"${at}" for at in range(1, 22))
    + ") RETURNING sequence"
)
_INSERT_SEARCH = (
    "INSERT INTO customer_search (organization_id, sequence, email, name, billing_name, external_id)"
    " VALUES ($1, $2, $3, $4, $5, $6)"
)
_INSERT_METADATA = (
    "INSERT INTO customer_metadata (organization_id, key, value, created_at, sequence)"
    " VALUES ($1, $2, $3, $4, $5)"
)
_INSERT_MEMBER = (
    "INSERT INTO members (id, organization_id, customer_id, created_at, email, email_lower, name,"
    " external_id, role) VALUES ($1, $2, $3, $4, $5, lower($5), $6, $7, 'owner')"
)
_INSERT_EVENT = (
    "INSERT INTO events (organization_id, customer_id, type, created_at, document)"
    " VALUES ($1, $2, $3, $4, $5)"
)

# Makes the customer of a number in an organization, for one of the writers.
Create = Callable[[int, int, UUID], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Writes:
    """What one contender reached.

    Attributes:
        contender: "bare asyncpg", "sqlite" or "postgres".
        counter_slots: over how many rows an organization's counter is spread; 0 has none.
        writers: how many wrote at the same time, each its next customer when one was stored.
        organizations: over how many the customers were spread.
        per_second: customers stored per second; the median of the rounds.
        ratio: to what the bare writer reached in the same round, the median; None without one.
    """

    contender: str
    counter_slots: int
    writers: int
    organizations: int
    per_second: float
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Import:
    """How fast customers came in from a file, in one process that was running already."""

    engine: str
    size: int
    seconds: float

    @property
    def row_us(self) -> float:
        """Microseconds for each customer."""
        return self.seconds / self.size * 1e6


@dataclass(slots=True)
class _Contender:
    name: str
    slots: int
    create: Create


def measure(
    databases: dict[str, str],
    *,
    rounds: int,
    seconds: float,
    counter_slots: Sequence[int],
    import_size: int,
) -> tuple[list[Writes], list[Import]]:
    """Imports and writes on every engine.

    Args:
        databases: for each engine a database without other users; `--database` takes them.
        rounds: how often each contender writes, in turn with the others.
        seconds: for how long, each time.
        counter_slots: for PostgreSQL and one organization, over how many rows the counter is spread,
            besides the usual number.
        import_size: how many customers to import.
    """
    return inside.run(
        _measure(
            databases,
            rounds=rounds,
            seconds=seconds,
            counter_slots=counter_slots,
            import_size=import_size,
        )
    )


async def _measure(
    databases: dict[str, str],
    *,
    rounds: int,
    seconds: float,
    counter_slots: Sequence[int],
    import_size: int,
) -> tuple[list[Writes], list[Import]]:
    async with contextlib.AsyncExitStack() as stack:
        opened = {
            engine: await stack.enter_async_context(_services(database))
            for engine, database in databases.items()
        }
        imports = [await _import(name, one, import_size) for name, one in opened.items()]
        numbers = itertools.count(import_size)
        contenders = []
        if datasets.POSTGRES in databases:
            bare = await stack.enter_async_context(_bare(databases[datasets.POSTGRES]))
            contenders.append(_Contender(BARE, 0, bare))
        usual = {datasets.POSTGRES: PostgresDialect.count_slots, datasets.SQLITE: 1}
        for engine, services in opened.items():
            contenders.append(_Contender(engine, usual[engine], _ours(services)))
        others = [
            _Contender(datasets.POSTGRES, slots, _ours(opened[datasets.POSTGRES]))
            for slots in counter_slots
            if datasets.POSTGRES in opened and slots != usual[datasets.POSTGRES]
        ]
        found = []
        for count in ORGANIZATIONS:
            owners = [uuid4() for _ in range(count)]
            for services in opened.values():
                for owner in owners:
                    await services.organizations.create("Writes", organization_id=owner)
            taking_part = contenders + (others if count == 1 else [])
            for one in taking_part:
                await _write(one, max(WRITERS), owners, numbers, _WARM_UP_SECONDS)
            for writers in WRITERS:
                measured = [
                    [await _write(one, writers, owners, numbers, seconds) for one in taking_part]
                    for _ in range(rounds)
                ]
                found += _summarize(taking_part, writers, count, measured)
    return found, imports


def _summarize(
    contenders: list[_Contender], writers: int, organizations: int, rounds: list[list[float]]
) -> list[Writes]:
    """What the rounds come to; each has what every contender reached, in their order."""
    has_bare = contenders[0].name == BARE
    return [
        Writes(
            contender=one.name,
            counter_slots=one.slots,
            writers=writers,
            organizations=organizations,
            per_second=statistics.median(each[at] for each in rounds),
            ratio=statistics.median(each[at] / each[0] for each in rounds) if has_bare else None,
        )
        for at, one in enumerate(contenders)
    ]


async def _write(
    contender: _Contender,
    writers: int,
    owners: list[UUID],
    numbers: Iterator[int],
    seconds: float,
) -> float:
    """Customers per second, with so many writers."""
    with _slots(contender.slots):
        started = time.perf_counter()

        async def write(writer: int) -> int:
            for done in itertools.count():
                if time.perf_counter() - started > seconds:
                    return done
                number = next(numbers)
                await contender.create(writer, number, owners[number % len(owners)])
            raise AssertionError

        done = await asyncio.gather(*(write(writer) for writer in range(writers)))
        return sum(done) / (time.perf_counter() - started)


@contextlib.contextmanager
def _slots(count: int) -> Iterator[None]:
    """PostgreSQL's counters over so many rows; 0 leaves them as they are."""
    usual = PostgresDialect.count_slots
    PostgresDialect.count_slots = count or usual
    try:
        yield
    finally:
        PostgresDialect.count_slots = usual


@contextlib.asynccontextmanager
async def _services(database: str) -> AsyncIterator[Services]:
    settings = Settings(
        database=database, database_connections=_CONNECTIONS, secret=SecretStr(datasets.SECRET)
    )
    services = await open_services(settings)
    try:
        yield services
    finally:
        await services.stop()


async def _import(engine: str, services: Services, size: int) -> Import:
    await services.organizations.create("Import", organization_id=data.ORGANIZATION_ID)
    with tempfile.TemporaryDirectory(prefix="icefloe-benchmark-import-") as folder:
        file = Path(folder, "customers.ndjson")
        data.write_lines(file, size)
        source = CustomerFile(file)
        started = time.perf_counter()
        report = await services.imports.run(data.ORGANIZATION_ID, lambda: source)
        seconds = time.perf_counter() - started
    if report.added != size:
        raise RuntimeError(f"the import on {engine} took {report.added} of {size} customers")
    return Import(engine, size, seconds)


def _ours(services: Services) -> Create:
    """The domain's own way to make a customer."""

    async def create(writer: int, number: int, owner: UUID) -> None:  # noqa: ARG001 - all alike
        values = data.customer(number, number + 1)
        address = values["billing_address"]
        new = NewCustomer(
            email=values["email"],
            external_id=values["external_id"],
            name=values["name"],
            billing_address=None if address is None else Address(**address),
            metadata=values["metadata"],
        )
        await services.customer_writes.create(Subject(owner, owner, frozenset()), new)

    return create


@contextlib.asynccontextmanager
async def _bare(database: str) -> AsyncIterator[Create]:
    """As little as can make a customer; each writer has a connection."""
    connections = [await asyncpg.connect(database) for _ in range(max(WRITERS))]
    ready = [_Rows.make(number, utc_now()) for number in range(_READY)]

    async def create(writer: int, number: int, owner: UUID) -> None:
        await ready[number % _READY].insert(connections[writer], number, owner)

    try:
        yield create
    finally:
        for connection in connections:
            await connection.close()


@dataclass(slots=True)
class _Rows:
    """The values of a customer's rows, which `insert` gives a new identity."""

    customer: tuple[Any, ...]
    derived: tuple[Any, ...]
    search: tuple[str | None, ...]
    metadata: list[tuple[str, str]]
    made_at: int | None
    documents: tuple[bytes, bytes]

    @classmethod
    def make(cls, number: int, now: datetime) -> "_Rows":
        """Those of a made-up customer."""
        values = data.customer(number, number + 1)
        address = values["billing_address"]
        customer = Customer(
            id=uuid4(),
            organization_id=data.ORGANIZATION_ID,
            created_at=now,
            email=values["email"],
            external_id=values["external_id"],
            name=values["name"],
            billing_address=None if address is None else Address(**address),
            metadata=values["metadata"],
        )
        derived = customer_rows.derived_from(customer, customer.email)
        owner = owner_of(customer, None, uuid4())
        return cls(
            customer=customer_rows.values_of(customer),
            derived=derived,
            search=customer_rows.search_texts_of(customer),
            metadata=customer_rows.metadata_texts_of(customer),
            made_at=moment(now),
            documents=(documents.render_member(owner), derived[-1]),
        )

    async def insert(self, connection: "asyncpg.Connection[Any]", number: int, owner: UUID) -> None:
        """Insert the rows as those of a new customer."""
        identity, email, external_id = uuid4(), f"bare.{number}@example.com", f"bare_{number}"
        values = (owner, identity, *self.customer[2:6], email, self.customer[7], external_id)
        name = self.customer[9]
        made, at = self.documents, self.made_at
        await connection.execute("BEGIN")
        sequence = await connection.fetchval(
            _INSERT_CUSTOMER, *values, *self.customer[9:], email, *self.derived[1:]
        )
        await connection.execute(
            _INSERT_SEARCH, owner, sequence, email, *self.search[1:3], external_id
        )
        await connection.executemany(
            _INSERT_METADATA, [(owner, key, value, at, sequence) for key, value in self.metadata]
        )
        await connection.execute(
            _INSERT_MEMBER, uuid4(), owner, identity, at, email, name, external_id
        )
        await connection.execute(_INSERT_EVENT, owner, identity, "member.created", at, made[0])
        await connection.execute(_INSERT_EVENT, owner, identity, "customer.created", at, made[1])
        await connection.execute("COMMIT")
