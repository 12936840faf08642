"""The end of a server: asked for by a signal, and over within a bounded time.

Requests under way get `GRACE_SECONDS` to be answered. Whatever still stands in the way then, be it a
busy database, a full pipe or a blocked event loop, is cut short when `END_SECONDS` are over: process
managers kill after a while, Docker after ten seconds.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

from icefloe.serving import signals

GRACE_SECONDS = 6
"""How long a request under way may take once the server is asked to end."""
END_SECONDS = 9.5
"""How long the whole end may take."""

_CLEAN_UP_SECONDS = 0.3
_CUT_SHORT = 1  # the exit status of an end that was not clean


class Ending:
    """Sees to it that this process is gone in time, once it has begun to end."""

    def __init__(self, clean_up: Callable[[], None]) -> None:
        """Make it; nothing ends yet.

        Args:
            clean_up: called where the end is cut short, on a thread; it has a fraction of a second.
        """
        self.clean_up = clean_up
        self._begun = threading.Event()

    def begin_on_signals(self, begun: Callable[[], object]) -> None:
        """Begin to end at the first of the signals that end a server.

        The handlers are Python's own, not the event loop's: they also run while the loop is blocked
        by Python code or by a write.

        Args:
            begun: called at each signal, between two instructions of the main thread.
        """

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.begin()
            begun()

        for number in (signal.SIGINT, *signals.endings()):
            signal.signal(number, handle)

    def begin(self) -> None:
        """From now on, this process has `END_SECONDS`."""
        if not self._begun.is_set():
            self._begun.set()
            threading.Thread(target=self._cut_short, name="icefloe-ending", daemon=True).start()

    def _cut_short(self) -> None:
        threading.Event().wait(END_SECONDS)
        cleaning = threading.Thread(target=self._try_to_clean_up, daemon=True)
        cleaning.start()
        cleaning.join(_CLEAN_UP_SECONDS)
        os._exit(_CUT_SHORT)

    def _try_to_clean_up(self) -> None:
        # Signal handlers, which it restores too, can be set by the main thread alone.
        with contextlib.suppress(ValueError):
            self.clean_up()
