"""Holdings: what follows from a change of a subscription, in the same transaction.

Its customer is or is no longer active, its benefits are granted or revoked, and webhooks are told: of
the subscription, then of the grants, and a while later of the customer's state.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import cycles, grants, matching, subscription_rules
from icefloe.domain.values import errors
from icefloe.domain.values.commerce import Filter
from icefloe.domain.values.subscriptions import BILLED, OVER

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.customers import Customer
    from icefloe.domain.values.documents import Document
    from icefloe.domain.values.events import CommerceEventType

ENDED: tuple[CommerceEventType, ...] = (
    "subscription.updated",
    "subscription.canceled",
    "subscription.revoked",
)
"""What webhooks tell of a subscription that ends, in this order."""


async def settle(
    change: Change,
    subscription: Document,
    kinds: Iterable[CommerceEventType],
    *,
    begins_period: bool = False,
) -> bytes:
    """Do all that follows from a subscription that has been stored.

    Args:
        change: has stored it, and locked its customer before.
        subscription: as it is now.
        kinds: what webhooks tell of it.
        begins_period: whether a period of it begins now, for which there is an order.

    Returns:
        The subscription as the wire shows it.
    """
    customer_id = UUID(subscription["customer_id"])
    text = await change.tell_all(kinds, subscription, customer_id)
    if begins_period:
        await cycles.begin(change, subscription)
    await grants.follow(change, subscription)
    await note_active(change, customer_id)
    await grants.note_state(change, customer_id)
    return text


async def note_active(change: Change, customer_id: UUID) -> None:
    """Store whether a customer is active, by which lists are filtered."""
    tables, organization_id = change.tables, change.organization_id
    customer = await lock_customer(change, customer_id)
    billed = await matching.find_all(
        tables.commerce.subscriptions,
        organization_id,
        [Filter("customer_id", (customer_id,)), Filter("status", tuple(sorted(BILLED)))],
    )
    changed = dataclasses.replace(customer, is_active=bool(billed), has_commerce=True)
    if changed != customer:
        owner = await tables.members.find_owner(organization_id, customer_id)
        await tables.customers.replace(changed, None if owner is None else owner.email)


async def end_all(change: Change, customer: Customer) -> None:
    """End all that a deleted customer has; subscriptions that have ended stay as they are."""
    if not customer.has_commerce:
        return
    subscriptions = await matching.find_all(
        change.tables.commerce.subscriptions,
        change.organization_id,
        [
            Filter("customer_id", (customer.id,)),
            Filter("status", tuple(sorted(OVER)), "none of"),
        ],
    )
    for subscription in subscriptions:
        ended = subscription_rules.revoke(subscription, change.now)
        await change.tables.commerce.subscriptions.replace(change.organization_id, ended)
        # In the order of the reference, which revokes the grants of the customer beforehand.
        await grants.follow(change, ended)
        await change.tell_all(ENDED, ended, customer.id)
    await grants.end_customer(change, customer.id)
    await grants.note_state(change, customer.id)


async def lock_customer(change: Change, customer_id: UUID) -> Customer:
    """A customer, deleted or not, locked against other writers. Raises CustomerNotFound."""
    customer = await change.tables.customers.find(change.organization_id, customer_id)
    if customer is None:
        raise errors.CustomerNotFound
    return customer
