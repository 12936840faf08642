"""Reading events: what happened to customers and members, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.values.events import StoredEvent

if TYPE_CHECKING:
    from icefloe.domain.ports import storage


class Events:
    """Reads events."""

    def __init__(self, store: storage.Storage) -> None:
        self._store = store

    async def find_of_customer(
        self,
        organization_id: UUID,
        customer_id: UUID,
        limit: int = 50,
        before: int | None = None,
    ) -> list[StoredEvent]:
        """What happened to a customer and its members, latest first.

        Args:
            organization_id: whose customer it is.
            customer_id: which customer.
            limit: how many at most.
            before: the sequence of the last event of the previous page.
        """
        return await self._store.read(
            lambda tables: tables.events.find_latest_of(organization_id, customer_id, limit, before)
        )

    async def find_latest(self, organization_id: UUID, limit: int = 20) -> list[StoredEvent]:
        """What happened last in an organization, latest first, `limit` at most."""
        return await self._store.read(
            lambda tables: tables.events.find_latest(organization_id, limit)
        )
