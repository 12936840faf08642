"""What ends a server from outside, besides Ctrl-C."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

_PAUSE_SECONDS = 0.5
Handler = Callable[[int, FrameType | None], object]


def endings() -> list[int]:
    """The signals that end this process: SIGTERM, and SIGHUP when its terminal is closed.

    A parent that wants it to outlive the terminal (`nohup`) has SIGHUP ignored.
    """
    found: list[int] = [signal.SIGTERM]
    hang_up = getattr(signal, "SIGHUP", None)  # Windows has none
    if hang_up is not None and signal.getsignal(hang_up) != signal.SIG_IGN:
        found.append(hang_up)
    return found


def clean_up_early(cleanup: contextlib.ExitStack) -> None:
    """Clean up if a signal arrives before the server runs; then the signal ends the process.

    A running server has a handler of its own.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        cleanup.close()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    for number in endings():
        cleanup.callback(signal.signal, number, signal.signal(number, end))


def end_with_parent(begin: Callable[[], object] | None = None) -> None:
    """Have this process end as SIGTERM ends it once the process that started it has gone.

    A parent that was killed can end no child itself.

    Args:
        begin: called before the signal, on a thread, where no handler of the signal bounds the end.
    """
    threading.Thread(target=_end_with, args=(os.getppid(), begin), daemon=True).start()


def _end_with(parent: int, begin: Callable[[], object] | None) -> None:
    while os.getppid() == parent:
        time.sleep(_PAUSE_SECONDS)
    if begin is not None:
        begin()
    os.kill(os.getpid(), signal.SIGTERM)


def tell_of_end(begun: Callable[[], object]) -> None:
    """Have the handlers of the signals that end this process call `begun` first.

    Must be called on the main thread, once there are handlers: a signal without one is left as it is.
    """
    for number in (signal.SIGINT, *endings()):
        handler = signal.getsignal(number)
        if callable(handler):
            signal.signal(number, _preceded(begun, handler))


def _preceded(begun: Callable[[], object], handler: Handler) -> Handler:
    def handle(number: int, frame: FrameType | None) -> None:
        begun()
        handler(number, frame)

    return handle


def forget_handlers() -> None:
    """Let a signal end a worker that is still starting.

    It inherits the handlers of its parent, which would swallow the signal, and be waited for in vain.
    """
    for number in (signal.SIGINT, *endings()):
        signal.signal(number, signal.SIG_DFL)
