"""Organizations: the statements."""

from uuid import UUID

from icefloe.domain.organizations import Organization
from icefloe.storage.session import Row, Session, moment, read_required_moment

_COLUMNS = "id, name, slug, created_at"


class OrganizationStatements:
    """Implements `domain.storage.OrganizationTable`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, organization: Organization) -> None:
        """Keep a new organization."""
        await self._session.execute(
            f"INSERT INTO organizations ({_COLUMNS}) VALUES ($1, $2, $3, $4)",
            organization.id,
            organization.name,
            organization.slug,
            moment(organization.created_at),
        )

    async def find(self, organization_id: UUID) -> Organization | None:
        """The organization with that id."""
        row = await self._session.fetch_one(
            f"SELECT {_COLUMNS} FROM organizations WHERE id = $1",
            organization_id,
        )
        return None if row is None else self._read(row)

    async def find_all(self, limit: int) -> list[Organization]:
        """The oldest `limit` organizations, oldest first."""
        rows = await self._session.fetch_all(
            f"SELECT {_COLUMNS} FROM organizations ORDER BY created_at, id LIMIT $1",
            limit,
        )
        return [self._read(row) for row in rows]

    def _read(self, row: Row) -> Organization:
        organization_id, name, slug, created_at = row
        return Organization(
            id=self._session.read_uuid(organization_id),
            name=name,
            slug=slug,
            created_at=read_required_moment(created_at),
        )
