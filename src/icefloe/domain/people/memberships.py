"""Memberships: which people belong to which organizations, and what they may do there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain import organizations
from icefloe.domain.values import errors
from icefloe.domain.values.memberships import ROLES, Membership, Role

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.organizations import Organization
    from icefloe.domain.values.people import Person


class Memberships:
    """The rules of memberships. Times are real, even if the organization's clock is a test's."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def find_of_person(self, person_id: UUID) -> list[tuple[Organization, Role]]:
        """The organizations a person is in, oldest first, and the person's role in each."""
        return await self._store.read(
            lambda tables: tables.memberships.find_organizations(person_id)
        )

    async def find_by_slug(self, person_id: UUID, slug: str) -> tuple[Organization, Role] | None:
        """The organization with that slug and a person's role in it; None where it is not in it."""
        if not organizations.is_slug(slug):
            return None
        return await self._store.read(
            lambda tables: tables.memberships.find_by_slug(person_id, slug)
        )

    async def find_of_organization(self, organization_id: UUID) -> list[tuple[Person, Role]]:
        """People in the organization with their roles, oldest membership first."""
        return await self._store.read(
            lambda tables: tables.memberships.find_people(organization_id)
        )

    async def find_role(self, organization_id: UUID, person_id: UUID) -> Role | None:
        """A person's role in an organization; None where it is not in it."""
        found = await self._store.read(
            lambda tables: tables.memberships.find(organization_id, person_id)
        )
        return None if found is None else found.role

    async def add(self, organization_id: UUID, person_id: UUID, role: Role) -> Membership:
        """Add a person to an organization.

        Raises:
            InvalidValue: there is no such role.
            OrganizationNotFound: there is no such organization.
            PersonNotFound: there is no such person.
            Duplicate: the person is in it already (field `person`).
        """
        check_role(role)
        made = Membership(
            organization_id=organization_id,
            person_id=person_id,
            role=role,
            created_at=self._clock.now(),
        )

        async def work(tables: storage.Tables) -> None:
            await organizations.lock(tables, organization_id)
            if await tables.people.find(person_id) is None:
                raise errors.PersonNotFound
            await tables.memberships.add(made)

        await self._store.write(work)
        return made

    async def create_organization(
        self, person_id: UUID, name: str, *, slug: str | None = None
    ) -> Organization:
        """Create an organization that a person owns.

        Raises:
            InvalidValue: the name or slug has the wrong form.
            PersonNotFound: there is no such person.
            Duplicate: another organization has the slug (field `slug`).
        """
        organization = organizations.make(name, self._clock, slug=slug)
        made = Membership(
            organization_id=organization.id,
            person_id=person_id,
            role="owner",
            created_at=self._clock.now(),
        )

        async def work(tables: storage.Tables) -> None:
            if await tables.people.find(person_id) is None:
                raise errors.PersonNotFound
            await tables.organizations.add(organization)
            await tables.memberships.add(made)

        await self._store.write(work)
        return organization

    async def change_role(
        self, organization_id: UUID, person_id: UUID, role: Role, *, by: UUID | None = None
    ) -> None:
        """Give a person another role. A former owner's open invitations are revoked.

        Args:
            organization_id: the organization.
            person_id: the person whose role changes.
            role: the new role.
            by: the person who changes it; None for the operator.

        Raises:
            InvalidValue: there is no such role, or the organization would have no owner.
            NotPermitted: the person who changes it does not own the organization.
            OrganizationNotFound: there is no such organization.
            MembershipNotFound: the person is not in it.
        """
        check_role(role)

        async def work(tables: storage.Tables) -> None:
            await organizations.lock_as_owner(tables, organization_id, by)
            await _check_owners_left(tables, organization_id, person_id, role)
            await tables.memberships.change_role(organization_id, person_id, role)
            if role != "owner":
                await tables.invitations.remove_open_by(person_id, organization_id)

        await self._store.write(work)

    async def remove(
        self, organization_id: UUID, person_id: UUID, *, by: UUID | None = None
    ) -> None:
        """Remove a person from an organization, at once and in every process.

        The person's open invitations to it are revoked too, so that none leads back.

        Args:
            organization_id: the organization.
            person_id: the person to remove.
            by: the person who removes it, an owner or the person itself; None for the operator.

        Raises:
            InvalidValue: the organization would have no owner.
            NotPermitted: the person who removes another does not own the organization.
            OrganizationNotFound: there is no such organization.
            MembershipNotFound: the person is not in it.
        """

        async def work(tables: storage.Tables) -> None:
            await organizations.lock_as_owner(
                tables, organization_id, None if by == person_id else by
            )
            await _check_owners_left(tables, organization_id, person_id, None)
            await tables.memberships.remove(organization_id, person_id)
            await tables.invitations.remove_open_by(person_id, organization_id)

        await self._store.write(work)


def check_role(role: str) -> None:
    """Check that there is such a role. Raises InvalidValue."""
    if role not in ROLES:
        raise errors.InvalidValue(f"{role!r} is not a role; use {' or '.join(ROLES)}")


async def _check_owners_left(
    tables: storage.Tables, organization_id: UUID, person_id: UUID, role: Role | None
) -> None:
    """Check that a locked organization keeps an owner when a person's role changes or ends."""
    found = await tables.memberships.find(organization_id, person_id)
    if found is None:
        raise errors.MembershipNotFound
    if found.role != "owner" or role == "owner":
        return
    if await tables.memberships.count_owners(organization_id) == 1:
        raise errors.InvalidValue("an organization needs an owner: make another person one first")
