"""The rows of new customers, made without the database.

So `second_process` can make them while the writer inserts those before them.
"""

import contextlib
from collections.abc import Callable, Generator
from typing import NamedTuple
from uuid import UUID

from icefloe.domain.values.customers import Customer, CustomerBatch
from icefloe.storage import customer_rows, members
from icefloe.storage.lists.facets import Facets
from icefloe.storage.transaction import Row

ReadBatches = Callable[[], Generator[CustomerBatch, None, None]]

# (row, facets), both without the sequence, which the database assigns; facets is None for a deleted
# customer.
NewCustomerRow = tuple[Row, Row | None]


class NewRows(NamedTuple):
    """The rows of a `CustomerBatch`; nothing but plain values, so that `marshal` can write them.

    Attributes:
        customers: one for each customer.
        members: one for each owner.
        failures: place and reason of each entry that cannot be read.
    """

    customers: list[NewCustomerRow]
    members: list[Row]
    failures: list[tuple[str, str]]


_METADATA = customer_rows.COLUMNS.split(", ").index("metadata")


def row_of(customer: Customer, owner_email: str | None) -> NewCustomerRow:
    """The row of a new customer."""
    stored = customer_rows.canonical(customer)
    values = customer_rows.values_of(stored)
    derived = customer_rows.derived_from(stored, owner_email, values[_METADATA])
    facets = Facets.of(stored, 0, *derived[1:3])
    return (
        (*values, *derived),
        None
        if facets is None
        else (
            facets.created_at,
            *derived[1:3],
            facets.is_active,
            facets.texts,
            facets.metadata,
        ),
    )


def rows_of(batch: CustomerBatch) -> NewRows:
    """The rows of a batch, with identifiers as bytes, as SQLite has them."""
    customers = []
    for customer, owner in batch.customers:
        row, facets = row_of(customer, owner.email)
        customers.append((_plain(row), facets))
    owners = [_plain(members.values_of(owner)) for _, owner in batch.customers]
    return NewRows(customers, owners, batch.failures)


def read(read_batches: ReadBatches) -> Generator[NewRows, None, None]:
    """The rows of all batches, made in this process."""
    with contextlib.closing(read_batches()) as batches:
        for batch in batches:
            yield rows_of(batch)


def _plain(row: Row) -> Row:
    return tuple([value.bytes if type(value) is UUID else value for value in row])
