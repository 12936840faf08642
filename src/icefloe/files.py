"""Files that appear whole: written beside their place, synced to disk, then renamed into it.

A process that is killed half-way leaves what was there before, and at most a hidden file beside it
whose name ends in `.part`. Only this user may read what is written (mode 0600), unless a caller
says otherwise.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from icefloe.domain.values.errors import ConfigurationError

PRIVATE = 0o600
PUBLIC = 0o644
# What file systems say that have no hard links.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}
# What file systems say that sync no folders.
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP}
# In characters: a name may have 255 bytes.
_MAX_NAME = 50


@contextlib.contextmanager
def beside(
    file: Path, cleanup: contextlib.ExitStack, *, replaces: bool = True, mode: int = PRIVATE
) -> Iterator[Path]:
    """An empty file in the same folder, which takes the place of `file` when the context ends well.

    Args:
        file: the place; where it is a symbolic link, the file that it points to.
        cleanup: removes the file beside when it is closed early, such as by a signal.
        replaces: whether it may take the place of a file that is there.
        mode: who may read and write it.

    Raises:
        FileExistsError: there is a file, and it must not be replaced.
        OSError: the folder takes no file, or the disk is full.
    """
    file = Path(os.path.realpath(file))
    part = file.with_name(f".{file.name[:_MAX_NAME]}.{secrets.token_hex(4)}.part")
    cleanup.callback(part.unlink, missing_ok=True)
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        part.chmod(mode)  # whatever the umask leaves of it
        yield part
        _sync(part)
        _put(part, file, replaces=replaces)
    finally:
        part.unlink(missing_ok=True)
    _sync_names(file.parent)


def write(file: Path, content: bytes, *, replaces: bool = True, mode: int = PRIVATE) -> None:
    """Write a whole file, with its folder where that is missing. Raises as `beside` does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with (
        contextlib.ExitStack() as cleanup,
        beside(file, cleanup, replaces=replaces, mode=mode) as part,
    ):
        part.write_bytes(content)


@contextlib.contextmanager
def writing(file: Path, cleanup: contextlib.ExitStack) -> Iterator[BinaryIO]:
    """A file to write to: an ordinary one appears whole at the end; a pipe or device has it at once.

    Args:
        file: its name; `/dev/stdout` and its like stand for what is open already.
        cleanup: as for `beside`.

    Raises:
        ConfigurationError: it cannot be written; says why.
    """
    try:
        if _is_stream(file):
            with file.open("wb") as opened:
                yield opened
        else:
            with beside(file, cleanup) as part, part.open("wb") as opened:
                yield opened
                opened.flush()
    except OSError as error:
        raise unwritable(file, error) from error


def link(file: Path, name: Path) -> None:
    """Give a file a second name; where there are no such things, that name instead of its own.

    Raises:
        FileExistsError: the name is taken.
        OSError: the folder takes no names.
    """
    try:
        os.link(file, name)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(name):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(name)) from error
        file.rename(name)


def unwritable(file: Path, error: OSError) -> ConfigurationError:
    """The error for a file that cannot be written."""
    return ConfigurationError(f"cannot write {file}: {error.strerror or error}")


def _is_stream(file: Path) -> bool:
    """Whether a name stands for a pipe, a device, or a file that this process has open."""
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        return True
    # `/dev/stdout` is `/proc/self/fd/1`, which the shell may have pointed at an ordinary file.
    link = file.parent.resolve() / file.name
    while link.is_symlink() and not _is_of_process(link):
        link = link.parent / link.readlink()
        link = link.parent.resolve() / link.name
    return _is_of_process(link)


def _is_of_process(path: Path) -> bool:
    return str(path).startswith(("/proc/", "/dev/fd/"))


def _put(part: Path, file: Path, *, replaces: bool) -> None:
    if replaces:
        part.replace(file)
        return
    link(part, file)


def _sync(file: Path) -> None:
    """Wait until a file is on the disk."""
    handle = os.open(file, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_names(folder: Path) -> None:
    """Wait until a folder's names are on the disk, where the system and its rights let us."""
    if os.name == "nt":
        return  # Windows opens no folders
    with contextlib.suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in _NO_SYNC:
                raise
        finally:
            os.close(handle)
