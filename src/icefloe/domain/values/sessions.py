"""Sessions as values: that a person is signed in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person's session in one browser.

    Attributes:
        id: names the session; it opens nothing.
        person_id: who is signed in.
        user_agent: what the browser called itself, cut to 512 characters.
        created_at: when the person signed in.
        last_used_at: when it was last used, right to the minute.
        expires_at: when it ends unless it is used before.
    """

    id: UUID
    person_id: UUID
    user_agent: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
