"""Organization access tokens as values."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is stored of a token: everything but the token itself.

    Attributes:
        id: names the token, to revoke it.
        organization_id: the organization it authenticates.
        name: for people.
        scopes: what it allows, in the order given.
        token_hash: HMAC-SHA-256 of the token under the server's secret, in hexadecimal.
        created_at: when it was made.
        expires_at: when it stops being valid, or None.
        last_used_at: when it was last used, right to the minute, or None.
        revoked_at: when it was revoked, or None.
    """

    id: UUID
    organization_id: UUID
    name: str
    scopes: tuple[str, ...]
    token_hash: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
