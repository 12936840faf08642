"""Reading a file of customers, entry by entry, whatever its format.

A file is JSON where it begins as such: customers or pages of them, as the API returns them, each on a
line or spread over several. Any other file is a table.
"""

import contextlib
import csv
import io
import threading
from collections.abc import Callable, Generator, Iterator
from collections.abc import Mapping as Values
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from icefloe.domain.entries import Entry
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.errors import ConfigurationError, IcefloeError
from icefloe.domain.values.tax_ids import TaxID
from icefloe.exchange import encodings, json_records
from icefloe.exchange.json_files import JSON_BEGINNINGS, MAX_DOCUMENT, MAX_LINE
from icefloe.exchange.mappings import Choices, Mapping
from icefloe.exchange.rows import NOT_TEXT
from icefloe.exchange.tables import Table

_MEGABYTE = 1024 * 1024
# bytes; a second process takes a third of a second to start, in which some ten thousand are read
_LARGE = 8 * _MEGABYTE
_SHOWN_ROWS = 3


class Interrupted(IcefloeError):
    """The reading was interrupted."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a table looks like, before any of it is stored.

    Attributes:
        mapping: what becomes of each column.
        encoding: in which the text is read.
        separator: what stands between cells.
        rows: the first three that are not empty, each with as many cells as there are columns.
        records: the same as customers in the wire's form, as far as they can be read.
    """

    mapping: Mapping
    encoding: str
    separator: str
    rows: tuple[tuple[str, ...], ...]
    records: tuple[dict[str, Any], ...]


class CustomerFile:
    """A file of customers; iterating reads it once, in a bounded amount of memory."""

    def __init__(
        self,
        path: Path,
        on_progress: Callable[[int], None] | None = None,
        choices: Choices | None = None,
    ) -> None:
        """Name a file.

        Args:
            path: the file, which can be read several times.
            on_progress: called now and then with the number of bytes read so far.
            choices: what a person says about the file.

        Raises:
            ConfigurationError: there is no such file.
        """
        self.path = path
        self.choices = choices or Choices()
        self.position = 0
        self._on_progress = on_progress or (lambda _: None)
        self._interrupted = threading.Event()
        if not path.is_file():
            raise ConfigurationError(f"there is no file {path}")

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy for another process, which tells its progress by `position` alone."""
        return CustomerFile, (self.path, None, self.choices)

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

    def find_preview(self) -> Preview | None:
        """What the file looks like as a table; None where it is JSON, or has nothing but space.

        Raises:
            ConfigurationError: there is no such encoding, or the file cannot be read.
        """
        with _opening(self.path) as opened:
            encoding = encodings.find(opened, self.choices.encoding)
            if encodings.find_beginning(opened, encoding, MAX_LINE).startswith(JSON_BEGINNINGS):
                return None
            text = encodings.open_text(opened, encoding)
            return _preview(Table(_lines_of(text), self.choices), encoding)

    def find_first(self) -> list[dict[str, Any]]:
        """The fields of the first three customers that can be read, as JSON has values."""
        with _opening(self.path) as opened, contextlib.closing(self._read(opened)) as entries:
            right = (entry for entry in entries if entry.problem is None)
            return [_plain(entry.values) for entry in islice(right, _SHOWN_ROWS)]

    def __iter__(self) -> Iterator[Entry]:
        with _opening(self.path) as opened, contextlib.closing(self._read(opened)) as entries:
            for count, entry in enumerate(entries):
                if self._interrupted.is_set():
                    raise Interrupted
                if count % 1000 == 0:
                    self.advance(opened.tell())
                yield entry
            self.advance(opened.tell())

    def _read(self, opened: BinaryIO) -> Generator[Entry, None, None]:
        encoding = encodings.find(opened, self.choices.encoding)
        first = encodings.find_beginning(opened, encoding, MAX_LINE)
        if json_records.is_whole(first) and first.startswith(JSON_BEGINNINGS):
            lines = encodings.read_lines(opened, encoding, MAX_LINE)
            yield from json_records.read_lines(lines, self.choices)
            return
        text = encodings.open_text(opened, encoding)
        try:
            if not first.startswith(JSON_BEGINNINGS):
                yield from Table(_lines_of(text), self.choices).read_entries()
                return
            content = text.read(MAX_DOCUMENT + 1)
            if len(content) > MAX_DOCUMENT:
                problem = "too large unless it has one customer or page on each line"
                yield Entry("the file", problem=problem)
            else:
                yield from json_records.read_document(content, self.choices)
        except UnicodeError:
            yield Entry("the file", problem=f"is not {encoding} text; name its encoding")
        finally:
            text.detach()  # or it would close the file, whose position is still asked for


def _plain(values: Values[str, Any]) -> dict[str, Any]:
    """Fields of a customer with objects in the place of what the domain has as such."""
    return {
        name: asdict(value) if isinstance(value, Address | TaxID) else value
        for name, value in values.items()
    }


def _opening(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error


def _lines_of(text: io.TextIOWrapper) -> Iterator[str]:
    return iter(lambda: text.readline(MAX_LINE), "")


def _preview(table: Table, encoding: str) -> Preview | None:
    if table.mapping is None:
        return None
    count = len(table.mapping.columns)
    rows = []
    with contextlib.suppress(csv.Error, UnicodeError):
        for _, row in islice(table.read_rows(), _SHOWN_ROWS):
            cells = [NOT_TEXT.sub("\ufffd", cell) for cell in row]
            rows.append((*cells, *[""] * count)[:count])
    return Preview(
        table.mapping,
        encoding.removesuffix("-sig"),
        table.separator,
        tuple(rows),
        tuple(table.read_record(list(row)) for row in rows),
    )
