"""Look-ups of many rows by their identifiers."""

from collections.abc import Iterable
from uuid import UUID

from icefloe.storage.transaction import Transaction

_BATCH = 500
"""Identifiers in one statement: each is an argument, of which engines take a limited number."""


async def find_documents(
    transaction: Transaction, table: str, organization_id: UUID, ids: Iterable[UUID]
) -> dict[UUID, bytes]:
    """The documents of a table's rows, deleted or not, by their ids; those there are."""
    wanted = list(dict.fromkeys(ids))
    found: dict[UUID, bytes] = {}
    for start in range(0, len(wanted), _BATCH):
        batch = wanted[start : start + _BATCH]
        places = ", ".join([f"${at}" for at in range(2, len(batch) + 2)])
        rows = await transaction.fetch_all(
            f"SELECT id, document FROM {table} WHERE organization_id = $1 AND id IN ({places})",
            organization_id,
            *batch,
        )
        found.update({transaction.read_uuid(row[0]): row[1] for row in rows})
    return found
