"""Answers kept for requests that are sent again: the statements."""

from datetime import datetime
from uuid import UUID

from icefloe.domain.idempotency import KEPT_FOR, KeptAnswer
from icefloe.storage.dialect import Dialect
from icefloe.storage.session import Session, moment

# Each new answer makes room: a table of a day's requests stays one.
_REMOVED_AT_ONCE = 100


class AnswerStatements:
    """Implements `domain.storage.AnswerTable`."""

    def __init__(self, session: Session, dialect: Dialect) -> None:
        self._session = session
        self._dialect = dialect

    async def find(self, organization_id: UUID, key: str, since: datetime) -> KeptAnswer | None:
        """The answer kept under a key since a moment."""
        row = await self._session.fetch_one(
            "SELECT fingerprint, customer_id, document FROM answers"
            " WHERE organization_id = $1 AND key = $2 AND created_at > $3",
            organization_id,
            key,
            moment(since),
        )
        if row is None:
            return None
        fingerprint, customer_id, document = row
        return KeptAnswer(fingerprint, self._session.read_uuid(customer_id), document)

    async def add(self, organization_id: UUID, key: str, answer: KeptAnswer, now: datetime) -> None:
        """Keep an answer under a key, in place of one that is kept no longer."""
        await self._session.execute(
            "DELETE FROM answers WHERE organization_id = $1 AND key IN ("
            "SELECT key FROM answers WHERE organization_id = $1 AND created_at <= $2"
            f" LIMIT $3{self._dialect.held_if_free})",
            organization_id,
            moment(now - KEPT_FOR),
            _REMOVED_AT_ONCE,
        )
        await self._session.execute(
            "DELETE FROM answers WHERE organization_id = $1 AND key = $2", organization_id, key
        )
        await self._session.execute(
            "INSERT INTO answers"
            " (organization_id, key, fingerprint, customer_id, document, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            organization_id,
            key,
            answer.fingerprint,
            answer.customer_id,
            answer.document,
            moment(now),
        )

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Remove every answer about a customer."""
        await self._session.execute(
            "DELETE FROM answers WHERE organization_id = $1 AND customer_id = $2",
            organization_id,
            customer_id,
        )
