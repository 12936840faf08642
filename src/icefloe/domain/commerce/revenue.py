"""Revenue: what an organization's subscriptions bring, month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.values.revenue import MONTHS_A_YEAR, MonthlyRevenue, number_of

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock


class Revenue:
    """Adds up monthly recurring revenue, as `domain.values.revenue` defines it."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def find_months(
        self, organization_id: UUID, count: int, currency: str
    ) -> list[MonthlyRevenue]:
        """The revenue of the last so many months, the present one last, in each currency.

        The storage adds up what begins and what ends in each month from two indexes of the
        subscriptions that cost something, without their rows: some 30 ms of a processor for 100,000
        of them on SQLite. Here that becomes the sum up to each month.

        Args:
            organization_id: whose subscriptions they are.
            count: how many months.
            currency: the first, whether there is anything in it or not. Others follow by their codes,
                if there was ever anything in them.
        """
        changes = await self._store.read(
            lambda tables: tables.commerce.find_revenue_changes(organization_id), long=True
        )
        last = number_of(self._clock.of(organization_id).now())
        months = range(last - count + 1, last + 1)
        found = {currency: [0] * count}
        for change in changes:
            amounts = found.setdefault(change.currency, [0] * count)
            for at in range(max(change.month - months.start, 0), count):
                amounts[at] += change.yearly_amount
        return [
            MonthlyRevenue(one, months, [round(amount / MONTHS_A_YEAR) for amount in found[one]])
            for one in sorted(found, key=lambda one: (one != currency, one))
        ]
