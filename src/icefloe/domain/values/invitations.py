"""Invitations as values."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from icefloe.domain.values.memberships import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What is stored of an invitation: everything but the token in its link.

    Attributes:
        id: names the invitation, to revoke it.
        organization_id: the organization to join.
        email: the only address that may accept it, letter case aside; None for any.
        role: the role of the person who accepts it.
        created_by: the person who created it; None if unknown or removed.
        created_at: when it was created.
        expires_at: when it expires.
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
