"""Sessions of people who are signed in: the statements."""

from datetime import datetime
from uuid import UUID

from icefloe.domain.values.people import Person
from icefloe.domain.values.sessions import Session
from icefloe.storage import people
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction, moment, read_required_moment

_COLUMNS = "id, person_id, user_agent, created_at, last_used_at, expires_at"
_JOINED = ", ".join(
    [f"sessions.{name}" for name in _COLUMNS.split(", ")]
    + [f"people.{name}" for name in people.COLUMNS.split(", ")]
)
_WIDTH = len(_COLUMNS.split(", "))
# Expired sessions that each new one deletes.
_REMOVED_AT_ONCE = 100


class SessionStatements:
    """Implements `domain.ports.people.SessionTable`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect

    async def add(self, session: Session, value_hash: str) -> None:
        """Insert a session, and delete some that have expired by its beginning."""
        await self._transaction.execute(
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1"
            f" ORDER BY expires_at LIMIT $2{self._dialect.for_update_skip_locked})",
            moment(session.created_at),
            _REMOVED_AT_ONCE,
        )
        await self._transaction.execute(
            f"INSERT INTO sessions ({_COLUMNS}, value_hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            session.id,
            session.person_id,
            session.user_agent,
            moment(session.created_at),
            moment(session.last_used_at),
            moment(session.expires_at),
            value_hash,
        )

    async def find(self, value_hash: str) -> tuple[Session, Person] | None:
        """The session whose value has that hash, expired or not, and its person."""
        row = await self._transaction.fetch_one(
            f"SELECT {_JOINED} FROM sessions JOIN people ON people.id = sessions.person_id"
            " WHERE value_hash = $1",
            value_hash,
        )
        if row is None:
            return None
        session_id, person_id, user_agent, created_at, last_used_at, expires_at = row[:_WIDTH]
        found = Session(
            id=self._transaction.read_uuid(session_id),
            person_id=self._transaction.read_uuid(person_id),
            user_agent=user_agent,
            created_at=read_required_moment(created_at),
            last_used_at=read_required_moment(last_used_at),
            expires_at=read_required_moment(expires_at),
        )
        return found, people.read_person(row[_WIDTH:], self._transaction)

    async def touch(self, session_id: UUID, last_used_at: datetime, expires_at: datetime) -> None:
        """Store when a session was last used and when it expires; never an earlier moment."""
        await self._transaction.execute(
            "UPDATE sessions SET last_used_at = $2, expires_at = $3"
            " WHERE id = $1 AND last_used_at < $2",
            session_id,
            moment(last_used_at),
            moment(expires_at),
        )

    async def remove(self, value_hash: str) -> None:
        """Delete a session, if there is one."""
        await self._transaction.execute("DELETE FROM sessions WHERE value_hash = $1", value_hash)

    async def remove_all(self, person_id: UUID, *, but: str | None = None) -> None:
        """Delete every session of a person, except the one whose value has that hash."""
        await self._transaction.execute(
            "DELETE FROM sessions WHERE person_id = $1 AND value_hash <> $2", person_id, but or ""
        )
