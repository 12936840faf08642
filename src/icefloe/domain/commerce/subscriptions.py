"""Subscriptions: customers' use of products, from its beginning to its end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import (
    holdings,
    joins,
    subscription_changes,
    terms,
)
from icefloe.domain.commerce import subscription_rules as rules
from icefloe.domain.commerce.objects import Objects
from icefloe.domain.values import documents, errors, moments, periods
from icefloe.domain.values.commerce import Filter, ObjectQuery, Order
from icefloe.domain.values.documents import Document, Embedded
from icefloe.domain.values.errors import RulesBroken, Violation
from icefloe.domain.values.listing import MAX_LIMIT, PageRequest
from icefloe.domain.values.subscriptions import ACTIVE, SubscriptionStatus

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.ports import storage
    from icefloe.domain.values.clock import Clock
    from icefloe.domain.values.customers import Customer
    from icefloe.domain.values.events import CommerceEventType
    from icefloe.domain.values.subscriptions import NewSubscription, SubscriptionChange

_CURRENCY = "usd"
_BEGUN: tuple[CommerceEventType, ...] = (
    "subscription.created",
    "subscription.active",
    "subscription.updated",
)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Why a customer no longer wants a subscription, as far as the customer says.

    Attributes:
        reason: one of the contract's.
        comment: in the customer's words.
    """

    reason: str | None = None
    comment: str | None = None


class Subscriptions(Objects):
    """The rules of subscriptions.

    The methods that change one raise NotFound where there is none with that id, and
    SubscriptionRefused where its status does not allow the change.
    """

    resource = "subscriptions"

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        super().__init__(store, clock)
        self._clock = clock

    async def create(
        self,
        organization_id: UUID,
        new: NewSubscription,
        *,
        subscription_id: UUID | None = None,
        is_silent: bool = False,
    ) -> bytes:
        """Subscribe a customer to a free product.

        Args:
            organization_id: whose they are.
            new: the subscription.
            subscription_id: its identifier, where the caller may choose it; generated if None.
            is_silent: whether webhooks leave it out.

        Raises:
            RulesBroken: the product or the customer is not there, or the product is not free.
            Duplicate: the organization has a subscription with that id.
        """
        return await self._changes.run(
            organization_id,
            lambda change: _create(change, new, subscription_id or change.new_id()),
            is_silent=is_silent,
        )

    async def count_active(self, organization_id: UUID) -> int:
        """How many subscriptions are active or on trial; counted in an index by status."""
        active = Filter("status", tuple(sorted(ACTIVE)))
        return await self._store.read(
            lambda tables: tables.commerce.subscriptions.count(organization_id, [active]), long=True
        )

    async def walk(
        self, organization_id: UUID, filters: Sequence[Filter]
    ) -> AsyncIterator[list[Document]]:
        """Subscriptions as the wire shows them, those that started last first, in batches."""
        # What starts meanwhile would move the others to later pages.
        now = self._clock.of(organization_id).now()
        wanted = (*filters, Filter("started_at", (now,), "until"))
        page, found = 1, MAX_LIMIT
        while found == MAX_LIMIT:
            query = ObjectQuery(
                page=PageRequest(page=page, limit=MAX_LIMIT),
                filters=wanted,
                sorting=(Order("started_at", descending=True),),
            )
            texts = await self._store.read(partial(_find_texts, organization_id, query), long=True)
            batch: list[Document] = json.loads(b"[%b]" % texts)
            yield batch
            page, found = page + 1, len(batch)

    async def update(
        self, organization_id: UUID, subscription_id: UUID, given: SubscriptionChange
    ) -> bytes:
        """Change the metadata, product, discount or trial of a subscription. Raises RulesBroken too."""

        async def work(change: Change) -> bytes:
            found = await self._lock_whole(change, subscription_id)
            changed = await subscription_changes.apply(change, found, given)
            await _store(change, found, changed)
            if given.get("trial_end") == "now":
                return await holdings.settle(
                    change,
                    changed,
                    ("subscription.cycled", "subscription.updated"),
                    begins_period=True,
                )
            return await holdings.settle(change, changed, ("subscription.updated",))

        return await self._changes.run(organization_id, work)

    async def set_period_end(
        self, organization_id: UUID, subscription_id: UUID, end: datetime
    ) -> bytes:
        """Move the end of a subscription's period."""
        return await self._run(
            organization_id,
            subscription_id,
            lambda found, now: rules.set_period_end(found, now, end),
        )

    async def cancel(
        self, organization_id: UUID, subscription_id: UUID, why: Cancellation
    ) -> bytes:
        """Have a subscription end with its period."""
        return await self._run(
            organization_id,
            subscription_id,
            lambda found, now: rules.cancel(found, now, why.reason, why.comment),
            ("subscription.updated", "subscription.canceled"),
        )

    async def uncancel(self, organization_id: UUID, subscription_id: UUID) -> bytes:
        """Have a subscription go on that was set to end."""
        return await self._run(
            organization_id,
            subscription_id,
            rules.uncancel,
            ("subscription.updated", "subscription.uncanceled"),
        )

    async def revoke(
        self, organization_id: UUID, subscription_id: UUID, why: Cancellation
    ) -> bytes:
        """End a subscription now."""
        return await self._run(
            organization_id,
            subscription_id,
            lambda found, now: rules.revoke(found, now, why.reason, why.comment),
            holdings.ENDED,
        )

    async def pause(
        self, organization_id: UUID, subscription_id: UUID, resumes_at: datetime | None
    ) -> bytes:
        """Have a subscription pause after its period."""
        return await self._run(
            organization_id,
            subscription_id,
            lambda found, now: rules.pause(found, now, resumes_at),
        )

    async def unpause(self, organization_id: UUID, subscription_id: UUID) -> bytes:
        """Have a subscription go on that was set to pause."""
        return await self._run(organization_id, subscription_id, rules.unpause)

    async def resume(self, organization_id: UUID, subscription_id: UUID) -> bytes:
        """Have a paused subscription go on."""
        return await self._run(
            organization_id,
            subscription_id,
            rules.resume,
            ("subscription.updated", "subscription.resumed"),
            begins_period=True,
        )

    async def clear_pending(self, organization_id: UUID, subscription_id: UUID) -> bytes:
        """Drop the change that a subscription's next period would bring. Raises RulesBroken too."""
        return await self._run(
            organization_id, subscription_id, lambda found, _: rules.clear_pending(found)
        )

    async def refuse_seats(self, organization_id: UUID, subscription_id: UUID) -> bytes:
        """Say that a subscription is not paid by the seat."""
        return await self._run(organization_id, subscription_id, _refuse_seats)

    async def refuse_units(self, organization_id: UUID, subscription_id: UUID) -> bytes:
        """Say that a subscription is not paid by the unit."""
        return await self._run(organization_id, subscription_id, _refuse_units)

    async def _run(
        self,
        organization_id: UUID,
        subscription_id: UUID,
        rule: Callable[[Document, datetime], Document],
        kinds: tuple[CommerceEventType, ...] = ("subscription.updated",),
        *,
        begins_period: bool = False,
    ) -> bytes:
        """Change a subscription by a rule, and tell of it."""

        async def work(change: Change) -> bytes:
            found = await self._lock_whole(change, subscription_id)
            changed = rule(found, change.now)
            await _store(change, found, changed)
            return await holdings.settle(change, changed, kinds, begins_period=begins_period)

        return await self._changes.run(organization_id, work)

    async def _lock_whole(self, change: Change, subscription_id: UUID) -> Document:
        """A subscription, locked after its customer, as all writers do. Raises NotFound."""
        table = change.tables.commerce.subscriptions
        text = await table.find_text(change.organization_id, subscription_id)
        if text is None:
            raise errors.NotFound
        customer_id = UUID(documents.read(text)["customer_id"])
        await holdings.lock_customer(change, customer_id)
        return await self._lock(change, subscription_id)


async def _find_texts(organization_id: UUID, query: ObjectQuery, tables: storage.Tables) -> bytes:
    """A page's subscriptions as the wire shows them, joined by commas."""
    found = await tables.commerce.subscriptions.find_matching(organization_id, query)
    items = b",".join([documents.render(one) for one in found])
    return await joins.join(tables, organization_id, items)


async def _store(change: Change, found: Document, changed: Document) -> None:
    if changed != found:
        await change.tables.commerce.subscriptions.replace(change.organization_id, changed)


def _refuse_seats(_: Document, __: datetime) -> Document:
    raise errors.NotASeatBasedSubscription


def _refuse_units(_: Document, __: datetime) -> Document:
    raise errors.NotAUnitBasedSubscription


async def _create(change: Change, new: NewSubscription, subscription_id: UUID) -> bytes:
    product = await change.tables.commerce.products.find(change.organization_id, new.product_id)
    _check_product(product, str(new.product_id))
    assert product is not None  # noqa: S101 - it was checked
    customer = await _find_customer(change, new)
    subscription = make(change, product, customer.id, subscription_id, _CURRENCY)
    subscription["metadata"] = new.metadata
    await change.tables.commerce.subscriptions.add(change.organization_id, subscription)
    return await holdings.settle(change, subscription, _BEGUN)


def _check_product(product: Document | None, product_id: str) -> None:
    """Raises RulesBroken where one cannot subscribe to a product without a checkout."""
    if product is None:
        message = "Product does not exist."
    elif not product["is_recurring"]:
        message = "Product is not a recurring product."
    elif not terms.is_free(product):
        message = (
            "Product is not free. The customer should go through a checkout to create a paid"
            " subscription."
        )
    else:
        return
    raise RulesBroken(Violation("value_error", ("body", "product_id"), message, product_id))


async def _find_customer(change: Change, new: NewSubscription) -> Customer:
    """The customer who subscribes, locked. Raises RulesBroken."""
    customers, found = change.tables.customers, None
    name, value = "customer_id", str(new.customer_id)
    if new.customer_id is not None:
        found = await customers.find(change.organization_id, new.customer_id)
    elif new.external_customer_id is not None:
        name, value = "external_customer_id", new.external_customer_id
        found = await customers.find_external(change.organization_id, value)
    if found is None or found.deleted_at is not None:
        message = "Customer does not exist."
        raise RulesBroken(Violation("value_error", ("body", name), message, value))
    return found


def make(
    change: Change, product: Document, customer_id: UUID, subscription_id: UUID, currency: str
) -> Document:
    """A new subscription's document: active, for as long as a period of its product."""
    taken = terms.take(change, product, currency)
    interval, count = product["recurring_interval"], product["recurring_interval_count"]
    return {
        "created_at": change.moment,
        "modified_at": None,
        "id": str(subscription_id),
        "amount": terms.amount_of(taken["prices"], None),
        "currency": currency,
        "recurring_interval": interval,
        "recurring_interval_count": count,
        "status": SubscriptionStatus.active,
        "current_period_start": change.moment,
        "current_period_end": moments.render(periods.add(change.now, interval, count)),
        "current_meter_period_start": None,
        "current_meter_period_end": None,
        "trial_start": None,
        "trial_end": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "started_at": change.moment,
        "ends_at": None,
        "ended_at": None,
        "past_due_at": None,
        "pause_at_period_end": False,
        "paused_at": None,
        "resumes_at": None,
        "customer_id": str(customer_id),
        "product_id": taken["product_id"],
        "discount_id": None,
        "checkout_id": None,
        "seats": None,
        "units": None,
        "customer_cancellation_reason": None,
        "customer_cancellation_comment": None,
        "price_id": taken["price_id"],
        "metadata": {},
        "custom_field_data": {},
        "customer": Embedded(joins.CUSTOMERS, customer_id),
        "user_id": str(customer_id),
        "user": Embedded(joins.CUSTOMERS, customer_id, joins.USER),
        "product": taken["product"],
        "discount": None,
        "price": taken["price"],
        "prices": taken["prices"],
        "meters": taken["meters"],
        "pending_update": None,
    }
