"""Changes of a subscription's metadata, product, discount and trial, which may come together."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import subscription_rules as rules
from icefloe.domain.commerce import terms
from icefloe.domain.values import documents, errors
from icefloe.domain.values.errors import RulesBroken, Violation
from icefloe.domain.values.subscriptions import SubscriptionProrationBehavior as Proration
from icefloe.domain.values.subscriptions import SubscriptionStatus

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.documents import Document
    from icefloe.domain.values.subscriptions import SubscriptionChange


async def apply(change: Change, found: Document, given: SubscriptionChange) -> Document:
    """The subscription after a change.

    Raises:
        RulesBroken: the product, discount or trial cannot be the one wanted.
        SubscriptionRefused: its status does not allow the change.
    """
    changed = found
    product_id = given.get("product_id")
    if product_id is not None:
        changed = await _move(change, changed, product_id, given.get("proration_behavior"))
    if "discount_id" in given:
        changed = await _discount(change, changed, given["discount_id"])
    trial_end = given.get("trial_end")
    if trial_end == "now":
        changed = rules.end_trial(changed, change.now)
    elif trial_end is not None:
        changed = rules.set_trial_end(changed, change.now, trial_end)
    if "metadata" in given:
        changed = {**changed, "metadata": given["metadata"], "modified_at": change.moment}
    return changed


async def _move(
    change: Change, found: Document, product_id: UUID, proration: Proration | None
) -> Document:
    """The subscription to another product, at once or from its next period on."""
    rules.require_going_on(found)
    product = await change.tables.commerce.products.find(change.organization_id, product_id)
    _check_product(product, product_id)
    assert product is not None  # noqa: S101 - it was checked
    if proration is Proration.reset:
        message = "The 'reset' proration behavior is not enabled for this organization."
        place = ("body", "proration_behavior")
        raise RulesBroken(Violation("value_error", place, message, proration))
    if product["id"] == found["product_id"]:
        return found
    if (proration or await _find_proration(change)) == Proration.next_period:
        return {**found, "pending_update": _make_pending(change, found, product)}
    taken = terms.take(change, product, found["currency"], found["meters"])
    discount = await _find_discount(change, found["discount_id"])
    moved = {
        **found,
        **taken,
        "amount": terms.amount_of(taken["prices"], discount),
        "modified_at": change.moment,
        "pending_update": None,
    }
    length = ("recurring_interval", "recurring_interval_count")
    # A trial goes on until its end, whatever the product.
    is_trialing = found["status"] == SubscriptionStatus.trialing
    if not is_trialing and any(moved[name] != found[name] for name in length):
        return rules.begin_period(moved, change.now)
    return moved


def _check_product(product: Document | None, product_id: UUID) -> None:
    """Raises RulesBroken where no subscription can move to a product."""
    if product is None:
        message = "Product does not exist."
    elif product["is_archived"]:
        message = "Product is archived."
    elif not product["is_recurring"]:
        message = "Product is not recurring."
    elif terms.has_custom_price(product):
        message = "Can't update to a product with custom prices."
    else:
        return
    raise RulesBroken(Violation("value_error", ("body", "product_id"), message, str(product_id)))


async def _find_proration(change: Change) -> str:
    """What the organization has set for changes that do not say."""
    organization = await change.tables.organizations.find(change.organization_id)
    if organization is None:
        raise errors.OrganizationNotFound
    proration: str = organization.settings["subscription_settings"]["proration_behavior"]
    return proration


def _make_pending(change: Change, found: Document, product: Document) -> Document:
    return {
        "created_at": change.moment,
        "modified_at": None,
        "id": str(change.new_id()),
        "applies_at": found["current_period_end"],
        "product_id": product["id"],
        "seats": None,
        "units": None,
    }


async def _discount(change: Change, found: Document, discount_id: UUID | None) -> Document:
    """The subscription with another discount, or without one."""
    if discount_id is None:
        if found["discount_id"] is None:
            return found
        return _with_discount(change, found, None)
    if str(discount_id) == found["discount_id"]:
        message = "This discount is already applied to the subscription."
        raise _refuse_discount(message, discount_id)
    table = change.tables.commerce.discounts
    discount = await table.find(change.organization_id, discount_id)
    if discount is None or not terms.is_redeemable(discount, found["product_id"], change.now):
        message = "Discount does not exist, is not applicable to this product or is not redeemable."
        raise _refuse_discount(message, discount_id)
    redeemed = {**discount, "redemptions_count": discount["redemptions_count"] + 1}
    await table.replace(change.organization_id, redeemed)
    return _with_discount(change, found, redeemed)


def _with_discount(change: Change, found: Document, discount: Document | None) -> Document:
    return {
        **found,
        "modified_at": change.moment,
        "amount": terms.amount_of(found["prices"], discount),
        "discount_id": None if discount is None else discount["id"],
        "discount": None if discount is None else terms.embed_discount(discount),
    }


def _refuse_discount(message: str, discount_id: UUID) -> RulesBroken:
    return RulesBroken(Violation("value_error", ("body", "discount_id"), message, str(discount_id)))


async def _find_discount(change: Change, discount_id: str | None) -> Document | None:
    """The discount that a subscription has, deleted or not."""
    if discount_id is None:
        return None
    wanted = UUID(discount_id)
    texts = await change.tables.commerce.discounts.find_texts(change.organization_id, [wanted])
    return documents.read(texts[wanted])
