"""The change log: a table with an entry for each change of a customer, by which caches catch up.

A write adds an entry in its own transaction: the customer's facets before and after. A cache remembers
a position in the log. Before each use a reader reads the log from there on, in the snapshot that it
answers from; what it then knows is exactly what that snapshot holds, whichever process wrote it.
Entries are deleted after a while. A cache that has missed some is dropped, and the list counted afresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from icefloe.storage.lists.facets import Facets
from icefloe.storage.transaction import Row, Transaction

# Entries to read when catching up; with more, to count afresh takes hardly longer.
MAX_READ = 2_000

Position = Any
"""A position in the log, in the engine's own form: which entries one snapshot shows."""


class OlderSnapshot(Exception):
    """The snapshot is older than the cache: the read must begin again on a new one."""


class Disagrees(Exception):
    """A cached list contradicts the database at the same snapshot; the message says how.

    Caused by writes past the log: SQL by hand, or an older version of Icefloe beside this one.
    """


@dataclass(frozen=True, slots=True)
class Change:
    """A customer's facets before and after a change; None where it was or is in no list."""

    before: Facets | None
    after: Facets | None


@dataclass(frozen=True, slots=True)
class Since:
    """What has changed in an organization since a position.

    Attributes:
        position: that of the snapshot in which this was read.
        changes: in their order; None where they are unknown, so that anything may have changed.
    """

    position: Position
    changes: list[Change] | None


class ChangeLog(Protocol):
    """An engine's log."""

    async def find_position(self, transaction: Transaction, organization_id: UUID) -> Position:
        """The position of the transaction's snapshot in an organization's part of the log."""

    async def find_since(
        self, transaction: Transaction, organization_id: UUID, position: Position
    ) -> Since:
        """What has changed since a position. Raises OlderSnapshot."""

    async def trim(self, transaction: Transaction, organization_id: UUID) -> None:
        """Now and then, delete old entries of an organization; called after each new entry."""

    async def trim_all(self, transaction: Transaction) -> None:
        """Trims the log of every organization, including those that no longer write."""


class Changes:
    """Writes the log, in a transaction that changes customers."""

    def __init__(self, transaction: Transaction, log: ChangeLog) -> None:
        self._transaction = transaction
        self._log = log

    async def note(
        self, organization_id: UUID, before: Facets | None, after: Facets | None
    ) -> None:
        """Log that a customer's facets have changed."""
        await self._insert(_row(organization_id, before, after))
        await self._log.trim(self._transaction, organization_id)

    async def note_many(self, organization_id: UUID) -> None:
        """Log, in one entry, that any customer of an organization may have changed or be new."""
        await self._insert((organization_id, None, None, None))

    async def forget(self, organization_id: UUID, sequence: int) -> None:
        """Delete a customer's entries; a cache that had yet to read them is counted afresh."""
        # Added before the deletion, so that its number is new: SQLite reuses the last ones deleted.
        await self.note_many(organization_id)
        await self._transaction.execute(
            "DELETE FROM customer_changes WHERE organization_id = $1 AND sequence = $2",
            organization_id,
            sequence,
        )

    async def forget_all(self, organization_id: UUID) -> None:
        """Delete an organization's entries; a cache that had yet to read them is counted afresh.

        One entry stays, with nothing but the organization's id. If an organization with the same id is
        created again, caches of the old one are dropped by it.
        """
        # Added before the deletion, for the same reason as in `forget`.
        number = await self._insert((organization_id, None, None, None))
        await self._transaction.execute(
            "DELETE FROM customer_changes WHERE organization_id = $1 AND number < $2",
            organization_id,
            number,
        )
        await self._log.trim_all(self._transaction)

    async def _insert(self, row: Row) -> int:
        """Insert an entry; returns its number."""
        inserted = await self._transaction.fetch_one(
            'INSERT INTO customer_changes (organization_id, sequence, "before", "after")'
            " VALUES ($1, $2, $3, $4) RETURNING number",
            *row,
        )
        assert inserted is not None  # noqa: S101 - an INSERT with RETURNING gives its row or raises
        return int(inserted[0])


def _row(organization_id: UUID, before: Facets | None, after: Facets | None) -> Row:
    facets = after or before
    return (
        organization_id,
        None if facets is None else facets.sequence,
        None if before is None else before.render(),
        None if after is None else after.render(),
    )


def read_changes(rows: Sequence[Row]) -> list[Change] | None:
    """The changes in entries, each given as sequence, before and after; None where any is unknown."""
    if len(rows) > MAX_READ or any(sequence is None for sequence, _, _ in rows):
        return None
    return [Change(Facets.read(before), Facets.read(after)) for _, before, after in rows]
