"""Receivers of webhooks: a real HTTP server that notes what comes, and answers as its path says."""

import asyncio
import contextlib
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from support import PATIENCE

_HUGE = 100 * 1024 * 1024
_CHUNK = b"x" * 65536
# What a path answers; others say 200.
_ANSWERS = {
    "/500": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops",
    "/410": b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
    "/301": b"HTTP/1.1 301 Moved Permanently\r\nLocation: /200\r\nContent-Length: 0\r\n\r\n",
    "/204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/103": b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "/chatty": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100,
    "/garbage": b"SSH-2.0-OpenSSH_9.2\r\n",
    "/long": b"HTTP/1.1 200 " + b"O" * 80_000 + b"\xff\0\r\n\r\n",
    "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nok",
    "/old": b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
}
_CLOSING = {"/close", "/garbage", "/long", "/short", "/old"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True, slots=True)
class Received:
    """A request that a receiver got.

    Attributes:
        path: its path.
        headers: names and values, as they came.
        body: its body.
        connection: the number of its connection.
        time: when it was whole, by the monotonic clock.
    """

    path: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int
    time: float

    def header(self, name: str) -> str:
        """The value of a header."""
        return next(value for each, value in self.headers if each.lower() == name)

    @property
    def event_id(self) -> str:
        """Which event it delivers."""
        return self.header("webhook-id")


@dataclass
class Receiver:
    """A server on a port of its own.

    Attributes:
        requests: what came, in order.
        answers: what a path answers instead of its usual answer.
        sent: how many bytes of a huge answer were taken off its hands.
    """

    requests: list[Received] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)
    sent: int = 0
    port: int = 0
    _connections: int = 0

    def url(self, path: str = "/200", host: str = "127.0.0.1") -> str:
        """Where a path of it is."""
        return f"http://{host}:{self.port}{path}"

    def got(self, path: str) -> list[Received]:
        """What came for a path."""
        return [request for request in self.requests if request.path == path]

    def wait_for(self, count: int, path: str | None = None) -> None:
        """Wait until so many requests have come."""
        deadline = time.monotonic() + PATIENCE
        while len(self.requests if path is None else self.got(path)) < count:
            assert time.monotonic() < deadline, f"{len(self.requests)} of {count} came"
            time.sleep(0.005)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self._connections += 1
        connection = self._connections
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                request = await _read(reader, connection)
                self.requests.append(request)
                if not await self._answer(request.path, writer):
                    break
        writer.close()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> bool:
        """Answer a request; whether the connection stays open."""
        if path in self.answers:
            writer.write(self.answers[path])
        elif path == "/hang":
            await asyncio.sleep(PATIENCE)
        elif path == "/huge":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % _HUGE)
            while self.sent < _HUGE:
                writer.write(_CHUNK)
                await writer.drain()
                self.sent += len(_CHUNK)
        elif path == "/bomb":
            body = gzip.compress(b"0" * _HUGE)
            head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
            writer.write(head % len(body) + body)
        elif path == "/drip":
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for letter in (b"d", b"r", b"i", b"p"):
                writer.write(b"1\r\n%b\r\n" % letter)
                await asyncio.sleep(0.2)
            writer.write(b"0\r\n\r\n")
        elif path != "/close":
            writer.write(_ANSWERS.get(path, OK))
        await writer.drain()
        return path not in _CLOSING


async def _read(reader: asyncio.StreamReader, connection: int) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = [
        (name, value.strip()) for name, _, value in (line.partition(":") for line in head[1:-2])
    ]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    body = await reader.readexactly(length)
    return Received(head[0].split(" ")[1], headers, body, connection, time.monotonic())


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """A running receiver."""
    receiver = Receiver()
    started = threading.Event()
    ends: list[Callable[[], object]] = []

    async def main() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(stopping.set))
        server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
        receiver.port = server.sockets[0].getsockname()[1]
        started.set()
        await stopping.wait()
        server.close()

    # What is still being answered is cut short when its loop ends.
    thread = threading.Thread(target=lambda: asyncio.run(main()), name="receiver")
    thread.start()
    started.wait()
    try:
        yield receiver
    finally:
        ends[0]()
        thread.join()
