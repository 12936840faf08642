"""Reading a file of JSON, value by value: each on a line, or spread over several."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from icefloe.domain.values.errors import ConfigurationError
from icefloe.exchange import encodings, json_records
from icefloe.exchange.json_records import Found

_MEGABYTE = 1024 * 1024
MAX_LINE = 16 * _MEGABYTE
"""In bytes: a longer line is read in pieces, which are no JSON."""
MAX_DOCUMENT = 256 * _MEGABYTE
"""In characters: of values that are spread over lines, all of which are in memory at once."""
JSON_BEGINNINGS = ("{", "[")
_OFTEN = 100
"""Values between two reports of progress."""


class JsonFile:
    """A file of JSON; iterating reads it, in a bounded amount of memory."""

    def __init__(self, path: Path, on_progress: Callable[[int], None]) -> None:
        """Name a file.

        Args:
            path: the file.
            on_progress: called now and then with the number of bytes read so far.
        """
        self._path = path
        self._on_progress = on_progress

    def __iter__(self) -> Iterator[Found]:
        """Each value, and each item of a page or a list. Raises ConfigurationError."""
        try:
            opened = self._path.open("rb")
        except OSError as error:
            raise ConfigurationError(f"cannot read {self._path}: {error.strerror}") from error
        with opened:
            for count, found in enumerate(_read(opened)):
                if count % _OFTEN == 0:
                    self._on_progress(opened.tell())
                yield found
            self._on_progress(opened.tell())


def _read(opened: BinaryIO) -> Iterator[Found]:
    encoding = encodings.find(opened, None)
    first = encodings.find_beginning(opened, encoding, MAX_LINE)
    if not first or json_records.is_whole(first):
        lines = encodings.read_lines(opened, encoding, MAX_LINE)
        yield from json_records.find_in_lines(lines)
        return
    if not first.startswith(JSON_BEGINNINGS):
        yield Found("the file", problem="is not JSON")
        return
    text = encodings.open_text(opened, encoding)
    try:
        content = text.read(MAX_DOCUMENT + 1)
        if len(content) > MAX_DOCUMENT:
            problem = "too large unless it has one object or page on each line"
            yield Found("the file", problem=problem)
        else:
            yield from json_records.find_in_document(content)
    except UnicodeError:
        yield Found("the file", problem="is not in UTF-8 or UTF-16")
    finally:
        text.detach()  # or it would close the file, whose position is still asked for
