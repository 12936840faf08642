"""Metadata in a form: rows of key, kind and value, each with what is wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from icefloe.domain.values.metadata import MetadataValue, text_of

KINDS = {"text": "Text", "number": "Number", "boolean": "Yes or no"}

_WHOLE = re.compile(r"[-+]?[0-9]{1,400}")
_NUMBER = re.compile(
    r"[-+]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][-+]?[0-9]{1,4})?"
)
_BOOLEANS = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(slots=True)
class MetadataRow:
    """One row, as it was typed.

    Attributes:
        key: the key.
        kind: a key of KINDS.
        value: the value's text; `yes` or `no` of that kind.
        error: what is wrong with the row, or nothing.
    """

    key: str = ""
    kind: str = "text"
    value: str = ""
    error: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether the row is empty, and so ignored."""
        return not self.key and not self.value

    @property
    def is_long(self) -> bool:
        """Whether the value needs more than a line."""
        return "\n" in self.value

    def read(self) -> MetadataValue | None:
        """The value; None where there is none, and `error` says why."""
        typed = self.value.strip()
        if self.kind == "boolean":
            found = _BOOLEANS.get(typed.lower())
            if found is None:
                self.error = "Say yes or no."
            return found
        if self.kind == "number":
            return self._read_number(typed)
        # Browsers end the lines of a text in their own way.
        return self.value.replace("\r\n", "\n")

    def _read_number(self, typed: str) -> MetadataValue | None:
        if _WHOLE.fullmatch(typed):
            return int(typed)
        if _NUMBER.fullmatch(typed) and math.isfinite(number := float(typed)):
            return number
        self.error = "Write a number such as 12 or 3.5."
        return None


def rows_of(metadata: Mapping[str, MetadataValue]) -> list[MetadataRow]:
    """The rows that show metadata as it is."""
    return [_row_of(key, value) for key, value in metadata.items()]


def read_metadata(
    rows: Iterable[MetadataRow], before: Mapping[str, MetadataValue]
) -> dict[str, MetadataValue] | None:
    """What rows stand for; None where one is wrong, whose `error` then says why.

    Args:
        rows: as they were typed; empty ones count for nothing.
        before: what was shown. A value that was not changed stays just as it is.
    """
    found: dict[str, MetadataValue] = {}
    is_wrong = False
    for row in rows:
        if row.is_empty:
            continue
        value = row.read()
        if not row.key:
            row.error = "Give the value a key."
        elif row.key in found:
            row.error = "Another row has the same key."
        if row.error or value is None:
            is_wrong = True
            continue
        shown = _row_of(row.key, before[row.key]) if row.key in before else None
        is_same = shown is not None and shown.kind == row.kind and shown.read() == value
        found[row.key] = before[row.key] if is_same else value
    return None if is_wrong else found


def change_rows(rows: list[MetadataRow], action: str) -> bool:
    """Do what a button of the rows asks for: `add-row`, or `remove-row-` and a number from 0 on.

    Returns whether it was such a button.
    """
    if action == "add-row":
        rows.append(MetadataRow())
        return True
    number = action.removeprefix("remove-row-")
    if number == action:
        return False
    if number.isascii() and number.isdecimal() and len(number) < 5 and int(number) < len(rows):  # noqa: PLR2004 - more digits than rows
        del rows[int(number)]
    return True


def _row_of(key: str, value: MetadataValue) -> MetadataRow:
    if isinstance(value, bool):
        return MetadataRow(key, "boolean", "yes" if value else "no")
    if isinstance(value, int | float):
        return MetadataRow(key, "number", text_of(value))
    return MetadataRow(key, "text", value)
