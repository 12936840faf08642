"""Placing: whole objects of commerce, with ids and times of the caller's choice, in one transaction.

Imports, seeds and the stand-in place objects. They need not have come about by the rules of the API: a
subscription may be past due, an order refunded, a product archived. All that is derived of them is as
true as if they had: who is active, what is granted, what meters have counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.values.imports import OnConflict

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.placements import Placed, Placement


class Placing:
    """The rules of placing objects."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock

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
            RulesBroken: some name what is not there, or have values that do not go together; the
                violations' locations begin with the placements' places.
            Duplicate: an id is taken, `on_conflict` being `fail`.
        """
        raise NotImplementedError
