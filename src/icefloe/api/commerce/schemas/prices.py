"""The prices in the bodies that make and change products.

The fields stand in the order in which the reference checks them.
"""

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field
from pydantic_core import PydanticCustomError

from icefloe.api.schemas.fields import Body, choice, refuse_unstorable
from icefloe.api.schemas.identifiers import Uuid4
from icefloe.api.schemas.organizations import TAX_BEHAVIORS
from icefloe.domain.values import limits
from icefloe.domain.values.currencies import CURRENCIES
from icefloe.domain.values.products import ProductPriceAmountType

_MIN_AMOUNT = 50
_MAX_AMOUNT = 99_999_999
_FREE = "free"


def _check_amount(amount: int) -> int:
    """The amount, in cents, if a payment can have it, or nothing is to be paid."""
    if 0 < amount < _MIN_AMOUNT:
        message = "Amount must be at least $0.50 or 0 for free pricing"
        raise PydanticCustomError("minimum_price", message)
    if amount > _MAX_AMOUNT:
        message = "Amount must be at most $999,999.99"
        raise PydanticCustomError("maximum_price", message)
    return amount


def _read_free(value: object) -> object:
    """A price as sent; a free one is a fixed price of 0."""
    if isinstance(value, Mapping) and value.get("amount_type") == _FREE:
        return {**value, "amount_type": ProductPriceAmountType.fixed.value, "price_amount": 0}
    return value


Amount = Annotated[int, Field(ge=0), AfterValidator(_check_amount)]
Currency = Annotated[str, choice(*CURRENCIES)]
TaxBehavior = Annotated[str, choice(*TAX_BEHAVIORS)]
Seats = Annotated[int, Field(ge=1, le=limits.MAX_INTEGER)]


_Word = Annotated[
    str, Field(max_length=limits.MAX_METADATA_TEXT), AfterValidator(refuse_unstorable)
]
_Words = Annotated[dict[_Word, _Word], Field(max_length=limits.MAX_LIST)]
Labels = Annotated[dict[_Word, _Words], Field(min_length=1, max_length=limits.MAX_LIST)]
"""What a unit is called, by language and number."""


class ProductPriceFixedCreate(Body):
    """A price of one amount, in cents; 0 is free."""

    amount_type: Literal[ProductPriceAmountType.fixed]
    price_currency: Currency = "usd"
    tax_behavior: TaxBehavior | None = None
    price_amount: Amount


class ProductPriceCustomCreate(Body):
    """A price that the customer chooses, in cents."""

    amount_type: Literal[ProductPriceAmountType.custom]
    price_currency: Currency = "usd"
    tax_behavior: TaxBehavior | None = None
    minimum_amount: Amount = _MIN_AMOUNT
    maximum_amount: Annotated[int, Field(ge=1), AfterValidator(_check_amount)] | None = None
    preset_amount: Amount | None = None


class ProductPriceSeatTier(Body):
    """The price of a seat, in cents, for so many seats."""

    min_seats: Seats
    max_seats: Seats | None = None
    price_per_seat: Annotated[int, Field(ge=0, le=limits.MAX_INTEGER)]


def _check_tiers(tiers: list[ProductPriceSeatTier]) -> list[ProductPriceSeatTier]:
    """The tiers in their order, if each begins where the one before ends."""
    ordered = sorted(tiers, key=lambda tier: tier.min_seats)
    for tier, following in pairwise(ordered):
        if tier.max_seats is None:
            raise ValueError("Only the last tier can have unlimited max_seats (None)")
        if following.min_seats != tier.max_seats + 1:
            raise ValueError(
                f"Gap or overlap between tiers: tier ending at {tier.max_seats} and tier starting"
                f" at {following.min_seats}"
            )
    return ordered


class ProductPriceSeatTiers(Body):
    """What seats cost, by their number."""

    seat_tier_type: Annotated[str, choice("volume", "graduated")] = "volume"
    tiers: Annotated[
        list[ProductPriceSeatTier],
        Field(min_length=1, max_length=limits.MAX_LIST),
        AfterValidator(_check_tiers),
    ]


class ProductPriceSeatBasedCreate(Body):
    """A price for each seat."""

    amount_type: Literal[ProductPriceAmountType.seat_based]
    price_currency: Currency = "usd"
    tax_behavior: TaxBehavior | None = None
    seat_tiers: ProductPriceSeatTiers


class Tier(Body):
    """The price of a unit, in cents, up to so many units."""

    bound: Annotated[int, Field(gt=0, le=limits.MAX_INTEGER)] | None = None
    unit_amount: Annotated[Decimal, Field(ge=0, max_digits=17, decimal_places=12)]


class Tiers(Body):
    """What units cost, by their number."""

    type: Annotated[str, choice("volume", "graduated")]
    tiers: Annotated[list[Tier], Field(min_length=1, max_length=limits.MAX_LIST)]


class ProductPriceUnitBasedCreate(Body):
    """A price for each unit of a quantity that the customer chooses."""

    amount_type: Literal[ProductPriceAmountType.unit_based]
    price_currency: Currency = "usd"
    tax_behavior: TaxBehavior | None = None
    tiers: Tiers
    minimum_units: Seats | None = None
    unit_label: Labels | None = None


class ProductPriceMeteredUnitCreate(Body):
    """A price for each unit that a meter counts."""

    amount_type: Literal[ProductPriceAmountType.metered_unit]
    price_currency: Currency = "usd"
    tax_behavior: TaxBehavior | None = None
    meter_id: Uuid4
    unit_amount: Annotated[Decimal, Field(gt=0, max_digits=17, decimal_places=12)]
    cap_amount: Annotated[int, Field(ge=0, le=limits.MAX_INTEGER)] | None = None


class ExistingProductPrice(Body):
    """A price that the product has and keeps."""

    id: Uuid4


NewPrice = Annotated[
    ProductPriceFixedCreate
    | ProductPriceCustomCreate
    | ProductPriceSeatBasedCreate
    | ProductPriceUnitBasedCreate
    | ProductPriceMeteredUnitCreate,
    Discriminator("amount_type"),
    BeforeValidator(_read_free),
]
"""A new price: its amount's type says which."""
