"""Scrubbing: overwrites deleted personal data wherever a SQLite file and its log still have it.

`secure_delete` overwrites a row in place when it is deleted. Two copies escape it:

- Rows of a full page move to the pages beside it, and SQLite rebuilds the page without clearing the
  unused room between its list of rows and the rows themselves. A row's bytes may remain there long
  after the row has moved, and has been deleted where it moved to.
- The write-ahead log has earlier versions of pages. If a reader still needs it, the checkpoint that
  should empty it fails, which SQLite reports in the result's row and not as an error.

So the file is swept: the unused room of every page is overwritten, and then the log is emptied. This
runs in the background, and is retried until no reader or writer blocks it. The transaction that deletes
marks the file with what must be done, so that neither a crash nor another process can lose it.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw

from icefloe.domain.values.errors import StorageUnavailable
from icefloe.storage.sqlite.transaction import connect

# The mark: `user_version` in the file's header, which belongs to the application and to transactions.
_NOTHING, _TO_SWEEP, _TO_EMPTY = range(3)
# The statement of a transaction that deletes personal data.
NOTE_FORGOTTEN = f"PRAGMA user_version = {_TO_SWEEP}"

# Seconds that an attempt waits for its turn to write.
_WRITERS_SECONDS = 2.0
# Seconds that it then waits for readers; other writers wait as long.
_READERS_SECONDS = 0.1
# Seconds between attempts that were blocked; doubled each time.
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 10.0
# Rest after an attempt, in multiples of its time: sweeping takes a tenth of a core at most.
_RESTS = 9
# Seconds that a process goes on trying when it stops.
_LAST_SECONDS = 5.0

# The size of the largest page; SQLite reads and writes twice as much at once at most.
_CHUNK_BYTES = 1 << 16
# SQLite uses bytes of this page as locks, and stores nothing on it.
_LOCKED_BYTE = 1 << 30
# The header's length of a page with rows, by the page's first byte.
_HEADER_BYTES = {2: 12, 5: 12, 10: 8, 13: 8}
_FILE_HEADER_BYTES = 100
# Every other page begins with the number of a page; with more pages than this in the file, the
# number's first byte could be one of those above.
_MOST_PAGES = min(_HEADER_BYTES) << 24


class Scrubber:
    """Scrubs one file on request, on a thread that is started when first needed."""

    def __init__(self, path: Path, require: Callable[[], None], *, is_durable: bool = True) -> None:
        """Name a file.

        Args:
            path: the file.
            require: raises StorageUnavailable where the name stands for another file by now.
            is_durable: whether a commit waits for the disk.
        """
        self._path = path
        self._require = require
        self._is_durable = is_durable
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def request(self) -> None:
        """Have the file scrubbed soon; returns at once. Not to be called by several threads."""
        self._wanted.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="icefloe-scrubber", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Finish what was requested, unless it is blocked for long, and end the thread."""
        if self._thread is not None:
            self._stopping.set()
            self._wanted.set()
            self._thread.join()

    def _run(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            self._wanted.wait()
            self._wanted.clear()
            began = time.monotonic()
            if self._try():
                pause = _FIRST_PAUSE_SECONDS
                self._stopping.wait(_RESTS * (time.monotonic() - began))
            else:
                self._wanted.set()
                self._stopping.wait(max(pause, _RESTS * (time.monotonic() - began)))
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        deadline = time.monotonic() + _LAST_SECONDS
        while not self._try() and time.monotonic() < deadline:
            time.sleep(_FIRST_PAUSE_SECONDS)

    def _try(self) -> bool:
        try:
            self._require()
            return scrub(self._path, is_durable=self._is_durable)
        except (apsw.Error, StorageUnavailable, OSError):
            return False  # busy, full or gone: the mark stays in the file


def is_to_be_scrubbed(connection: apsw.Connection) -> bool:
    """Whether the file is marked: deleted personal data may still be in it or in its log."""
    return _find_note(connection) != _NOTHING


def scrub(path: Path, *, is_durable: bool = True) -> bool:
    """Try once to do what the file's mark says; returns whether all is done."""
    with contextlib.closing(connect(path, read_only=False, is_durable=is_durable)) as connection:
        connection.set_busy_timeout(int(_WRITERS_SECONDS * 1000))
        return _sweep(connection) and _empty_log(connection)


def _sweep(connection: apsw.Connection) -> bool:
    """Clear the unused room of all pages, excluding other writers; False if readers block it."""
    with _writing(connection):
        # Also after a sweep: power may have failed before that was on disk.
        if _find_note(connection) == _NOTHING:
            return True
        if not _bring_up_to_date(Path(connection.filename)):
            return False
        _clear_pages(connection)
        # This also makes other connections see that the file has changed, and drop their cached pages,
        # which still have the old bytes.
        connection.execute(f"PRAGMA user_version = {_TO_EMPTY}")
        return True


def _empty_log(connection: apsw.Connection) -> bool:
    """Empty the write-ahead log of what was before the sweep; False if a reader or writer blocks it.

    Before SQLite empties the log, it waits for the file to be on disk: with it, for the sweep.
    """
    if _find_note(connection) == _NOTHING:
        return True
    # Writers wait for this, and this waits for readers: not for long.
    connection.set_busy_timeout(int(_READERS_SECONDS * 1000))
    row = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if row is None or row[0] != 0:
        return False
    with _writing(connection):
        if _find_note(connection) != _TO_EMPTY:
            return False  # another transaction has deleted personal data meanwhile
        connection.execute(f"PRAGMA user_version = {_NOTHING}")
        return True


def _bring_up_to_date(path: Path) -> bool:
    """Write the log back to the file, under the caller's write lock; False if readers block it.

    A reader needs the file's pages as they were when it began, if they were there and not in the log.
    """
    deadline = time.monotonic() + _READERS_SECONDS
    with contextlib.closing(connect(path, read_only=False)) as connection:
        while True:
            row = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if row is not None and row[0] == 0 and row[1] == row[2]:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)


def _clear_pages(connection: apsw.Connection) -> None:
    """Overwrite the unused room of every page of the file, in place.

    SQLite never reads that room: concurrent readers see no difference, and after a crash any part of
    the writes may be missing. The file is opened through SQLite, since a process that closes it in
    another way loses all of SQLite's locks.
    """
    page_bytes = _find_number(connection, "page_size")
    flags = apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READWRITE
    file = apsw.VFSFile("", connection.filename, [flags, 0])
    try:
        size = file.xFileSize()
        if size // page_bytes >= _MOST_PAGES:
            raise apsw.TooBigError(f"only VACUUM can clear a file of {size} bytes")
        for start in range(0, size, _CHUNK_BYTES):
            # The lock page is the first of its chunk; some platforms refuse to read it.
            first = page_bytes if start == _LOCKED_BYTE else 0
            chunk = file.xRead(min(_CHUNK_BYTES, size - start) - first, start + first)
            for at in range(0, len(chunk), page_bytes):
                place = start + first + at
                page = chunk[at : at + page_bytes]
                room = find_unused_room(page, is_first=place == 0)
                clear = bytes(room.stop - room.start)
                if page[room] != clear:
                    file.xWrite(clear, place + room.start)
    finally:
        file.xClose()


def find_unused_room(page: bytes, *, is_first: bool) -> slice:
    """The unused bytes of a page, between its list of rows and the rows; empty if it has no rows."""
    header = _FILE_HEADER_BYTES if is_first else 0
    length = _HEADER_BYTES.get(page[header])
    if length is None:
        return slice(0, 0)
    count = int.from_bytes(page[header + 3 : header + 5])
    rows = int.from_bytes(page[header + 5 : header + 7]) or 1 << 16
    start = header + length + 2 * count
    return slice(start, rows) if start < rows <= len(page) else slice(0, 0)


def _find_note(connection: apsw.Connection) -> int:
    return _find_number(connection, "user_version")


def _find_number(connection: apsw.Connection, pragma: str) -> int:
    row: Any = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(row[0])


@contextlib.contextmanager
def _writing(connection: apsw.Connection) -> Iterator[None]:
    """A transaction that excludes other writers."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
