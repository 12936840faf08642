"""A listener to an organization's stream of webhooks, as the reference's command line tool is one."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx

from support import PATIENCE


class Stream:
    """An open stream, read event by event.

    Attributes:
        answer: its head.
        connected: its first event.
    """

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()
        self.connected = self.next()

    def next_line(self) -> str:
        """The next line that is not empty. Raises StopIteration at the end."""
        return next(line for line in self._lines if line)

    def next(self) -> Any:
        """The next event."""
        while not (line := self.next_line()).startswith("data: "):
            assert line.startswith(":"), line
        return json.loads(line.removeprefix("data: "))

    def next_type(self) -> str:
        """The type of the next webhook."""
        kind: str = json.loads(self.next()["payload"]["payload"])["type"]
        return kind

    def is_over(self) -> bool:
        """Wait until the server has ended it, in good form; whether nothing came before that."""
        return not any(line for line in self._lines if not line.startswith(":"))


@contextlib.contextmanager
def listening(url: str, organization_id: UUID | str, token: str) -> Iterator[Stream]:
    """A stream on a connection of its own."""
    transport = httpx.HTTPTransport(verify=False)
    with (
        httpx.Client(transport=transport, timeout=PATIENCE) as client,
        client.stream(
            "GET",
            f"{url}/v1/cli/listen/{organization_id}",
            headers={"Authorization": f"Bearer {token}"},
        ) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        yield Stream(answer)
