"""Everybody whom filters find, in no order: to be counted, or to be ranked where they are few."""

from uuid import UUID

from icefloe.domain.values.listing import PageRequest
from icefloe.storage.dialect import Dialect
from icefloe.storage.lists.conditions import Conditions
from icefloe.storage.lists.filters import Filter
from icefloe.storage.lists.kept_lists import Guide
from icefloe.storage.lists.orders import BY_TIME, Order
from icefloe.storage.lists.ranks import MAX_EXACT, Place
from icefloe.storage.lists.reader import View
from icefloe.storage.lists.walks import Statement, Walk

# To look a customer up takes as long as reading so many rows of an index.
_LOOK_UP = 10
# A guide that finds more is no guide: there, all text is read once.
_MAX_GUIDED = 150_000


class Matches:
    """The customers whom filters find, and the way to them."""

    def __init__(self, view: View, wanted: Filter) -> None:
        self._view = view
        self._transaction = view.transaction
        self._dialect = view.dialect
        self._organization_id = view.organization_id
        self._wanted = wanted
        # How many each metadata filter finds by itself; and whether the text is found by its index.
        self._counts: list[int] = []
        self._is_rare = False

    async def prepare(self, *, is_small: bool) -> None:
        """Find the way. `is_small`: the organization has so few customers that any way will do."""
        self._counts = [
            await self._view.number(_count_metadata(self._organization_id, pair, self._dialect))
            for pair in self._wanted.metadata
        ]
        if self._wanted.text is not None and not is_small:
            self._is_rare = await self._dialect.search.is_rare(self._transaction, self._wanted.text)

    async def find_few_places(self, order: Order) -> list[Place] | None:
        """The places of all of them, ascending, if they are so few that each is to have one.

        Only asked where a text is looked for: how rare it is, is not known before.
        """
        conditions = Conditions(self._organization_id, self._dialect)
        columns = ", ".join([f"customers.{name}" for name in order.names])
        rows = await self._transaction.fetch_all(
            f"SELECT {columns} FROM {self._found(conditions)} LIMIT {conditions.add(MAX_EXACT + 1)}",
            *conditions.arguments,
        )
        return sorted([tuple(row) for row in rows]) if len(rows) <= MAX_EXACT else None

    @property
    def guide(self) -> Guide | None:
        """The metadata filter that finds fewest, if it has one value alone.

        Its rows are in order of when customers were made; those of several values are not.
        """
        if not self._counts or len(self._wanted.metadata[self._first][1]) > 1:
            return None
        return Guide(self._first, self._counts[self._first])

    async def count(self) -> int:
        """How many they are."""
        if self._wanted.text is None and len(self._counts) == 1:
            return self._counts[0]
        conditions = Conditions(self._organization_id, self._dialect)
        select = self._select(conditions)
        return await self._view.number(
            (f"SELECT count(*) FROM ({select}) AS found", conditions.arguments)
        )

    async def find_places(self, order: Order, every: int) -> list[Place]:
        """The places of the first of them, and of each further one after so many, ascending."""
        if self._wanted.is_empty and every > 1:
            return await self._step(Walk(self._organization_id, self._wanted, order), every)
        conditions = Conditions(self._organization_id, self._dialect)
        if every == 1 and not self._wanted.is_empty:
            columns = ", ".join([f"customers.{name}" for name in order.names])
            clause = order.clause("customers", descending=False)
            statement = f"SELECT {columns} FROM {self._found(conditions)} ORDER BY {clause}"
        else:
            statement = self._numbered(conditions, order, every)
        rows = await self._transaction.fetch_all(statement, *conditions.arguments)
        return [tuple(row) for row in rows]

    def _found(self, conditions: Conditions) -> str:
        """A FROM and WHERE of the customers themselves: each is looked up, in no order."""
        return (
            f"({self._select(conditions)}) AS found CROSS JOIN customers"
            " WHERE customers.organization_id = $1 AND customers.sequence = found.sequence"
        )

    def _numbered(self, conditions: Conditions, order: Order, every: int) -> str:
        """Selects the places by reading everybody in order, and numbering those who are found."""
        table, where = self._in_order(conditions, order)
        columns, clause = ", ".join(order.names), order.clause(descending=False)
        return (
            f"SELECT {columns} FROM (SELECT {columns}, row_number() OVER (ORDER BY {clause}) AS number"
            f" FROM {table} WHERE {' AND '.join(where)}) AS numbered"
            f" WHERE (number - 1) % {conditions.add(every)} = 0 ORDER BY {clause}"
        )

    def _in_order(self, conditions: Conditions, order: Order) -> tuple[str, list[str]]:
        """A table and conditions on its rows, by which to read them all in an order."""
        guide = self.guide
        if guide is not None and order.names == BY_TIME:
            pair = self._wanted.metadata[guide.number]
            where = [conditions.has_metadata(pair)]
            where += conditions.try_all(self._wanted, "customer_metadata", but=guide.number)
            return "customer_metadata", where
        where = ["organization_id = $1", "deleted_at IS NULL"]
        table = self._dialect.walked("customers", order.index)
        if self._wanted.is_empty:
            return table, where
        # Each being looked for among those who are found: `+` says so, where it has to be said.
        sequence = "sequence" if self._dialect.plans_joins else "+sequence"
        return table, [*where, f"{sequence} IN ({self._select(conditions)})"]

    async def _step(self, walk: Walk, every: int) -> list[Place]:
        """The same, where nobody has to be tried: an index is stepped through."""
        places: list[Place] = []
        statement, arguments = walk.place(0, self._dialect)
        while (row := await self._transaction.fetch_one(statement, *arguments)) is not None:
            places.append(tuple(row))
            statement, arguments = walk.place(every, self._dialect, since=places[-1])
        return places

    async def find_page(self, order: Order, page: PageRequest) -> bytes:
        """The documents of a page of them, joined, by sorting them all."""
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
        """Selects their sequences."""
        wanted, text = self._wanted, self._wanted.text
        if not wanted.metadata:
            return self._select_text(conditions)
        first = self._first
        notes = self._select_metadata(conditions, wanted.metadata[first])
        if self._dialect.plans_joins:
            # The engine knows how many each filter finds, and in which order to go.
            selects = [
                self._select_metadata(conditions, pair)
                for number, pair in enumerate(wanted.metadata)
                if number != first
            ]
            if text is not None:
                selects.append(self._select_text(conditions))
            return notes + "".join(f" AND sequence IN ({select})" for select in selects)
        if text is None:
            others = sum(self._counts) - self._counts[first]
            if self._counts[first] * _LOOK_UP > others:
                # Each filter's finds are read once; `+` keeps the engine from looking them up.
                return notes + "".join(
                    f" AND +sequence IN ({self._select_metadata(conditions, pair)})"
                    for number, pair in enumerate(wanted.metadata)
                    if number != first
                )
        elif self._is_rare or self._counts[first] > _MAX_GUIDED:
            tried = "".join(
                f" AND {conditions.try_metadata_alone(pair, 'found')}" for pair in wanted.metadata
            )
            return (
                f"SELECT found.sequence FROM ({self._select_text(conditions)}) AS found"
                f" WHERE TRUE{tried}"
            )
        trials = conditions.try_all(wanted, "customer_metadata", but=first)
        return " AND ".join([notes, *trials])

    def _select_text(self, conditions: Conditions) -> str:
        text = self._wanted.text or ""
        if self._is_rare:
            return self._dialect.search.select(conditions, text)
        return f"SELECT customer_search.sequence FROM customer_search WHERE {conditions.has_text(text)}"

    def _select_metadata(self, conditions: Conditions, pair: tuple[str, tuple[str, ...]]) -> str:
        return (
            "SELECT customer_metadata.sequence FROM customer_metadata"
            f" WHERE {conditions.has_metadata(pair)}"
        )


def _count_metadata(
    organization_id: UUID, pair: tuple[str, tuple[str, ...]], dialect: Dialect
) -> Statement:
    """Counts those whom one metadata filter finds."""
    conditions = Conditions(organization_id, dialect)
    where = conditions.has_metadata(pair)
    return f"SELECT count(*) FROM customer_metadata WHERE {where}", conditions.arguments


def count_few(
    organization_id: UUID, pair: tuple[str, tuple[str, ...]], most: int, dialect: Dialect
) -> Statement:
    """Counts those whom one metadata filter finds, up to one more than `most`."""
    conditions = Conditions(organization_id, dialect)
    where = conditions.has_metadata(pair)
    return (
        f"SELECT count(*) FROM (SELECT 1 FROM customer_metadata WHERE {where}"
        f" LIMIT {conditions.add(most + 1)}) AS few"
    ), conditions.arguments
