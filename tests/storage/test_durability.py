"""What was acknowledged is there after the process was killed."""

from uuid import UUID

import pytest

from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values.listing import CustomerQuery
from support import Engine, kill_amid_writes, run

pytestmark = pytest.mark.processes

WRITER = """
import asyncio, sys
from uuid import UUID
from support import add_customer, customer_of
from icefloe.storage.open import open_storage

organization_id = UUID(sys.argv[2])

async def write(store, first):
    for number in range(first, 1_000_000, 8):
        customer = customer_of(organization_id, number, metadata={"number": number})
        await store.write(lambda tables: add_customer(tables, customer))
        sys.stdout.write(f"{customer.id}\\n")
        sys.stdout.flush()

async def main():
    store = await open_storage(sys.argv[1])
    await asyncio.gather(*(write(store, first) for first in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("enough", [1, 50, 400])
def test_killed_while_writing(
    engine: Engine, store: Storage, organization_id: UUID, enough: int
) -> None:
    """Every write that a killed process had acknowledged is there, and nothing is kept by halves."""
    acknowledged = kill_amid_writes(WRITER, engine.database, organization_id, enough)
    wanted = [UUID(line.strip()) for line in acknowledged if line.endswith("\n")]
    assert len(wanted) >= enough

    async def read(tables: Tables) -> tuple[list[UUID], list[int]]:
        missing = [
            one for one in wanted if await tables.customers.find(organization_id, one) is None
        ]
        counts = [
            (await tables.customers.find_page(organization_id, query)).total_count
            for query in (CustomerQuery(), CustomerQuery(query="customer"))
        ]
        return missing, counts

    again = run(engine.open())
    missing, (live, searched) = run(again.read(read))
    run(again.close())

    assert missing == []
    assert live == searched >= len(wanted)
    assert run(store.read(read))[1] == [live, live]
