"""The lines of a CSV export of subscriptions, with the reference's columns."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Subscription = Mapping[str, Any]

_CENTS = 100
"""Of a unit of a currency."""
DEFAULT = ("email", "started_at", "product", "amount", "currency", "status", "recurring_interval")
"""The columns where none are asked for."""


class _Line:
    """What the cells of one subscription's line hold."""

    def __init__(self, subscription: Subscription, zone: ZoneInfo) -> None:
        self._subscription = subscription
        self._zone = zone

    def render(self, columns: Iterable[str]) -> list[str]:
        cells = [_CELLS[column][1](self) for column in columns]
        return ["" if cell is None else str(cell) for cell in cells]

    def value(self, name: str) -> Any:
        return self._subscription[name]

    def of(self, embedded: str, name: str) -> Any:
        shown = self._subscription[embedded]
        return None if shown is None else shown[name]

    def moment(self, name: str) -> str | None:
        text = self._subscription[name]
        if text is None:
            return None
        return datetime.fromisoformat(text).astimezone(self._zone).isoformat()

    def amount(self) -> float:
        return float(self._subscription["amount"] / _CENTS)

    def interval(self) -> str:
        count, interval = (
            self._subscription["recurring_interval_count"],
            self._subscription["recurring_interval"],
        )
        return str(interval) if count == 1 else f"{count} {interval}s"

    def country(self) -> str | None:
        address = self._subscription["customer"]["billing_address"]
        return None if address is None else address["country"]


_CELLS: Mapping[str, tuple[str, Callable[[_Line], Any]]] = {
    "email": ("Email", lambda line: line.of("customer", "email")),
    "started_at": ("Started At", lambda line: line.moment("started_at")),
    "product": ("Product", lambda line: line.of("product", "name")),
    "amount": ("Amount", _Line.amount),
    "currency": ("Currency", lambda line: line.value("currency")),
    "status": ("Status", lambda line: line.value("status")),
    "recurring_interval": ("Billing Interval", _Line.interval),
    "customer_name": ("Customer Name", lambda line: line.of("customer", "name")),
    "billing_name": ("Billing Name", lambda line: line.of("customer", "billing_name")),
    "billing_country": ("Billing Country", _Line.country),
    "net_amount": ("Net Amount", _Line.amount),
    "discount": ("Discount", lambda line: line.of("discount", "name")),
    "seats": ("Seats", lambda line: line.value("seats")),
    "current_period_start": (
        "Current Period Start",
        lambda one: one.moment("current_period_start"),
    ),
    "current_period_end": ("Current Period End", lambda line: line.moment("current_period_end")),
    "cancel_at_period_end": ("Cancel At Period End", lambda one: one.value("cancel_at_period_end")),
    "canceled_at": ("Canceled At", lambda line: line.moment("canceled_at")),
    "ends_at": ("Ends At", lambda line: line.moment("ends_at")),
    "ended_at": ("Ended At", lambda line: line.moment("ended_at")),
    "cancellation_reason": (
        "Cancellation Reason",
        lambda line: line.value("customer_cancellation_reason"),
    ),
    "trial_start": ("Trial Start", lambda line: line.moment("trial_start")),
    "trial_end": ("Trial End", lambda line: line.moment("trial_end")),
}


async def render(
    batches: AsyncIterator[list[dict[str, Any]]], columns: Sequence[str] | None, zone: ZoneInfo
) -> AsyncIterator[bytes]:
    """The parts of an export: the header, then the lines of each batch.

    Args:
        batches: subscriptions in the wire's form.
        columns: which cells to show, in their order; the usual ones for None.
        zone: where the times are shown.
    """
    wanted = columns or DEFAULT
    yield _write([[_CELLS[column][0] for column in wanted]])
    async for batch in batches:
        yield _write([_Line(one, zone).render(wanted) for one in batch])


def _write(lines: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()
