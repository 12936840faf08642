"""Invitations: links that let one person join an organization."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain import organizations
from icefloe.domain.people.memberships import check_role
from icefloe.domain.values import emails, errors, secret_values
from icefloe.domain.values.collation import lower
from icefloe.domain.values.invitations import Invitation
from icefloe.domain.values.memberships import Membership, Role

if TYPE_CHECKING:
    from icefloe.domain.people.people import People
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.organizations import Organization
    from icefloe.domain.values.people import Person

VALID_FOR = timedelta(days=7)
"""How long an invitation may be accepted."""


class Invitations:
    """The rules of invitations. Times are real, even if the organization's clock is a test's."""

    def __init__(self, store: storage.Storage, clock: Clock, secret: bytes, people: People) -> None:
        self._store = store
        self._clock = clock
        self._secret = secret
        self._people = people

    async def create(
        self, organization_id: UUID, role: Role, email: str | None = None, *, by: UUID | None
    ) -> tuple[Invitation, str]:
        """Create an invitation; returns what is stored of it, and the token for its link.

        Args:
            organization_id: the organization to join.
            role: the role of the person who accepts it.
            email: the only address that may accept it; any address unless given.
            by: the person who creates it; None for the operator.

        Raises:
            InvalidValue: there is no such role, or that is no address.
            OrganizationNotFound: there is no such organization.
            NotPermitted: the creator does not own the organization.
            Duplicate: the person with that address is in it already (field `person`).
        """
        check_role(role)
        now = self._clock.now()
        token = secret_values.make(self._clock.random_below)
        made = Invitation(
            id=self._clock.new_id(),
            organization_id=organization_id,
            email=emails.standardise(email, emails.EmailCheck.ANY_DOMAIN) if email else None,
            role=role,
            created_by=by,
            created_at=now,
            expires_at=now + VALID_FOR,
        )

        async def work(tables: storage.Tables) -> None:
            await organizations.lock_as_owner(tables, organization_id, by)
            if made.email is not None:
                invited = await tables.people.find_by_email(made.email)
                if invited and await tables.memberships.find(organization_id, invited.id):
                    raise errors.Duplicate("person")
            await tables.invitations.add(made, self._hash(token))

        await self._store.write(work)
        return made, token

    async def find(self, token: str) -> tuple[Invitation, Organization] | None:
        """The invitation of a link and its organization; None if it cannot be accepted."""
        if not secret_values.is_well_formed(token):
            return None
        found = await self._store.read(lambda tables: tables.invitations.find(self._hash(token)))
        return found if found is not None and self._is_open(found[0]) else None

    async def find_open(self, organization_id: UUID) -> list[Invitation]:
        """The invitations of an organization that may still be accepted, oldest first."""
        now = self._clock.now()
        return await self._store.read(
            lambda tables: tables.invitations.find_open(organization_id, now)
        )

    async def accept(self, token: str, person_id: UUID) -> Organization:
        """Add a person to the organization of a link; returns the organization.

        Raises:
            InvitationNotFound: there is no such invitation, or it is not valid any more.
            PersonNotFound: there is no such person.
            InvalidValue: it is for another address.
            Duplicate: the person is in it already (field `person`); the invitation stays open.
        """

        async def find_person(tables: storage.Tables) -> Person:
            person = await tables.people.find(person_id)
            if person is None:
                raise errors.PersonNotFound
            return person

        return await self._accept(token, find_person)

    async def accept_as_new(
        self, token: str, email: str, password: str, *, name: str = ""
    ) -> tuple[Person, Organization]:
        """Create a person and add it to the organization of a link: both or neither.

        Raises:
            InvitationNotFound: there is no such invitation, or it is not valid any more.
            InvalidValue: the address, the password or the name is not one, or it is for another.
            Duplicate: a person has the address (field `email`), and can sign in and accept.
        """
        if await self.find(token) is None:
            raise errors.InvitationNotFound
        person = await self._people.prepare(email, password, name)

        async def add_person(tables: storage.Tables) -> Person:
            await tables.people.add(person)
            return person

        return person, await self._accept(token, add_person)

    async def revoke(
        self, invitation_id: UUID, *, organization_id: UUID | None = None, by: UUID | None = None
    ) -> None:
        """Make an invitation invalid, at once and in every process.

        Args:
            invitation_id: which one.
            organization_id: where given, only one of this organization; a person must give it.
            by: the person who revokes it; None for the operator.

        Raises:
            NotPermitted: the person does not own the organization, or gives none.
            InvitationNotFound: there is none, or it was accepted.
        """

        async def work(tables: storage.Tables) -> bool:
            await organizations.check_owner(tables, organization_id, by)
            return await tables.invitations.revoke(invitation_id, organization_id)

        if not await self._store.write(work):
            raise errors.InvitationNotFound

    async def _accept(
        self, token: str, find_person: Callable[[storage.Tables], Awaitable[Person]]
    ) -> Organization:
        if not secret_values.is_well_formed(token):
            raise errors.InvitationNotFound
        token_hash, now = self._hash(token), self._clock.now()

        async def work(tables: storage.Tables) -> Organization:
            found = await tables.invitations.find(token_hash)
            if found is None:
                raise errors.InvitationNotFound
            invitation, organization = found
            # Marked first: of two concurrent transactions, the second waits here and finds it accepted.
            if not await tables.invitations.accept(invitation.id, now):
                raise errors.InvitationNotFound
            person = await find_person(tables)
            if invitation.email is not None and lower(invitation.email) != lower(person.email):
                raise errors.InvalidValue(f"the invitation is for {invitation.email}")
            await tables.memberships.add(
                Membership(
                    organization_id=organization.id,
                    person_id=person.id,
                    role=invitation.role,
                    created_at=now,
                )
            )
            return organization

        return await self._store.write(work)

    def _is_open(self, invitation: Invitation) -> bool:
        return invitation.accepted_at is None and self._clock.now() < invitation.expires_at

    def _hash(self, token: str) -> str:
        return secret_values.hash_of(self._secret, "invitation", token)
