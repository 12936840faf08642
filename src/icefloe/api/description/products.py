"""What requests and answers about products hold. For descriptions only."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import UUID4, Discriminator, Field, Tag
from typing_extensions import TypeAliasType

from icefloe.api.commerce.schemas import prices as price_schemas
from icefloe.api.commerce.schemas import products as schemas
from icefloe.api.description.answers import Answer, Kept, MetadataOutputType, one_of
from icefloe.api.description.benefits import Benefit
from icefloe.api.description.commerce_answers import RecurringInterval
from icefloe.api.description.meters import MeterUnit
from icefloe.api.description.organization_answers import PresentmentCurrency, TaxBehaviorOption
from icefloe.api.description.requests import NotedListParameters, ObjectPlaces, described
from icefloe.domain.values.benefits import Visibility
from icefloe.domain.values.products import Interval

_ABSENT: Any = None  # the default of a field that may be left out and not be null
_PRODUCT_ID = "e4e4e1b6-6a5f-4d8f-8b4b-0f2f1b1c6d11"
_FIELDS = {
    "metadata": "Up to 50 texts, numbers and booleans of your own. A change replaces them all.",
    "name": "The product's name, of 3 to 64 characters; white space around it is cut.",
    "description": "What customers read; blank is null.",
    "visibility": "Who sees it.",
    "prices": "What it costs: one price for each currency at most, the organization's currency among"
    ' them. A change replaces them all; `{"id": …}` takes one over.',
    "medias": "Pictures; none can be given here.",
    "attached_custom_fields": "Fields for customers to fill in; none can be given here.",
    "organization_id": "Not with an organization's token, which says it already.",
    "trial_interval": "In what a trial is measured.",
    "trial_interval_count": "For how many of those it is tried.",
    "recurring_interval": "How often it is paid; null where it is paid once. It never changes.",
    "recurring_interval_count": "How many of those lie between two payments.",
    "meter_interval": "Cannot be given here.",
    "meter_interval_count": "Cannot be given here.",
    "is_archived": "Whether it is no longer sold.",
}
_PRICE = {"amount_type": "fixed", "price_amount": 1000}

ProductVisibility = TypeAliasType(
    "ProductVisibility", Annotated[str, one_of(*Visibility, description="Who sees it.")]
)
TrialInterval = TypeAliasType(
    "TrialInterval",
    Annotated[str, one_of(*Interval, description="In what a trial is measured.")],
)


# --- answers ------------------------------------------------------------------------------------


class _Price(Answer):
    created_at: datetime
    """When it was made."""

    modified_at: datetime | None
    """Null: a price never changes."""

    id: UUID4
    """Its identifier here."""

    source: Annotated[str, one_of("catalog", "ad_hoc", description="Where it is from.")]

    price_currency: PresentmentCurrency

    tax_behavior: TaxBehaviorOption | None

    is_archived: bool
    """Whether it is no longer its product's."""

    product_id: UUID4
    """Its product."""

    type: Annotated[str, one_of("one_time", "recurring", description="How often it is paid.")]

    recurring_interval: RecurringInterval | None


class ProductPriceFixed(_Price):
    """A price of one amount."""

    amount_type: Literal["fixed"]
    price_amount: int
    """What is paid, in cents; 0 is free."""


class ProductPriceCustom(_Price):
    """A price that the customer chooses."""

    amount_type: Literal["custom"]
    minimum_amount: int
    """The smallest, in cents."""

    maximum_amount: int | None
    """The largest, in cents."""

    preset_amount: int | None
    """What is suggested, in cents."""


class ProductPriceSeatTiersOutput(price_schemas.ProductPriceSeatTiers):
    """What seats cost, by their number."""

    minimum_seats: int
    maximum_seats: int | None


class ProductPriceSeatBased(_Price):
    """A price for each seat."""

    amount_type: Literal["seat_based"]
    seat_tiers: ProductPriceSeatTiersOutput

    price_per_seat: int
    """What a seat costs in the first tier, in cents."""


class ProductPriceUnitBased(_Price):
    """A price for each unit of a quantity that the customer chooses."""

    amount_type: Literal["unit_based"]
    tiers: price_schemas.Tiers

    minimum_units: int | None
    """The smallest quantity."""

    unit_label: dict[str, dict[str, str]] | None
    """What people call a unit, by language."""

    maximum_units: int | None
    """The largest quantity."""


class ProductPriceMeter(Answer):
    """The meter of a price."""

    id: UUID4
    """Its identifier here."""

    name: str
    """Its name, for people."""

    unit: MeterUnit

    custom_label: str | None
    """What people call its unit."""

    custom_multiplier: int | None
    """How many of the counted units make one of the custom unit."""


class ProductPriceMeteredUnit(_Price):
    """A price for each unit that a meter counts."""

    amount_type: Literal["metered_unit"]
    unit_amount: str
    """What a unit costs, in cents, with up to twelve decimals."""

    cap_amount: int | None
    """What is paid at most in a period, in cents."""

    meter_id: UUID4
    """The meter."""

    meter: ProductPriceMeter


ProductPrice = TypeAliasType(
    "ProductPrice",
    Annotated[
        ProductPriceFixed
        | ProductPriceCustom
        | ProductPriceSeatBased
        | ProductPriceUnitBased
        | ProductPriceMeteredUnit,
        Discriminator("amount_type"),
    ],
)


class BareProduct(Kept):
    """What a product says of itself."""

    trial_interval: TrialInterval | None

    trial_interval_count: int | None
    """For how many of those it is tried."""

    name: str
    """Its name."""

    description: str | None
    """What customers read."""

    visibility: ProductVisibility

    recurring_interval: RecurringInterval | None

    recurring_interval_count: int | None
    """How many of those lie between two payments."""

    meter_interval: RecurringInterval | None

    meter_interval_count: int | None
    """Null here."""

    is_recurring: bool
    """Whether it is paid again and again."""

    is_archived: bool
    """Whether it is no longer sold."""

    organization_id: UUID4
    """Whose it is."""

    metadata: MetadataOutputType
    """Texts, numbers and booleans of the organization's own."""


class Product(BareProduct):
    """What customers buy."""

    is_deletable: bool = _ABSENT
    """Whether it can be deleted; always false. Only in answers to requests that name a
    `Polar-Version`."""

    prices: list[ProductPrice]
    """What it costs."""

    benefits: list[Benefit]
    """What it brings, in this order."""

    medias: list[UUID4]
    """Its pictures; always none."""

    attached_custom_fields: list[UUID4]
    """Fields for customers to fill in; always none."""


# --- bodies -------------------------------------------------------------------------------------


class ProductCreateRecurring(schemas.ProductCreateRecurring):
    """A new product that is paid again and again."""

    model_config = described(
        _FIELDS, {"name": "Pro", "recurring_interval": "month", "prices": [_PRICE]}
    )


class ProductCreateOneTime(schemas.ProductCreateOneTime):
    """A new product that is paid once."""

    model_config = described(_FIELDS, {"name": "Book", "prices": [_PRICE]})


def _find_kind(body: object) -> str:
    raise NotImplementedError(body)  # nothing is read with these models


ProductCreate = TypeAliasType(
    "ProductCreate",
    Annotated[
        Annotated[ProductCreateRecurring, Tag("recurring")]
        | Annotated[ProductCreateOneTime, Tag("one_time")],
        Discriminator(_find_kind),
    ],
)


class ProductUpdate(schemas.ProductChangeBody):
    """What to change about a product; what is left out stays as it is."""

    model_config = described(_FIELDS, {"name": "Pro"})


class ProductBenefitsUpdate(schemas.ProductBenefitsBody):
    """The benefits that a product brings."""

    model_config = described(
        {"benefits": "Their identifiers, in their order; all others leave the product."},
        {"benefits": []},
    )


# --- places and parameters ----------------------------------------------------------------------


class ProductPlaces(ObjectPlaces):
    """What stands in the place of a product's path."""

    id: UUID4 = Field(examples=[_PRODUCT_ID])
    """The product's identifier."""


class ProductListParameters(NotedListParameters):
    """Which products to list, in which order."""

    id: UUID4 | list[UUID4] | None = None
    """Only the product with this identifier, or those with these."""

    query: str | None = None
    """Only products whose name holds this text, in any letter case."""

    is_archived: bool | None = None
    """Only products that are archived, or only those that are not."""

    is_recurring: bool | None = None
    """Only products that are paid again and again, or only those that are paid once."""

    benefit_id: UUID4 | list[UUID4] | None = None
    """Only products with this benefit, or with one of these."""

    visibility: list[ProductVisibility] | None = None
    """Only products that are seen so, or in one of these ways."""

    sorting: list[schemas.ProductSortProperty] | None = Field(
        default=[schemas.ProductSortProperty.created_at_descending]
    )
    """The order: may be given several times, the first counts most; a `-` before the word turns it
    round. By amount, products without a fixed or custom price come last."""
