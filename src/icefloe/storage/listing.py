"""A `CustomerQuery` as SQL and its arguments, the same for every engine but for a `Dialect`."""

import functools
from typing import Any
from uuid import UUID

from icefloe.domain import collation
from icefloe.domain.listing import CustomerQuery, MetadataFilter, Sort
from icefloe.storage import index_texts
from icefloe.storage.dialect import Dialect

Statement = tuple[str, list[Any]]

# Fetching and sorting one customer takes about as long as trying this many on the way.
_FETCHING = 4

_SORT_COLUMNS = {"created_at": "created_at", "email": "email_key", "name": "name_key"}
_SORT_INDEXES = {
    "created_at": "customers_by_created_at",
    "email": "customers_by_email",
    "name": "customers_by_name",
}


# How many customers of the organization `$1` are not deleted.
LIVE_COUNT = (
    "(SELECT CAST(coalesce(sum(live), 0) AS BIGINT) FROM customer_counts"
    " WHERE organization_id = $1)"
)


def count(organization_id: UUID, query: CustomerQuery, dialect: Dialect) -> Statement:
    """Selects how many customers a query with filters finds on all its pages."""
    matches, arguments = _matches(organization_id, query, dialect)
    return f"SELECT count(*) FROM ({matches}) AS matches", arguments


def unfiltered_page(organization_id: UUID, query: CustomerQuery, dialect: Dialect) -> Statement:
    """Selects the documents of a page of everybody, joined, and how many everybody is."""
    arguments = [organization_id, query.page.limit, query.page.offset]
    table = _walked(query.sorting, dialect)
    return _unfiltered_page(table, query.sorting, dialect.joined), arguments


@functools.lru_cache(maxsize=256)
def _unfiltered_page(table: str, sorting: tuple[Sort, ...], joined: str) -> str:
    return (
        f"SELECT {joined}, {LIVE_COUNT} FROM ("
        f"SELECT document FROM {table} WHERE organization_id = $1 AND deleted_at IS NULL"
        f" ORDER BY {_order(sorting)} LIMIT $2 OFFSET $3) AS page"
    )


def filtered_page(
    organization_id: UUID, query: CustomerQuery, found: int, live: int, dialect: Dialect
) -> Statement:
    """Selects the documents of the page that a query with filters asks for, joined.

    Args:
        organization_id: whose customers.
        query: which of them.
        found: how many the filters find on all pages.
        live: how many customers there are. With `found`, it decides the way: where finds are rare,
            all are fetched and sorted; where they are common, the order's index is walked, and each
            customer tried, until the page is full.
        dialect: the engine's.
    """
    steps = (query.page.offset + query.page.limit) * live // max(found, 1)
    if found * _FETCHING <= steps:
        matches, arguments = _matches(organization_id, query, dialect)
        # Only customers who are not deleted are in the side tables: that needs not be said.
        table, conditions = "customers", f"organization_id = $1 AND sequence IN ({matches})"
    else:
        trials, arguments = _trials(organization_id, query, dialect)
        table = _walked(query.sorting, dialect)
        conditions = " AND ".join(["organization_id = $1", "deleted_at IS NULL", *trials])
    arguments += [query.page.limit, query.page.offset]
    statement = (
        f"SELECT {dialect.joined} FROM ("
        f"SELECT document FROM {table} WHERE {conditions} ORDER BY {_order(query.sorting)}"
        f" LIMIT ${len(arguments) - 1} OFFSET ${len(arguments)}) AS page"
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


def _trials(
    organization_id: UUID, query: CustomerQuery, dialect: Dialect
) -> tuple[list[str], list[Any]]:
    """Conditions that try one customer, each by a look-up of its own, and their arguments.

    Scalar subselects: from EXISTS or a join, SQLite builds an index of everything a filter finds.
    """
    arguments: list[Any] = [organization_id]
    trials = []
    for wanted in query.metadata:
        select = _select_metadata(wanted, arguments)
        trials.append(
            f"({select} AND customer_metadata.created_at = customers.created_at"
            " AND customer_metadata.sequence = customers.sequence) IS NOT NULL"
        )
    if query.email is not None:
        arguments.append(collation.lower(query.email))
        trials.append(f"email_lower = ${len(arguments)}")
    if query.query is not None:
        arguments.append(collation.lower(query.query))
        select = _select_text(f"${len(arguments)}", dialect)
        trials.append(f"({select} AND customer_search.sequence = customers.sequence) IS NOT NULL")
    return trials, arguments


def _select_text(text: str, dialect: Dialect) -> str:
    found = " OR ".join(
        [
            dialect.contains("customer_search.email", text),
            dialect.contains("customer_search.name", text),
            dialect.contains("customer_search.billing_name", text),
            dialect.starts_with("customer_search.external_id", text),
        ]
    )
    return (
        "SELECT customer_search.sequence FROM customer_search"
        f" WHERE customer_search.organization_id = $1 AND ({found})"
    )


def _select_metadata(wanted: MetadataFilter, arguments: list[Any]) -> str:
    arguments.append(index_texts.of_metadata_key(wanted.key))
    key = len(arguments)
    # No stored value holds a NUL, and not every engine lets one be asked for.
    arguments += [
        index_texts.of_metadata_value(value)
        for value in dict.fromkeys(wanted.values)
        if "\0" not in value
    ]
    values = ", ".join(f"${number}" for number in range(key + 1, len(arguments) + 1))
    return (
        "SELECT customer_metadata.sequence FROM customer_metadata"
        " WHERE customer_metadata.organization_id = $1"
        f" AND customer_metadata.key = ${key} AND customer_metadata.value IN ({values})"
    )


def _walked(sorting: tuple[Sort, ...], dialect: Dialect) -> str:
    """The customers, to be walked by the index of the first criterion.

    Of customers equal by it, the engine sorts each group by the others as it comes to it.
    """
    return dialect.walked("customers", _SORT_INDEXES[sorting[0].property])


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
