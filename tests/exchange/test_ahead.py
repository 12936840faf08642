"""Reading a file in a process of its own: what comes of it is the same as where it is read here."""

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from icefloe.domain.imports import Imports, NotReady, OnConflict, Ready, Report
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Derive, Tables
from icefloe.domain.values.clock import Clock
from icefloe.exchange.ahead import ReadAhead
from icefloe.exchange.files import CustomerFile, Interrupted
from icefloe.storage.new_rows import derive
from icefloe.storage.sqlite.engine import SqliteStorage
from support import new_customer, run

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

    def take(self, file: Path, *, ahead: bool = True, **options: Any) -> Report:
        """Import a file, with another process or without one."""
        reading = ReadAhead(file, self.organization_id)
        options["read_ready"] = reading.read if ahead else None
        return self.run(file, **options)

    def run(self, file: Path, **options: Any) -> Report:
        """Import a file."""
        imports = Imports(self.store, Clock())
        return run(imports.run(self.organization_id, lambda: CustomerFile(file), **options))

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
    assert other.take(file, ahead=False) == Report(added=MANY)

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

    assert told == other.take(file, ahead=False)
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


@pytest.mark.processes
def test_a_process_that_fails(worlds: tuple[World, World], file: Path) -> None:
    """Where the other process cannot go on, the import reads the file by itself."""
    one, other = worlds

    def fail(_: Derive) -> Generator[Ready, None, None]:
        # Not a function that can be called with customers.
        return ReadAhead(file, one.organization_id).read(cast("Derive", os.getpid))

    with pytest.raises(NotReady):
        list(fail(derive))
    assert one.run(file, read_ready=fail) == Report(added=MANY)
    assert other.take(file, ahead=False) == Report(added=MANY)
    assert one.kept() == other.kept()


@pytest.mark.processes
def test_interrupted(file: Path) -> None:
    """Reading ends at once where it is interrupted, before it began or within it."""
    ahead = ReadAhead(file, uuid4())
    reading = ahead.read(derive)
    assert len(next(reading).customers) == 500

    ahead.interrupt()

    with pytest.raises(Interrupted):
        list(reading)
    with pytest.raises(Interrupted):
        list(ahead.read(derive))


@pytest.mark.processes
def test_progress(file: Path) -> None:
    """How far the other process has come is told, in bytes."""
    told: list[int] = []

    list(ReadAhead(file, UUID(int=1), told.append).read(derive))

    assert told == sorted(told)
    assert 0 < told[-1] <= file.stat().st_size
