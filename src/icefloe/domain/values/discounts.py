"""Discounts as values: what lowers a price, by a part of it or by an amount."""

from enum import StrEnum
from typing import TypedDict

from icefloe.domain.values.metadata import Metadata


# The name of this enumeration is part of messages on the wire.
class DiscountType(StrEnum):
    """How a discount says how much it takes off."""

    fixed = "fixed"
    percentage = "percentage"


class Duration(StrEnum):
    """For how many payments a discount is applied."""

    once = "once"
    forever = "forever"
    repeating = "repeating"


class NewDiscount(TypedDict, total=False):
    """A discount to create; `basis_points` or `amounts`, by its type."""

    type: str
    name: str
    code: str | None
    duration: str
    duration_in_months: int | None
    starts_at: str | None
    ends_at: str | None
    max_redemptions: int | None
    max_redemptions_per_customer: int | None
    metadata: Metadata
    products: list[str]
    basis_points: int
    amounts: dict[str, int]


class DiscountChange(NewDiscount, total=False):
    """New values of a discount; what is left out stays."""
