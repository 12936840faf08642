"""Where a SQLite database lies: that the names beside each other still stand for one database.

SQLite opens a database and its write-ahead log by their names, and an operator may put another file
under one of them. A server that has the old file open then writes what is never read again; a program
that starts then would write the old file's log into the new one.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw

from icefloe.domain.values import errors
from icefloe.storage.sqlite.errors import translate
from icefloe.storage.sqlite.scrubbing import find_unused_room

# What lies beside a database while it is open: its log and the index of that, or a rollback journal.
COMPANIONS = ("-wal", "-shm", "-journal")

# A caller hears of a lost file within a second; to look takes some microseconds.
_LOOK_SECONDS = 0.25
# Nanoseconds. Programs that change the owner of both files may come to the log first.
_TOGETHER = 20_000_000
_LOG_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
# By a page's first byte and those that count its rows: leaves of tables and of indexes.
_WITH_ROWS = {10, 13}
_ROW_COUNT = slice(3, 5)
# Of a page that has only what a migration puts there.
_FEW_BYTES = 64
# In a database's header: 2 says that it has a log, 1 that it has none.
_FORMAT = slice(18, 20)
_WITH_LOG = b"\x02\x02"


class Place:
    """The files that a database's names stood for when it was opened."""

    def __init__(self, path: Path, report: Callable[[], None] = lambda: None) -> None:
        """Remember them.

        Args:
            path: a database that is open, so that its log is there.
            report: called when it is lost, once.
        """
        self._report = report
        self._is_lost = False
        self._paths = [str(path), str(log_of(path))]
        self._opened = [_identify(name) for name in self._paths]
        self._next = 0.0

    def require(self) -> None:
        """As `require_now`, but looks at the names now and then only."""
        if time.monotonic() >= self._next:
            self.require_now()

    def require_now(self) -> None:
        """Raise StorageUnavailable where a name stands for another file, or none."""
        if [_identify(name) for name in self._paths] != self._opened:
            if not self._is_lost:
                self._is_lost = True
                self._report()
            raise errors.StorageUnavailable(
                "The database file was removed or replaced: put it back, or restart the server."
            )
        self._is_lost = False
        self._next = time.monotonic() + _LOOK_SECONDS

    @property
    def has_log(self) -> bool:
        """Whether the log's name still stands for the log."""
        return _identify(self._paths[1]) == self._opened[1]


def log_of(path: Path) -> Path:
    """The name of a database's log."""
    return path.with_name(path.name + "-wal")


def require_own_log(path: Path) -> None:
    """See that a log that was left beside a database is that database's.

    A log says nothing of the file that it belongs to. But it belongs to another one where

    - the file is missing, empty, or says that it has no log, as our backups say; or
    - the file changed after the log did, and is without the log's pages: what changes a file later than
      its log is a checkpoint, which writes these.

    Raises:
        IncompatibleDatabase: it belongs to another; nothing was touched.
        StorageUnavailable: one of them cannot be read.
    """
    log = log_of(path)
    try:
        belongs = _belongs(path, log)
    except apsw.Error as error:
        raise translate(error) from error
    except OSError as error:
        raise errors.StorageUnavailable(f"the database file cannot be used: {error}") from error
    if not belongs:
        raise errors.IncompatibleDatabase(
            f"{log} is another file's, and would be written into {path}: move it away"
            " if that file was put there; else touch it"
        )


def _belongs(path: Path, log: Path) -> bool:
    """Whether there is no log with anything in it, or it may be that of the file."""
    try:
        of_log = log.stat()
    except FileNotFoundError:
        return True
    if of_log.st_size <= _LOG_HEADER_BYTES:
        return True
    if not path.exists() or path.stat().st_size == 0:
        return not log.exists()  # another process has just closed the database, and with it the log
    # Opened through SQLite: a process that closes the file otherwise loses all of SQLite's locks.
    file = apsw.VFSFile("", str(path), [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0])
    try:
        if file.xRead(_FORMAT.stop, 0)[_FORMAT] != _WITH_LOG:
            return False
        of_file = path.stat()
        is_later = (
            of_file.st_mtime_ns > of_log.st_mtime_ns
            or of_file.st_ctime_ns > of_log.st_ctime_ns + _TOGETHER
        )
        return not is_later or _was_checkpointed(file, log)
    finally:
        file.xClose()


def _was_checkpointed(file: apsw.VFSFile, log: Path) -> bool:
    """Whether a file has every page of a log, or one that no other database has.

    A checkpoint may be cut short, or stop at what a reader still needs.
    """
    found: dict[int, bool] = {}
    for at, page in _read_pages(log):
        found[at] = _has(file, page, at)
        if found[at] and _is_telling(page, at):
            return True
    return all(found.values())


def _is_telling(page: bytes, at: int) -> bool:
    """Whether a page has rows of its own: the schema and empty tables look the same everywhere."""
    has_rows = page[0] in _WITH_ROWS and page[_ROW_COUNT] != b"\0\0"
    return has_rows and at > 0 and b"CREATE " not in page and len(page) - page.count(0) > _FEW_BYTES


def _read_pages(log: Path) -> Iterator[tuple[int, bytes]]:
    """The pages in a log, each with its place in the file; not those of before it was begun anew."""
    with log.open("rb") as opened:
        header = opened.read(_LOG_HEADER_BYTES)
        page_bytes, salts = int.from_bytes(header[8:12]), header[16:24]
        while True:
            frame = opened.read(_FRAME_HEADER_BYTES)
            page = opened.read(page_bytes)
            if len(page) < page_bytes or frame[8:16] != salts:
                return
            yield (int.from_bytes(frame[:4]) - 1) * page_bytes, page


def _has(file: apsw.VFSFile, page: bytes, at: int) -> bool:
    """Whether a file has a page of the log, as it is there or as scrubbing has left it."""
    if file.xFileSize() < at + len(page):
        return False
    room = find_unused_room(page, is_first=at == 0)
    scrubbed = page[: room.start] + bytes(room.stop - room.start) + page[room.stop :]
    return file.xRead(len(page), at) in {page, scrubbed}


def _identify(name: str) -> tuple[int, int] | None:
    """What identifies a file; None if there is none."""
    try:
        found = os.stat(name)  # noqa: PTH116 - half the time of a Path's, at every write
    except OSError:
        return None
    return found.st_dev, found.st_ino
