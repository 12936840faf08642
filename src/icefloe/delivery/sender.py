"""Sending one message, and what became of it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from icefloe.delivery import answers
from icefloe.domain.values.webhooks import Outcome

if TYPE_CHECKING:
    from icefloe.delivery.answers import Answer
    from icefloe.delivery.connections import Connections
    from icefloe.domain.values.webhooks import WebhookEndpoint, WebhookEvent

# Seconds for a whole attempt: an answer may arrive drop by drop, but an endpoint's queue must move on.
_ATTEMPT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent in one attempt.

    Attributes:
        url: where it goes.
        headers: names and values, beside those that HTTP itself needs.
        body: the payload.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Sender(Protocol):
    """Sends messages."""

    async def send(
        self, endpoint: WebhookEndpoint, event: WebhookEvent, message: Message
    ) -> Outcome:
        """Send a message once, and say what became of it. A failure is an outcome, no error."""
        ...

    async def close(self) -> None:
        """Close all connections."""


class HttpSender:
    """Sends by HTTP/1.1: without redirects, cookies or proxies."""

    def __init__(self, *, public_only: bool) -> None:
        """Make it; nothing is connected or imported yet.

        Args:
            public_only: whether servers without a public address are refused.
        """
        self._public_only = public_only
        self._connections: Connections | None = None

    async def send(
        self,
        endpoint: WebhookEndpoint,  # noqa: ARG002 - for senders that treat endpoints differently
        event: WebhookEvent,  # noqa: ARG002 - the same
        message: Message,
    ) -> Outcome:
        """Send a message once, and say what became of it."""
        from icefloe.delivery import connections  # noqa: PLC0415 - few servers send anything

        if self._connections is None:
            self._connections = connections.Connections(public_only=self._public_only)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(_ATTEMPT_SECONDS):
                answer = await self._connections.post(message.url, message.headers, message.body)
        except TimeoutError:
            return _without_answer("", began)
        except connections.NoAnswer as error:
            return _without_answer(str(error), began)
        return _with_answer(message.url, answer, began)

    async def close(self) -> None:
        """Close all connections."""
        if self._connections is not None:
            self._connections.close()


def _with_answer(url: str, answer: Answer, began: float) -> Outcome:
    return Outcome(
        succeeded=answer.is_success,
        http_code=answer.status,
        response=answers.describe(url, answer),
        duration=_since(began),
    )


def _without_answer(reason: str, began: float) -> Outcome:
    return Outcome(
        succeeded=False,
        http_code=None,
        response=answers.shorten(reason),
        duration=_since(began),
    )


def _since(began: float) -> timedelta:
    return timedelta(seconds=time.perf_counter() - began)
