"""Customers whose changed state webhook endpoints are still to be told of: the statements."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from icefloe.domain.values.webhooks import StateTrigger
from icefloe.storage.columns import Column, Columns, Kind, moment_column
from icefloe.storage.transaction import Transaction, read_required_moment

TRIGGER = Columns(
    StateTrigger,
    [
        Column("organization_id", Kind.UUID),
        Column("customer_id", Kind.UUID),
        moment_column("first_at"),
        moment_column("due_at"),
    ],
)
KINDS = TRIGGER.kinds


class StateTriggerStatements:
    """Implements `domain.ports.outbox.StateTriggerTable`."""

    def __init__(self, transaction: Transaction, note_queued: Callable[[], None]) -> None:
        """Make the statements.

        Args:
            transaction: what they run on.
            note_queued: called when the transaction stores a trigger.
        """
        self._transaction = transaction
        self._note_queued = note_queued

    async def push(self, trigger: StateTrigger, longest: timedelta) -> None:
        """Insert a trigger, or move the customer's: its due time, to `longest` after its first."""
        rows = await self._transaction.fetch_all(
            f"INSERT INTO state_triggers ({TRIGGER.text})"
            " SELECT $1, $2, CAST($3 AS BIGINT), CAST($4 AS BIGINT) WHERE EXISTS"
            " (SELECT 1 FROM webhook_endpoints AS endpoint WHERE endpoint.organization_id = $1"
            " AND endpoint.deleted_at IS NULL AND endpoint.enabled)"
            " ON CONFLICT (organization_id, customer_id) DO UPDATE SET due_at ="
            " CASE WHEN excluded.due_at < state_triggers.first_at + $5 THEN excluded.due_at"
            " ELSE state_triggers.first_at + $5 END RETURNING 1",
            *TRIGGER.values_of(trigger),
            longest // timedelta(microseconds=1),
        )
        if rows:
            self._note_queued()

    async def find_next(self) -> dict[UUID, datetime]:
        """When the first trigger of each organization falls due, by the organizations' ids."""
        rows = await self._transaction.fetch_all(
            "SELECT organization_id, min(due_at) FROM state_triggers GROUP BY organization_id"
        )
        return {
            self._transaction.read_uuid(organization_id): read_required_moment(due_at)
            for organization_id, due_at in rows
        }

    async def find_first(self, organization_id: UUID, limit: int) -> list[StateTrigger]:
        """The triggers of an organization that fall due first."""
        rows = await self._transaction.fetch_all(
            f"SELECT {TRIGGER.text} FROM state_triggers WHERE organization_id = $1"
            " ORDER BY due_at LIMIT $2",
            organization_id,
            limit,
        )
        return [TRIGGER.read(row, self._transaction) for row in rows]

    async def remove(self, trigger: StateTrigger) -> bool:
        """Delete a trigger; False where it is gone, or was moved meanwhile."""
        changed = await self._transaction.execute(
            "DELETE FROM state_triggers WHERE organization_id = $1 AND customer_id = $2"
            " AND first_at = $3 AND due_at = $4",
            *TRIGGER.values_of(trigger),
        )
        return changed > 0

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete every trigger of an organization."""
        await self._transaction.execute(
            "DELETE FROM state_triggers WHERE organization_id = $1", organization_id
        )
