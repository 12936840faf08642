"""Idempotent requests: a request that is sent twice acts once.

A client that got no answer sends the same request with the same key again, and gets the stored answer
of the first time. The reference has no such thing; these are the usual rules of payment APIs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.values import errors
from icefloe.domain.values.answers import ANSWER_LIFETIME, Once, StoredAnswer

if TYPE_CHECKING:
    from icefloe.domain.ports import storage


async def act_once(
    tables: storage.Tables,
    organization_id: UUID,
    once: Once | None,
    now: datetime,
    act: Callable[[], Awaitable[tuple[UUID, bytes]]],
) -> bytes:
    """The stored answer of a request; else what `act` returns, which is then stored.

    Args:
        tables: of the transaction in which `act` acts.
        organization_id: the namespace of the key.
        once: the request; None always acts.
        now: the present moment; an answer expires after `ANSWER_LIFETIME`.
        act: acts; returns the customer's id and the answer's body.

    Raises:
        RulesBroken: the key was used for another request.
    """
    if once is None:
        return (await act())[1]
    stored = await tables.answers.find(organization_id, once.key, now - ANSWER_LIFETIME)
    if stored is None:
        customer_id, document = await act()
        answer = StoredAnswer(once.fingerprint, customer_id, document)
        await tables.answers.add(organization_id, once.key, answer, now)
        return document
    if stored.fingerprint != once.fingerprint:
        raise errors.RulesBroken(
            errors.Violation(
                "value_error",
                ("header", "idempotency-key"),
                "This key was used before, with another request.",
                once.key,
            )
        )
    return stored.document
