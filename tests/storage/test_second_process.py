"""Reading a file in a second process: an import has the same result as one that reads it itself."""

import json
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest

from icefloe.domain.entries import read_batches
from icefloe.domain.imports import Imports
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import NotLoaded, Tables
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.imports import OnConflict, Report
from icefloe.exchange.files import CustomerFile, Interrupted
from icefloe.storage import second_process
from icefloe.storage.new_rows import NewRows
from icefloe.storage.sqlite.engine import SqliteStorage
from support import new_customer, run

pytestmark = pytest.mark.processes

MANY = 1_700


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of more customers than fit in a batch."""
    return write(tmp_path / "customers.ndjson", *map(new_customer, range(MANY)))


def write(path: Path, *records: Any) -> Path:
    """Records as lines of a file."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


class World:
    """A database, and an organization in it."""

    def __init__(self, path: Path) -> None:
        self.store = SqliteStorage(path)
        self.organization_id = run(Organizations(self.store, Clock()).create("Tests")).id

    def take(self, file: Path, *, apart: bool = True, **options: Any) -> Report:
        """Import a file, with a second process or without one."""
        source = CustomerFile(file)
        return self.run(source, file=source if apart else None, **options)

    def run(self, source: CustomerFile, **options: Any) -> Report:
        """Import from a file."""
        imports = Imports(self.store, Clock())
        return run(imports.run(self.organization_id, lambda: source, **options))

    def kept(self) -> list[tuple[Any, ...]]:
        """Everything that the database has of customers, but for what is new each time."""

        async def work(tables: Tables) -> list[tuple[Any, ...]]:
            records = await tables.customers.find_batch(
                self.organization_id, -1, MANY, with_deleted=True
            )
            organization = str(self.organization_id).encode()
            return [
                (one.position, one.document.replace(organization, b""), one.owner.email)
                for one in records
            ]

        return run(self.store.read(work))


@pytest.fixture
def worlds(tmp_path: Path) -> Generator[tuple[World, World], None, None]:
    """Two databases without customers."""
    both = World(tmp_path / "one.db"), World(tmp_path / "other.db")
    yield both
    for each in both:
        run(each.store.close())


def test_the_same(worlds: tuple[World, World], file: Path) -> None:
    """What another process reads becomes what is read here."""
    one, other = worlds

    assert one.take(file) == Report(added=MANY)
    assert other.take(file, apart=False) == Report(added=MANY)

    assert one.kept() == other.kept()
    check = one.store._write_connection.execute("PRAGMA integrity_check").fetchall()
    assert check == [("ok",)]


def test_bad_lines(worlds: tuple[World, World], tmp_path: Path) -> None:
    """Lines that are wrong are told with their places, as if they were read here."""
    lines = [new_customer(number) for number in range(600)]
    lines[3] = {"email": "nobody"}
    lines[599] = {"email": "c@x.com", "name": 5}
    file = write(tmp_path / "bad.ndjson", *lines)
    one, other = worlds

    told = one.take(file)

    assert told == other.take(file, apart=False)
    assert [place for place, _ in told.failures] == ["line 4", "line 600"]
    assert one.kept() == []


def test_somebody_twice(worlds: tuple[World, World], tmp_path: Path) -> None:
    """Who is in the file twice is seen to as the caller wishes."""
    file = write(tmp_path / "twice.ndjson", *map(new_customer, [*range(700), 5]))
    one, other = worlds

    assert one.take(file, on_conflict=OnConflict.UPDATE) == Report(added=700, updated=1)
    assert other.take(file).failures == [
        ("line 701", "external_id: a customer has the same already")
    ]


def test_an_entry_that_is_refused(worlds: tuple[World, World], tmp_path: Path) -> None:
    """A customer without an address is refused, or skipped if the file has it already."""
    lacks = {"id": new_customer(3)["id"], "name": "Nobody", "external_id": "usr_5"}
    file = write(tmp_path / "lacks.ndjson", *map(new_customer, range(700)), lacks)
    one, other = worlds

    failures = one.take(file).failures

    assert failures == other.take(file, apart=False).failures
    assert [place for place, _ in failures] == ["line 701"]
    assert one.take(file, on_conflict=OnConflict.SKIP) == Report(added=700, skipped=1)


def test_a_process_that_fails(worlds: tuple[World, World], file: Path) -> None:
    """If the second process cannot go on, the import reads the file by itself."""
    one, other = worlds
    broken = Broken(file)

    with pytest.raises(NotLoaded):
        list(read(broken))
    assert one.run(broken, file=broken) == Report(added=MANY)
    assert other.take(file, apart=False) == Report(added=MANY)
    assert one.kept() == other.kept()


class Broken(CustomerFile):
    """A file that the second process cannot open."""

    def __reduce__(self) -> tuple[Any, ...]:
        """What becomes of it there."""
        return fail, (self.path,)


def fail(path: Path) -> NoReturn:
    """Fail in the second process."""
    raise OSError(path)


def read(file: CustomerFile) -> Generator[NewRows, None, None]:
    """The rows of a file's customers, by a second process."""
    return second_process.read(partial(read_batches, file, uuid4(), Clock()), file)


def test_interrupted(file: Path) -> None:
    """Reading ends at once if it is interrupted, before it began or within it."""
    source = CustomerFile(file)
    reading = read(source)
    assert len(next(reading).customers) == 500

    source.interrupt()

    with pytest.raises(Interrupted):
        list(reading)
    with pytest.raises(Interrupted):
        list(read(source))


def test_progress(file: Path) -> None:
    """The file is told, in bytes, how far the second process has come."""
    told: list[int] = []

    list(read(CustomerFile(file, told.append)))

    assert told == sorted(told)
    assert 0 < told[-1] <= file.stat().st_size
