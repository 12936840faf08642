"""The port for commerce: the same table for every resource, and all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain.values.commerce import Filter, ObjectQuery, StoredObject
    from icefloe.domain.values.documents import Document
    from icefloe.domain.values.listing import Page
    from icefloe.domain.values.revenue import RevenueChange


class ObjectTable(Protocol):
    """The objects of one resource, such as the products; each is a document.

    The columns by which a list is filtered and sorted follow from the document. Metadata is stored in
    its canonical order.
    """

    async def add(
        self, organization_id: UUID, document: Document, *, deleted_at: datetime | None = None
    ) -> None:
        """Insert an object. Raises Duplicate (`id`, or another field that is unique)."""

    async def replace(self, organization_id: UUID, document: Document) -> None:
        """Store an object's new document; its creation stays. Raises Duplicate."""

    async def delete(self, organization_id: UUID, document: Document, now: datetime) -> None:
        """Store an object's last document, and leave it out of lists from now on."""

    async def find(self, organization_id: UUID, object_id: UUID) -> Document | None:
        """The object with that id, unless deleted; a write locks it until it ends."""

    async def find_text(self, organization_id: UUID, object_id: UUID) -> bytes | None:
        """The stored text of the object with that id, unless deleted; it may have places."""

    async def find_texts(self, organization_id: UUID, ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """The stored texts of objects, deleted or not, by their ids; those there are."""

    async def find_page(self, organization_id: UUID, query: ObjectQuery) -> Page:
        """A page of the objects that are not deleted; its items are stored texts."""

    async def count(self, organization_id: UUID, filters: Sequence[Filter]) -> int:
        """How many objects that are not deleted pass filters."""

    async def find_matching(self, organization_id: UUID, query: ObjectQuery) -> list[Document]:
        """The same page without counting, as documents; a write locks them until it ends."""

    async def find_following(
        self, organization_id: UUID, position: int, limit: int
    ) -> list[tuple[int, bytes]]:
        """The next objects that are not deleted, in the order of insertion.

        Args:
            organization_id: whose they are.
            position: of the last one before them; -1 before all.
            limit: how many at most.

        Returns:
            The position and the stored text of each.
        """

    async def find_all(self, organization_id: UUID) -> list[StoredObject]:
        """Every object of an organization, deleted or not, oldest first."""


class Commerce(Protocol):
    """The tables of all resources of commerce."""

    @property
    def meters(self) -> ObjectTable:
        """What is metered."""

    @property
    def benefits(self) -> ObjectTable:
        """What customers get."""

    @property
    def products(self) -> ObjectTable:
        """What customers buy, with prices."""

    @property
    def discounts(self) -> ObjectTable:
        """What lowers a price."""

    @property
    def subscriptions(self) -> ObjectTable:
        """What customers pay again and again, or have for nothing."""

    @property
    def benefit_grants(self) -> ObjectTable:
        """Which customers have which benefits."""

    @property
    def orders(self) -> ObjectTable:
        """What customers bought."""

    def table(self, resource: str) -> ObjectTable:
        """The table of a resource, by the resource's name."""

    async def find_revenue_changes(self, organization_id: UUID) -> list[RevenueChange]:
        """What paid subscriptions that begin in a month bring more, and those that end in it less.

        A row for each currency and month in which any begin, and another in which any end.
        """

    async def find_all(self, organization_id: UUID) -> dict[str, tuple[StoredObject, ...]]:
        """Every object of an organization, by the name of its resource, oldest first."""

    async def add_all(
        self, organization_id: UUID, objects: Mapping[str, Sequence[StoredObject]]
    ) -> None:
        """Insert objects as `find_all` gave them into an organization that has none."""

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete every object of an organization; waits for writes that began before."""
