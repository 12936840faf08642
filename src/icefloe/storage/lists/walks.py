"""The statements of lists: SQL and arguments, the same for every engine but for its `Dialect`.

What is called `select_…` here and elsewhere in `storage/lists/` only makes a statement; `Reader` runs
it. A page's statement gives one row: the documents joined, null where there is none, and their number.
"""

import functools
from typing import Any
from uuid import UUID

from icefloe.domain.values import collation
from icefloe.domain.values.listing import CustomerQuery, PageRequest
from icefloe.storage import members
from icefloe.storage.dialect import Dialect
from icefloe.storage.lists.conditions import Conditions, table_of
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.orders import Order, order_of
from icefloe.storage.lists.ranks import GroupStart, IndexKey

Statement = tuple[str, list[Any]]

# How many customers of the organization `$1` are not deleted.
LIVE_COUNT = (
    "(SELECT CAST(coalesce(sum(live), 0) AS BIGINT) FROM customer_counts"
    " WHERE organization_id = $1)"
)


class Walk:
    """An index range scan: goes through a list in its order, from an index key on.

    It scans all customers by the order's index and tries each; or, with a driving trait, the customers
    who have it, which an index holds in order of creation.
    """

    def __init__(
        self, organization_id: UUID, wanted: Filter, order: Order, driving: int | None = None
    ) -> None:
        """Make a walk.

        Args:
            organization_id: whose customers.
            wanted: which of them.
            order: in which order.
            driving: the number of a trait that one value meets, to scan instead of all customers; for
                an order by `created_at`.
        """
        self._organization_id = organization_id
        self._wanted = wanted
        self._order = order
        self._but = driving
        self._driving = None if driving is None else wanted.traits[driving]
        self._table = "customers" if self._driving is None else table_of(self._driving)

    def select_page(
        self,
        limit: int,
        skip: int,
        dialect: Dialect,
        *,
        bound: IndexKey | None = None,
        until: IndexKey | None = None,
    ) -> Statement:
        """Selects a page.

        Args:
            limit: of how many customers at most.
            skip: how many to step over first.
            dialect: the engine's.
            bound: the key to begin at, or just before in a descending order; None begins the list.
            until: the last key to try; None ends with the list.
        """
        conditions = Conditions(self._organization_id, dialect)
        where = self._where(conditions)
        descending = self._order.is_descending
        if bound is not None:
            where.append(self._compared(conditions, "<" if descending else ">=", bound))
        if until is not None:
            where.append(self._compared(conditions, ">=" if descending else "<=", until))
        found = f"{self._from(conditions, dialect)} WHERE {' AND '.join(where)}"
        most = conditions.add(limit)
        cut = f"LIMIT {most} OFFSET {conditions.add(skip)}"
        clause = self._order.clause()
        if self._driving is None:
            page = f"SELECT document FROM {found} ORDER BY {clause} {cut}"
            return _joined(page, dialect), conditions.arguments
        page = (
            f"SELECT customers.document FROM (SELECT {self._columns()} FROM {found}"
            f" ORDER BY {clause} {cut}) AS place CROSS JOIN customers"
            " WHERE customers.organization_id = $1 AND customers.sequence = place.sequence"
            f" ORDER BY {self._order.clause('place')} LIMIT {most}"
        )
        return _joined(page, dialect), conditions.arguments

    def select_regrouped(
        self, limit: int, skip: int, dialect: Dialect, *, to_end: bool
    ) -> Statement:
        """Selects a page in an order whose index has the first column alone in its direction.

        Sorts all customers before the page's last group, and of that group as many as the page can
        show; the group is quick to read where the index has it in the opposite order.

        Args:
            limit: of how many customers at most.
            skip: how many to step over first.
            dialect: the engine's.
            to_end: whether to sort all customers, as a page needs in which the list ends.
        """
        conditions = Conditions(self._organization_id, dialect)
        most, passed = conditions.add(limit), conditions.add(skip)
        table = self._from(conditions, dialect)
        where = " AND ".join(self._where(conditions))
        border = ""
        found = all_rows = f"SELECT {self._columns()} FROM {table} WHERE {where}"
        if not to_end:
            (column, down), *inner = self._order.columns
            border = (
                f"WITH border AS MATERIALIZED (SELECT {column} AS value FROM {table} WHERE {where}"
                f" ORDER BY {column}{_way(down)} LIMIT 1 OFFSET {conditions.add(skip + limit - 1)}) "
            )
            last = "(SELECT value FROM border)"
            order_of_group = ", ".join([name + _way(down) for name, down in inner])
            found = (
                f"SELECT * FROM ({all_rows} AND {column} {'>' if down else '<'} {last}) AS before"
                f" UNION ALL SELECT * FROM ({all_rows} AND {column} = {last}"
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

    def select_groups(
        self, first: Any, last: Any, limit: int, skip: int, dialect: Dialect
    ) -> Statement:
        """Selects a page out of some groups, each of one value in the first column.

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
            f"SELECT customers.document FROM (SELECT {self._columns()}"
            f" FROM {self._from(conditions, dialect)}"
            f" WHERE {' AND '.join(where)} ORDER BY {self._order.clause()}"
            f" LIMIT {most} OFFSET {conditions.add(skip)}) AS place CROSS JOIN customers"
            " WHERE customers.organization_id = $1 AND customers.sequence = place.sequence"
            f" ORDER BY {self._order.clause('place')} LIMIT {most}"
        )
        return _joined(page, dialect), conditions.arguments

    def select_count_before_group(
        self, value: Any, start: GroupStart, dialect: Dialect
    ) -> Statement:
        """Selects how many customers of the bucket in which a group begins come before the group."""
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
            f"SELECT count(*) FROM {self._from(conditions, dialect)} WHERE {' AND '.join(where)}"
        ), conditions.arguments

    def select_key(
        self,
        skip: int,
        dialect: Dialect,
        *,
        descending: bool = False,
        since: IndexKey | None = None,
        before: IndexKey | None = None,
    ) -> Statement:
        """Selects the index key of one customer.

        Args:
            skip: how many customers come before it.
            dialect: the engine's.
            descending: from which end they are counted.
            since: count from this key on.
            before: count up to this key, which is left out.
        """
        conditions = Conditions(self._organization_id, dialect)
        where = self._where(conditions)
        if since is not None:
            where.append(self._compared(conditions, ">=", since))
        if before is not None:
            where.append(self._compared(conditions, "<", before))
        return (
            f"SELECT {self._columns()} FROM {self._from(conditions, dialect)}"
            f" WHERE {' AND '.join(where)}"
            f" ORDER BY {self._order.clause(descending=descending)}"
            f" LIMIT 1 OFFSET {conditions.add(skip)}"
        ), conditions.arguments

    def _columns(self) -> str:
        return ", ".join(self._order.names)

    def _from(self, conditions: Conditions, dialect: Dialect) -> str:
        if self._driving is not None:
            return conditions.rows_of(self._driving)
        return dialect.indexed_by(self._table, self._order.index)

    def _where(self, conditions: Conditions) -> list[str]:
        """Conditions of the range that is scanned, and a trial of each other filter."""
        if self._driving is None:
            where = ["organization_id = $1", "deleted_at IS NULL"]
        else:
            where = [conditions.has(self._driving)]
        return where + conditions.try_all(self._wanted, self._table, but=self._but)

    def _compared(self, conditions: Conditions, comparison: str, place: IndexKey) -> str:
        columns = ", ".join([f"{self._table}.{name}" for name in self._order.names])
        return f"({columns}) {comparison} ({', '.join([conditions.add(value) for value in place])})"


def _way(down: bool) -> str:  # noqa: FBT001 - as a column's name has it beside it
    return " DESC" if down else ""


def _joined(page: str, dialect: Dialect) -> str:
    return f"SELECT {dialect.joined}, count(*) FROM ({page}) AS page"


def select_with_total(statement: Statement) -> Statement:
    """Selects the same page, and beside it how many customers the organization has."""
    text, arguments = statement
    return f"SELECT page.*, {LIVE_COUNT} FROM ({text}) AS page", arguments


def select_unfiltered(
    organization_id: UUID, order: Order, page: PageRequest, dialect: Dialect
) -> Statement:
    """Selects a page of all customers, and beside it how many they are."""
    arguments = [organization_id, page.limit, page.offset]
    table = dialect.indexed_by("customers", order.index)
    return _select_unfiltered(order, table, dialect.joined), arguments


@functools.lru_cache(maxsize=256)
def _select_unfiltered(order: Order, table: str, joined: str) -> str:
    return (
        f"SELECT {joined}, {LIVE_COUNT} FROM (SELECT document FROM {table}"
        " WHERE organization_id = $1 AND deleted_at IS NULL"
        f" ORDER BY {order.clause()} LIMIT $2 OFFSET $3) AS page"
    )


def select_whether_differ(
    organization_id: UUID, order: Order, rank: int, distance: int, dialect: Dialect
) -> Statement:
    """Selects whether the customers at `rank` and at `distance` behind differ in the first column."""
    column, down = order.columns[0]
    walked = (
        f"SELECT {column} FROM {dialect.indexed_by('customers', order.index)}"
        f" WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY {column}{_way(down)} LIMIT 1"
    )
    return (
        f"SELECT ({walked} OFFSET $2) IS DISTINCT FROM ({walked} OFFSET $3)",
        [organization_id, rank, rank + distance],
    )


def select_by_address(
    organization_id: UUID, address: str, wanted: Filter, dialect: Dialect
) -> Statement:
    """Selects the document of the customer with an address (lower-cased), if the filters find it."""
    conditions = Conditions(organization_id, dialect)
    where = [
        "organization_id = $1",
        "deleted_at IS NULL",
        f"email_lower = {conditions.add(address)}",
    ]
    where += conditions.try_all(wanted, "customers")
    return f"SELECT document FROM customers WHERE {' AND '.join(where)}", conditions.arguments


def select_following(
    organization_id: UUID,
    query: CustomerQuery,
    after: IndexKey | None,
    limit: int,
    dialect: Dialect,
) -> Statement:
    """Selects the next customers of a list behind an index key: document, owner, index key."""
    order = order_of(query.sorting)
    conditions = Conditions(organization_id, dialect)
    where = ["customers.organization_id = $1", "customers.deleted_at IS NULL"]
    walked = dialect.indexed_by("customers", order.index)
    if query.email is not None:
        walked = "customers"  # one at most, found by the index of addresses
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


def _behind(order: Order, key: list[str]) -> str:
    """A condition on customers: their index key comes behind one whose placeholders are given."""
    if order.is_uniform:
        columns = ", ".join([f"customers.{name}" for name in order.names])
        return f"({columns}) {'<' if order.is_descending else '>'} ({', '.join(key)})"
    behind, equal = [], ""
    for (name, down), value in zip(order.columns, key, strict=True):
        behind.append(f"{equal}customers.{name} {'<' if down else '>'} {value}")
        equal += f"customers.{name} = {value} AND "
    return f"({' OR '.join(behind)})"


def select_few(
    organization_id: UUID, wanted: Filter, driving: int, order: Order, dialect: Dialect
) -> Statement:
    """Selects the documents of all customers found, by the number of a trait that few have."""
    conditions = Conditions(organization_id, dialect)
    few = wanted.traits[driving]
    found = [conditions.has(few, "few"), *conditions.try_all(wanted, "few", but=driving)]
    return (
        f"SELECT customers.document FROM {conditions.rows_of(few, 'few')} CROSS JOIN customers"
        f" WHERE {' AND '.join(found)} AND customers.organization_id = $1"
        f" AND customers.sequence = few.sequence ORDER BY {order.clause('customers')}"
    ), conditions.arguments


def select_by_sequences(organization_id: UUID, sequences: list[int]) -> Statement:
    """Selects sequence and document of customers, in no order."""
    placeholders = ", ".join([f"${number}" for number in range(2, len(sequences) + 2)])
    return (
        "SELECT sequence, document FROM customers"
        f" WHERE organization_id = $1 AND sequence IN ({placeholders})"
    ), [organization_id, *sequences]
