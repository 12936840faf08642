"""A `CustomerQuery` as SQL and its arguments, the same for every engine but for a `Dialect`."""

import functools
from typing import Any
from uuid import UUID

from icefloe.domain import collation
from icefloe.domain.listing import CustomerQuery, MetadataFilter, Sort
from icefloe.storage.dialect import Dialect

Statement = tuple[str, list[Any]]

# Fetching and sorting this many customers takes about as long as walking past a thousand others.
_FEW = 500

_SORT_COLUMNS = {"created_at": "created_at", "email": "email_key", "name": "name_key"}


def count(organization_id: UUID, query: CustomerQuery, dialect: Dialect) -> Statement:
    """Selects how many customers `query` finds on all its pages."""
    if not query.is_filtered:
        return "SELECT live FROM customer_counts WHERE organization_id = $1", [organization_id]
    matches, arguments = _matches(organization_id, query, dialect)
    return f"SELECT count(*) FROM ({matches}) AS matches", arguments


def page(
    organization_id: UUID, query: CustomerQuery, total_count: int, dialect: Dialect
) -> Statement:
    """Selects the documents of the page that `query` asks for.

    Args:
        organization_id: whose customers.
        query: which of them.
        total_count: how many `query` finds, which decides the way: a few are fetched and sorted; of
            many, the order's index is walked until the page is full.
        dialect: the engine's.
    """
    conditions = "organization_id = $1 AND deleted_at IS NULL"
    arguments: list[Any] = [organization_id]
    if query.is_filtered:
        matches, arguments = _matches(organization_id, query, dialect)
        if total_count <= _FEW:
            # Only customers in sight are in the side tables: nothing else needs to be said.
            conditions = f"sequence IN ({matches})"
        else:
            conditions += f" AND sequence IN ({matches})"
    arguments += [query.page.limit, query.page.offset]
    statement = (
        f"SELECT document FROM customers WHERE {conditions} ORDER BY {_order(query.sorting)}"
        f" LIMIT ${len(arguments) - 1} OFFSET ${len(arguments)}"
    )
    return statement, arguments


def _matches(organization_id: UUID, query: CustomerQuery, dialect: Dialect) -> Statement:
    """Selects the sequences of all customers whom the filters find; at least one filter is there.

    The first filter is a select of its own, each further one a condition on what it finds. `+` keeps
    the engine from looking up each of one filter's finds in the other's index: it reads both once.
    """
    arguments: list[Any] = [organization_id]
    selects = [_select_metadata(wanted, arguments) for wanted in query.metadata]
    if query.email is not None:
        arguments.append(collation.lower(query.email))
        selects.insert(
            0,
            "SELECT sequence FROM customers WHERE organization_id = $1 AND deleted_at IS NULL"
            f" AND email_lower = ${len(arguments)}",
        )
    if query.query is not None:
        arguments.append(collation.lower(query.query))
        selects.append(_select_text(f"${len(arguments)}", dialect))
    first, *further = selects
    return first + "".join(f" AND +sequence IN ({select})" for select in further), arguments


def _select_text(text: str, dialect: Dialect) -> str:
    found = " OR ".join(
        [
            dialect.contains("email", text),
            dialect.contains("name", text),
            dialect.contains("billing_name", text),
            dialect.starts_with("external_id", text),
        ]
    )
    return f"SELECT sequence FROM customer_search WHERE organization_id = $1 AND ({found})"


def _select_metadata(wanted: MetadataFilter, arguments: list[Any]) -> str:
    arguments.append(wanted.key)
    key = len(arguments)
    # No stored value holds a NUL, and not every engine lets one be asked for.
    arguments += [value for value in dict.fromkeys(wanted.values) if "\0" not in value]
    values = ", ".join(f"${number}" for number in range(key + 1, len(arguments) + 1))
    return (
        "SELECT sequence FROM customer_metadata"
        f" WHERE organization_id = $1 AND key = ${key} AND value IN ({values})"
    )


@functools.lru_cache(maxsize=256)
def _order(sorting: tuple[Sort, ...]) -> str:
    """The order, made total by the sequence, which runs the way of the last criterion.

    A criterion that comes again decides nothing, and is left out. Customers without a name or an
    address have a key of their own behind all others, as the reference's nulls.
    """
    directions: dict[str, str] = {}
    for sort in sorting:
        directions.setdefault(_SORT_COLUMNS[sort.property], " DESC" if sort.descending else "")
    last = list(directions.values())[-1]
    return ", ".join([column + way for column, way in directions.items()] + [f"sequence{last}"])
