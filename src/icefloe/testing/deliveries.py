"""Deliveries: what a stand-in sent to the application's webhook handlers, and what these answered."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload

from icefloe.testing import moments
from icefloe.testing.control import Control

_PAGE = 100
_MOST_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to deliver an event.

    Attributes:
        number: they count up from 1.
        at: when it was made, by the organization's clock.
        endpoint_id: of the endpoint.
        event_id: of the event; the same at each attempt, and the header `webhook-id`.
        url: where it was sent.
        type: of the event, such as `customer.created`.
        attempt: which one it is of the event's; a redelivery begins at 1 again.
        headers: as they were sent, by their names in lower case.
        body: as it was sent.
        status: of the handler's answer; None without an answer.
        answer: the beginning of the answer's text, or why there was none.
        succeeded: whether the status was 2xx.
        faults: the kinds of the faults that befell it.
        milliseconds: how long it took.
    """

    number: int
    at: datetime
    endpoint_id: str
    event_id: str
    url: str
    type: str
    attempt: int
    headers: dict[str, str]
    body: bytes
    status: int | None
    answer: str | None
    succeeded: bool
    faults: tuple[str, ...]
    milliseconds: float

    @property
    def payload(self) -> dict[str, Any]:
        """The body, read: `type`, `timestamp` and `data`, unless the endpoint's format is another."""
        read: dict[str, Any] = json.loads(self.body)
        return read

    @property
    def data(self) -> dict[str, Any]:
        """What the event tells of, as the API shows it. Raises KeyError for a format other than raw."""
        data: dict[str, Any] = self.payload["data"]
        return data

    def __str__(self) -> str:
        attempt = f" (attempt {self.attempt})" if self.attempt > 1 else ""
        faults = f" (faults: {', '.join(self.faults)})" if self.faults else ""
        said = f": {_first_line(self.answer)}" if self.answer and not self.succeeded else ""
        return f"{self.type}{attempt} → {self.status or 'no answer'}{faults}{said}"


class Deliveries(Sequence[Delivery]):
    """An organization's deliveries, oldest first: a view of the server's log, read at each use.

    The server keeps the last 1,000.
    """

    def __init__(self, control: Control) -> None:
        self._control = control

    @property
    def last(self) -> Delivery:
        """The latest. Raises IndexError where there is none."""
        return self._read()[-1]

    def find(self, *, type: str | None = None, event_id: str | None = None) -> list[Delivery]:  # noqa: A002 - the field's name
        """Those of a type of event, or of one event."""
        return [
            one
            for one in self._read()
            if type in {None, one.type} and event_id in {None, one.event_id}
        ]

    def clear(self) -> None:
        """Forget those up to now."""
        self._control.delete("deliveries")

    @overload
    def __getitem__(self, at: int) -> Delivery: ...
    @overload
    def __getitem__(self, at: slice) -> list[Delivery]: ...
    def __getitem__(self, at: int | slice) -> Delivery | list[Delivery]:
        return self._read()[at]

    def __len__(self) -> int:
        return len(self._read())

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._read())

    def __repr__(self) -> str:
        return f"<Deliveries {[str(one) for one in self._read()]}>"

    def _read(self) -> list[Delivery]:
        found: list[Delivery] = []
        after = 0
        while True:
            page = self._control.get(f"deliveries?after={after}&limit={_PAGE}")["items"]
            found += [read(one) for one in page]
            if len(page) < _PAGE:
                return found
            after = page[-1]["number"]


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}…"


def read(told: dict[str, Any]) -> Delivery:
    """A delivery, as the control API tells of it."""
    return Delivery(
        number=told["number"],
        at=moments.from_wire(told["at"]),
        endpoint_id=told["endpoint_id"],
        event_id=told["event_id"],
        url=told["url"],
        type=told["type"],
        attempt=told["attempt"],
        headers=told["headers"],
        body=told["body"].encode(),
        status=told["status"],
        answer=told["answer"],
        succeeded=told["succeeded"],
        faults=tuple(told["faults"]),
        milliseconds=told["milliseconds"],
    )
