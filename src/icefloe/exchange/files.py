"""Reading a file of customers, entry by entry, whatever its format.

Three formats, told apart by how the file begins: lines of JSON, each a customer or a page of them as
the API returns it; JSON over several lines, with the same in it; and the reference's CSV export.
"""

import contextlib
import io
import json
import re
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from icefloe.domain.imports import Entry
from icefloe.domain.values.errors import ConfigurationError, IcefloeError
from icefloe.exchange import csv_rows, records

_MEGABYTE = 1024 * 1024
# bytes; a second process takes a third of a second to start, in which some ten thousand are read
_LARGE = 8 * _MEGABYTE
_MAX_LINE = 16 * _MEGABYTE
_MAX_DOCUMENT = 256 * _MEGABYTE
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = re.compile(r"\s*")
_CSV_BEGINNING = b"ID,External ID,"


class Interrupted(IcefloeError):
    """The reading was interrupted."""


class CustomerFile:
    """A file of customers; iterating reads it once, in a bounded amount of memory."""

    def __init__(self, path: Path, on_progress: Callable[[int], None] | None = None) -> None:
        """Name a file.

        Args:
            path: the file.
            on_progress: told, now and then, how many bytes have been read.

        Raises:
            ConfigurationError: there is no such file.
        """
        self.path = path
        self.position = 0
        self._on_progress = on_progress or (lambda _: None)
        self._interrupted = threading.Event()
        if not path.is_file():
            raise ConfigurationError(f"there is no file {path}")

    def __reduce__(self) -> tuple[type["CustomerFile"], tuple[Path]]:
        """A copy for another process, which tells its progress by `position` alone."""
        return CustomerFile, (self.path,)

    @property
    def is_large(self) -> bool:
        """Whether the file is so large that a second process should read it."""
        return self.path.stat().st_size >= _LARGE

    def interrupt(self) -> None:
        """Make the reading end with `Interrupted`; may be called from another thread."""
        self._interrupted.set()

    def advance(self, position: int) -> None:
        """Note that the file has been read up to `position`, in bytes, here or by a copy.

        Raises:
            Interrupted: the reading was interrupted.
        """
        if self._interrupted.is_set():
            raise Interrupted
        self.position = position
        self._on_progress(position)

    def __iter__(self) -> Iterator[Entry]:
        with self.path.open("rb") as opened, contextlib.closing(_read(opened)) as entries:
            for count, entry in enumerate(entries):
                if self._interrupted.is_set():
                    raise Interrupted
                if count % 1000 == 0:
                    self.advance(opened.tell())
                yield entry
            self.advance(opened.tell())


def _read(opened: BinaryIO) -> Generator[Entry, None, None]:
    first = opened.readline(_MAX_LINE).removeprefix(_BYTE_ORDER_MARK)
    opened.seek(0)
    if first.startswith(_CSV_BEGINNING):
        return _read_csv(opened)
    if _is_json(first):
        return _read_lines(opened)
    return _read_document(opened)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _read_csv(opened: BinaryIO) -> Generator[Entry, None, None]:
    text = io.TextIOWrapper(opened, "utf-8-sig", newline="")
    try:
        yield from csv_rows.read_entries(text)
    finally:
        text.detach()  # or it would close the file, whose position is still to be told


def _read_lines(opened: BinaryIO) -> Generator[Entry, None, None]:
    for number, line in enumerate(iter(lambda: opened.readline(_MAX_LINE), b""), start=1):
        text = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        if not text.strip():
            continue
        place = f"line {number}"
        entry = records.read_line(place, text)
        if entry is not None:
            yield entry
            continue
        try:
            record = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield Entry(place, problem=f"not JSON: {error}")
        else:
            yield from _entries_of(place, record)


def _read_document(opened: BinaryIO) -> Generator[Entry, None, None]:
    """JSON values one after another, over as many lines as they like."""
    content = opened.read(_MAX_DOCUMENT + 1)
    if len(content) > _MAX_DOCUMENT:
        yield Entry("the file", problem="too large unless it has one customer or page on each line")
        return
    decoder = json.JSONDecoder()
    try:
        text = content.removeprefix(_BYTE_ORDER_MARK).decode()
        at, line = _skip_space(text, 0, 1)
        while at < len(text):
            record, end = decoder.raw_decode(text, at)
            yield from _entries_of(f"line {line}", record)
            at, line = _skip_space(text, end, line + text.count("\n", at, end))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        yield Entry(f"line {line}", problem=f"neither JSON nor a CSV export of customers: {error}")


def _skip_space(text: str, at: int, line: int) -> tuple[int, int]:
    """Where the white space at a place ends, and on which line that is."""
    found = _SPACE.match(text, at)
    end = at if found is None else found.end()
    return end, line + text.count("\n", at, end)


def _entries_of(place: str, record: Any) -> Iterable[Entry]:
    """The entries of one JSON value: a customer, a page of them, or a list of either."""
    items = record.get("items") if isinstance(record, dict) else record
    if not isinstance(items, list):
        yield records.read_entry(place, record)
        return
    for number, item in enumerate(items, start=1):
        yield from _entries_of(f"{place}, item {number}", item)
