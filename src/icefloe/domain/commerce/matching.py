"""Matching: all objects that filters find, read a batch at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.values.commerce import ObjectQuery, Order
from icefloe.domain.values.listing import MAX_LIMIT, PageRequest

if TYPE_CHECKING:
    from icefloe.domain.ports.commerce import ObjectTable
    from icefloe.domain.values.commerce import Filter
    from icefloe.domain.values.documents import Document

OLDEST_FIRST = Order("created_at")
NEWEST_FIRST = Order("created_at", descending=True)


async def walk(
    table: ObjectTable,
    organization_id: UUID,
    filters: Sequence[Filter],
    order: Order = OLDEST_FIRST,
) -> AsyncIterator[Document]:
    """The objects that all filters find; while they are read, none may begin or cease to match."""
    page, found = 1, MAX_LIMIT
    while found == MAX_LIMIT:
        query = ObjectQuery(
            page=PageRequest(page=page, limit=MAX_LIMIT), filters=tuple(filters), sorting=(order,)
        )
        batch = await table.find_matching(organization_id, query)
        for document in batch:
            yield document
        page, found = page + 1, len(batch)


async def find_all(
    table: ObjectTable,
    organization_id: UUID,
    filters: Sequence[Filter],
    order: Order = OLDEST_FIRST,
) -> list[Document]:
    """The same, all at once."""
    return [document async for document in walk(table, organization_id, filters, order)]
