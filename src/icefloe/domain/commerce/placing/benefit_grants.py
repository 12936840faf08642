"""Benefit grants as placements give them: with a subscription, with an order, or on their own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import grants, matching
from icefloe.domain.commerce.placing import references
from icefloe.domain.values.commerce import Filter

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.documents import Document

_FOLLOWS = frozenset(
    {
        "id", "customer_id", "customer", "user_id", "member_id", "member", "benefit_id", "benefit",
        "subscription_id", "order_id", "properties", "is_granted", "is_revoked",
    }
)  # fmt: skip


async def make(change: Change, values: Document, found: Document | None) -> Document:
    """A grant; granted now, if nothing else is said. What it gives is given: units of a meter, a key.

    Args:
        change: stores the grant.
        values: of the placement.
        found: the grant as it is stored, if it is.

    Raises:
        RulesBroken: it names what is not there, or the customer has another one of the benefit.
    """
    customer = await references.lock_customer(change, values)
    benefit = await references.require(change, "benefits", values, "benefit_id")
    subscription = await references.find(change, "subscriptions", values, "subscription_id")
    order = await references.find(change, "orders", values, "order_id")
    is_granted = values.get("is_granted", not values.get("is_revoked", False))
    if customer.deleted_at is not None and is_granted:
        raise references.refuse("customer_id", "Customer does not exist.", str(customer.id))
    member_id = await _find_member(change, values, customer.id)
    made = grants.make(change, customer.id, benefit["id"], member_id)
    made |= {
        "id": str(references.find_id(change, values)),
        "subscription_id": None if subscription is None else subscription["id"],
        "order_id": None if order is None else order["id"],
    }
    await _refuse_another(change, made)
    created = values.get("created_at") or values.get("granted_at") or change.moment
    made |= {
        "created_at": created,
        "granted_at": created if is_granted else None,
        "is_granted": is_granted,
        "revoked_at": None if is_granted else change.moment,
        "is_revoked": not is_granted,
        "properties": await _find_properties(change, made, benefit, values, found, is_granted),
    }
    return references.overlay(made, values, but=_FOLLOWS)


async def _find_properties(
    change: Change,
    made: Document,
    benefit: Document,
    values: Document,
    found: Document | None,
    is_granted: bool,  # noqa: FBT001 - of the grant that is made
) -> Document:
    """What a grant consists of: what was given before, or by the caller, or is given now."""
    before: Document = values.get("properties") or {} if found is None else found["properties"]
    was_granted = found is not None and found["is_granted"]
    if was_granted and not is_granted:
        return await grants.take_back(change, {**made, "properties": before})
    if was_granted or not is_granted:
        return before
    # A caller's own key stays; units are credited, whatever the document says of them.
    return await grants.give(change, UUID(made["customer_id"]), benefit, before) or before


async def _find_member(change: Change, values: Document, customer_id: UUID) -> UUID | None:
    """The member that is given, or the customer's owner. Raises RulesBroken."""
    wanted = values.get("member_id")
    if wanted is None:
        owner = await change.tables.members.find_owner(change.organization_id, customer_id)
        return None if owner is None else owner.id
    members = await change.tables.members.find_all_of(change.organization_id, customer_id)
    if wanted not in {str(member.id) for member in members}:
        raise references.refuse("member_id", "Member does not exist.", wanted)
    return UUID(wanted)


async def _refuse_another(change: Change, made: Document) -> None:
    """Raises RulesBroken where the customer has the benefit in the same way by another grant."""
    there = await matching.find_all(
        change.tables.commerce.benefit_grants,
        change.organization_id,
        [
            Filter("customer_id", (UUID(made["customer_id"]),)),
            Filter("benefit_id", (UUID(made["benefit_id"]),)),
        ],
    )
    for one in there:
        is_same = all(one[key] == made[key] for key in ("subscription_id", "order_id"))
        if is_same and one["id"] != made["id"]:
            message = "The customer has a grant of this benefit already."
            raise references.refuse("benefit_id", message, made["benefit_id"])
