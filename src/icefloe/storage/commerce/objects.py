"""The objects of one resource: the statements, made of its row in the table of resources."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from icefloe.domain.values import metadata
from icefloe.domain.values.commerce import Filter, ObjectQuery, StoredObject
from icefloe.domain.values.documents import Document, read, read_moment, render
from icefloe.domain.values.listing import EMPTY_PAGE, Page, PageRequest
from icefloe.storage import look_ups
from icefloe.storage.commerce.counts import ObjectCounts
from icefloe.storage.commerce.resources import Resource
from icefloe.storage.commerce.selections import Selection
from icefloe.storage.commerce.side_rows import SideRows
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Row, TakesLong, Transaction, moment
from icefloe.storage.transaction import read_moment as read_at

_COMMON = ("organization_id", "id", "created_at", "deleted_at", "document")
_QUICK_ROWS = 2_000
"""So many rows of an index are passed over, or counted, in 0.1 ms: few enough for the event loop."""


class ObjectStatements:
    """Implements `domain.ports.commerce.ObjectTable` for one resource."""

    def __init__(self, resource: Resource, transaction: Transaction, dialect: Dialect) -> None:
        self._resource = resource
        self._transaction = transaction
        self._dialect = dialect
        self._counts = ObjectCounts(resource.name, transaction, dialect)
        self._side_rows = SideRows(resource, transaction)

    async def add(
        self, organization_id: UUID, document: Document, *, deleted_at: datetime | None = None
    ) -> None:
        """Insert an object."""
        document = canonical(document)
        names = (*_COMMON, *[column.name for column in self._resource.columns])
        places = ", ".join(f"${at}" for at in range(1, len(names) + 1))
        row = await self._transaction.fetch_one(
            f"INSERT INTO {self._resource.name} ({', '.join(names)}) VALUES ({places})"
            " RETURNING sequence",
            organization_id,
            UUID(document["id"]),
            moment(read_moment(document["created_at"])),
            moment(deleted_at),
            render(document),
            *self._columns_of(document),
        )
        assert row is not None  # noqa: S101 - it was inserted
        if deleted_at is None:
            await self._side_rows.add(organization_id, row[0], document)
            await self._counts.change(organization_id, 1)

    async def replace(self, organization_id: UUID, document: Document) -> None:
        """Store an object's new document."""
        await self._store(organization_id, document, None)

    async def delete(self, organization_id: UUID, document: Document, now: datetime) -> None:
        """Store an object's last document, and leave it out of lists from now on."""
        await self._store(organization_id, document, now)
        await self._counts.change(organization_id, -1)

    async def find(self, organization_id: UUID, object_id: UUID) -> Document | None:
        """The object with that id, unless deleted; a write locks it until it ends."""
        row = await self._transaction.fetch_one(
            f"SELECT document FROM {self._resource.name} WHERE organization_id = $1 AND id = $2"
            f" AND deleted_at IS NULL{self._dialect.for_update}",
            organization_id,
            object_id,
        )
        return None if row is None else read(row[0])

    async def find_text(self, organization_id: UUID, object_id: UUID) -> bytes | None:
        """The stored text of the object with that id, unless deleted."""
        row = await self._transaction.fetch_one(
            f"SELECT document FROM {self._resource.name} WHERE organization_id = $1 AND id = $2"
            " AND deleted_at IS NULL",
            organization_id,
            object_id,
        )
        return None if row is None else row[0]

    async def find_texts(self, organization_id: UUID, ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """The stored texts of objects, deleted or not, by their ids; those there are."""
        return await look_ups.find_documents(
            self._transaction, self._resource.name, organization_id, ids
        )

    async def find_page(self, organization_id: UUID, query: ObjectQuery) -> Page:
        """A page of the objects that are not deleted; its items are stored texts."""
        if query.matches_nothing:
            return EMPTY_PAGE
        self._transaction.need_snapshot()
        selection = self._select(organization_id, query)
        count = live = await self._counts.find(organization_id)
        if self._transaction.blocks_event_loop and live > _QUICK_ROWS:
            self._refuse_long(query)
        if query.is_filtered:
            row = await self._transaction.fetch_one(selection.count, *selection.arguments)
            count = 0 if row is None else row[0]
        if query.page.offset >= count:
            return Page(b"", count)
        statement, arguments = selection.page(query.page, count)
        rows = await self._transaction.fetch_all(statement, *arguments)
        return Page(b",".join([row[0] for row in rows]), count)

    async def count(self, organization_id: UUID, filters: Sequence[Filter]) -> int:
        """How many objects that are not deleted pass filters."""
        query = ObjectQuery(page=PageRequest(), filters=tuple(filters))
        selection = self._select(organization_id, query)
        row = await self._transaction.fetch_one(selection.count, *selection.arguments)
        return 0 if row is None else row[0]

    async def find_matching(self, organization_id: UUID, query: ObjectQuery) -> list[Document]:
        """The same page without counting, as documents; a write locks them until it ends."""
        if query.matches_nothing:
            return []
        statement, arguments = self._select(organization_id, query).page(query.page, None)
        rows = await self._transaction.fetch_all(statement + self._dialect.for_update, *arguments)
        return [read(row[0]) for row in rows]

    async def find_following(
        self, organization_id: UUID, position: int, limit: int
    ) -> list[tuple[int, bytes]]:
        """The next objects that are not deleted, in the order of insertion."""
        rows = await self._transaction.fetch_all(
            f"SELECT sequence, document FROM {self._resource.name} WHERE organization_id = $1"
            " AND sequence > $2 AND deleted_at IS NULL ORDER BY sequence LIMIT $3",
            organization_id,
            position,
            limit,
        )
        return [(row[0], row[1]) for row in rows]

    async def find_all(self, organization_id: UUID) -> list[StoredObject]:
        """Every object of an organization, deleted or not, oldest first."""
        rows = await self._transaction.fetch_all(
            f"SELECT document, deleted_at FROM {self._resource.name} WHERE organization_id = $1"
            " ORDER BY sequence",
            organization_id,
        )
        return [StoredObject(read(document), read_at(deleted)) for document, deleted in rows]

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete every object of an organization; waits for writes that began before."""
        await self._counts.remove(organization_id)
        await self._side_rows.remove_all(organization_id)
        await self._transaction.execute(
            f"DELETE FROM {self._resource.name} WHERE organization_id = $1", organization_id
        )

    async def _store(
        self, organization_id: UUID, document: Document, deleted_at: datetime | None
    ) -> None:
        document = canonical(document)
        names = ("deleted_at", "document", *[column.name for column in self._resource.columns])
        assigned = ", ".join(f"{name} = ${at}" for at, name in enumerate(names, start=3))
        row = await self._transaction.fetch_one(
            f"UPDATE {self._resource.name} SET {assigned}"
            " WHERE organization_id = $1 AND id = $2 RETURNING sequence",
            organization_id,
            UUID(document["id"]),
            moment(deleted_at),
            render(document),
            *self._columns_of(document),
        )
        assert row is not None  # noqa: S101 - it was found, and locked, in this transaction
        await self._side_rows.remove(organization_id, row[0])
        if deleted_at is None:
            await self._side_rows.add(organization_id, row[0], document)

    def _columns_of(self, document: Document) -> Row:
        return tuple([column.of(document) for column in self._resource.columns])

    def _select(self, organization_id: UUID, query: ObjectQuery) -> Selection:
        return Selection(self._resource, self._dialect, organization_id, query)

    def _refuse_long(self, query: ObjectQuery) -> None:
        """Raise TakesLong for a page that passes over many rows."""
        names = [self._resource.sorting.get(order.name, order.name) for order in query.sorting]
        is_quick = len(names) == 1 and names[0] in self._resource.quick and not query.is_filtered
        if not is_quick or query.page.offset > _QUICK_ROWS:
            raise TakesLong(None)


def canonical(document: Document) -> Document:
    """The document with its metadata as the reference reads it back."""
    notes = document.get("metadata")
    if not notes:
        return document
    return {**document, "metadata": metadata.canonical(notes)}
