"""Customers: reading them, one by one, in pages, and all of them in batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from icefloe.domain import states
from icefloe.domain.values import errors, listing

if TYPE_CHECKING:
    from icefloe.domain.ports import customers, storage
    from icefloe.domain.values.access import Subject
    from icefloe.domain.values.members import Member

_BATCH = 500  # customers read at once
_PART = 50  # customers rendered at once: a few milliseconds, with texts of any length
_MOST_VALUES = 50

Row = TypeVar("Row")


class Customers:
    """Reads customers; a subject sees those of its own organization alone."""

    def __init__(self, store: storage.Storage) -> None:
        self._store = store

    async def find_page(
        self,
        subject: Subject,
        query: listing.CustomerQuery,
        *,
        organization_ids: frozenset[UUID] | None = None,
    ) -> listing.Page:
        """The page that `query` asks for.

        Args:
            subject: who asks.
            query: the filters, the order and the page.
            organization_ids: where given, only customers of these organizations.
        """
        if query.matches_nobody:
            return listing.EMPTY_PAGE
        if organization_ids is not None and subject.organization_id not in organization_ids:
            return listing.EMPTY_PAGE
        return await self._store.read(
            lambda tables: tables.customers.find_page(subject.organization_id, query)
        )

    async def get_document(self, subject: Subject, customer_id: UUID) -> bytes:
        """The wire document of one customer. Raises CustomerNotFound."""
        document = await self._store.read(
            lambda tables: tables.customers.find_document(subject.organization_id, customer_id)
        )
        if document is None:
            raise errors.CustomerNotFound
        return document

    async def get_external_document(self, subject: Subject, external_id: str) -> bytes:
        """The wire document of the customer with that external id. Raises CustomerNotFound."""
        if "\0" in external_id:
            raise errors.CustomerNotFound
        document = await self._store.read(
            lambda tables: tables.customers.find_external_document(
                subject.organization_id, external_id
            )
        )
        if document is None:
            raise errors.CustomerNotFound
        return document

    async def get_state(self, organization_id: UUID, customer_id: UUID) -> bytes:
        """The wire document of a customer's state. Raises CustomerNotFound."""
        state = await self._store.read(
            lambda tables: states.find(tables, organization_id, customer_id)
        )
        if state is None:
            raise errors.CustomerNotFound
        return state

    async def get_external_state(self, organization_id: UUID, external_id: str) -> bytes:
        """The state of the customer with an external id. Raises CustomerNotFound."""
        if "\0" in external_id:
            raise errors.CustomerNotFound

        async def work(tables: storage.Tables) -> bytes | None:
            customer = await tables.customers.find_external(organization_id, external_id)
            return (
                None
                if customer is None
                else await states.find(tables, organization_id, customer.id)
            )

        state = await self._store.read(work)
        if state is None:
            raise errors.CustomerNotFound
        return state

    async def walk(
        self, organization_id: UUID, *, with_deleted: bool
    ) -> AsyncIterator[list[customers.CustomerRecord]]:
        """Every customer of an organization in the order of insertion, in batches."""
        position = -1
        while batch := await self._store.read(
            partial(_find_batch, organization_id, position, with_deleted=with_deleted), long=True
        ):
            for part in _parts(batch):
                yield part
                await asyncio.sleep(0)
            position = batch[-1].position

    async def walk_by_time(self, organization_id: UUID) -> AsyncIterator[list[bytes]]:
        """The wire documents of customers that are not deleted, by `created_at`, in batches."""
        after: tuple[int, int] | None = None
        while batch := await self._store.read(
            partial(_find_batch_by_time, organization_id, after), long=True
        ):
            for part in _parts(batch):
                yield [document for _, document in part]
                await asyncio.sleep(0)
            after = batch[-1][0]

    async def count(self, organization_id: UUID) -> int:
        """How many customers of an organization are not deleted."""
        query = listing.CustomerQuery(page=listing.PageRequest(page=1, limit=1))
        page = await self._store.read(
            lambda tables: tables.customers.find_page(organization_id, query)
        )
        return page.total_count

    async def walk_found(
        self, subject: Subject, query: listing.CustomerQuery
    ) -> AsyncIterator[list[tuple[bytes, Member]]]:
        """All customers that `query` finds, in its order, in batches; its page is ignored.

        Each is given as wire document and owner. Writes meanwhile make no customer come twice or be
        left out.
        """
        after: object = None
        while not query.matches_nobody:
            batch = await self._store.read(
                partial(_find_following, subject.organization_id, query, after), long=True
            )
            if not batch:
                return
            for part in _parts(batch):
                yield [(document, owner) for _, document, owner in part]
                await asyncio.sleep(0)
            after = batch[-1][0]

    async def find_metadata_keys(
        self, organization_id: UUID, prefix: str = "", limit: int = 50
    ) -> list[str]:
        """The keys that customers' metadata has, in order: those that begin with `prefix`."""
        if "\0" in prefix:  # nothing that is stored holds one
            return []
        return await self._store.read(
            lambda tables: tables.metadata.find_keys(organization_id, prefix, limit)
        )

    async def count_metadata_values(
        self, organization_id: UUID, key: str, limit: int = 10
    ) -> list[tuple[str, int]] | None:
        """The most frequent values under a key of metadata, as filters compare them.

        Returns:
            Each value and how many customers have it, the most frequent first, `limit` at most. None
            if there are more than 50 different ones: too many to choose from.
        """
        if "\0" in key:
            return []
        found = await self._store.read(
            lambda tables: tables.metadata.count_values(organization_id, key, _MOST_VALUES),
            long=True,
        )
        return None if found is None else found[:limit]


def _parts(batch: list[Row]) -> Iterator[list[Row]]:
    """A batch in parts; between two of them, other requests have their turn."""
    return (batch[at : at + _PART] for at in range(0, len(batch), _PART))


async def _find_following(
    organization_id: UUID, query: listing.CustomerQuery, after: object, tables: storage.Tables
) -> list[tuple[object, bytes, Member]]:
    return await tables.customers.find_following(organization_id, query, after, _BATCH)


async def _find_batch(
    organization_id: UUID, after: int, tables: storage.Tables, *, with_deleted: bool
) -> list[customers.CustomerRecord]:
    return await tables.customers.find_batch(
        organization_id, after, _BATCH, with_deleted=with_deleted
    )


async def _find_batch_by_time(
    organization_id: UUID, after: tuple[int, int] | None, tables: storage.Tables
) -> list[tuple[tuple[int, int], bytes]]:
    return await tables.customers.find_batch_by_time(organization_id, after, _BATCH)
