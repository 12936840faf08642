"""Stored answers of idempotent requests, as values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

ANSWER_LIFETIME = timedelta(hours=24)
MAX_KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Once:
    """The identity of an idempotent request.

    Attributes:
        key: the client's name for the request.
        fingerprint: a digest of its method, path and body; the same key with another is a mistake.
    """

    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer to a request that acted.

    Attributes:
        fingerprint: of the request.
        customer_id: the customer it shows.
        document: the answer's body.
    """

    fingerprint: bytes
    customer_id: UUID
    document: bytes


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """A stored answer with its key and time.

    Attributes:
        key: the client's key.
        created_at: when it was stored; it expires `ANSWER_LIFETIME` later.
        answer: the answer.
    """

    key: str
    created_at: datetime
    answer: StoredAnswer
