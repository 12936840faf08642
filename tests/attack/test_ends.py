"""How a server ends while the reader of its log is stuck, and while clients hold requests open."""

import contextlib
import fcntl
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from attack import raw
from icefloe import log as logging
from icefloe.log import Log
from support import CLI

pytestmark = pytest.mark.processes

END_SECONDS = 12.0
"""The ten seconds that a server may take, and two for a machine that is busy."""
REQUESTS = 300
"""Each is a line of 150 bytes; a pipe of 4 kB is full after thirty."""
_START_SECONDS = 20.0


@contextlib.contextmanager
def stuck(tmp_path: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[bytes], str, int]]:
    """A server whose log goes to a small pipe that nobody reads; its URL, and the pipe's other end."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["serve", "--port", str(port), "--database", str(tmp_path / "stuck.db"), *flags]
    process = subprocess.Popen([str(CLI), *words], stdout=subprocess.DEVNULL, stderr=writing)
    os.close(writing)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process, f"http://127.0.0.1:{port}", reading
    finally:
        process.kill()
        process.wait(20)
        os.close(reading)


def ask_often(url: str) -> None:
    """Have enough answered to fill the pipe with log lines."""
    with httpx.Client(base_url=url, timeout=raw.PATIENCE_SECONDS) as client:
        for _ in range(REQUESTS):
            assert client.get("/healthz").is_success


@pytest.mark.parametrize("workers", ["1", "2"])
class TestEnds:
    """A server that is told to end is gone within ten seconds."""

    def test_full_pipe(self, tmp_path: Path, workers: str) -> None:
        """It answers while the reader of its log is stuck, and ends cleanly."""
        with stuck(tmp_path, "--workers", workers) as (process, url, _):
            ask_often(url)
            process.terminate()
            assert process.wait(END_SECONDS) == 0

    def test_held_requests(self, tmp_path: Path, workers: str) -> None:
        """Clients that hold requests open do not keep it, also with a full pipe."""
        half = raw.head("POST", "/v1/customers/", {"Content-Length": 10}) + b"{"
        with stuck(tmp_path, "--workers", workers) as (process, url, _):
            ask_often(url)
            with raw.held(url, 5, half), raw.held(url, 5, b""), raw.held(url, 5, b"GET /"):
                process.send_signal(signal.SIGTERM)
                process.wait(END_SECONDS)


def test_whatever_happens() -> None:
    """A process whose main thread never comes back ends all the same, and lets go of what it holds."""
    program = """
import time
from icefloe.serving import ending
ending.END_SECONDS = 0.2
ending.Ending(lambda: print("let go", flush=True)).begin_on_signals(lambda: None)
print("ready", flush=True)
time.sleep(1000)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.wait(END_SECONDS) == 1
        assert process.stdout.read() == "let go\n"


class TestLog:
    """Lines that cannot be written."""

    def test_dropped_lines_are_counted(self) -> None:
        """A bounded number waits; how many were dropped is said once the stream takes lines again."""
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        with os.fdopen(writing, "w") as stream, os.fdopen(reading) as lines:
            log = Log("json", stream)
            for number in range(2 * logging.MAX_WAITING):
                log.event("line", number=number)
            read = [json.loads(lines.readline())]
            while read[-1]["event"] == "line":
                read.append(json.loads(lines.readline()))
            log.close()

        assert read[-1]["event"] == "log lines dropped"
        assert [line["number"] for line in read[:-1]] == [*range(len(read) - 1)]
        assert len(read) - 1 + read[-1]["count"] == 2 * logging.MAX_WAITING
        assert read[-1]["count"] > 0

    def test_no_reader(self) -> None:
        """Lines for a reader who has gone are dropped, and the log goes on."""
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "w") as stream:
            log = Log("json", stream)
            log.event("line")
            log.flush()
            log.event("line")
            log.close()

    def test_a_reader_that_comes_late(self) -> None:
        """A stream that does not block, as others who share it may set it, loses nothing."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        with os.fdopen(writing, "w") as stream, os.fdopen(reading) as lines:
            log = Log("text", stream)
            for number in range(200):
                log.event("line", number=number, padding="x" * 50)
            read = [lines.readline() for _ in range(200)]
            log.close()

        assert [f"number={number} " in line for number, line in enumerate(read)] == [True] * 200

    def test_flush_waits_no_longer_than_a_moment(self) -> None:
        """Whoever flushes or closes a log whose stream is stuck goes on all the same."""
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        with os.fdopen(writing, "w") as stream:
            log = Log("json", stream)
            for _ in range(1000):
                log.event("line")
            for wait in (log.flush, log.close):
                waiting = threading.Thread(target=wait)
                waiting.start()
                waiting.join(raw.PATIENCE_SECONDS)
                assert not waiting.is_alive()
            os.close(reading)

    def test_order(self) -> None:
        """Lines are written in the order in which they came, to a stream without a file too."""
        stream = io.StringIO()
        log = Log("text", stream)
        for number in range(1000):
            log.event("line", number=number)
        log.close()

        assert [int(line.rpartition("=")[2]) for line in stream.getvalue().splitlines()] == [
            *range(1000)
        ]
