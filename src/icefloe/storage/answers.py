"""Stored answers, for requests that are sent again: the statements."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from icefloe.domain.values.answers import ANSWER_LIFETIME, AnswerRecord, StoredAnswer
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction, moment, read_required_moment

# Expired answers that each new one deletes, so that the table holds about a day's requests.
_REMOVED_AT_ONCE = 100


class AnswerStatements:
    """Implements `domain.ports.storage.AnswerTable`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect

    async def find(self, organization_id: UUID, key: str, since: datetime) -> StoredAnswer | None:
        """The answer stored under a key after a moment."""
        row = await self._transaction.fetch_one(
            "SELECT fingerprint, customer_id, document FROM answers"
            " WHERE organization_id = $1 AND key = $2 AND created_at > $3",
            organization_id,
            key,
            moment(since),
        )
        if row is None:
            return None
        fingerprint, customer_id, document = row
        return StoredAnswer(fingerprint, self._transaction.read_uuid(customer_id), document)

    async def add(
        self, organization_id: UUID, key: str, answer: StoredAnswer, now: datetime
    ) -> None:
        """Store an answer under a key, replacing one that has expired; delete some others that have."""
        await self._transaction.execute(
            "DELETE FROM answers WHERE organization_id = $1 AND key IN ("
            "SELECT key FROM answers WHERE organization_id = $1 AND created_at <= $2"
            f" LIMIT $3{self._dialect.for_update_skip_locked})",
            organization_id,
            moment(now - ANSWER_LIFETIME),
            _REMOVED_AT_ONCE,
        )
        await self._transaction.execute(
            "DELETE FROM answers WHERE organization_id = $1 AND key = $2", organization_id, key
        )
        await self.add_all(organization_id, [AnswerRecord(key, now, answer)])

    async def add_all(self, organization_id: UUID, records: Sequence[AnswerRecord]) -> None:
        """Store answers as `find_all` gave them, under keys that have none."""
        await self._transaction.execute_many(
            "INSERT INTO answers"
            " (organization_id, key, fingerprint, customer_id, document, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            [
                (
                    organization_id,
                    record.key,
                    record.answer.fingerprint,
                    record.answer.customer_id,
                    record.answer.document,
                    moment(record.created_at),
                )
                for record in records
            ],
        )

    async def find_all(self, organization_id: UUID) -> list[AnswerRecord]:
        """Every answer of an organization, in the order of their keys."""
        rows = await self._transaction.fetch_all(
            "SELECT key, created_at, fingerprint, customer_id, document FROM answers"
            " WHERE organization_id = $1 ORDER BY key",
            organization_id,
        )
        read_uuid = self._transaction.read_uuid
        return [
            AnswerRecord(
                key, read_required_moment(made), StoredAnswer(digest, read_uuid(whom), document)
            )
            for key, made, digest, whom, document in rows
        ]

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Remove every answer about a customer."""
        await self._transaction.execute(
            "DELETE FROM answers WHERE organization_id = $1 AND customer_id = $2",
            organization_id,
            customer_id,
        )

    async def remove_all(self, organization_id: UUID) -> None:
        """Remove every answer of an organization."""
        await self._transaction.execute(
            "DELETE FROM answers WHERE organization_id = $1", organization_id
        )
