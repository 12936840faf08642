"""All customers that a filter finds: counted, and read for ranks. The slow queries are here.

The SQL is chosen by how many customers each part of the filter finds, which `prepare` counts. On SQLite
this module is the query planner for filters; PostgreSQL plans for itself (`Dialect.plans_joins`).
"""

from uuid import UUID

from icefloe.domain.values.listing import PageRequest
from icefloe.storage.dialect import Dialect
from icefloe.storage.lists.conditions import Conditions, table_of
from icefloe.storage.lists.filters import Filter, Trait
from icefloe.storage.lists.list_cache import DrivingTrait
from icefloe.storage.lists.orders import BY_TIME, Order
from icefloe.storage.lists.ranks import MAX_EXACT, IndexKey
from icefloe.storage.lists.reader import Reader
from icefloe.storage.lists.walks import Statement, Walk

# Rows of an index that are read in the time of one look-up of a customer.
_LOOK_UP = 10
# Customers who may have a trait that drives a search for text: beyond, all text is read.
_MAX_DRIVING = 150_000


class Matches:
    """The customers that a filter finds, in no order."""

    def __init__(self, reader: Reader, wanted: Filter) -> None:
        self._reader = reader
        self._transaction = reader.transaction
        self._dialect = reader.dialect
        self._organization_id = reader.organization_id
        self._wanted = wanted
        # How many customers have each trait; whether to search by the text's index.
        self._counts: list[int] = []
        self._is_rare = False

    async def prepare(self, *, is_small: bool) -> None:
        """Count what decides on the SQL; must come before all else.

        Args:
            is_small: whether the organization has so few customers that reading all text is fast.
        """
        self._counts = [
            await self._reader.fetch_number(
                _select_count(self._organization_id, trait, self._dialect)
            )
            for trait in self._wanted.traits
        ]
        if self._wanted.text is not None and not is_small:
            self._is_rare = await self._dialect.search.is_rare(self._transaction, self._wanted.text)

    async def find_few_keys(self, order: Order) -> list[IndexKey] | None:
        """The index keys of all of them, ascending; None where they are more than exact ranks hold.

        For filters with a text, of which the number of customers is not known before they are read.
        """
        conditions = Conditions(self._organization_id, self._dialect)
        columns = ", ".join([f"customers.{name}" for name in order.names])
        rows = await self._transaction.fetch_all(
            f"SELECT {columns} FROM {self._found(conditions)} LIMIT {conditions.add(MAX_EXACT + 1)}",
            *conditions.arguments,
        )
        return sorted([tuple(row) for row in rows]) if len(rows) <= MAX_EXACT else None

    @property
    def driving(self) -> DrivingTrait | None:
        """The trait that fewest customers have, if one value meets it.

        The rows of one value are in order of creation; those of several values are not.
        """
        if not self._counts or not self._wanted.traits[self._first].is_single:
            return None
        return DrivingTrait(self._first, self._counts[self._first])

    async def count(self) -> int:
        """The number of customers found."""
        if self._wanted.text is None and len(self._counts) == 1:
            return self._counts[0]
        conditions = Conditions(self._organization_id, self._dialect)
        select = self._select(conditions)
        return await self._reader.fetch_number(
            (f"SELECT count(*) FROM ({select}) AS found", conditions.arguments)
        )

    async def find_keys(self, order: Order, every: int) -> list[IndexKey]:
        """The index keys of the first customer and of every `every`-th after it, ascending."""
        if self._wanted.is_empty and every > 1:
            return await self._step(Walk(self._organization_id, self._wanted, order), every)
        conditions = Conditions(self._organization_id, self._dialect)
        if every == 1 and not self._wanted.is_empty:
            columns = ", ".join([f"customers.{name}" for name in order.names])
            clause = order.clause("customers", descending=False)
            statement = f"SELECT {columns} FROM {self._found(conditions)} ORDER BY {clause}"
        else:
            statement = self._select_numbered(conditions, order, every)
        rows = await self._transaction.fetch_all(statement, *conditions.arguments)
        return [tuple(row) for row in rows]

    def _found(self, conditions: Conditions) -> str:
        """FROM and WHERE of a statement that looks up each customer found, in no order."""
        return (
            f"({self._select(conditions)}) AS found CROSS JOIN customers"
            " WHERE customers.organization_id = $1 AND customers.sequence = found.sequence"
        )

    def _select_numbered(self, conditions: Conditions, order: Order, every: int) -> str:
        """Selects the keys by reading all customers in order, and numbering those found."""
        table, where = self._in_order(conditions, order)
        columns, clause = ", ".join(order.names), order.clause(descending=False)
        return (
            f"SELECT {columns} FROM (SELECT {columns}, row_number() OVER (ORDER BY {clause}) AS number"
            f" FROM {table} WHERE {' AND '.join(where)}) AS numbered"
            f" WHERE (number - 1) % {conditions.add(every)} = 0 ORDER BY {clause}"
        )

    def _in_order(self, conditions: Conditions, order: Order) -> tuple[str, list[str]]:
        """A table to read in the order, and conditions on its rows."""
        driving = self.driving
        if driving is not None and order.names == BY_TIME:
            trait = self._wanted.traits[driving.number]
            where = [conditions.has(trait)]
            where += conditions.try_all(self._wanted, table_of(trait), but=driving.number)
            return conditions.rows_of(trait), where
        where = ["organization_id = $1", "deleted_at IS NULL"]
        table = self._dialect.indexed_by("customers", order.index)
        if self._wanted.is_empty:
            return table, where
        # `+` keeps SQLite from driving by `sequence`: each customer in order is looked up in the set.
        sequence = "sequence" if self._dialect.plans_joins else "+sequence"
        return table, [*where, f"{sequence} IN ({self._select(conditions)})"]

    async def _step(self, walk: Walk, every: int) -> list[IndexKey]:
        """The same for all customers: steps through an index from key to key."""
        keys: list[IndexKey] = []
        statement, arguments = walk.select_key(0, self._dialect)
        while (row := await self._transaction.fetch_one(statement, *arguments)) is not None:
            keys.append(tuple(row))
            statement, arguments = walk.select_key(every, self._dialect, since=keys[-1])
        return keys

    async def find_page(self, order: Order, page: PageRequest) -> bytes:
        """The documents of a page, joined, by sorting all customers found."""
        conditions = Conditions(self._organization_id, self._dialect)
        found, clause = self._found(conditions), order.clause("customers")
        row = await self._transaction.fetch_one(
            f"SELECT {self._dialect.joined} FROM (SELECT document FROM {found} ORDER BY {clause}"
            f" LIMIT {conditions.add(page.limit)} OFFSET {conditions.add(page.offset)}) AS page",
            *conditions.arguments,
        )
        return (row and row[0]) or b""

    @property
    def _first(self) -> int:
        return self._counts.index(min(self._counts))

    def _select(self, conditions: Conditions) -> str:
        """Selects the sequences of the customers found."""
        wanted, text = self._wanted, self._wanted.text
        if not wanted.traits:
            return self._select_text(conditions)
        first = self._first
        rarest = self._select_trait(conditions, wanted.traits[first])
        if self._dialect.plans_joins:
            # PostgreSQL's planner chooses the order of the joins by its statistics.
            selects = [
                self._select_trait(conditions, trait)
                for number, trait in enumerate(wanted.traits)
                if number != first
            ]
            if text is not None:
                selects.append(self._select_text(conditions))
            return rarest + "".join(f" AND sequence IN ({select})" for select in selects)
        if text is None:
            others = sum(self._counts) - self._counts[first]
            if self._counts[first] * _LOOK_UP > others:
                # Reads all that each filter finds, once; `+` keeps SQLite from look-ups one by one.
                return rarest + "".join(
                    f" AND +sequence IN ({self._select_trait(conditions, trait)})"
                    for number, trait in enumerate(wanted.traits)
                    if number != first
                )
        elif self._is_rare or self._counts[first] > _MAX_DRIVING:
            tried = "".join(
                f" AND {conditions.try_alone(trait, 'found')}" for trait in wanted.traits
            )
            return (
                f"SELECT found.sequence FROM ({self._select_text(conditions)}) AS found"
                f" WHERE TRUE{tried}"
            )
        trials = conditions.try_all(wanted, table_of(wanted.traits[first]), but=first)
        return " AND ".join([rarest, *trials])

    def _select_text(self, conditions: Conditions) -> str:
        text = self._wanted.text or ""
        if self._is_rare:
            return self._dialect.search.select(conditions, text)
        return f"SELECT customer_search.sequence FROM customer_search WHERE {conditions.has_text(text)}"

    def _select_trait(self, conditions: Conditions, trait: Trait) -> str:
        return (
            f"SELECT {table_of(trait)}.sequence FROM {conditions.rows_of(trait)}"
            f" WHERE {conditions.has(trait)}"
        )


def _select_count(organization_id: UUID, trait: Trait, dialect: Dialect) -> Statement:
    """Selects how many customers have a trait."""
    conditions = Conditions(organization_id, dialect)
    where = conditions.has(trait)
    return f"SELECT count(*) FROM {conditions.rows_of(trait)} WHERE {where}", conditions.arguments


def select_few_count(organization_id: UUID, trait: Trait, most: int, dialect: Dialect) -> Statement:
    """Selects how many customers have a trait, but stops counting at `most` + 1."""
    conditions = Conditions(organization_id, dialect)
    where = conditions.has(trait)
    return (
        f"SELECT count(*) FROM (SELECT 1 FROM {conditions.rows_of(trait)} WHERE {where}"
        f" LIMIT {conditions.add(most + 1)}) AS few"
    ), conditions.arguments
