"""Organizations: the statements."""

import json
from uuid import UUID

from icefloe.domain.values.organizations import Organization
from icefloe.storage import organization_documents
from icefloe.storage.columns import Column, Columns, Kind, moment_column
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Row, Transaction

_COLUMNS = Columns(
    Organization,
    [
        Column("id", Kind.UUID),
        Column("name", Kind.TEXT),
        Column("slug", Kind.TEXT),
        moment_column("created_at"),
        moment_column("modified_at"),
        # JSON, escaped to ASCII: both engines then store it whatever text is in it.
        Column("profile", Kind.TEXT, json.dumps, json.loads),
    ],
)
COLUMNS = _COLUMNS.text
KINDS = _COLUMNS.kinds


class OrganizationStatements:
    """Implements `domain.ports.storage.OrganizationTable`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect

    async def add(self, organization: Organization) -> None:
        """Insert an organization."""
        await self._transaction.execute(
            f"INSERT INTO organizations ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)",
            *_COLUMNS.values_of(organization),
        )

    async def find(self, organization_id: UUID) -> Organization | None:
        """The organization with that id."""
        row = await self._transaction.fetch_one(
            f"SELECT {COLUMNS} FROM organizations WHERE id = $1",
            organization_id,
        )
        return None if row is None else read_organization(row, self._transaction)

    async def find_by_slug(self, slug: str) -> Organization | None:
        """The organization with that slug."""
        row = await self._transaction.fetch_one(
            f"SELECT {COLUMNS} FROM organizations WHERE slug = $1", slug
        )
        return None if row is None else read_organization(row, self._transaction)

    def render(self, organization: Organization) -> bytes:
        """An organization's wire document."""
        return organization_documents.render(organization)

    async def replace(self, organization: Organization) -> None:
        """Store everything of an organization but its creation."""
        organization_id, name, slug, _, modified_at, profile = _COLUMNS.values_of(organization)
        await self._transaction.execute(
            "UPDATE organizations SET name = $2, slug = $3, modified_at = $4, profile = $5"
            " WHERE id = $1",
            organization_id,
            name,
            slug,
            modified_at,
            profile,
        )

    async def find_all(self, limit: int) -> list[Organization]:
        """The oldest `limit` organizations, oldest first."""
        rows = await self._transaction.fetch_all(
            f"SELECT {COLUMNS} FROM organizations ORDER BY created_at, id LIMIT $1",
            limit,
        )
        return [read_organization(row, self._transaction) for row in rows]

    async def lock(self, organization_id: UUID) -> bool:
        """Lock the organization's row until the transaction ends; False where there is none."""
        row = await self._transaction.fetch_one(
            "SELECT 1 FROM organizations WHERE id = $1" + self._dialect.for_update, organization_id
        )
        return row is not None

    async def remove(self, organization_id: UUID) -> None:
        """Delete an organization without tokens, people and customers."""
        await self._transaction.execute("DELETE FROM organizations WHERE id = $1", organization_id)


def read_organization(row: Row, transaction: Transaction) -> Organization:
    """The organization of a row of `COLUMNS`."""
    return _COLUMNS.read(row, transaction)
