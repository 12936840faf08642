"""How a SQLite file comes to the schema the program needs, and which files are left alone."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from uuid import uuid4

import apsw
import pytest

from icefloe.domain.values import errors
from icefloe.storage.open import open_storage
from icefloe.storage.sqlite.schema import APPLICATION_ID
from icefloe.storage.upkeep import migrations
from icefloe.storage.upkeep.migrations import Applied, Migration
from support import run

PACKAGE = "icefloe.storage.sqlite"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPEN = """
import asyncio, sys
from icefloe.storage.open import open_storage
async def make():
    await (await open_storage(sys.argv[1])).close()
"""
# Waits until the test says go, so that all begin at once.
OPEN_AT_ONCE = f"{OPEN}sys.stdin.readline(); asyncio.run(make())"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a database may be; there is none yet."""
    return tmp_path / "data.db"


def make(file: Path) -> None:
    """Make a database, or bring it up to date."""
    subprocess.run(
        [sys.executable, "-c", f"{OPEN}asyncio.run(make())", str(file)],
        check=True,
        timeout=120,
    )


def change(file: Path, statement: str) -> None:
    """Change a database behind the program's back."""
    connection = apsw.Connection(str(file))
    connection.execute(statement)
    connection.close()


def describe(connection: apsw.Connection) -> dict[str, str]:
    """The statements that made everything in a database, without comments and white space."""
    rows = connection.execute(
        "SELECT type || ' ' || name, sql FROM sqlite_schema"
        " WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name <> 'schema_migrations'"
    )
    # A table that was renamed has its name in quotes, a column that was added a space before its comma.
    plain = {str(name): re.sub(r'--[^\n]*|"', "", str(sql)) for name, sql in rows}
    return {
        name: re.sub(r" ?([,()]) ?", r"\1", " ".join(sql.split())) for name, sql in plain.items()
    }


@pytest.mark.processes
def test_schema_is_all_migrations(file: Path) -> None:
    """The whole schema, written down in one file, is what the migrations make together."""
    make(file)
    whole = apsw.Connection(":memory:")
    whole.execute(resources.files(PACKAGE).joinpath("schema.sql").read_text("utf-8"))
    migrated = apsw.Connection(str(file))

    assert describe(whole) == describe(migrated)
    assert "table customers" in describe(migrated)
    whole.close()
    migrated.close()


def test_files_are_numbered() -> None:
    """Migrations are numbered from one without a gap, and their names say what they do."""
    known = migrations.read_migrations(PACKAGE)

    assert [migration.number for migration in known] == list(range(1, len(known) + 1))
    folder = resources.files(PACKAGE).joinpath("migrations")
    for entry in folder.iterdir():
        assert re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql|__init__\.py|__pycache__", entry.name)


@pytest.mark.processes
def test_a_new_file(file: Path) -> None:
    """A new file says whose it is, what was applied and when, and keeps its readers apart."""
    make(file)

    connection = apsw.Connection(str(file))
    known = migrations.read_migrations(PACKAGE)
    rows = connection.execute("SELECT number, name, checksum FROM schema_migrations").fetchall()
    assert rows == [(step.number, step.name, step.checksum) for step in known]
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.processes
def test_once(file: Path) -> None:
    """A file that is up to date is not touched again."""
    make(file)
    connection = apsw.Connection(str(file))
    before = connection.execute("SELECT * FROM schema_migrations").fetchall()

    make(file)

    assert connection.execute("SELECT * FROM schema_migrations").fetchall() == before
    connection.close()


@pytest.mark.processes
def test_a_file_of_the_first_version(file: Path) -> None:
    """A file that the first migration alone has made is brought up to date, and counts the same."""
    first = migrations.read_migrations(PACKAGE)[0]
    organization_id = uuid4()
    connection = apsw.Connection(str(file))
    connection.execute(
        f"PRAGMA application_id = {APPLICATION_ID};"
        "CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
        " checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"
    )
    connection.execute(first.script)
    connection.execute(
        "INSERT INTO schema_migrations VALUES (?, ?, ?, 0)",
        (first.number, first.name, first.checksum),
    )
    connection.execute(
        "INSERT INTO organizations (id, name, slug, created_at) VALUES (?, 'Old', 'old', 0)",
        (organization_id.bytes,),
    )
    connection.execute(
        "INSERT INTO customer_counts (organization_id, live) VALUES (?, 41)",
        (organization_id.bytes,),
    )
    connection.close()

    make(file)

    connection = apsw.Connection(str(file))
    counts = connection.execute(
        "SELECT organization_id, sum(live) FROM customer_counts GROUP BY organization_id"
    ).fetchall()
    numbers = connection.execute("SELECT number FROM schema_migrations ORDER BY 1").fetchall()
    connection.close()
    assert counts == [(organization_id.bytes, 41)]
    assert numbers == [(step.number,) for step in migrations.read_migrations(PACKAGE)]


@pytest.mark.processes
def test_what_customers_are_referred_to_by(file: Path) -> None:
    """Who has a file open while references to customers go goes on, and no row is another one."""
    before = [step for step in migrations.read_migrations(PACKAGE) if step.number < 4]
    connection = apsw.Connection(str(file))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(
        "CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
        " checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"
    )
    for step in before:
        connection.execute(step.script)
        connection.execute(
            "INSERT INTO schema_migrations VALUES (?, ?, ?, 0)",
            (step.number, step.name, step.checksum),
        )
    connection.execute(
        "INSERT INTO organizations VALUES (x'01', 'Old', 'old', 0);"
        "INSERT INTO customers (sequence, organization_id, id, created_at, type, email_verified,"
        " metadata, email_key, name_key, document)"
        " VALUES (7, x'01', x'02', 0, 'team', 0, '', x'', x'', x'');"
        "INSERT INTO customer_search VALUES (x'01', 7, 'a', 'b', 'c', 'd');"
        "INSERT INTO customer_metadata VALUES (x'01', 'key', 'value', 0, 7)"
    )
    tables = ("customer_search", "customer_metadata")

    def describe_tables() -> list[object]:
        return [connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables]  # noqa: S608 - names of ours

    rows = describe_tables()
    references = [
        connection.execute(f"PRAGMA foreign_key_list({name})").fetchall() for name in tables
    ]
    assert all(references)

    make(file)

    assert describe_tables() == rows
    for name in tables:
        assert connection.execute(f"PRAGMA foreign_key_list({name})").fetchall() == []
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.processes
def test_an_empty_file(file: Path) -> None:
    """A file without a byte in it is a new one."""
    file.touch()
    make(file)

    assert file.stat().st_size > 0


@pytest.mark.processes
def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A missing folder is made."""
    make(tmp_path / "a" / "b" / "data.db")

    assert (tmp_path / "a" / "b" / "data.db").is_file()


@pytest.mark.processes
def test_a_newer_database(file: Path) -> None:
    """A database that a newer program has changed is refused, and says so."""
    make(file)
    change(file, "INSERT INTO schema_migrations VALUES (9999, 'tomorrow', 'x', 0)")

    with pytest.raises(errors.IncompatibleDatabase, match=r"made by a newer Icefloe.*9999"):
        run(open_storage(str(file)))


@pytest.mark.processes
def test_a_changed_migration(file: Path) -> None:
    """A database that was made by another text of a migration is refused."""
    make(file)
    change(file, "UPDATE schema_migrations SET checksum = 'x' WHERE number = 1")

    with pytest.raises(errors.IncompatibleDatabase, match="migration 1 "):
        run(open_storage(str(file)))


def test_another_programs_database(file: Path) -> None:
    """A SQLite file of another program is refused, and left as it is to the byte."""
    change(file, "CREATE TABLE theirs (a)")
    before = file.read_bytes()

    with pytest.raises(errors.IncompatibleDatabase, match="is not an Icefloe database"):
        run(open_storage(str(file)))

    assert file.read_bytes() == before
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


def test_another_programs_database_with_our_tables_name(file: Path) -> None:
    """A table of the same name does not make a file ours."""
    change(file, "CREATE TABLE schema_migrations (number, name, checksum, applied_at)")

    with pytest.raises(errors.IncompatibleDatabase, match="is not an Icefloe database"):
        run(open_storage(str(file)))


@pytest.mark.parametrize("content", [b"hello " * 1000, b"SQLite format 3\0" + b"\xff" * 4096])
def test_no_database(file: Path, content: bytes) -> None:
    """A file that is no database is refused, and left as it is."""
    file.write_bytes(content)

    with pytest.raises(errors.IncompatibleDatabase, match="damaged, or no database"):
        run(open_storage(str(file)))

    assert file.read_bytes() == content


def test_a_folder(tmp_path: Path) -> None:
    """A folder cannot be opened as a database."""
    with pytest.raises(errors.StorageUnavailable, match="cannot be used"):
        run(open_storage(str(tmp_path)))


def test_a_file_for_a_folder(tmp_path: Path) -> None:
    """A database cannot be made below a file."""
    (tmp_path / "file").touch()

    with pytest.raises(errors.ConfigurationError, match="cannot make the folder"):
        run(open_storage(str(tmp_path / "file" / "data.db")))


@pytest.mark.parametrize(
    "database",
    ["mysql://x", "postgrex://x", "", ":memory:", "sqlite:///", "sqlite:///:memory:"],
)
def test_no_engine(database: str) -> None:
    """What names no file is refused with what to do."""
    with pytest.raises(errors.ConfigurationError, match="sqlite:///PATH"):
        run(open_storage(database))


@pytest.mark.processes
def test_several_processes_at_once(file: Path) -> None:
    """Processes that open a new file at the same moment all find it ready, made once."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_AT_ONCE, str(file)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=120)[1] for process in processes]

    assert [process.returncode for process in processes] == [0] * 6, told
    connection = apsw.Connection(str(file))
    numbers = connection.execute("SELECT number FROM schema_migrations ORDER BY 1").fetchall()
    assert numbers == [(step.number,) for step in migrations.read_migrations(PACKAGE)]
    connection.close()


class TestPending:
    """What is still to be applied."""

    known = tuple(Migration(number, f"step {number}", f"-- {number}") for number in (1, 2, 3))

    def applied(self, *numbers: int) -> list[Applied]:
        """The records of those steps."""
        steps = [step for step in self.known if step.number in numbers]
        return [Applied(step.number, step.name, step.checksum, NOW) for step in steps]

    @pytest.mark.parametrize(
        ("taken", "left"), [((), [1, 2, 3]), ((1,), [2, 3]), ((1, 2, 3), []), ((2,), [1, 3])]
    )
    def test_in_order(self, taken: tuple[int, ...], left: list[int]) -> None:
        """What was not applied is left, in order."""
        pending = migrations.pending(list(self.known), self.applied(*taken))

        assert [step.number for step in pending] == left

    def test_unknown(self) -> None:
        """A step that the program does not know comes from a newer one."""
        with pytest.raises(errors.IncompatibleDatabase, match="migration 3; this program knows 2"):
            migrations.pending(list(self.known[:2]), self.applied(1, 2, 3))

    def test_checksum(self) -> None:
        """A checksum is that of the text: any change of it is noticed."""
        assert Migration(1, "a", "x").checksum == Migration(2, "b", "x").checksum
        assert Migration(1, "a", "x").checksum != Migration(1, "a", "x ").checksum
