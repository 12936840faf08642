"""The port for people who sign in: their memberships, sessions and invitations."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain.values.invitations import Invitation
    from icefloe.domain.values.memberships import Membership, Role
    from icefloe.domain.values.organizations import Organization
    from icefloe.domain.values.people import Person
    from icefloe.domain.values.sessions import Session


class PersonTable(Protocol):
    """The people who may sign in."""

    async def add(self, person: Person) -> None:
        """Insert a person; ends the first person's link. Raises Duplicate (`email`)."""

    async def find(self, person_id: UUID) -> Person | None:
        """The person with that id."""

    async def lock(self, person_id: UUID) -> Person | None:
        """The person with that id, locked until the transaction ends. Within `Storage.write` only."""

    async def find_by_email(self, email: str) -> Person | None:
        """The person with that address, letter case aside."""

    async def find_all(self, limit: int) -> list[Person]:
        """The oldest `limit` people, oldest first."""

    async def rename(self, person_id: UUID, name: str) -> bool:
        """Give a person another name; False where there is no such person."""

    async def change_password(self, person_id: UUID, password_hash: str) -> bool:
        """Store another password's hash; False where there is no such person."""

    async def remove(self, person_id: UUID, nonce: UUID) -> bool:
        """Remove a person, with its memberships and sessions; False where there is no such person.

        After the last one, there can be a first person again, whose link is derived from `nonce`.
        """

    async def find_nonce(self) -> UUID | None:
        """The nonce from which the first person's link is derived; None once there is a person."""

    async def lock_nonce(self) -> UUID | None:
        """The same, locked: no other transaction adds the first person until this one ends.

        Within `Storage.write` only.
        """


class MembershipTable(Protocol):
    """The memberships."""

    async def add(self, membership: Membership) -> None:
        """Insert a membership. Raises Duplicate (`person`)."""

    async def find(self, organization_id: UUID, person_id: UUID) -> Membership | None:
        """The membership of a person in an organization."""

    async def find_organizations(self, person_id: UUID) -> list[tuple[Organization, Role]]:
        """The organizations a person is in, oldest first, and the person's role in each."""

    async def find_by_slug(self, person_id: UUID, slug: str) -> tuple[Organization, Role] | None:
        """The organization with that slug, if a person is in it, and the person's role."""

    async def find_people(self, organization_id: UUID) -> list[tuple[Person, Role]]:
        """People in the organization with their roles, oldest membership first."""

    async def find_left_alone(self, person_id: UUID) -> Organization | None:
        """An organization with other members that the person alone owns; None if there is none."""

    async def count_owners(self, organization_id: UUID) -> int:
        """How many people own an organization."""

    async def change_role(self, organization_id: UUID, person_id: UUID, role: Role) -> bool:
        """Give a person another role; False where there is no such membership."""

    async def remove(self, organization_id: UUID, person_id: UUID) -> bool:
        """Remove a membership; False where there is none."""

    async def remove_all(self, organization_id: UUID) -> None:
        """Remove every membership of an organization."""


class SessionTable(Protocol):
    """The sessions."""

    async def add(self, session: Session, value_hash: str) -> None:
        """Insert a session, and delete some that had expired when it began."""

    async def find(self, value_hash: str) -> tuple[Session, Person] | None:
        """The session whose value has that hash, expired or not, and its person."""

    async def touch(self, session_id: UUID, last_used_at: datetime, expires_at: datetime) -> None:
        """Store when a session was used and when it now expires; neither is ever set back."""

    async def remove(self, value_hash: str) -> None:
        """Remove a session, if it is there."""

    async def remove_all(self, person_id: UUID, *, but: str | None = None) -> None:
        """Remove every session of a person, but for the one whose value has that hash."""


class InvitationTable(Protocol):
    """The invitations."""

    async def add(self, invitation: Invitation, token_hash: str) -> None:
        """Insert an invitation."""

    async def find(self, token_hash: str) -> tuple[Invitation, Organization] | None:
        """The invitation whose token has that hash, in any state, and its organization."""

    async def find_open(self, organization_id: UUID, now: datetime) -> list[Invitation]:
        """The invitations of an organization that may still be accepted, oldest first."""

    async def accept(self, invitation_id: UUID, now: datetime) -> bool:
        """Mark an invitation accepted; False where it is not there, accepted before, or expired."""

    async def revoke(self, invitation_id: UUID, organization_id: UUID | None) -> bool:
        """Delete an open invitation; False where there is none.

        Args:
            invitation_id: which one.
            organization_id: where given, only one of this organization.
        """

    async def remove_open_by(self, person_id: UUID, organization_id: UUID | None = None) -> None:
        """Delete a person's open invitations.

        Args:
            person_id: who made them.
            organization_id: where given, only those of this organization.
        """

    async def remove_all(self, organization_id: UUID) -> None:
        """Remove every invitation of an organization."""
