"""A PostgreSQL server for a run: the one that the environment names, else the benchmark's own.

The benchmark's own writes to the disk as a server in production does: `fsync` is on.
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
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

VARIABLE = "ICEFLOE_BENCH_POSTGRES"
NONE_FOUND = (
    f"no PostgreSQL: put initdb and postgres on the PATH, or set {VARIABLE} to the URL of a role that"
    " may create databases"
)
_HOST = "127.0.0.1"
_ROLE = "icefloe"
_SECONDS = 30.0
_SETTINGS = {
    "listen_addresses": _HOST,
    "unix_socket_directories": "",
    "fsync": "on",
    "shared_buffers": "256MB",
    "max_connections": "100",
}


class _User(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@contextlib.contextmanager
def running_server(folder: Path | None = None) -> Iterator[str | None]:
    """The URL of a server on which databases can be made; None where there is none to be had.

    Args:
        folder: where a server of our own keeps its files for the next time; nowhere unless given.

    Raises:
        RuntimeError: the server of our own does not start; says why.
    """
    programs = _find_programs()
    if named := os.environ.get(VARIABLE):
        yield named
    elif programs is None:
        yield None
    elif folder is not None:
        with _own_server(programs, folder) as url:
            yield url
    else:
        with (
            tempfile.TemporaryDirectory(prefix="icefloe-benchmark-postgres-") as name,
            _own_server(programs, Path(name)) as url,
        ):
            yield url


@contextlib.contextmanager
def database(server: str, *, template: str = "template0") -> Iterator[str]:
    """The URL of a new database on a server, a copy of the template; it is dropped at the end."""
    name = f"icefloe_bench_{uuid4().hex[:12]}"
    home = url_of(server, "postgres") if template != "template0" else server
    yielded = create(home, name, template=template)
    try:
        yield yielded
    finally:
        drop(home, name)


def create(server: str, name: str, *, template: str = "template0") -> str:
    """Make a database; returns its URL. Nobody may be connected to the template."""
    execute(server, f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
    return url_of(server, name)


def drop(server: str, name: str) -> None:
    """Drop a database, if it exists, and close the connections to it."""
    execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def has_database(server: str, name: str) -> bool:
    """Whether a server has a database of that name."""
    return bool(_fetch(server, f"SELECT count(*) FROM pg_database WHERE datname = '{name}'"))


def url_of(server: str, name: str) -> str:
    """The URL of a database on the server that a URL leads to."""
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def execute(url: str, statement: str) -> None:
    """Run a statement on a connection of its own."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


def find_version(url: str) -> str:
    """The version of the server behind a URL."""
    return str(_fetch(url, "SHOW server_version"))


def _fetch(url: str, statement: str) -> object:
    """The one value that a statement gives, on a connection of its own."""

    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


def _find_programs() -> Path | None:
    """The folder of PostgreSQL's programs: the PATH's, else the newest of the usual ones."""
    folders = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    for root, pattern in (
        ("/usr/lib/postgresql", "*/bin"),
        ("/usr", "pgsql-*/bin"),
        ("/opt/homebrew/opt", "postgresql@*/bin"),
    ):
        folders += sorted(Path(root).glob(pattern), reverse=True)
    return next(
        (each for each in folders if (each / "initdb").exists() and (each / "postgres").exists()),
        None,
    )


@contextlib.contextmanager
def _own_server(programs: Path, folder: Path) -> Iterator[str]:
    """The benchmark's own server, whose files are in the folder; missing ones are made."""
    user = _user()
    folder.mkdir(exist_ok=True)
    if user:
        os.chown(folder, user["user"], user["group"])
    if not (folder / "data" / "PG_VERSION").exists():
        _make_cluster(programs, folder, user)
    port = _free_port()
    settings = [word for item in _SETTINGS.items() for word in ("-c", "=".join(item))]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port), *settings],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=_environment(),
            start_new_session=True, **user,
        )  # fmt: skip
    try:
        url = f"postgresql://{_ROLE}@{_HOST}:{port}/postgres"
        _wait_until_ready(url, process, folder / "log")
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # "fast": clients are turned out
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(_SECONDS)


def _make_cluster(programs: Path, folder: Path, user: _User) -> None:
    """Make the files of a server that accepts every user of this machine."""
    made = subprocess.run(
        [
            str(programs / "initdb"), "--pgdata", str(folder / "data"), "--auth=trust",
            "--username", _ROLE, "--encoding=UTF8", "--locale=C",
        ],
        capture_output=True, text=True, check=False, cwd=folder, env=_environment(), **user,
    )  # fmt: skip
    if made.returncode:
        raise RuntimeError(f"initdb: {made.stderr.strip()}")


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            execute(url, "SELECT 1")
        except (asyncpg.PostgresError, OSError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    f"PostgreSQL did not start: {log.read_text('utf-8')[-2000:]}"
                ) from error
            time.sleep(0.05)
        else:
            return


def _user() -> _User:
    """The user for PostgreSQL's programs: the present one, unless it is root, which they refuse."""
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    """Ours, without what would lead PostgreSQL's programs elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind((_HOST, 0))
        port: int = trial.getsockname()[1]
    return port
