"""Subscriptions as placements give them: of any status, with the times that go with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from icefloe.domain.commerce import products, subscriptions, terms
from icefloe.domain.commerce.placing import catalogue, references
from icefloe.domain.values import periods
from icefloe.domain.values.products import Interval
from icefloe.domain.values.subscriptions import ACTIVE, BILLED, SubscriptionStatus

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.documents import Document
    from icefloe.domain.values.events import CommerceEventType

_FOLLOWS = frozenset(
    {
        "id", "customer_id", "customer", "user_id", "user", "product_id", "product", "discount_id",
        "discount", "price_id", "price", "prices", "meters",
    }
)  # fmt: skip
"""What follows from the objects that a subscription names."""
_MOST_DAYS = {Interval.day: 1, Interval.week: 7, Interval.month: 31, Interval.year: 366}
_NOT_BEGUN = frozenset({SubscriptionStatus.incomplete, SubscriptionStatus.incomplete_expired})


async def make(change: Change, values: Document) -> Document:
    """A subscription; active, and begun now, if nothing else is said. Raises RulesBroken."""
    customer = await references.lock_customer(change, values)
    product = await references.require(change, "products", values, "product_id")
    discount = await references.find(change, "discounts", values, "discount_id")
    if not product["is_recurring"]:
        message = "Product is not a recurring product."
        raise references.refuse("product_id", message, product["id"])
    status = values.get("status", SubscriptionStatus.active)
    if customer.deleted_at is not None and status in BILLED:
        raise references.refuse("customer_id", "Customer does not exist.", str(customer.id))
    currency = values.get("currency") or await _find_currency(change, product)
    subscription_id = references.find_id(change, values)
    made = subscriptions.make(change, product, customer.id, subscription_id, currency)
    if values.get("prices"):
        made["prices"] = [
            await catalogue.make_price(change, product, one, ("prices", at))
            for at, one in enumerate(values["prices"])
        ]
        made["price"] = made["prices"][0]
        made["price_id"] = made["price"]["id"]
    if "meters" in values:
        made["meters"] = [
            await _make_meter(change, one, ("meters", at))
            for at, one in enumerate(values["meters"] or ())
        ]
    if discount is not None:
        made["discount_id"] = discount["id"]
        made["discount"] = terms.embed_discount(discount)
    made["amount"] = terms.amount_of(made["prices"], discount)
    return references.overlay(_with_times(made, values, change.now), values, but=_FOLLOWS)


def find_kinds(subscription: Document) -> tuple[CommerceEventType, ...]:
    """What a loud placement tells of a subscription, in the order of a life that led there."""
    kinds: list[CommerceEventType] = ["subscription.created"]
    if subscription["status"] in ACTIVE:
        kinds.append("subscription.active")
    kinds.append("subscription.updated")
    if subscription["status"] == SubscriptionStatus.past_due:
        kinds.append("subscription.past_due")
    if subscription["status"] == SubscriptionStatus.paused:
        kinds.append("subscription.paused")
    if subscription["canceled_at"] is not None:
        kinds.append("subscription.canceled")
    if subscription["ended_at"] is not None:
        kinds.append("subscription.revoked")
    return tuple(kinds)


async def _find_currency(change: Change, product: Document) -> str:
    wanted = await products.find_currency(change)
    there: list[str] = [price["price_currency"] for price in product["prices"]]
    return wanted if wanted in there or not there else there[0]


async def _make_meter(change: Change, values: Document, place: tuple[str | int, ...]) -> Document:
    """How a subscription says what was used of a meter in its period."""
    meter_id = values["meter_id"]
    await references.read(change, "meters", (*place, "meter_id"), meter_id)
    made = terms.make_meter(change, meter_id)
    return references.overlay(made, values, but={"meter", "meter_id"})


def _with_times(made: Document, values: Document, now: datetime) -> Document:
    """The subscription with the status that is given, and the times that go with both."""
    status = values.get("status", SubscriptionStatus.active)
    interval = values.get("recurring_interval") or made["recurring_interval"]
    count = values.get("recurring_interval_count") or made["recurring_interval_count"]
    ended = references.find_moment(values, "ended_at")
    if ended is None and status == SubscriptionStatus.canceled:
        ended = references.find_moment(values, "ends_at") or now
    try:
        begin, end = _find_period(values, interval, count, ended or now)
    except (OverflowError, ValueError) as error:
        message = "The period is too early or too late."
        raise references.refuse("current_period_end", message) from error
    started = references.find_moment(values, "started_at") or begin
    created = references.find_moment(values, "created_at") or started
    is_set_to_end = bool(values.get("cancel_at_period_end"))
    canceled = references.find_moment(values, "canceled_at")
    if canceled is None and (is_set_to_end or ended is not None):
        canceled = ended or now
    times: dict[str, datetime | None] = {
        "created_at": created,
        "started_at": None if status in _NOT_BEGUN else started,
        "current_period_start": begin,
        "current_period_end": end,
        "canceled_at": canceled,
        "ends_at": ended or (end if is_set_to_end else None),
        "ended_at": ended,
        "past_due_at": now if status == SubscriptionStatus.past_due else None,
        "paused_at": now if status == SubscriptionStatus.paused else None,
    }
    if status == SubscriptionStatus.trialing:
        times |= {"trial_start": begin, "trial_end": end}
    return {
        **made,
        "status": status,
        **{key: references.render(moment) for key, moment in times.items()},
    }


def _find_period(
    values: Document, interval: str, count: int, present: datetime
) -> tuple[datetime, datetime]:
    """The beginning and the end of a subscription's period, as far as given; else the present one."""
    begin = references.find_moment(values, "current_period_start")
    end = references.find_moment(values, "current_period_end")
    end = end or references.find_moment(values, "trial_end")
    if begin is not None:
        return begin, end or _add(begin, interval, count)
    started = references.find_moment(values, "started_at")
    started = started or references.find_moment(values, "created_at")
    if end is not None:
        before = periods.add(end, interval, -count)
        return before if started is None else max(before, started), end
    if started is None:
        started = present
    return _walk_periods(started, interval, count, present)


def _walk_periods(
    started: datetime, interval: str, count: int, present: datetime
) -> tuple[datetime, datetime]:
    """The period that holds the present, of those that follow each other from a start on."""
    longest = timedelta(days=_MOST_DAYS[Interval(interval)] * count)
    passed = max((present - started) // longest, 0)
    while True:
        # From the start each time: the 31st of January leads to the 31st of March.
        begin = periods.add(started, interval, count * passed)
        end = periods.add(started, interval, count * (passed + 1))
        if end <= begin:
            raise OverflowError
        if end > present:
            return begin, end
        passed += 1


def _add(moment: datetime, interval: str, count: int) -> datetime:
    """The moment so many intervals later. Raises OverflowError behind the last year there is."""
    later = periods.add(moment, interval, count)
    if later <= moment:
        raise OverflowError
    return later
