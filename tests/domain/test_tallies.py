"""Tallies: sums that do not depend on the order of what is added."""

import math
import sys
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icefloe.domain.commerce import counters
from icefloe.domain.values.measures import Aggregation, Function
from icefloe.domain.values.tallies import Tally
from icefloe.domain.values.usage import UsageEvent, UsageMetadata

_NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False)
)


def _event(notes: UsageMetadata) -> UsageEvent:
    return UsageEvent(
        organization_id=UUID(int=1),
        id=UUID(int=2),
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        name="call",
        metadata=notes,
    )


def _tally(numbers: list[int | float]) -> Tally:
    tally = Tally()
    for number in numbers:
        found = counters.find_number(_event({"n": number}), Aggregation("sum", "n"))
        assert found is not None
        tally.add(found)
    return tally


@given(st.lists(_NUMBERS), st.lists(_NUMBERS), st.randoms())
def test_order(first: list[int | float], second: list[int | float], random: object) -> None:
    """Numbers added in any order, one by one or merged, give the same tally."""
    together = [*first, *second]
    random.shuffle(together)  # type: ignore[attr-defined] # Hypothesis's Random has no type
    merged = _tally(first)
    merged.merge(_tally(second))
    assert merged == _tally(together)


@given(st.lists(st.integers(-(10**6), 10**6).map(lambda number: number / 4), min_size=1))
def test_quantities(numbers: list[float]) -> None:
    """Each function gives what its name says."""
    tally = _tally(list(numbers))
    assert tally.quantity("count") == len(numbers)
    assert tally.quantity("sum") == math.fsum(numbers)
    assert tally.quantity("max") == max(numbers)
    assert tally.quantity("min") == min(numbers)
    assert tally.quantity("avg") == math.fsum(numbers) / len(numbers)


@pytest.mark.parametrize("function", ["count", "sum", "max", "min", "avg", "unique"])
def test_nothing(function: Function) -> None:
    """Nothing was counted: every function gives zero."""
    assert Tally().quantity(function) == 0


def test_largest_sum() -> None:
    """A sum beyond all floats is shown as the largest, which JSON can hold."""
    assert _tally([sys.float_info.max, sys.float_info.max]).quantity("sum") == sys.float_info.max


@pytest.mark.parametrize("value", ["12", True, 10**400, None])
def test_no_number(value: object) -> None:
    """An event whose property is no number that a float can hold does not count."""
    notes = {} if value is None else {"n": value}
    assert counters.find_number(_event(notes), Aggregation("max", "n")) is None


def test_unique_values() -> None:
    """Values are told apart by their text; an event without one does not count."""
    aggregation = Aggregation("unique", "n")
    found = [
        counters.find_unique_value(_event({"n": value}), aggregation)
        for value in ("a", "b", 1, "1", True, 1.5)
    ]
    assert len(set(found)) == 5
    assert found[2] == found[3]
    assert counters.find_unique_value(_event({}), aggregation) is None
    assert counters.find_unique_value(_event({}), Aggregation("unique", "name")) is not None
    assert counters.find_number(_event({}), Aggregation("count")) == Decimal(0)
