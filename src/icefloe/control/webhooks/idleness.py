"""Waiting until an organization's webhooks are all attempted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.control.webhooks.state import WebhookState
    from icefloe.delivery.courier import Courier

_LOOK_SECONDS = 0.01


async def wait(courier: Courier, state: WebhookState, organization_id: UUID) -> None:
    """Wait until nothing is due by the organization's clock, under way or held back.

    Args:
        courier: sends the webhooks.
        state: what is held back.
        organization_id: whose webhooks they are.

    Raises:
        StorageUnavailable: the database is away.
    """
    await courier.wait_idle(organization_id)
    while state.held_back:
        await asyncio.sleep(_LOOK_SECONDS)
        await courier.wait_idle(organization_id)


async def settle(courier: Courier, state: WebhookState, organization_id: UUID) -> None:
    """Tell of every state that has changed, due or not, and wait as `wait` does. Raises the same."""
    await courier.settle(organization_id)
    while state.held_back:
        await asyncio.sleep(_LOOK_SECONDS)
        await courier.settle(organization_id)
