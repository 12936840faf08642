"""Organizations as values."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """An organization.

    Attributes:
        id: unique over all organizations.
        name: for people.
        slug: unique; lower-case words joined by hyphens, for addresses.
        created_at: when it was made.
    """

    id: UUID
    name: str
    slug: str
    created_at: datetime
