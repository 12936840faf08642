"""A customer's state: the customer, and what is active for it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import matching
from icefloe.domain.values import documents, moments
from icefloe.domain.values.commerce import Filter
from icefloe.domain.values.documents import Document
from icefloe.domain.values.grants import properties_of
from icefloe.domain.values.subscriptions import ACTIVE

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.customer_meters import CustomerMeter

_NOTHING_ACTIVE = b',"active_subscriptions":[],"granted_benefits":[],"active_meters":[]}'
_SUBSCRIPTION_KEYS = (
    "id",
    "created_at",
    "modified_at",
    "custom_field_data",
    "metadata",
    "status",
    "amount",
    "currency",
    "recurring_interval",
    "current_period_start",
    "current_period_end",
    "trial_start",
    "trial_end",
    "cancel_at_period_end",
    "canceled_at",
    "started_at",
    "ends_at",
    "product_id",
    "discount_id",
    "price_id",
)


def render(document: bytes) -> bytes:
    """The state of a customer who has nothing, of the customer's wire document."""
    return document[:-1] + _NOTHING_ACTIVE


async def find(
    tables: storage.Tables, organization_id: UUID, customer_id: UUID, *, with_deleted: bool = False
) -> bytes | None:
    """The wire document of a customer's state.

    Returns:
        None for a customer that is not there, or is deleted, unless `with_deleted`.
    """
    if with_deleted:
        found = await tables.customers.find_documents(organization_id, [customer_id])
        document = found.get(customer_id)
    else:
        document = await tables.customers.find_document(organization_id, customer_id)
    if document is None:
        return None
    return await complete(tables, organization_id, customer_id, document)


async def complete(
    tables: storage.Tables, organization_id: UUID, customer_id: UUID, document: bytes
) -> bytes:
    """The state of a customer with this wire document."""
    of_customer = Filter("customer_id", (customer_id,))
    subscriptions = await matching.find_all(
        tables.commerce.subscriptions,
        organization_id,
        [of_customer, Filter("status", tuple(sorted(ACTIVE)))],
        matching.NEWEST_FIRST,
    )
    grants = await matching.find_all(
        tables.commerce.benefit_grants,
        organization_id,
        [of_customer, Filter("is_granted", (True,))],
    )
    meters = await tables.usage.customer_meters.find_of_customer(organization_id, customer_id)
    if not (subscriptions or grants or meters):
        return render(document)
    benefit_ids = [UUID(grant["benefit_id"]) for grant in grants]
    texts = await tables.commerce.benefits.find_texts(organization_id, benefit_ids)
    benefits = {str(benefit_id): documents.read(text) for benefit_id, text in texts.items()}
    active = documents.render(
        {
            "active_subscriptions": [_show_subscription(one) for one in subscriptions],
            "granted_benefits": [_show_grant(one, benefits[one["benefit_id"]]) for one in grants],
            "active_meters": [_show_meter(one) for one in meters],
        }
    )
    return b"%b,%b" % (document[:-1], active[1:])


def _show_subscription(subscription: Document) -> Document:
    meters = [
        {key: value for key, value in meter.items() if key != "meter"}
        for meter in subscription["meters"]
    ]
    return {**{key: subscription[key] for key in _SUBSCRIPTION_KEYS}, "meters": meters}


def _show_grant(grant: Document, benefit: Document) -> Document:
    return {
        "id": grant["id"],
        "created_at": grant["created_at"],
        "modified_at": grant["modified_at"],
        "granted_at": grant["granted_at"],
        "benefit_id": grant["benefit_id"],
        "benefit_type": benefit["type"],
        "benefit_metadata": benefit["metadata"],
        "properties": properties_of(grant),
    }


def _show_meter(meter: CustomerMeter) -> Document:
    return {
        "id": str(meter.id),
        "created_at": moments.render(meter.created_at),
        "modified_at": None if meter.modified_at is None else moments.render(meter.modified_at),
        "meter_id": str(meter.meter_id),
        "consumed_units": meter.consumed_units,
        "credited_units": meter.credited_units,
        "balance": meter.balance,
    }
