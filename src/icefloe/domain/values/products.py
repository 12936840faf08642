"""Products as values: what customers buy, and for which prices."""

from enum import StrEnum
from typing import TypedDict

from icefloe.domain.values.documents import Document
from icefloe.domain.values.metadata import Metadata


class Interval(StrEnum):
    """How often a product is paid, or how a trial is measured."""

    day = "day"
    week = "week"
    month = "month"
    year = "year"


# The name of this enumeration is part of messages on the wire.
class ProductPriceAmountType(StrEnum):
    """How a price says what is to be paid."""

    fixed = "fixed"
    custom = "custom"
    seat_based = "seat_based"
    unit_based = "unit_based"
    metered_unit = "metered_unit"


class NewProduct(TypedDict):
    """A product to create.

    `prices` are in the order and with the keys of the contract's requests: `amount_type`,
    `price_currency`, `tax_behavior`, then what the type needs.
    """

    name: str
    description: str | None
    visibility: str
    recurring_interval: str | None
    recurring_interval_count: int | None
    trial_interval: str | None
    trial_interval_count: int | None
    meter_interval: str | None
    metadata: Metadata
    prices: list[Document]
    medias: list[str]
    attached_custom_fields: list[Document]


class ProductChange(TypedDict, total=False):
    """New values of a product; what is left out stays.

    `prices` replaces the list: `{"id": …}` takes over a price that the product has.
    """

    name: str
    description: str | None
    visibility: str
    is_archived: bool
    recurring_interval: str | None
    recurring_interval_count: int
    trial_interval: str | None
    trial_interval_count: int | None
    metadata: Metadata
    prices: list[Document]
    medias: list[str]
    attached_custom_fields: list[Document]


def add_newer_fields(text: bytes) -> bytes:
    """The wire documents of products in a text, with the field that clients of today require.

    `is_deletable` is before the benefits, which nothing else in a product or subscription has.
    In JSON, no text and no metadata of a customer's has the bytes `,"benefits":[`.
    """
    return text.replace(b',"benefits":[', b',"is_deletable":false,"benefits":[')
