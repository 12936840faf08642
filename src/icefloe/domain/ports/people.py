"""The port's part for people: what is kept of those who sign in, and of what they belong to."""

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
    """Where people are kept."""

    async def add(self, person: Person) -> None:
        """Keep a new person, and let nobody be the first any more. Raises Duplicate (`email`)."""

    async def find(self, person_id: UUID) -> Person | None:
        """The person with that id."""

    async def find_by_email(self, email: str) -> Person | None:
        """The person with that address, letter case aside."""

    async def find_all(self, limit: int) -> list[Person]:
        """The oldest `limit` people, oldest first."""

    async def rename(self, person_id: UUID, name: str) -> bool:
        """Give a person another name; False where there is no such person."""

    async def change_password(self, person_id: UUID, password_hash: str) -> bool:
        """Keep another password's hash; False where there is no such person."""

    async def remove(self, person_id: UUID, nonce: UUID) -> bool:
        """Remove a person, with its memberships and sessions; False where there is no such person.

        Where nobody is left, there can be a first one again, whose link follows from `nonce`.
        """

    async def find_nonce(self) -> UUID | None:
        """What the first person's link follows from; None once there is anybody."""

    async def hold_nonce(self) -> UUID | None:
        """The same, and nobody else adds the first person until the transaction ends.

        Within `Storage.write` only.
        """


class MembershipTable(Protocol):
    """Where it is kept who belongs to which organization."""

    async def add(self, membership: Membership) -> None:
        """Keep a new membership. Raises Duplicate (`person`)."""

    async def find(self, organization_id: UUID, person_id: UUID) -> Membership | None:
        """The membership of a person in an organization."""

    async def find_organizations(self, person_id: UUID) -> list[tuple[Organization, Role]]:
        """The organizations a person is in, oldest first, and the person's role in each."""

    async def find_by_slug(self, person_id: UUID, slug: str) -> tuple[Organization, Role] | None:
        """The organization with that slug, if a person is in it, and the person's role."""

    async def find_people(self, organization_id: UUID) -> list[tuple[Person, Role]]:
        """Who is in an organization, whoever came first being first, and the role of each."""

    async def find_left_alone(self, person_id: UUID) -> Organization | None:
        """An organization that others are in, and that nobody but a person owns."""

    async def count_owners(self, organization_id: UUID) -> int:
        """How many own an organization."""

    async def change_role(self, organization_id: UUID, person_id: UUID, role: Role) -> bool:
        """Give a person another role; False where there is no such membership."""

    async def remove(self, organization_id: UUID, person_id: UUID) -> bool:
        """Remove a membership; False where there is none."""

    async def remove_all(self, organization_id: UUID) -> None:
        """Remove every membership of an organization."""


class SessionTable(Protocol):
    """Where it is kept who is signed in."""

    async def add(self, session: Session, value_hash: str) -> None:
        """Keep a new session, and remove some that have expired by its beginning."""

    async def find(self, value_hash: str) -> tuple[Session, Person] | None:
        """The session whose value has that hash, expired or not, and whose it is."""

    async def touch(self, session_id: UUID, last_used_at: datetime, expires_at: datetime) -> None:
        """Keep that a session was used, and until when it is valid now; never set back."""

    async def remove(self, value_hash: str) -> None:
        """Remove a session, if it is there."""

    async def remove_all(self, person_id: UUID, *, but: str | None = None) -> None:
        """Remove every session of a person, but for the one whose value has that hash."""


class InvitationTable(Protocol):
    """Where invitations are kept."""

    async def add(self, invitation: Invitation, token_hash: str) -> None:
        """Keep a new invitation."""

    async def find(self, token_hash: str) -> tuple[Invitation, Organization] | None:
        """The invitation whose token has that hash, whatever its state, and to what it invites."""

    async def find_open(self, organization_id: UUID, now: datetime) -> list[Invitation]:
        """The invitations of an organization that may still be accepted, oldest first."""

    async def accept(self, invitation_id: UUID, now: datetime) -> bool:
        """Mark an invitation accepted; False where it is not there, accepted before, or expired."""

    async def revoke(self, invitation_id: UUID, organization_id: UUID | None) -> bool:
        """Remove an invitation that nobody has accepted; False where there is none.

        Args:
            invitation_id: which one.
            organization_id: where given, only one of this organization.
        """

    async def remove_open_by(self, person_id: UUID, organization_id: UUID | None = None) -> None:
        """Remove those of a person's invitations that nobody has accepted.

        Args:
            person_id: who made them.
            organization_id: where given, only those of this organization.
        """

    async def remove_all(self, organization_id: UUID) -> None:
        """Remove every invitation of an organization."""
