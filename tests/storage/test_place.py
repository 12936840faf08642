"""A SQLite file that is removed or replaced, under a running program or beside a log that was left."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import apsw
import pytest

from icefloe.domain.values.errors import IncompatibleDatabase, StorageUnavailable
from icefloe.storage.sqlite.engine import SqliteStorage
from icefloe.storage.sqlite.maintenance import back_up, find_disagreements
from icefloe.storage.sqlite.place import _LOOK_SECONDS, Place, log_of, require_own_log
from support import kill_amid_writes, run

pytestmark = pytest.mark.processes

WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4
from icefloe.domain.values.organizations import Organization
from icefloe.storage.sqlite.engine import SqliteStorage

async def main():
    storage = SqliteStorage(Path(sys.argv[1]))
    for number in range(1000):
        made = Organization(
            id=uuid4(), name="O", slug=f"{sys.argv[2]}-{number}", created_at=datetime.now(UTC)
        )
        await storage.write(lambda tables: tables.organizations.add(made))
        print(made.id, flush=True)

asyncio.run(main())
"""


def count(path: Path) -> int:
    """How many organizations a database has, opened as a server opens it."""

    async def read() -> int:
        storage = SqliteStorage(path)
        try:
            return len(await storage.read(lambda tables: tables.organizations.find_all(2000)))
        finally:
            await storage.close()

    return run(read())


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A database whose program was killed, with all that was written still in its log."""
    path = tmp_path / "killed.db"
    kill_amid_writes(WRITER, str(path), uuid4(), 5)
    assert log_of(path).stat().st_size > 0
    return path


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another database, closed, without organizations."""
    path = tmp_path / "other.db"
    run(SqliteStorage(path).close())
    assert not log_of(path).exists()
    return path


def copy_over(source: Path, path: Path) -> None:
    """Write a file's content into another."""
    shutil.copyfile(source, path)


def move_over(source: Path, path: Path) -> None:
    """Put a file in another's place."""
    source.replace(path)


class TestLogOfAnother:
    """A log that was left by a program that was killed."""

    def test_own(self, killed: Path) -> None:
        """A database takes in its own log: everything acknowledged is there."""
        assert count(killed) >= 5

    def test_own_after_a_checkpoint(self, killed: Path) -> None:
        """A log whose pages a checkpoint has written to the file, which is later then, is its own."""
        connection = apsw.Connection(str(killed))
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        connection.close()
        assert killed.stat().st_mtime_ns >= log_of(killed).stat().st_mtime_ns

        assert count(killed) >= 5

    def test_own_moved_and_copied(self, killed: Path, tmp_path: Path) -> None:
        """A database that is copied to another folder with its log is one there."""
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        for file in (killed, log_of(killed)):
            shutil.copy(file, folder)

        assert count(folder / killed.name) >= 5

    def test_opening_changes_no_time(self, killed: Path) -> None:
        """To look at a database does not make it look as if somebody had replaced it."""
        before = killed.stat().st_mtime_ns
        for _ in range(2):
            require_own_log(killed)
        assert killed.stat().st_mtime_ns == before

    @pytest.mark.parametrize("put", [copy_over, move_over])
    @pytest.mark.parametrize("kind", ["other", "backup"])
    def test_replaced(
        self, killed: Path, other: Path, put: Callable[[Path, Path], None], kind: str
    ) -> None:
        """A file that is put beside another's log is refused, and stays as it was put."""
        if kind == "backup":
            other = other.with_name("backup.db")
            kept = log_of(killed).read_bytes(), killed.read_bytes()
            back_up(killed, other, lambda *_: None)
            log_of(killed).write_bytes(kept[0])
            killed.write_bytes(kept[1])
            os.utime(log_of(killed))
        content = other.read_bytes()
        put(other, killed)

        with pytest.raises(IncompatibleDatabase, match="another file's"):
            count(killed)
        with pytest.raises(IncompatibleDatabase, match="another file's"):
            find_disagreements(killed, lambda _: None)

        assert killed.read_bytes() == content
        log_of(killed).unlink()
        assert count(killed) >= (5 if kind == "backup" else 0)

    @pytest.mark.parametrize("content", [None, b""])
    def test_removed(self, killed: Path, content: bytes | None) -> None:
        """A log whose file is gone or empty is not thrown away."""
        killed.unlink()
        if content is not None:
            killed.write_bytes(content)

        with pytest.raises(IncompatibleDatabase, match="another file's"):
            count(killed)

        assert log_of(killed).stat().st_size > 0


class TestLostFile:
    """A file that goes away while a program has it open."""

    @pytest.fixture
    def storage(self, tmp_path: Path) -> Iterator[SqliteStorage]:
        """An open database."""
        opened = SqliteStorage(tmp_path / "open.db")
        yield opened
        run(opened.close())

    @pytest.mark.parametrize("ending", ["", "-wal"])
    @pytest.mark.parametrize("replaced", [False, True])
    def test_lost_and_found(
        self, storage: SqliteStorage, other: Path, ending: str, *, replaced: bool
    ) -> None:
        """Writes and pings are refused at once, and go on when the file is there again."""
        path = storage.path.with_name(storage.path.name + ending)
        aside = path.with_name("aside")
        path.rename(aside)
        if replaced:
            shutil.copy(other, path)
        storage._place._next = 0.0  # as after a quarter of a second

        with pytest.raises(StorageUnavailable, match="removed or replaced"):
            run(storage.write(lambda tables: tables.organizations.find_all(1)))
        with pytest.raises(StorageUnavailable, match="removed or replaced"):
            run(storage.ping())

        aside.replace(path)
        run(storage.ping())
        run(storage.write(lambda tables: tables.organizations.find_all(1)))

    def test_the_end(self, storage: SqliteStorage, other: Path) -> None:
        """A program whose file was replaced leaves the log of the one that is there now."""
        storage.path.rename(storage.path.with_name("aside"))
        log_of(storage.path).rename(storage.path.with_name("aside-wal"))
        shutil.copy(other, storage.path)
        second = SqliteStorage(storage.path)

        run(storage.close())

        assert log_of(storage.path).exists()
        run(second.ping())
        run(second.close())


def test_within_a_second() -> None:
    """A lost file is noticed within a second."""
    assert _LOOK_SECONDS < 1


def test_a_look_is_cheap(tmp_path: Path) -> None:
    """A place is looked at now and then only: a read does not ask the file system."""
    opened = SqliteStorage(tmp_path / "open.db")
    place = Place(opened.path)
    place.require_now()
    calls: list[str] = []
    sys.setprofile(lambda _, event, what: calls.append(str(what)) if event == "c_call" else None)
    place.require()
    sys.setprofile(None)

    assert not any("stat" in call for call in calls)
    run(opened.close())
