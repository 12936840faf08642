"""Reading a file of customers in a process of its own, ahead of the import that keeps them.

To read a customer, check it and make its rows takes nearly as long as to keep it; a second process
does the one while the first does the other. It is this module, run as a program: standard input says
what to read, and what has been made ready goes to standard output, a batch at a time. A batch that
nobody takes yet keeps it waiting, so that neither side's memory grows.
"""

import gc
import marshal
import pickle
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from icefloe.domain.imports import NotReady, Ready, make_ready
from icefloe.domain.ports.storage import Derive
from icefloe.domain.values.clock import Clock
from icefloe.exchange.files import CustomerFile, Interrupted
from icefloe.exchange.mappings import Choices

# A process takes a third of a second to start: that of some ten thousand customers.
_MIN_BYTES = 8 * 1024 * 1024
_LENGTH = struct.Struct("<Q")


class ReadAhead:
    """A file of customers that another process reads."""

    def __init__(
        self,
        path: Path,
        organization_id: UUID,
        on_progress: Callable[[int], None] | None = None,
        choices: Choices | None = None,
    ) -> None:
        """Name a file.

        Args:
            path: the file.
            organization_id: whose customers they become.
            on_progress: called now and then with the number of bytes read so far.
            choices: what a person says about the file.
        """
        self.path = path
        self._choices = choices or Choices()
        self._organization_id = organization_id
        self._on_progress = on_progress or (lambda _: None)
        self._interrupted = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_worthwhile(self) -> bool:
        """Whether the file is so large that a second process is of use."""
        return self.path.stat().st_size >= _MIN_BYTES

    def interrupt(self) -> None:
        """Make the reading end with `Interrupted`; may be called from another thread."""
        self._interrupted.set()
        if self._process is not None:
            self._process.kill()

    def read(self, derive: Derive) -> Generator[Ready, None, None]:
        """What the file has, made ready. Raises NotReady where the other process cannot go on."""
        # -P: no module of the working folder is taken for one of Python's.
        program = [sys.executable, "-P", "-m", __spec__.name]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        try:
            # Open here too, as a file is that somebody reads.
            with (
                self.path.open("rb"),
                subprocess.Popen(  # noqa: S603 - this program itself
                    program, stdin=pipe, stdout=pipe, stderr=nowhere
                ) as process,
            ):
                self._process = process
                try:
                    yield from self._receive(process, derive)
                finally:
                    process.kill()
        except OSError as error:
            raise NotReady from error

    def _receive(
        self, process: "subprocess.Popen[bytes]", derive: Derive
    ) -> Generator[Ready, None, None]:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        with process.stdin as told:
            pickle.dump((self.path, self._choices, self._organization_id, derive), told)
        while message := _receive(process.stdout):
            if self._interrupted.is_set():
                raise Interrupted
            position, *batch = marshal.loads(message)  # noqa: S302 - our own process wrote it
            self._on_progress(position)
            yield Ready(*batch)
        if self._interrupted.is_set():
            raise Interrupted
        if message is None:
            raise NotReady


def _receive(stream: IO[bytes]) -> bytes | None:
    """The next message; an empty one is the last, and None says that the last is missing."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = stream.read(length)
    return message if len(message) == length else None


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def _main() -> None:
    """Read the file that standard input names, and write it to standard output, made ready."""
    # Ctrl-C is for the import, which ends this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    task: Any = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own process wrote it
    path, choices, organization_id, derive = task
    position = 0

    def note(done: int) -> None:
        nonlocal position
        position = done

    gc.freeze()  # as the import itself does
    file = CustomerFile(path, note, choices)
    for batch in make_ready(file, organization_id, Clock(), derive):
        _send(sys.stdout.buffer, marshal.dumps((position, *batch)))
    _send(sys.stdout.buffer, b"")


if __name__ == "__main__":
    _main()
