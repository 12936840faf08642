"""What divides customers into a few groups, and what does not."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from icefloe.domain.breakdowns import Breakdown, Breakdowns
from icefloe.domain.customers import Customers
from icefloe.domain.imports import Imports
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.exchange.records import read_entry
from support import HeldTime, new_customer, run


class World:
    """An organization whose customers have some metadata each."""

    def __init__(self, store: Storage, time: HeldTime) -> None:
        self.store, self.clock = store, time.clock
        self.id: UUID = run(
            Organizations(store, time.clock).create("Tests", organization_id=uuid4())
        ).id

    def keep(self, *metadata: dict[str, Any]) -> None:
        """Keep a customer for each."""
        entries = [
            read_entry(f"item {at}", new_customer(at, metadata=one))
            for at, one in enumerate(metadata)
        ]
        run(Imports(self.store, self.clock).run(self.id, lambda: entries))

    def find(self) -> list[Breakdown]:
        """The breakdowns of the organization."""
        return run(Breakdowns(Customers(self.store)).find(self.id))


@pytest.fixture
def world(store: Storage, time: HeldTime) -> World:
    """An organization without customers."""
    return World(store, time)


def test_nobody(world: World) -> None:
    """Without customers there is nothing to divide."""
    assert world.find() == []


def test_values_by_how_many_have_them(world: World) -> None:
    """Values are as filters compare them, and the most frequent comes first."""
    world.keep(*[{"seats": 5}] * 2, *[{"seats": "5"}] * 2, *[{"seats": True}] * 3, {})

    assert world.find() == [Breakdown("seats", [("5", 4), ("true", 3)])]
    assert world.find()[0].count == 7


def test_the_most_telling_come_first(world: World) -> None:
    """What organizations usually divide by comes first, and then what most customers have."""
    customer = {"plan": "free", "beta": True, "tier": "a"}
    other = {"plan": "pro", "tier": "b", "beta": False, "zeta": 1}
    world.keep(*[customer] * 3, *[other | {"zeta": at % 2} for at in range(4)])

    assert [one.key for one in world.find()] == ["plan", "tier", "beta", "zeta"]


def test_no_more_than_four(world: World) -> None:
    """Four are shown at most."""
    world.keep(*[{f"key{at}": number % 2 for at in range(7)} for number in range(4)])

    assert len(world.find()) == 4


@pytest.mark.parametrize(
    "metadata",
    [
        [{"plan": "free"}] * 5,
        [{"user_id": f"u{at}"} for at in range(5)],
        [{"city": str(at // 3)} for at in range(39)],
        [{"rare": str(at % 2)} for at in range(4)] + [{}] * 37,
    ],
    ids=["one value", "everybody has another", "too many values", "hardly anybody has it"],
)
def test_what_divides_nobody(world: World, metadata: list[dict[str, Any]]) -> None:
    """One value, thirteen, one for each customer, or a key of few: none of these tells anything."""
    world.keep(*metadata)

    assert world.find() == []


def test_twelve_values_of_a_tenth(world: World) -> None:
    """Twelve values are shown, and so is what one in ten has."""
    world.keep(*[{"city": str(at % 12)} for at in range(24)], *[{}] * 216)

    (one,) = world.find()
    assert len(one.values) == 12
