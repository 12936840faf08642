"""A load generator: clients that each send a request, wait for the whole answer, and send the next.

It runs in a process of its own, so that its work takes no time from what is measured, and does as
little as it can: requests are ready-made bytes, sockets do not block, one selector waits for all of
them, and only the status and the length of an answer are read.
"""

import json
import math
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

_HOST = "127.0.0.1"
# What a client reads goes here, whichever it is: memory that stays costs less than memory that is new.
_chunk = bytearray(256 * 1024)
_ANSWER_SECONDS = 30.0
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r", re.IGNORECASE)
_OK = (b"200", b"201")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a load.

    Attributes:
        answers: how many requests were answered.
        seconds: from the first request to the last answer.
        first_ms: how long the very first answer took, in milliseconds.
        p50_ms: half of the answers took no longer than this, in milliseconds.
        p99_ms: 99 of 100 answers took no longer than this, in milliseconds.
        slowest_ms: how long the slowest answer took, in milliseconds.
    """

    answers: int
    seconds: float
    first_ms: float
    p50_ms: float
    p99_ms: float
    slowest_ms: float

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds


def get(path: str, token: str) -> str:
    """The request for a path, as it goes over the wire."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {_HOST}\r\nAccept: application/json\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    )


def post(path: str, token: str, body: str) -> str:
    """The request that posts JSON in ASCII to a path, as it goes over the wire."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {_HOST}\r\nAccept: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )


@dataclass(slots=True)
class Running:
    """A load that is under way, in a process of its own."""

    process: subprocess.Popen[str]
    seconds: float

    def stop(self) -> Outcome:
        """Ask for nothing more, and give what came of it until then. Raises as `finish` does."""
        self.process.terminate()
        return self.finish()

    def finish(self) -> Outcome:
        """Wait until it is over. Raises RuntimeError: an answer was no 200 or 201, or none came."""
        try:
            out, told = self.process.communicate(timeout=self.seconds + 2 * _ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise RuntimeError("the load did not end") from None
        if self.process.returncode:
            raise RuntimeError(told.strip())
        return Outcome(**json.loads(out))


def start(
    port: int,
    requests: Sequence[str],
    *,
    connections: int = 1,
    seconds: float,
    count: int | None = None,
) -> Running:
    """Put load on a server of this machine, from a process of its own.

    Args:
        port: where the server listens.
        requests: what to ask, one after the other, from the start again when they are through.
        connections: how many clients ask at the same time.
        seconds: when to stop.
        count: after how many answers to stop, where that comes first.
    """
    order = {
        "port": port,
        "requests": requests,
        "connections": connections,
        "seconds": seconds,
        "count": count,
    }
    # From a file: what waits in a pipe for the other process to read it would hold this one up.
    with tempfile.TemporaryFile("w+", encoding="ascii") as written:
        json.dump(order, written)
        written.seek(0)
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve())],
            stdin=written,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    return Running(process, seconds)


def measure(
    port: int,
    requests: Sequence[str],
    *,
    connections: int = 1,
    seconds: float,
    count: int | None = None,
) -> Outcome:
    """What came of a load, which is put on as `start` does, when it is over.

    Raises:
        RuntimeError: an answer was no 200 or 201, or none came.
    """
    return start(port, requests, connections=connections, seconds=seconds, count=count).finish()


@dataclass(slots=True)
class _Client:
    """A connection, when it last asked, and how many bytes of the answer it still waits for."""

    connection: socket.socket
    sent_at: float = 0.0
    missing: int = 0

    def receive(self) -> bool:
        """Read what has come; True where that completes the answer."""
        size = self.connection.recv_into(_chunk)
        if size == 0:
            raise ConnectionError("the server closed a connection")
        if self.missing == 0:
            self.missing = _answer_bytes(size)
        self.missing -= size
        if self.missing < 0:
            raise ConnectionError("an answer is longer than it says")
        return self.missing == 0


def _answer_bytes(size: int) -> int:
    """The length of the answer, head and body, whose first `size` bytes have come.

    Raises:
        ConnectionError: it is no 200 or 201, or its head has not come in one piece, as short ones do.
    """
    end = _chunk.find(_HEAD_END, 0, size)
    status = _chunk[9:12]  # HTTP/1.1 200 OK
    length = _LENGTH.search(_chunk, 0, end + 2) if end > 0 else None
    if status not in _OK or length is None:
        raise ConnectionError(f"the server answered {_chunk[: min(size, 300)].decode('latin-1')!r}")
    return end + len(_HEAD_END) + int(length[1])


@dataclass(slots=True)
class _Load:
    """All clients of a load, and what it has measured so far."""

    requests: list[bytes]
    clients: list[_Client]
    asked: int = 0
    took: list[float] = field(default_factory=list)
    is_stopped: bool = False

    def stop(self) -> None:
        """End with the next answer, of which there is one at least."""
        self.is_stopped = True

    def ask(self, client: _Client) -> None:
        """Send the next request."""
        request = self.requests[self.asked % len(self.requests)]
        self.asked += 1
        client.sent_at = time.perf_counter()
        if client.connection.send(request) != len(request):
            raise ConnectionError("a request did not fit into the socket's buffer")

    def run(self, seconds: float, count: int | None) -> Outcome:
        """Ask until the time is over or the count is reached."""
        most = sys.maxsize if count is None else count
        with selectors.DefaultSelector() as selector:
            for client in self.clients:
                selector.register(client.connection, selectors.EVENT_READ, client)
            started = now = time.perf_counter()
            for client in self.clients[:most]:
                self.ask(client)
            while now - started < seconds and len(self.took) < most:
                if self.is_stopped and self.took:
                    break
                ready = selector.select(_ANSWER_SECONDS)
                if not ready:
                    raise ConnectionError(f"no answer within {_ANSWER_SECONDS} seconds")
                for key, _ in ready:
                    client = key.data
                    if client.receive():
                        now = time.perf_counter()
                        self.took.append(now - client.sent_at)
                        if self.asked < most:
                            self.ask(client)
        return self._outcome(now - started)

    def _outcome(self, seconds: float) -> Outcome:
        ordered = sorted(self.took)
        return Outcome(
            answers=len(ordered),
            seconds=seconds,
            first_ms=self.took[0] * 1000,
            p50_ms=_at(ordered, 0.5) * 1000,
            p99_ms=_at(ordered, 0.99) * 1000,
            slowest_ms=ordered[-1] * 1000,
        )


def _at(ordered: list[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    return ordered[math.ceil(len(ordered) * share) - 1]


def _connect(port: int) -> _Client:
    connection = socket.create_connection((_HOST, port), _ANSWER_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(0.0)  # from here on it does not block
    return _Client(connection)


def main() -> None:
    """Put the load that standard input describes (see `measure`); the outcome goes out as JSON."""
    load = _Load([], [])
    # Whoever stops it may do so before it has begun.
    signal.signal(signal.SIGTERM, lambda *_: load.stop())
    order = json.load(sys.stdin)
    clients = [_connect(order["port"]) for _ in range(order["connections"])]
    load.clients = clients
    load.requests = [request.encode("latin-1") for request in order["requests"]]
    try:
        outcome = load.run(order["seconds"], order["count"])
    except ConnectionError as error:
        sys.exit(str(error))
    finally:
        for client in clients:
            client.connection.close()
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
