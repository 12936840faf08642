"""Exports: every object of a resource as the wire shows it, with what an import needs besides.

A product shows its benefits whole, but of its meters only their names. A subscription and an order show
their discount without the products that it is for. So the documents here have two keys more, behind
the wire's, where there is something to say:

- `meters` of a product: the meters of its prices and benefits, whole;
- `discount_products` of a subscription or an order: the ids of the products that its discount is for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from icefloe.domain.commerce import joins
from icefloe.domain.values import documents

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.documents import Document

Exported = Literal["products", "subscriptions", "orders"]
"""The resources that have exports of their own."""

_BATCH = 200
"""Objects that are read at once: a few milliseconds, and less than a megabyte."""


async def walk(
    store: storage.Storage, organization_id: UUID, resource: Exported
) -> AsyncIterator[list[bytes]]:
    """The documents of all objects that are not deleted, in the order of insertion, in batches.

    An object that is stored meanwhile comes last, or not at all.
    """
    position = -1
    while True:
        find = partial(_find_batch, organization_id, resource, position)
        position, batch = await store.read(find, long=True)
        if not batch:
            return
        yield batch
        await asyncio.sleep(0)


async def _find_batch(
    organization_id: UUID, resource: Exported, position: int, tables: storage.Tables
) -> tuple[int, list[bytes]]:
    """The position of the next batch's last object, and the batch."""
    table = tables.commerce.table(resource)
    rows = await table.find_following(organization_id, position, _BATCH)
    if not rows:
        return position, []
    texts = [text for _, text in rows]
    # No text of JSON has a line's end of its own.
    joined = await joins.join(tables, organization_id, b"\n".join(texts))
    stored = [documents.read(text) for text in texts]
    key, more = await _find_more(tables, organization_id, resource, stored)
    shown = zip(joined.split(b"\n"), more, strict=True)
    return rows[-1][0], [_add(text, key, values) for text, values in shown]


def _add(text: bytes, key: bytes, values: Sequence[bytes]) -> bytes:
    """A document with a key more, unless that has no values."""
    if not values:
        return text
    return b'%b,"%b":[%b]}' % (text[:-1], key, b",".join(values))


async def _find_more(
    tables: storage.Tables, organization_id: UUID, resource: Exported, stored: Sequence[Document]
) -> tuple[bytes, list[list[bytes]]]:
    """The key that objects of a resource have besides, and its values for each object."""
    if resource == "products":
        return b"meters", await _find_meters(tables, organization_id, stored)
    return b"discount_products", await _find_discount_products(tables, organization_id, stored)


async def _find_meters(
    tables: storage.Tables, organization_id: UUID, products: Sequence[Document]
) -> list[list[bytes]]:
    """The meters that each product needs: those of its prices, then those of its benefits."""
    places = {place.id for product in products for place in product["benefits"]}
    found = await tables.commerce.benefits.find_texts(organization_id, places)
    credited = {
        one: documents.read(text)["properties"].get("meter_id") for one, text in found.items()
    }
    needed = []
    for product in products:
        of_prices = [price.get("meter_id") for price in product["prices"]]
        of_benefits = [credited[place.id] for place in product["benefits"]]
        needed.append(dict.fromkeys(UUID(one) for one in (*of_prices, *of_benefits) if one))
    wanted = {one for those in needed for one in those}
    meters = await tables.commerce.meters.find_texts(organization_id, wanted)
    return [[meters[one] for one in those] for those in needed]


async def _find_discount_products(
    tables: storage.Tables, organization_id: UUID, objects: Sequence[Document]
) -> list[list[bytes]]:
    """The products that each object's discount is for."""
    ids = [one["discount_id"] for one in objects]
    wanted = {UUID(one) for one in ids if one is not None}
    found = await tables.commerce.discounts.find_texts(organization_id, wanted)
    products = {
        str(one): [b'"%b"' % str(place.id).encode() for place in documents.read(text)["products"]]
        for one, text in found.items()
    }
    return [products.get(one, []) for one in ids]
