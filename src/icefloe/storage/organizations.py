"""Organizations: the statements."""

from uuid import UUID

from icefloe.domain.values.organizations import Organization
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Row, Transaction, moment, read_required_moment

COLUMNS = "id, name, slug, created_at"


class OrganizationStatements:
    """Implements `domain.ports.storage.OrganizationTable`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect

    async def add(self, organization: Organization) -> None:
        """Insert an organization."""
        await self._transaction.execute(
            f"INSERT INTO organizations ({COLUMNS}) VALUES ($1, $2, $3, $4)",
            organization.id,
            organization.name,
            organization.slug,
            moment(organization.created_at),
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

    async def replace(self, organization: Organization) -> None:
        """Store an organization's new name and slug."""
        await self._transaction.execute(
            "UPDATE organizations SET name = $2, slug = $3 WHERE id = $1",
            organization.id,
            organization.name,
            organization.slug,
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
    organization_id, name, slug, created_at = row
    return Organization(
        id=transaction.read_uuid(organization_id),
        name=name,
        slug=slug,
        created_at=read_required_moment(created_at),
    )
