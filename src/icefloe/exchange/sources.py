"""Where an import reads from: a file; standard input, a pipe or a fifo is copied to one first."""

import contextlib
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from icefloe.domain.values.errors import ConfigurationError

STANDARD = Path("-")
"""What stands for standard input, or for standard output."""
_STANDARD_INPUT = frozenset(
    {STANDARD, Path("/dev/stdin"), Path("/dev/fd/0"), Path("/proc/self/fd/0")}
)
_CHUNK_BYTES = 1024 * 1024


@contextlib.contextmanager
def opened(name: Path) -> Iterator[Path]:
    """A file with what a source has; an import may read it several times, and in two processes.

    A source that can be read only once is copied to a temporary file, which only this user can read.

    Raises:
        ConfigurationError: there is no such source, or it cannot be read or copied.
    """
    if name not in _STANDARD_INPUT and _is_ordinary(name):
        yield name
        return
    with tempfile.NamedTemporaryFile(prefix="icefloe-import-") as copy:
        try:
            with _open(name) as source:
                shutil.copyfileobj(source, copy, _CHUNK_BYTES)
            copy.flush()
        except OSError as error:
            raise ConfigurationError(f"cannot read {name}: {error.strerror}") from error
        yield Path(copy.name)


def _is_ordinary(name: Path) -> bool:
    """Whether a source is a file on a disk. Raises ConfigurationError where it is nothing to read."""
    try:
        mode = name.stat().st_mode
    except FileNotFoundError:
        raise ConfigurationError(f"there is no file {name}") from None
    except OSError as error:
        raise ConfigurationError(f"cannot read {name}: {error.strerror}") from error
    if stat.S_ISDIR(mode):
        raise ConfigurationError(f"{name} is a folder, not a file of customers")
    return stat.S_ISREG(mode)


def _open(name: Path) -> contextlib.AbstractContextManager[BinaryIO]:
    if name in _STANDARD_INPUT:
        return contextlib.nullcontext(sys.stdin.buffer)
    return name.open("rb")
