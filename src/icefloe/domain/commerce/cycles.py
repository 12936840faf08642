"""Cycles: what a subscription's new period brings, an order above all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import grants, new_orders
from icefloe.domain.values import documents
from icefloe.domain.values.orders import BillingReason, NewOrder, NewOrderItem

if TYPE_CHECKING:
    from datetime import datetime

    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.documents import Document


async def begin(change: Change, subscription: Document) -> None:
    """Order a period that begins, if it is free, and carry the grants into it.

    No money moves here, so a period that costs something has no order.
    """
    if subscription["amount"] == 0:
        await _order(change, subscription)
    await grants.cycle(change, subscription)


async def _order(change: Change, subscription: Document) -> None:
    product = await grants.get_product(change, UUID(subscription["product_id"]))
    start = documents.read_moment(subscription["current_period_start"])
    end = documents.read_moment(subscription["current_period_end"])
    label = f"{product['name']} — From {_spell_day(start)} to {_spell_day(end)}"
    discount_id = subscription["discount_id"]
    new = NewOrder(
        customer_id=UUID(subscription["customer_id"]),
        product_id=UUID(subscription["product_id"]),
        discount_id=None if discount_id is None else UUID(discount_id),
        subscription_id=UUID(subscription["id"]),
        currency=subscription["currency"],
        billing_reason=BillingReason.subscription_cycle,
        items=(NewOrderItem(label=label, amount=0),),
        metadata=subscription["metadata"],
        custom_field_data=subscription["custom_field_data"],
    )
    await new_orders.create(change, new, change.new_id())


def _spell_day(moment: datetime) -> str:
    """A day in UTC as people in the United States write it."""
    return f"{moment:%b} {moment.day}, {moment:%Y}"
