"""Lists of customers as SQL and its arguments, the same for every engine but for a `Dialect`.

What selects a page gives one row: its documents joined, null where there is none, and how many.
"""

import functools
from typing import Any
from uuid import UUID

from icefloe.domain.values import collation
from icefloe.domain.values.listing import CustomerQuery, PageRequest
from icefloe.storage import members
from icefloe.storage.dialect import Dialect
from icefloe.storage.lists.conditions import Conditions
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.orders import Order, order_of
from icefloe.storage.lists.ranks import GroupStart, Place

Statement = tuple[str, list[Any]]

# How many customers of the organization `$1` are not deleted.
LIVE_COUNT = (
    "(SELECT CAST(coalesce(sum(live), 0) AS BIGINT) FROM customer_counts"
    " WHERE organization_id = $1)"
)
_NOTES = "customer_metadata"


class Walk:
    """Goes through a list in its order, from a place in it on.

    The way is an index: of all customers, each of whom is tried; or, by a guide, that of one value of
    metadata, which holds those who have it by the moment they were made.
    """

    def __init__(
        self, organization_id: UUID, wanted: Filter, order: Order, guide: int | None = None
    ) -> None:
        """Make a walk.

        Args:
            organization_id: whose customers.
            wanted: which of them.
            order: in which order.
            guide: the number of a metadata filter with one value, for an order by `created_at`.
        """
        self._organization_id = organization_id
        self._wanted = wanted
        self._order = order
        self._guide = guide
        self._table = "customers" if guide is None else _NOTES

    def page(
        self,
        limit: int,
        skip: int,
        dialect: Dialect,
        *,
        bound: Place | None = None,
        until: Place | None = None,
    ) -> Statement:
        """Selects a page.

        Args:
            limit: of how many customers at most.
            skip: how many to step over first.
            dialect: the engine's.
            bound: where to begin: at this place, or just before it in a descending order; at the
                order's own beginning unless given.
            until: the last place to look at.
        """
        conditions = Conditions(self._organization_id, dialect)
        where = self._where(conditions)
        descending = self._order.is_descending
        if bound is not None:
            where.append(self._compared(conditions, "<" if descending else ">=", bound))
        if until is not None:
            where.append(self._compared(conditions, ">=" if descending else "<=", until))
        found = f"{self._from(dialect)} WHERE {' AND '.join(where)}"
        most = conditions.add(limit)
        cut = f"LIMIT {most} OFFSET {conditions.add(skip)}"
        clause = self._order.clause()
        if self._guide is None:
            page = f"SELECT document FROM {found} ORDER BY {clause} {cut}"
            return _joined(page, dialect), conditions.arguments
        page = (
            f"SELECT customers.document FROM (SELECT {self._columns()} FROM {found}"
            f" ORDER BY {clause} {cut}) AS place CROSS JOIN customers"
            " WHERE customers.organization_id = $1 AND customers.sequence = place.sequence"
            f" ORDER BY {self._order.clause('place')} LIMIT {most}"
        )
        return _joined(page, dialect), conditions.arguments

    def regrouped(self, limit: int, skip: int, dialect: Dialect, *, to_end: bool) -> Statement:
        """Selects a page of an order of which the index has no more than the first column.

        Everybody before the last group that the page needs is sorted; and of that group, no more than
        the page can hold. That is quick where the index has the group in order, if backwards.

        Args:
            limit: of how many customers at most.
            skip: how many to step over first.
            dialect: the engine's.
            to_end: whether everybody is sorted, as for a page that the order ends in.
        """
        conditions = Conditions(self._organization_id, dialect)
        most, passed = conditions.add(limit), conditions.add(skip)
        table = self._from(dialect)
        where = " AND ".join(self._where(conditions))
        border = ""
        found = everybody = f"SELECT {self._columns()} FROM {table} WHERE {where}"
        if not to_end:
            (column, down), *inner = self._order.columns
            border = (
                f"WITH border AS MATERIALIZED (SELECT {column} AS value FROM {table} WHERE {where}"
                f" ORDER BY {column}{_way(down)} LIMIT 1 OFFSET {conditions.add(skip + limit - 1)}) "
            )
            last = "(SELECT value FROM border)"
            order_of_group = ", ".join([name + _way(down) for name, down in inner])
            found = (
                f"SELECT * FROM ({everybody} AND {column} {'>' if down else '<'} {last}) AS before"
                f" UNION ALL SELECT * FROM ({everybody} AND {column} = {last}"
                f" ORDER BY {order_of_group} LIMIT {conditions.add(limit + skip)}) AS last"
            )
        page = (
            f"{border}SELECT customers.document FROM (SELECT * FROM ({found}) AS found"
            f" ORDER BY {self._order.clause()} LIMIT {most} OFFSET {passed}) AS place"
            " CROSS JOIN customers"
            " WHERE customers.organization_id = $1 AND customers.sequence = place.sequence"
            f" ORDER BY {self._order.clause('place')} LIMIT {most}"
        )
        return _joined(page, dialect), conditions.arguments

    def groups(self, first: Any, last: Any, limit: int, skip: int, dialect: Dialect) -> Statement:
        """Selects a page out of some groups: each has customers who are equal by the first column.

        Args:
            first: the value of the first group.
            last: that of the last.
            limit: how many customers at most.
            skip: how many to step over, in the first group.
            dialect: the engine's.
        """
        conditions = Conditions(self._organization_id, dialect)
        column, down = self._order.columns[0]
        begin, end = conditions.add(first), conditions.add(last)
        most = conditions.add(limit)
        where = [
            *self._where(conditions),
            f"{column} {'<=' if down else '>='} {begin}",
            f"{column} {'>=' if down else '<='} {end}",
        ]
        page = (
            f"SELECT customers.document FROM (SELECT {self._columns()} FROM {self._from(dialect)}"
            f" WHERE {' AND '.join(where)} ORDER BY {self._order.clause()}"
            f" LIMIT {most} OFFSET {conditions.add(skip)}) AS place CROSS JOIN customers"
            " WHERE customers.organization_id = $1 AND customers.sequence = place.sequence"
            f" ORDER BY {self._order.clause('place')} LIMIT {most}"
        )
        return _joined(page, dialect), conditions.arguments

    def count_before_group(self, value: Any, start: GroupStart, dialect: Dialect) -> Statement:
        """Counts those who stand before a group, but in the bucket in which it begins."""
        conditions = Conditions(self._organization_id, dialect)
        column, down = self._order.columns[0]
        where = [
            *self._where(conditions),
            f"{column} {'>' if down else '<'} {conditions.add(value)}",
        ]
        if start.bound is not None:
            where.append(self._compared(conditions, ">=", start.bound))
        if start.following is not None:
            where.append(self._compared(conditions, "<", start.following))
        return (
            f"SELECT count(*) FROM {self._from(dialect)} WHERE {' AND '.join(where)}"
        ), conditions.arguments

    def place(
        self,
        skip: int,
        dialect: Dialect,
        *,
        descending: bool = False,
        since: Place | None = None,
        before: Place | None = None,
    ) -> Statement:
        """Selects the place of one customer.

        Args:
            skip: how many stand before it.
            dialect: the engine's.
            descending: from which end.
            since: count only who stands at this place or behind it, as an ascending order has it.
            before: and only before this one.
        """
        conditions = Conditions(self._organization_id, dialect)
        where = self._where(conditions)
        if since is not None:
            where.append(self._compared(conditions, ">=", since))
        if before is not None:
            where.append(self._compared(conditions, "<", before))
        return (
            f"SELECT {self._columns()} FROM {self._from(dialect)} WHERE {' AND '.join(where)}"
            f" ORDER BY {self._order.clause(descending=descending)}"
            f" LIMIT 1 OFFSET {conditions.add(skip)}"
        ), conditions.arguments

    def _columns(self) -> str:
        return ", ".join(self._order.names)

    def _from(self, dialect: Dialect) -> str:
        if self._guide is not None:
            return _NOTES
        return dialect.walked(self._table, self._order.index)

    def _where(self, conditions: Conditions) -> list[str]:
        """What the way itself sees to, and a trial of each other filter."""
        if self._guide is None:
            where = ["organization_id = $1", "deleted_at IS NULL"]
        else:
            where = [conditions.has_metadata(self._wanted.metadata[self._guide])]
        return where + conditions.try_all(self._wanted, self._table, but=self._guide)

    def _compared(self, conditions: Conditions, comparison: str, place: Place) -> str:
        columns = ", ".join([f"{self._table}.{name}" for name in self._order.names])
        return f"({columns}) {comparison} ({', '.join([conditions.add(value) for value in place])})"


def _way(down: bool) -> str:  # noqa: FBT001 - as a column's name has it beside it
    return " DESC" if down else ""


def _joined(page: str, dialect: Dialect) -> str:
    return f"SELECT {dialect.joined}, count(*) FROM ({page}) AS page"


def with_total(statement: Statement) -> Statement:
    """Selects the same page, and beside it how many everybody is."""
    text, arguments = statement
    return f"SELECT page.*, {LIVE_COUNT} FROM ({text}) AS page", arguments


def everybody(
    organization_id: UUID, order: Order, page: PageRequest, dialect: Dialect
) -> Statement:
    """Selects a page of everybody; beside it, how many everybody is."""
    arguments = [organization_id, page.limit, page.offset]
    table = dialect.walked("customers", order.index)
    return _everybody(order, table, dialect.joined), arguments


@functools.lru_cache(maxsize=256)
def _everybody(order: Order, table: str, joined: str) -> str:
    return (
        f"SELECT {joined}, {LIVE_COUNT} FROM (SELECT document FROM {table}"
        " WHERE organization_id = $1 AND deleted_at IS NULL"
        f" ORDER BY {order.clause()} LIMIT $2 OFFSET $3) AS page"
    )


def differ(
    organization_id: UUID, order: Order, rank: int, distance: int, dialect: Dialect
) -> Statement:
    """Selects whether two of everybody, so far apart, are unequal by the order's first column."""
    column, down = order.columns[0]
    walked = (
        f"SELECT {column} FROM {dialect.walked('customers', order.index)}"
        f" WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY {column}{_way(down)} LIMIT 1"
    )
    return (
        f"SELECT ({walked} OFFSET $2) IS DISTINCT FROM ({walked} OFFSET $3)",
        [organization_id, rank, rank + distance],
    )


def with_address(
    organization_id: UUID, address: str, wanted: Filter, dialect: Dialect
) -> Statement:
    """Selects the document of the customer with an address, lower-cased, if the filters find it."""
    conditions = Conditions(organization_id, dialect)
    where = [
        "organization_id = $1",
        "deleted_at IS NULL",
        f"email_lower = {conditions.add(address)}",
    ]
    where += conditions.try_all(wanted, "customers")
    return f"SELECT document FROM customers WHERE {' AND '.join(where)}", conditions.arguments


def following(
    organization_id: UUID, query: CustomerQuery, after: Place | None, limit: int, dialect: Dialect
) -> Statement:
    """Selects the next customers of a list behind a place: document, owner, and then the place."""
    order = order_of(query.sorting)
    conditions = Conditions(organization_id, dialect)
    where = ["customers.organization_id = $1", "customers.deleted_at IS NULL"]
    walked = dialect.walked("customers", order.index)
    if query.email is not None:
        walked = "customers"  # there is one at most, and an index of addresses
        where.append(f"customers.email_lower = {conditions.add(collation.lower(query.email))}")
    where += conditions.try_all(Filter.of(query), "customers")
    if after is not None:
        where.append(_behind(order, [conditions.add(value) for value in after]))
    columns = ", ".join([f"customers.{name}" for name in order.names])
    return (
        f"SELECT customers.document, {members.COLUMNS_OF_OWNER}, {columns}"
        f" FROM {walked} CROSS JOIN members AS owner WHERE {' AND '.join(where)}"
        " AND owner.organization_id = customers.organization_id"
        " AND owner.customer_id = customers.id AND owner.role = 'owner'"
        f" ORDER BY {order.clause('customers')} LIMIT {conditions.add(limit)}"
    ), conditions.arguments


def _behind(order: Order, place: list[str]) -> str:
    """A condition on customers: to come behind a place in an order."""
    if order.is_uniform:
        columns = ", ".join([f"customers.{name}" for name in order.names])
        return f"({columns}) {'<' if order.is_descending else '>'} ({', '.join(place)})"
    behind, equal = [], ""
    for (name, down), value in zip(order.columns, place, strict=True):
        behind.append(f"{equal}customers.{name} {'<' if down else '>'} {value}")
        equal += f"customers.{name} = {value} AND "
    return f"({' OR '.join(behind)})"


def few(
    organization_id: UUID, wanted: Filter, guide: int, order: Order, dialect: Dialect
) -> Statement:
    """Selects the documents of everybody whom filters find, by one of them that finds few."""
    conditions = Conditions(organization_id, dialect)
    found = [conditions.has_metadata(wanted.metadata[guide])]
    found += conditions.try_all(wanted, _NOTES, but=guide)
    return (
        f"SELECT customers.document FROM {_NOTES} CROSS JOIN customers"
        f" WHERE {' AND '.join(found)} AND customers.organization_id = $1"
        f" AND customers.sequence = {_NOTES}.sequence ORDER BY {order.clause('customers')}"
    ), conditions.arguments


def by_sequences(organization_id: UUID, sequences: list[int]) -> Statement:
    """Selects sequence and document of some customers, in no order."""
    places = ", ".join([f"${number}" for number in range(2, len(sequences) + 2)])
    return (
        "SELECT sequence, document FROM customers"
        f" WHERE organization_id = $1 AND sequence IN ({places})"
    ), [organization_id, *sequences]
