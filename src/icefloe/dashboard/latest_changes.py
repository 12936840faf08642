"""The latest changes of an organization, in words, for its overview."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from icefloe.dashboard.customers.history import find_name

if TYPE_CHECKING:
    from icefloe.dashboard.visits import Visit
    from icefloe.domain.values.events import CommerceEventType, Event, EventType

_MOST = 20

WORDS: dict[EventType | CommerceEventType, str] = {
    "customer.created": "was added",
    "customer.updated": "was changed",
    "customer.deleted": "was deleted",
    "customer.state_changed": "changed its state",
    "member.created": "was added as a member",
    "member.updated": "was changed as a member",
    "member.deleted": "was removed as a member",
    "organization.updated": "was changed",
    "product.created": "was added as a product",
    "product.updated": "was changed as a product",
    "benefit.created": "was added as a benefit",
    "benefit.updated": "was changed as a benefit",
    "discount.created": "was added as a discount",
    "discount.updated": "was changed as a discount",
    "discount.deleted": "was deleted as a discount",
    "subscription.created": "subscribed to {what}",
    "subscription.active": "has an active subscription to {what}",
    "subscription.updated": "has a changed subscription to {what}",
    "subscription.canceled": "canceled the subscription to {what}",
    "subscription.uncanceled": "goes on with the subscription to {what}",
    "subscription.revoked": "has no subscription to {what} any more",
    "subscription.cycled": "has a new period of {what}",
    "subscription.past_due": "has not paid for {what} yet",
    "subscription.paused": "paused the subscription to {what}",
    "subscription.resumed": "resumed the subscription to {what}",
    "benefit_grant.created": "was granted {what}",
    "benefit_grant.cycled": "has {what} for another period",
    "benefit_grant.revoked": "has {what} no longer",
    "order.created": "ordered {what}",
    "order.updated": "has a changed order of {what}",
    "order.paid": "paid for {what}",
    "order.refunded": "was refunded for {what}",
}
"""What happened to whom, by the type of the event; `{what}` is what the customer has."""
# What only says once more that something else has happened at the same moment.
_ECHOES = frozenset({"subscription.active", "subscription.updated", "order.updated"})


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened, in words.

    Attributes:
        name: of the customer or member that changed.
        words: what happened.
        at: when.
        href: the customer's page; None if the customer is deleted.
    """

    name: str
    words: str
    at: datetime
    href: str | None


async def find(visit: Visit) -> list[Change]:
    """What happened last in the visit's organization, the latest first."""
    events = await visit.services.events.find_latest(visit.organization.id, 2 * _MOST)
    # A deletion is a customer's last event: if `events` has any of a deleted customer, it has that one.
    # There is no page of a deleted customer, nor of none.
    gone = {None} | {
        stored.event.customer_id for stored in events if stored.event.type == "customer.deleted"
    }
    # A change of a customer changes its owner as well: the page shows it once.
    shown = {
        (stored.event.customer_id, stored.event.created_at)
        for stored in events
        if stored.event.type.startswith("customer.")
    }
    told = [(stored.event, json.loads(stored.event.document)) for stored in events]
    told_of = {_key_of(event, document) for event, document in told if event.type not in _ECHOES}
    found = []
    for event, document in told:
        is_owners = _is_of_member(event) and document["role"] == "owner"
        is_echo = event.type in _ECHOES and _key_of(event, document) in told_of
        is_shown = is_owners and (event.customer_id, event.created_at) in shown
        if not (is_shown or is_echo):
            found.append(_tell_one(visit, event, document, gone))
    return found[:_MOST]


def _key_of(event: Event, document: dict[str, Any]) -> tuple[str, datetime]:
    """To what an event happened, and when."""
    return document["id"], event.created_at


def _tell_one(
    visit: Visit, event: Event, document: dict[str, Any], gone: set[UUID | None]
) -> Change:
    # What a customer has is told of the customer.
    whose, noun = document.get("customer"), "customer"
    if whose is None:
        whose, noun = document, event.type.partition(".")[0]
    # Another server of the same database may be newer, and know of more that can happen.
    words = WORDS.get(event.type, event.type)
    return Change(
        find_name(whose, f"A {noun}"),
        words.format(what=find_name(document)),
        event.created_at,
        None if event.customer_id in gone else visit.href(f"customers/{event.customer_id}"),
    )


def _is_of_member(event: Event) -> bool:
    return event.type.startswith("member.")
