"""Clients that do what no HTTP client does: bytes on a connection, and what comes back."""

import contextlib
import resource
import socket
from collections.abc import Iterator, Mapping

import httpx

PATIENCE_SECONDS = 20.0
"""How long an attacker waits for the server: many times what it should take."""


def connect(url: str) -> socket.socket:
    """A connection to the server at a URL."""
    address = httpx.URL(url)
    return socket.create_connection((address.host, address.port or 80), PATIENCE_SECONDS)


def head(method: str, path: str, headers: Mapping[str, object]) -> bytes:
    """The head of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: x"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def read_to_end(connection: socket.socket) -> bytes:
    """What the server sends until it closes the connection. Raises TimeoutError if it does not."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def cut_short(url: str, head_and_part: bytes) -> bytes:
    """Send a part of a request, and nothing more ever; what is answered until the connection ends."""
    with connect(url) as connection:
        connection.sendall(head_and_part)
        connection.shutdown(socket.SHUT_WR)
        return read_to_end(connection)


@contextlib.contextmanager
def held(url: str, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """So many connections on which the same was sent, held open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connect(url)) for _ in range(count)]
        for connection in connections:
            connection.sendall(sent)
        yield connections


@contextlib.contextmanager
def waited_for(
    url: str, method: str, path: str, headers: Mapping[str, object]
) -> Iterator[socket.socket]:
    """A request whose head the server has judged: it waits for the body, which is not sent yet."""
    with connect(url) as connection:
        connection.sendall(head(method, path, {**headers, "Expect": "100-continue"}))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        yield connection
