"""The change log in PostgreSQL, where transactions end in another order than they began.

An entry has the id of its transaction. A snapshot sees every transaction below its xmin, the oldest one
still running, and some above it. A position is therefore xmin, and the entries above it that the
snapshot sees. That holds on a standby too, and between snapshots of different connections.

Entries are deleted by the time of their writing, not of their commit. A transaction that stays open for
ten minutes after its entry could lose it before any reader has seen it. The statement timeout of 30 s,
and `note_many` coming last in bulk work, make that unreachable today.
"""

import random
from dataclasses import dataclass
from uuid import UUID

from icefloe.storage.lists.change_log import MAX_READ, OlderSnapshot, Position, Since, read_changes
from icefloe.storage.transaction import Row, Transaction

# The age at which entries are deleted; and that of a position, in seconds, which may have missed some.
_KEPT = "10 minutes"
_MAX_AGE = 300.0
# Seconds. A missing entry of this age was deleted; a younger one is not visible in the snapshot.
_MAY_BE_GONE = 540.0
# One in so many writes trims the log.
_TRIM_EVERY = 64

_READ = (
    "SELECT pg_snapshot_xmin(pg_current_snapshot())::text,"
    " CAST(extract(epoch FROM statement_timestamp()) AS float8),"
    " number, transaction::text, CAST(extract(epoch FROM made_at) AS float8), sequence,"
    # Known entries are not sent again: while a transaction stays open, they become more and more.
    ' CASE WHEN is_new THEN "before" END, CASE WHEN is_new THEN "after" END'
    " FROM (SELECT 1) AS one LEFT JOIN LATERAL ("
    " SELECT *, number NOT IN (SELECT unnest(CAST($4 AS bigint[]))) AS is_new FROM customer_changes"
    " WHERE organization_id = $1 AND transaction >= CAST(CAST($2 AS text) AS xid8)"
    " ORDER BY number LIMIT $3) AS entries ON TRUE ORDER BY number"
)


@dataclass(frozen=True, slots=True)
class _SnapshotPosition:
    """A position.

    Attributes:
        oldest: the snapshot's xmin: the oldest running transaction; all before it are seen.
        seen: the entries of later ones that are seen too: number and time of writing.
        taken_at: seconds since 1970, on the server's clock.
    """

    oldest: int
    seen: dict[int, float]
    taken_at: float


class PostgresChangeLog:
    """Implements `storage.lists.change_log.ChangeLog`."""

    async def find_position(self, transaction: Transaction, organization_id: UUID) -> Position:
        """The position of the transaction's snapshot in an organization's part of the log."""
        rows = await transaction.fetch_all(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text,"
            " CAST(extract(epoch FROM statement_timestamp()) AS float8), number,"
            " CAST(extract(epoch FROM made_at) AS float8)"
            " FROM (SELECT 1) AS one LEFT JOIN customer_changes ON organization_id = $1"
            " AND transaction >= pg_snapshot_xmin(pg_current_snapshot())",
            organization_id,
        )
        return _SnapshotPosition(
            oldest=int(rows[0][0]),
            seen={row[2]: row[3] for row in rows if row[2] is not None},
            taken_at=rows[0][1],
        )

    async def find_since(
        self, transaction: Transaction, organization_id: UUID, position: Position
    ) -> Since:
        """What has changed since a position. Raises OlderSnapshot."""
        before: _SnapshotPosition = position
        rows = await transaction.fetch_all(
            _READ,
            organization_id,
            str(before.oldest),
            MAX_READ + len(before.seen) + 1,
            list(before.seen),
        )
        oldest, taken_at = int(rows[0][0]), rows[0][1]
        entries = {row[2]: row[3:] for row in rows if row[2] is not None}
        seen = {number: entry[1] for number, entry in entries.items() if int(entry[0]) >= oldest}
        now = _SnapshotPosition(oldest, seen, taken_at)
        new: list[Row] = [
            tuple(entry[2:]) for number, entry in entries.items() if number not in before.seen
        ]
        changes = read_changes(new)
        if changes is None or taken_at - before.taken_at > _MAX_AGE:
            return Since(now, None)
        if oldest < before.oldest or any(
            number not in entries and taken_at - made_at < _MAY_BE_GONE
            for number, made_at in before.seen.items()
        ):
            raise OlderSnapshot
        return Since(now, changes)

    async def trim(self, transaction: Transaction, organization_id: UUID) -> None:
        """Delete old entries of an organization, now and then."""
        if random.randrange(_TRIM_EVERY) == 0:  # noqa: S311 - it does not matter who does it
            await transaction.execute(
                "DELETE FROM customer_changes WHERE organization_id = $1 AND (transaction, number) IN ("
                "SELECT transaction, number FROM customer_changes WHERE organization_id = $1"
                f" AND made_at < statement_timestamp() - interval '{_KEPT}'"
                " LIMIT 1000 FOR UPDATE SKIP LOCKED)",
                organization_id,
            )

    async def trim_all(self, transaction: Transaction) -> None:
        """Delete old entries of all organizations, now and then."""
        if random.randrange(_TRIM_EVERY) == 0:  # noqa: S311 - it does not matter who does it
            await transaction.execute(
                "DELETE FROM customer_changes WHERE (organization_id, transaction, number) IN ("
                "SELECT organization_id, transaction, number FROM customer_changes"
                f" WHERE made_at < statement_timestamp() - interval '{_KEPT}'"
                " LIMIT 1000 FOR UPDATE SKIP LOCKED)"
            )
