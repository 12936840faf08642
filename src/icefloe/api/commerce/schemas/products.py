"""The bodies that make and change products, and the query parameters of their list.

The fields stand in the order in which the reference checks them.
"""

import functools
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self, cast

from pydantic import AfterValidator, Discriminator, Field, Tag, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from icefloe.api.commerce.schemas.prices import ExistingProductPrice, NewPrice
from icefloe.api.schemas import queries
from icefloe.api.schemas.fields import (
    Body,
    Metadata,
    Schema,
    context,
    refuse_absence,
    validate_body,
)
from icefloe.api.schemas.identifiers import Uuid4, Uuids4
from icefloe.api.schemas.lists import NotedListParameters
from icefloe.domain.values import limits
from icefloe.domain.values.benefits import Visibility
from icefloe.domain.values.documents import Document
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.products import Interval, NewProduct, ProductChange

_ABSENT: Any = None  # the default of a field that may be left out and not be null
_LISTS = frozenset({"benefit_id", "id", "organization_id", "sorting", "visibility"})
# What is left as it is where a change gives null.
_NOT_NULL = frozenset(
    {
        "attached_custom_fields", "is_archived", "medias", "prices", "recurring_interval_count",
        "visibility",
    }
)  # fmt: skip


class ProductSortProperty(StrEnum):
    """What products can be sorted by."""

    created_at = "created_at"
    created_at_descending = "-created_at"
    name = "name"
    name_descending = "-name"
    price_amount_type = "price_amount_type"
    price_amount_type_descending = "-price_amount_type"
    price_amount = "price_amount"
    price_amount_descending = "-price_amount"


def _strip(text: str) -> str:
    return text.strip()


def _strip_blank(text: str) -> str | None:
    return text.strip() or None


def _check_trial(interval: Interval | None, count: int | None) -> None:
    if (interval is None) != (count is None):
        message = "Both trial_interval and trial_interval_count must be set together."
        raise PydanticCustomError("missing", message)


Name = Annotated[str, AfterValidator(_strip), Field(min_length=3, max_length=64)]
Description = (
    Annotated[str, Field(max_length=limits.MAX_DESCRIPTION), AfterValidator(_strip_blank)] | None
)
Count = Annotated[int, Field(ge=1, le=999)]
TrialCount = Annotated[int, Field(ge=1, le=1000)]
Prices = Annotated[list[NewPrice], Field(min_length=1, max_length=limits.MAX_LIST)]
Files = Annotated[list[Uuid4], Field(max_length=limits.MAX_LIST)]


class AttachedCustomFieldCreate(Body):
    """A field that customers fill in when they buy; there are none here."""

    custom_field_id: Uuid4
    required: bool


CustomFields = Annotated[list[AttachedCustomFieldCreate], Field(max_length=limits.MAX_LIST)]


class _NewProduct(Body):
    metadata: Metadata = Field(default_factory=dict)
    name: Name
    description: Description = None
    visibility: Visibility = Visibility.public
    prices: Prices
    medias: Files | None = None
    attached_custom_fields: CustomFields = Field(default_factory=list)
    organization_id: Uuid4 | None = None


class ProductCreateRecurring(_NewProduct):
    """A new product that is paid again and again."""

    trial_interval: Interval | None = None
    trial_interval_count: TrialCount | None = None
    recurring_interval: Interval
    recurring_interval_count: Count = 1
    meter_interval: Interval | None = None
    meter_interval_count: Count | None = None

    @model_validator(mode="after")
    def _check_trial(self) -> Self:
        _check_trial(self.trial_interval, self.trial_interval_count)
        return self


class ProductCreateOneTime(_NewProduct):
    """A new product that is paid once."""

    recurring_interval: None = None
    recurring_interval_count: None = None


NewProductBody = ProductCreateRecurring | ProductCreateOneTime


class ProductChangeBody(Body):
    """What to change about a product; what is absent stays as it is."""

    metadata: Metadata = Field(default_factory=dict)
    trial_interval: Interval | None = None
    trial_interval_count: TrialCount | None = None
    name: Name = _ABSENT
    description: Description = None
    recurring_interval: Interval | None = None
    recurring_interval_count: Count | None = None
    is_archived: bool | None = None
    visibility: Visibility | None = None
    prices: (
        Annotated[list[ExistingProductPrice | NewPrice], Field(max_length=limits.MAX_LIST)] | None
    ) = None
    medias: Files | None = None
    attached_custom_fields: CustomFields | None = None

    @model_validator(mode="after")
    def _check_trial(self) -> Self:
        _check_trial(self.trial_interval, self.trial_interval_count)
        return self


class ProductBenefitsBody(Body):
    """The benefits that a product brings, in their order."""

    benefits: Annotated[list[Uuid4], Field(max_length=limits.MAX_BENEFITS)]


class ProductListParameters(NotedListParameters):
    """The parameters of a list of products."""

    sorting: tuple[ProductSortProperty, ...] = (ProductSortProperty.created_at_descending,)
    id: Uuids4 | None = None
    query: str | None = None
    is_archived: bool | None = None
    is_recurring: bool | None = None
    benefit_id: Uuids4 | None = None
    visibility: list[Visibility] | None = None


def _find_kind(body: object) -> str:
    interval = body.get("recurring_interval") if isinstance(body, Mapping) else None
    return "one_time" if interval is None else "recurring"


@functools.cache
def _new_product() -> TypeAdapter[NewProductBody]:
    return TypeAdapter(
        Annotated[
            Annotated[ProductCreateRecurring, Tag("recurring")]
            | Annotated[ProductCreateOneTime, Tag("one_time")],
            Discriminator(_find_kind),
        ]
    )


def validate_new_product(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> NewProductBody:
    """The body that makes a product. Raises ValidationError."""
    refuse_absence("NewProductBody", value)
    return _new_product().validate_python(value, from_attributes=True, context=context(email_check))


def validate_product_change(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> ProductChangeBody:
    """The body that changes a product. Raises ValidationError."""
    return validate_body(ProductChangeBody, value, email_check)


def validate_product_benefits(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> ProductBenefitsBody:
    """The body that gives a product its benefits. Raises ValidationError."""
    return validate_body(ProductBenefitsBody, value, email_check)


# A product that is paid once has fewer fields than one that is paid again; the others mean nothing.
NEW_PRODUCT = Schema(validate_new_product, ProductCreateRecurring)
PRODUCT_CHANGE = Schema(validate_product_change, ProductChangeBody)
PRODUCT_BENEFITS = Schema(validate_product_benefits, ProductBenefitsBody)


def new_product_of(body: NewProductBody) -> NewProduct:
    """The product that a body asks to be made."""
    given: Document = body.model_dump(mode="json", exclude={"organization_id"})
    given["medias"] = given["medias"] or []
    usual = dict.fromkeys(("trial_interval", "trial_interval_count", "meter_interval"))
    return cast("NewProduct", usual | given)


def change_of(body: ProductChangeBody) -> ProductChange:
    """The change that a body asks for: of the fields that were in it."""
    given: Document = body.model_dump(mode="json", include=body.model_fields_set)
    changed = {
        key: value for key, value in given.items() if value is not None or key not in _NOT_NULL
    }
    return cast("ProductChange", changed)


def read_product_list(query_string: bytes) -> ProductListParameters:
    """The parameters of a list of products. Raises RequestInvalid."""
    return queries.read_list(ProductListParameters, query_string, lists=_LISTS)
