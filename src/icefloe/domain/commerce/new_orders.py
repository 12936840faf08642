"""New orders: their documents, whole, and the events of what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import joins
from icefloe.domain.values import documents, errors, limits, moments
from icefloe.domain.values.commerce import Filter
from icefloe.domain.values.documents import Document, Embedded
from icefloe.domain.values.errors import RulesBroken, Violation
from icefloe.domain.values.orders import (
    PAID_LATER,
    PAID_STATUSES,
    NewOrder,
    NewOrderItem,
    OrderStatus,
)

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.customers import Customer
    from icefloe.domain.values.events import CommerceEventType

    _Step = tuple[CommerceEventType, Document]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMBER_LETTERS = 10
"""Letters that stand for the customer in an invoice's number."""
_PREFIX = 8
"""Characters of the organization's id before them."""
_FEE_RATE, _FEE_FIXED = Decimal("0.05"), 50
"""What the reference takes of a payment: a part of it, and so many cents."""
_NO_PRODUCT = "Order"
"""What people read where no product was bought."""


async def create(change: Change, new: NewOrder, order_id: UUID) -> bytes:
    """Create an order, with the events of all that became of it. Raises RulesBroken, Duplicate."""
    customer = await _lock_customer(change, new.customer_id)
    product = await _find(change, "products", "product_id", new.product_id)
    await _find(change, "discounts", "discount_id", new.discount_id)
    await _find(change, "subscriptions", "subscription_id", new.subscription_id)
    order = await make(change, new, order_id, customer, product)
    check_amounts(new, order["subtotal_amount"])
    steps = await list_steps(change, new, order, customer)
    stored = steps[-1][1]
    await change.tables.commerce.orders.add(change.organization_id, stored)
    if stored["invoice_number"] is not None:
        await _note_number(change, customer)
    text = b""
    for kind, document in steps:
        text = await change.tell(kind, document, customer.id)
    return text


async def _lock_customer(change: Change, customer_id: UUID) -> Customer:
    """The customer, whose orders no other transaction numbers meanwhile. Raises RulesBroken."""
    customer = await change.tables.customers.find(change.organization_id, customer_id)
    if customer is None or customer.deleted_at is not None:
        raise _absent("customer_id", "Customer", customer_id)
    return customer


async def _find(change: Change, resource: str, name: str, wanted: UUID | None) -> Document | None:
    """The object of a resource that an order names, deleted or not. Raises RulesBroken."""
    if wanted is None:
        return None
    table = change.tables.commerce.table(resource)
    texts = await table.find_texts(change.organization_id, [wanted])
    if wanted not in texts:
        raise _absent(name, resource.removesuffix("s").capitalize(), wanted)
    return documents.read(texts[wanted])


def _absent(name: str, noun: str, wanted: UUID) -> RulesBroken:
    message = f"{noun} does not exist."
    return RulesBroken(Violation("value_error", ("body", name), message, str(wanted)))


async def make(
    change: Change, new: NewOrder, order_id: UUID, customer: Customer, product: Document | None
) -> Document:
    """The document of an order that is not paid yet."""
    created_at = change.moment if new.created_at is None else moments.render(new.created_at)
    price = find_price(product, new.currency)
    currency = new.currency or await _find_currency(change, price)
    items = _make_items(new, product, price)
    subtotal = sum(item.amount for item in items)
    net = subtotal - new.discount_amount
    price_id = None if price is None else price["id"]
    address = new.billing_address
    if address is None and customer.billing_address is not None:
        address = asdict(customer.billing_address)
    number = new.invoice_number
    if number is None and new.status is not OrderStatus.draft:
        number = await _find_invoice_number(change, customer)
    total = net + new.tax_amount
    return {
        "id": str(order_id),
        "created_at": created_at,
        "modified_at": None,
        "status": str(OrderStatus.pending),
        "paid": False,
        "subtotal_amount": subtotal,
        "discount_amount": new.discount_amount,
        "net_amount": net,
        "tax_amount": new.tax_amount,
        "total_amount": total,
        "applied_balance_amount": 0,
        "due_amount": total,
        "refunded_amount": 0,
        "refunded_tax_amount": 0,
        "currency": currency,
        "billing_reason": str(new.billing_reason),
        "billing_name": new.billing_name or customer.billing_name or customer.name,
        "billing_address": address,
        "invoice_number": number,
        "is_invoice_generated": False,
        "receipt_number": None,
        "seats": new.seats,
        "units": new.units,
        "customer_id": str(customer.id),
        "product_id": _text(new.product_id),
        "product_price_id": price_id,
        "discount_id": _text(new.discount_id),
        "subscription_id": _text(new.subscription_id),
        "checkout_id": _text(new.checkout_id),
        "next_payment_attempt_at": None,
        "metadata": new.metadata,
        "custom_field_data": dict(new.custom_field_data),
        "platform_fee_amount": 0,
        "platform_fee_currency": None,
        "customer": Embedded(joins.CUSTOMERS, customer.id),
        "user_id": str(customer.id),
        "user": Embedded(joins.CUSTOMERS, customer.id, joins.USER),
        "product": _embed("products", new.product_id),
        "product_price": price,
        "discount": _embed("discounts", new.discount_id),
        "subscription": _embed("subscriptions", new.subscription_id),
        "items": [
            {
                "created_at": created_at,
                "modified_at": None,
                "id": str(change.new_id()),
                "label": item.label,
                "amount": item.amount,
                "tax_amount": 0,
                "proration": item.is_proration,
                "product_price_id": price_id,
            }
            for item in items
        ],
        "description": _describe(new, items),
        "amount": net,
        "from_balance_amount": 0,
        "refundable_amount": net,
        "refundable_tax_amount": new.tax_amount,
    }


def find_price(product: Document | None, currency: str | None) -> Document | None:
    """The price of a product that an order is of: one in its currency, or else the first."""
    if product is None or not product["prices"]:
        return None
    prices: list[Document] = product["prices"]
    return next((price for price in prices if price["price_currency"] == currency), prices[0])


async def _find_currency(change: Change, price: Document | None) -> str:
    if price is not None:
        return str(price["price_currency"])
    organization = await change.tables.organizations.find(change.organization_id)
    if organization is None:
        raise errors.OrganizationNotFound
    return str(organization.settings["default_presentment_currency"])


def _make_items(
    new: NewOrder, product: Document | None, price: Document | None
) -> tuple[NewOrderItem, ...]:
    """The lines that an order says, or the one that follows from its product and amount."""
    if new.items:
        return new.items
    amount = new.amount
    if amount is None:
        amount = 0 if price is None else price.get("price_amount", 0)
    label = _NO_PRODUCT if product is None else product["name"]
    return (NewOrderItem(label=label, amount=amount),)


def check_amounts(new: NewOrder, subtotal: int) -> None:
    """See that the amounts of an order go together. Raises RulesBroken."""
    net = subtotal - new.discount_amount
    violations: list[Violation] = []

    def refuse(name: str, message: str, value: object) -> None:
        violations.append(Violation("value_error", ("body", name), message, value))

    if new.amount not in {None, subtotal}:
        refuse("amount", "The amount is not the sum of the items.", new.amount)
    if not 0 <= subtotal <= limits.MAX_INTEGER:
        refuse("amount", f"The amount is not from 0 to {limits.MAX_INTEGER}.", subtotal)
    if not 0 <= new.discount_amount <= max(subtotal, 0):
        message = "The discount is more than the amount, or less than nothing."
        refuse("discount_amount", message, new.discount_amount)
    if not 0 <= new.tax_amount <= limits.MAX_INTEGER:
        refuse("tax_amount", "The tax is less than nothing, or too much.", new.tax_amount)
    if new.refunded_amount is not None and not 0 <= new.refunded_amount <= net:
        message = "Refund amount exceeds refundable amount"
        refuse("refunded_amount", message, new.refunded_amount)
    if violations:
        raise RulesBroken(*violations)


def _describe(new: NewOrder, items: Sequence[NewOrderItem]) -> str | Embedded:
    if new.product_id is None:
        return items[0].label
    return Embedded("products", new.product_id, joins.NAME)


def _embed(resource: str, wanted: UUID | None) -> Embedded | None:
    return None if wanted is None else Embedded(resource, wanted, joins.BARE)


def _text(identifier: UUID | None) -> str | None:
    return None if identifier is None else str(identifier)


# --- numbers ------------------------------------------------------------------------------------


async def _find_invoice_number(change: Change, customer: Customer) -> str:
    count = await _count(change, customer, "has_invoice_number")
    prefix = str(change.organization_id)[:_PREFIX].upper()
    return f"{prefix}-{_spell(customer.id)}-{count + 1:04}"


async def _find_receipt_number(change: Change, customer: Customer) -> str:
    count = await _count(change, customer, "has_receipt_number")
    return f"RCPT-{_spell(customer.id)}-{count + 1:04}"


async def _count(change: Change, customer: Customer, flag: str) -> int:
    """How many orders of a customer have a number."""
    filters = (Filter("customer_id", (customer.id,)), Filter(flag, (True,)))
    return await change.tables.commerce.orders.count(change.organization_id, filters)


def _spell(customer_id: UUID) -> str:
    """Letters that stand for a customer: the same each time."""
    rest, letters = customer_id.int, ""
    for _ in range(_NUMBER_LETTERS):
        rest, digit = divmod(rest, len(_LETTERS))
        letters += _LETTERS[digit]
    return letters


async def _note_number(change: Change, customer: Customer) -> None:
    """Date the customer's change: it has the counter of its invoices. No event tells of it."""
    owner = await change.tables.members.find_owner(change.organization_id, customer.id)
    assert owner is not None  # noqa: S101 - every customer is stored together with its owner
    await change.tables.customers.replace(replace(customer, modified_at=change.now), owner.email)


# --- what became of it --------------------------------------------------------------------------


async def list_steps(
    change: Change, new: NewOrder, order: Document, customer: Customer
) -> list[_Step]:
    """The events of an order, each with its document then; the last one is what it has become."""
    if new.status not in PAID_STATUSES:
        return [("order.created", {**order, "status": str(new.status)})]
    paid = {**order, "status": str(OrderStatus.paid), "paid": True}
    is_free = order["total_amount"] == 0
    is_paid_later = new.billing_reason in PAID_LATER
    if is_paid_later or not is_free:
        paid["modified_at"] = order["created_at"]
    steps: list[_Step] = [("order.created", order if is_paid_later else paid)]
    if not is_free:
        paid = {**paid, "receipt_number": await _find_receipt_number(change, customer)}
    steps += [("order.updated", paid), ("order.paid", paid)]
    if not is_free:
        paid = {
            **paid,
            "platform_fee_amount": _find_fee(order["net_amount"]),
            "platform_fee_currency": order["currency"],
        }
        steps.append(("order.updated", paid))
    if new.status is not OrderStatus.paid:
        refunded = _refund(new, paid)
        steps += [("order.updated", refunded), ("order.refunded", refunded)]
    return steps


def _find_fee(amount: int) -> int:
    """What the reference takes of a payment, in the currency's smallest unit."""
    return int((amount * _FEE_RATE + _FEE_FIXED).quantize(Decimal(1), ROUND_HALF_UP))


def _refund(new: NewOrder, paid: Document) -> Document:
    """An order after a refund."""
    net = paid["net_amount"]
    is_whole = new.status is OrderStatus.refunded
    amount = net if is_whole else new.refunded_amount
    if amount is None:
        amount = net // 2
    tax = paid["tax_amount"] if is_whole else 0
    return {
        **paid,
        "status": str(new.status),
        "refunded_amount": amount,
        "refunded_tax_amount": tax,
        "refundable_amount": net - amount,
        "refundable_tax_amount": paid["tax_amount"] - tax,
    }
