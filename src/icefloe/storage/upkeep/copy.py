"""Copies all rows of a database to another, of the same engine or not, in one transaction."""

import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol

from icefloe.domain.values import errors
from icefloe.storage import customer_rows, members, organizations
from icefloe.storage.columns import Kind
from icefloe.storage.commerce import usage
from icefloe.storage.commerce.resources import RESOURCES
from icefloe.storage.transaction import Row
from icefloe.storage.webhooks import deliveries, endpoints, events, state_triggers

# Rows in memory at a time.
BATCH = 1000

_DIGEST_RANGE = 2**256


@dataclass(frozen=True)
class Table:
    """A table that is copied.

    Attributes:
        name: its name.
        columns: each column's kind.
        sequence: the PostgreSQL sequence that numbers its rows, if one does.
        read: a SELECT that gives its rows; all of them, as they are, unless given.
    """

    name: str
    columns: dict[str, Kind]
    sequence: str | None = None
    read: str = ""
    names: str = field(init=False)

    def __post_init__(self) -> None:
        names = ", ".join(self.columns)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "read", self.read or f"SELECT {names} FROM {self.name}")


# In an order in which no row refers to a later one. Left out is what each engine makes by itself: the
# change log, of which no cache of a new database has a position; SQLite's index of text; the nonce of
# the first person's link. Sessions are left out on purpose: a person who is signed in to one server is
# not signed in to another, and the copy may be for other people.
TABLES = (
    Table("organizations", organizations.KINDS),
    Table(
        "tokens",
        {
            "organization_id": Kind.UUID,
            "id": Kind.UUID,
            "name": Kind.TEXT,
            "scopes": Kind.TEXT,
            "token_hash": Kind.TEXT,
            "created_at": Kind.NUMBER,
            "expires_at": Kind.NUMBER,
            "last_used_at": Kind.NUMBER,
            "revoked_at": Kind.NUMBER,
        },
    ),
    Table(
        "customers",
        {"sequence": Kind.NUMBER, **customer_rows.KINDS},
        sequence="customers_sequence",
    ),
    Table(
        "customer_search",
        {
            "organization_id": Kind.UUID,
            "sequence": Kind.NUMBER,
            "email": Kind.TEXT,
            "name": Kind.TEXT,
            "billing_name": Kind.TEXT,
            "external_id": Kind.TEXT,
        },
    ),
    Table(
        "customer_metadata",
        {
            "organization_id": Kind.UUID,
            "key": Kind.TEXT,
            "value": Kind.TEXT,
            "created_at": Kind.NUMBER,
            "sequence": Kind.NUMBER,
        },
    ),
    Table(
        "customer_counts",
        {"organization_id": Kind.UUID, "slot": Kind.NUMBER, "live": Kind.NUMBER},
        # The number of slots is the engine's own; a copy has their sum in one.
        read="SELECT organization_id, 0 AS slot, CAST(sum(live) AS BIGINT) AS live"
        " FROM customer_counts GROUP BY organization_id",
    ),
    Table("members", members.KINDS),
    Table(
        "events",
        {
            "sequence": Kind.NUMBER,
            "organization_id": Kind.UUID,
            "customer_id": Kind.UUID,
            "type": Kind.TEXT,
            "created_at": Kind.NUMBER,
            "document": Kind.BYTES,
            "silent": Kind.FLAG,
            "state": Kind.BYTES,
            "pending": Kind.FLAG,
        },
        sequence="events_sequence",
    ),
    Table(
        "answers",
        {
            "organization_id": Kind.UUID,
            "key": Kind.TEXT,
            "fingerprint": Kind.BYTES,
            "customer_id": Kind.UUID,
            "document": Kind.BYTES,
            "created_at": Kind.NUMBER,
        },
    ),
    Table(
        "people",
        {
            "id": Kind.UUID,
            "email": Kind.TEXT,
            "email_lower": Kind.TEXT,
            "name": Kind.TEXT,
            "password_hash": Kind.TEXT,
            "created_at": Kind.NUMBER,
        },
    ),
    Table(
        "memberships",
        {
            "organization_id": Kind.UUID,
            "person_id": Kind.UUID,
            "role": Kind.TEXT,
            "created_at": Kind.NUMBER,
        },
    ),
    Table(
        "invitations",
        {
            "organization_id": Kind.UUID,
            "id": Kind.UUID,
            "email": Kind.TEXT,
            "role": Kind.TEXT,
            "token_hash": Kind.TEXT,
            "created_by": Kind.UUID,
            "created_at": Kind.NUMBER,
            "expires_at": Kind.NUMBER,
            "accepted_at": Kind.NUMBER,
        },
    ),
    Table("webhook_endpoints", endpoints.KINDS, sequence="webhook_endpoints_sequence"),
    Table("webhook_events", events.KINDS, sequence="webhook_events_sequence"),
    Table("state_triggers", state_triggers.KINDS),
    Table("webhook_deliveries", deliveries.KINDS, sequence="webhook_deliveries_sequence"),
    *(
        Table(resource.name, resource.kinds, sequence=f"{resource.name}_sequence")
        for resource in RESOURCES
    ),
    Table(
        "commerce_links",
        {
            "organization_id": Kind.UUID,
            "resource": Kind.TEXT,
            "link": Kind.TEXT,
            "target": Kind.UUID,
            "sequence": Kind.NUMBER,
        },
    ),
    Table(
        "commerce_metadata",
        {
            "organization_id": Kind.UUID,
            "resource": Kind.TEXT,
            "key": Kind.TEXT,
            "value": Kind.TEXT,
            "sequence": Kind.NUMBER,
        },
    ),
    Table(
        "commerce_counts",
        {
            "organization_id": Kind.UUID,
            "resource": Kind.TEXT,
            "slot": Kind.NUMBER,
            "live": Kind.NUMBER,
        },
        read="SELECT organization_id, resource, 0 AS slot, CAST(sum(live) AS BIGINT) AS live"
        " FROM commerce_counts GROUP BY organization_id, resource",
    ),
    *(
        Table(name, kinds, sequence=f"{name}_sequence" if "sequence" in kinds else None)
        for name, kinds in usage.TABLES.items()
    ),
)
# Tables of which an empty database has no rows; all other rows refer to one of theirs.
_ROOTS = tuple(table for table in TABLES if table.name in {"organizations", "people"})


class Rows(Protocol):
    """All rows of a database, on one snapshot."""

    async def count(self, table: Table) -> int:
        """The number of rows that `read` gives."""

    def read(self, table: Table) -> AsyncGenerator[list[Row], None]:
        """The table's rows, some at a time, in the form that all engines share (`columns.Kind`)."""


class WritableRows(Rows, Protocol):
    """The rows that a transaction sees, its own inserts among them."""

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows, in the form that all engines share."""

    async def finish(self) -> None:
        """Bring sequences, statistics and indexes up to date; called before the transaction ends."""


@dataclass(slots=True)
class _Digest:
    """The number of rows, and the sum of their SHA-256, which does not depend on their order."""

    rows: int = 0
    total: int = 0

    def add(self, rows: list[Row]) -> None:
        for row in rows:
            # Values are None, int, str and bytes, for which repr tells any two rows apart.
            digest = hashlib.sha256(repr(row).encode()).digest()
            self.total = (self.total + int.from_bytes(digest, "big")) % _DIGEST_RANGE
        self.rows += len(rows)


async def copy_all(
    source: Rows, target: WritableRows, on_progress: Callable[[int, int], None]
) -> dict[str, int]:
    """Insert all rows of `source` into `target`, and check that both then hold the same rows.

    Args:
        source: one snapshot.
        target: a transaction, which the caller must roll back if this raises.
        on_progress: called for each batch with the steps done and the steps in all. A row is a step
            when it is inserted, and another when it is compared.

    Returns:
        The number of rows of each table, by its name.

    Raises:
        ConfigurationError: there are organizations or people in the target.
        IncompatibleDatabase: the target's rows differ from the source's.
    """
    for table in _ROOTS:
        if await target.count(table):
            raise errors.ConfigurationError(
                f"the database to copy to has {table.name} already; name one without"
            )
    steps = 2 * sum([await source.count(table) for table in TABLES])
    done = 0

    async def digest_of(rows: Rows, table: Table, *, written: bool) -> _Digest:
        nonlocal done
        digest = _Digest()
        # Closed at once on an exception: a transaction cannot end under an open cursor.
        async with aclosing(rows.read(table)) as batches:
            async for batch in batches:
                if written:
                    await target.write(table, batch)
                digest.add(batch)
                done += len(batch)
                on_progress(done, steps)
        return digest

    digests = {table.name: await digest_of(source, table, written=True) for table in TABLES}
    for table in TABLES:
        if await digest_of(target, table, written=False) != digests[table.name]:
            raise errors.IncompatibleDatabase(
                f"the copy's {table.name} differ from the database's: nothing was copied"
            )
    await target.finish()
    return {name: digest.rows for name, digest in digests.items()}
