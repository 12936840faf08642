"""What requests and answers about discounts hold. For descriptions only."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import UUID4, Discriminator, Field
from typing_extensions import TypeAliasType

from icefloe.api.commerce.schemas import discounts as schemas
from icefloe.api.description.answers import Kept, MetadataOutputType, one_of
from icefloe.api.description.organization_answers import PresentmentCurrency
from icefloe.api.description.products import BareProduct
from icefloe.api.description.requests import ObjectListParameters, ObjectPlaces, described
from icefloe.domain.values.discounts import Duration

_DISCOUNT_ID = "8fdb2d2c-5b0a-4f51-9b9c-1c5e6a0d7f21"
_FIELDS = {
    "metadata": "Up to 50 texts, numbers and booleans of your own. A change replaces them all.",
    "name": "The discount's name, for people.",
    "code": "What customers enter: 3 to 256 letters and digits, unique in any letter case. Null where"
    " none can be entered.",
    "starts_at": "From when it can be used.",
    "ends_at": "Until when it can be used.",
    "max_redemptions": "How often it can be used.",
    "max_redemptions_per_customer": "How often a customer can use it.",
    "products": "The products that it is for; all, if none is named.",
    "organization_id": "Not with an organization's token, which says it already.",
    "type": "Whether it takes off a part of the price or an amount; it never changes.",
    "duration": "For how many payments; it never changes.",
    "duration_in_months": "For how many months, if it repeats.",
    "amount": "What it takes off, in cents. Deprecated: `amounts` says it for each currency.",
    "currency": "The currency of `amount`. Deprecated.",
    "amounts": "What it takes off, in cents, by currency.",
    "basis_points": "What it takes off, in hundredths of a percent.",
}
_EXAMPLE = {"name": "Ten percent", "code": "TEN", "duration": "once"}

DiscountDuration = TypeAliasType(
    "DiscountDuration",
    Annotated[str, one_of(*Duration, description="For how many payments.")],
)


class DiscountProduct(BareProduct):
    """A product that a discount is for."""


class _Discount(Kept):
    duration: DiscountDuration

    duration_in_months: int = 0
    """For how many months. Only there if it repeats."""

    metadata: MetadataOutputType
    """Texts, numbers and booleans of the organization's own."""

    name: str
    """Its name, for people."""

    code: str | None
    """What customers enter."""

    starts_at: datetime | None
    """From when it can be used."""

    ends_at: datetime | None
    """Until when it can be used."""

    max_redemptions: int | None
    """How often it can be used."""

    max_redemptions_per_customer: int | None
    """How often a customer can use it."""

    redemptions_count: int
    """How often it was used."""

    organization_id: UUID4
    """Whose it is."""

    products: list[DiscountProduct]
    """The products that it is for; all, if there is none."""


class DiscountPercentage(_Discount):
    """A discount that takes off a part of the price."""

    type: Literal["percentage"]
    basis_points: int
    """What it takes off, in hundredths of a percent."""


class DiscountFixed(_Discount):
    """A discount that takes off an amount."""

    type: Literal["fixed"]
    amount: int
    """What it takes off in that currency, in cents."""

    currency: PresentmentCurrency

    amounts: dict[str, int]
    """What it takes off, in cents, by currency."""


Discount = TypeAliasType(
    "Discount", Annotated[DiscountPercentage | DiscountFixed, Discriminator("type")]
)


class DiscountPercentageCreate(schemas.DiscountPercentageCreate):
    """A new discount that takes off a part of the price."""

    model_config = described(_FIELDS, {**_EXAMPLE, "type": "percentage", "basis_points": 1000})


class DiscountFixedCreate(schemas.DiscountFixedCreate):
    """A new discount that takes off an amount."""

    model_config = described(_FIELDS, {**_EXAMPLE, "type": "fixed", "amounts": {"usd": 300}})


DiscountCreate = TypeAliasType(
    "DiscountCreate",
    Annotated[DiscountPercentageCreate | DiscountFixedCreate, Discriminator("type")],
)


class DiscountUpdate(schemas.DiscountChangeBody):
    """What to change about a discount; what is left out stays as it is."""

    model_config = described(_FIELDS, {"name": "Ten percent"})


class DiscountPlaces(ObjectPlaces):
    """What stands in the place of a discount's path."""

    id: UUID4 = Field(examples=[_DISCOUNT_ID])
    """The discount's identifier."""


class DiscountListParameters(ObjectListParameters):
    """Which discounts to list, in which order."""

    query: str | None = None
    """Only discounts whose name holds this text, in any letter case."""

    sorting: list[schemas.DiscountSortProperty] | None = Field(
        default=[schemas.DiscountSortProperty.created_at_descending]
    )
    """The order: may be given several times, the first counts most; a `-` before the word turns it
    round. What has no code, or no end, comes last."""
