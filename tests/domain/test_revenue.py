"""Monthly recurring revenue: which subscriptions count, when, and with how much."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

import catalogue
from icefloe.domain.commerce.commerce import Commerce
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values import moments
from icefloe.domain.values.documents import Document
from icefloe.domain.values.revenue import (
    PaidMonths,
    begin_of,
    number_of,
    paid_months_of,
    yearly_amount_of,
)
from support import HeldTime, run

_PRODUCT = catalogue.product("Pro", [])
_MAY = 2026 * 12 + 4
_MONTHS = 12


def _subscription(**values: Any) -> Document:
    """A subscription that costs 12.00 USD a month, and has been active since 1 May 2026."""
    customer_id = str(uuid4())
    return catalogue.subscription(customer_id, _PRODUCT, **({"amount": 1200} | values))


def _add(store: Storage, organization_id: UUID, *subscriptions: Document) -> None:
    """Store subscriptions."""

    async def work(tables: Tables) -> None:
        for one in subscriptions:
            await tables.commerce.subscriptions.add(organization_id, one)

    run(store.write(work))


def _replace(store: Storage, organization_id: UUID, changed: Document) -> None:
    """Store a subscription's new document."""
    run(store.write(lambda tables: tables.commerce.subscriptions.replace(organization_id, changed)))


@pytest.fixture
def organization_id(store: Storage, time: HeldTime) -> UUID:
    """An organization that has sold nothing yet."""
    return run(Organizations(store, time.clock).create("Tests")).id


@pytest.fixture
def commerce(store: Storage, time: HeldTime) -> Commerce:
    """The rules, at a time that stands still."""
    return Commerce(store, time.clock)


@pytest.mark.parametrize(
    ("interval", "count", "yearly"),
    [
        ("month", 1, 14400),
        ("month", 3, 4800),
        ("month", None, 14400),
        ("year", 1, 1200),
        ("year", 2, 600),
        ("week", 1, 62400),
        ("day", 1, 438000),
        ("day", 7, 62571),
    ],
)
def test_a_year(interval: str, count: int | None, yearly: int) -> None:
    """A year has 12 months, 52 weeks or 365 days, whatever the interval's count."""
    one = _subscription(recurring_interval=interval, recurring_interval_count=count)

    assert yearly_amount_of(one) == yearly


@pytest.mark.parametrize("month", [12, _MAY, 9999 * 12 + 11])
def test_month_numbers(month: int) -> None:
    """A month's number is that of the moment in which it begins."""
    assert number_of(begin_of(month)) == month


@pytest.mark.parametrize(
    ("values", "months"),
    [
        ({}, PaidMonths(_MAY, None)),
        ({"amount": 0}, None),
        ({"started_at": None, "status": "incomplete"}, None),
        ({"status": "trialing", "trial_end": "2026-06-01T00:00:00Z"}, None),
        ({"trial_end": "2026-06-01T00:00:00Z"}, PaidMonths(_MAY + 1, None)),
        ({"cancel_at_period_end": True}, PaidMonths(_MAY, None)),
        ({"status": "canceled", "ended_at": "2026-07-31T23:59:59Z"}, PaidMonths(_MAY, _MAY + 2)),
        ({"status": "paused", "paused_at": "2026-08-01T00:00:00Z"}, PaidMonths(_MAY, _MAY + 3)),
        (
            {
                "status": "canceled",
                "past_due_at": "2026-06-10T00:00:00Z",
                "ended_at": "2026-07-10T00:00:00Z",
            },
            PaidMonths(_MAY, _MAY + 1),
        ),
        ({"past_due_at": "2026-06-10T00:00:00Z"}, PaidMonths(_MAY, None)),
        ({"status": "unpaid"}, None),
        (
            {
                "status": "canceled",
                "trial_end": "2026-06-01T00:00:00Z",
                "ended_at": "2026-05-20T00:00:00Z",
            },
            None,
        ),
    ],
)
def test_paid_months(values: dict[str, Any], months: PaidMonths | None) -> None:
    """A subscription counts from its start, or its trial's end, until it is no longer active."""
    assert paid_months_of(_subscription(**values)) == months


def test_nothing(commerce: Commerce, organization_id: UUID) -> None:
    """Without subscriptions there is no revenue, in the organization's own currency."""
    (found,) = run(commerce.revenue.find_months(organization_id, 2, "eur"))

    assert (found.currency, [*found.months], found.amounts) == ("eur", [_MAY - 1, _MAY], [0, 0])
    assert run(commerce.subscriptions.count_active(organization_id)) == 0


def test_any_subscriptions(
    store: Storage, commerce: Commerce, time: HeldTime, organization_id: UUID
) -> None:
    """Each month has what was paid at its end, and the present one what is paid now, by currency."""
    chance = random.Random(5)  # noqa: S311 - the same each time
    subscriptions = []
    for _ in range(80):
        started = time.now - timedelta(days=chance.randrange(800))
        is_ended = chance.random() < 0.5
        ended = min(started + timedelta(days=chance.randrange(1, 500)), time.now)
        subscriptions.append(
            _subscription(
                amount=chance.choice([0, 1200, 3600]),
                currency=chance.choice(["usd", "eur"]),
                recurring_interval=chance.choice(["month", "year"]),
                started_at=moments.render(started),
                status="canceled" if is_ended else "active",
                ended_at=moments.render(ended) if is_ended else None,
            )
        )
    _add(store, organization_id, *subscriptions)

    found = run(commerce.revenue.find_months(organization_id, _MONTHS, "usd"))

    def is_paid(one: Document, bound: datetime) -> bool:
        ended = one["ended_at"]
        return datetime.fromisoformat(one["started_at"]) < bound and (
            ended is None or datetime.fromisoformat(ended) >= bound
        )

    # In the present month, what is paid now: nothing begins or ends before the month does.
    bounds = [begin_of(month + 1) for month in range(_MAY - _MONTHS + 1, _MAY + 1)]
    for one, currency in zip(found, ["usd", "eur"], strict=True):
        own = [each for each in subscriptions if each["currency"] == currency]
        assert one.currency == currency
        assert one.amounts == [
            round(sum(yearly_amount_of(each) for each in own if is_paid(each, bound)) / 12)
            for bound in bounds
        ]
    active = [one for one in subscriptions if one["status"] == "active"]
    assert run(commerce.subscriptions.count_active(organization_id)) == len(active)


def test_changes(store: Storage, commerce: Commerce, organization_id: UUID) -> None:
    """A change of a subscription counts at once, and only in its own organization."""
    one, other = _subscription(), _subscription(amount=500)
    _add(store, organization_id, one, other)
    ended = {"status": "canceled", "ended_at": moments.render(catalogue.NOW + timedelta(hours=1))}
    found: list[int] = []
    for values in ({}, {"amount": 2400}, {"status": "trialing"}, ended):
        _replace(store, organization_id, one | values)
        (revenue,) = run(commerce.revenue.find_months(organization_id, 1, "usd"))
        found += revenue.amounts

    assert found == [1700, 2900, 500, 500]
    assert run(commerce.revenue.find_months(uuid4(), 1, "usd"))[0].amounts == [0]
