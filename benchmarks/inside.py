"""Icefloe's application called within its own process: without network and server, otherwise complete.

The time of a request is that of one call of the ASGI application, from the request's parts to the last
byte of the answer: the token, its scopes, the version, CORS, validation, notices and the log included.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Coroutine, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from benchmarks import datasets
from icefloe.asgi.types import Asgi
from icefloe.assembly import create_app
from icefloe.log import Log

T = TypeVar("T")

Headers = Sequence[tuple[bytes, bytes]]

_TICK_SECONDS = 0.001
_SETTLE_SECONDS = 0.005
_HEADERS: Headers = (
    (b"host", b"127.0.0.1"),
    (b"accept", b"application/json"),
    (b"origin", b"https://shop.example"),
    (b"polar-version", b"2026-04"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and how long it took in milliseconds."""

    status: int
    body: bytes
    ms: float
    headers: Headers = ()


class Inside:
    """The application, started, and a token to ask it with."""

    def __init__(self, app: Asgi, token: str) -> None:
        self._app = app
        self._headers = [*_HEADERS, (b"authorization", f"Bearer {token}".encode())]

    async def get(self, path: str) -> Answer:
        """The answer to a request, in a turn of the event loop of its own, as a server gives it."""
        return await self.ask("GET", path, self._headers)

    async def post(self, path: str, body: bytes) -> Answer:
        """The answer to a request with a JSON body."""
        headers = [*self._headers, (b"content-type", b"application/json")]
        return await self.ask("POST", path, headers, body)

    async def ask(self, method: str, path: str, headers: Headers, body: bytes = b"") -> Answer:
        """The answer to a request with these headers and no others, but for the body's length."""
        plain, _, query_string = path.partition("?")
        headers = list(headers)
        if body:
            headers.append((b"content-length", b"%d" % len(body)))
        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
            "method": method, "scheme": "http", "path": unquote(plain), "raw_path": plain.encode(),
            "query_string": query_string.encode(), "root_path": "", "headers": headers,
            "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 8000),
        }  # fmt: skip
        status, told, parts = 0, [], []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            nonlocal status, told
            if message["type"] == "http.response.start":
                status, told = message["status"], message["headers"]
            else:
                parts.append(message.get("body", b""))

        await asyncio.sleep(0)
        started = time.perf_counter()
        await self._app(scope, receive, send)
        ms = (time.perf_counter() - started) * 1000
        return Answer(status, b"".join(parts), ms, told)


@contextlib.asynccontextmanager
async def started(dataset: datasets.Dataset, token: str, log: Path) -> AsyncIterator[Inside]:
    """The application over a dataset, with services of its own that remember nothing yet.

    It logs every request as JSON to the file `log`. Raises RuntimeError where it does not start.
    """
    inbox: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    outbox: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    with log.open("a", encoding="utf-8") as stream:
        lines = Log("json", stream)
        app = create_app(datasets.settings(dataset.database), log=lines)
        living = asyncio.ensure_future(app({"type": "lifespan"}, inbox.get, outbox.put))
        await inbox.put({"type": "lifespan.startup"})
        told = await outbox.get()
        if told["type"] != "lifespan.startup.complete":
            raise RuntimeError(f"Icefloe did not start: {told.get('message')}")
        try:
            yield Inside(app, token)
        finally:
            await inbox.put({"type": "lifespan.shutdown"})
            await living
            lines.close()


@dataclass(slots=True)
class Ticker:
    """Sleeps for a millisecond at a time, and notes how long each took: what another request waits.

    Attributes:
        longest_ms: the longest time between two of its turns, in milliseconds; some more than one
            where nothing holds the loop up.
    """

    longest_ms: float = 0.0

    async def run(self) -> None:
        """Go on until cancelled."""
        last = time.perf_counter()
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = time.perf_counter()
            self.longest_ms = max(self.longest_ms, (now - last) * 1000)
            last = now


@contextlib.asynccontextmanager
async def ticking() -> AsyncIterator[Ticker]:
    """A ticker that runs during the block, and some turns before and after it."""
    ticker = Ticker()
    task = asyncio.create_task(ticker.run())
    await asyncio.sleep(_SETTLE_SECONDS)
    ticker.longest_ms = 0.0
    try:
        yield ticker
        await asyncio.sleep(2 * _TICK_SECONDS)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def share(taken: Sequence[float], part: float) -> float:
    """The smallest value that at least `part` of all do not exceed, such as 0.5 or 0.99."""
    return sorted(taken)[math.ceil(len(taken) * part) - 1]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run on the loop that `icefloe serve` runs on."""
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


def peak_memory(process_id: int | str = "self") -> float | None:
    """The most memory that a process has had at once, in MB; None where no `/proc` tells."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process_id}/status").read_text("ascii").splitlines():
            name, _, value = line.partition(":")
            if name == "VmHWM":
                return int(value.split()[0]) * 1024 / 1e6
    return None
