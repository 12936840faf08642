"""Answers to requests that may be sent twice, as values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

KEPT_FOR = timedelta(hours=24)
MAX_KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Once:
    """What makes two requests the same.

    Attributes:
        key: the client's name for the request.
        fingerprint: a digest of its method, path and body; the same key with another is a mistake.
    """

    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer to a request that acted.

    Attributes:
        fingerprint: of the request.
        customer_id: whom it is about.
        document: the answer's body.
    """

    fingerprint: bytes
    customer_id: UUID
    document: bytes


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """A kept answer, and what it is found by.

    Attributes:
        key: under which it is kept.
        created_at: when it was; from then on it is kept for `idempotency.KEPT_FOR`.
        answer: the answer.
    """

    key: str
    created_at: datetime
    answer: KeptAnswer
