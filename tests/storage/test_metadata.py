"""Which keys and values customers' metadata has: found by going from one straight to the next."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import apsw
import asyncpg
import pytest

from icefloe.domain.customers import Customers
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values.clock import Clock
from icefloe.storage import metadata
from icefloe.storage.sqlite.transaction import SqliteTransaction, run_to_end
from support import Engine, add_customer, customer_of, run


@pytest.fixture
def customers(store: Storage) -> Customers:
    """What is asked."""
    return Customers(store)


def keep(store: Storage, organization_id: UUID, *metadata: dict[str, Any], **values: Any) -> None:
    """Keep a customer for each metadata."""

    async def work(tables: Tables) -> None:
        for number, one in enumerate(metadata):
            await add_customer(tables, customer_of(organization_id, number, metadata=one, **values))

    run(store.write(work))


class TestKeys:
    """Keys."""

    def test_in_order(self, customers: Customers, store: Storage, organization_id: UUID) -> None:
        """Each key once, by its characters, and the organization's own alone."""
        keep(store, organization_id, {"b": 1, "a": 1}, {"a": 2, "é": 1}, {"B": 1, "🐧": 1}, {})
        other = run(Organizations(store, Clock()).create("Other")).id
        keep(store, other, {"theirs": 1})

        assert run(customers.find_metadata_keys(organization_id)) == ["B", "a", "b", "é", "🐧"]
        assert run(customers.find_metadata_keys(organization_id, limit=2)) == ["B", "a"]
        assert run(customers.find_metadata_keys(other)) == ["theirs"]

    @pytest.mark.parametrize(
        ("prefix", "found"),
        [
            ("p", ["plan", "price"]),
            ("pl", ["plan"]),
            ("plan", ["plan"]),
            ("plans", []),
            ("P", []),
            ("%", []),
            ("_", ["_x"]),
            ("🐧", ["🐧"]),
            ("\U0010ffff", []),
            ("a\0", []),
        ],
    )
    def test_prefix(
        self,
        customers: Customers,
        store: Storage,
        organization_id: UUID,
        prefix: str,
        found: list[str],
    ) -> None:
        """A prefix is taken as it is, letter case and all."""
        keep(store, organization_id, {"plan": 1, "price": 1, "_x": 1, "🐧": 1, "o": 1, "q": 1})

        assert run(customers.find_metadata_keys(organization_id, prefix)) == found

    def test_none(self, customers: Customers, organization_id: UUID) -> None:
        """Where there is no metadata there are no keys, and no values."""
        assert run(customers.find_metadata_keys(organization_id)) == []
        assert run(customers.count_metadata_values(organization_id, "plan")) == []


class TestValues:
    """Values."""

    def test_most_frequent_first(
        self, customers: Customers, store: Storage, organization_id: UUID
    ) -> None:
        """Each value as filters compare it, with how many have it."""
        plans: list[Any] = ["pro", "free", "pro", True, 1, "basic", "free", "pro"]
        keep(store, organization_id, *[{"plan": plan, "x": 1} for plan in plans], {})

        assert run(customers.count_metadata_values(organization_id, "plan")) == [
            ("pro", 3),
            ("free", 2),
            ("1", 1),
            ("basic", 1),
            ("true", 1),
        ]
        assert run(customers.count_metadata_values(organization_id, "plan", 1)) == [("pro", 3)]
        assert run(customers.count_metadata_values(organization_id, "a\0")) == []

    def test_too_many(self, customers: Customers, store: Storage, organization_id: UUID) -> None:
        """Up to 50 different values are counted, and not more."""
        keep(store, organization_id, *[{"a": n, "b": n % 50} for n in range(51)])

        found = run(customers.count_metadata_values(organization_id, "b", 100))
        assert found is not None
        assert len(found) == 50
        assert found[0] == ("0", 2)
        assert run(customers.count_metadata_values(organization_id, "a")) is None


class TestSkips:
    """What is read for it does not grow with the customers."""

    @pytest.fixture
    def connection(self, tmp_path: Path) -> Iterator[apsw.Connection]:
        """A file of 20,000 customers, each with the same two keys."""
        database = Engine("sqlite", str(tmp_path / "many.db"))
        store = run(database.open())
        organization = run(Organizations(store, Clock()).create("Many"))
        run(store.close())
        opened = apsw.Connection(str(tmp_path / "many.db"))
        opened.execute("PRAGMA foreign_keys = OFF")
        opened.execute(
            "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 20000)"
            " INSERT INTO customer_metadata SELECT ?1, keys.value, n % 3, n, n"
            ' FROM many, json_each(\'["plan", "seats"]\') AS keys',
            (organization.id.bytes,),
        )
        yield opened
        opened.close()

    def test_sqlite(self, connection: apsw.Connection) -> None:
        """SQLite takes few steps, where going through the rows would take many."""
        ((kept_id,),) = connection.execute("SELECT id FROM organizations").fetchall()
        assert isinstance(kept_id, bytes)
        organization_id = UUID(bytes=kept_id)
        statements = metadata.MetadataStatements(SqliteTransaction(connection))
        steps = 0

        def count() -> bool:
            nonlocal steps
            steps += 1
            return False

        connection.set_progress_handler(count, 1)
        keys = run_to_end(statements.find_keys(organization_id, "", 50))
        for_keys, steps = steps, 0
        for value in range(51):  # more than are counted: found out without going through them
            connection.execute(
                "INSERT INTO customer_metadata VALUES (?1, 'plan', ?2, 0, ?3)",
                (kept_id, f"x{value}", 100_000 + value),
            )
        steps = 0
        values = run_to_end(statements.count_values(organization_id, "plan", 50))
        for_values = steps

        assert keys == ["plan", "seats"]
        assert for_keys < 500
        assert values is None
        assert for_values < 5_000

    @pytest.mark.parametrize(
        ("statement", "kinds", "arguments"),
        [
            (metadata._KEYS, "uuid, text, int, int", "'', 50, 0"),
            (metadata._VALUES, "uuid, text, int", "'plan', 51"),
        ],
        ids=["keys", "values"],
    )
    def test_postgresql(
        self, postgres_database: str, statement: str, kinds: str, arguments: str
    ) -> None:
        """PostgreSQL looks each one up by the primary key's index, and sorts nothing."""
        whose = "00000000-0000-4000-8000-000000000000"

        async def plan() -> str:
            connection = await asyncpg.connect(postgres_database)
            try:
                await connection.execute(
                    f"INSERT INTO customer_metadata SELECT '{whose}', key, (n % 3)::text, n, n"  # noqa: S608 - ours
                    " FROM generate_series(1, 20000) AS n, unnest(ARRAY['plan', 'seats']) AS key"
                )
                await connection.execute("ANALYZE customer_metadata")
                await connection.execute(f"PREPARE asked ({kinds}) AS {statement}")
                rows = await connection.fetch(
                    f"EXPLAIN (ANALYZE, VERBOSE) EXECUTE asked ('{whose}', {arguments})"
                )
                return "\n".join(row[0] for row in rows)
            finally:
                await connection.close()

        told = run(plan())

        assert told.count("Limit") == 2, told
        assert len(re.findall(r"Index (Only )?Scan using customer_metadata_pkey", told)) == 2, told
        assert "Sort" not in told
