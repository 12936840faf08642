"""Objects: what the rules of every resource of commerce have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import joins
from icefloe.domain.commerce.changes import Change, Changes
from icefloe.domain.values import errors, listing

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.commerce import ObjectQuery
    from icefloe.domain.values.documents import Document


class Objects:
    """The objects of one resource: how they are read. A subclass has the rules of their changes."""

    resource: str
    """The resource's name in the storage's table of resources."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._changes = Changes(store, clock)

    async def get(self, organization_id: UUID, object_id: UUID) -> bytes:
        """An object as the wire shows it. Raises NotFound."""

        async def work(tables: storage.Tables) -> bytes:
            table = tables.commerce.table(self.resource)
            text = await table.find_text(organization_id, object_id)
            if text is None:
                raise errors.NotFound
            return await joins.join(tables, organization_id, text)

        return await self._store.read(work)

    async def find_page(self, organization_id: UUID, query: ObjectQuery) -> listing.Page:
        """A page of an organization's objects as the wire shows them, and how many there are."""

        async def work(tables: storage.Tables) -> listing.Page:
            table = tables.commerce.table(self.resource)
            page = await table.find_page(organization_id, query)
            items = await joins.join(tables, organization_id, page.items)
            return listing.Page(items, page.total_count)

        return await self._store.read(work)

    async def _lock(self, change: Change, object_id: UUID) -> Document:
        """The object that a change is about, locked. Raises NotFound."""
        table = change.tables.commerce.table(self.resource)
        found = await table.find(change.organization_id, object_id)
        if found is None:
            raise errors.NotFound
        return found
