"""Invitations as values."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from icefloe.domain.values.memberships import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What is known of an invitation once its link has been shown: everything but the token in it.

    Attributes:
        id: names the invitation, to revoke it.
        organization_id: to what it invites.
        email: the only address that may accept it, letter case aside; None for anybody.
        role: what whoever accepts it may do.
        created_by: who made it, or None where that is not known, or the person is gone.
        created_at: when it was made.
        expires_at: until when it may be accepted.
        accepted_at: when it was, or None.
    """

    id: UUID
    organization_id: UUID
    email: str | None
    role: Role
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
