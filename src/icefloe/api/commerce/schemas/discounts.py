"""The bodies that make and change discounts, and the query parameters of their list.

The fields stand in the order in which the reference checks them.
"""

import functools
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self, cast

from pydantic import AfterValidator, Discriminator, Field, TypeAdapter, model_validator

from icefloe.api.commerce.schemas.prices import Currency
from icefloe.api.schemas import queries
from icefloe.api.schemas.fields import (
    Body,
    Metadata,
    Moment,
    Schema,
    context,
    refuse_absence,
    validate_body,
)
from icefloe.api.schemas.identifiers import Uuid4
from icefloe.api.schemas.lists import ObjectListParameters
from icefloe.domain.values import limits, moments
from icefloe.domain.values.discounts import DiscountChange, DiscountType, Duration, NewDiscount
from icefloe.domain.values.documents import Document
from icefloe.domain.values.emails import EmailCheck

_LISTS = frozenset({"organization_id", "sorting"})
_MIN_CODE, _MAX_CODE = 3, 256
_USUAL_CURRENCY = "usd"
_MAX_AMOUNT = 999_999_999_999
# What a change can take away; all else is left as it is where the change gives null.
_NULLABLE = frozenset(
    {"code", "starts_at", "ends_at", "max_redemptions", "max_redemptions_per_customer"}
)
_OWN = frozenset({"amount", "amounts", "currency", "organization_id"})


class DiscountSortProperty(StrEnum):
    """What discounts can be sorted by."""

    created_at = "created_at"
    created_at_descending = "-created_at"
    name = "name"
    name_descending = "-name"
    code = "code"
    code_descending = "-code"
    redemptions_count = "redemptions_count"
    redemptions_count_descending = "-redemptions_count"
    ends_at = "ends_at"
    ends_at_descending = "-ends_at"


def _check_code(code: str) -> str | None:
    """The code as it is written; blank is none."""
    if not code.strip():
        return None
    if not _MIN_CODE <= len(code) <= _MAX_CODE:
        raise ValueError(f"Code must be between {_MIN_CODE} and {_MAX_CODE} characters long.")
    if not code.isalnum():
        raise ValueError("Code must contain only alphanumeric characters.")
    return code


def _check_order(starts_at: datetime | None, ends_at: datetime | None) -> None:
    if starts_at is not None and ends_at is not None and starts_at >= ends_at:
        raise ValueError("starts_at must be before ends_at")


Name = Annotated[str, Field(min_length=1, max_length=limits.MAX_OBJECT_TEXT)]
Code = Annotated[str, AfterValidator(_check_code)]
Redemptions = Annotated[int, Field(ge=1, le=limits.MAX_INTEGER)]
Months = Annotated[int, Field(ge=1, le=999)]
ProductIds = Annotated[list[Uuid4], Field(max_length=limits.MAX_LIST)]
Amount = Annotated[int, Field(ge=0, le=_MAX_AMOUNT)]
Amounts = Annotated[dict[Currency, Amount], Field(min_length=1)]
BasisPoints = Annotated[int, Field(ge=1, le=10_000)]


class _NewDiscount(Body):
    metadata: Metadata = Field(default_factory=dict)
    name: Name
    code: Code | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    max_redemptions: Redemptions | None = None
    max_redemptions_per_customer: Redemptions | None = None
    products: ProductIds | None = None
    organization_id: Uuid4 | None = None
    duration: Duration
    duration_in_months: Months | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.duration is Duration.repeating and self.duration_in_months is None:
            raise ValueError("`duration_in_months` is required when `duration` is `repeating`.")
        _check_order(self.starts_at, self.ends_at)
        return self


class DiscountFixedCreate(_NewDiscount):
    """A new discount that takes off an amount, in cents."""

    type: Literal[DiscountType.fixed]
    amount: Amount | None = None
    currency: Currency | None = _USUAL_CURRENCY
    amounts: Amounts | None = None

    @model_validator(mode="after")
    def _require_amount(self) -> Self:
        if self.amount is None and self.amounts is None:
            raise ValueError("Either `amount` or `amounts` must be provided.")
        return self


class DiscountPercentageCreate(_NewDiscount):
    """A new discount that takes off a part of the price."""

    type: Literal[DiscountType.percentage]
    basis_points: BasisPoints


NewDiscountBody = DiscountFixedCreate | DiscountPercentageCreate


class DiscountChangeBody(Body):
    """What to change about a discount; what is absent stays as it is."""

    metadata: Metadata = Field(default_factory=dict)
    name: Name | None = None
    code: Code | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    max_redemptions: Redemptions | None = None
    max_redemptions_per_customer: Redemptions | None = None
    duration: Duration | None = None
    duration_in_months: Months | None = None
    type: DiscountType | None = None
    amount: Amount | None = None
    currency: Currency | None = None
    amounts: Amounts | None = None
    basis_points: BasisPoints | None = None
    products: ProductIds | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_order(self.starts_at, self.ends_at)
        return self


class DiscountListParameters(ObjectListParameters):
    """The parameters of a list of discounts."""

    sorting: tuple[DiscountSortProperty, ...] = (DiscountSortProperty.created_at_descending,)
    query: str | None = None


@functools.cache
def _new_discount() -> TypeAdapter[NewDiscountBody]:
    return TypeAdapter(Annotated[NewDiscountBody, Discriminator("type")])


def validate_new_discount(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> NewDiscountBody:
    """The body that makes a discount. Raises ValidationError."""
    refuse_absence("NewDiscountBody", value)
    return _new_discount().validate_python(
        value, from_attributes=True, context=context(email_check)
    )


def validate_discount_change(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> DiscountChangeBody:
    """The body that changes a discount. Raises ValidationError."""
    return validate_body(DiscountChangeBody, value, email_check)


# A change has the fields of both types; a new one has no others.
NEW_DISCOUNT = Schema(validate_new_discount, DiscountChangeBody)
DISCOUNT_CHANGE = Schema(validate_discount_change, DiscountChangeBody)


def new_discount_of(body: NewDiscountBody) -> NewDiscount:
    """The discount that a body asks to be made."""
    given = _dump(body)
    given["products"] = given["products"] or []
    if isinstance(body, DiscountFixedCreate):
        given["amounts"] = _find_amounts(body)
    return cast("NewDiscount", given)


def change_of(body: DiscountChangeBody) -> DiscountChange:
    """The change that a body asks for: of the fields that were in it."""
    given = {
        key: value
        for key, value in _dump(body).items()
        if key in body.model_fields_set and (value is not None or key in _NULLABLE)
    }
    amounts = _find_amounts(body)
    if amounts is not None:
        given["amounts"] = amounts
    return cast("DiscountChange", given)


def read_discount_list(query_string: bytes) -> DiscountListParameters:
    """The parameters of a list of discounts. Raises RequestInvalid."""
    return queries.read_list(DiscountListParameters, query_string, lists=_LISTS)


def _dump(body: NewDiscountBody | DiscountChangeBody) -> Document:
    """The fields of a body, but its amounts."""
    given: Document = body.model_dump(mode="json", exclude=set(_OWN))
    for name in ("starts_at", "ends_at"):
        moment: datetime | None = getattr(body, name)
        given[name] = moment and moments.render(moment)
    return given


def _find_amounts(body: DiscountFixedCreate | DiscountChangeBody) -> dict[str, int] | None:
    """The amounts by currency; `amount` is the older way to give a single one."""
    if body.amounts is not None or body.amount is None:
        return body.amounts
    return {body.currency or _USUAL_CURRENCY: body.amount}
