"""Ending the connection of a request from inside the ASGI application.

ASGI has no word for it. Two ways do it under Granian:

- An answer that is shorter than its `Content-Length` says is sent to its last byte, and then Granian
  closes the connection. That cuts an answer on every platform, over TLS as well.
- To end it without any answer, the connection's socket is looked for among the open files of this
  process, by the addresses of its two ends, and shut down. That works where `/dev/fd` lists them:
  Linux and macOS. Granian sees the client gone, and lets go of the connection itself.

Where the socket is not found (on Windows, or behind a socket that has no address), dropping raises
`ConnectionNotFound`, of which Granian makes a 500 with an empty body.
"""

from __future__ import annotations

import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from icefloe.asgi.types import Send
from icefloe.control.messages import BufferedRequest, BufferedResponse
from icefloe.domain.values.errors import IcefloeError

_OPEN_FILES = Path("/dev/fd")


class ConnectionNotFound(IcefloeError):
    """The connection's socket is not among the open files of this process."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ends.

    Attributes:
        response: the answer that is not sent whole, or None where nothing of one is sent.
        length: how many bytes of its body are sent; fewer than it has.
    """

    response: BufferedResponse | None = None
    length: int = 0


async def end(ending: Ending, request: BufferedRequest, send: Send) -> None:
    """End the connection of a request. The application has nothing more to send then, and returns.

    Args:
        ending: how.
        request: the request.
        send: the server's, to which nothing has been sent.

    Raises:
        ConnectionNotFound: nothing is sent, and the connection is still there.
    """
    if ending.response is None:
        drop(request)
    else:
        await cut(ending.response, ending.length, send)


def drop(request: BufferedRequest) -> None:
    """End the connection of a request without an answer. Raises ConnectionNotFound."""
    with _find_socket(request) as found:
        found.shutdown(socket.SHUT_RDWR)


async def cut(response: BufferedResponse, length: int, send: Send) -> None:
    """Send an answer's headers, which name its whole length, and no more than `length` bytes of it."""
    await send(
        {"type": "http.response.start", "status": response.status, "headers": response.headers}
    )
    # The answer is never said to be over: Granian sends what it has, and closes the connection.
    part = response.body[:length]
    await send({"type": "http.response.body", "body": part, "more_body": True})


def _find_socket(request: BufferedRequest) -> socket.socket:
    """Another handle on the socket of a request's connection. Raises ConnectionNotFound."""
    if request.client is None or request.server is None:
        raise ConnectionNotFound
    try:
        names = os.listdir(_OPEN_FILES)  # noqa: PTH208 - a path of a file that is open leads elsewhere
    except OSError as error:
        raise ConnectionNotFound from error
    for name in names:
        opened = _open_socket(int(name))
        if opened is not None:
            if _is_between(opened, request.client, request.server):
                return opened
            opened.close()
    raise ConnectionNotFound


def _open_socket(number: int) -> socket.socket | None:
    """Another handle on an open file that is a socket; None for any other, or one closed by now."""
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            return None
        copy = os.dup(number)
    except OSError:
        return None
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        return None


def _is_between(opened: socket.socket, client: tuple[str, int], server: tuple[str, int]) -> bool:
    """Whether a socket's far end is the client, and its near end on the server's port.

    A server that listens on every address may not say on which one the client found it.
    """
    try:
        far, near = opened.getpeername(), opened.getsockname()
    except OSError:  # it listens, or its client has gone
        return False
    if not isinstance(far, tuple) or not isinstance(near, tuple):
        return False
    return (far[0], far[1], near[1]) == (client[0], int(client[1]), int(server[1]))
