"""A `CustomerQuery` as SQL and its arguments, the same for every engine but for a `Dialect`."""

from typing import Any
from uuid import UUID

from icefloe.domain import collation
from icefloe.domain.listing import CustomerQuery, MetadataFilter, Sort
from icefloe.storage.dialect import Dialect

Statement = tuple[str, list[Any]]

_SORT_COLUMNS = {"created_at": "created_at", "email": "email_key", "name": "name_key"}


def page(organization_id: UUID, query: CustomerQuery, dialect: Dialect) -> Statement:
    """Selects the documents of the page that `query` asks for."""
    conditions, arguments = _conditions(organization_id, query, dialect)
    arguments += [query.page.limit, query.page.offset]
    statement = (
        f"SELECT document FROM customers WHERE {conditions} ORDER BY {_order(query.sorting)}"
        f" LIMIT ${len(arguments) - 1} OFFSET ${len(arguments)}"
    )
    return statement, arguments


def count(organization_id: UUID, query: CustomerQuery, dialect: Dialect) -> Statement:
    """Selects how many customers `query` finds on all its pages."""
    if not query.is_filtered:
        return "SELECT live FROM customer_counts WHERE organization_id = $1", [organization_id]
    conditions, arguments = _conditions(organization_id, query, dialect)
    return f"SELECT count(*) FROM customers WHERE {conditions}", arguments


def _conditions(
    organization_id: UUID, query: CustomerQuery, dialect: Dialect
) -> tuple[str, list[Any]]:
    """What every customer found must meet; the arguments begin with the organization."""
    arguments: list[Any] = [organization_id]
    conditions = ["organization_id = $1", "deleted_at IS NULL"]
    if query.email is not None:
        arguments.append(collation.lower(query.email))
        conditions.append(f"email_lower = ${len(arguments)}")
    if query.query is not None:
        arguments.append(collation.lower(query.query))
        conditions.append(_text_condition(f"${len(arguments)}", dialect))
    conditions += [_metadata_condition(wanted, arguments) for wanted in query.metadata]
    return " AND ".join(conditions), arguments


def _text_condition(text: str, dialect: Dialect) -> str:
    found = " OR ".join(
        [
            dialect.contains("email", text),
            dialect.contains("name", text),
            dialect.contains("billing_name", text),
            dialect.starts_with("external_id", text),
        ]
    )
    return (
        "sequence IN (SELECT sequence FROM customer_search"
        f" WHERE organization_id = $1 AND ({found}))"
    )


def _metadata_condition(wanted: MetadataFilter, arguments: list[Any]) -> str:
    arguments.append(wanted.key)
    key = f"${len(arguments)}"
    arguments += wanted.values
    first = len(arguments) - len(wanted.values) + 1
    values = ", ".join(f"${number}" for number in range(first, len(arguments) + 1))
    return (
        "sequence IN (SELECT sequence FROM customer_metadata"
        f" WHERE organization_id = $1 AND key = {key} AND value IN ({values}))"
    )


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
