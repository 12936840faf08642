"""The requests that an application sent to its stand-in, and the responses."""

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload

from icefloe.testing import moments
from icefloe.testing.control import Control

_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that the application made.

    Attributes:
        number: they count up from 1.
        at: when it came, by the organization's clock.
        method: such as `GET`.
        path: without the query.
        query: the values of each parameter, by its name, in the order they stood.
        headers: by their names in lower case; the authorization is not among them.
        body: what it sent: JSON where it is that, else text; None for nothing.
        status: of the answer; None where the connection ended without one.
        answer: what was answered: JSON where it is that, else text; None for nothing.
        faults: the kinds of the faults that befell it.
        milliseconds: how long the answer took.
    """

    number: int
    at: datetime
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any
    status: int | None
    answer: Any
    faults: tuple[str, ...]
    milliseconds: float

    def __str__(self) -> str:
        query = "&".join(f"{name}={one}" for name, values in self.query.items() for one in values)
        shown = f"{self.method} {self.path}{'?' if query else ''}{query}"
        faults = f" (faults: {', '.join(self.faults)})" if self.faults else ""
        return f"{shown} → {self.status or 'no answer'}{faults}"


class Requests(Sequence[Request]):
    """An organization's requests, oldest first: a view of the server's log, read each time it is used.

    What a test's own calls did, such as `customers.create`, is not among them. The server keeps the
    last 1,000.
    """

    def __init__(self, control: Control) -> None:
        self._control = control

    @property
    def last(self) -> Request:
        """The latest. Raises IndexError where there is none."""
        return self._read()[-1]

    def find(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
    ) -> list[Request]:
        """Those of a method, of a path or a pattern for it (`*` stands for anything), with a status."""
        return [
            one
            for one in self._read()
            if (method is None or one.method == method.upper())
            and (path is None or fnmatch.fnmatchcase(one.path, path))
            and (status is None or one.status == status)
        ]

    def clear(self) -> None:
        """Forget those up to now."""
        self._control.delete("requests")

    @overload
    def __getitem__(self, at: int) -> Request: ...
    @overload
    def __getitem__(self, at: slice) -> list[Request]: ...
    def __getitem__(self, at: int | slice) -> Request | list[Request]:
        return self._read()[at]

    def __len__(self) -> int:
        return len(self._read())

    def __iter__(self) -> Iterator[Request]:
        return iter(self._read())

    def __repr__(self) -> str:
        return f"<Requests {[str(one) for one in self._read()]}>"

    def _read(self) -> list[Request]:
        found: list[Request] = []
        after = 0
        while True:
            page = self._control.get(f"requests?after={after}&limit={_PAGE}")["items"]
            found += [_read_request(one) for one in page]
            if len(page) < _PAGE:
                return found
            after = page[-1]["number"]


def _read_request(told: dict[str, Any]) -> Request:
    query: dict[str, list[str]] = {}
    for name, value in told["query"]:
        query.setdefault(name, []).append(value)
    return Request(
        number=told["number"],
        at=moments.from_wire(told["at"]),
        method=told["method"],
        path=told["path"],
        query=query,
        headers=told["headers"],
        body=told["body"],
        status=told["status"],
        answer=told["answer"],
        faults=tuple(told["faults"]),
        milliseconds=told["milliseconds"],
    )
