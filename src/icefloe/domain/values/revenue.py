"""Monthly recurring revenue: what subscriptions that are paid bring in a month.

A subscription counts while it is active, with its present amount, whatever was paid for it in fact:
a twelfth of what it costs in a year, which has 12 months, 52 weeks or 365 days. One on trial does not
count yet; one that is past due, paused or at its end does no longer. Nor do taxes and metered use.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from icefloe.domain.values.documents import Document, read_moment
from icefloe.domain.values.subscriptions import SubscriptionStatus

MONTHS_A_YEAR = 12
_A_YEAR = {"day": 365, "week": 52, "month": MONTHS_A_YEAR, "year": 1}
"""How many intervals a year has."""
_STOPS = ("paused_at", "past_due_at", "ended_at")


@dataclass(frozen=True, slots=True)
class PaidMonths:
    """The months at whose end a subscription is paid, as numbers that `number_of` gives.

    Attributes:
        first: the first of them.
        end: the first behind them; None while it is paid.
    """

    first: int
    end: int | None


@dataclass(frozen=True, slots=True)
class RevenueChange:
    """By how much the subscriptions in one currency bring more in a month than in the month before.

    Attributes:
        currency: its code.
        month: the month's number.
        yearly_amount: in the smallest unit of the currency, for a year; negative if it is less.
    """

    currency: str
    month: int
    yearly_amount: int


@dataclass(frozen=True, slots=True)
class MonthlyRevenue:
    """What an organization's subscriptions bring in one currency, month by month.

    Attributes:
        currency: its code.
        months: their numbers, in order; the last one goes on.
        amounts: of each, at its end or now, in the smallest unit of the currency.
    """

    currency: str
    months: Sequence[int]
    amounts: Sequence[int]


def number_of(moment: datetime) -> int:
    """The number of the month, in UTC, that a moment is in."""
    return moment.year * MONTHS_A_YEAR + moment.month - 1


def begin_of(month: int) -> datetime:
    """When the month with a number begins."""
    year, rest = divmod(month, MONTHS_A_YEAR)
    return datetime(year, rest + 1, 1, tzinfo=UTC)


def yearly_amount_of(subscription: Document) -> int:
    """What a subscription costs in a year, in the smallest unit of its currency."""
    amount: int = subscription["amount"]
    count: int = subscription["recurring_interval_count"] or 1
    return round(amount * _A_YEAR[subscription["recurring_interval"]] / count)


def paid_months_of(subscription: Document) -> PaidMonths | None:
    """The months at whose end a subscription is paid; None if it never was, or costs nothing."""
    begin = subscription["trial_end"] or subscription["started_at"]
    if begin is None or subscription["amount"] <= 0:
        return None
    if subscription["status"] == SubscriptionStatus.active:
        return PaidMonths(number_of(read_moment(begin)), None)
    stops = [subscription[name] for name in _STOPS if subscription[name] is not None]
    if not stops:
        return None
    end = min(map(read_moment, stops))
    if end <= read_moment(begin):
        return None
    return PaidMonths(number_of(read_moment(begin)), number_of(end))
