"""The PostgreSQL servers that tests run against do what those tests take for granted."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

import postgres

pytestmark = pytest.mark.processes

OUTLIVED = """
import postgres, sys
with postgres.cluster_folder() as folder, postgres.make_cluster(folder / "server"):
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for clusters."""
    if postgres.find_programs() is None:
        pytest.skip(postgres.NONE_FOUND)
    with postgres.cluster_folder() as made:
        yield made


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[postgres.Cluster]:
    """A running cluster."""
    with postgres.make_cluster(folder / "primary") as made:
        yield made


def ask(url: str, *statements: str) -> object:
    """What the last statement gives to an ordinary client."""

    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            given = [await connection.fetchval(statement) for statement in statements]
        finally:
            await connection.close()
        return given[-1]

    return asyncio.run(run())


def lives(pid: int) -> bool:
    """Whether a process runs; one that ended may wait for its burial."""
    told = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)],  # noqa: S607 - each system has it elsewhere
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip()[:1] not in {"", "Z"}


def test_database(cluster: postgres.Cluster) -> None:
    """A database is in UTF-8, belongs to a role that may do nothing else, and is dropped in use."""
    url = cluster.make_database()
    name = postgres.name_of(url)
    assert ask(url, "CREATE TABLE kept (one integer)", "SELECT current_user") == "icefloe"
    assert ask(url, "CREATE EXTENSION pg_trgm", "SHOW server_encoding") == "UTF8"
    assert cluster.fetch(
        "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_database JOIN pg_roles "
        "ON pg_roles.oid = datdba WHERE datname = $1",
        name,
    ) == [(False, False, False)]

    async def drop() -> None:
        connection = await asyncpg.connect(url)
        cluster.drop_database(url)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await connection.fetchval("SELECT 1")
        await connection.close()

    asyncio.run(drop())
    cluster.drop_database(url)
    assert cluster.fetch("SELECT 1 FROM pg_database WHERE datname = $1", name) == []


def test_template(cluster: postgres.Cluster) -> None:
    """A database made after another one holds what that one does."""
    first = cluster.make_database()
    ask(first, "CREATE TABLE kept AS SELECT 7 AS one")
    second = cluster.make_database(template=first)
    assert ask(second, "UPDATE kept SET one = 8 RETURNING one") == 8
    assert ask(first, "SELECT one FROM kept") == 7


def test_killed(cluster: postgres.Cluster) -> None:
    """A killed cluster starts again with all that was committed, at the same place."""
    url = cluster.make_database()
    ask(url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS one")
    cluster.kill()
    assert not cluster.is_running
    with pytest.raises(OSError):  # noqa: PT011 - how a system says so is its own
        ask(url, "SELECT 1")
    cluster.start()
    assert ask(url, "SELECT count(*) FROM kept") == 1000


def test_restarted(cluster: postgres.Cluster) -> None:
    """A cluster that is stopped is there again once it is started, and after a restart."""
    cluster.stop()
    cluster.start()
    assert cluster.fetch("SELECT 1") == [(1,)]
    cluster.restart()
    assert cluster.fetch("SELECT 1") == [(1,)]


def test_standby(cluster: postgres.Cluster, folder: Path) -> None:
    """A standby shows what its primary committed and refuses writes, until it is promoted."""
    url = cluster.make_database()
    name = postgres.name_of(url)
    with postgres.make_standby(cluster, folder / "standby") as standby:
        ask(url, "CREATE TABLE kept AS SELECT 7 AS one")
        standby.wait_until_caught_up(cluster)
        assert ask(standby.url(name), "SELECT one FROM kept") == 7
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            ask(standby.url(name), "DELETE FROM kept")
        standby.execute("SELECT pg_promote()")
        assert ask(standby.url(name), "DELETE FROM kept", "SELECT count(*) FROM kept") == 0
    assert ask(url, "SELECT one FROM kept") == 7


def test_server_of_the_environment(
    cluster: postgres.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server that the environment names, a role makes databases, and none of them is left."""
    cluster.execute("CREATE ROLE maker LOGIN CREATEDB")
    monkeypatch.setenv(postgres.VARIABLE, cluster.url(user="maker"))
    with postgres.running_server() as server:
        assert server is not None
        first, second = server.make_database(), server.make_database()
        assert ask(server.make_database(template=first), "SELECT current_user") == "maker"
        server.drop_database(second)
    assert (
        cluster.fetch(
            "SELECT 1 FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE rolname = 'maker'"
        )
        == []
    )


def test_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is neither a server nor the programs, nothing is given."""
    monkeypatch.delenv(postgres.VARIABLE, raising=False)
    monkeypatch.setattr(postgres, "find_programs", lambda: None)
    with postgres.running_server() as server:
        assert server is None


@pytest.mark.usefixtures("folder")
def test_tests_killed() -> None:
    """Nothing is left of a cluster when the process that made it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", OUTLIVED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    ) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        assert (left / "server").is_dir()
        pid = int((left / "server" / "data" / "postmaster.pid").read_text().split()[0])
        process.kill()
    deadline = time.monotonic() + 120
    while (left.exists() or lives(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left.exists()
    assert not lives(pid)
