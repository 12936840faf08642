"""Meters, benefits, products and discounts of a file: which values they may have.

Only `id` is needed; what is missing gets the value that is usual for it.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, NotRequired, Required

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    TypeAdapter,
    ValidationError,
    with_config,
)
from typing_extensions import TypedDict

from icefloe.domain.values import limits
from icefloe.domain.values.benefits import BenefitType, Visibility
from icefloe.domain.values.discounts import DiscountType, Duration
from icefloe.domain.values.meters import AggregationFunction, Conjunction, Operator, Unit
from icefloe.domain.values.orders import ProductBillingType
from icefloe.domain.values.products import Interval
from icefloe.domain.values.products import ProductPriceAmountType as Kind
from icefloe.exchange import problems
from icefloe.exchange.commerce.fields import (
    IMPORTED,
    Count,
    Currency,
    Description,
    Id,
    Identified,
    Metadata,
    Moment,
    Number,
    Object,
    Text,
    one_of,
)

Positive = Annotated[StrictInt, Field(ge=1, le=limits.MAX_INTEGER)]
IntervalName = Annotated[StrictStr, one_of(Interval)]
_SOME = Field(min_length=1, max_length=limits.MAX_LIST)
_MAX_BASIS_POINTS = 10_000
_LARGEST_UNIT_AMOUNT = 100_000
"""In the currency's smallest unit; the reference's column holds less."""
_LARGEST_DISCOUNT = 999_999_999_999
"""In the currency's smallest unit."""
_Off = Annotated[StrictInt, Field(ge=0, le=_LARGEST_DISCOUNT)]

_NEEDED: Mapping[str, tuple[str, ...]] = {
    Kind.fixed: ("price_amount",),
    Kind.custom: ("minimum_amount",),
    Kind.seat_based: ("seat_tiers",),
    Kind.unit_based: ("tiers",),
    Kind.metered_unit: ("unit_amount", "meter_id"),
}
"""What a price of each type must say."""


# --- meters ---------------------------------------------------------------------------------------


@with_config(IMPORTED)
class _Clause(TypedDict):
    property: Text
    operator: Annotated[StrictStr, one_of(Operator)]
    value: Text | StrictBool | Number


@with_config(IMPORTED)
class _Filter(TypedDict):
    conjunction: Annotated[StrictStr, one_of(Conjunction)]
    clauses: "Annotated[list[_Clause | _Filter], Field(max_length=limits.MAX_LIST)]"


@with_config(IMPORTED)
class _Aggregation(TypedDict):
    func: Annotated[StrictStr, one_of(AggregationFunction)]
    property: NotRequired[Text]


def _check_aggregation(aggregation: _Aggregation) -> _Aggregation:
    if aggregation["func"] != AggregationFunction.count and "property" not in aggregation:
        raise ValueError("property: is needed")
    return aggregation


@with_config(IMPORTED)
class Meter(Identified, total=False):
    """What is metered."""

    created_at: Moment
    modified_at: Moment | None
    archived_at: Moment | None
    name: Text
    unit: Annotated[StrictStr, one_of(Unit)]
    custom_label: Text | None
    custom_multiplier: Positive | None
    filter: _Filter
    aggregation: Annotated[_Aggregation, AfterValidator(_check_aggregation)]
    metadata: Metadata


# --- benefits -------------------------------------------------------------------------------------


@with_config(IMPORTED)
class _Credit(TypedDict):
    """What a benefit consists of that credits units of a meter."""

    units: Positive
    rollover: NotRequired[StrictBool]
    meter_id: Id


_CREDIT = TypeAdapter(_Credit)


def _check_credit(benefit: "Benefit") -> "Benefit":
    """See that a benefit that credits a meter says which, and how much."""
    if benefit.get("type") == BenefitType.meter_credit:
        try:
            _CREDIT.validate_python(benefit.get("properties", {}))
        except ValidationError as error:
            problem = problems.in_one_line(problems.find_all(error)[0])
            raise ValueError(f"properties.{problem}") from None
    return benefit


@with_config(IMPORTED)
class Benefit(Identified, total=False):
    """What customers get."""

    created_at: Moment
    modified_at: Moment | None
    type: Annotated[StrictStr, one_of(BenefitType)]
    description: Text
    selectable: StrictBool
    deletable: StrictBool
    visibility: Annotated[StrictStr, one_of(Visibility)]
    visibility_configurable: StrictBool
    is_tax_applicable: StrictBool
    properties: Object
    metadata: Metadata


CheckedBenefit = Annotated[Benefit, AfterValidator(_check_credit)]


# --- prices and products --------------------------------------------------------------------------


def _check_decimal(text: str) -> str:
    try:
        is_right = 0 <= Decimal(text) < _LARGEST_UNIT_AMOUNT
    except InvalidOperation:
        is_right = False
    if not is_right:
        raise ValueError("must be the text of a number of at most five digits before its point")
    return text


_UnitAmount = Annotated[Text, AfterValidator(_check_decimal)]


@with_config(IMPORTED)
class _SeatTier(TypedDict):
    min_seats: Positive
    max_seats: Positive | None
    price_per_seat: Count


@with_config(IMPORTED)
class _SeatTiers(TypedDict):
    seat_tier_type: NotRequired[Text]
    tiers: Annotated[list[_SeatTier], _SOME]


@with_config(IMPORTED)
class _UnitTier(TypedDict):
    bound: Positive | None
    unit_amount: _UnitAmount


@with_config(IMPORTED)
class _UnitTiers(TypedDict):
    type: Text
    tiers: Annotated[list[_UnitTier], _SOME]


@with_config(IMPORTED)
class _Price(Identified, total=False):
    created_at: Moment
    modified_at: Moment | None
    source: Text
    amount_type: Required[Annotated[StrictStr, one_of(Kind)]]
    price_currency: Currency
    tax_behavior: Text | None
    is_archived: StrictBool
    type: Annotated[StrictStr, one_of(ProductBillingType)]
    recurring_interval: IntervalName | None
    price_amount: Count
    minimum_amount: Count
    maximum_amount: Count | None
    preset_amount: Count | None
    unit_amount: _UnitAmount
    cap_amount: Count | None
    meter_id: Id
    seat_tiers: _SeatTiers
    tiers: _UnitTiers
    minimum_units: Positive | None
    unit_label: Object | None


def _check_amounts(price: _Price) -> _Price:
    """See that a price has what its type needs."""
    for name in _NEEDED[price["amount_type"]]:
        if name not in price:
            raise ValueError(f"{name}: is needed")
    return price


Price = Annotated[_Price, AfterValidator(_check_amounts)]
Prices = Annotated[list[Price], Field(max_length=limits.MAX_LIST)]


@with_config(IMPORTED)
class Product(Identified, total=False):
    """What customers buy; `meters` are those that it needs, which the wire shows in part."""

    created_at: Moment
    modified_at: Moment | None
    name: Text
    description: Description | None
    visibility: Annotated[StrictStr, one_of(Visibility)]
    recurring_interval: IntervalName | None
    recurring_interval_count: Positive | None
    trial_interval: IntervalName | None
    trial_interval_count: Positive | None
    is_archived: StrictBool
    prices: Prices
    benefits: Annotated[list[CheckedBenefit], Field(max_length=limits.MAX_BENEFITS)]
    meters: Annotated[list[Meter], Field(max_length=limits.MAX_LIST + limits.MAX_BENEFITS)]
    metadata: Metadata


# --- discounts ------------------------------------------------------------------------------------


@with_config(IMPORTED)
class Discount(Identified, total=False):
    """What lowers a price."""

    created_at: Moment
    modified_at: Moment | None
    name: Text
    code: Text | None
    type: Annotated[StrictStr, one_of(DiscountType)]
    duration: Annotated[StrictStr, one_of(Duration)]
    duration_in_months: Positive | None
    basis_points: Annotated[StrictInt, Field(ge=0, le=_MAX_BASIS_POINTS)]
    amount: _Off
    currency: Currency
    amounts: dict[Currency, _Off]
    starts_at: Moment | None
    ends_at: Moment | None
    max_redemptions: Positive | None
    max_redemptions_per_customer: Positive | None
    redemptions_count: Count
    metadata: Metadata
