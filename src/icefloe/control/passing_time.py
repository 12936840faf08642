"""An organization's time as it is moved on: what falls due in between happens at its own moment."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.control.webhooks import idleness

if TYPE_CHECKING:
    from icefloe.control.worlds import World
    from icefloe.services import Services

# Real seconds for what falls due: a client gives up after 30. What is left is then overdue.
_SECONDS = 15.0


async def pass_until(
    target: datetime, services: Services, organization_id: UUID, world: World
) -> None:
    """Move a clock on to each moment before a target at which a webhook is attempted again.

    What is due already is attempted first. An attempt may make the next one fall due in between.

    Args:
        target: where the clock will be set; nothing happens if it is there or later.
        services: the services.
        organization_id: whose clock it is.
        world: the organization's.
    """
    courier = services.courier
    if courier is None:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SECONDS):
            while world.clock.now() < target:
                await idleness.wait(courier, world.webhooks, organization_id)
                due = await _find_due(services, organization_id)
                if due is None or due > target:
                    return
                world.clock.change(now=max(due, world.clock.now()))


async def _find_due(services: Services, organization_id: UUID) -> datetime | None:
    """When the next attempt is due, or endpoints are told of a state that has changed."""
    state_due = (await services.state_changes.find_next()).get(organization_id)
    lanes = await services.webhook_deliveries.find_lanes(None)
    due = [
        lane.retry_at
        for lane in lanes
        if lane.organization_id == organization_id and lane.retry_at is not None
    ]
    return min(due if state_due is None else [*due, state_due], default=None)
