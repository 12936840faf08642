"""Joins: documents as the wire shows them, with all that they embed.

An object is embedded whole, or in one of the forms in `_FORMS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.values import documents
from icefloe.domain.values.documents import WHOLE, Document, Embedded

if TYPE_CHECKING:
    from icefloe.domain.ports import storage

CUSTOMERS = "customers"
"""Embedded as well, though customers are no resource of commerce; so are members."""
MEMBERS = "members"

PRICED = "priced"
"""A meter, in a price."""
BARE = "bare"
"""A product, in a discount or an order; a discount, in whatever it lowers; a subscription, in an
order."""
NAME = "name"
"""A product's name alone."""
USER = "user"
"""A customer as older clients know it."""


def _priced_meter(meter: Document) -> Document:
    return {key: meter[key] for key in ("id", "name", "unit", "custom_label", "custom_multiplier")}


def _bare_product(product: Document) -> Document:
    """Without what it consists of, and the metadata first."""
    inner = {"metadata", "prices", "benefits", "medias", "attached_custom_fields"}
    rest = {key: value for key, value in product.items() if key not in inner}
    return {"metadata": product["metadata"], **rest}


def _bare_discount(discount: Document) -> Document:
    return {key: value for key, value in discount.items() if key != "products"}


def _bare_subscription(subscription: Document) -> Document:
    """Without what it shows of others, and the metadata first."""
    inner = {
        "metadata", "custom_field_data", "customer", "user", "product", "discount", "price", "prices",
        "meters", "pending_update",
    }  # fmt: skip
    rest = {key: value for key, value in subscription.items() if key not in inner}
    return {"metadata": subscription["metadata"], **rest}


def _name(product: Document) -> str:
    name: str = product["name"]
    return name


def _user(customer: Document) -> Document:
    return {
        "id": customer["id"],
        "email": customer["email"],
        "public_name": (customer["name"] or customer["email"] or "")[:1],
        "avatar_url": customer["avatar_url"],
        "github_username": None,
    }


_FORMS: Mapping[tuple[str, str], Callable[[Document], Document | str]] = {
    ("meters", PRICED): _priced_meter,
    ("products", BARE): _bare_product,
    ("products", NAME): _name,
    ("discounts", BARE): _bare_discount,
    ("subscriptions", BARE): _bare_subscription,
    (CUSTOMERS, USER): _user,
}


async def join(tables: storage.Tables, organization_id: UUID, text: bytes) -> bytes:
    """The text of one document or several, with what they embed, and what that embeds in turn."""
    while places := set(documents.find_places(text)):
        shown = await _find(tables, organization_id, places)
        text = documents.fill(text, shown.__getitem__)
    return text


async def render(tables: storage.Tables, organization_id: UUID, document: Document) -> bytes:
    """A document as the wire shows it."""
    return await join(tables, organization_id, documents.render(document))


async def _find(
    tables: storage.Tables, organization_id: UUID, places: Iterable[Embedded]
) -> dict[Embedded, bytes]:
    """What stands at each place: a text that may have places itself."""
    by_resource: dict[str, set[Embedded]] = {}
    for place in places:
        by_resource.setdefault(place.resource, set()).add(place)
    shown: dict[Embedded, bytes] = {}
    for resource, embedded in by_resource.items():
        ids = sorted({place.id for place in embedded})
        if resource == CUSTOMERS:
            texts = await tables.customers.find_documents(organization_id, ids)
        elif resource == MEMBERS:
            texts = await tables.members.find_documents(organization_id, ids)
        else:
            texts = await tables.commerce.table(resource).find_texts(organization_id, ids)
        shown |= {place: _shape(place, texts[place.id]) for place in embedded}
    return shown


def _shape(place: Embedded, text: bytes) -> bytes:
    """The text of an object in the form that a place shows."""
    if place.form == WHOLE:
        return text
    return documents.render(_FORMS[place.resource, place.form](documents.read(text)))
