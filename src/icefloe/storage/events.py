"""Events: the statements."""

from collections.abc import Callable, Sequence
from uuid import UUID

from icefloe.domain.values.events import Event, StoredEvent
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Row, Transaction, moment, read_required_moment

_COLUMNS = "organization_id, customer_id, type, created_at, document, state, silent"
# In the place of a customer's id, which no customer has.
_NO_CUSTOMER = UUID(int=0)
_BEHIND_ALL = 2**63 - 1
_WIDTH = 7
# How many events one statement inserts: few changes have more.
_MOST_AT_ONCE = 4
# In the statement that inserts: a change costs no query of its own for endpoints.
_HAS_ENDPOINT = (
    "EXISTS (SELECT 1 FROM webhook_endpoints AS endpoint"
    " WHERE endpoint.organization_id = $1 AND endpoint.deleted_at IS NULL AND endpoint.enabled)"
)


def _insertion(count: int) -> str:
    """The statement that inserts so many events of one organization; it returns what is pending."""
    rows = []
    for first in range(1, count * _WIDTH + 1, _WIDTH):
        places = [f"${at}" for at in range(first, first + _WIDTH)]
        rows.append(f"({', '.join(places)}, NOT {places[-1]} AND {_HAS_ENDPOINT})")
    return f"INSERT INTO events ({_COLUMNS}, pending) VALUES {', '.join(rows)}"


_INSERTIONS = [_insertion(count) for count in range(_MOST_AT_ONCE + 1)]
"""By the number of events."""


class EventStatements:
    """Implements `domain.ports.storage.EventTable`."""

    def __init__(
        self, transaction: Transaction, dialect: Dialect, note_queued: Callable[[], None]
    ) -> None:
        """Make the statements.

        Args:
            transaction: what they run on.
            dialect: the engine's.
            note_queued: called when the transaction inserts an event that webhooks must tell of.
        """
        self._transaction = transaction
        self._dialect = dialect
        self._note_queued = note_queued

    async def add(self, event: Event) -> None:
        """Append an event."""
        await self.add_all([event])

    async def add_all(self, events: Sequence[Event]) -> None:
        """Append events of one organization in their order, at least one."""
        few = events[-_MOST_AT_ONCE:]
        many = [_values_of(event) for event in events[:-_MOST_AT_ONCE]]
        if many:
            await self._transaction.execute_many(_INSERTIONS[1], many)
        values = [value for event in few for value in _values_of(event)]
        rows = await self._transaction.fetch_all(
            f"{_INSERTIONS[len(few)]} RETURNING pending", *values
        )
        if many or any(row[0] for row in rows):
            self._note_queued()

    async def has_pending(self, organization_id: UUID | None = None) -> bool:
        """Whether webhooks are still to be queued for an event."""
        condition, arguments = _of(organization_id)
        row = await self._transaction.fetch_one(
            f"SELECT 1 FROM events WHERE pending{condition} LIMIT 1", *arguments
        )
        return row is not None

    async def lock_pending(
        self, limit: int, organization_id: UUID | None = None
    ) -> list[StoredEvent]:
        """The first events for which webhooks are still to be queued; no other writer gets them."""
        condition, arguments = _of(organization_id)
        rows = await self._transaction.fetch_all(
            f"SELECT sequence, {_COLUMNS} FROM events WHERE pending{condition}"
            f" ORDER BY organization_id, sequence LIMIT ${len(arguments) + 1}"
            f"{self._dialect.for_update}",
            *arguments,
            limit,
        )
        return [StoredEvent(row[0], self._read(row[1:])) for row in rows]

    async def note_told(self, events: Sequence[StoredEvent]) -> None:
        """Webhooks are queued for these events."""
        await self._transaction.execute_many(
            "UPDATE events SET pending = FALSE WHERE organization_id = $1 AND sequence = $2",
            [(one.event.organization_id, one.sequence) for one in events],
        )

    async def find_all(self, organization_id: UUID) -> list[Event]:
        """Every event of an organization, in the order they were appended."""
        rows = await self._transaction.fetch_all(
            f"SELECT {_COLUMNS} FROM events WHERE organization_id = $1 ORDER BY sequence",
            organization_id,
        )
        return [self._read(row) for row in rows]

    async def find_latest(self, organization_id: UUID, limit: int) -> list[StoredEvent]:
        """The last `limit` events of an organization, latest first."""
        rows = await self._transaction.fetch_all(
            f"SELECT sequence, {_COLUMNS} FROM events WHERE organization_id = $1"
            " ORDER BY sequence DESC LIMIT $2",
            organization_id,
            limit,
        )
        return [StoredEvent(row[0], self._read(row[1:])) for row in rows]

    async def find_latest_of(
        self, organization_id: UUID, customer_id: UUID, limit: int, before: int | None
    ) -> list[StoredEvent]:
        """The last `limit` events about a customer and its members, latest first."""
        # A sum is in no index's order: else PostgreSQL may read all customers' events, last to
        # first, until it has met enough of this one's.
        rows = await self._transaction.fetch_all(
            f"SELECT sequence, {_COLUMNS} FROM events WHERE organization_id = $1"
            " AND customer_id = $2 AND sequence < $4 ORDER BY sequence + 0 DESC LIMIT $3",
            organization_id,
            customer_id,
            limit,
            _BEHIND_ALL if before is None else before,
        )
        return [StoredEvent(row[0], self._read(row[1:])) for row in rows]

    async def find_sequences(self, organization_id: UUID, first: int, limit: int) -> list[int]:
        """The sequences from `first` on of an organization's events, in order, `limit` at most."""
        rows = await self._transaction.fetch_all(
            "SELECT sequence FROM events WHERE organization_id = $1 AND sequence >= $2"
            " ORDER BY sequence LIMIT $3",
            organization_id,
            first,
            limit,
        )
        return [row[0] for row in rows]

    async def find_from(self, organization_id: UUID, first: int, limit: int) -> list[StoredEvent]:
        """The events of an organization from a sequence on, in order, `limit` at most."""
        rows = await self._transaction.fetch_all(
            f"SELECT sequence, {_COLUMNS} FROM events WHERE organization_id = $1"
            " AND sequence >= $2 ORDER BY sequence LIMIT $3",
            organization_id,
            first,
            limit,
        )
        return [StoredEvent(row[0], self._read(row[1:])) for row in rows]

    async def forget(self, organization_id: UUID, customer_id: UUID, but_last: int) -> None:
        """Remove every event about a customer and its members but the last few."""
        await self._transaction.execute(
            "DELETE FROM events WHERE organization_id = $1 AND customer_id = $2 AND sequence NOT IN"
            " (SELECT sequence FROM events WHERE organization_id = $1 AND customer_id = $2"
            " ORDER BY sequence + 0 DESC LIMIT $3)",
            organization_id,
            customer_id,
            but_last,
        )

    async def remove_all(self, organization_id: UUID) -> None:
        """Remove every event of an organization."""
        await self._transaction.execute(
            "DELETE FROM events WHERE organization_id = $1", organization_id
        )

    def _read(self, row: Row) -> Event:
        organization_id, customer_id, kind, created_at, document, state, is_silent = tuple(row)
        customer = self._transaction.read_uuid(customer_id)
        return Event(
            type=kind,
            organization_id=self._transaction.read_uuid(organization_id),
            customer_id=None if customer == _NO_CUSTOMER else customer,
            created_at=read_required_moment(created_at),
            document=document,
            state=state,
            is_silent=bool(is_silent),
        )


def _of(organization_id: UUID | None) -> tuple[str, tuple[UUID, ...]]:
    """The condition that an event is of an organization, or of any, and its arguments."""
    return (
        ("", ()) if organization_id is None else (" AND organization_id = $1", (organization_id,))
    )


def _values_of(event: Event) -> Row:
    """The values of an event's row, in the order of `_COLUMNS`."""
    return (
        event.organization_id,
        event.customer_id or _NO_CUSTOMER,
        event.type,
        moment(event.created_at),
        event.document,
        event.state,
        event.is_silent,
    )
