"""The log of an organization's last requests and their responses."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from icefloe.api.schemas.problems import encodable
from icefloe.control.bounded_log import BoundedLog
from icefloe.control.messages import BufferedRequest, BufferedResponse

# Bytes of a body; the rest is left out.
MAX_BODY_BYTES = 64 * 1024
# Secrets are left out of the log.
_HIDDEN = frozenset({b"authorization", b"cookie"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer.

    Attributes:
        number: counts an organization's requests from 1.
        at: when it came, by the organization's clock.
        request: the request, without what would let others in.
        response: the answer, or None where the connection was ended without one.
        faults: the kinds of the faults that had a part in it.
        milliseconds: how long it took, by the real time.
    """

    number: int
    at: datetime
    request: BufferedRequest
    response: BufferedResponse | None
    faults: tuple[str, ...]
    milliseconds: float

    @property
    def weight(self) -> int:
        """About how many bytes it takes: headers may be as long as a body."""
        request, response = self.request, self.response
        count = len(request.path) + len(request.query_string) + len(request.body)
        count += sum(len(name) + len(value) for name, value in request.headers)
        return count + (0 if response is None else len(response.body))

    def render(self) -> dict[str, Any]:
        """It as the control API shows it."""
        request, response = self.request, self.response
        return {
            "number": self.number,
            "at": self.at,
            "method": request.method,
            "path": request.path,
            "query": parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True),
            "headers": {
                name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers
            },
            "body": _shown(request.body),
            "status": None if response is None else response.status,
            "answer": None if response is None else _shown(response.body),
            "faults": list(self.faults),
            "milliseconds": round(self.milliseconds, 3),
        }


class RequestLog(BoundedLog[Exchange]):
    """The last requests of an organization, oldest first."""

    def note(
        self,
        at: datetime,
        request: BufferedRequest,
        response: BufferedResponse | None,
        *,
        faults: tuple[str, ...],
        milliseconds: float,
    ) -> None:
        """Log a request and its response."""
        kept, cut = _kept(request), _cut(response)
        self.append(lambda number: Exchange(number, at, kept, cut, faults, milliseconds))


def _kept(request: BufferedRequest) -> BufferedRequest:
    headers = [(name, value) for name, value in request.headers if name not in _HIDDEN]
    return BufferedRequest(
        request.method,
        request.path,
        request.query_string,
        headers,
        request.body[:MAX_BODY_BYTES],
        request.client,
        request.server,
    )


def _cut(response: BufferedResponse | None) -> BufferedResponse | None:
    if response is None:
        return None
    return BufferedResponse(response.status, response.headers, response.body[:MAX_BODY_BYTES])


def _shown(body: bytes) -> Any:
    """A body, as JSON where it is JSON, as text where it is not, and None where there is none."""
    if not body:
        return None
    try:
        return encodable(json.loads(body))
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
