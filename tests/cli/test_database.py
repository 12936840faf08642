"""`icefloe database`: its state, its soundness, copies of it."""

import asyncio
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import asyncpg
import httpx
import pytest

import postgres
from icefloe.storage.sqlite import maintenance
from icefloe.storage.upkeep import migrations
from support import CLI, Command, run_here, start_server

pytestmark = pytest.mark.processes

SECONDS = 120.0
PERSON = "INSERT INTO people (id, email, email_lower, name, password_hash, created_at)"


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database with an organization of three customers, one of them deleted."""
    return fill(str(tmp_path / "some.db"), tmp_path)


def fill(database: str, folder: Path) -> str:
    """Make an organization of three customers, one of them deleted; returns the database."""
    made = json.loads(
        run_here("organizations", "create", "Acme", "--json", "--database", database).out
    )
    lines = [
        {"email": "ann@example.com", "name": "Ann", "metadata": {"plan": "pro", "seats": 5}},
        {"email": "bob@example.com", "external_id": "b"},
        {"email": "gone@example.com", "deleted_at": "2026-02-02T00:00:00Z"},
    ]
    source = folder / "customers.ndjson"
    source.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    run_here(
        "customers", "import", str(source), "--organization", made["id"], "--database", database
    )
    return database


@pytest.fixture
def new_database(postgres_server: postgres.Databases) -> Iterator[str]:
    """A PostgreSQL database that was never migrated."""
    database = postgres_server.make_database()
    yield database
    postgres_server.drop_database(database)


def change(database: str, statement: str) -> None:
    """Change a PostgreSQL database behind the program's back."""

    async def main() -> None:
        connection = await asyncpg.connect(database)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(main())


def is_written_to(database: str) -> bool:
    """Whether somebody is copying into a database at present."""
    if "://" not in database:
        log = Path(f"{database}-wal")
        return log.exists() and log.stat().st_size > 1 << 20
    statement = (
        "SELECT FROM pg_locks WHERE mode = 'ShareRowExclusiveLock'"
        " AND relation = to_regclass('organizations')"
    )

    async def main() -> bool:
        connection = await asyncpg.connect(database)
        try:
            return bool(await connection.fetch(statement))
        finally:
            await connection.close()

    return asyncio.run(main())


def numbers(package: str) -> list[int]:
    """The migrations of an engine."""
    return [step.number for step in migrations.read_migrations(package)]


class TestStatus:
    """`icefloe database status`."""

    def test_a_missing_file_is_a_users_mistake(self, tmp_path: Path) -> None:
        """The state of a file that is not there is one line on standard error and status 2."""
        done = run_here("database", "status", "--database", str(tmp_path / "no.db"), check=False)

        assert done.status == 2
        assert len(done.err.splitlines()) == 1
        assert "there is no database" in done.err

    def test_every_migration_is_applied(self, database: str) -> None:
        """A database that the program made has taken every migration and has none pending."""
        status = run_here("database", "status", "--json", "--database", database).json

        assert status["pending"] == []
        assert [step["number"] for step in status["applied"]] == numbers("icefloe.storage.sqlite")
        assert list(status) == ["path", "size", "sqlite_version", "applied", "pending"]

    def test_of_postgresql(self, icefloe: Command, postgres_database: str) -> None:
        """The state of a PostgreSQL database has its size, its server's version and its migrations."""
        status = icefloe("database", "status", "--json", "--database", postgres_database).json

        assert list(status) == ["database", "size", "server_version", "applied", "pending"]
        assert status["size"] > 0
        assert status["server_version"]
        assert status["pending"] == []
        applied = [step["number"] for step in status["applied"]]
        assert applied == numbers("icefloe.storage.postgres")
        shown = icefloe("database", "status", "--database", postgres_database).out
        assert f"PostgreSQL {status['server_version']}" in shown

    def test_of_a_new_postgresql(self, icefloe: Command, new_database: str) -> None:
        """A PostgreSQL database that was never migrated is told so, and is left as it is."""
        for _ in range(2):
            status = icefloe("database", "status", "--json", "--database", new_database).json
            assert status["applied"] == []
            told = icefloe("database", "status", "--database", new_database)
            assert "No migration has been applied: icefloe database migrate" in told.out

    @pytest.mark.parametrize("option", ["", "?password=secret"])
    def test_no_password(self, icefloe: Command, postgres_database: str, option: str) -> None:
        """A password in the database's URL is not shown."""
        name, at, place = postgres_database.partition("@")
        assert at

        told = icefloe("database", "status", "--database", f"{name}:secret@{place}{option}")

        assert f"{name}@{place}" in told.out
        assert "secret" not in told.out


class TestMigrate:
    """`icefloe database migrate`."""

    def test_an_up_to_date_database_is_left_alone(self, database: str) -> None:
        """There is nothing to do for a database that is up to date, and the command says so."""
        done = run_here("database", "migrate", "--database", database)

        assert "up to date" in done.out

    def test_postgresql(self, icefloe: Command, new_database: str) -> None:
        """A new PostgreSQL database takes every migration once."""
        first = icefloe("database", "migrate", "--database", new_database)
        again = icefloe("database", "migrate", "--database", new_database)

        assert (first.status, again.status) == (0, 0)
        applied = [line for line in first.out.splitlines() if line.startswith("Applied ")]
        assert len(applied) == len(numbers("icefloe.storage.postgres"))
        assert "up to date" in again.out

    @pytest.mark.parametrize("command", ["status", "migrate", "check"])
    def test_an_unreachable_postgresql(self, icefloe: Command, command: str) -> None:
        """A server that does not answer is told of in one line."""
        told = icefloe("database", command, "--database", "postgresql://a@127.0.0.1:1/none")

        assert "cannot be reached" in told.mistake


class TestCheck:
    """`icefloe database check`."""

    def test_a_sound_database_has_no_findings(self, database: str) -> None:
        """Nothing is found in a database that only the program has written."""
        assert run_here("database", "check", "--json", "--database", database).json == []

    @pytest.mark.parametrize(
        ("damage", "problem"),
        [
            ("UPDATE customers SET document = x'7b7d' WHERE name = 'Ann'", "document"),
            ("UPDATE customers SET name_key = x'00' WHERE name = 'Ann'", "sort keys"),
            ("UPDATE customer_search SET name = 'x' WHERE name = 'ann'", "search text"),
            ("DELETE FROM customer_search WHERE name = 'ann'", "search text"),
            ("UPDATE customer_metadata SET value = '6' WHERE key = 'seats'", "metadata rows"),
            ("DELETE FROM customer_metadata WHERE key = 'plan'", "metadata rows"),
            ("UPDATE customer_counts SET live = live + 1", "counter"),
            ("DELETE FROM members WHERE email = 'bob@example.com'", "no owner"),
            ("UPDATE customers SET deleted_at = NULL WHERE email_lower LIKE 'gone%'", "search"),
            ("UPDATE search_mark SET sequence = 1000", "index of search text"),
            ("UPDATE organizations SET profile = '{'", "settings cannot be read"),
            ("UPDATE organizations SET profile = '[1]'", "settings cannot be read"),
            (
                f"{PERSON} VALUES (x'01', 'Ann@x.test', 'Ann@x.test', '', '-', 0)",
                "Ann@x.test would",
            ),
        ],
    )
    def test_whatever_does_not_agree_is_found(
        self, database: str, damage: str, problem: str
    ) -> None:
        """A document, key, index row or counter that is not what its customer says is named."""
        with apsw.Connection(database) as connection:
            connection.execute(damage)
        connection.close()

        done = run_here("database", "check", "--database", database, check=False)

        assert done.status == 2
        assert problem in done.out
        assert "do not agree" in done.err

    def test_postgresql(self, icefloe: Command, postgres_database: str, tmp_path: Path) -> None:
        """Nothing is found in a PostgreSQL database that only the program has written."""
        fill(postgres_database, tmp_path)

        assert icefloe("database", "check", "--json", "--database", postgres_database).json == []

    @pytest.mark.parametrize(
        ("damage", "problem"),
        [
            ("UPDATE customers SET document = '{}' WHERE name = 'Ann'", "document"),
            ("UPDATE organizations SET profile = 'null'", "settings cannot be read"),
            ("UPDATE customers SET email_verified = NOT email_verified", "document"),
            ("DELETE FROM customer_search WHERE name = 'ann'", "search text"),
            ("UPDATE customer_metadata SET value = '6' WHERE key = 'seats'", "metadata rows"),
            ("UPDATE customer_counts SET live = live + 1", "counter"),
            ("DELETE FROM members WHERE email = 'bob@example.com'", "no owner"),
            (
                f"{PERSON} VALUES (gen_random_uuid(), 'Ann@x.test', 'Ann@x.test', '', '-', 0)",
                "Ann@x.test would",
            ),
        ],
    )
    def test_whatever_does_not_agree_in_postgresql(
        self, icefloe: Command, postgres_database: str, tmp_path: Path, damage: str, problem: str
    ) -> None:
        """What is not as its customer says is found in a PostgreSQL database too."""
        change(fill(postgres_database, tmp_path), damage)

        told = icefloe("database", "check", "--database", postgres_database)

        assert problem in told.out
        assert "do not agree" in told.mistake

    def test_a_new_postgresql(self, icefloe: Command, new_database: str) -> None:
        """A PostgreSQL database that was never migrated is not checked."""
        told = icefloe("database", "check", "--database", new_database)

        assert told.mistake.endswith("is not up to date: icefloe database migrate")

    def test_another_programs_file_is_refused(self, tmp_path: Path) -> None:
        """A SQLite file of another program is named as such, and left as it is."""
        foreign = tmp_path / "foreign.db"
        connection = apsw.Connection(str(foreign))
        connection.execute("CREATE TABLE theirs (a)")
        connection.close()

        done = run_here("database", "check", "--database", str(foreign), check=False)

        assert done.status == 2
        assert "is not an Icefloe database" in done.err


class TestBackup:
    """`icefloe database backup`."""

    def test_the_copy_is_whole_and_sound(self, database: str, tmp_path: Path) -> None:
        """A copy has every customer, and nothing in it disagrees."""
        copy = tmp_path / "copy.db"

        run_here("database", "backup", str(copy), "--database", database)

        assert maintenance.find_disagreements(copy, lambda _: None) == []

    def test_it_can_be_made_while_the_server_runs(self, tmp_path: Path) -> None:
        """A copy made between two writes of a running server has the first and not the second."""
        started = start_server(f"sqlite:///{tmp_path}/own.db", tmp_path / "log")
        try:
            made = json.loads(
                run_here("organizations", "create", "Own", "--json", "--database",
                        started.database).out
            )  # fmt: skip
            copy = tmp_path / "copy.db"
            run_here("database", "backup", str(copy), "--database", started.database)
            run_here("organizations", "create", "Later", "--database", started.database)
        finally:
            started.stop()

        kept = json.loads(run_here("organizations", "list", "--json", "--database", str(copy)).out)
        assert [made["id"]] == [one["id"] for one in kept]

    def test_a_file_that_is_there_is_not_overwritten(self, database: str, tmp_path: Path) -> None:
        """A copy never replaces a file."""
        there = tmp_path / "there.db"
        there.write_text("precious", "utf-8")

        done = run_here("database", "backup", str(there), "--database", database, check=False)

        assert done.status == 2
        assert there.read_text("utf-8") == "precious"

    def test_killed(self, database: str, tmp_path: Path) -> None:
        """A backup that is killed half-way leaves nothing under its name; the next one is whole."""
        connection = apsw.Connection(database)
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)"
            " INSERT INTO events (organization_id, customer_id, type, created_at, document)"
            " SELECT id, id, 'customer.created', i, CAST(i AS BLOB) FROM organizations, n"
        )
        connection.close()
        copy = tmp_path / "copies" / "copy.db"
        copy.parent.mkdir()

        process = subprocess.Popen(
            [str(CLI), "database", "backup", str(copy), "--database", database]
        )
        deadline = time.monotonic() + SECONDS
        while not any(copy.parent.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.001)
        process.kill()
        process.wait()

        assert not copy.exists()
        assert [file.suffix for file in copy.parent.iterdir()] == [".part"]
        run_here("database", "backup", str(copy), "--database", database)
        assert maintenance.find_disagreements(copy, lambda _: None) == []
        assert copy.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("command", ["status", "check", "migrate"])
    @pytest.mark.parametrize("content", [b"", None])
    def test_an_empty_file(
        self, icefloe: Command, tmp_path: Path, command: str, content: bytes | None
    ) -> None:
        """A file without tables is no database: nothing advises to migrate it, nor does."""
        path = tmp_path / "empty.db"
        if content is None:
            connection = apsw.Connection(str(path))
            connection.execute("PRAGMA user_version = 1")
            connection.close()
        else:
            path.write_bytes(content)
        before = path.read_bytes()

        assert "there is no database in" in icefloe("database", command, "--database", path).mistake
        assert path.read_bytes() == before

    def test_postgresql(self, icefloe: Command, postgres_database: str, tmp_path: Path) -> None:
        """For a PostgreSQL database the command names the program that copies it."""
        told = icefloe("database", "backup", tmp_path / "copy", "--database", postgres_database)

        assert "pg_dump" in told.mistake
        assert not (tmp_path / "copy").exists()


class TestRestore:
    """`icefloe database restore`."""

    @pytest.fixture
    def backup(self, database: str, tmp_path: Path) -> Path:
        """A backup of the database, which has got another organization since."""
        path = tmp_path / "backup.db"
        run_here("database", "backup", str(path), "--database", database)
        run_here("organizations", "create", "Later", "--database", database)
        return path

    @staticmethod
    def names(icefloe: Command, database: str | Path) -> list[str]:
        """The names of a database's organizations."""
        found = icefloe("organizations", "list", "--json", "--database", database).json
        return [one["name"] for one in found]

    def test_restored(self, icefloe: Command, database: str, backup: Path, tmp_path: Path) -> None:
        """The backup takes the database's place; that stays beside it, and so does the backup."""
        content = backup.read_bytes()

        told = icefloe("database", "restore", backup, "--database", database)

        assert told.status == 0
        (old,) = tmp_path.glob("some.db.before-*")
        assert str(old) in told.out
        assert backup.read_bytes() == content
        assert Path(database).stat().st_mode & 0o777 == 0o600
        assert self.names(icefloe, database) == ["Acme"]
        assert self.names(icefloe, old) == ["Acme", "Later"]
        assert icefloe("database", "check", "--database", database).status == 0

    def test_where_there_is_none(self, icefloe: Command, backup: Path, tmp_path: Path) -> None:
        """A backup becomes a database where there was none; its folder is made."""
        told = icefloe("database", "restore", backup, "--database", tmp_path / "new/new.db")

        assert told.status == 0
        assert self.names(icefloe, tmp_path / "new/new.db") == ["Acme"]

    def test_while_a_server_runs(self, icefloe: Command, backup: Path, tmp_path: Path) -> None:
        """While a server has the database open it is not replaced."""
        server = start_server(str(tmp_path / "served.db"), tmp_path / "log")
        try:
            mistake = icefloe("database", "restore", backup, "--database", server.database).mistake
        finally:
            server.stop()

        assert "served.db-wal is there: stop what has" in mistake
        assert list(tmp_path.glob("*before*")) == []

    def test_after_a_crash(self, icefloe: Command, backup: Path, tmp_path: Path) -> None:
        """A log that a killed server left is in the way, until the database was closed."""
        database = tmp_path / "served.db"
        server = start_server(str(database), tmp_path / "log")
        server.process.kill()
        server.process.wait()
        assert (
            "-wal is there"
            in icefloe("database", "restore", backup, "--database", database).mistake
        )

        assert icefloe("database", "status", "--database", database).status == 0
        assert icefloe("database", "restore", backup, "--database", database).status == 0

    @pytest.mark.parametrize(
        ("damage", "reason"),
        [
            ("missing", "there is no database"),
            ("empty", "there is no database in"),
            ("half", "damaged|not a sound database"),
            ("foreign", "not an Icefloe database"),
            ("wrong", "do not agree"),
            ("itself", "is the database itself"),
        ],
    )
    def test_no_backup(
        self, icefloe: Command, database: str, backup: Path, damage: str, reason: str
    ) -> None:
        """What is no sound backup replaces nothing, and leaves nothing behind."""
        match damage:
            case "missing":
                backup.unlink()
            case "empty":
                backup.write_bytes(b"")
            case "half":
                backup.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
            case "foreign":
                backup.unlink()
                change_file(backup, "CREATE TABLE theirs (a)")
            case "wrong":
                change_file(backup, "UPDATE customers SET document = x'7b7d' WHERE name = 'Ann'")
            case "itself":
                backup = Path(database)
        content = Path(database).read_bytes()

        assert re.search(
            reason, icefloe("database", "restore", backup, "--database", database).mistake
        )

        assert Path(database).read_bytes() == content
        assert [one for one in Path(database).parent.iterdir() if "part" in one.name] == []

    def test_postgresql(self, icefloe: Command, postgres_database: str, backup: Path) -> None:
        """For a PostgreSQL database the command names the program that does it."""
        told = icefloe("database", "restore", backup, "--database", postgres_database)

        assert "pg_restore" in told.mistake


def answers_503(url: str, headers: dict[str, str]) -> None:
    """Wait until ten answers in a row are 503, each over a connection of its own."""
    until = time.monotonic() + SECONDS
    seen = 0
    while seen < 10:
        seen = seen + 1 if httpx.get(url, headers=headers).status_code == 503 else 0
        assert time.monotonic() < until


def change_file(path: Path, statement: str) -> None:
    """Change a SQLite file behind the program's back."""
    connection = apsw.Connection(str(path))
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("replaced", [False, True])
def test_a_lost_database(tmp_path: Path, workers: str, *, replaced: bool) -> None:
    """A server whose file is removed or replaced answers 503 within a second, and until it is back."""
    database = tmp_path / "own.db"
    server = start_server(str(database), tmp_path / "log", "--workers", workers)
    try:
        made = json.loads(
            run_here("organizations", "create", "O", "--json", "--database", str(database)).out
        )
        words = (
            "--organization",
            made["id"],
            "--name",
            "t",
            "--scope",
            "customers:write",
            "--json",
        )
        token = run_here("tokens", "create", *words, "--database", str(database)).out
        headers = {"Authorization": f"Bearer {json.loads(token)['token']}"}
        with httpx.Client(base_url=server.url, headers=headers) as client:
            assert client.post("/v1/customers/", json={"email": "a@example.com"}).status_code == 201
            database.rename(tmp_path / "aside.db")
            if replaced:
                fill(str(tmp_path / "new.db"), tmp_path)
                (tmp_path / "new.db").rename(database)

            refused = client.post("/v1/customers/", json={"email": "b@example.com"})
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert "removed or replaced" in refused.text
            # Each worker looks for itself, and a new connection may reach either.
            answers_503(f"{server.url}/readyz", {})
            answers_503(f"{server.url}/v1/customers/", headers)
            assert httpx.get(f"{server.url}/healthz").status_code == 200

            (tmp_path / "aside.db").replace(database)
            assert client.post("/v1/customers/", json={"email": "c@example.com"}).status_code == 201
            assert httpx.get(f"{server.url}/readyz").status_code == 200
    finally:
        server.stop()

    assert not database.with_name("own.db-wal").exists()
    assert "database file lost" in server.log.read_text("utf-8")


class TestCopy:
    """`icefloe database copy`."""

    def test_there_and_back(
        self, icefloe: Command, database: str, new_database: str, tmp_path: Path
    ) -> None:
        """Everything goes to PostgreSQL and back, and is sound there and the same here."""
        back = tmp_path / "new" / "back.db"

        there = icefloe("database", "copy", database, new_database)
        rows = icefloe("database", "copy", new_database, back, "--json").json

        assert (rows["organizations"], rows["customers"]) == (1, 3)
        lines = [line.split() for line in there.out.splitlines()]
        assert [[name, str(count)] for name, count in rows.items()] == lines[1:-1]
        assert "only under the same secret" in there.out.splitlines()[-1]
        for one in (new_database, back):
            assert icefloe("database", "check", "--database", one).status == 0
        organization = icefloe("organizations", "list", "--json", "--database", back).json[0]["id"]
        exports = [
            icefloe("customers", "export", "--organization", organization, "--database", one).out
            for one in (database, new_database, back)
        ]
        assert len(set(exports)) == 1

    def test_not_onto_what_is_there(
        self, icefloe: Command, database: str, postgres_database: str, tmp_path: Path
    ) -> None:
        """A database with an organization is not copied to, nor one to itself."""
        fill(postgres_database, tmp_path)

        for target in (postgres_database, database):
            told = icefloe("database", "copy", database, target)
            assert "has organizations already" in told.mistake

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (("no.db", "to.db"), "there is no database no.db"),
            (("mysql://a/b", "to.db"), "not supported"),
        ],
    )
    def test_mistakes(self, icefloe: Command, words: tuple[str, str], reason: str) -> None:
        """A database that is none is told of in one line, and no file is made."""
        assert reason in icefloe("database", "copy", *words).mistake
        assert not Path("to.db").exists()

    @pytest.mark.parametrize("engine", ["sqlite", "postgres"])
    def test_interrupted(
        self, engine: str, request: pytest.FixtureRequest, icefloe: Command, tmp_path: Path
    ) -> None:
        """Ctrl-C ends a copy with status 130, and leaves an empty database."""
        source, target = tmp_path / "many.db", str(tmp_path / "target.db")
        if engine == "postgres":
            target = request.getfixturevalue("postgres_database")
        made = icefloe("organizations", "create", "Many", "--json", "--database", source).json
        connection = apsw.Connection(str(source))
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)"
            " INSERT INTO events (organization_id, customer_id, type, created_at, document)"
            " SELECT id, id, 'customer.created', i, CAST(i AS BLOB) FROM organizations, n"
        )
        connection.close()

        process = subprocess.Popen(
            [str(CLI), "database", "copy", str(source), target],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "TERM": "dumb"},
        )  # fmt: skip
        deadline = time.monotonic() + SECONDS
        while not is_written_to(target) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=SECONDS)

        assert (process.returncode, told) == (130, b"")
        assert made["id"]
        assert icefloe("organizations", "list", "--json", "--database", target).json == []
