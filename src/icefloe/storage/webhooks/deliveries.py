"""Deliveries to webhook endpoints: the statements."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from icefloe.domain.values.webhooks import (
    DeliveredEvent,
    DeliveryQuery,
    HttpCodeClass,
    WebhookDelivery,
)
from icefloe.storage.columns import Column, Columns, Kind, moment_column
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction, moment
from icefloe.storage.webhooks.events import EVENT

_MICROSECOND = timedelta(microseconds=1)


def _microseconds(duration: timedelta) -> int:
    return duration // _MICROSECOND


def _duration(microseconds: int) -> timedelta:
    return microseconds * _MICROSECOND


DELIVERY = Columns(
    WebhookDelivery,
    [
        Column("organization_id", Kind.UUID),
        Column("id", Kind.UUID),
        Column("endpoint_id", Kind.UUID),
        Column("event_id", Kind.UUID),
        Column("event_type", Kind.TEXT),
        moment_column("created_at"),
        Column("succeeded", Kind.FLAG, read=bool),
        Column("http_code", Kind.NUMBER),
        Column("response", Kind.TEXT),
        Column("duration", Kind.NUMBER, _microseconds, _duration),
    ],
)
KINDS = {"sequence": Kind.NUMBER, **DELIVERY.kinds}
_PLACES = ", ".join(f"${at}" for at in range(1, len(DELIVERY.names) + 1))
_BOTH = ", ".join(
    [f"delivery.{name}" for name in DELIVERY.names] + [f"event.{name}" for name in EVENT.names]
)
# Text that only an identifier can hold, and that only as a whole.
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WILD = re.compile("[%_]")
_FAILED = "NOT delivery.succeeded"
_WIDTH = len(DELIVERY.names)
_ATTEMPT = (
    "(SELECT count(*) FROM webhook_deliveries AS earlier"
    " WHERE earlier.organization_id = delivery.organization_id"
    " AND earlier.event_id = delivery.event_id AND earlier.sequence <= delivery.sequence)"
)
_EVENT_OF_DELIVERY = (
    "webhook_events AS event"
    " ON event.organization_id = delivery.organization_id AND event.id = delivery.event_id"
)


def _has_class(http_code_class: HttpCodeClass, place: Callable[[object], str]) -> str:
    """The condition that the HTTP code is of a class."""
    first = int(http_code_class[0]) * 100
    condition = f"delivery.http_code BETWEEN {place(first)} AND {place(first + 99)}"
    # All others failed: the index of those finds them.
    return condition if http_code_class == "2xx" else f"{_FAILED} AND {condition}"


class WebhookDeliveryStatements:
    """Implements `domain.ports.outbox.WebhookDeliveryTable`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect

    async def add_all(self, deliveries: Sequence[WebhookDelivery]) -> None:
        """Append deliveries in their order."""
        await self._transaction.execute_many(
            f"INSERT INTO webhook_deliveries ({DELIVERY.text}) VALUES ({_PLACES})",
            [DELIVERY.values_of(delivery) for delivery in deliveries],
        )

    async def find_page(
        self, organization_id: UUID, query: DeliveryQuery
    ) -> tuple[list[DeliveredEvent], int]:
        """A page of deliveries, newest first, and how many there are in all."""
        where, arguments = self._conditions(organization_id, query)
        counted = await self._transaction.fetch_one(
            f"SELECT count(*) FROM webhook_deliveries AS delivery WHERE {where}", *arguments
        )
        return await self.find_latest(organization_id, query), 0 if counted is None else counted[0]

    async def find_latest(
        self, organization_id: UUID, query: DeliveryQuery
    ) -> list[DeliveredEvent]:
        """A page of deliveries, newest first."""
        where, arguments = self._conditions(organization_id, query)
        last = len(arguments)
        # Events are joined to the page alone: a look-up for each of 300,000 deliveries takes a second.
        rows = await self._transaction.fetch_all(
            f"SELECT {_BOTH}, {_ATTEMPT} FROM (SELECT * FROM webhook_deliveries AS delivery"
            f" WHERE {where} ORDER BY sequence DESC LIMIT ${last + 1} OFFSET ${last + 2}) AS delivery"
            f" JOIN {_EVENT_OF_DELIVERY} ORDER BY delivery.sequence DESC",
            *arguments,
            query.page.limit,
            query.page.offset,
        )
        return [
            DeliveredEvent(
                DELIVERY.read(tuple(row)[:_WIDTH], self._transaction),
                EVENT.read(tuple(row)[_WIDTH:-1], self._transaction),
                row[-1],
            )
            for row in rows
        ]

    def _conditions(self, organization_id: UUID, query: DeliveryQuery) -> tuple[str, list[Any]]:
        """The condition of a WHERE clause, and its arguments."""
        arguments: list[Any] = [organization_id]
        conditions = ["delivery.organization_id = $1"]

        def place(value: object) -> str:
            arguments.append(value)
            return f"${len(arguments)}"

        if query.endpoint_ids is not None:
            places = ", ".join([place(endpoint_id) for endpoint_id in query.endpoint_ids])
            living = (
                "(SELECT id FROM webhook_endpoints"
                f" WHERE organization_id = $1 AND deleted_at IS NULL AND id IN ({places}))"
            )
            # Equal to one value, so that an index finds the deliveries of one endpoint in their order.
            is_one = "=" if len(query.endpoint_ids) == 1 else "IN"
            conditions.append(f"delivery.endpoint_id {is_one} {living}")
        if query.event_id is not None:
            conditions.append(f"delivery.event_id = {place(query.event_id)}")
        if query.after is not None:
            conditions.append(f"delivery.created_at > {place(moment(query.after))}")
        if query.before is not None:
            conditions.append(f"delivery.created_at < {place(moment(query.before))}")
        if query.succeeded is not None:
            conditions.append("delivery.succeeded" if query.succeeded else _FAILED)
        if query.http_code_class is not None:
            conditions.append(_has_class(query.http_code_class, place))
        if query.event_types is not None:
            places = ", ".join([place(kind) for kind in query.event_types])
            conditions.append(f"delivery.event_type IN ({places})")
        if query.query is not None:
            conditions.append(self._has_text(query.query, place))
        return " AND ".join(conditions), arguments

    def _has_text(self, text: str, place: Callable[[object], str]) -> str:
        """The condition that a delivery's id, its event's or the HTTP code holds a text."""
        if _ID.fullmatch(text):
            wanted = place(UUID(text))
            found = "SELECT sequence FROM webhook_deliveries WHERE organization_id = $1 AND"
            return (
                f"delivery.sequence IN ({found} id = {wanted}"
                f" UNION ALL {found} event_id = {wanted})"
            )
        like = self._dialect.contains_pattern(place(f"%{text}%"))
        has_code = f"CAST(delivery.http_code AS TEXT) {like}"
        columns = ("delivery.id", "delivery.event_id")
        if _WILD.search(text):
            has_id = [f"{self._dialect.uuid_text(column)} {like}" for column in columns]
        else:
            part = place(text.lower())
            has_id = [self._dialect.uuid_contains(column, part) for column in columns]
        return f"({' OR '.join([*has_id, has_code])})"
