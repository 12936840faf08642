"""The reference's CSV export: its columns, rows in and rows out.

The reference writes a tax number as a Python tuple, `('FR…', <TaxIDFormat.eu_vat: 'eu_vat'>)`; ours is
the number alone, whose format its country tells. Both can be read.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from icefloe.domain.imports import Entry
from icefloe.domain.values import errors, tax_ids
from icefloe.exchange import records

COLUMNS = (
    "ID", "External ID", "Created At", "Email", "Name", "Tax ID", "Billing Address Line 1",
    "Billing Address Line 2", "Billing Address City", "Billing Address State",
    "Billing Address Zip", "Billing Address Country", "Metadata",
)  # fmt: skip
_FIELDS = {
    "ID": "id",
    "External ID": "external_id",
    "Created At": "created_at",
    "Email": "email",
    "Name": "name",
}
_ADDRESS_FIELDS = {
    "Billing Address Line 1": "line1",
    "Billing Address Line 2": "line2",
    "Billing Address City": "city",
    "Billing Address State": "state",
    "Billing Address Zip": "postal_code",
    "Billing Address Country": "country",
}
# A customer's metadata can be 50 times 540 characters, of which JSON makes up to twelve each.
_MAX_CELL = 1024 * 1024
_TUPLE = re.compile(r"\('([^']+)', <TaxIDFormat\.\w+: '(\w+)'>\)")


def read_entries(lines: Iterable[str]) -> Iterator[Entry]:
    """The entries of a CSV export; the first line names the columns."""
    csv.field_size_limit(_MAX_CELL)
    rows = csv.reader(lines, strict=True)
    header: list[str] | None = None
    while True:
        try:
            row = next(rows, None)
        except (csv.Error, UnicodeDecodeError) as error:
            yield Entry(f"line {rows.line_num}", problem=f"not CSV: {error}")
            return
        if row is None:
            return
        if header is None:
            header = row
        elif row:
            yield _read_row(f"line {rows.line_num}", header, row)


def _read_row(place: str, header: list[str], row: list[str]) -> Entry:
    if len(row) != len(header):
        return Entry(place, problem=f"has {len(row)} columns, not {len(header)}")
    cells = dict(zip(header, row, strict=True))
    try:
        return records.read_entry(place, _record(cells))
    except (ValueError, errors.InvalidValue) as error:
        return Entry(place, problem=str(error))


def _record(cells: Mapping[str, str]) -> dict[str, Any]:
    """The row in the wire's form. Raises ValueError."""
    record: dict[str, Any] = {
        field: cells[column] or None for column, field in _FIELDS.items() if column in cells
    }
    address = {
        field: cells[column] or None for column, field in _ADDRESS_FIELDS.items() if column in cells
    }
    record["billing_address"] = address if any(address.values()) else None
    record["tax_id"] = _read_tax_id(cells.get("Tax ID", ""), address.get("country"))
    try:
        record["metadata"] = json.loads(cells.get("Metadata") or "{}")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Metadata: not JSON: {error}") from error
    if record.get("email") is None:
        record["type"] = "team"  # only a team may be without an address
    return record


def _read_tax_id(cell: str, country: str | None) -> tuple[str, str] | None:
    if not cell:
        return None
    found = _TUPLE.fullmatch(cell)
    if found is not None:
        return found[1], found[2]
    if country is None:
        raise ValueError("Tax ID: its format cannot be told without a billing country")
    tax_id = tax_ids.validate(cell, country)
    return tax_id.value, tax_id.format


def render_header() -> str:
    """The first line."""
    return _render(COLUMNS)


def render_row(customer: Mapping[str, Any]) -> str:
    """The line of a customer in the wire's form; the line ends with CR and LF."""
    address = customer["billing_address"] or {}
    tax_id = customer["tax_id"]
    created_at = customer["created_at"].removesuffix("Z") + "+00:00"
    cells: list[str | None] = [
        customer["id"],
        customer["external_id"],
        created_at,
        customer["email"],
        customer["name"],
        None if tax_id is None else tax_id[0],
        *(address.get(field) for field in _ADDRESS_FIELDS.values()),
        json.dumps(customer["metadata"]) if customer["metadata"] else None,
    ]
    return _render(cells)


def _render(cells: Iterable[str | None]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
