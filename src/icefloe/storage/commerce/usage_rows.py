"""Usage as rows: the columns of events and of customer meters, and of the tallies in both."""

import json
from decimal import Decimal
from typing import Any

from icefloe.domain.values.tallies import Tally
from icefloe.domain.values.usage import UsageEvent, UsageMetadata
from icefloe.storage.columns import Column, Columns, Kind, moment_column
from icefloe.storage.transaction import Row

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _render_notes(notes: UsageMetadata) -> str:
    return _ENCODER.encode(notes)


EVENT = Columns(
    UsageEvent,
    [
        Column("organization_id", Kind.UUID),
        Column("id", Kind.UUID),
        moment_column("timestamp"),
        Column("name", Kind.TEXT),
        Column("source", Kind.TEXT),
        Column("external_id", Kind.TEXT),
        Column("customer_id", Kind.UUID),
        Column("external_customer_id", Kind.TEXT),
        Column("member_id", Kind.UUID),
        Column("external_member_id", Kind.TEXT),
        Column("parent_id", Kind.UUID),
        Column("awaited_parent", Kind.TEXT),
        Column("metadata", Kind.TEXT, _render_notes, json.loads),
    ],
)
EVENT_KINDS = {"sequence": Kind.NUMBER, **EVENT.kinds}

AWAITED_KINDS = {"organization_id": Kind.UUID, "external_customer_id": Kind.TEXT}

_TALLY_KINDS = {
    "events": Kind.NUMBER,
    "total": Kind.TEXT,
    "least": Kind.TEXT,
    "greatest": Kind.TEXT,
}
TALLY_COLUMNS = ", ".join(_TALLY_KINDS)
TALLY_WIDTH = len(_TALLY_KINDS)

CUSTOMER_METER_KINDS = {
    "sequence": Kind.NUMBER,
    "organization_id": Kind.UUID,
    "id": Kind.UUID,
    "customer_id": Kind.UUID,
    "meter_id": Kind.UUID,
    "created_at": Kind.NUMBER,
    "modified_at": Kind.NUMBER,
    "consumed": Kind.TEXT,
    "credited": Kind.NUMBER,
    **_TALLY_KINDS,
}

CUSTOMER_VALUE_KINDS = {
    "organization_id": Kind.UUID,
    "meter_id": Kind.UUID,
    "customer_id": Kind.UUID,
    "value": Kind.BYTES,
}

SUM_KINDS = {
    "organization_id": Kind.UUID,
    "meter_id": Kind.UUID,
    "span": Kind.NUMBER,
    "bucket": Kind.NUMBER,
    **_TALLY_KINDS,
}

VALUE_KINDS = {
    "organization_id": Kind.UUID,
    "meter_id": Kind.UUID,
    "hour": Kind.NUMBER,
    "value": Kind.BYTES,
}


def tally_values(tally: Tally) -> tuple[Any, ...]:
    """What the columns of a tally hold, in the order of `TALLY_COLUMNS`."""
    return (tally.events, str(tally.total), _text(tally.least), _text(tally.greatest))


def read_tally(row: Row) -> Tally:
    """The tally that a row of these columns holds."""
    events, total, least, greatest = row
    return Tally(
        events,
        Decimal(total),
        None if least is None else Decimal(least),
        None if greatest is None else Decimal(greatest),
    )


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)
