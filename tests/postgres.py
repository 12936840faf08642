"""Real PostgreSQL servers for tests: one for the whole run, and clusters of a test's own to break.

PostgreSQL refuses to run as root: where the tests do, its programs run as `postgres`, or as `nobody`.
"""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypedDict, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

VARIABLE = "ICEFLOE_TEST_POSTGRES"
NONE_FOUND = (
    f"no PostgreSQL: install it (initdb and postgres on the PATH) or set {VARIABLE} "
    "to the URL of a role that may create databases"
)
OWNER = "icefloe"
_SUPERUSER = "postgres"
_PROGRAMS = ("initdb", "postgres", "pg_ctl", "pg_basebackup")
_SECONDS = 120.0
_ROOM = 2 << 30

# Nothing here outlives the tests, so a crash of the machine may take it; a crash of the server may not.
_SETTINGS: dict[str, str | int] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": 100,
    "wal_level": "replica",
    "max_wal_senders": 10,
    "wal_keep_size": "64MB",  # so that a standby may be away for a while
    "max_wal_size": "256MB",
    "hot_standby": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_STOPS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}

# Waits until its input ends, which it does when this process does, however that comes about. A file
# that a killed server left may by now have the number of somebody else's process in it.
_GUARD = """
cat >/dev/null
find "$1" -name postmaster.pid | while read -r file; do
  pid=$(head -n 1 "$file")
  case $(ps -o args= -p "$pid") in *"$1"*) kill -s QUIT "$pid" ;; esac
done
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
"""
_Result = TypeVar("_Result")


class _User(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


class Databases(Protocol):
    """Where a test can have a database of its own."""

    def make_database(self, template: str | None = None) -> str:
        """Make a database in UTF-8; returns its URL, by which its owner, no superuser, reaches it.

        Args:
            template: the URL of a database made here, to which nobody is connected: the new one is
                a copy of it. Empty unless given.
        """
        ...

    def drop_database(self, url: str) -> None:
        """Drop a database that was made here, and the connections to it; one that is gone is fine."""
        ...


def find_programs() -> Path | None:
    """The folder of PostgreSQL's programs: the PATH's, else pg_config's, else the newest usual one."""
    return next(
        (each for each in _folders() if all((each / one).exists() for one in _PROGRAMS)), None
    )


def _folders() -> Iterator[Path]:
    if found := shutil.which("initdb"):
        # What is on the PATH may be links to some of the programs, from elsewhere.
        yield Path(found).parent
        yield Path(found).resolve().parent
    if found := shutil.which("pg_config"):
        told = subprocess.run([found, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(told.stdout.strip())
    for root, pattern in (
        ("/usr/lib/postgresql", "*/bin"),  # Debian
        ("/usr", "pgsql-*/bin"),  # Red Hat
        ("/opt/homebrew/opt", "postgresql@*/bin"),
        ("/usr/local/opt", "postgresql@*/bin"),
    ):
        yield from sorted(Path(root).glob(pattern), key=_version, reverse=True)


def _version(programs: Path) -> float:
    """The version in the name of the folder that holds `bin`."""
    with contextlib.suppress(ValueError):
        return float(programs.parent.name.removeprefix("pgsql-").removeprefix("postgresql@"))
    return 0.0


def name_of(url: str) -> str:
    """The name of the database that a URL leads to."""
    return urlsplit(url).path.removeprefix("/")


@dataclass(slots=True)
class Cluster:
    """A PostgreSQL server of our own, on 127.0.0.1; as a context it stops in the end.

    Anybody on this machine is let in as whoever they say they are.
    """

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop("immediate")

    @property
    def data(self) -> Path:
        """The folder that PostgreSQL keeps everything in."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server had to say."""
        return self.folder / "server.log"

    @property
    def is_running(self) -> bool:
        """Whether the server's first process is there, ready or not."""
        return self.process is not None and self.process.poll() is None

    def url(self, database: str = "postgres", *, user: str = OWNER) -> str:
        """Where a database of this cluster is."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server, and wait until it answers; a running one is left as it is."""
        if self.is_running:
            return
        command = _command("postgres", "-D", self.data, "-p", self.port)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for the tests, which stop the server then
                **_user(),
            )
        try:
            self.wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def wait_until_ready(self, seconds: float = _SECONDS) -> None:
        """Wait until the server takes connections.

        Raises:
            RuntimeError: it ended, or takes too long; its log is in the message.
        """
        deadline = time.monotonic() + seconds
        while not self._is_ready():
            if not self.is_running or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {self.log.read_text('utf-8')}")
            time.sleep(0.01)

    def _is_ready(self) -> bool:
        """What `pg_ctl --wait` asks: the server's process and its state are in a file of its own."""
        try:
            lines = (self.data / "postmaster.pid").read_text("utf-8").splitlines()
        except FileNotFoundError:
            return False
        # A server that was killed left its file behind, with its own process in it.
        ours = self.process is not None and lines[:1] == [str(self.process.pid)]
        return ours and len(lines) > 7 and lines[7].strip() == "ready"

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; one that is not running is fine.

        Args:
            mode: "smart" waits for clients, "fast" turns them out, "immediate" leaves recovery to the
                next start.
        """
        if self.process is None:
            return
        self.process.send_signal(_STOPS[mode])
        try:
            self.process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.process = None

    def restart(self) -> None:
        """Stop the server and start it again: clients lose their connections."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """End all of the server's processes at once, with no chance to do anything about it."""
        if self.process is None:
            return
        # Stopped, it neither starts new processes nor buries ended ones, so that no number is reused;
        # and a server is not let in again while any process of its predecessor lives.
        self.process.send_signal(signal.SIGSTOP)
        while children := _children(self.process.pid):
            for child in children:
                os.kill(child, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.process = None

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each on its own; the calling thread waits, loop or not."""
        _run(self.url(database, user=_SUPERUSER), *statements)

    def fetch(
        self, statement: str, *arguments: object, database: str = "postgres"
    ) -> list[tuple[Any, ...]]:
        """The rows of a statement that the superuser runs; the calling thread waits, loop or not."""
        return _fetch(self.url(database, user=_SUPERUSER), statement, *arguments)

    def wait_until_caught_up(self, primary: "Cluster", seconds: float = _SECONDS) -> None:
        """Wait until this standby shows all that is committed on its primary by now.

        Raises:
            TimeoutError: it does not get there.
        """
        ((position,),) = primary.fetch("SELECT pg_current_wal_flush_lsn()::text")
        shown = "SELECT coalesce(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false)"
        deadline = time.monotonic() + seconds
        while self.fetch(shown, position) != [(True,)]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the standby did not reach {position} in {seconds} s")
            time.sleep(0.01)

    def make_database(self, template: str | None = None) -> str:
        """See `Databases`."""
        name = _new_name()
        self.execute(f"{_creation(name, template)} OWNER {OWNER}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """See `Databases`."""
        self.execute(_removal(url))


@dataclass(slots=True)
class Server:
    """Somebody else's server, on which a role may create databases."""

    url: str
    made: set[str] = field(default_factory=set)

    def make_database(self, template: str | None = None) -> str:
        """See `Databases`."""
        name = _new_name()
        _run(self.url, _creation(name, template))
        parts = urlsplit(self.url)
        query = f"?{parts.query}" if parts.query else ""
        made = f"{parts.scheme}://{parts.netloc}/{name}{query}"
        self.made.add(made)
        return made

    def drop_database(self, url: str) -> None:
        """See `Databases`."""
        _run(self.url, _removal(url))
        self.made.discard(url)

    def drop_rest(self) -> None:
        """Drop every database that was made here and is still there."""
        for url in sorted(self.made):
            self.drop_database(url)


def make_cluster(folder: Path, **settings: str | int) -> Cluster:
    """A new cluster, running, with the role that owns the databases of tests.

    Args:
        folder: where it is to be, within one from `cluster_folder`; not there yet.
        settings: lines of its postgresql.conf, besides the usual ones.
    """
    cluster = Cluster(_own(folder), _free_port())
    _call(
        "initdb", "--pgdata", cluster.data, "--auth=trust", "--username", _SUPERUSER,
        "--encoding=UTF8", "--locale=C", "--no-sync", cwd=folder,
    )  # fmt: skip
    with (cluster.data / "postgresql.conf").open("a", encoding="utf-8") as file:
        for name, value in (_SETTINGS | settings).items():
            quoted = str(value).replace("'", "''")
            file.write(f"{name} = '{quoted}'\n")
    cluster.start()
    cluster.execute(f"CREATE ROLE {OWNER} LOGIN")
    return cluster


def make_standby(primary: Cluster, folder: Path) -> Cluster:
    """A hot standby, running, that follows a cluster as it changes.

    Args:
        primary: what it follows, and takes its settings from.
        folder: where it is to be, as for `make_cluster`.
    """
    standby = Cluster(_own(folder), _free_port())
    _call(
        "pg_basebackup", "--pgdata", standby.data, "--host=127.0.0.1", f"--port={primary.port}",
        f"--username={_SUPERUSER}", "--write-recovery-conf", "--wal-method=stream",
        "--checkpoint=fast", "--no-sync", cwd=folder,
    )  # fmt: skip
    standby.start()
    return standby


@contextlib.contextmanager
def cluster_folder() -> Iterator[Path]:
    """A folder for clusters; in the end it goes with all that runs in it, even if we are killed."""
    # pytest's own folders are closed to the user that PostgreSQL runs as.
    folder = _own(Path(tempfile.mkdtemp(prefix="icefloe-postgres-", dir=_memory())))
    with subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "guard", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ):
        yield folder


@contextlib.contextmanager
def running_server() -> Iterator[Databases | None]:
    """The server for a whole run of tests: the one that the environment names, else one of our own.

    None if there is neither; `NONE_FOUND` says what to do about it.
    """
    if url := os.environ.get(VARIABLE):
        server = Server(url)
        try:
            yield server
        finally:
            server.drop_rest()
    elif find_programs() is None:
        yield None
    else:
        with cluster_folder() as folder, make_cluster(folder / "server") as cluster:
            yield cluster


def _user() -> _User:
    """Whom PostgreSQL's programs run as: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _memory() -> Path | None:
    """A folder that is kept in memory, where there is one with room enough.

    A new database is 300 files, and some disks take twenty times as long to make them.
    """
    folder = Path("/dev/shm")  # noqa: S108 - what is made there has a name that nobody else has
    fits = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= _ROOM
    return folder if fits else None


def _own(folder: Path) -> Path:
    """Make a folder, unless it is there, and give it to the user that PostgreSQL runs as."""
    folder.mkdir(exist_ok=True)
    if user := _user():
        os.chown(folder, user["user"], user["group"])
    return folder


def _environment() -> dict[str, str]:
    """Ours, without what would lead PostgreSQL's programs to another server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def _command(program: str, *words: object) -> list[str]:
    programs = find_programs()
    if programs is None:
        raise RuntimeError(NONE_FOUND)
    return [str(programs / program), *map(str, words)]


def _call(program: str, *words: object, cwd: Path) -> None:
    done = subprocess.run(
        _command(program, *words),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=_environment(),
        check=False,
        **_user(),
    )
    if done.returncode:
        raise RuntimeError(f"{program} exited {done.returncode}: {done.stderr}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _children(parent: int) -> list[int]:
    """The living processes that a process started."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="],  # noqa: S607 - each system has it elsewhere
        capture_output=True,
        text=True,
        check=True,
    )
    rows = (line.split() for line in listed.stdout.splitlines())
    return [int(pid) for pid, of, state in rows if of == str(parent) and state[0] != "Z"]


def _new_name() -> str:
    return f"icefloe_test_{uuid4().hex[:12]}"


def _creation(name: str, template: str | None) -> str:
    if template is not None:
        return f'CREATE DATABASE {name} TEMPLATE "{name_of(template)}"'
    # The only template that is sure to be empty, to have nobody connected, and to allow any encoding.
    return f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"


def _removal(url: str) -> str:
    return f'DROP DATABASE IF EXISTS "{name_of(url)}" WITH (FORCE)'


def _run(url: str, *statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    _wait_for(run())


def _fetch(url: str, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    async def fetch() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(statement, *arguments)]
        finally:
            await connection.close()

    return _wait_for(fetch())


def _wait_for(work: Coroutine[Any, Any, _Result]) -> _Result:
    """What work returns, run in a thread of its own: the caller's may have a running event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
