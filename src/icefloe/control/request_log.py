"""What was asked in an organization's name and what was answered: the last requests."""

import json
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from icefloe.api.schemas.problems import encodable
from icefloe.control.messages import Answered, Asked

MAX_KEPT = 1_000
# Of a body; the rest of a longer one is left out.
MAX_BODY_BYTES = 64 * 1024
# Of all that is kept of an organization; the oldest requests go first.
MAX_BYTES = 8 * 1024 * 1024
# A token is never kept, not even here.
_HIDDEN = frozenset({b"authorization", b"cookie"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer.

    Attributes:
        number: counts an organization's requests from 1.
        at: when it came, by the organization's clock.
        asked: the request, without what would let others in.
        answered: the answer, or None where the connection was ended without one.
        faults: the kinds of the faults that had a part in it.
        milliseconds: how long it took, by the real time.
    """

    number: int
    at: datetime
    asked: Asked
    answered: Answered | None
    faults: tuple[str, ...]
    milliseconds: float

    @property
    def weight(self) -> int:
        """How many bytes it has, about: a client may send as much in headers as in a body."""
        asked, answered = self.asked, self.answered
        count = len(asked.path) + len(asked.query_string) + len(asked.body)
        count += sum(len(name) + len(value) for name, value in asked.headers)
        return count + (0 if answered is None else len(answered.body))

    def render(self) -> dict[str, Any]:
        """It as the control API shows it."""
        asked, answered = self.asked, self.answered
        return {
            "number": self.number,
            "at": self.at,
            "method": asked.method,
            "path": asked.path,
            "query": parse_qsl(asked.query_string.decode("latin-1"), keep_blank_values=True),
            "headers": {
                name.decode("latin-1"): value.decode("latin-1") for name, value in asked.headers
            },
            "body": _shown(asked.body),
            "status": None if answered is None else answered.status,
            "answer": None if answered is None else _shown(answered.body),
            "faults": list(self.faults),
            "milliseconds": round(self.milliseconds, 3),
        }


class RequestLog:
    """The last requests of an organization, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Exchange] = deque(maxlen=MAX_KEPT)
        self._bytes = 0
        self._last = 0

    @property
    def last(self) -> int:
        """The number of the newest request there has been; 0 where there was none."""
        return self._last

    def note(
        self,
        at: datetime,
        asked: Asked,
        answered: Answered | None,
        *,
        faults: tuple[str, ...],
        milliseconds: float,
    ) -> None:
        """Keep a request and its answer."""
        self._last += 1
        exchange = Exchange(self._last, at, _kept(asked), _cut(answered), faults, milliseconds)
        if len(self._kept) == MAX_KEPT:
            self._bytes -= self._kept[0].weight
        self._kept.append(exchange)
        self._bytes += exchange.weight
        while self._bytes > MAX_BYTES:
            self._bytes -= self._kept.popleft().weight

    def find(self, after: int, limit: int) -> list[Exchange]:
        """The oldest `limit` requests behind a number."""
        return [exchange for exchange in self._kept if exchange.number > after][:limit]

    def clear(self) -> None:
        """Forget them; numbers go on."""
        self._kept.clear()
        self._bytes = 0


def _kept(asked: Asked) -> Asked:
    headers = [(name, value) for name, value in asked.headers if name not in _HIDDEN]
    return Asked(
        asked.method,
        asked.path,
        asked.query_string,
        headers,
        asked.body[:MAX_BODY_BYTES],
        asked.client,
        asked.server,
    )


def _cut(answered: Answered | None) -> Answered | None:
    if answered is None:
        return None
    return Answered(answered.status, answered.headers, answered.body[:MAX_BODY_BYTES])


def _shown(body: bytes) -> Any:
    """A body, as JSON where it is JSON, as text where it is not, and None where there is none."""
    if not body:
        return None
    try:
        return encodable(json.loads(body))
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
