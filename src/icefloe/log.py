"""The log: a line for each request and for each thing an operator should know.

Text for people, JSON for programs. A line never holds a token, an e-mail address or an external id:
a request is named by its route, not by what fills it. Lines are gathered and a thread writes them a few
times a second, so that a request never waits for the terminal, or for a pipe whose reader is stuck.
Where the stream takes none for long, a bounded number waits; further ones are dropped and counted.
"""

import functools
import json
import os
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

MAX_WAITING = 50_000
"""How many lines wait at most for the stream to take them: about 10 MB, two seconds at full speed."""
CLOSE_SECONDS = 1.0
"""How long the last lines may take to be written."""

_PAUSE_SECONDS = 0.1
_DIM, _RED, _YELLOW, _PLAIN = "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[0m"


class Log:
    """Writes lines to a stream; safe to use from any thread."""

    def __init__(self, form: str, stream: TextIO | None = None) -> None:
        """Begin a log.

        Args:
            form: `text`, `json`, or `auto`: text on a terminal and JSON elsewhere.
            stream: where lines go; standard error unless given.
        """
        self._stream = stream or sys.stderr
        self._file = _find_file(self._stream)
        terminal = self._stream.isatty()
        self._as_text = form == "text" or (form == "auto" and terminal)
        self._colours = terminal
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._counting = threading.Lock()
        self._flushing: deque[threading.Event] = deque()
        self._wake = threading.Event()
        self._closed = False
        # A daemon: a write that never ends must not keep the process.
        self._thread = threading.Thread(target=self._run, name="icefloe-log", daemon=True)
        self._thread.start()

    def request(
        self, method: str, route: str, status: int, milliseconds: float, organization: str | None
    ) -> None:
        """A request that was answered.

        Args:
            method: its method.
            route: the path of its route, such as `/v1/customers/{id}`.
            status: the answer's status.
            milliseconds: how long it took.
            organization: the id of the organization it was made for, if any.
        """
        now = _now()
        if self._as_text:
            colour, plain = self._colour_of(status)
            line = (
                f"{now} {colour}{status}{plain} {method:<6} {route} {milliseconds:.1f} ms"
                f" {organization or '-'}\n"
            )
        else:
            shown = "null" if organization is None else f'"{organization}"'
            line = (
                # The route is of our table, the rest HTTP's: nothing in them needs escaping.
                f'{{"time":"{now}","event":"request","method":"{method}","route":"{route}"'
                f',"status":{status},"milliseconds":{milliseconds:.3f},"organization":{shown}}}\n'
            )
        self._add(line)

    def event(self, event: str, **details: object) -> None:
        """Something an operator should know: what happened, and the details by name."""
        self._add(self._line_of(event, details))

    def failure(self, event: str, error: BaseException, **details: object) -> None:
        """An error of ours, with the places in the code it came through but no values."""
        frames = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        self.event(event, error=type(error).__name__, frames=frames, **details)

    def flush(self) -> None:
        """Wait until what has gathered is written, for `CLOSE_SECONDS` at most."""
        written = threading.Event()
        self._flushing.append(written)
        self._wake.set()
        written.wait(CLOSE_SECONDS)

    def close(self) -> None:
        """Write what is left, for `CLOSE_SECONDS` at most, and stop."""
        self._closed = True
        self._wake.set()
        self._thread.join(CLOSE_SECONDS)

    def _add(self, line: str) -> None:
        if len(self._lines) < MAX_WAITING:
            self._lines.append(line)
        else:
            self._drop(1)

    def _drop(self, count: int) -> None:
        with self._counting:
            self._dropped += count

    def _line_of(self, event: str, details: Mapping[str, object]) -> str:
        if self._as_text:
            shown = " ".join(f"{name}={value}" for name, value in details.items())
            return f"{_now()} {event} {shown}".rstrip() + "\n"
        line = {"time": _now(), "event": event, **details}
        return json.dumps(line, default=str, separators=(",", ":")) + "\n"

    def _run(self) -> None:
        is_last = False
        while not is_last:
            self._wake.wait(_PAUSE_SECONDS)
            self._wake.clear()
            is_last = self._closed
            flushing = [self._flushing.popleft() for _ in range(len(self._flushing))]
            self._write_waiting()
            for written in flushing:
                written.set()

    def _write_waiting(self) -> None:
        """Write the lines that wait, and how many were dropped after them."""
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        with self._counting:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            lines.append(self._line_of("log lines dropped", {"count": dropped}))
        if not lines:
            return
        try:
            self._write("".join(lines))
        except (OSError, ValueError):
            # The stream's reader has gone, or its disk is full: answering requests goes on.
            self._drop(dropped + len(lines) - bool(dropped))

    def _write(self, text: str) -> None:
        """Write text to its end. Raises OSError, or ValueError where the stream has been closed."""
        if self._file is None:
            self._stream.write(text)
            self._stream.flush()
            return
        # Past Python's own buffer, whose lock the interpreter would wait for when it ends.
        left = memoryview(text.encode("utf-8", "backslashreplace"))
        while left:
            try:
                left = left[os.write(self._file, left) :]
            except BlockingIOError:  # another process set the stream so
                time.sleep(_PAUSE_SECONDS)

    def _colour_of(self, status: int) -> tuple[str, str]:
        if not self._colours:
            return "", ""
        if status < 400:  # noqa: PLR2004 - HTTP's own bounds
            return _DIM, _PLAIN
        return (_YELLOW if status < 500 else _RED), _PLAIN  # noqa: PLR2004 - HTTP's own bounds


def _find_file(stream: TextIO) -> int | None:
    """The number of the open file behind a stream; None where there is none."""
    try:
        return stream.fileno()
    except (OSError, ValueError):
        return None


def _now() -> str:
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds // 1_000_000:03}Z"


@functools.lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    """A second since 1970 as text; many lines are written in each."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
