"""An official client at work: a program of `walks/` in the client's own environment, and its answers.

The program is started once and then told, line by line, what its user does. So a test says what it
asks for beside what it expects, and nobody waits twice for the client's import.
"""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support import Organization

WALKS = Path(__file__).with_name("walks")
_ANSWER_SECONDS = 120.0


class Raised(Exception):
    """The client raised an exception of its own.

    Attributes:
        name: of the exception's class.
        bases: the names of the client's own classes that it can be caught by as well.
        status: of the answer, where the exception knows it.
        body: of the answer, as far as the exception tells it.
    """

    def __init__(self, name: str, bases: list[str], message: str, **told: Any) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.bases = bases
        self.status: int | None = told.get("status")
        self.body: Any = told.get("body")


@dataclass(frozen=True, slots=True)
class Client:
    """An official client that runs.

    Attributes:
        name: as of its file of pins, such as `polar-sdk-1.0.2`.
        process: the program in the client's environment.
    """

    name: str
    process: subprocess.Popen[str]

    @property
    def generation(self) -> str:
        """The first number of its version: whose programs it runs."""
        return generation_of(self.name)

    def connect(
        self, organization: Organization, *, token: str | None = "", url: str = "", **options: Any
    ) -> "Connection":
        """A `Polar(…)`: with the organization's usual token, or None for none, at its server's URL."""
        shown = organization.token() if token == "" else token
        return Connection(self, {"token": shown, "url": url or organization.url, **options})

    def exchange(self, request: dict[str, Any]) -> Any:
        """Tell the program one thing to do; returns what its user saw.

        Raises:
            Raised: when the client raised.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        # Killed, it ends its output, and the line below is empty.
        too_slow = threading.Timer(_ANSWER_SECONDS, self.process.kill)
        too_slow.start()
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            too_slow.cancel()
        if not line:
            pytest.fail(f"the program of {self.name} ended early; its words are above, in stderr")
        answer = json.loads(line)
        if "raised" in answer:
            raise Raised(**answer["raised"])
        return answer["saw"]


@dataclass(frozen=True, slots=True)
class Connection:
    """A client's `Polar` object.

    Attributes:
        client: whose it is.
        options: what it was made with.
    """

    client: Client
    options: dict[str, Any]

    def do(self, act: str, **arguments: Any) -> Any:
        """What a user sees who does this; the acts are the functions of the client's program."""
        request = {"polar": self.options, "act": act, "arguments": arguments}
        return self.client.exchange(request)


@contextmanager
def run(name: str, python: Path, certificates: Path) -> Iterator[Client]:
    """Run a client's program for as long as the block lasts.

    Args:
        name: the client's.
        python: of its environment.
        certificates: the file that it reads the trusted authorities from, each time it is made.
    """
    with subprocess.Popen(
        [str(python), str(WALKS / f"generation_{generation_of(name)}.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**_environment(), "SSL_CERT_FILE": str(certificates)},
    ) as process:
        try:
            yield Client(name, process)
        finally:
            process.terminate()


def generation_of(name: str) -> str:
    """The first number of a client's version."""
    return name.rpartition("-")[2].partition(".")[0]


def _environment() -> dict[str, str]:
    """The user's environment without what would change a client's mind about where to go."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("POLAR_", "PYTHONPATH", "PYTHONHOME"))
        and not name.lower().endswith("_proxy")
    }
