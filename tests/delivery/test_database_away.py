"""Deliveries while the database is away, and once it is back."""

import asyncio
from collections.abc import Iterator

import pytest

import postgres
from receiving import Receiver
from sending import house_over
from support import HeldTime, run

pytestmark = pytest.mark.processes


@pytest.fixture
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server of the test's own."""
    if postgres.find_programs() is None:
        pytest.skip(postgres.NONE_FOUND)
    with (
        postgres.cluster_folder() as folder,
        postgres.make_cluster(folder / "primary") as made,
    ):
        yield made


def test_away(cluster: postgres.Cluster, receiver: Receiver, time: HeldTime) -> None:
    """A courier waits for a database that is away, says so once, and goes on when it is back.

    What became of an attempt meanwhile is recorded then, and the event is not sent again.
    """
    cluster.execute(f"CREATE DATABASE house OWNER {postgres.OWNER}")
    with house_over(cluster.url("house"), time) as house:
        house.listen(receiver.url("/drip"))
        house.start()
        house.create(1)
        house.wait_until(lambda: len(receiver.requests) == 1)
        cluster.stop("immediate")
        run(asyncio.sleep(2))
        assert [line["event"] for line in house.read_log()] == ["webhooks wait for the database"]

        cluster.start()
        house.wait_until(lambda: house.read_log()[-1]["event"] == "webhooks go on")
        house.create(2)
        house.settle()

        assert len(receiver.requests) == 2
        assert [each.delivery.succeeded for each in house.delivered()] == [True, True]
        assert len(house.read_log()) == 2
