"""Live counts: counters of what is not deleted, each spread over slots for concurrent writers."""

from uuid import UUID

from icefloe.domain.values import errors
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction


async def change(
    transaction: Transaction,
    dialect: Dialect,
    table: str,
    organization_id: UUID,
    count: int,
    **names: str,
) -> None:
    """Count so many more, in the writer's slot.

    Args:
        transaction: of the write that is counted.
        dialect: the engine's.
        table: the counters: `organization_id`, the columns of `names`, `slot` and `live`.
        organization_id: whose counter it is.
        count: how many more; negative for fewer.
        names: what else the counter is found by.

    Raises:
        OrganizationNotFound: there is no such organization any more.
    """
    columns = ("organization_id", *names, "slot")
    values = (organization_id, *names.values(), transaction.writer % dialect.count_slots)
    conditions = " AND ".join([f"{column} = ${at}" for at, column in enumerate(columns, start=1)])
    places = ", ".join([f"${at}" for at in range(1, len(columns) + 1)])
    # Not one statement (ON CONFLICT DO UPDATE): on a partition of another server there is none.
    while not await transaction.execute(
        f"UPDATE {table} SET live = live + ${len(values) + 1} WHERE {conditions}", *values, count
    ):
        # Locks the organization's row: a concurrent removal waits for this transaction, or this
        # one for the removal.
        if not await transaction.fetch_one(
            "SELECT 1 FROM organizations WHERE id = $1" + dialect.for_share, organization_id
        ):
            raise errors.OrganizationNotFound
        await transaction.execute(
            f"INSERT INTO {table} ({', '.join(columns)}, live) VALUES ({places}, 0)"
            " ON CONFLICT DO NOTHING",
            *values,
        )
