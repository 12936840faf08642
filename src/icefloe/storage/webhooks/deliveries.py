"""Deliveries to webhook endpoints: the statements."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from icefloe.domain.values.webhooks import DeliveredEvent, DeliveryQuery, WebhookDelivery
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
            conditions.append(
                "delivery.endpoint_id IN (SELECT id FROM webhook_endpoints"
                f" WHERE organization_id = $1 AND deleted_at IS NULL AND id IN ({places}))"
            )
        if query.event_id is not None:
            conditions.append(f"delivery.event_id = {place(query.event_id)}")
        if query.after is not None:
            conditions.append(f"delivery.created_at > {place(moment(query.after))}")
        if query.before is not None:
            conditions.append(f"delivery.created_at < {place(moment(query.before))}")
        if query.succeeded is not None:
            conditions.append(f"delivery.succeeded = {place(query.succeeded)}")
        if query.http_code_class is not None:
            first = int(query.http_code_class[0]) * 100
            conditions.append(f"delivery.http_code BETWEEN {place(first)} AND {place(first + 99)}")
        if query.event_types is not None:
            places = ", ".join([place(kind) for kind in query.event_types])
            conditions.append(
                "EXISTS (SELECT 1 FROM webhook_events AS event WHERE event.organization_id = $1"
                f" AND event.id = delivery.event_id AND event.type IN ({places}))"
            )
        if query.query is not None:
            like = self._dialect.contains_pattern(place(f"%{query.query}%"))
            texts = (
                self._dialect.uuid_text("delivery.id"),
                self._dialect.uuid_text("delivery.event_id"),
                "CAST(delivery.http_code AS TEXT)",
            )
            conditions.append(f"({' OR '.join(f'{text} {like}' for text in texts)})")
        return " AND ".join(conditions), arguments
