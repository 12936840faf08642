"""Members: the statements."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from icefloe.domain.values import collation
from icefloe.domain.values.listing import Page
from icefloe.domain.values.members import Member, MemberQuery
from icefloe.storage import documents
from icefloe.storage.bulk import IndexStatements
from icefloe.storage.columns import Column, Columns, Kind, moment_column
from icefloe.storage.transaction import Row, Transaction

_MEMBER = Columns(
    Member,
    [
        Column("id", Kind.UUID),
        Column("organization_id", Kind.UUID),
        Column("customer_id", Kind.UUID),
        moment_column("created_at"),
        moment_column("modified_at"),
        Column("email", Kind.TEXT),
        Column("name", Kind.TEXT),
        Column("external_id", Kind.TEXT),
        Column("role", Kind.TEXT),
        moment_column("deleted_at"),
    ],
)
KINDS = {**_MEMBER.kinds, "email_lower": Kind.TEXT}
_NAMES, _COLUMNS = _MEMBER.names, _MEMBER.text
# The same, for a statement in which the members table is called `owner`.
COLUMNS_OF_OWNER = ", ".join(f"owner.{name}" for name in _NAMES)
WIDTH = len(_NAMES)
_BATCH = 500
"""Identifiers in one statement: each is an argument, of which engines take a limited number."""
_VALUES = f"({_COLUMNS}, email_lower) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"


class MemberStatements:
    """Implements `domain.ports.customers.MemberTable`."""

    def __init__(self, transaction: Transaction, indexes: IndexStatements | None = None) -> None:
        """Make the statements.

        Args:
            transaction: what they run on.
            indexes: where the many new members of an import go; not needed where there are none.
        """
        self._transaction = transaction
        self._indexes = indexes

    async def add(self, member: Member) -> bytes:
        """Insert a member; returns its wire document."""
        await self._transaction.execute(f"INSERT INTO members {_VALUES}", *values_of(member))
        return documents.render_member(member)

    async def add_all(self, members: Sequence[Member]) -> None:
        """Keep new members, customer by customer: in the order of most indexes, which lie far apart."""
        in_order = sorted(members, key=_by_customer)
        await self.add_rows([values_of(member) for member in in_order])

    async def add_rows(self, rows: Sequence[Row]) -> None:
        """Insert the rows of new members."""
        table = "members" if self._indexes is None else self._indexes.table_of_new_members
        await self._transaction.execute_many(f"INSERT INTO {table} {_VALUES}", rows)

    async def replace(self, member: Member) -> bytes:
        """Store a member's new values; returns its wire document."""
        names = [*_NAMES, "email_lower"]
        # Without the first three, the ids, which never change.
        columns = [f"{name} = ${at}" for at, name in enumerate(names, start=1)][3:]
        await self._transaction.execute(
            f"UPDATE members SET {', '.join(columns)}"
            " WHERE organization_id = $2 AND customer_id = $3 AND id = $1",
            *values_of(member),
        )
        return documents.render_member(member)

    def render(self, member: Member) -> bytes:
        """A member's wire document."""
        return documents.render_member(member)

    async def find(self, organization_id: UUID, member_id: UUID) -> Member | None:
        """The member with that id, unless deleted."""
        return await self._find_one(
            "organization_id = $1 AND id = $2 AND deleted_at IS NULL", organization_id, member_id
        )

    async def find_documents(
        self, organization_id: UUID, member_ids: Iterable[UUID]
    ) -> dict[UUID, bytes]:
        """The wire documents of members, deleted or not, by their ids; those there are."""
        wanted = list(dict.fromkeys(member_ids))
        found: dict[UUID, bytes] = {}
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            places = ", ".join(f"${number}" for number in range(2, len(batch) + 2))
            rows = await self._transaction.fetch_all(
                f"SELECT {_COLUMNS} FROM members WHERE organization_id = $1 AND id IN ({places})",
                organization_id,
                *batch,
            )
            members = [read_member(row, self._transaction) for row in rows]
            found.update({one.id: documents.render_member(one) for one in members})
        return found

    async def find_external(
        self, organization_id: UUID, customer_id: UUID, external_id: str
    ) -> Member | None:
        """The member of a customer with that external id, unless deleted."""
        return await self._find_one(
            "organization_id = $1 AND customer_id = $2 AND external_id = $3 AND deleted_at IS NULL",
            organization_id,
            customer_id,
            external_id,
        )

    async def find_by_email(
        self, organization_id: UUID, customer_id: UUID, email: str
    ) -> Member | None:
        """The member of a customer with that address, letter case aside, unless deleted."""
        return await self._find_one(
            "organization_id = $1 AND customer_id = $2 AND email_lower = $3 AND deleted_at IS NULL",
            organization_id,
            customer_id,
            collation.lower(email),
        )

    async def find_page(self, organization_id: UUID, query: MemberQuery) -> Page:
        """The page of wire documents that `query` asks for, and the exact total."""
        conditions, arguments = _conditions(organization_id, query)
        counted = await self._transaction.fetch_one(
            f"SELECT count(*) FROM members WHERE {conditions}", *arguments
        )
        total_count = 0 if counted is None else counted[0]
        if query.page.offset >= total_count:
            return Page(b"", total_count)
        way = " DESC" if query.is_newest_first else ""
        rows = await self._transaction.fetch_all(
            f"SELECT id FROM members WHERE {conditions} ORDER BY created_at{way}, id{way}"
            f" LIMIT ${len(arguments) + 1} OFFSET ${len(arguments) + 2}",
            *arguments,
            query.page.limit,
            query.page.offset,
        )
        members = await self._find_each(organization_id, [row[0] for row in rows])
        return Page(b",".join(map(documents.render_member, members)), total_count)

    async def _find_each(self, organization_id: UUID, member_ids: list[Any]) -> list[Member]:
        """The members with these ids, as fetched, in their order.

        A statement of its own: an index alone says which members are on a page; only they are looked
        up. With all columns in that one, SQLite looks up every member that it steps over.
        """
        places = ", ".join(f"${number}" for number in range(2, len(member_ids) + 2))
        rows = await self._transaction.fetch_all(
            f"SELECT {_COLUMNS} FROM members WHERE organization_id = $1 AND id IN ({places})",
            organization_id,
            *member_ids,
        )
        found = {row[0]: read_member(row, self._transaction) for row in rows}
        return [found[member_id] for member_id in member_ids]

    async def find_all_of(self, organization_id: UUID, customer_id: UUID) -> list[Member]:
        """Every member a customer has had, deleted or not, oldest first."""
        rows = await self._transaction.fetch_all(
            f"SELECT {_COLUMNS} FROM members WHERE organization_id = $1 AND customer_id = $2"
            " ORDER BY created_at, id",
            organization_id,
            customer_id,
        )
        return [read_member(row, self._transaction) for row in rows]

    async def find_owner(self, organization_id: UUID, customer_id: UUID) -> Member | None:
        """The member who owns the customer, deleted or not."""
        return await self._find_one(
            "organization_id = $1 AND customer_id = $2 AND role = 'owner'",
            organization_id,
            customer_id,
        )

    async def find_all(self, organization_id: UUID) -> list[Member]:
        """Every member of an organization's customers, deleted or not, in the order of their ids."""
        rows = await self._transaction.fetch_all(
            f"SELECT {_COLUMNS} FROM members WHERE organization_id = $1 ORDER BY id",
            organization_id,
        )
        return [read_member(row, self._transaction) for row in rows]

    async def remove_all(self, organization_id: UUID) -> None:
        """Remove every member of an organization's customers."""
        await self._transaction.execute(
            "DELETE FROM members WHERE organization_id = $1", organization_id
        )

    async def _find_one(self, conditions: str, *arguments: Any) -> Member | None:
        row = await self._transaction.fetch_one(
            f"SELECT {_COLUMNS} FROM members WHERE {conditions}", *arguments
        )
        return None if row is None else read_member(row, self._transaction)


def _conditions(organization_id: UUID, query: MemberQuery) -> tuple[str, list[Any]]:
    """What every member found must meet; the arguments begin with the organization."""
    arguments: list[Any] = [organization_id]
    conditions = ["organization_id = $1", "deleted_at IS NULL"]
    if query.customer_id is not None:
        arguments.append(query.customer_id)
        conditions.append(f"customer_id = ${len(arguments)}")
    if query.external_customer_id is not None:
        arguments.append(query.external_customer_id)
        conditions.append(
            "customer_id = (SELECT id FROM customers WHERE organization_id = $1"
            f" AND external_id = ${len(arguments)} AND deleted_at IS NULL)"
        )
    if query.role is not None:
        arguments.append(query.role)
        conditions.append(f"role = ${len(arguments)}")
    return " AND ".join(conditions), arguments


def _by_customer(member: Member) -> int:
    return member.customer_id.int


def values_of(member: Member) -> tuple[object, ...]:
    """What a member's row holds, in the order in which one is added."""
    email_lower = None if member.email is None else collation.lower(member.email)
    return (*_MEMBER.values_of(member), email_lower)


read_member = _MEMBER.read
