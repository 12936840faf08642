"""The overview of an organization: growth, revenue, breakdowns, latest changes, requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from icefloe.dashboard import revenue
from icefloe.dashboard.customers.history import find_name
from icefloe.dashboard.plots import Bar, Plot
from icefloe.domain.growth import GrowthPoint, list_bounds
from icefloe.domain.values.intervals import Interval

if TYPE_CHECKING:
    from icefloe.dashboard.count_cache import Counted
    from icefloe.dashboard.revenue import Revenue
    from icefloe.dashboard.visits import Visit
    from icefloe.domain.breakdowns import Breakdown
    from icefloe.domain.values.events import Event, StoredEvent
    from icefloe.traffic import Hour

# Seconds that the page waits for counts; slower ones are loaded into it later.
_PATIENCE_SECONDS = 0.04
_CHANGES = 20
_WEEK = timedelta(days=7)
_MONTHS_A_YEAR = 12

_WORDS: dict[str, str] = {
    "customer.created": "was added",
    "customer.updated": "was changed",
    "customer.deleted": "was deleted",
    "customer.state_changed": "changed its state",
    "member.created": "was added as a member",
    "member.updated": "was changed as a member",
    "member.deleted": "was removed as a member",
    "organization.updated": "was changed",
    "subscription.created": "subscribed to {what}",
    "subscription.active": "has an active subscription to {what}",
    "subscription.updated": "has a changed subscription to {what}",
    "subscription.canceled": "canceled the subscription to {what}",
    "subscription.uncanceled": "goes on with the subscription to {what}",
    "subscription.revoked": "has no subscription to {what} any more",
    "subscription.cycled": "has a new period of {what}",
    "subscription.resumed": "resumed the subscription to {what}",
    "benefit_grant.created": "was granted {what}",
    "benefit_grant.cycled": "has {what} for another period",
    "benefit_grant.revoked": "has {what} no longer",
    "order.created": "ordered {what}",
    "order.updated": "has a changed order of {what}",
    "order.paid": "paid for {what}",
    "order.refunded": "was refunded for {what}",
}
# What only says once more that something else has happened at the same moment.
_ECHOES = frozenset({"subscription.active", "subscription.updated", "order.updated"})


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
class Change:
    """Something that happened, in words.

    Attributes:
        name: of the customer or member that changed.
        words: what happened.
        at: when.
        href: the customer's page; None if the customer is deleted.
    """

    name: str
    words: str
    at: datetime
    href: str | None


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
        changes=_tell(visit, await services.events.find_latest(organization_id, 2 * _CHANGES)),
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


def _tell(visit: Visit, events: Sequence[StoredEvent]) -> list[Change]:
    """Events in words, the latest first."""
    # A deletion is a customer's last event: if `events` has any of a deleted customer, it has that one.
    # There is no page of a deleted customer, nor of none.
    gone = {None} | {
        stored.event.customer_id for stored in events if stored.event.type == "customer.deleted"
    }
    # A change of a customer changes its owner as well: the page shows it once.
    shown = {
        (stored.event.customer_id, stored.event.created_at)
        for stored in events
        if stored.event.type.startswith("customer.")
    }
    told = [(stored.event, json.loads(stored.event.document)) for stored in events]
    told_of = {_key_of(event, document) for event, document in told if event.type not in _ECHOES}
    found = []
    for event, document in told:
        is_owners = _is_of_member(event) and document["role"] == "owner"
        is_echo = event.type in _ECHOES and _key_of(event, document) in told_of
        is_shown = is_owners and (event.customer_id, event.created_at) in shown
        if not (is_shown or is_echo):
            found.append(_tell_one(visit, event, document, gone))
    return found[:_CHANGES]


def _key_of(event: Event, document: dict[str, Any]) -> tuple[str, datetime]:
    """To what an event happened, and when."""
    return document["id"], event.created_at


def _tell_one(
    visit: Visit, event: Event, document: dict[str, Any], gone: set[UUID | None]
) -> Change:
    noun, _, verb = event.type.partition(".")
    words = _WORDS.get(event.type) or f"was {verb} as a {noun.replace('_', ' ')}"
    # What a customer has is told of the customer.
    whose = document.get("customer") or document
    return Change(
        find_name(whose),
        words.format(what=find_name(document)),
        event.created_at,
        None if event.customer_id in gone else visit.href(f"customers/{event.customer_id}"),
    )


def _is_of_member(event: Event) -> bool:
    return event.type.startswith("member.")


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
