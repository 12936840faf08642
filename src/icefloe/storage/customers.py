"""Customers: the statements, and everything that is kept beside a customer's own row.

A customer who is not deleted is also in `customer_search` (lower-cased text), in `customer_metadata`
(one row a key) and in the live count of its organization. All change in one transaction.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from icefloe.domain import errors
from icefloe.domain.customers import Customer, UniqueValue, unique_values_of
from icefloe.domain.listing import CustomerQuery, Page
from icefloe.domain.storage import CustomerRecord
from icefloe.storage import customer_rows, documents, listing, members
from icefloe.storage.dialect import Dialect
from icefloe.storage.session import Session, moment

_ALL_COLUMNS = f"{customer_rows.COLUMNS}, {customer_rows.DERIVED_COLUMNS}"
_WIDTH = len(_ALL_COLUMNS.split(", "))
_PLACES = ", ".join(f"${number}" for number in range(1, _WIDTH + 1))
# Where the values are that no two customers share, by the field's name.
_UNIQUE_COLUMNS = {"id": "id", "email": "email_lower", "external_id": "external_id"}

_BEFORE_ALL = -(2**63)


class CustomerStatements:
    """Implements `domain.storage.CustomerTable`."""

    def __init__(self, session: Session, dialect: Dialect) -> None:
        self._session = session
        self._dialect = dialect

    async def add(self, customer: Customer, owner_email: str | None) -> bytes:
        """Keep a new customer; returns its wire document, with the metadata just as given."""
        kept = customer_rows.canonical(customer)
        row = await self._session.fetch_one(
            f"INSERT INTO customers ({_ALL_COLUMNS}) VALUES ({_PLACES}) RETURNING sequence",
            *customer_rows.values_of(kept),
            *(derived := customer_rows.derived_from(kept, owner_email)),
        )
        assert row is not None  # noqa: S101 - an INSERT with RETURNING gives its row or raises
        if kept.deleted_at is None:
            await self._add_derived_rows([(kept, row[0])])
            await self._change_count(kept.organization_id, 1)
        # The document is the last of what is derived; rendered anew only to show metadata as given.
        return derived[-1] if kept is customer else documents.render_customer(customer, owner_email)

    async def add_all(self, customers: Sequence[tuple[Customer, str | None]]) -> None:
        """Keep new customers of one organization, in their order."""
        if not customers:
            return
        rows = await self._session.fetch_all(self._dialect.next_sequences, len(customers))
        kept = [
            (customer_rows.canonical(customer), row[0])
            for (customer, _), row in zip(customers, rows, strict=True)
        ]
        await self._session.execute_many(
            f"INSERT INTO customers ({_ALL_COLUMNS}, sequence) VALUES ({_PLACES}, ${_WIDTH + 1})",
            [
                (
                    *customer_rows.values_of(customer),
                    *customer_rows.derived_from(customer, owner_email),
                    sequence,
                )
                for (customer, sequence), (_, owner_email) in zip(kept, customers, strict=True)
            ],
        )
        live = [(customer, sequence) for customer, sequence in kept if customer.deleted_at is None]
        await self._add_derived_rows(live)
        await self._change_count(kept[0][0].organization_id, len(live))

    async def replace(self, customer: Customer, owner_email: str | None) -> bytes:
        """Keep a customer's new values in place of those it had; returns its wire document."""
        kept = customer_rows.canonical(customer)
        found = await self._session.fetch_one(
            "SELECT sequence, deleted_at IS NULL FROM customers"
            " WHERE organization_id = $1 AND id = $2",
            kept.organization_id,
            kept.id,
        )
        if found is None:
            raise errors.CustomerNotFound
        sequence, was_live = found
        if was_live:
            await self._remove_derived_rows(kept.organization_id, sequence)
        # Not the first two: where a key is set, even to itself, SQLite looks for members to follow.
        columns = [f"{name} = ${at}" for at, name in enumerate(_ALL_COLUMNS.split(", "), start=1)]
        await self._session.execute(
            f"UPDATE customers SET {', '.join(columns[2:])} WHERE organization_id = $1 AND id = $2",
            *customer_rows.values_of(kept),
            *(derived := customer_rows.derived_from(kept, owner_email)),
        )
        is_live = kept.deleted_at is None
        if is_live:
            await self._add_derived_rows([(kept, sequence)])
        if is_live != bool(was_live):
            await self._change_count(kept.organization_id, 1 if is_live else -1)
        return derived[-1] if kept is customer else documents.render_customer(customer, owner_email)

    async def find_taken(self, customer: Customer) -> frozenset[str]:
        """Which of a customer's unique values another one has who is not deleted."""
        taken = set()
        others = [(name, value) for name, value in unique_values_of(customer) if name != "id"]
        for name, value in others:
            if await self._session.fetch_one(
                "SELECT 1 FROM customers WHERE organization_id = $1"
                f" AND {_UNIQUE_COLUMNS[name]} = $2"
                " AND deleted_at IS NULL AND id <> $3",
                customer.organization_id,
                value,
                customer.id,
            ):
                taken.add(name)
        return frozenset(taken)

    async def find_taken_values(
        self, organization_id: UUID, values: Iterable[UniqueValue]
    ) -> set[UniqueValue]:
        """Which of the values a kept customer has."""
        wanted: dict[str, set[UUID | str]] = {}
        for name, value in values:
            wanted.setdefault(name, set()).add(value)
        taken: set[UniqueValue] = set()
        for name, sought in wanted.items():
            column = _UNIQUE_COLUMNS[name]
            places = ", ".join(f"${at}" for at in range(2, len(sought) + 2))
            living = "" if name == "id" else " AND deleted_at IS NULL"
            rows = await self._session.fetch_all(
                f"SELECT {column} FROM customers"
                f" WHERE organization_id = $1 AND {column} IN ({places}){living}",
                organization_id,
                *sought,
            )
            read = self._session.read_uuid if name == "id" else str
            taken.update((name, read(row[0])) for row in rows)
        return taken

    async def count_by_time(self, organization_id: UUID, moments: Sequence[datetime]) -> list[int]:
        """How many customers who are not deleted were made before each moment, in order."""
        counts, total, since = [], 0, _BEFORE_ALL
        for until in map(moment, moments):
            row = await self._session.fetch_one(
                "SELECT count(*) FROM customers WHERE organization_id = $1"
                " AND deleted_at IS NULL AND created_at >= $2 AND created_at < $3",
                organization_id,
                since,
                until,
            )
            total += row[0] if row else 0
            counts.append(total)
            since = until or since
        return counts

    async def find(self, organization_id: UUID, customer_id: UUID) -> Customer | None:
        """The customer with that id, deleted or not."""
        row = await self._session.fetch_one(
            f"SELECT {customer_rows.COLUMNS} FROM customers WHERE organization_id = $1 AND id = $2"
            + self._dialect.held,
            organization_id,
            customer_id,
        )
        return None if row is None else customer_rows.read_customer(row, self._session)

    async def find_external(self, organization_id: UUID, external_id: str) -> Customer | None:
        """The customer with that external id, unless deleted."""
        row = await self._session.fetch_one(
            f"SELECT {customer_rows.COLUMNS} FROM customers"
            " WHERE organization_id = $1 AND external_id = $2 AND deleted_at IS NULL"
            + self._dialect.held,
            organization_id,
            external_id,
        )
        return None if row is None else customer_rows.read_customer(row, self._session)

    async def find_same(self, customer: Customer) -> list[Customer]:
        """The kept customers that `customer` would collide with."""
        found: dict[UUID, Customer] = {}
        for name, value in unique_values_of(customer):
            living = "" if name == "id" else " AND deleted_at IS NULL"
            row = await self._session.fetch_one(
                f"SELECT {customer_rows.COLUMNS} FROM customers WHERE organization_id = $1"
                f" AND {_UNIQUE_COLUMNS[name]} = $2{living}" + self._dialect.held,
                customer.organization_id,
                value,
            )
            if row is not None:
                same = customer_rows.read_customer(row, self._session)
                found.setdefault(same.id, same)
        return list(found.values())

    async def find_document(self, organization_id: UUID, customer_id: UUID) -> bytes | None:
        """The wire document of the customer with that id, unless deleted."""
        row = await self._session.fetch_one(
            "SELECT document FROM customers"
            " WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL",
            organization_id,
            customer_id,
        )
        return None if row is None else row[0]

    async def find_external_document(self, organization_id: UUID, external_id: str) -> bytes | None:
        """The wire document of the customer with that external id, unless deleted."""
        row = await self._session.fetch_one(
            "SELECT document FROM customers"
            " WHERE organization_id = $1 AND external_id = $2 AND deleted_at IS NULL",
            organization_id,
            external_id,
        )
        return None if row is None else row[0]

    async def find_page(self, organization_id: UUID, query: CustomerQuery) -> Page:
        """The page of wire documents that `query` asks for, and the exact total."""
        if not query.is_filtered:
            statement, arguments = listing.unfiltered_page(organization_id, query, self._dialect)
            rows = await self._session.fetch_all(statement, *arguments)
            if rows:
                return Page([row[0] for row in rows], rows[0][1])
            return Page([], await self._count_live(organization_id))
        found = await self._count(*listing.count(organization_id, query, self._dialect))
        if query.page.offset >= found:
            return Page([], found)
        live = await self._count_live(organization_id)
        statement, arguments = listing.filtered_page(
            organization_id, query, found, live, self._dialect
        )
        rows = await self._session.fetch_all(statement, *arguments)
        return Page([row[0] for row in rows], found)

    async def _count(self, statement: str, arguments: list[Any]) -> int:
        row = await self._session.fetch_one(statement, *arguments)
        return 0 if row is None else row[0]

    async def _count_live(self, organization_id: UUID) -> int:
        return await self._count(f"SELECT {listing.LIVE_COUNT}", [organization_id])

    async def find_batch(
        self, organization_id: UUID, after: int, limit: int, *, with_deleted: bool
    ) -> list[CustomerRecord]:
        """The next `limit` customers in the order they were kept, behind position `after`."""
        condition = "" if with_deleted else " AND customers.deleted_at IS NULL"
        rows = await self._session.fetch_all(
            f"SELECT customers.sequence, customers.document, {members.COLUMNS_OF_OWNER}"
            " FROM customers JOIN members AS owner"
            " ON owner.organization_id = customers.organization_id"
            " AND owner.customer_id = customers.id AND owner.role = 'owner'"
            f" WHERE customers.organization_id = $1 AND customers.sequence > $2{condition}"
            " ORDER BY customers.sequence LIMIT $3",
            organization_id,
            after,
            limit,
        )
        return [
            CustomerRecord(position, document, members.read_member(tuple(owner), self._session))
            for position, document, *owner in rows
        ]

    async def find_batch_by_time(
        self, organization_id: UUID, after: tuple[int, int] | None, limit: int
    ) -> list[tuple[tuple[int, int], bytes]]:
        """The next `limit` customers who are not deleted, by time: place and wire document."""
        created_at, sequence = after or (_BEFORE_ALL, -1)
        rows = await self._session.fetch_all(
            "SELECT created_at, sequence, document FROM customers"
            " WHERE organization_id = $1 AND deleted_at IS NULL"
            " AND (created_at, sequence) > ($2, $3)"
            " ORDER BY created_at, sequence LIMIT $4",
            organization_id,
            created_at,
            sequence,
            limit,
        )
        return [((made, place), document) for made, place, document in rows]

    async def _add_derived_rows(self, customers: Sequence[tuple[Customer, int]]) -> None:
        """Keep what is kept beside customers who are not deleted, each given with its sequence."""
        await self._session.execute_many(
            "INSERT INTO customer_search"
            " (organization_id, sequence, email, name, billing_name, external_id)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            [
                (customer.organization_id, sequence, *customer_rows.search_texts_of(customer))
                for customer, sequence in customers
            ],
        )
        notes = [
            (customer.organization_id, key, value, moment(customer.created_at), sequence)
            for customer, sequence in customers
            for key, value in customer_rows.metadata_texts_of(customer)
        ]
        if notes:
            await self._session.execute_many(
                "INSERT INTO customer_metadata"
                " (organization_id, key, value, created_at, sequence) VALUES ($1, $2, $3, $4, $5)",
                notes,
            )

    async def _remove_derived_rows(self, organization_id: UUID, sequence: int) -> None:
        await self._session.execute(
            "DELETE FROM customer_metadata WHERE organization_id = $1 AND sequence = $2",
            organization_id,
            sequence,
        )
        await self._session.execute(
            "DELETE FROM customer_search WHERE organization_id = $1 AND sequence = $2",
            organization_id,
            sequence,
        )

    async def _change_count(self, organization_id: UUID, change: int) -> None:
        """Change how many customers are not deleted: in one of the rows that together hold it."""
        slot = self._session.writer % self._dialect.count_slots
        # Not one statement that does either: where the rows are on another server, none can.
        while not await self._session.execute(
            "UPDATE customer_counts SET live = live + $3 WHERE organization_id = $1 AND slot = $2",
            organization_id,
            slot,
            change,
        ):
            await self._session.execute(
                "INSERT INTO customer_counts (organization_id, slot, live) VALUES ($1, $2, 0)"
                " ON CONFLICT DO NOTHING",
                organization_id,
                slot,
            )
