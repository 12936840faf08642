"""The log of what changed about customers: what is kept in memory of lists is brought up to date by it.

Every change of a customer writes an entry in its own transaction, with what the lists saw of the
customer before and after. Whoever keeps something in memory remembers a position in the log, and reads
on from there within the very view of the database that it answers from: what it then knows is exactly
what that view holds, whatever process wrote it. Entries are kept for a while only; who has missed some
counts afresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from icefloe.storage.lists.facets import Facets
from icefloe.storage.transaction import Row, Transaction

# Nobody reads more than this to catch up: to count afresh takes hardly longer.
MAX_READ = 2_000

Position = Any
"""A place in the log, in the engine's own form: all that one view of the database shows."""


class OlderView(Exception):
    """The view of the database is older than what is in memory: to be read again on a new one."""


class Disagrees(Exception):
    """What is in memory of a list cannot be true of the same moment's database; the message says why.

    No write of ours causes it: a statement by hand does, or an older version beside this one, for
    neither writes the log.
    """


@dataclass(frozen=True, slots=True)
class Change:
    """A customer as the lists saw it before and see it now; None where it is in none."""

    before: Facets | None
    after: Facets | None


@dataclass(frozen=True, slots=True)
class Since:
    """What has changed in an organization since a position.

    Attributes:
        position: the one of the view in which this was read.
        changes: in their order; None where they are not known, and anything may be different.
    """

    position: Position
    changes: list[Change] | None


class ChangeLog(Protocol):
    """An engine's log."""

    async def find_position(self, transaction: Transaction, organization_id: UUID) -> Position:
        """The position of the transaction's view, as far as an organization is concerned."""

    async def find_since(
        self, transaction: Transaction, organization_id: UUID, position: Position
    ) -> Since:
        """What has changed since a position. Raises OlderView."""

    async def trim(self, transaction: Transaction, organization_id: UUID) -> None:
        """Remove what is older than anybody needs; called after each entry."""

    async def trim_all(self, transaction: Transaction) -> None:
        """The same, of whatever organization: also of those of which nothing is noted any more."""


class Changes:
    """Writes the log, in a transaction that changes customers."""

    def __init__(self, transaction: Transaction, log: ChangeLog) -> None:
        self._transaction = transaction
        self._log = log

    async def note(
        self, organization_id: UUID, before: Facets | None, after: Facets | None
    ) -> None:
        """Note that a customer has become different in the lists' eyes."""
        await self._keep(_row(organization_id, before, after))
        await self._log.trim(self._transaction, organization_id)

    async def note_many(self, organization_id: UUID) -> None:
        """Note that any customer of an organization may be different now, or new."""
        await self._keep((organization_id, None, None, None))

    async def forget(self, organization_id: UUID, sequence: int) -> None:
        """Remove all that the log has of a customer; whoever had yet to read it counts afresh."""
        # First, so that its number is new: a log that ends with what is removed would use it again.
        await self.note_many(organization_id)
        await self._transaction.execute(
            "DELETE FROM customer_changes WHERE organization_id = $1 AND sequence = $2",
            organization_id,
            sequence,
        )

    async def forget_all(self, organization_id: UUID) -> None:
        """Remove all that the log has of an organization; whoever had yet to read it counts afresh.

        An entry stays that says so, and nothing but whose it is: also where an organization with the
        same id is made again, nobody takes its lists for those of this one.
        """
        # First, for the reason that `forget` has.
        number = await self._keep((organization_id, None, None, None))
        await self._transaction.execute(
            "DELETE FROM customer_changes WHERE organization_id = $1 AND number < $2",
            organization_id,
            number,
        )
        await self._log.trim_all(self._transaction)

    async def _keep(self, row: Row) -> int:
        """Keep an entry; returns its number."""
        kept = await self._transaction.fetch_one(
            'INSERT INTO customer_changes (organization_id, sequence, "before", "after")'
            " VALUES ($1, $2, $3, $4) RETURNING number",
            *row,
        )
        assert kept is not None  # noqa: S101 - an INSERT with RETURNING gives its row or raises
        return int(kept[0])


def _row(organization_id: UUID, before: Facets | None, after: Facets | None) -> Row:
    facets = after or before
    return (
        organization_id,
        None if facets is None else facets.sequence,
        None if before is None else before.render(),
        None if after is None else after.render(),
    )


def read_changes(rows: Sequence[Row]) -> list[Change] | None:
    """The changes that entries hold, each given as sequence, before and after; None where unknown."""
    if len(rows) > MAX_READ or any(sequence is None for sequence, _, _ in rows):
        return None
    return [Change(Facets.read(before), Facets.read(after)) for _, before, after in rows]
