"""The overview of an organization: growth, revenue, breakdowns, latest changes, requests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import Response

from icefloe.dashboard import latest_changes, revenue
from icefloe.dashboard.plots import Bar, Plot
from icefloe.domain.growth import GrowthPoint, list_bounds
from icefloe.domain.values.intervals import Interval

if TYPE_CHECKING:
    from icefloe.dashboard.count_cache import Counted
    from icefloe.dashboard.revenue import Revenue
    from icefloe.dashboard.visits import Visit
    from icefloe.domain.breakdowns import Breakdown
    from icefloe.traffic import Hour

# Seconds that the page waits for counts; slower ones are loaded into it later.
_PATIENCE_SECONDS = 0.04
_WEEK = timedelta(days=7)
_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Span:
    """A way to look at growth: the last so many intervals of one length.

    Attributes:
        by: its name in the address.
        interval: how long one is.
        count: how many.
        words: the span in words.
    """

    by: str
    interval: Interval
    count: int
    words: str

    def begin(self, now: datetime) -> datetime:
        """A moment in the first of the intervals, of which the last holds `now`."""
        if self.interval is Interval.MONTH:
            year, month = divmod(now.year * _MONTHS_A_YEAR + now.month - self.count, 12)
            return datetime(year, month + 1, 1, tzinfo=UTC)
        length = _WEEK if self.interval is Interval.WEEK else timedelta(days=1)
        return now - (self.count - 1) * length


SPANS = (
    Span("day", Interval.DAY, 30, "the last 30 days"),
    Span("week", Interval.WEEK, 26, "the last 26 weeks"),
    Span("month", Interval.MONTH, 24, "the last 24 months"),
)


@dataclass(frozen=True, slots=True)
class Growth:
    """How an organization grows.

    Attributes:
        points: interval by interval.
        week: how many customers were made in the last seven days.
        week_before: how many in the seven days before those.
    """

    points: Sequence[GrowthPoint]
    week: int
    week_before: int

    @property
    def change(self) -> str:
        """The last seven days against those before, in words."""
        more = self.week - self.week_before
        if not more:
            return "as many as in the 7 days before"
        return f"{abs(more):,} {'more' if more > 0 else 'fewer'} than in the 7 days before"


@dataclass(frozen=True, slots=True)
class Part:
    """The customers who have one value under a key of metadata.

    Attributes:
        value: the value.
        count: how many they are.
        share: the percentage they are of the customers who have the key.
        href: their list.
    """

    value: str
    count: int
    share: str
    href: str


@dataclass(frozen=True, slots=True)
class Parts:
    """A key of metadata, how many customers have it, and their parts by its values."""

    key: str
    count: int
    parts: list[Part]


async def show(visit: Visit) -> Response:
    """The page; for htmx, the part of it that is asked for."""
    span = _read_span(visit)
    part = visit.request.headers.get("hx-target") if visit.is_partial else None
    if part == "growth":
        growth = await _find_growth(visit, span, None)
        return visit.render("overview_growth.html", is_partial=True, **_show_growth(span, growth))
    if part == "breakdowns":
        found = await _find_breakdowns(visit, None)
        return visit.render("overview_breakdowns.html", span=span, **_show_breakdowns(visit, found))
    if part == "revenue":
        counted = await revenue.find(visit, None)
        return visit.render("overview_revenue.html", is_partial=True, span=span, revenue=counted)
    patience = None if "wait" in visit.request.query_params else _PATIENCE_SECONDS
    has_subscriptions = await revenue.has_subscriptions(visit)
    growth, found, counted = await asyncio.gather(
        _find_growth(visit, span, patience),
        _find_breakdowns(visit, patience),
        _find_revenue(visit, patience, is_asked=has_subscriptions),
    )
    services, organization_id = visit.services, visit.organization.id
    tokens = await services.tokens.find_all(organization_id)
    hour = services.traffic.look(str(organization_id))
    return visit.render(
        "overview.html",
        is_partial=False,
        total=await services.customers.count(organization_id),
        changes=await latest_changes.find(visit),
        tokens=[token for token in tokens if token.revoked_at is None],
        hour=hour,
        requests_plot=_plot_requests(hour),
        has_subscriptions=has_subscriptions,
        revenue=counted,
        **_show_growth(span, growth),
        **_show_breakdowns(visit, found),
    )


def _read_span(visit: Visit) -> Span:
    wanted = visit.request.query_params.get("by")
    return next((span for span in SPANS if span.by == wanted), SPANS[0])


async def _find_growth(visit: Visit, span: Span, patience: float | None) -> Counted[Growth] | None:
    organization_id = visit.organization.id
    now = visit.services.clock.of(organization_id).now()

    async def count() -> Growth:
        growth = visit.services.growth
        points = await growth.count(
            organization_id, list_bounds(span.begin(now), now, span.interval)
        )
        # The present moment's own customers count: a bound is the first moment that does not.
        after = now + timedelta(microseconds=1)
        before, week = await growth.count(
            organization_id, [after - 2 * _WEEK, after - _WEEK, after]
        )
        return Growth(points, week.new_customers, before.new_customers)

    return await visit.counts.find((organization_id, "growth", span.by), count, patience)


async def _find_breakdowns(visit: Visit, patience: float | None) -> Counted[list[Breakdown]] | None:
    organization_id = visit.organization.id
    return await visit.counts.find(
        (organization_id, "breakdowns"),
        lambda: visit.services.breakdowns.find(organization_id),
        patience,
    )


async def _find_revenue(
    visit: Visit, patience: float | None, *, is_asked: bool
) -> Counted[Revenue] | None:
    return await revenue.find(visit, patience) if is_asked else None


def _show_growth(span: Span, growth: Counted[Growth] | None) -> dict[str, Any]:
    """What the part of the page that shows growth is filled with."""
    plot = None if growth is None else _plot_growth(span, growth.value.points)
    return {"spans": SPANS, "span": span, "growth": growth, "growth_plot": plot}


def _plot_growth(span: Span, points: Sequence[GrowthPoint]) -> Plot:
    bars = [
        Bar(
            point.new_customers,
            *_name_interval(point.timestamp, span.interval),
            is_open=point is points[-1],
        )
        for point in points
    ]
    return Plot(
        id="growth-plot",
        title=f"New customers per {span.by}, {span.words}",
        heading=span.by.capitalize(),
        unit="customer",
        nothing=f"No new customers in {span.words}",
        bars=bars,
    )


def _name_interval(begin: datetime, interval: Interval) -> tuple[str, str]:
    """An interval's name, in full and in short."""
    if interval is Interval.MONTH:
        return f"{begin:%B %Y}", f"{begin:%b %Y}"
    day, short = f"{begin.day} {begin:%b %Y}", f"{begin.day} {begin:%b}"
    return (f"week of {day}" if interval is Interval.WEEK else f"{begin:%a} {day}"), short


def _plot_requests(hour: Hour) -> Plot:
    minutes = [hour.began_at + timedelta(minutes=at) for at in range(len(hour.counts))]
    bars = [
        Bar(count, f"{minute:%H:%M}", f"{minute:%H:%M}", is_open=minute is minutes[-1])
        for minute, count in zip(minutes, hour.counts, strict=True)
    ]
    return Plot(
        id="requests-plot",
        title="Requests per minute, the last hour",
        heading="Minute (UTC)",
        unit="request",
        nothing="No requests in the last hour",
        bars=bars,
    )


def _show_breakdowns(visit: Visit, found: Counted[list[Breakdown]] | None) -> dict[str, Any]:
    """What the part of the page that shows breakdowns is filled with."""
    if found is None:
        return {"breakdowns": None, "counted_at": None}
    shown = [
        Parts(
            one.key,
            one.count,
            [
                Part(
                    value,
                    count,
                    _percent(count, one.count),
                    visit.href("customers") + "?" + urlencode({"metadata": f"{one.key}={value}"}),
                )
                for value, count in one.values
            ],
        )
        for one in found.value
    ]
    return {"breakdowns": shown, "counted_at": found.counted_at}


def _percent(part: int, whole: int) -> str:
    """A share in whole percent; one that is not zero is never shown as 0%."""
    share = round(100 * part / whole)
    return f"{share}%" if share or not part else "under 1%"
