"""Filters of events, each operator against each kind of value."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from icefloe.domain.commerce import event_filters
from icefloe.domain.values.measures import Clause, Conjunction, EventFilter, Operator, read_filter
from icefloe.domain.values.usage import UsageEvent

_EVENT = UsageEvent(
    organization_id=UUID(int=1),
    id=UUID(int=2),
    timestamp=datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC),
    name="call",
    metadata={
        "size": 12,
        "rate": 1.5,
        "ok": True,
        "model": "gpt-4",
        "text": "100%",
        "a.b": 1,
        "_cost": {"amount": 2.5, "currency": "usd"},
    },
)


def _passes(clause: Clause) -> bool:
    return event_filters.make(EventFilter("and", (clause,)))(_EVENT)


@pytest.mark.parametrize(
    ("name", "operator", "value", "passes"),
    [
        ("name", "eq", "call", True),
        ("name", "ne", "call", False),
        ("name", "like", "al", True),
        ("name", "not_like", "al", False),
        ("name", "eq", 1, False),
        ("source", "eq", "user", True),
        ("source", "eq", "system", False),
        ("timestamp", "gt", 1_777_000_000, True),
        ("timestamp", "lt", "2026-05-04T03:02:02Z", True),
        ("timestamp", "gte", "2026-05-04T03:02:01", True),
        ("timestamp", "eq", "yesterday", False),
        ("timestamp", "ne", True, False),
        ("timestamp", "like", "2026", False),
        ("size", "eq", 12, True),
        ("size", "ne", 12, False),
        ("size", "gt", 11, True),
        ("size", "gte", 12, True),
        ("size", "lt", 12, False),
        ("size", "lte", 12, True),
        ("size", "eq", "12", True),
        ("size", "like", 2, True),
        ("rate", "gt", 1, True),
        ("rate", "eq", "1.5", True),
        ("ok", "eq", True, True),
        ("ok", "ne", False, True),
        ("ok", "eq", 1, False),
        ("ok", "eq", "true", True),
        ("size", "eq", True, False),
        ("model", "like", "gpt", True),
        ("model", "not_like", "gpt", False),
        ("model", "like", "g%", False),
        ("text", "like", "0%", True),
        ("model", "eq", 4, False),
        ("a.b", "eq", 1, True),
        ("_cost.amount", "gt", 2, True),
        ("_cost.currency", "eq", "usd", True),
        ("_cost", "like", "usd", False),
        ("_cost.amount.more", "eq", 1, False),
    ],
)
def test_clause(name: str, operator: Operator, value: str | int, *, passes: bool) -> None:
    """A clause compares a property with a value of its kind, and any property's text with a text."""
    assert _passes(Clause(name, operator, value)) is passes


@pytest.mark.parametrize("operator", ["eq", "ne", "gt", "gte", "lt", "lte", "like", "not_like"])
@pytest.mark.parametrize("value", ["x", 1, True])
def test_missing_property(operator: Operator, value: str | int) -> None:
    """A property that an event does not have passes no clause."""
    assert not _passes(Clause("missing", operator, value))


def test_conjunctions() -> None:
    """All clauses must pass, or one, also where filters are nested; no clause at all passes."""
    right, wrong = Clause("name", "eq", "call"), Clause("name", "eq", "other")
    cases: list[tuple[Conjunction, Any, bool]] = [
        ("and", (right, wrong), False),
        ("or", (right, wrong), True),
        ("and", (), True),
        ("or", (), True),
        ("and", (right, EventFilter("or", (wrong, right))), True),
        ("or", (wrong, EventFilter("and", (wrong, right))), False),
    ]
    for conjunction, clauses, passes in cases:
        assert event_filters.make(EventFilter(conjunction, clauses))(_EVENT) is passes


def test_names() -> None:
    """The names that a filter demands are found; None where other events may pass too."""
    call, other = Clause("name", "eq", "call"), Clause("name", "eq", "other")
    size = Clause("size", "gt", 1)
    cases: list[tuple[Conjunction, Any, set[str] | None]] = [
        ("and", (call, size), {"call"}),
        ("and", (call, other), set()),
        ("or", (call, other), {"call", "other"}),
        ("or", (call, size), None),
        ("and", (size,), None),
        ("and", (size, EventFilter("or", (call, other))), {"call", "other"}),
        ("and", (), None),
    ]
    for conjunction, clauses, names in cases:
        assert event_filters.find_names(EventFilter(conjunction, clauses)) == names


def test_read_filter() -> None:
    """A filter's wire document says the same as the filter."""
    document = {
        "conjunction": "or",
        "clauses": [
            {"property": "name", "operator": "eq", "value": "call"},
            {"conjunction": "and", "clauses": []},
        ],
    }
    assert read_filter(document) == EventFilter(
        "or", (Clause("name", "eq", "call"), EventFilter("and", ()))
    )
