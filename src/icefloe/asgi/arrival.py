"""Bodies of requests as they arrive: in time and whole, or not at all.

The HTTP server gives a body in parts, and says `http.disconnect` where the connection ended first.
Here that becomes an error, so that no reader takes the parts before it for the whole body. A body
that comes too slowly becomes one too: a client that stops half-way would hold its connection for ever.
So does one for which there is no memory, where many are under way at once.
An answer that does not need the whole body, such as to a form that cannot be read, waits for it too;
one that needs none of it, such as a 413, for as much as the client sends of its own accord.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable
from typing import Any

from icefloe.asgi.types import Asgi, Message, Receive, Scope, Send

BYTES_PER_SECOND = 16 * 1024
"""The rate that a body must keep up, once the time for its beginning is over."""

HELD_BYTES = 1024 * 1024
"""How much of one body its readers have in memory: what goes beyond they drop, or put into a file."""

READS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods whose requests are answered without looking at a body: nothing may wait for one."""
# Granian frees a body that is no longer waited for on a thread of its own. An answer that is sent
# before that leaves the connection open for ever; ours come a hundred times later than it takes.
_FORGET_SECONDS = 0.5
# Bytes and seconds for which a body that no reader wants is received before the answer, and seconds
# after which its client is taken to wait for the answer first. A connection that is closed while its
# client sends is reset, and the answer may be lost with it.
_DROP_BYTES = 16 * HELD_BYTES
_DROP_SECONDS = 5.0
_SILENT_SECONDS = 1.0


class BodyIncomplete(Exception):
    """The whole body of a request will not arrive: the request must not be carried out."""


class BodyCutShort(BodyIncomplete):
    """The connection ended before the whole body had arrived."""


class BodyTooSlow(BodyIncomplete):
    """The body did not arrive in time."""


class BodiesTooMany(BodyIncomplete):
    """The bodies that are held in memory leave no room for this one."""


class Arrivals:
    """An ASGI application whose requests receive their bodies in time and whole."""

    def __init__(self, application: Asgi, seconds: float, held_bytes: int) -> None:
        """Wrap an application.

        Args:
            application: what receives the bodies; its `receive` raises BodyIncomplete.
            seconds: how long a body may take, beside one second for each `BYTES_PER_SECOND` received.
            held_bytes: how much memory the bodies of all requests under way may take together.
        """
        self._application = application
        self._seconds = seconds
        self._memory = _Memory(held_bytes)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        """Serve one connection: a request, or the server's own start and stop."""
        # Not a coroutine of its own: each would cost every request as much as the wrapping does.
        if scope["type"] != "http" or scope["method"] in READS:
            return self._application(scope, receive, send)
        body = _Body(scope["headers"], receive, send, self._seconds, self._memory)
        return self._serve(scope, body)

    async def _serve(self, scope: Scope, body: _Body) -> None:
        try:
            await self._application(scope, body.receive, body.send)
        finally:
            body.release()


class _Memory:
    """The memory that the bodies of all requests under way take."""

    __slots__ = ("_free",)

    def __init__(self, most: int) -> None:
        self._free = most

    def take(self, count: int) -> None:
        """Take so many bytes. Raises BodiesTooMany."""
        if count > self._free:
            raise BodiesTooMany
        self._free -= count

    def give_back(self, count: int) -> None:
        """Give back so many bytes that were taken."""
        self._free += count


class _Body:
    """The body of one request on its way in."""

    __slots__ = (
        "_deadline", "_held", "_is_held_back", "_is_whole", "_memory", "_receive", "_seconds", "_send",
    )  # fmt: skip

    def __init__(
        self,
        headers: Iterable[tuple[bytes, bytes]],
        receive: Receive,
        send: Send,
        seconds: float,
        memory: _Memory,
    ) -> None:
        # Such a client sends its body only once the server has begun to read it.
        self._is_held_back = any(name == b"expect" for name, _ in headers)
        self._receive = receive
        self._send = send
        self._seconds = seconds
        self._deadline: float | None = None  # while no reader wants the body
        self._is_whole = False
        self._memory = memory
        self._held = 0

    async def receive(self) -> Message:
        """The body's next part; after the last, what the server gives. Raises BodyIncomplete."""
        if self._is_whole:
            return await self._receive()
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._seconds
            self._is_held_back = False
        message = await self._receive_before(self._deadline)
        count = len(message.get("body", b""))
        self._deadline += count / BYTES_PER_SECOND
        held = min(count, HELD_BYTES - self._held)
        try:
            self._memory.take(held)
        except BodiesTooMany:
            self._deadline = None  # no reader wants the rest
            raise
        self._held += held
        return message

    def release(self) -> None:
        """Free the memory that the body took: the request is over."""
        self._memory.give_back(self._held)
        self._held = 0

    async def send(self, message: Message) -> None:
        """Send a part of the answer; before the last part, the body has its time to end.

        If a caller still waits for the body when the answer ends, Granian never closes the connection.
        """
        if not self._is_whole and _is_last(message):
            with contextlib.suppress(BodyIncomplete):
                if self._deadline is not None:
                    while not self._is_whole:
                        await self._receive_before(self._deadline)
                elif not self._is_held_back:
                    await self._drop()
        await self._send(message)

    async def _drop(self) -> None:
        """Receive a body that no reader wants, as much as comes by itself. Raises BodyIncomplete."""
        loop = asyncio.get_running_loop()
        end, left = loop.time() + _DROP_SECONDS, _DROP_BYTES
        while left > 0 and not self._is_whole:
            message = await self._receive_before(min(end, loop.time() + _SILENT_SECONDS))
            left -= len(message.get("body", b""))

    async def _receive_before(self, deadline: float) -> Message:
        try:
            async with asyncio.timeout_at(deadline):
                message = await self._receive()
        except TimeoutError as error:
            self._is_whole = True  # nothing more is waited for
            await asyncio.sleep(_FORGET_SECONDS)
            raise BodyTooSlow from error
        self._is_whole = not message.get("more_body", False)
        if message["type"] == "http.disconnect":
            raise BodyCutShort
        return message


def _is_last(message: Message) -> bool:
    return message["type"] == "http.response.body" and not message.get("more_body", False)
