"""A stand-in for Polar: a server of this process's own, or one that runs already."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from icefloe.testing import moments
from icefloe.testing.connection import Connection
from icefloe.testing.control import Control
from icefloe.testing.errors import NotStarted, Refused, StandInError
from icefloe.testing.organization import Organization

URL_VARIABLE = "ICEFLOE_URL"
KEY_VARIABLE = "ICEFLOE_CONTROL_KEY"

_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_LOG_LINES = 10_000
# What a developer has set for a server of his own is not for this one; all other settings are.
_NOT_INHERITED = ("CONFIG", "CONTROL_KEY", "DATABASE", "HOST", "LOG_FORMAT", "PORT", "READ_DATABASE",
                  "RATE_LIMIT", "SECRET", "SEED", "TLS", "URL", "WEBHOOK", "WORKERS")  # fmt: skip


class _Process:
    """A server's process, and what it logs, which a thread reads as it comes."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._running = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            # Ctrl-C is for the tests, which must still clean up then.
            start_new_session=True,
        )
        self._owner = os.getpid()
        self._lines: deque[str] = deque(maxlen=_LOG_LINES)
        self._url: str | None = None
        self._is_known = threading.Event()
        self._reading = threading.Thread(target=self._read, name="icefloe-log", daemon=True)
        self._reading.start()

    @property
    def log(self) -> str:
        """The last lines that it logged."""
        return "".join(self._lines)

    def await_url(self) -> str | None:
        """The URL it listens at, from its log; None if it ended before or takes too long."""
        self._is_known.wait(_START_SECONDS)
        return self._url

    def end(self, seconds: float) -> None:
        """Stop it, and kill it if that takes too long; in a fork of this process, do nothing."""
        if os.getpid() != self._owner:
            return
        self._running.terminate()
        try:
            self._running.wait(seconds)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
        self._reading.join()

    def _read(self) -> None:
        assert self._running.stderr is not None  # noqa: S101 - it was asked for
        with self._running.stderr as log:
            for read in log:
                line = read.decode("utf-8", "replace")
                self._lines.append(line)
                if self._url is None and '"listening"' in line:
                    self._url = json.loads(line)["url"]
                    self._is_known.set()
        self._is_known.set()


class Server:
    """A running stand-in, on which any number of organizations can be.

    Attributes:
        base_url: where it answers; without a path.
        control_key: the bearer of its control API.
        control: its control API, for what this class has no method for.
    """

    def __init__(self, base_url: str, control_key: str, process: _Process | None = None) -> None:
        """Of a server that runs: `start` starts one."""
        self.base_url = base_url.rstrip("/")
        self.control_key = control_key
        self._process = process
        self._connection = Connection(self.base_url)
        self.control = Control(self._connection, control_key)

    def new_organization(
        self,
        *,
        name: str = "Test",
        scopes: Sequence[str] | None = None,
        seed: int | None = None,
        now: moments.Moment | None = None,
        strict: bool = False,
        contract: str | None = None,
    ) -> Organization:
        """An organization without customers, with a token of its own.

        Args:
            name: for people.
            scopes: what its token allows; all of customers and members unless given.
            seed: with it, ids and times are the same each time, and the clock stands still between
                writes. One of a seed can be on a server at a time.
            now: where its clock begins.
            strict: whether what the reference passes over in silence is refused: an unknown
                parameter, a limit that is too high.
            contract: the version of the contract that it answers by; the newest unless given.

        Raises:
            Refused: the server does not take one of these; says which.
        """
        asked: dict[str, Any] = {"name": name, "strict": strict, "contract": contract}
        if scopes is not None:
            asked["scopes"] = list(scopes)
        if seed is not None:
            asked["seed"] = seed
        if now is not None:
            asked["now"] = moments.to_wire(now)
        try:
            made = self.control.post("organizations", asked)
        except Refused as refused:
            if seed is not None:
                refused.add_note(
                    "A seed gives one organization, which a server has once at a time."
                )
            raise
        return Organization(self.base_url, self._connection, self.control, made)

    @property
    def log(self) -> str:
        """What it has logged, a line of JSON each; empty for a server that ran already."""
        return self._process.log if self._process else ""

    def stop(self) -> None:
        """Stop a server that was started here; one that ran already runs on."""
        self._connection.close()
        if self._process is not None:
            self._process.end(_STOP_SECONDS)

    def __repr__(self) -> str:
        return f"<Server {self.base_url}>"


def start(*options: str, environment: Mapping[str, str] | None = None) -> Server:
    """Start a server on a free port, with a temporary database.

    It ends with this process, however that ends.

    Args:
        options: more of `icefloe serve`.
        environment: variables for it, over those of this process, of which it has all but
            `ICEFLOE_` ones that say where a developer's own server is.

    Raises:
        NotStarted: it did not; the message has its log.
    """
    key = secrets.token_urlsafe(24)
    command = [sys.executable, "-m", "icefloe", "serve", "--temporary", "--control", "--with-parent",
               "--port", "0", "--log-format", "json", *options]  # fmt: skip
    process = _Process(command, {**_inherited(), KEY_VARIABLE: key, **(environment or {})})
    url = process.await_url()
    if url is None:
        process.end(_STOP_SECONDS)
        said = " ".join(command[2:])
        raise NotStarted(f"`{said}` did not start a server; its log:\n{process.log}")
    return Server(url, key, process)


def connect(url: str, control_key: str) -> Server:
    """A server that runs already, with `--control`.

    Raises:
        StandInError: it does not answer, or does not take the key.
    """
    server = Server(url, control_key)
    try:
        server.control.get("organizations?limit=1")
    except Refused as refused:
        server.stop()
        raise StandInError(
            f"{url} is no stand-in that takes this control key: start it with `icefloe serve --control`"
            f" and give the key that it shows as {KEY_VARIABLE} ({refused})"
        ) from refused
    return server


@contextlib.contextmanager
def stand_in(*options: str) -> Iterator[Server]:
    """A server for as long as the block lasts: the one at ICEFLOE_URL, or one that is started.

    Args:
        options: of `icefloe serve`, for one that is started.

    Raises:
        StandInError: it cannot be started or reached; the message says why.
    """
    server = find_or_start(os.environ.get(URL_VARIABLE), *options)
    try:
        yield server
    finally:
        server.stop()


def find_or_start(url: str | None, *options: str) -> Server:
    """The server at a URL, with the key in ICEFLOE_CONTROL_KEY; without a URL, starts one.

    Raises:
        StandInError: it cannot be started or reached; the message says why.
    """
    if not url:
        return start(*options)
    key = os.environ.get(KEY_VARIABLE)
    if not key:
        raise StandInError(f"to use {url}, put the control key that it shows into {KEY_VARIABLE}")
    return connect(url, key)


_shared: Server | None = None
_sharing = threading.Lock()


def shared(url: str | None = None, *options: str) -> Server:
    """The one server of this process: found or started by the first call, as by `find_or_start`.

    `stop_shared` stops it; else it ends with the process.
    """
    global _shared  # noqa: PLW0603 - a process has one
    with _sharing:
        if _shared is None:
            _shared = find_or_start(url or os.environ.get(URL_VARIABLE), *options)
        return _shared


def stop_shared() -> None:
    """Stop the server of this process, if it has one."""
    global _shared  # noqa: PLW0603 - a process has one
    with _sharing:
        if _shared is not None:
            _shared.stop()
            _shared = None


def _inherited() -> dict[str, str]:
    """This process's environment, without the settings of a developer's own server."""
    dropped = {f"ICEFLOE_{name}" for name in _NOT_INHERITED}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "ICEFLOE_CONFIG": os.devnull}
