"""HTTP messages with their whole body: a request on its way to the API, a response on its way back."""

from collections.abc import Iterable
from dataclasses import dataclass

from icefloe.api.messages import HeaderList


@dataclass(slots=True)
class BufferedRequest:
    """A request with its whole body.

    Attributes:
        method: in upper case.
        path: decoded.
        query_string: as it came.
        headers: with lower-case names.
        body: all of it.
        client: address and port of the connection's other end, where the server knows them.
        server: those of its near end.
    """

    method: str
    path: str
    query_string: bytes
    headers: HeaderList
    body: bytes
    client: tuple[str, int] | None
    server: tuple[str, int] | None

    def header(self, name: bytes) -> bytes | None:
        """The first header of a name; None without one."""
        return find_header(self.headers, name)


@dataclass(slots=True)
class BufferedResponse:
    """A response with its whole body.

    Attributes:
        status: the HTTP status.
        headers: with lower-case names.
        body: all of it.
    """

    status: int
    headers: HeaderList
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        """The first header of a name; None without one."""
        return find_header(self.headers, name)


def find_header(headers: HeaderList, name: bytes) -> bytes | None:
    """The first header of a name; None without one."""
    return next((value for other, value in headers if other == name), None)


def without(headers: HeaderList, names: Iterable[bytes]) -> HeaderList:
    """The headers without those of these names."""
    left_out = frozenset(names)
    return [(name, value) for name, value in headers if name not in left_out]


def replace_header(headers: HeaderList, name: bytes, value: bytes) -> HeaderList:
    """The headers with one value for a name: in the place of the first such header, or at the end."""
    at = next((at for at, (other, _) in enumerate(headers) if other == name), len(headers))
    replaced = without(headers, [name])
    replaced.insert(at, (name, value))
    return replaced


def with_body(response: BufferedResponse, body: bytes) -> BufferedResponse:
    """The response with another body, and a `Content-Length` to match."""
    headers = replace_header(response.headers, b"content-length", b"%d" % len(body))
    return BufferedResponse(response.status, headers, body)
