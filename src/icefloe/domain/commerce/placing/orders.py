"""Orders as placements give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from icefloe.domain.commerce import new_orders
from icefloe.domain.commerce.placing import catalogue, references
from icefloe.domain.values.orders import BillingReason, NewOrder, NewOrderItem, OrderStatus

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.documents import Document
    from icefloe.domain.values.events import CommerceEventType

    Step = tuple[CommerceEventType, Document]

_FOLLOWS = frozenset(
    {
        "id", "amount", "customer_id", "customer", "user_id", "user", "product_id", "product",
        "product_price_id", "product_price", "discount_id", "discount", "subscription_id",
        "subscription", "items", "description", "status", "paid",
    }
)  # fmt: skip
"""What follows from the objects that an order names, from its lines and from its status."""
_REFUND = frozenset(
    {
        "refunded_amount", "refunded_tax_amount", "refundable_amount", "refundable_tax_amount",
    }
)  # fmt: skip
"""What the last event alone shows."""


async def make(change: Change, values: Document) -> list[Step]:
    """The events of an order, each with its document then; the last is what it has become.

    It is paid, and costs what its product costs, if nothing else is said. `amount` is before discount
    and tax, unless a document of the wire brings `subtotal_amount`. Raises RulesBroken.
    """
    customer = await references.lock_customer(change, values)
    product = await references.find(change, "products", values, "product_id")
    for resource, key in (("discounts", "discount_id"), ("subscriptions", "subscription_id")):
        await references.find(change, resource, values, key)
    new = _read(values, customer.id)
    order = await new_orders.make(
        change, new, references.find_id(change, values), customer, product
    )
    if "total_amount" not in values:
        new_orders.check_amounts(new, order["subtotal_amount"])
    if values.get("product_price") is not None and product is not None:
        place = ("product_price",)
        price = await catalogue.make_price(change, product, values["product_price"], place)
        order |= {"product_price": price, "product_price_id": price["id"]}
    order["items"] = [
        references.overlay(made, given)
        for made, given in zip(order["items"], values.get("items") or [{}], strict=True)
    ]
    steps = await new_orders.list_steps(change, new, order, customer)
    is_refunded = new.status in {OrderStatus.refunded, OrderStatus.partially_refunded}
    before = _FOLLOWS | _REFUND if is_refunded else _FOLLOWS
    last = steps[-1][1]
    return [
        (kind, references.overlay(one, values, but=_FOLLOWS if one is last else before))
        for kind, one in steps
    ]


def _read(values: Document, customer_id: UUID) -> NewOrder:
    """The new order that a placement describes."""
    given: dict[str, Any] = {
        key: UUID(values[key])
        for key in ("product_id", "discount_id", "subscription_id", "checkout_id")
        if values.get(key) is not None
    }
    plain = {
        key: values[key]
        for key in (
            "discount_amount", "tax_amount", "refunded_amount", "currency", "billing_name",
            "billing_address", "invoice_number", "seats", "units", "metadata", "custom_field_data",
        )
        if values.get(key) is not None
    }  # fmt: skip
    items = tuple(
        NewOrderItem(
            label=one["label"], amount=one["amount"], is_proration=one.get("proration", False)
        )
        for one in values.get("items") or ()
    )
    return NewOrder(
        customer_id=customer_id,
        amount=values.get("subtotal_amount", values.get("amount")),
        status=OrderStatus(values.get("status", OrderStatus.paid)),
        billing_reason=BillingReason(values.get("billing_reason", BillingReason.purchase)),
        created_at=references.find_moment(values, "created_at"),
        items=items,
        **given,
        **plain,
    )
