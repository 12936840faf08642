"""The stand-in's state of an organization's webhooks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from icefloe.control.faults.counting import Faults
from icefloe.control.webhooks.delivery_log import DeliveryLog
from icefloe.control.webhooks.kinds import Kind
from icefloe.domain.values.webhooks import WebhookEvent


@dataclass(slots=True)
class HeldBack:
    """A message that waits until another one was sent to its endpoint.

    Attributes:
        event: what it tells.
        followed: set when another message was sent.
    """

    event: WebhookEvent
    followed: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class WebhookState:
    """What is known of an organization's webhooks besides the database.

    Attributes:
        faults: what goes wrong on the way.
        log: what was sent.
        held_back: the message that is held back at each endpoint, by the endpoint's id.
        released: the events that were held back and are sent next.
    """

    faults: Faults[Kind] = field(default_factory=Faults)
    log: DeliveryLog = field(default_factory=DeliveryLog)
    held_back: dict[UUID, HeldBack] = field(default_factory=dict)
    released: set[UUID] = field(default_factory=set)
