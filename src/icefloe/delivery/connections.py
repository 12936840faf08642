"""Connections to endpoints' servers: HTTP/1.1 by h11, over asyncio's streams.

An HTTP client would do the same for ten times the processor's time (docs/decisions/0019-webhooks.md).
Connections stay open for a moment: between two events of a busy endpoint.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import ssl
from collections.abc import Iterable
from typing import cast
from urllib.parse import SplitResult, unquote, urlsplit

import certifi
import h11

from icefloe.delivery import guard
from icefloe.delivery.answers import MOST_BYTES, Answer

_STEP_SECONDS = 10.0
"""How long connecting, a write and a read may take, each, as in the reference."""
# Seconds that an address may take to be connected to, where there is another to try.
_ADDRESS_SECONDS = 3.0
# Seconds that an idle connection stays open: less than the shortest that usual servers allow, which
# would close it just as it is used again.
_IDLE_SECONDS = 1.0
# Bytes of an answer's head, as httpx allows.
_HEAD_BYTES = 100 * 1024
_READ_BYTES = 64 * 1024
# How many interim answers (1xx) may come before the answer.
_MOST_INTERIM = 16
_PORTS = {"http": 80, "https": 443}

# The scheme, host and port of a server.
_Place = tuple[str, str, int]


class NoAnswer(Exception):
    """There was no whole answer; the message says why, in the words of httpx."""


class Connections:
    """The open connections; belongs to one event loop."""

    def __init__(self, *, public_only: bool) -> None:
        """Begin without any.

        Args:
            public_only: whether servers without a public address are refused.
        """
        self._public_only = public_only
        self._idle: dict[_Place, list[_Connection]] = {}
        self._tls: ssl.SSLContext | None = None

    async def post(self, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> Answer:
        """Send a request; returns the answer, with the beginning of its body.

        Args:
            url: where it goes.
            headers: names and values, beside those that HTTP itself needs.
            body: its body.

        Raises:
            TimeoutError: a step took longer than ten seconds.
            NoAnswer: it ended in another way.
        """
        target = _find_target(url)
        try:
            head = target.head(headers, len(body))
        except (h11.LocalProtocolError, UnicodeError) as error:
            raise NoAnswer(f"Invalid URL: {error}") from error
        connection = self._take(target.place) or await self._connect(target)
        try:
            answer = await connection.exchange(head, body)
        except BaseException:
            connection.close()
            raise
        self._put(target.place, connection)
        return answer

    def close(self) -> None:
        """Close the idle ones; those in use are closed by whoever cuts their use short."""
        for place, connections in list(self._idle.items()):
            for connection in list(connections):
                self._drop(place, connection)

    async def _connect(self, target: _Target) -> _Connection:
        tls = await self._find_tls() if target.is_encrypted else None
        try:
            async with asyncio.timeout(_STEP_SECONDS):
                addresses = await guard.resolve(
                    target.host, target.port, public_only=self._public_only
                )
                return await _connect(addresses, target, tls)
        except guard.Refused as error:
            raise NoAnswer(str(error)) from None
        except UnicodeError as error:  # a name with an empty or a too long label
            raise NoAnswer(f"Invalid URL: {error}") from error
        except OSError as error:  # TimeoutError is one of these, and stays what it is
            if isinstance(error, TimeoutError):
                raise
            raise NoAnswer(str(error)) from error

    async def _find_tls(self) -> ssl.SSLContext:
        """How servers prove who they are."""
        if self._tls is None:
            # To read them takes some ten milliseconds.
            self._tls = await asyncio.to_thread(_make_tls)
        return self._tls

    def _take(self, place: _Place) -> _Connection | None:
        """An idle connection that its server has not closed; None if there is none."""
        while place in self._idle:
            connection = self._idle[place][-1]
            self._remove(place, connection)
            if connection.is_usable:
                return connection
            connection.close()
        return None

    def _put(self, place: _Place, connection: _Connection) -> None:
        if not connection.is_usable:
            connection.close()
            return
        self._idle.setdefault(place, []).append(connection)
        connection.end = asyncio.get_running_loop().call_later(
            _IDLE_SECONDS, self._drop, place, connection
        )

    def _drop(self, place: _Place, connection: _Connection) -> None:
        self._remove(place, connection)
        connection.close()

    def _remove(self, place: _Place, connection: _Connection) -> None:
        """Take a connection out of the idle ones."""
        connections = self._idle[place]
        connections.remove(connection)
        if not connections:
            del self._idle[place]
        if connection.end is not None:
            connection.end.cancel()


def _make_tls() -> ssl.SSLContext:
    """Trusts the authorities of this machine and those of certifi: some machines have none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


async def _connect(
    addresses: list[str], target: _Target, tls: ssl.SSLContext | None
) -> _Connection:
    """A connection to the first address that takes one. Raises OSError, NoAnswer."""
    for at, address in enumerate(addresses, start=1):
        try:
            async with asyncio.timeout(_ADDRESS_SECONDS if at < len(addresses) else None):
                reader, writer = await asyncio.open_connection(
                    address,
                    target.port,
                    ssl=tls,
                    # The name, not the address: certificates are for names.
                    server_hostname=target.host if tls else None,
                )
        except ssl.SSLError:
            raise
        except OSError:
            continue
        return _Connection(reader, writer)
    raise NoAnswer("All connection attempts failed")


class _Connection:
    """A connection, which carries one exchange after another.

    Attributes:
        end: closes it while it is idle.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
        self.end: asyncio.TimerHandle | None = None

    @property
    def is_usable(self) -> bool:
        """Whether it can carry another exchange: unless its server has closed it, or will."""
        return self._protocol.our_state is h11.IDLE and not self._reader.at_eof()

    async def exchange(self, head: h11.Request, body: bytes) -> Answer:
        """Send a request and read its answer. Raises TimeoutError, NoAnswer."""
        try:
            self._writer.write(
                self._send(head) + self._send(h11.Data(body)) + self._send(h11.EndOfMessage())
            )
            async with asyncio.timeout(_STEP_SECONDS):
                await self._writer.drain()
            return await self._read_answer()
        except TimeoutError:
            raise
        except OSError as error:
            raise NoAnswer("") from error
        except h11.RemoteProtocolError as error:
            raise NoAnswer(str(error)) from error

    def close(self) -> None:
        """Close it at once, whatever is under way."""
        self._writer.transport.abort()

    def _send(self, event: h11.Event) -> bytes:
        return self._protocol.send(event) or b""

    async def _read_answer(self) -> Answer:
        head = await self._read_head()
        parts: list[bytes] = []
        size = 0
        while size < MOST_BYTES:
            event = await self._read_event()
            if isinstance(event, h11.EndOfMessage):
                break
            if isinstance(event, h11.Data):
                parts.append(bytes(event.data))
                size += len(event.data)
        if self._protocol.their_state is h11.DONE and self._protocol.our_state is h11.DONE:
            self._protocol.start_next_cycle()
        return Answer(
            status=head.status_code,
            reason=head.reason.decode("ascii", errors="ignore"),
            headers={name.decode("ascii"): value.decode("latin-1") for name, value in head.headers},
            body=b"".join(parts),
        )

    async def _read_head(self) -> h11.Response:
        for _ in range(_MOST_INTERIM):
            event = await self._read_event()
            if isinstance(event, h11.Response):
                return event
        raise NoAnswer("too many interim answers")

    async def _read_event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            event = self._protocol.next_event()
            if event is not h11.NEED_DATA:
                return cast("h11.Event | type[h11.PAUSED]", event)
            async with asyncio.timeout(_STEP_SECONDS):
                data = await self._reader.read(_READ_BYTES)
            if not data and self._protocol.their_state is h11.SEND_RESPONSE:
                raise NoAnswer("Server disconnected without sending a response.")
            self._protocol.receive_data(data)


class _Target:
    """What a URL names: a server, and a resource there."""

    def __init__(self, url: SplitResult) -> None:
        """Take a URL apart. Raises ValueError if it is none of HTTP."""
        if url.scheme not in _PORTS or not url.hostname:
            raise ValueError("it is no URL of HTTP")
        self.is_encrypted = url.scheme == "https"
        self.host = url.hostname
        self.port = url.port or _PORTS[url.scheme]
        self.place: _Place = (url.scheme, self.host, self.port)
        self._resource = (url.path or "/") + (f"?{url.query}" if url.query else "")
        self._server = url.netloc.rpartition("@")[2]
        self._credentials = _credentials(url)

    def head(self, headers: Iterable[tuple[str, str]], length: int) -> h11.Request:
        """The head of a request whose body has so many bytes."""
        return h11.Request(
            method="POST",
            target=self._resource,
            headers=[
                ("Host", self._server),
                ("Accept", "*/*"),
                ("Accept-Encoding", "gzip, deflate"),
                ("Connection", "keep-alive"),
                *headers,
                ("Content-Length", str(length)),
                *self._credentials,
            ],
        )


@functools.lru_cache(maxsize=256)
def _find_target(url: str) -> _Target:
    """What a URL names. Raises NoAnswer."""
    try:
        return _Target(urlsplit(url))
    except ValueError as error:
        raise NoAnswer(f"Invalid URL: {error}") from error


def _credentials(url: SplitResult) -> list[tuple[str, str]]:
    """The header by which the user and the password in a URL are shown, if it has any."""
    if url.username is None and url.password is None:
        return []
    shown = f"{unquote(url.username or '')}:{unquote(url.password or '')}"
    return [("Authorization", "Basic " + base64.b64encode(shown.encode()).decode())]
