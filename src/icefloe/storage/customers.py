"""Customers: the statements. A write stores the row, its side rows and its entry in the change log.

Lists of customers are found by `storage/lists/`, to which this module passes on.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from icefloe.domain.ports.customers import CustomerRecord
from icefloe.domain.values import errors
from icefloe.domain.values.customers import Customer, UniqueValue, unique_values_of
from icefloe.domain.values.listing import CustomerQuery, Page
from icefloe.domain.values.members import Member
from icefloe.storage import customer_rows, documents, look_ups, members, new_rows
from icefloe.storage.customer_side_rows import SideRows
from icefloe.storage.dialect import Dialect
from icefloe.storage.lists import walks
from icefloe.storage.lists.change_log import Changes
from icefloe.storage.lists.customer_lists import CustomerLists
from icefloe.storage.lists.facets import Facets
from icefloe.storage.lists.list_cache import ListCache
from icefloe.storage.lists.ranks import IndexKey
from icefloe.storage.new_rows import NewCustomerRow
from icefloe.storage.transaction import Transaction, moment

_ALL_COLUMNS = f"{customer_rows.COLUMNS}, {customer_rows.DERIVED_COLUMNS}"
_WIDTH = len(_ALL_COLUMNS.split(", "))
_PLACEHOLDERS = ", ".join(f"${number}" for number in range(1, _WIDTH + 1))
# The columns of values that no two customers share, by the field's name.
_UNIQUE_COLUMNS = {"id": "id", "email": "email_lower", "external_id": "external_id"}

# New customers in one transaction after which the planner's statistics are updated; and the factor by
# which their number must grow until it is done again.
_MANY = 1_000
_MANY_MORE = 8

_BEFORE_ALL = -(2**63)


class CustomerStatements:
    """Implements `domain.ports.customers.CustomerTable`."""

    def __init__(self, transaction: Transaction, dialect: Dialect, cache: ListCache) -> None:
        self._transaction = transaction
        self._dialect = dialect
        self._lists = CustomerLists(transaction, dialect, cache)
        self._side_rows = SideRows(transaction, dialect)
        self._changes = Changes(transaction, dialect.change_log)
        # Customers added in bulk, and the number of them at which statistics are next updated.
        self._added, self._next_analyzed = 0, _MANY

    async def add(self, customer: Customer, owner_email: str | None) -> bytes:
        """Insert a customer; returns its wire document, with the metadata exactly as given."""
        stored = customer_rows.canonical(customer)
        row = await self._transaction.fetch_one(
            f"INSERT INTO customers ({_ALL_COLUMNS}) VALUES ({_PLACEHOLDERS}) RETURNING sequence",
            *customer_rows.values_of(stored),
            *(derived := customer_rows.derived_from(stored, owner_email)),
        )
        assert row is not None  # noqa: S101 - an INSERT with RETURNING gives its row or raises
        _, email_key, name_key, document = derived
        facets = Facets.of(stored, row[0], email_key, name_key)
        if facets is not None:
            await self._side_rows.add(stored.organization_id, [facets])
            await self._changes.note(stored.organization_id, None, facets)
        # The document is rendered anew only to show metadata as given.
        return document if stored is customer else documents.render_customer(customer, owner_email)

    async def add_all(self, customers: Sequence[tuple[Customer, str | None]]) -> None:
        """Insert customers of one organization, in their order."""
        rows = [new_rows.row_of(customer, owner_email) for customer, owner_email in customers]
        if rows:
            await self.add_rows(customers[0][0].organization_id, rows)

    async def add_rows(self, organization_id: UUID, rows: Sequence[NewCustomerRow]) -> None:
        """Insert the rows of new customers, in their order; `note_many` must follow."""
        if not rows:
            return
        sequences = await self._transaction.fetch_all(self._dialect.next_sequences, len(rows))
        numbered = list(zip(rows, sequences, strict=True))
        await self._transaction.execute_many(
            f"INSERT INTO customers ({_ALL_COLUMNS}, sequence) VALUES ({_PLACEHOLDERS}, ${_WIDTH + 1})",
            [(*row, sequence) for (row, _), (sequence,) in numbered],
        )
        await self._side_rows.add(
            organization_id,
            [Facets(sequence, *facets) for (_, facets), (sequence,) in numbered if facets],
        )
        self._added += len(rows)
        if self._added >= self._next_analyzed:
            self._next_analyzed = self._added * _MANY_MORE
            await self._analyze()

    async def replace(
        self, customer: Customer, owner_email: str | None, *, is_one_of_many: bool = False
    ) -> bytes:
        """Keep a customer's new values in place of those it had; returns its wire document."""
        stored = customer_rows.canonical(customer)
        row = await self._transaction.fetch_one(
            f"SELECT sequence, email_key, name_key, {customer_rows.COLUMNS} FROM customers"
            " WHERE organization_id = $1 AND id = $2",
            stored.organization_id,
            stored.id,
        )
        if row is None:
            raise errors.CustomerNotFound
        sequence, email_key, name_key, *values = row
        was = customer_rows.read_customer(tuple(values), self._transaction)
        before = Facets.of(was, sequence, email_key, name_key)
        # Without the two key columns: setting one, even to itself, makes SQLite look up its members.
        columns = [f"{name} = ${at}" for at, name in enumerate(_ALL_COLUMNS.split(", "), start=1)]
        await self._transaction.execute(
            f"UPDATE customers SET {', '.join(columns[2:])} WHERE organization_id = $1 AND id = $2",
            *customer_rows.values_of(stored),
            *(derived := customer_rows.derived_from(stored, owner_email)),
        )
        after = Facets.of(stored, sequence, *derived[1:3])
        if before != after:
            await self._side_rows.change(stored.organization_id, before, after)
            if not is_one_of_many:
                await self._changes.note(stored.organization_id, before, after)
        return (
            derived[-1] if stored is customer else documents.render_customer(customer, owner_email)
        )

    async def note_many(self, organization_id: UUID, count: int) -> None:
        """Log that customers were added or replaced in bulk; `count` is how many."""
        await self._changes.note_many(organization_id)
        if count >= _MANY:
            await self._analyze()

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Delete the customer's earlier values from the change log."""
        row = await self._transaction.fetch_one(
            "SELECT sequence FROM customers WHERE organization_id = $1 AND id = $2",
            organization_id,
            customer_id,
        )
        if row is not None:
            await self._changes.forget(organization_id, row[0])

    async def lock_all(self, organization_id: UUID) -> None:
        """Lock all customers: waits for transactions that change or add one, and makes others wait.

        A transaction that adds a customer needs a counter row, which this deletes; it inserts a new one
        only while the organization exists.
        """
        await self._transaction.execute(
            "DELETE FROM customer_counts WHERE organization_id = $1", organization_id
        )
        if self._dialect.for_update:
            await self._transaction.fetch_one(
                "SELECT count(*) FROM (SELECT 1 FROM customers WHERE organization_id = $1"
                f"{self._dialect.for_update}) AS locked",
                organization_id,
            )

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete all customers, which must be locked and without members."""
        for table in ("customer_metadata", "customers"):
            await self._transaction.execute(
                f"DELETE FROM {table} WHERE organization_id = $1", organization_id
            )
        await self._dialect.search.remove_all(self._transaction, organization_id)
        await self._changes.forget_all(organization_id)

    async def find_taken(self, customer: Customer) -> frozenset[str]:
        """The fields whose value another customer has who is not deleted."""
        taken = set()
        others = [(name, value) for name, value in unique_values_of(customer) if name != "id"]
        for name, value in others:
            if await self._transaction.fetch_one(
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
        """The values among these that stored customers have."""
        wanted: dict[str, set[UUID | str]] = {}
        for name, value in values:
            wanted.setdefault(name, set()).add(value)
        taken: set[UniqueValue] = set()
        for name, sought in wanted.items():
            column = _UNIQUE_COLUMNS[name]
            placeholders = [f"${at}" for at in range(2, len(sought) + 2)]
            living = "" if name == "id" else " AND deleted_at IS NULL"
            rows = await self._transaction.fetch_all(
                self._dialect.look_up_each(column, placeholders, living), organization_id, *sought
            )
            read = self._transaction.read_uuid if name == "id" else str
            taken.update((name, read(row[0])) for row in rows)
        return taken

    async def catch_up(self) -> None:
        """Bring cached lists up to the transaction's snapshot."""
        await self._lists.catch_up()

    async def recount(self) -> None:
        """Count the next cached list afresh."""
        await self._lists.recount()

    async def count_by_time(self, organization_id: UUID, moments: Sequence[datetime]) -> list[int]:
        """How many customers who are not deleted were created before each moment, in order."""
        return await self._lists.count_by_time(
            organization_id, [moment(each) or 0 for each in moments]
        )

    async def find(self, organization_id: UUID, customer_id: UUID) -> Customer | None:
        """The customer with that id, deleted or not."""
        row = await self._transaction.fetch_one(
            f"SELECT {customer_rows.COLUMNS} FROM customers WHERE organization_id = $1 AND id = $2"
            + self._dialect.for_update,
            organization_id,
            customer_id,
        )
        return None if row is None else customer_rows.read_customer(row, self._transaction)

    async def find_all(self, organization_id: UUID) -> list[Customer]:
        """Every customer of an organization, deleted or not, in order of insertion."""
        rows = await self._transaction.fetch_all(
            f"SELECT {customer_rows.COLUMNS} FROM customers WHERE organization_id = $1"
            " ORDER BY sequence",
            organization_id,
        )
        return [customer_rows.read_customer(row, self._transaction) for row in rows]

    async def find_external(self, organization_id: UUID, external_id: str) -> Customer | None:
        """The customer with that external id, unless deleted."""
        row = await self._transaction.fetch_one(
            f"SELECT {customer_rows.COLUMNS} FROM customers"
            " WHERE organization_id = $1 AND external_id = $2 AND deleted_at IS NULL"
            + self._dialect.for_update,
            organization_id,
            external_id,
        )
        return None if row is None else customer_rows.read_customer(row, self._transaction)

    async def find_same(self, customer: Customer) -> list[Customer]:
        """The stored customers that share a unique value with `customer`."""
        found: dict[UUID, Customer] = {}
        for name, value in unique_values_of(customer):
            living = "" if name == "id" else " AND deleted_at IS NULL"
            row = await self._transaction.fetch_one(
                f"SELECT {customer_rows.COLUMNS} FROM customers WHERE organization_id = $1"
                f" AND {_UNIQUE_COLUMNS[name]} = $2{living}" + self._dialect.for_update,
                customer.organization_id,
                value,
            )
            if row is not None:
                same = customer_rows.read_customer(row, self._transaction)
                found.setdefault(same.id, same)
        return list(found.values())

    async def find_document(self, organization_id: UUID, customer_id: UUID) -> bytes | None:
        """The wire document of the customer with that id, unless deleted."""
        row = await self._transaction.fetch_one(
            "SELECT document FROM customers"
            " WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL",
            organization_id,
            customer_id,
        )
        return None if row is None else row[0]

    async def find_documents(
        self, organization_id: UUID, customer_ids: Iterable[UUID]
    ) -> dict[UUID, bytes]:
        """The wire documents of customers, deleted or not, by their ids; those there are."""
        return await look_ups.find_documents(
            self._transaction, "customers", organization_id, customer_ids
        )

    async def find_external_document(self, organization_id: UUID, external_id: str) -> bytes | None:
        """The wire document of the customer with that external id, unless deleted."""
        row = await self._transaction.fetch_one(
            "SELECT document FROM customers"
            " WHERE organization_id = $1 AND external_id = $2 AND deleted_at IS NULL",
            organization_id,
            external_id,
        )
        return None if row is None else row[0]

    async def find_page(self, organization_id: UUID, query: CustomerQuery) -> Page:
        """The page of wire documents that `query` asks for, and the exact total."""
        return await self._lists.find_page(organization_id, query)

    async def find_batch(
        self, organization_id: UUID, after: int, limit: int, *, with_deleted: bool
    ) -> list[CustomerRecord]:
        """The next `limit` customers in order of insertion, after the sequence `after`."""
        condition = "" if with_deleted else " AND customers.deleted_at IS NULL"
        rows = await self._transaction.fetch_all(
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
            CustomerRecord(position, document, members.read_member(tuple(owner), self._transaction))
            for position, document, *owner in rows
        ]

    async def find_batch_by_time(
        self, organization_id: UUID, after: tuple[int, int] | None, limit: int
    ) -> list[tuple[tuple[int, int], bytes]]:
        """The next `limit` customers who are not deleted, by creation: index key and wire document."""
        created_at, sequence = after or (_BEFORE_ALL, -1)
        rows = await self._transaction.fetch_all(
            "SELECT created_at, sequence, document FROM customers"
            " WHERE organization_id = $1 AND deleted_at IS NULL"
            " AND (created_at, sequence) > ($2, $3)"
            " ORDER BY created_at, sequence LIMIT $4",
            organization_id,
            created_at,
            sequence,
            limit,
        )
        return [((made, number), document) for made, number, document in rows]

    async def find_following(
        self, organization_id: UUID, query: CustomerQuery, after: IndexKey | None, limit: int
    ) -> list[tuple[IndexKey, bytes, Member]]:
        """The next `limit` customers of a list: index key, wire document and owner."""
        statement, arguments = walks.select_following(
            organization_id, query, after, limit, self._dialect
        )
        until = 1 + members.WIDTH
        return [
            (
                tuple(row[until:]),
                row[0],
                members.read_member(tuple(row[1:until]), self._transaction),
            )
            for row in await self._transaction.fetch_all(statement, *arguments)
        ]

    async def _analyze(self) -> None:
        """Update the planner's statistics: without them it would plan for an empty table."""
        if self._dialect.analyze is not None:
            await self._transaction.execute(self._dialect.analyze)
