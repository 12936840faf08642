"""People as values: who may sign in to the dashboard."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person who may sign in.

    Attributes:
        id: names the person.
        email: unique, letter case aside.
        name: what to call the person; may be empty.
        password_hash: Argon2id's text of the password.
        created_at: when the person was added.
    """

    id: UUID
    email: str
    name: str
    password_hash: str = field(repr=False)
    created_at: datetime
