"""The lines of a CSV export, with the reference's columns; `tables` reads them.

The reference writes a tax number as a Python tuple, `('FR…', <TaxIDFormat.eu_vat: 'eu_vat'>)`; ours is
the number alone, whose format follows from its country.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = (
    "ID", "External ID", "Created At", "Email", "Name", "Tax ID", "Billing Address Line 1",
    "Billing Address Line 2", "Billing Address City", "Billing Address State",
    "Billing Address Zip", "Billing Address Country", "Metadata",
)  # fmt: skip
_ADDRESS_FIELDS = ("line1", "line2", "city", "state", "postal_code", "country")
BYTE_ORDER_MARK = "\ufeff"
"""What a spreadsheet knows UTF-8 by."""
# A spreadsheet computes a cell that begins so; the full-width signs count in some.
_FORMULA_SIGNS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def render_header() -> str:
    """The first line."""
    return _render(COLUMNS)


def render_row(customer: Mapping[str, Any], *, for_spreadsheet: bool = False) -> str:
    """The line of a customer in the wire's form; it ends with CR and LF.

    Args:
        customer: the document.
        for_spreadsheet: put an apostrophe before what a spreadsheet would take for a formula.
    """
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
        *(address.get(field) for field in _ADDRESS_FIELDS),
        json.dumps(customer["metadata"]) if customer["metadata"] else None,
    ]
    return _render(map(_disarmed, cells) if for_spreadsheet else cells)


def _disarmed(cell: str | None) -> str | None:
    """A cell that a spreadsheet shows as it is."""
    return f"'{cell}" if cell is not None and cell.startswith(_FORMULA_SIGNS) else cell


def _render(cells: Iterable[str | None]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
