"""Reading a table of customers: text whose cells stand between commas, semicolons or tabs."""

import csv
import itertools
import re
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from icefloe.domain.entries import Entry
from icefloe.exchange import mappings, problems
from icefloe.exchange.mappings import Choices, Mapping
from icefloe.exchange.rows import NOT_TEXT, OTHER_ENCODING, Rows, Wrong

# A customer's metadata has up to 50 times 540 characters, of which JSON makes up to twelve each.
_MAX_CELL = 1024 * 1024
_SEPARATORS = ",;\t"
# Spreadsheets write it as the first line, to say what separates the cells.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')


class Table:
    """A table of customers, whose first line names the columns.

    Attributes:
        mapping: what becomes of each column; None where there are no lines but empty ones, or the
            names cannot be read.
        separator: what stands between cells.
        line: on which the columns' names stand.
        problem: why the names cannot be read, if so.
    """

    def __init__(self, lines: Iterable[str], choices: Choices) -> None:
        """Read the columns' names.

        Args:
            lines: of the text, with their ends.
            choices: what a person says about the columns.
        """
        csv.field_size_limit(_MAX_CELL)
        counted = _Counted(lines)
        self.mapping: Mapping | None = None
        self.separator = ","
        self.problem: str | None = None
        names: list[str] = []
        try:
            self.separator, first = _find_separator(counted)
            self._skipped = counted.count - len(first)
            self._rows = csv.reader(
                itertools.chain(first, counted), delimiter=self.separator, strict=True
            )
            names = [name.strip() for name in next(self._rows, [])]
        except (csv.Error, UnicodeError) as error:
            self.problem = _words_for(error)
        self.line = max(counted.count, 1)
        if any(map(NOT_TEXT.search, names)):
            self.problem = OTHER_ENCODING
        while names and not names[-1]:
            del names[-1]
        if names and self.problem is None:
            shown = (name or f"column {number}" for number, name in enumerate(names, start=1))
            self.mapping = mappings.find([*shown], choices)
            self._reading = Rows(self.mapping)

    def read_entries(self) -> Generator[Entry, None, None]:
        """The customers, one for each row that is not empty."""
        if self.problem is not None:
            yield Entry(f"line {self.line}", problem=self.problem)
        if self.mapping is None:
            return
        if self.mapping.problems:
            for name, message in self.mapping.problems:
                shown = f"{problems.printable(name)}: {message}" if name else message
                yield Entry(f"line {self.line}", problem=shown)
            return
        try:
            for place, row in self.read_rows():
                yield self._reading.read_entry(place, row)
        except (csv.Error, UnicodeError) as error:
            yield Entry(self._place(), problem=_words_for(error))

    def read_rows(self) -> Iterator[tuple[str, list[str]]]:
        """The rows that are not empty: the place of each, and its cells.

        Raises:
            csv.Error: the text is not CSV.
            UnicodeError: the text is in another encoding.
        """
        for row in self._rows:
            if "".join(row).strip():
                yield self._place(), row

    def read_record(self, row: list[str]) -> dict[str, Any]:
        """A row as a customer in the wire's form; empty where it cannot be read."""
        try:
            return self._reading.read_record(row)
        except Wrong:
            return {}

    def _place(self) -> str:
        return f"line {self._skipped + self._rows.line_num}"


class _Counted:
    """Lines, and how many have been read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        return line


def _find_separator(lines: Iterator[str]) -> tuple[str, list[str]]:
    """What stands between cells, and the line with the columns' names, if there is one."""
    said = None
    for line in lines:
        found = _SEPARATOR_LINE.fullmatch(line)
        if found is not None and said is None:
            said = found[1]
        elif line.strip():
            return said or max(_SEPARATORS, key=_QUOTED.sub("", line).count), [line]
    return said or ",", []


def _words_for(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return f"the file {OTHER_ENCODING}"
    if "limit" in str(error):
        return f"not CSV: a cell has more than {_MAX_CELL:,} characters"
    return "not CSV: a quotation mark is missing, or one within a cell is not doubled"
