"""Memberships: the statements."""

from typing import cast
from uuid import UUID

from icefloe.domain.values.memberships import Membership, Role
from icefloe.domain.values.organizations import Organization
from icefloe.domain.values.people import Person
from icefloe.storage import organizations, people
from icefloe.storage.transaction import Transaction, moment, read_required_moment

_COLUMNS = "organization_id, person_id, role, created_at"
_ORGANIZATION = ", ".join(f"organizations.{name}" for name in organizations.COLUMNS.split(", "))
_PERSON = ", ".join(f"people.{name}" for name in people.COLUMNS.split(", "))
_ORGANIZATIONS = (
    f"SELECT role, {_ORGANIZATION} FROM memberships"
    " JOIN organizations ON organizations.id = memberships.organization_id"
)


class MembershipStatements:
    """Implements `domain.ports.people.MembershipTable`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, membership: Membership) -> None:
        """Insert a membership."""
        await self._transaction.execute(
            f"INSERT INTO memberships ({_COLUMNS}) VALUES ($1, $2, $3, $4)",
            membership.organization_id,
            membership.person_id,
            membership.role,
            moment(membership.created_at),
        )

    async def find(self, organization_id: UUID, person_id: UUID) -> Membership | None:
        """The membership of a person in an organization."""
        row = await self._transaction.fetch_one(
            "SELECT role, created_at FROM memberships"
            " WHERE organization_id = $1 AND person_id = $2",
            organization_id,
            person_id,
        )
        if row is None:
            return None
        return Membership(
            organization_id=organization_id,
            person_id=person_id,
            role=row[0],
            created_at=read_required_moment(row[1]),
        )

    async def find_organizations(self, person_id: UUID) -> list[tuple[Organization, Role]]:
        """The organizations a person is in, oldest first, and the person's role in each."""
        rows = await self._transaction.fetch_all(
            f"{_ORGANIZATIONS} WHERE person_id = $1"
            " ORDER BY organizations.created_at, organizations.id",
            person_id,
        )
        return [
            (organizations.read_organization(row[1:], self._transaction), cast("Role", row[0]))
            for row in rows
        ]

    async def find_by_slug(self, person_id: UUID, slug: str) -> tuple[Organization, Role] | None:
        """The organization with that slug, if a person is in it, and the person's role."""
        row = await self._transaction.fetch_one(
            f"{_ORGANIZATIONS} WHERE person_id = $1 AND slug = $2", person_id, slug
        )
        if row is None:
            return None
        return organizations.read_organization(row[1:], self._transaction), cast("Role", row[0])

    async def find_people(self, organization_id: UUID) -> list[tuple[Person, Role]]:
        """The people in an organization with their roles, oldest membership first."""
        rows = await self._transaction.fetch_all(
            f"SELECT role, {_PERSON} FROM memberships JOIN people ON people.id = person_id"
            " WHERE organization_id = $1 ORDER BY memberships.created_at, person_id",
            organization_id,
        )
        return [
            (people.read_person(row[1:], self._transaction), cast("Role", row[0])) for row in rows
        ]

    async def find_left_alone(self, person_id: UUID) -> Organization | None:
        """An organization with other people, of which a person is the only owner."""
        row = await self._transaction.fetch_one(
            f"{_ORGANIZATIONS} WHERE person_id = $1 AND role = 'owner'"
            " AND EXISTS (SELECT 1 FROM memberships AS others"
            " WHERE others.organization_id = organizations.id AND others.person_id <> $1)"
            " AND NOT EXISTS (SELECT 1 FROM memberships AS owners"
            " WHERE owners.organization_id = organizations.id AND owners.person_id <> $1"
            " AND owners.role = 'owner')"
            " ORDER BY organizations.created_at, organizations.id LIMIT 1",
            person_id,
        )
        return None if row is None else organizations.read_organization(row[1:], self._transaction)

    async def count_owners(self, organization_id: UUID) -> int:
        """How many own an organization."""
        row = await self._transaction.fetch_one(
            "SELECT count(*) FROM memberships WHERE organization_id = $1 AND role = 'owner'",
            organization_id,
        )
        return 0 if row is None else int(row[0])

    async def change_role(self, organization_id: UUID, person_id: UUID, role: Role) -> bool:
        """Give a person another role; False where there is no such membership."""
        changed = await self._transaction.execute(
            "UPDATE memberships SET role = $3 WHERE organization_id = $1 AND person_id = $2",
            organization_id,
            person_id,
            role,
        )
        return changed > 0

    async def remove(self, organization_id: UUID, person_id: UUID) -> bool:
        """Remove a membership; False where there is none."""
        removed = await self._transaction.execute(
            "DELETE FROM memberships WHERE organization_id = $1 AND person_id = $2",
            organization_id,
            person_id,
        )
        return removed > 0

    async def remove_all(self, organization_id: UUID) -> None:
        """Remove every membership of an organization."""
        await self._transaction.execute(
            "DELETE FROM memberships WHERE organization_id = $1", organization_id
        )
