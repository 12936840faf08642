"""Webhook endpoints: the statements."""

from datetime import datetime, timedelta
from uuid import UUID

from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.webhooks import WebhookEndpoint
from icefloe.storage.columns import Column, Columns, Kind, moment_column
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction, moment

ENDPOINT = Columns(
    WebhookEndpoint,
    [
        Column("organization_id", Kind.UUID),
        Column("id", Kind.UUID),
        moment_column("created_at"),
        moment_column("modified_at"),
        moment_column("deleted_at"),
        Column("url", Kind.TEXT),
        Column("name", Kind.TEXT),
        Column("format", Kind.TEXT),
        Column("secret", Kind.TEXT),
        Column("events", Kind.TEXT, " ".join, lambda text: tuple(text.split())),
        Column("enabled", Kind.FLAG, read=bool),
        Column("signing", Kind.TEXT),
        Column("api_version", Kind.TEXT),
    ],
)
KINDS = {"sequence": Kind.NUMBER, **ENDPOINT.kinds, "failures": Kind.NUMBER}
_PLACES = ", ".join(f"${at}" for at in range(1, len(ENDPOINT.names) + 1))
# Without the first two, the ids, which never change.
_ASSIGNED = ", ".join([f"{name} = ${at}" for at, name in enumerate(ENDPOINT.names, start=1)][2:])
_ONE = "organization_id = $1 AND id = $2"
_LIVING = "organization_id = $1 AND deleted_at IS NULL"


class WebhookEndpointStatements:
    """Implements `domain.ports.outbox.WebhookEndpointTable`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect

    async def add(self, endpoint: WebhookEndpoint) -> None:
        """Insert an endpoint."""
        await self._transaction.execute(
            f"INSERT INTO webhook_endpoints ({ENDPOINT.text}) VALUES ({_PLACES})",
            *ENDPOINT.values_of(endpoint),
        )

    async def find(self, organization_id: UUID, endpoint_id: UUID) -> WebhookEndpoint | None:
        """The endpoint with that id, unless deleted."""
        row = await self._transaction.fetch_one(
            f"SELECT {ENDPOINT.text} FROM webhook_endpoints WHERE {_ONE} AND deleted_at IS NULL"
            f"{self._dialect.for_update}",
            organization_id,
            endpoint_id,
        )
        return None if row is None else ENDPOINT.read(row, self._transaction)

    async def find_page(
        self, organization_id: UUID, page: PageRequest
    ) -> tuple[list[WebhookEndpoint], int]:
        """A page of the endpoints that are not deleted, newest first, and how many there are."""
        counted = await self._transaction.fetch_one(
            f"SELECT count(*) FROM webhook_endpoints WHERE {_LIVING}", organization_id
        )
        found = await self._find_where(
            f"{_LIVING} ORDER BY sequence DESC LIMIT $2 OFFSET $3",
            organization_id,
            page.limit,
            page.offset,
        )
        return found, 0 if counted is None else counted[0]

    async def find_all(self, organization_id: UUID) -> list[WebhookEndpoint]:
        """Every endpoint of an organization, deleted or not, oldest first."""
        return await self._find_where("organization_id = $1 ORDER BY sequence", organization_id)

    async def find_enabled(self, organization_id: UUID) -> list[WebhookEndpoint]:
        """The endpoints that are enabled and not deleted, oldest first."""
        return await self._find_where(f"{_LIVING} AND enabled ORDER BY sequence", organization_id)

    async def replace(self, endpoint: WebhookEndpoint) -> None:
        """Store an endpoint's new values."""
        await self._transaction.execute(
            f"UPDATE webhook_endpoints SET {_ASSIGNED} WHERE {_ONE}", *ENDPOINT.values_of(endpoint)
        )

    async def count_failure(self, organization_id: UUID, endpoint_id: UUID) -> int:
        """Count an event whose last attempt failed; returns how many there are since a success."""
        row = await self._transaction.fetch_one(
            f"UPDATE webhook_endpoints SET failures = failures + 1 WHERE {_ONE} RETURNING failures",
            organization_id,
            endpoint_id,
        )
        return 0 if row is None else row[0]

    async def count_success(self, organization_id: UUID, endpoint_id: UUID) -> None:
        """Begin to count failures afresh."""
        await self._transaction.execute(
            f"UPDATE webhook_endpoints SET failures = 0 WHERE {_ONE} AND failures > 0",
            organization_id,
            endpoint_id,
        )

    async def lease(
        self, organization_id: UUID, endpoint_id: UUID, holder: UUID, duration: timedelta
    ) -> bool:
        """Take or renew the lease to deliver to an endpoint; False while another worker holds it."""
        now = self._dialect.now
        changed = await self._transaction.execute(
            f"UPDATE webhook_endpoints SET lease_holder = $3, lease_until = {now} + $4"
            f" WHERE {_ONE} AND (lease_holder = $3 OR lease_until IS NULL OR lease_until < {now})",
            organization_id,
            endpoint_id,
            holder,
            duration // timedelta(microseconds=1),
        )
        return changed > 0

    async def release(self, organization_id: UUID, endpoint_id: UUID, holder: UUID) -> None:
        """Give a lease back, if it is still the holder's."""
        await self._transaction.execute(
            "UPDATE webhook_endpoints SET lease_holder = NULL, lease_until = NULL"
            f" WHERE {_ONE} AND lease_holder = $3",
            organization_id,
            endpoint_id,
            holder,
        )

    async def remove_before(self, organization_id: UUID, before: datetime, limit: int) -> int:
        """Delete endpoints that were deleted before a moment and have no event or delivery."""
        # All events of an endpoint happened before it was deleted: if the organization's oldest
        # happened later, there is none of them.
        return await self._transaction.execute(
            "DELETE FROM webhook_endpoints WHERE organization_id = $1 AND sequence IN ("
            "SELECT sequence FROM webhook_endpoints AS endpoint"
            " WHERE organization_id = $1 AND deleted_at < $2"
            " AND deleted_at < COALESCE((SELECT created_at FROM webhook_events"
            " WHERE organization_id = $1 ORDER BY sequence LIMIT 1), $2)"
            " AND NOT EXISTS (SELECT 1 FROM webhook_deliveries AS delivery"
            " WHERE delivery.organization_id = $1 AND delivery.endpoint_id = endpoint.id)"
            " ORDER BY sequence LIMIT $3)",
            organization_id,
            moment(before),
            limit,
        )

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete every endpoint of an organization."""
        await self._transaction.execute(
            "DELETE FROM webhook_endpoints WHERE organization_id = $1", organization_id
        )

    async def _find_where(self, condition: str, *arguments: object) -> list[WebhookEndpoint]:
        rows = await self._transaction.fetch_all(
            f"SELECT {ENDPOINT.text} FROM webhook_endpoints WHERE {condition}", *arguments
        )
        return [ENDPOINT.read(row, self._transaction) for row in rows]
