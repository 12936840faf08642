"""Documents of commerce for tests of the storage and of the rules."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from icefloe.domain.commerce.commerce import Commerce
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values import moments
from icefloe.domain.values.documents import Document, Embedded
from icefloe.domain.values.usage import NewUsageEvent

NOW = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


def meter(name: str, *, after: int = 0, **values: Any) -> Document:
    """A meter that was created so many seconds after `NOW`."""
    created_at = moments.render(NOW + timedelta(seconds=after))
    document: Document = {
        "metadata": {},
        "created_at": created_at,
        "modified_at": created_at,
        "id": str(uuid4()),
        "name": name,
        "unit": "scalar",
        "custom_label": None,
        "custom_multiplier": None,
        "filter": {"conjunction": "and", "clauses": []},
        "aggregation": {"func": "count"},
        "organization_id": None,
        "archived_at": None,
    }
    return document | values


def benefit(description: str, **values: Any) -> Document:
    """A benefit that says something to customers."""
    document: Document = {
        "id": str(uuid4()),
        "created_at": moments.render(NOW),
        "type": "custom",
        "description": description,
        "metadata": {},
    }
    return document | values


def product(name: str, benefits: list[Document], **values: Any) -> Document:
    """A product with so many benefits, and a fixed price."""
    document: Document = {
        "id": str(uuid4()),
        "created_at": moments.render(NOW),
        "name": name,
        "visibility": "public",
        "is_recurring": True,
        "is_archived": False,
        "metadata": {},
        "prices": [{"amount_type": "fixed", "price_amount": 1000}],
        "benefits": [Embedded("benefits", UUID(one["id"])) for one in benefits],
    }
    return document | values


def free_product(name: str = "Free", **values: Any) -> Any:
    """A product to create that costs nothing, as its service takes it."""
    price = {
        "amount_type": "fixed",
        "price_currency": "usd",
        "tax_behavior": None,
        "price_amount": 0,
    }
    new: Document = {
        "name": name,
        "description": None,
        "visibility": "public",
        "recurring_interval": "month",
        "recurring_interval_count": 1,
        "trial_interval": None,
        "trial_interval_count": None,
        "meter_interval": None,
        "metadata": {},
        "prices": [price],
        "medias": [],
        "attached_custom_fields": [],
    }
    return new | values


def discount(name: str, code: str | None, **values: Any) -> Document:
    """A discount on whatever is bought."""
    document: Document = {
        "created_at": moments.render(NOW),
        "id": str(uuid4()),
        "metadata": {},
        "name": name,
        "code": code,
        "redemptions_count": 0,
        "ends_at": None,
        "products": [],
    }
    return document | values


def subscription(customer_id: str, bought: Document, **values: Any) -> Document:
    """An active subscription to a product."""
    moment = moments.render(NOW)
    document: Document = {
        "created_at": moment,
        "id": str(uuid4()),
        "amount": 0,
        "currency": "usd",
        "recurring_interval": "month",
        "recurring_interval_count": 1,
        "status": "active",
        "current_period_end": moment,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "trial_end": None,
        "started_at": moment,
        "ends_at": None,
        "ended_at": None,
        "past_due_at": None,
        "paused_at": None,
        "customer_id": customer_id,
        "product_id": bought["id"],
        "discount_id": None,
        "customer_cancellation_reason": None,
        "metadata": {},
    }
    return document | values


def order(customer_id: UUID, *, after: int = 0, **values: Any) -> Document:
    """A free order of nothing, made so many seconds after `NOW`."""
    document: Document = {
        "id": str(uuid4()),
        "created_at": moments.render(NOW + timedelta(seconds=after)),
        "status": "paid",
        "net_amount": 0,
        "invoice_number": None,
        "receipt_number": None,
        "customer_id": str(customer_id),
        "product_id": None,
        "discount_id": None,
        "subscription_id": None,
        "checkout_id": None,
        "metadata": {},
        "customer": Embedded("customers", customer_id),
        "product": None,
        "product_price": None,
    }
    return document | values


def grant(customer_id: str, granted: Document, subscription_id: str) -> Document:
    """A grant of a benefit."""
    return {
        "created_at": moments.render(NOW),
        "id": str(uuid4()),
        "granted_at": moments.render(NOW),
        "is_granted": True,
        "revoked_at": None,
        "subscription_id": subscription_id,
        "customer_id": customer_id,
        "member_id": None,
        "benefit_id": granted["id"],
        "properties": {},
    }


async def fill(store: Storage, organization_id: UUID) -> None:
    """Give an organization an object of each resource, linked, and with metadata."""
    one, customer_id = benefit("Support", metadata={"a": 1}), str(uuid4())
    pro = product("Pro", [one])
    subscribed = subscription(customer_id, pro)
    objects = {
        "meters": meter("Calls", metadata={"b": True}),
        "benefits": one,
        "products": pro,
        "discounts": discount("Ten", "TEN"),
        "subscriptions": subscribed,
        "benefit_grants": grant(customer_id, one, subscribed["id"]),
        "orders": order(uuid4(), invoice_number="A-0001", metadata={"c": "d"}),
    }

    async def work(tables: Tables) -> None:
        for resource, document in objects.items():
            await tables.commerce.table(resource).add(organization_id, document)

    await store.write(work)


async def use(commerce: Commerce, organization_id: UUID) -> None:
    """Count events: of a customer who is there, of one who is not, and different values."""
    for aggregation in ({"func": "sum", "property": "n"}, {"func": "unique", "property": "n"}):
        new: Any = {
            "name": "Used", "unit": "scalar", "custom_label": None, "custom_multiplier": None,
            "filter": {"conjunction": "and", "clauses": []}, "metadata": {},
            "aggregation": aggregation,
        }  # fmt: skip
        await commerce.meters.create(organization_id, new)
    events = [
        NewUsageEvent(name="call", external_customer_id=whose, metadata={"n": 0.1})
        for whose in ("once", "nobody")
    ]
    await commerce.usage.ingest(organization_id, events)
