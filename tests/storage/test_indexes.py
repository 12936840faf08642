"""Indexes that an import sets aside: they are back when it ends, however it ends."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import apsw
import pytest

from icefloe.domain.entries import Entry
from icefloe.domain.imports import Imports
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Tables
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.commerce import Filter, ObjectQuery, Order
from icefloe.domain.values.imports import OnConflict, Report
from icefloe.domain.values.listing import PageRequest
from icefloe.storage.commerce.resources import BENEFIT_GRANTS, ORDERS, SUBSCRIPTIONS, Resource
from icefloe.storage.commerce.selections import Selection
from icefloe.storage.sqlite.dialect import SqliteDialect
from icefloe.storage.sqlite.engine import SqliteStorage
from icefloe.storage.tables import SqlTables
from support import run

SPARE = {"customers_by_created_at", "customers_by_name", "members_by_customer", "members_owner"}
KEPT = {"customers_id", "customers_email", "customers_external_id", "customer_metadata_by_sequence"}


class File:
    """A database, an organization in it, and a look at its schema from outside."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = SqliteStorage(path)
        self.organization_id = run(Organizations(self.store, Clock()).create("Tests")).id

    def take(self, *entries: Entry, on_conflict: OnConflict = OnConflict.FAIL) -> Report:
        """Import entries."""
        imports = Imports(self.store, Clock())
        return run(imports.run(self.organization_id, lambda: entries, on_conflict=on_conflict))

    def schema(self) -> set[tuple[object, ...]]:
        """What there is, and how it is made."""
        connection = apsw.Connection(str(self.path))
        try:
            return set(connection.execute("SELECT name, sql FROM sqlite_schema").fetchall())
        finally:
            connection.close()

    def names_while(self, *, aside: bool, unique: bool = False) -> set[str]:
        """What there is within a transaction, before the indexes are restored or after."""

        async def work(tables: Tables) -> set[str]:
            assert isinstance(tables, SqlTables)
            if unique:
                assert await tables.indexes.set_aside_all()
            else:
                await tables.indexes.set_aside()
            if not aside:
                await tables.indexes.restore()
            connection = self.store._write_connection
            return {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}

        return run(self.store.write(work))


@pytest.fixture
def file(tmp_path: Path) -> Iterator[File]:
    """A database without customers."""
    opened = File(tmp_path / "data.db")
    yield opened
    run(opened.store.close())


def entry(number: int, **values: object) -> Entry:
    """An entry told apart by its number."""
    return Entry(
        f"line {number}", {"email": f"c{number}@x.com", "external_id": str(number), **values}
    )


def owners(file: File) -> list[object]:
    """The customers of all owners."""
    found = file.store._write_connection.execute(
        "SELECT customer_id FROM members WHERE role = 'owner'"
    ).fetchall()
    return [row[0] for row in found]


def test_set_aside(file: File) -> None:
    """Where there are no customers, indexes are gone until they are restored: all but a few."""
    before = file.schema()
    names = {name for name, _ in before}
    assert names > SPARE | KEPT

    assert file.names_while(aside=False) == names
    aside = file.names_while(aside=True)
    assert not aside & SPARE
    assert aside > KEPT


def test_set_aside_unique(file: File) -> None:
    """Those that tell who is there twice go too where they are not needed."""
    before = file.schema()
    names = {name for name, _ in before}

    assert file.names_while(aside=False, unique=True) == names
    assert file.schema() == before
    aside = file.names_while(aside=True, unique=True)
    assert not aside & {"customers_id", "customers_email", "customers_external_id"}


def test_many(file: File) -> None:
    """After an import nothing of the schema is another, and each of many has its owner."""
    before = file.schema()

    report = file.take(*map(entry, range(5_700)))

    assert report == Report(added=5_700)
    assert file.schema() == before
    assert len(set(owners(file))) == 5_700
    check = file.store._write_connection.execute("PRAGMA integrity_check").fetchall()
    assert check == [("ok",)]


def test_a_bad_line(file: File) -> None:
    """An import that keeps nothing leaves the schema as it was."""
    before = file.schema()

    assert file.take(entry(1), Entry("line 2", problem="odd")).failed == 1

    assert file.schema() == before


def test_an_update(file: File) -> None:
    """Who is in a file twice is found, with its owner, though the database was empty."""
    before = file.schema()

    report = file.take(
        *map(entry, range(3)), entry(1, name="New"), entry(4), on_conflict=OnConflict.UPDATE
    )

    assert report == Report(added=4, updated=1)
    assert file.schema() == before
    assert len(owners(file)) == 4


def test_somebody_is_here(file: File) -> None:
    """Where there are customers, their indexes stay."""
    file.take(entry(1))

    assert file.names_while(aside=True) > SPARE


def test_somebody_twice(file: File) -> None:
    """Who is in a file twice is told as if every index had been there, wherever that is."""
    before = file.schema()
    entries = [
        *map(entry, range(1_200)),
        entry(1, external_id=None),
        entry(1_300, email="C7@X.com"),
    ]

    report = file.take(*entries)

    assert (report.added, report.failed) == (1_200, 2)
    assert report.failures == [
        ("line 1", "email: a customer has the same already"),
        ("line 1300", "email: a customer has the same already"),
    ]
    assert file.schema() == before
    assert file.take(*entries, on_conflict=OnConflict.SKIP) == Report(added=1_200, skipped=2)
    assert file.schema() == before
    assert len(set(owners(file))) == 1_200


def test_somebody_twice_without_an_address(file: File) -> None:
    """Who is skipped is not refused for what a customer needs."""
    report = file.take(entry(1), entry(1, email=None), entry(2), on_conflict=OnConflict.SKIP)

    assert report == Report(added=2, skipped=1)


@pytest.mark.parametrize(
    ("resource", "name", "sorting"),
    [
        (SUBSCRIPTIONS, "customer_id", "created_at"),
        (SUBSCRIPTIONS, "customer_id", "started_at"),
        (SUBSCRIPTIONS, "product_id", "created_at"),
        (SUBSCRIPTIONS, "product_id", "started_at"),
        (BENEFIT_GRANTS, "customer_id", "created_at"),
        (BENEFIT_GRANTS, "benefit_id", "created_at"),
        (ORDERS, "customer_id", "created_at"),
        (ORDERS, "subscription_id", "net_amount"),
        (ORDERS, "product_id", "invoice_number_key"),
    ],
)
def test_what_one_has(tmp_path: Path, resource: Resource, name: str, sorting: str) -> None:
    """What belongs to one customer, product or benefit is found by its index alone, in any order."""
    file = File(tmp_path / "own.db")
    query = ObjectQuery(
        page=PageRequest(), filters=(Filter(name, (uuid4(),)),), sorting=(Order(sorting),)
    )
    selection = Selection(resource, SqliteDialect(), file.organization_id, query)
    statement, arguments = selection.page(query.page, None)

    connection = apsw.Connection(str(file.path))
    given = [one.bytes if isinstance(one, UUID) else one for one in arguments]
    plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall()
    connection.close()

    index = f"INDEX {resource.index_of(name)} (organization_id=? AND {name}=?)"
    assert any(index in str(row[3]) for row in plan), plan
