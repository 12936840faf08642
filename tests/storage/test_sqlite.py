"""What SQLite has to see to besides the contract: shared commits, busy and full files, awaiting."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import apsw
import pytest

from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Tables
from icefloe.domain.tokens import Tokens
from icefloe.domain.values import errors
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.listing import CustomerQuery, PageRequest
from icefloe.storage.sqlite.engine import SqliteStorage
from icefloe.storage.sqlite.scrubbing import (
    NOTE_FORGOTTEN,
    find_unused_room,
    is_to_be_scrubbed,
    scrub,
)
from support import add_customer, customer_of, run

SECONDS = 120.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The database's file."""
    return tmp_path / "data.db"


@pytest.fixture
def store(file: Path) -> Iterator[SqliteStorage]:
    """An empty storage."""
    opened = SqliteStorage(file)
    yield opened
    run(opened.close())


@pytest.fixture
def organization_id(store: SqliteStorage) -> UUID:
    """An organization without customers."""
    return run(Organizations(store, Clock()).create("Tests")).id


def test_not_durable(file: Path, store: SqliteStorage) -> None:
    """A storage that is not to last does not wait for the disk, and is the same otherwise."""

    def look(store: SqliteStorage) -> dict[str, object]:
        names = ("synchronous", "journal_mode", "foreign_keys", "secure_delete", "cache_size")
        connection = store._write_connection
        return {name: connection.execute(f"PRAGMA {name}").get for name in names}

    full, off = 2, 0
    other = SqliteStorage(file.with_name("other.db"), is_durable=False)
    try:
        assert look(store)["synchronous"] == full
        assert look(other) == {**look(store), "synchronous": off}
    finally:
        run(other.close())


async def add(store: SqliteStorage, organization_id: UUID, number: int, size: int = 0) -> None:
    """Keep a customer, of some size."""
    customer = customer_of(organization_id, number, billing_name="x" * size)
    await store.write(lambda tables: add_customer(tables, customer))


async def count(store: SqliteStorage, organization_id: UUID) -> int:
    """How many customers a reader sees."""
    page = await store.read(
        lambda tables: tables.customers.find_page(organization_id, CustomerQuery())
    )
    return page.total_count


async def held(store: SqliteStorage, may_end: threading.Event) -> asyncio.Task[None]:
    """A transaction that keeps the writer's thread until it is told to end."""
    has_begun = threading.Event()

    async def hold(_: Tables) -> None:
        has_begun.set()
        may_end.wait(SECONDS)

    holding = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(has_begun.wait, SECONDS)
    return holding


def test_writers_share_a_commit(store: SqliteStorage, organization_id: UUID) -> None:
    """Writes that come while one is being committed are committed together."""
    commits = 0

    def note() -> bool:
        nonlocal commits
        commits += 1
        return False

    async def main() -> int:
        may_end = threading.Event()
        holding = await held(store, may_end)
        adding = [asyncio.create_task(add(store, organization_id, number)) for number in range(100)]
        await asyncio.sleep(0)
        may_end.set()
        await asyncio.gather(holding, *adding)
        return await count(store, organization_id)

    store._write_connection.set_commit_hook(note)

    assert run(main()) == 100
    assert commits <= 3


def test_a_duplicate_may_be_lived_with(store: SqliteStorage, organization_id: UUID) -> None:
    """A transaction that catches a duplicate can go on; the contract does not ask for it."""

    async def work(tables: Tables) -> None:
        await add_customer(tables, customer_of(organization_id, 1))
        with pytest.raises(errors.Duplicate):
            await add_customer(tables, customer_of(organization_id, 1))
        await add_customer(tables, customer_of(organization_id, 2))

    async def main() -> int:
        await store.write(work)
        return await count(store, organization_id)

    assert run(main()) == 2


def test_every_commit_waits_for_the_disk(store: SqliteStorage) -> None:
    """Nothing is acknowledged that a failing machine could lose, and references are checked."""
    pragmas = {
        name: store._write_connection.execute(f"PRAGMA {name}").fetchone()
        for name in ("synchronous", "journal_mode", "foreign_keys")
    }

    assert pragmas == {"synchronous": (2,), "journal_mode": ("wal",), "foreign_keys": (1,)}


def test_a_statement_is_planned_once(store: SqliteStorage, organization_id: UUID) -> None:
    """Reading with other arguments, or after a write, plans nothing anew."""
    columns_looked_up: list[str] = []

    def note(
        operation: int, table: str | None, column: str | None, _database: str | None, _: str | None
    ) -> int:
        if operation == apsw.SQLITE_READ and table == "customers":
            columns_looked_up.append(str(column))
        return apsw.SQLITE_OK

    async def read(number: int) -> int:
        columns_looked_up.clear()
        query = CustomerQuery(page=PageRequest(page=number, limit=number))
        await store.read(lambda tables: tables.customers.find_page(organization_id, query))
        return len(columns_looked_up)

    async def main() -> list[int]:
        looked_up = []
        for number in range(1, 4):
            await add(store, organization_id, number)
            looked_up.append(await read(number))
        return looked_up

    # SQLite asks while it plans, once a column, and not while it runs.
    store._reader.connection.authorizer = note
    first, *others = run(main())

    assert first > 0
    assert others == [0, 0]


def test_another_program_that_writes(
    store: SqliteStorage, file: Path, organization_id: UUID
) -> None:
    """Where another program does not finish writing, a writer is told to try again; readers go on."""
    store._write_connection.set_busy_timeout(50)
    other = apsw.Connection(str(file))
    other.execute("BEGIN IMMEDIATE")

    async def main() -> list[int]:
        with pytest.raises(errors.StorageUnavailable, match="busy"):
            await add(store, organization_id, 1)
        seen = [await count(store, organization_id)]
        other.execute("ROLLBACK")
        await add(store, organization_id, 1)
        return [*seen, await count(store, organization_id)]

    assert run(main()) == [0, 1]
    other.close()


def test_a_busy_file_loses_no_use_of_a_token(
    store: SqliteStorage, file: Path, organization_id: UUID
) -> None:
    """When a token was used is kept the next time, where another process was writing before."""
    store._write_connection.set_busy_timeout(50)
    other = apsw.Connection(str(file))
    tokens = Tokens(store, Clock(), b"a secret of the tests")

    async def main() -> None:
        _, shown = await tokens.create(organization_id, "test", ["customers:read"])
        await tokens.authenticate(shown)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(errors.StorageUnavailable, match="busy"):
            await tokens.store_uses()
        other.execute("ROLLBACK")
        await tokens.store_uses()

    run(main())
    other.close()

    (kept,) = run(tokens.find_all(organization_id))
    assert kept.last_used_at is not None


def test_a_full_disk(store: SqliteStorage, organization_id: UUID) -> None:
    """What does not fit is refused and leaves nothing; what fits is kept, then and afterwards."""
    connection = store._write_connection

    async def main() -> tuple[list[object], int, int]:
        may_end = threading.Event()
        holding = await held(store, may_end)
        adding = [
            asyncio.create_task(add(store, organization_id, number, size))
            for number, size in enumerate([10, 900_000, 10, 900_000, 10])
        ]
        await asyncio.sleep(0)
        may_end.set()
        await holding
        told = await asyncio.gather(*adding, return_exceptions=True)
        kept = await count(store, organization_id)
        connection.execute("PRAGMA max_page_count = 1000000")
        await add(store, organization_id, 9, 900_000)
        return list(told), kept, await count(store, organization_id)

    row = connection.execute("PRAGMA page_count").fetchone()
    assert row is not None
    connection.execute(f"PRAGMA max_page_count = {row[0] + 100}")
    told, kept, afterwards = run(main())

    assert {type(one) for one in told} <= {type(None), errors.StorageUnavailable}
    assert any(isinstance(one, errors.StorageUnavailable) for one in told)
    assert kept == told.count(None)
    assert afterwards == kept + 1


@pytest.mark.parametrize("long", [False, True])
def test_work_that_waits(store: SqliteStorage, *, long: bool) -> None:
    """Work that awaits anything but the tables is a mistake, and told so."""

    async def wait(_: Tables) -> None:
        await asyncio.sleep(0)

    async def main() -> None:
        with pytest.raises(RuntimeError, match="may await nothing but"):
            await store.read(wait, long=long)
        with pytest.raises(RuntimeError, match="may await nothing but"):
            await store.write(wait)
        await store.ping()

    run(main())


def test_readers_are_used_again(store: SqliteStorage, organization_id: UUID) -> None:
    """However many long reads there are, they share a few connections."""

    async def main() -> None:
        await asyncio.gather(
            *(
                store.read(
                    lambda tables: tables.customers.find_page(organization_id, CustomerQuery()),
                    long=True,
                )
                for _ in range(50)
            )
        )

    run(main())

    assert len(store._opened) <= 4


def test_nothing_is_left_open(file: Path) -> None:
    """A closed storage leaves one file: nothing is left in the log beside it."""
    opened = SqliteStorage(file)
    run(opened.ping())
    run(opened.close())

    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


def unused_bytes(file: Path) -> int:
    """How many bytes that are not zero stand in the unused room of the file's pages."""
    data = file.read_bytes()
    pages = [(at, data[at : at + 4096]) for at in range(0, len(data), 4096)]
    rooms = [page[find_unused_room(page, is_first=at == 0)] for at, page in pages]
    return sum(len(room) - room.count(0) for room in rooms)


def forget_one(store: SqliteStorage) -> None:
    """Note what a transaction that forgets somebody does, and have it done."""

    async def main() -> None:
        await store.write(lambda tables: tables.note_forgotten())
        await store.scrub()

    run(main())


def test_forgotten_where_rows_have_moved(
    store: SqliteStorage, organization_id: UUID, file: Path
) -> None:
    """What SQLite left of rows that it moved to other pages is overwritten too."""
    for number in range(400):
        run(add(store, organization_id, number, size=number * 7919 % 1200))
    with closing(apsw.Connection(str(file))) as connection:
        assert connection.execute("PRAGMA wal_checkpoint").fetchall()[0][0] == 0
    assert unused_bytes(file) > 0

    forget_one(store)
    run(store.close())

    assert unused_bytes(file) == 0
    with closing(apsw.Connection(str(file))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert not is_to_be_scrubbed(connection)


def test_forgotten_while_somebody_reads(
    store: SqliteStorage, organization_id: UUID, file: Path
) -> None:
    """Whoever reads holds it up; it is done when he has ended, though nothing asks for it again."""
    run(add(store, organization_id, 1))
    log = file.with_name(file.name + "-wal")
    with closing(apsw.Connection(str(file))) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM customers").fetchall() == [(1,)]
        forget_one(store)
        assert not scrub(file)
        assert is_to_be_scrubbed(store._write_connection)
        assert organization_id.bytes in log.read_bytes()
        reader.execute("COMMIT")

        deadline = time.monotonic() + SECONDS
        while is_to_be_scrubbed(reader) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert organization_id.bytes not in log.read_bytes()


def test_forgotten_before_a_crash(file: Path) -> None:
    """A process that opens a file does what the one before it could not do any more."""
    run(SqliteStorage(file).close())
    with closing(apsw.Connection(str(file))) as connection:
        connection.execute(NOTE_FORGOTTEN)
        assert is_to_be_scrubbed(connection)

        run(SqliteStorage(file).close())

        assert not is_to_be_scrubbed(connection)
