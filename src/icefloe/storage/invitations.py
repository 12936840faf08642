"""Invitations: the statements."""

from datetime import datetime
from uuid import UUID

from icefloe.domain.values.invitations import Invitation
from icefloe.domain.values.organizations import Organization
from icefloe.storage import organizations
from icefloe.storage.transaction import Row, Transaction, moment, read_moment, read_required_moment

_COLUMNS = "id, organization_id, email, role, created_by, created_at, expires_at, accepted_at"
_JOINED = ", ".join(
    [f"invitations.{name}" for name in _COLUMNS.split(", ")]
    + [f"organizations.{name}" for name in organizations.COLUMNS.split(", ")]
)
_WIDTH = len(_COLUMNS.split(", "))


class InvitationStatements:
    """Implements `domain.ports.people.InvitationTable`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, invitation: Invitation, token_hash: str) -> None:
        """Insert an invitation."""
        await self._transaction.execute(
            f"INSERT INTO invitations ({_COLUMNS}, token_hash)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            invitation.id,
            invitation.organization_id,
            invitation.email,
            invitation.role,
            invitation.created_by,
            moment(invitation.created_at),
            moment(invitation.expires_at),
            moment(invitation.accepted_at),
            token_hash,
        )

    async def find(self, token_hash: str) -> tuple[Invitation, Organization] | None:
        """The invitation whose token has that hash, whatever its state, and to what it invites."""
        row = await self._transaction.fetch_one(
            f"SELECT {_JOINED} FROM invitations"
            " JOIN organizations ON organizations.id = invitations.organization_id"
            " WHERE token_hash = $1",
            token_hash,
        )
        if row is None:
            return None
        return (
            self._read(row[:_WIDTH]),
            organizations.read_organization(row[_WIDTH:], self._transaction),
        )

    async def find_open(self, organization_id: UUID, now: datetime) -> list[Invitation]:
        """The invitations of an organization that may still be accepted, oldest first."""
        rows = await self._transaction.fetch_all(
            f"SELECT {_COLUMNS} FROM invitations WHERE organization_id = $1"
            " AND accepted_at IS NULL AND expires_at > $2 ORDER BY created_at, id",
            organization_id,
            moment(now),
        )
        return [self._read(row) for row in rows]

    async def accept(self, invitation_id: UUID, now: datetime) -> bool:
        """Mark an invitation accepted; False where it is not there, accepted before, or expired."""
        changed = await self._transaction.execute(
            "UPDATE invitations SET accepted_at = $2"
            " WHERE id = $1 AND accepted_at IS NULL AND expires_at > $2",
            invitation_id,
            moment(now),
        )
        return changed > 0

    async def revoke(self, invitation_id: UUID, organization_id: UUID | None) -> bool:
        """Delete an invitation that was not accepted; False where there is none."""
        statement = "DELETE FROM invitations WHERE id = $1 AND accepted_at IS NULL"
        if organization_id is None:
            return await self._transaction.execute(statement, invitation_id) > 0
        return (
            await self._transaction.execute(
                f"{statement} AND organization_id = $2", invitation_id, organization_id
            )
            > 0
        )

    async def remove_open_by(self, person_id: UUID, organization_id: UUID | None = None) -> None:
        """Delete a person's invitations that were not accepted."""
        statement = "DELETE FROM invitations WHERE created_by = $1 AND accepted_at IS NULL"
        if organization_id is None:
            await self._transaction.execute(statement, person_id)
        else:
            await self._transaction.execute(
                f"{statement} AND organization_id = $2", person_id, organization_id
            )

    async def remove_all(self, organization_id: UUID) -> None:
        """Remove every invitation of an organization."""
        await self._transaction.execute(
            "DELETE FROM invitations WHERE organization_id = $1", organization_id
        )

    def _read(self, row: Row) -> Invitation:
        invitation_id, organization_id, email, role, created_by, *moments = row
        created_at, expires_at, accepted_at = moments
        return Invitation(
            id=self._transaction.read_uuid(invitation_id),
            organization_id=self._transaction.read_uuid(organization_id),
            email=email,
            role=role,
            created_by=None if created_by is None else self._transaction.read_uuid(created_by),
            created_at=read_required_moment(created_at),
            expires_at=read_required_moment(expires_at),
            accepted_at=read_moment(accepted_at),
        )
