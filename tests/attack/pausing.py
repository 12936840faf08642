"""How long one request keeps the event loop from all others, in processor time.

The application runs in the test's own process: what other programs on the machine do is not counted.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from icefloe.asgi.types import Asgi

_PART = 64 * 1024  # bytes that a server reads at once


@dataclass(frozen=True, slots=True)
class Answer:
    """What an application answers, and what that cost.

    Attributes:
        status: of the answer.
        headers: with lower-case names.
        body: all of it.
        pause: the longest time, in seconds of this thread's processor, between two turns of others.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    pause: float


async def ask(
    application: Asgi, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> Answer:
    """Ask an application as a server does that has received the whole request."""
    path, _, query = path.partition("?")
    named = {**headers, "host": "testserver", "content-length": str(len(body))}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    parts = [body[at : at + _PART] for at in range(0, len(body), _PART)] or [b""]
    answer: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)  # as one that waits for the network
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Any) -> None:
        answer.append(message)

    ticker = asyncio.create_task(_longest_pause())
    await asyncio.sleep(0)
    await application(scope, receive, send)
    await asyncio.sleep(0)
    ticker.cancel()
    start = answer[0]
    whole = b"".join(message.get("body", b"") for message in answer[1:])
    return Answer(start["status"], list(start["headers"]), whole, await ticker)


async def _longest_pause() -> float:
    """The longest time between two turns of the event loop, until it is cancelled."""
    longest, last = 0.0, time.thread_time()
    while True:
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            return longest
        now = time.thread_time()
        longest, last = max(longest, now - last), now
