"""Placements as values: objects of commerce that are placed as they are, whatever became of them."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from icefloe.domain.values.documents import Document

PlacedResource = Literal[
    "meters",
    "benefits",
    "products",
    "discounts",
    "subscriptions",
    "orders",
    "benefit_grants",
    "customer_meters",
]
"""What can be placed, in an order in which none names a later one."""

Outcome = Literal["added", "updated", "skipped"]


@dataclass(frozen=True, slots=True)
class Placement:
    """An object to place.

    Attributes:
        resource: what it is.
        values: keys of its document as the wire has them, moments and ids as text. In place of what
            the document shows of others it has their ids: `customer_id`, `product_id` and so on, and
            lists of ids as `benefits` of a product and `products` of a discount. A customer may be
            named by `external_customer_id` too, the others by their names: `product`, `benefit`,
            `discount`, `meter`. What is missing gets a sensible value.
        place: where it stands, from the outermost on; problems name it, with the key behind.
    """

    resource: PlacedResource
    values: Document
    place: tuple[str | int, ...] = ("body",)


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a placement.

    Attributes:
        resource: what the object is.
        id: its id.
        outcome: `skipped` where an object with that id was there and stays as it was.
    """

    resource: PlacedResource
    id: UUID
    outcome: Outcome
