"""Meters: what is counted of the events of customers. No webhook tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from uuid import UUID

from icefloe.domain.commerce import meter_counts
from icefloe.domain.commerce.objects import Objects
from icefloe.domain.values.measures import read_measure

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.documents import Document
    from icefloe.domain.values.meters import Meter, MeterChange, NewMeter


class Meters(Objects):
    """The rules of meters."""

    resource = "meters"

    async def create(
        self, organization_id: UUID, new: NewMeter, *, meter_id: UUID | None = None
    ) -> bytes:
        """Create a meter.

        Args:
            organization_id: whose it is.
            new: the meter.
            meter_id: its identifier, where the caller may choose it; generated if None.

        Raises:
            Duplicate: the organization has a meter with that id.
        """
        return await self._changes.run(
            organization_id, lambda change: _create(change, new, meter_id or change.new_id())
        )

    async def update(self, organization_id: UUID, meter_id: UUID, given: MeterChange) -> bytes:
        """Change a meter. Raises NotFound."""

        async def work(change: Change) -> bytes:
            found = await self._lock(change, meter_id)
            if not given:
                return await change.render(found)
            changed = _apply(found, given, change.moment)
            await change.tables.commerce.meters.replace(organization_id, changed)
            is_unarchived = found["archived_at"] is not None and changed["archived_at"] is None
            if is_unarchived or read_measure(found) != read_measure(changed):
                await recount(change, changed)
            return await change.render(changed)

        return await self._changes.run(organization_id, work)


async def _create(change: Change, new: NewMeter, meter_id: UUID) -> bytes:
    document = make(change, new, meter_id)
    await change.tables.commerce.meters.add(change.organization_id, document)
    await recount(change, document)
    return await change.render(document)


def make(change: Change, new: NewMeter, meter_id: UUID) -> Document:
    """A new meter's document."""
    meter: Meter = {
        "metadata": new["metadata"],
        "created_at": change.moment,
        # The reference computes a new meter at once, and notes that as a change.
        "modified_at": change.moment,
        "id": str(meter_id),
        "name": new["name"],
        "unit": new["unit"],
        "custom_label": new["custom_label"],
        "custom_multiplier": new["custom_multiplier"],
        "filter": new["filter"],
        "aggregation": new["aggregation"],
        "organization_id": str(change.organization_id),
        "archived_at": None,
    }
    return cast("Document", meter)


async def recount(change: Change, meter: Document) -> None:
    """Count all events for a meter that is new, or measures something else now."""
    await meter_counts.recount_meter(
        change.tables.usage,
        change.organization_id,
        UUID(meter["id"]),
        read_measure(meter),
        change.now,
        change.new_id,
    )


def _apply(found: Document, given: MeterChange, moment: str) -> Document:
    changed = {**found, **given, "modified_at": moment}
    archives = changed.pop("is_archived", None)
    if archives is not None:
        changed["archived_at"] = (found["archived_at"] or moment) if archives else None
    return changed
