"""Filters of events as the condition of a WHERE clause on `usage_events AS event`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from icefloe.domain.values.collation import lower
from icefloe.domain.values.usage import UsageEventFilter
from icefloe.storage.transaction import moment

EVENTS = "usage_events AS event"


class Conditions:
    """Conditions that must all hold, and the arguments of their statement.

    Attributes:
        arguments: in the order of their numbers; `$1` is the organization.
        source: what events are selected from.
    """

    def __init__(self, organization_id: UUID, table: str) -> None:
        """Begin with the rows of one organization in a table, which has that name in the statement."""
        self.arguments: list[Any] = [organization_id]
        self.source = EVENTS
        self._conditions = [f"{table}.organization_id = $1"]

    @property
    def text(self) -> str:
        """The condition."""
        return " AND ".join(self._conditions)

    def place(self, value: object) -> str:
        """The placeholder of a further argument."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def add(self, condition: str) -> None:
        """Add a condition."""
        self._conditions.append(condition)

    def any_of(self, column: str, values: Sequence[object]) -> str:
        """That a column has one of the values; false without values."""
        if not values:
            return "1 = 0"
        return f"{column} IN ({', '.join(map(self.place, values))})"


def of(organization_id: UUID, wanted: UsageEventFilter) -> Conditions:
    """The conditions of a filter, but for its metadata, which `domain.commerce.usage` compares."""
    where = Conditions(organization_id, "event")
    if wanted.after is not None:
        where.add(f"event.timestamp >= {where.place(moment(wanted.after))}")
    if wanted.before is not None:
        where.add(f"event.timestamp <= {where.place(moment(wanted.before))}")
    if wanted.names is not None:
        where.add(where.any_of("event.name", wanted.names))
    if wanted.sources is not None:
        where.add(where.any_of("event.source", wanted.sources))
    if wanted.customer_ids is not None:
        _find_of_customers(where, "id", "customer_id", wanted.customer_ids)
    if wanted.external_customer_ids is not None:
        _find_of_customers(
            where, "external_id", "external_customer_id", wanted.external_customer_ids
        )
    if wanted.query is not None:
        where.add(_matches(where, wanted.query))
    if wanted.depth is not None:
        where.add(_descends(where, wanted.parent_id, wanted.depth))
    elif wanted.parent_id is not None:
        _find(where, f"parent_id = {where.place(wanted.parent_id)}")
    return where


def _find_of_customers(
    where: Conditions, field: str, column: str, values: Sequence[object]
) -> None:
    """Find events of these customers, by whichever of the two ids each event names its customer."""
    other, other_field = ("external_customer_id", "external_id")
    if column == other:
        other, other_field = ("customer_id", "id")
    named = where.any_of(column, values)
    customers = (
        f"SELECT {other_field} FROM customers WHERE organization_id = $1 AND deleted_at IS NULL"
        f" AND {where.any_of(field, values)} AND {other_field} IS NOT NULL"
    )
    _find(where, f"{named} AND {column} IS NOT NULL", f"{other} IN ({customers})")


def _find(where: Conditions, *conditions: str) -> None:
    """Find the events for which one of some conditions holds: no event meets two, an index each."""
    each = " UNION ALL ".join(
        f"SELECT sequence FROM usage_events WHERE organization_id = $1 AND {condition}"
        for condition in conditions
    )
    if where.source == EVENTS:
        # SQLite keeps to the order of a CROSS JOIN: it would read all events in their order instead.
        where.source = f"({each}) AS found CROSS JOIN {EVENTS}"
        where.add("event.sequence = found.sequence")
    else:
        where.add(f"event.sequence IN ({each})")


def _matches(where: Conditions, query: str) -> str:
    """That a text is in the event's name, or in the name or e-mail of the event's customer."""
    if "\0" in query:
        return "1 = 0"
    pattern = where.place(f"%{_escaped(lower(query))}%")
    named = f"lower(event.name) LIKE {pattern} ESCAPE '!'"
    customers = (
        "SELECT customer.{field} FROM customers AS customer JOIN customer_search AS found"
        " ON found.organization_id = customer.organization_id"
        " AND found.sequence = customer.sequence WHERE customer.organization_id = $1"
        f" AND (found.email LIKE {pattern} ESCAPE '!' OR found.name LIKE {pattern} ESCAPE '!')"
    )
    return (
        f"({named} OR event.customer_id IN ({customers.format(field='id')})"
        f" OR event.external_customer_id IN ({customers.format(field='external_id')}))"
    )


def _escaped(text: str) -> str:
    for special in "!%_":
        text = text.replace(special, f"!{special}")
    return text


def _descends(where: Conditions, anchor: UUID | None, depth: int) -> str:
    """That an event is an anchor or descends from one: `depth` generations at most.

    Without a named anchor, the events without a parent are the anchors.
    """
    is_anchor = "{0}.parent_id IS NULL"
    if anchor is not None:
        is_anchor = f"{{0}}.id = {where.place(anchor)}"
    return _reaches("event", is_anchor, depth, 1)


def _reaches(child: str, is_anchor: str, depth: int, level: int) -> str:
    condition = is_anchor.format(child)
    if depth == 0:
        return condition
    parent = f"parent_{level}"
    further = _reaches(parent, is_anchor, depth - 1, level + 1)
    return (
        f"({condition} OR EXISTS (SELECT 1 FROM usage_events AS {parent}"
        f" WHERE {parent}.organization_id = $1 AND {parent}.id = {child}.parent_id AND {further}))"
    )
