"""The log: a line for each request and for each thing an operator should know.

Text for people, JSON for programs. A line never holds a token, an e-mail address or an external id:
a request is named by its route, not by what fills it. Lines are gathered and written together a few
times a second, so that a request does not wait for the terminal.
"""

import functools
import json
import sys
import threading
import time
import traceback
from collections import deque
from datetime import UTC, datetime
from typing import TextIO

_FLUSH_SECONDS = 0.1
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
        terminal = self._stream.isatty()
        self._as_text = form == "text" or (form == "auto" and terminal)
        self._colours = terminal
        self._lines: deque[str] = deque()
        self._writing = threading.Lock()
        self._closed = threading.Event()
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
                # The route is of our table, the rest HTTP's: nothing in them has to be escaped.
                f'{{"time":"{now}","event":"request","method":"{method}","route":"{route}"'
                f',"status":{status},"milliseconds":{milliseconds:.3f},"organization":{shown}}}\n'
            )
        self._lines.append(line)

    def event(self, event: str, **details: object) -> None:
        """Something an operator should know: what happened, and the details by name."""
        if self._as_text:
            shown = " ".join(f"{name}={value}" for name, value in details.items())
            self._lines.append(f"{_now()} {event} {shown}".rstrip() + "\n")
        else:
            line = {"time": _now(), "event": event, **details}
            text = json.dumps(line, default=str, separators=(",", ":"))
            self._lines.append(text + "\n")

    def failure(self, event: str, error: BaseException, **details: object) -> None:
        """An error of ours, with the places in the code it came through but no values."""
        frames = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        self.event(event, error=type(error).__name__, frames=frames, **details)

    def flush(self) -> None:
        """Write what has gathered, now."""
        with self._writing:
            self._write()

    def close(self) -> None:
        """Write what is left and stop."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(_FLUSH_SECONDS):
            self.flush()
        self.flush()

    def _write(self) -> None:
        count = len(self._lines)
        if count == 0:
            return
        try:
            self._stream.write("".join(self._lines.popleft() for _ in range(count)))
            self._stream.flush()
        except (OSError, ValueError):
            # The reader of our log has gone (a closed pipe): answering requests goes on.
            return

    def _colour_of(self, status: int) -> tuple[str, str]:
        if not self._colours:
            return "", ""
        if status < 400:  # noqa: PLR2004 - HTTP's own bounds
            return _DIM, _PLAIN
        return (_YELLOW if status < 500 else _RED), _PLAIN  # noqa: PLR2004 - HTTP's own bounds


def _now() -> str:
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds // 1_000_000:03}Z"


@functools.lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    """A second since 1970 as text; many lines are written in each."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
