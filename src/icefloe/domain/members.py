"""Members: the people behind a customer. Each customer has exactly one owner among them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Role = Literal["owner", "billing_manager", "member"]


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
    role: Role = "owner"
    deleted_at: datetime | None = None
