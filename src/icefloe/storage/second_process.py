"""Reading a file of customers in a second process, ahead of the transaction that inserts them.

To read a customer, check it and make its rows takes as long as to insert them: one process does the
first while the other does the second. The second process is this module, run as a program. Its
standard input says what to read; the rows go to standard output, a batch at a time. It waits while a
batch is not taken, so that neither side's memory grows.
"""

import gc
import marshal
import pickle
import signal
import struct
import subprocess
import sys
from collections.abc import Generator
from typing import IO, Any

from icefloe.domain.ports.storage import LargeFile, NotLoaded
from icefloe.storage import new_rows
from icefloe.storage.new_rows import NewRows, ReadBatches

_LENGTH = struct.Struct("<Q")


def read(read_batches: ReadBatches, file: LargeFile) -> Generator[NewRows, None, None]:
    """The rows of the customers that `read_batches` reads from `file`, made in a second process.

    Raises:
        NotLoaded: the second process ended early, for whatever reason.
    """
    # -P: no module of the working folder is taken for one of Python's.
    program = [sys.executable, "-P", "-m", __spec__.name]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    try:
        with subprocess.Popen(  # noqa: S603 - this program itself
            program, stdin=pipe, stdout=pipe, stderr=nowhere
        ) as process:
            try:
                yield from _receive_all(process, read_batches, file)
            finally:
                process.kill()
    except OSError as error:
        raise NotLoaded from error


def _receive_all(
    process: "subprocess.Popen[bytes]", read_batches: ReadBatches, file: LargeFile
) -> Generator[NewRows, None, None]:
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    with process.stdin as task:
        pickle.dump((read_batches, file), task)
    while message := _receive(process.stdout):
        position, *rows = marshal.loads(message)  # noqa: S302 - our own process wrote it
        file.advance(position)
        yield NewRows(*rows)
    if message is None:
        raise NotLoaded


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
    """Read the file that standard input names, and write its customers' rows to standard output."""
    # Ctrl-C is for the import, which ends this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Pickled together, so that `read_batches` reads this very file.
    task: Any = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own process wrote it
    read_batches, file = task
    gc.freeze()  # as the import itself does
    for batch in read_batches():
        _send(sys.stdout.buffer, marshal.dumps((file.position, *new_rows.rows_of(batch))))
    _send(sys.stdout.buffer, b"")


if __name__ == "__main__":
    _main()
