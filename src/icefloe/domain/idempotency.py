"""Requests that may be sent twice and must act once.

A client that did not hear the answer sends the same request with the same key again, and gets the
answer that was made the first time. The reference has nothing like it; the rules here are the usual
ones of payment APIs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.values import errors
from icefloe.domain.values.answers import KEPT_FOR, KeptAnswer, Once

if TYPE_CHECKING:
    from icefloe.domain.ports import storage


async def act_once(
    tables: storage.Tables,
    organization_id: UUID,
    once: Once | None,
    now: datetime,
    act: Callable[[], Awaitable[tuple[UUID, bytes]]],
) -> bytes:
    """The answer kept for a request, or else what `act` gives, which is then kept.

    Args:
        tables: of the transaction in which `act` acts.
        organization_id: keys of different organizations have nothing to do with each other.
        once: the request; None always acts.
        now: the present moment; an answer is kept for `KEPT_FOR`.
        act: does it; gives the customer's id and the answer's body.

    Raises:
        RulesBroken: the key was used for another request.
    """
    if once is None:
        return (await act())[1]
    kept = await tables.answers.find(organization_id, once.key, now - KEPT_FOR)
    if kept is None:
        customer_id, document = await act()
        answer = KeptAnswer(once.fingerprint, customer_id, document)
        await tables.answers.add(organization_id, once.key, answer, now)
        return document
    if kept.fingerprint != once.fingerprint:
        raise errors.RulesBroken(
            errors.Violation(
                "value_error",
                ("header", "idempotency-key"),
                "This key was used before, with another request.",
                once.key,
            )
        )
    return kept.document
