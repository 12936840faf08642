"""The overview's part about revenue: active subscriptions, and what they bring month by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from icefloe.dashboard.amounts import money
from icefloe.dashboard.plots import AmountPlot, Bar
from icefloe.domain.values.commerce import ObjectQuery
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.revenue import MonthlyRevenue, begin_of

if TYPE_CHECKING:
    from icefloe.dashboard.count_cache import Counted
    from icefloe.dashboard.visits import Visit

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Revenue:
    """What the page shows.

    Attributes:
        active: how many subscriptions are active or on trial.
        now: the revenue of a month now, in the currency of the plot, as people read it.
        others: the same in other currencies.
        plot: the revenue in the organization's own currency.
    """

    active: int
    now: str
    others: Sequence[str]
    plot: AmountPlot


async def has_subscriptions(visit: Visit) -> bool:
    """Whether the organization has ever had a subscription."""
    page = await visit.services.commerce.subscriptions.find_page(
        visit.organization.id, ObjectQuery(page=PageRequest(limit=1))
    )
    return page.total_count > 0


async def find(visit: Visit, patience: float | None) -> Counted[Revenue] | None:
    """The organization's revenue; None if it takes longer than so many seconds."""
    organization_id, commerce = visit.organization.id, visit.services.commerce
    usual = str(visit.organization.settings["default_presentment_currency"])

    async def count() -> Revenue:
        found = await commerce.revenue.find_months(organization_id, _MONTHS, usual)
        active = await commerce.subscriptions.count_active(organization_id)
        return _show(active, found)

    return await visit.counts.find((organization_id, "revenue"), count, patience)


def _show(active: int, found: Sequence[MonthlyRevenue]) -> Revenue:
    chosen, *others = found
    return Revenue(
        active,
        _now(chosen),
        [_now(one) for one in others if one.amounts[-1]],
        _plot(chosen),
    )


def _now(one: MonthlyRevenue) -> str:
    return money(one.amounts[-1], one.currency)


def _plot(one: MonthlyRevenue) -> AmountPlot:
    begins = [begin_of(month) for month in one.months]
    bars = [
        Bar(amount, f"{begin:%B %Y}", f"{begin:%b %Y}", is_open=begin is begins[-1])
        for amount, begin in zip(one.amounts, begins, strict=True)
    ]
    return AmountPlot(
        id="revenue-plot",
        title=f"Monthly recurring revenue, the last {_MONTHS} months",
        heading="Month",
        unit=one.currency,
        currency=one.currency,
        nothing="No paid subscription in these months",
        bars=bars,
    )
