"""Members as values: one as it is stored, a new one, a change to one, and a list request."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from icefloe.domain.values import listing

MemberRole = Literal["owner", "billing_manager", "member"]


# A customer or a member as callers name it: by id (UUID), or by external id (text).
Name = UUID | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person who acts for a customer.

    Attributes:
        id: unique within the organization.
        organization_id: whose customer it is.
        customer_id: the customer.
        created_at: when the member was made.
        modified_at: when it was last changed, or None.
        email: the person's address; None only while the customer has none either.
        name: the person's name, or None.
        external_id: the organization's own name for the person, or None.
        role: `owner`, `billing_manager` or `member`.
        deleted_at: when the member was deleted, or None.
    """

    id: UUID
    organization_id: UUID
    customer_id: UUID
    created_at: datetime
    modified_at: datetime | None = None
    email: str | None
    name: str | None = None
    external_id: str | None = None
    role: MemberRole = "owner"
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnerDetails:
    """Values of the owning member that differ from the customer's own."""

    email: str | None = None
    name: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class MemberName:
    """How a caller names one member.

    Attributes:
        member: by id, or by external id, which is unique only within a customer.
        customer: whose member it must be; None for any customer.
    """

    member: Name
    customer: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """A member to create. Attributes as those of `Member`; a new member is never the owner."""

    email: str
    name: str | None = None
    external_id: str | None = None
    role: Literal["member", "billing_manager"] = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChange:
    """A change to a member; None leaves a value as it is: no value can be removed."""

    name: str | None = None
    email: str | None = None
    role: MemberRole | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberQuery:
    """Which members of one organization, in which order, and which page of them.

    All filters must hold at once. A filter that is None passes every member.

    Attributes:
        customer_id: of the customer with this id.
        external_customer_id: of the customer with this external id; letter case matters.
        role: with this role.
        is_newest_first: newest first by `created_at`; oldest first where false.
        page: the page asked for.
    """

    customer_id: UUID | None = None
    external_customer_id: str | None = None
    role: MemberRole | None = None
    is_newest_first: bool = True
    page: listing.PageRequest = field(default_factory=listing.PageRequest)

    @property
    def may_take_long(self) -> bool:
        """Whether the answer may take more than about a millisecond: all members are counted."""
        return self.customer_id is None and self.external_customer_id is None

    @property
    def matches_nobody(self) -> bool:
        """Whether no member can match: nothing that is stored holds a NUL character."""
        return "\0" in (self.external_customer_id or "")
