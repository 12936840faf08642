"""The service's own accounts: what is known here of a person, and the key they show."""

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass, replace
from uuid import uuid4

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL,
    plan TEXT NOT NULL,
    key_hash TEXT UNIQUE -- NULL until the sign-up is complete
)
"""


class EmailTaken(Exception):
    """Somebody has an account with this e-mail address."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account; its id is the external ID of their customer at Polar."""

    id: str
    email: str
    name: str
    plan: str


class Accounts:
    """The accounts in a SQLite file."""

    def __init__(self, database: str) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        self._connection.execute(_SCHEMA)

    def begin(self, email: str, name: str, plan: str) -> Account:
        """A new account that has no key yet; one that was begun before is taken up again.

        That the account keeps its id is what makes a second attempt find the customer that the
        first one may have made.

        Raises:
            EmailTaken: by an account that is complete.
        """
        begun = Account(f"usr_{uuid4().hex}", email, name, plan)
        found = self._connection.execute(
            "INSERT INTO accounts (id, email, name, plan) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (email) DO UPDATE SET name = excluded.name, plan = excluded.plan"
            " WHERE key_hash IS NULL RETURNING id",
            (begun.id, email, name, plan),
        ).fetchall()
        if not found:
            raise EmailTaken
        return replace(begun, id=found[0][0])

    def complete(self, account: Account) -> str:
        """The account's key, shown this once. Raises EmailTaken where another was quicker."""
        key = f"key_{secrets.token_urlsafe(24)}"
        done = self._connection.execute(
            "UPDATE accounts SET key_hash = ? WHERE id = ? AND key_hash IS NULL",
            (_hash(key), account.id),
        )
        if not done.rowcount:
            raise EmailTaken
        return key

    def find(self, key: str) -> Account | None:
        """The account that shows this key."""
        found = self._connection.execute(
            "SELECT id, email, name, plan FROM accounts WHERE key_hash = ?", (_hash(key),)
        ).fetchone()
        return found and Account(*found)

    def find_by_id(self, account_id: str) -> Account | None:
        """The account with this id, if it is complete."""
        found = self._connection.execute(
            "SELECT id, email, name, plan FROM accounts WHERE id = ? AND key_hash IS NOT NULL",
            (account_id,),
        ).fetchone()
        return found and Account(*found)

    def is_taken(self, email: str, by_other_than: Account) -> bool:
        """Whether another account has this e-mail address."""
        found = self._connection.execute(
            "SELECT 1 FROM accounts WHERE email = ? AND id <> ?", (email, by_other_than.id)
        )
        return found.fetchone() is not None

    def save(self, account: Account) -> None:
        """Keep what an account has become."""
        self._connection.execute(
            "UPDATE accounts SET email = ?, name = ?, plan = ? WHERE id = ?",
            (account.email, account.name, account.plan, account.id),
        )

    def abandon(self, account: Account) -> None:
        """Forget an account that was begun, unless it is complete by now."""
        self._connection.execute(
            "DELETE FROM accounts WHERE id = ? AND key_hash IS NULL", (account.id,)
        )

    def remove(self, account: Account) -> None:
        """Forget an account."""
        self._connection.execute("DELETE FROM accounts WHERE id = ?", (account.id,))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
