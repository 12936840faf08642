"""Events that are queued for webhook endpoints: the statements."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from icefloe.domain.values.webhooks import EndpointStatus, Lane, Queued, WebhookEvent
from icefloe.storage.columns import Column, Columns, Kind, moment_column
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction, moment, read_moment
from icefloe.storage.webhooks.endpoints import ENDPOINT

EVENT = Columns(
    WebhookEvent,
    [
        Column("organization_id", Kind.UUID),
        Column("id", Kind.UUID),
        Column("endpoint_id", Kind.UUID),
        Column("customer_id", Kind.UUID),
        Column("type", Kind.TEXT),
        moment_column("created_at"),
        moment_column("modified_at"),
        Column("payload", Kind.BYTES),
        Column("api_version", Kind.TEXT),
        Column("attempts", Kind.NUMBER),
        moment_column("due_at"),
        Column("succeeded", Kind.FLAG, read=bool),
        Column("skipped", Kind.FLAG, read=bool),
        Column("last_http_code", Kind.NUMBER),
    ],
)
KINDS = {"sequence": Kind.NUMBER, **EVENT.kinds}
_PLACES = ", ".join(f"${at}" for at in range(1, len(EVENT.names) + 1))
_ONE = "organization_id = $1 AND id = $2"
_IS_FIRST = "due_at IS NOT NULL AND attempts = 0"
_IS_RETRY = "due_at IS NOT NULL AND attempts > 0"
_OF_LANE = "lane.organization_id = webhook_endpoints.organization_id AND lane.endpoint_id = webhook_endpoints.id"  # noqa: E501 - one condition


def _lanes(name: str, condition: str) -> str:
    """A recursive table of the endpoints that have events of a partial index, one step for each.

    Each step seeks the first entry of the next endpoint, so that neither endpoints that have nothing
    to do nor the many events of one are read.
    """
    seek = "FROM webhook_events WHERE {where} ORDER BY organization_id, endpoint_id LIMIT 1"
    begin = seek.format(where=condition)
    go_on = seek.format(
        where=f"{condition} AND (organization_id, endpoint_id) > (last.organization, last.endpoint)"
    )
    return (
        f"{name} (organization, endpoint) AS ("
        f"SELECT (SELECT organization_id {begin}), (SELECT endpoint_id {begin})"
        f" UNION ALL SELECT (SELECT organization_id {go_on}), (SELECT endpoint_id {go_on})"
        f" FROM {name} AS last WHERE last.endpoint IS NOT NULL)"
    )


class WebhookEventStatements:
    """Implements `domain.ports.outbox.WebhookEventTable`."""

    def __init__(
        self, transaction: Transaction, dialect: Dialect, note_queued: Callable[[], None]
    ) -> None:
        """Make the statements.

        Args:
            transaction: what they run on.
            dialect: the engine's.
            note_queued: called when the transaction queues an event.
        """
        self._transaction = transaction
        self._dialect = dialect
        self._note_queued = note_queued

    async def add_all(self, events: Sequence[WebhookEvent]) -> None:
        """Append events in their order."""
        await self._transaction.execute_many(
            f"INSERT INTO webhook_events ({EVENT.text}) VALUES ({_PLACES})",
            [EVENT.values_of(event) for event in events],
        )
        self._note_queued()

    async def find(self, organization_id: UUID, event_id: UUID) -> WebhookEvent | None:
        """The event with that id."""
        row = await self._transaction.fetch_one(
            f"SELECT {EVENT.text} FROM webhook_events WHERE {_ONE}", organization_id, event_id
        )
        return None if row is None else EVENT.read(row, self._transaction)

    async def find_lanes(self, holder: UUID | None) -> list[Lane]:
        """The endpoints of all organizations that have attempts to make, now or later."""
        free = (
            ""
            if holder is None
            else f" AND (lease_holder = $1 OR lease_until IS NULL OR lease_until < {self._dialect.now})"
        )
        rows = await self._transaction.fetch_all(
            f"WITH RECURSIVE {_lanes('first_lanes', _IS_FIRST)}, {_lanes('retry_lanes', _IS_RETRY)}"
            " SELECT organization_id, id,"
            f" EXISTS (SELECT 1 FROM webhook_events AS lane WHERE {_OF_LANE} AND {_IS_FIRST}),"
            f" (SELECT min(due_at) FROM webhook_events AS lane WHERE {_OF_LANE} AND {_IS_RETRY})"
            " FROM (SELECT * FROM first_lanes UNION SELECT * FROM retry_lanes) AS busy"
            " JOIN webhook_endpoints ON organization_id = busy.organization AND id = busy.endpoint"
            f"{free}",
            *([] if holder is None else [holder]),
        )
        read_uuid = self._transaction.read_uuid
        return [
            Lane(
                read_uuid(organization_id), read_uuid(endpoint_id), bool(first), read_moment(retry)
            )
            for organization_id, endpoint_id, first, retry in rows
        ]

    async def find_queued(
        self, organization_id: UUID, endpoint_id: UUID, now: datetime, first: int, retries: int
    ) -> Queued | None:
        """What may be attempted at an endpoint; None where it is gone."""
        row = await self._transaction.fetch_one(
            f"SELECT {ENDPOINT.text} FROM webhook_endpoints WHERE {_ONE}",
            organization_id,
            endpoint_id,
        )
        if row is None:
            return None
        queued = Queued(ENDPOINT.read(row, self._transaction), [], [])
        if first:
            queued.first.extend(
                await self._find_where(
                    f"organization_id = $1 AND endpoint_id = $2 AND {_IS_FIRST}"
                    " ORDER BY sequence LIMIT $3",
                    organization_id,
                    endpoint_id,
                    first,
                )
            )
        if retries:
            queued.retries.extend(
                await self._find_where(
                    f"organization_id = $1 AND endpoint_id = $2 AND {_IS_RETRY} AND due_at <= $4"
                    " ORDER BY due_at LIMIT $3",
                    organization_id,
                    endpoint_id,
                    retries,
                    moment(now),
                )
            )
        return queued

    async def find_present(self, organization_id: UUID, event_ids: Sequence[UUID]) -> set[UUID]:
        """Which of the events are there."""
        # Few lengths, so that there are few statements to prepare: the first id is repeated.
        length = 1
        while length < len(event_ids):
            length *= 4
        places = ", ".join([f"${at}" for at in range(2, length + 2)])
        rows = await self._transaction.fetch_all(
            f"SELECT id FROM webhook_events WHERE organization_id = $1 AND id IN ({places})",
            organization_id,
            *event_ids,
            *[event_ids[0]] * (length - len(event_ids)),
        )
        return {self._transaction.read_uuid(row[0]) for row in rows}

    async def replace_all(self, events: Sequence[WebhookEvent]) -> None:
        """Store what became of one more attempt of each event, and when the next is due."""
        await self._transaction.execute_many(
            "UPDATE webhook_events SET modified_at = $3, attempts = $4,"
            " due_at = CASE WHEN due_at IS NULL THEN NULL ELSE CAST($5 AS BIGINT) END,"
            f" succeeded = $6, last_http_code = $7 WHERE {_ONE} AND attempts = $4 - 1",
            [
                (
                    event.organization_id,
                    event.id,
                    moment(event.modified_at),
                    event.attempts,
                    moment(event.due_at),
                    event.succeeded,
                    event.last_http_code,
                )
                for event in events
            ],
        )

    async def queue(self, organization_id: UUID, event_id: UUID, now: datetime) -> None:
        """Begin another cycle of attempts."""
        await self._transaction.execute(
            "UPDATE webhook_events SET attempts = 0, due_at = $3, skipped = FALSE,"
            " modified_at = $3"
            f" WHERE {_ONE} AND payload IS NOT NULL",
            organization_id,
            event_id,
            moment(now),
        )
        self._note_queued()

    async def find_statuses(self, organization_id: UUID) -> dict[UUID, EndpointStatus]:
        """How the endpoints of an organization stand, by their ids."""
        rows = await self._transaction.fetch_all(
            "SELECT id, failures,"
            f" (SELECT count(*) FROM webhook_events AS lane WHERE {_OF_LANE} AND {_IS_FIRST}),"
            f" (SELECT count(*) FROM webhook_events AS lane WHERE {_OF_LANE} AND {_IS_RETRY}),"
            f" (SELECT min(due_at) FROM webhook_events AS lane WHERE {_OF_LANE} AND {_IS_RETRY})"
            " FROM webhook_endpoints WHERE organization_id = $1 AND deleted_at IS NULL",
            organization_id,
        )
        return {
            self._transaction.read_uuid(endpoint_id): EndpointStatus(
                failures, queued, retries, read_moment(retry_at)
            )
            for endpoint_id, failures, queued, retries, retry_at in rows
        }

    async def skip_all(self, organization_id: UUID, endpoint_id: UUID, now: datetime) -> None:
        """Mark all that is queued for an endpoint as skipped."""
        await self._transaction.execute(
            "UPDATE webhook_events SET due_at = NULL, skipped = TRUE, modified_at = $3"
            " WHERE organization_id = $1 AND endpoint_id = $2 AND due_at IS NOT NULL",
            organization_id,
            endpoint_id,
            moment(now),
        )

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Archive every event about a customer and its members, and delete what endpoints answered."""
        await self._transaction.execute(
            "UPDATE webhook_deliveries SET response = NULL WHERE organization_id = $1"
            " AND event_id IN (SELECT id FROM webhook_events"
            " WHERE organization_id = $1 AND customer_id = $2)",
            organization_id,
            customer_id,
        )
        await self._transaction.execute(
            "UPDATE webhook_events SET payload = NULL, due_at = NULL,"
            " skipped = skipped OR due_at IS NOT NULL"
            " WHERE organization_id = $1 AND customer_id = $2",
            organization_id,
            customer_id,
        )

    async def remove_before(self, organization_id: UUID, before: datetime, limit: int) -> int:
        """Delete the oldest events that happened before a moment and are not queued."""
        rows = await self._transaction.fetch_all(
            "SELECT sequence, id FROM (SELECT sequence, id, created_at, due_at FROM webhook_events"
            " WHERE organization_id = $1 ORDER BY sequence LIMIT $3) AS oldest"
            " WHERE created_at < $2 AND due_at IS NULL",
            organization_id,
            moment(before),
            limit,
        )
        await self._transaction.execute_many(
            "DELETE FROM webhook_deliveries WHERE organization_id = $1 AND event_id = $2",
            [(organization_id, event_id) for _, event_id in rows],
        )
        await self._transaction.execute_many(
            "DELETE FROM webhook_events WHERE organization_id = $1 AND sequence = $2",
            [(organization_id, sequence) for sequence, _ in rows],
        )
        return len(rows)

    async def find_organizations(self) -> list[UUID]:
        """The organizations that have endpoints, deleted or not."""
        rows = await self._transaction.fetch_all(
            "SELECT DISTINCT organization_id FROM webhook_endpoints"
        )
        return [self._transaction.read_uuid(row[0]) for row in rows]

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete every event of an organization, and every delivery."""
        await self._transaction.execute(
            "DELETE FROM webhook_deliveries WHERE organization_id = $1", organization_id
        )
        await self._transaction.execute(
            "DELETE FROM webhook_events WHERE organization_id = $1", organization_id
        )

    async def _find_where(self, condition: str, *arguments: object) -> list[WebhookEvent]:
        rows = await self._transaction.fetch_all(
            f"SELECT {EVENT.text} FROM webhook_events WHERE {condition}", *arguments
        )
        return [EVENT.read(row, self._transaction) for row in rows]
