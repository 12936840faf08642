"""The lines of an export of orders, with the reference's columns."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

_CENTS = 100
_HEADINGS = {"invoice_number": "Invoice number"}
"""Of columns whose heading does not follow from their name."""


def render_header(columns: Sequence[str]) -> str:
    """The first line."""
    return _render(_HEADINGS.get(name, name.replace("_", " ").title()) for name in columns)


def render_row(order: Mapping[str, Any], columns: Sequence[str], zone: tzinfo) -> str:
    """The line of an order in the wire's form; it ends with CR and LF.

    Args:
        order: the document.
        columns: what it shows.
        zone: where its moments are told.
    """
    return _render(_CELLS.get(name, _find_value(name))(order, zone) for name in columns)


def _find_value(name: str) -> Callable[[Mapping[str, Any], tzinfo], Any]:
    """What shows a value as it is; an amount in units of its currency."""
    if name.endswith("_amount"):
        return lambda order, _: order[name] / _CENTS
    return lambda order, _: order[name]


def _created_at(order: Mapping[str, Any], zone: tzinfo) -> str:
    return datetime.fromisoformat(order["created_at"]).astimezone(zone).isoformat()


_CELLS: Mapping[str, Callable[[Mapping[str, Any], tzinfo], Any]] = {
    "email": lambda order, _: order["customer"]["email"],
    "customer_name": lambda order, _: order["customer"]["name"],
    "created_at": _created_at,
    "product": lambda order, _: order["description"],
    "billing_country": lambda order, _: (order["billing_address"] or {}).get("country"),
}


def _render(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
