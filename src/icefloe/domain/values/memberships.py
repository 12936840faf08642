"""Memberships as values: that a person belongs to an organization."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

Role = Literal["owner", "member"]
"""An owner may change the organization, its tokens and its people; a member only its customers."""

ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """That a person belongs to an organization.

    Attributes:
        organization_id: the organization.
        person_id: the person.
        role: what the person may do there.
        created_at: since when.
    """

    organization_id: UUID
    person_id: UUID
    role: Role
    created_at: datetime
