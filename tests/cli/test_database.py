"""`icefloe database`: its state, its soundness, copies of it."""

import json
from pathlib import Path

import apsw
import pytest

from icefloe.storage.sqlite import maintenance
from support import run_cli, start_server


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database with an organization of three customers, one of them deleted."""
    file = str(tmp_path / "some.db")
    made = json.loads(
        run_cli("organizations", "create", "Acme", "--json", "--database", file).stdout
    )
    lines = [
        {"email": "ann@example.com", "name": "Ann", "metadata": {"plan": "pro", "seats": 5}},
        {"email": "bob@example.com", "external_id": "b"},
        {"email": "gone@example.com", "deleted_at": "2026-02-02T00:00:00Z"},
    ]
    source = tmp_path / "customers.ndjson"
    source.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    run_cli("customers", "import", str(source), "--organization", made["id"], "--database", file)
    return file


class TestStatus:
    """`icefloe database status`."""

    def test_a_missing_file_is_a_users_mistake(self, tmp_path: Path) -> None:
        """The state of a file that is not there is one line on standard error and status 2."""
        done = run_cli("database", "status", "--database", str(tmp_path / "no.db"), check=False)

        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert "there is no database" in done.stderr

    def test_every_migration_is_applied(self, database: str) -> None:
        """A database that the program made has taken every migration and has none pending."""
        status = json.loads(run_cli("database", "status", "--json", "--database", database).stdout)

        assert status["pending"] == []
        assert [step["number"] for step in status["applied"]] == [1]


class TestMigrate:
    """`icefloe database migrate`."""

    def test_an_up_to_date_database_is_left_alone(self, database: str) -> None:
        """There is nothing to do for a database that is up to date, and the command says so."""
        done = run_cli("database", "migrate", "--database", database)

        assert "up to date" in done.stdout


class TestCheck:
    """`icefloe database check`."""

    def test_a_sound_database_has_no_findings(self, database: str) -> None:
        """Nothing is found in a database that only the program has written."""
        assert (
            json.loads(run_cli("database", "check", "--json", "--database", database).stdout) == []
        )

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
        ],
    )
    def test_whatever_does_not_agree_is_found(
        self, database: str, damage: str, problem: str
    ) -> None:
        """A document, key, index row or counter that is not what its customer says is named."""
        with apsw.Connection(database) as connection:
            connection.execute(damage)
        connection.close()

        done = run_cli("database", "check", "--database", database, check=False)

        assert done.returncode == 2
        assert problem in done.stdout
        assert "do not agree" in done.stderr

    def test_another_programs_file_is_refused(self, tmp_path: Path) -> None:
        """A SQLite file of another program is named as such, and left as it is."""
        foreign = tmp_path / "foreign.db"
        connection = apsw.Connection(str(foreign))
        connection.execute("CREATE TABLE theirs (a)")
        connection.close()

        done = run_cli("database", "check", "--database", str(foreign), check=False)

        assert done.returncode == 2
        assert "is not an Icefloe database" in done.stderr


class TestBackup:
    """`icefloe database backup`."""

    def test_the_copy_is_whole_and_sound(self, database: str, tmp_path: Path) -> None:
        """A copy has every customer, and nothing in it disagrees."""
        copy = tmp_path / "copy.db"

        run_cli("database", "backup", str(copy), "--database", database)

        assert maintenance.find_disagreements(copy, lambda _: None) == []

    def test_it_can_be_made_while_the_server_runs(self, tmp_path: Path) -> None:
        """A copy made between two writes of a running server has the first and not the second."""
        started = start_server(f"sqlite:///{tmp_path}/own.db", tmp_path / "log")
        try:
            made = json.loads(
                run_cli("organizations", "create", "Own", "--json", "--database",
                        started.database).stdout
            )  # fmt: skip
            copy = tmp_path / "copy.db"
            run_cli("database", "backup", str(copy), "--database", started.database)
            run_cli("organizations", "create", "Later", "--database", started.database)
        finally:
            started.stop()

        kept = json.loads(
            run_cli("organizations", "list", "--json", "--database", str(copy)).stdout
        )
        assert [made["id"]] == [one["id"] for one in kept]

    def test_a_file_that_is_there_is_not_overwritten(self, database: str, tmp_path: Path) -> None:
        """A copy never replaces a file."""
        there = tmp_path / "there.db"
        there.write_text("precious", "utf-8")

        done = run_cli("database", "backup", str(there), "--database", database, check=False)

        assert done.returncode == 2
        assert there.read_text("utf-8") == "precious"
