"""How a PostgreSQL database comes to the schema, while others use it, and which are left alone."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from importlib import resources
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

import postgres
from icefloe.domain.organizations import Organizations
from icefloe.domain.values import errors
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.listing import CustomerQuery
from icefloe.storage.open import open_storage
from icefloe.storage.postgres import schema
from icefloe.storage.upkeep import migrations
from icefloe.storage.upkeep.migrations import Migration
from support import add_customer, customer_of, run

NOW = datetime(2026, 1, 1, tzinfo=UTC)
# Waits until the test says go, so that all begin at once.
OPEN_AT_ONCE = """
import asyncio, sys
from icefloe.storage.open import open_storage
async def make():
    await (await open_storage(sys.argv[1])).close()
sys.stdin.readline()
asyncio.run(make())
"""
# Whatever a migration can make, with all that tells one from another.
DESCRIPTIONS = (
    (
        "SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), l.collname,"
        " a.attnotnull, pg_get_expr(d.adbin, d.adrelid)"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " LEFT JOIN pg_collation l ON l.oid = a.attcollation"
        " LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND a.attnum > 0 AND NOT a.attisdropped"
    ),
    (
        "SELECT 'relation', relname, relkind::text, reloptions::text FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace"
    ),
    "SELECT 'index', tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    (
        "SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0"
    ),
    (
        "SELECT 'sequence', sequencename, data_type::text, start_value, increment_by, cache_size"
        " FROM pg_sequences WHERE schemaname = 'public'"
    ),
    "SELECT 'extension', extname FROM pg_extension",
)


@contextlib.asynccontextmanager
async def connected(database: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A connection behind the program's back."""
    connection = await asyncpg.connect(database)
    try:
        yield connection
    finally:
        await connection.close()


async def fetch(database: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    async with connected(database) as connection:
        return [tuple(row) for row in await connection.fetch(statement)]


async def change(database: str, statement: str) -> None:
    """Change a database."""
    async with connected(database) as connection:
        await connection.execute(statement)


async def describe(database: str) -> set[tuple[Any, ...]]:
    """Everything that is in a database, but for the record of its migrations."""
    rows = [row for statement in DESCRIPTIONS for row in await fetch(database, statement)]
    return {row for row in rows if not any("schema_migrations" in str(value) for value in row)}


async def open_and_close(database: str) -> None:
    """Bring a database up to date, as every start of the program does."""
    await (await open_storage(database)).close()


@pytest.fixture
def empty(postgres_server: postgres.Databases) -> Iterator[str]:
    """A database without anything in it."""
    made = postgres_server.make_database()
    yield made
    postgres_server.drop_database(made)


@pytest.fixture
def cluster(postgres_server: postgres.Databases) -> postgres.Cluster:
    """A server on which tests may make roles, and databases of any kind."""
    if not isinstance(postgres_server, postgres.Cluster):
        pytest.skip(f"the server that {postgres.VARIABLE} names has roles of its own")
    return postgres_server


@pytest.fixture
def stranger(cluster: postgres.Cluster) -> Iterator[str]:
    """The name of a role that has no rights at all."""
    name = f"icefloe_stranger_{uuid4().hex[:8]}"
    cluster.execute(f"CREATE ROLE {name} LOGIN")
    yield name
    cluster.execute(f"DROP ROLE {name}")


def next_steps(script: str, name: str = "test") -> list[Migration]:
    """The migrations there are, and one more."""
    known = migrations.read_migrations(schema.PACKAGE)
    return [*known, Migration(len(known) + 1, name, script)]


class TestNew:
    """Databases that become ours."""

    def test_schema_is_all_migrations(self, empty: str, postgres_database: str) -> None:
        """The whole schema, written down in one file, is what the migrations make together."""
        script = resources.files(schema.PACKAGE).joinpath("schema.sql").read_text("utf-8")
        run(change(empty, script))

        whole, migrated = run(describe(empty)), run(describe(postgres_database))

        assert whole == migrated
        assert ("column", "customers", "email", "text", "C", False, None) in migrated

    def test_recorded(self, empty: str) -> None:
        """What was applied is recorded; opened again, the database is left as it is."""
        run(open_and_close(empty))
        told = run(fetch(empty, "SELECT * FROM schema_migrations ORDER BY number"))
        before = run(describe(empty))

        run(open_and_close(empty))

        known = migrations.read_migrations(schema.PACKAGE)
        assert [row[:3] for row in told] == [(one.number, one.name, one.checksum) for one in known]
        assert run(fetch(empty, "SELECT * FROM schema_migrations ORDER BY number")) == told
        assert run(describe(empty)) == before

    def test_files_are_numbered(self) -> None:
        """Migrations are numbered from one without a gap."""
        known = migrations.read_migrations(schema.PACKAGE)

        assert [step.number for step in known] == list(range(1, len(known) + 1))

    def test_several_processes_at_once(self, empty: str) -> None:
        """Processes that open a new database at the same moment all find it ready, made once."""
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", OPEN_AT_ONCE, empty],
                stdin=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(5)
        ]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [process.communicate(timeout=120)[1] for process in processes]

        assert [process.returncode for process in processes] == [0] * 5, told
        numbers = run(fetch(empty, "SELECT number FROM schema_migrations ORDER BY 1"))
        assert numbers == [(step.number,) for step in migrations.read_migrations(schema.PACKAGE)]


class TestRefused:
    """Databases that cannot be used."""

    def test_newer(self, postgres_database: str) -> None:
        """A database that a newer program has changed is refused, and says so."""
        run(
            change(
                postgres_database,
                "INSERT INTO schema_migrations VALUES (9999, 'tomorrow', 'x', 0)",
            )
        )

        with pytest.raises(errors.IncompatibleDatabase, match=r"made by a newer Icefloe.*9999"):
            run(open_storage(postgres_database))

    def test_changed_migration(self, postgres_database: str) -> None:
        """A database that was made by another text of a migration is refused."""
        run(change(postgres_database, "UPDATE schema_migrations SET checksum = 'x'"))

        with pytest.raises(errors.IncompatibleDatabase, match="migration 1 "):
            run(open_storage(postgres_database))

    def test_another_encoding(self, cluster: postgres.Cluster) -> None:
        """A database that cannot hold all text is refused, before anything is made in it."""
        name = f"icefloe_test_{uuid4().hex[:12]}"
        cluster.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII'"
            f" LC_COLLATE 'C' LC_CTYPE 'C' OWNER {postgres.OWNER}"
        )
        database = cluster.url(name)

        with pytest.raises(errors.IncompatibleDatabase, match=r"SQL_ASCII.*'UTF8'"):
            run(open_storage(database))

        assert run(fetch(database, "SELECT * FROM pg_tables WHERE schemaname = 'public'")) == []
        cluster.drop_database(database)

    def test_no_rights(self, cluster: postgres.Cluster, empty: str, stranger: str) -> None:
        """A role that may not make tables is told so in one line."""
        cluster.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", database=_name(empty))

        with pytest.raises(errors.ConfigurationError, match="may not make the tables") as caught:
            run(open_storage(cluster.url(_name(empty), user=stranger)))

        assert "\n" not in str(caught.value)

    def test_no_right_to_the_extension(
        self, cluster: postgres.Cluster, empty: str, stranger: str
    ) -> None:
        """A role that may make tables alone is told which extension its database needs."""
        cluster.execute(f"GRANT CREATE ON SCHEMA public TO {stranger}", database=_name(empty))

        with pytest.raises(errors.ConfigurationError, match="CREATE EXTENSION pg_trgm") as caught:
            run(open_storage(cluster.url(_name(empty), user=stranger)))

        assert "\n" not in str(caught.value)
        cluster.execute(f"DROP OWNED BY {stranger}", database=_name(empty))

    def test_no_right_to_somebodys_tables(
        self, cluster: postgres.Cluster, postgres_database: str, stranger: str
    ) -> None:
        """A role that may not read a database that is ready is told so in one line."""
        with pytest.raises(errors.ConfigurationError, match="permission denied") as caught:
            run(open_storage(cluster.url(_name(postgres_database), user=stranger)))

        assert "\n" not in str(caught.value)

    @pytest.mark.processes
    def test_unreachable(self) -> None:
        """A server that is not there may be there later."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # and does not listen
            port = taken.getsockname()[1]
            with pytest.raises(errors.StorageUnavailable, match="cannot be reached"):
                run(open_storage(f"postgresql://icefloe@127.0.0.1:{port}/icefloe"))

    def test_no_such_database(self, empty: str) -> None:
        """A database that is not there is a mistake in the settings."""
        wrong = empty.replace(_name(empty), "icefloe_nobody_made")

        with pytest.raises(errors.ConfigurationError, match="icefloe_nobody_made"):
            run(open_storage(wrong))


class TestMeanwhile:
    """Migrations of a database that others are using."""

    def test_older_servers_go_on(self, postgres_database: str) -> None:
        """While a newer program adds what older ones do not know, they write and read on."""
        steps = next_steps("ALTER TABLE customers ADD COLUMN extra integer")

        async def main() -> tuple[list[Migration], int, int]:
            store = await open_storage(postgres_database)
            organization_id = (await Organizations(store, Clock()).create("Tests")).id
            is_done = asyncio.Event()
            kept = 0

            async def find_total() -> int:
                page = await store.read(
                    lambda tables: tables.customers.find_page(organization_id, CustomerQuery()),
                    long=True,
                )
                return page.total_count

            async def use(first: int) -> None:
                nonlocal kept
                number, after = first, 0
                while after < 10:  # some times more when it is done
                    after += is_done.is_set()
                    customer = customer_of(organization_id, number)
                    await store.write(
                        lambda tables, customer=customer: add_customer(tables, customer)  # type: ignore[misc]
                    )
                    kept += 1
                    number += 8
                    found = await store.read(
                        lambda tables, customer=customer: tables.customers.find(  # type: ignore[misc]
                            organization_id, customer.id
                        )
                    )
                    assert found == customer
                    assert await find_total() > 0

            async def migrate() -> list[Migration]:
                await asyncio.sleep(0.3)
                async with connected(postgres_database) as connection:
                    applied = await schema.migrate(connection, NOW, steps)
                is_done.set()
                return applied

            using = [asyncio.create_task(use(first)) for first in range(8)]
            applied = await migrate()
            await asyncio.gather(*using)
            total = await find_total()
            await store.close()
            return applied, kept, total

        applied, kept, total = run(main())

        assert [step.name for step in applied] == ["test"]
        assert kept == total > 80

    def test_a_table_in_use(self, postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A migration that does not get its table is given up, and leaves the database as it was."""
        monkeypatch.setattr(schema, "_WAIT_FOR_TABLES", "50ms")
        steps = next_steps(
            "CREATE TABLE extra (a integer); ALTER TABLE customers ADD COLUMN extra integer"
        )

        async def main() -> list[Migration]:
            async with (
                connected(postgres_database) as using,
                connected(postgres_database) as connection,
            ):
                async with using.transaction():
                    await using.execute("LOCK TABLE customers IN ACCESS SHARE MODE")
                    with pytest.raises(errors.StorageUnavailable, match="tables are in use"):
                        await schema.migrate(connection, NOW, steps)
                assert await describe(postgres_database) == before
                assert await schema.find_applied(connection) == taken
                return await schema.migrate(connection, NOW, steps)

        async def find_taken() -> list[migrations.Applied]:
            async with connected(postgres_database) as connection:
                return await schema.find_applied(connection)

        before, taken = run(describe(postgres_database)), run(find_taken())

        assert [step.name for step in run(main())] == ["test"]

    def test_a_table_in_use_for_a_moment(
        self, postgres_database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A migration that does not get its table at once gets it in a later attempt."""
        monkeypatch.setattr(schema, "_WAIT_FOR_TABLES", "200ms")
        steps = next_steps("ALTER TABLE customers ADD COLUMN extra integer")

        async def hold() -> None:
            async with connected(postgres_database) as using, using.transaction():
                await using.execute("LOCK TABLE customers IN ACCESS SHARE MODE")
                await asyncio.sleep(0.3)

        async def main() -> list[Migration]:
            holding = asyncio.create_task(hold())
            await asyncio.sleep(0.05)
            async with connected(postgres_database) as connection:
                applied = await schema.migrate(connection, NOW, steps)
            await holding
            return applied

        assert [step.name for step in run(main())] == ["test"]


def _name(database: str) -> str:
    return postgres.name_of(database)
