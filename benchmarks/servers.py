"""The servers under test, each a process of its own on a free port of 127.0.0.1."""

import contextlib
import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import data, datasets

_HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 20.0
_OK = 200


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        name: what the tables call it.
        port: where it listens.
        process_id: of the process that answers.
    """

    name: str
    port: int
    process_id: int

    def get(self, path: str, token: str) -> bytes:
        """The body of the answer to one request. Raises RuntimeError where it is no 200."""
        connection = http.client.HTTPConnection(_HOST, self.port, timeout=_START_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            body = answer.read()
        if answer.status != _OK:
            raise RuntimeError(f"{self.name}: {path} answered {answer.status}: {body[:300]!r}")
        return body


@contextlib.contextmanager
def icefloe(dataset: datasets.Dataset, log: Path) -> Iterator[Server]:
    """`icefloe serve` in one process; it logs every request as JSON to the file `log`."""
    port = free_port()
    words = [
        "--port", str(port), "--workers", "1", "--database", dataset.database,
        "--log-format", "json",
    ]  # fmt: skip
    with running("icefloe", ["-m", "icefloe", "serve", *words], port, log) as server:
        yield server


@contextlib.contextmanager
def bare(dataset: datasets.Dataset, log: Path) -> Iterator[Server]:
    """The bare handler on the same data; what it says where it fails goes to the file `log`."""
    port = free_port()
    program = Path(__file__).with_name("bare.py")
    words = [str(program), dataset.database, str(data.ORGANIZATION_ID), str(port)]
    with running("bare", words, port, log) as server:
        yield server


@contextlib.contextmanager
def running(name: str, words: Sequence[str], port: int, log: Path) -> Iterator[Server]:
    """Run Python with `words` until the end of the block; it is there once it listens."""
    with log.open("ab") as opened:
        process = subprocess.Popen(
            [sys.executable, *words], stdout=opened, stderr=opened, env=datasets.environment()
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not start: {log.read_text('utf-8')[-2000:]}")
            time.sleep(0.05)
        yield Server(name, port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as trial:
        trial.bind((_HOST, 0))
        port: int = trial.getsockname()[1]
    return port


def _listens(port: int) -> bool:
    try:
        socket.create_connection((_HOST, port), 1.0).close()
    except OSError:
        return False
    return True
