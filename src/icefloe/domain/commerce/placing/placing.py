"""Placing: whole objects of commerce, with ids and times of the caller's choice, in one transaction.

Imports, seeds and the stand-in place objects. They need not have come about by the rules of the API: a
subscription may be past due, an order refunded, a product archived. All that is derived of them is as
true as if they had: who is active, what is granted, what meters have counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, get_args
from uuid import UUID

from icefloe.domain.commerce.changes import Change, Changes
from icefloe.domain.values.errors import RulesBroken, Violation
from icefloe.domain.values.imports import OnConflict
from icefloe.domain.values.placements import PlacedResource

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.placements import Placed, Placement

_ORDER: tuple[PlacedResource, ...] = get_args(PlacedResource)


class Placing:
    """The rules of placing objects."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._changes = Changes(store, clock)

    async def place(
        self,
        organization_id: UUID,
        placements: Sequence[Placement],
        *,
        on_conflict: OnConflict = OnConflict.FAIL,
        is_loud: bool = False,
    ) -> list[Placed]:
        """Place objects: all of them, or none. Those that others name are placed first.

        Benefits are granted to customers with active subscriptions where no placement grants them.

        Args:
            organization_id: whose they are, whatever they say.
            placements: the objects, in any order; a few hundred at once.
            on_conflict: what to do with an object whose id is taken: `update` gives it the values that
                are given, and leaves it the others.
            is_loud: whether events tell of it, to webhooks as well. A quiet placement leaves none.

        Returns:
            What became of each, in the placements' order.

        Raises:
            RulesBroken: some name what is not there, have values that do not go together, or an id
                that is taken; the violations' places begin with the placements'.
        """
        # Few servers place anything, and all of them start.
        from icefloe.domain.commerce.placing.run import Run  # noqa: PLC0415 - see above

        order = sorted(
            range(len(placements)), key=lambda at: (_ORDER.index(placements[at].resource), at)
        )

        async def work(change: Change) -> dict[int, Placed]:
            run = Run(change, on_conflict)
            placed: dict[int, Placed] = {}
            violations: list[Violation] = []
            for at in order:
                try:
                    placed[at] = await run.place(placements[at])
                except RulesBroken as error:
                    violations += [_within(placements[at], one) for one in error.violations]
            if violations:
                raise RulesBroken(*violations)
            await run.settle()
            return placed

        placed = await self._changes.run(organization_id, work, leaves_no_events=not is_loud)
        return [placed[at] for at in range(len(placements))]


def _within(placement: Placement, violation: Violation) -> Violation:
    """A violation of a placement, with its place among all of them."""
    steps = violation.place[1:] if violation.place[:1] == ("body",) else violation.place
    return Violation(violation.kind, (*placement.place, *steps), violation.message, violation.value)
