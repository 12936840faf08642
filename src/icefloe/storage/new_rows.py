"""The rows of new customers, made by themselves: nothing of them needs the database.

So they can be made in another process, and wait there for a writer that has its own work.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from icefloe.domain.values.customers import Customer
from icefloe.domain.values.members import Member
from icefloe.storage import customer_rows, members
from icefloe.storage.lists.facets import Facets
from icefloe.storage.transaction import Row

# A row without its sequence; and, of who is in lists, the values of `Facets` without theirs.
NewCustomerRow = tuple[Row, Row | None]

_METADATA = customer_rows.COLUMNS.split(", ").index("metadata")


def row_of(customer: Customer, owner_email: str | None) -> NewCustomerRow:
    """The row of a new customer."""
    kept = customer_rows.canonical(customer)
    values = customer_rows.values_of(kept)
    derived = customer_rows.derived_from(kept, owner_email, values[_METADATA])
    facets = Facets.of(kept, 0, *derived[1:3])
    return (
        (*values, *derived),
        None
        if facets is None
        else (facets.created_at, *derived[1:3], facets.texts, facets.metadata),
    )


def derive(new: Sequence[tuple[Customer, Member]]) -> tuple[list[Any], list[Any]]:
    """Implements `domain.ports.storage.Derive`: rows with identifiers as bytes, as SQLite has them."""
    customers = []
    for customer, owner in new:
        row, facets = row_of(customer, owner.email)
        customers.append((_plain(row), facets))
    return customers, [_plain(members.values_of(owner)) for _, owner in new]


def _plain(row: Row) -> Row:
    return tuple([value.bytes if type(value) is UUID else value for value in row])
