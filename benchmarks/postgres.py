"""A PostgreSQL server for a run: the one that the environment names, else a throw-away one.

The throw-away one keeps what it is told on the disk, as one in earnest does: `fsync` is on.
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
def running_server() -> Iterator[str | None]:
    """The URL of a server on which databases can be made; None where there is none to be had.

    Raises:
        RuntimeError: the throw-away one does not start; says why.
    """
    programs = _find_programs()
    if named := os.environ.get(VARIABLE):
        yield named
    elif programs is None:
        yield None
    else:
        with _throw_away_server(programs) as url:
            yield url


@contextlib.contextmanager
def database(server: str) -> Iterator[str]:
    """The URL of a new database on a server, which goes in the end."""
    name = f"icefloe_bench_{uuid4().hex[:12]}"
    execute(server, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")


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

    async def run() -> str:
        connection = await asyncpg.connect(url)
        try:
            return str(await connection.fetchval("SHOW server_version"))
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
def _throw_away_server(programs: Path) -> Iterator[str]:
    user = _user()
    with tempfile.TemporaryDirectory(prefix="icefloe-benchmark-postgres-") as name:
        folder = Path(name)
        if user:
            os.chown(folder, user["user"], user["group"])
        made = subprocess.run(
            [
                str(programs / "initdb"), "--pgdata", str(folder / "data"), "--auth=trust",
                "--username", _ROLE, "--encoding=UTF8", "--locale=C",
            ],
            capture_output=True, text=True, check=False, cwd=folder, env=_environment(), **user,
        )  # fmt: skip
        if made.returncode:
            raise RuntimeError(f"initdb: {made.stderr.strip()}")
        port = _free_port()
        settings = [word for item in _SETTINGS.items() for word in ("-c", "=".join(item))]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port),
                    *settings,
                ],
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
    """Whom PostgreSQL's programs run as: ourselves, unless we are root, whom they refuse."""
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
