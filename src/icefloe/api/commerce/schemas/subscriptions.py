"""The bodies that make and change subscriptions, and the query parameters of their lists.

The fields stand in the order in which the reference checks them. The names of the models are part of
messages on the wire. A change has one of nine shapes, which are tried in their order.
"""

from enum import StrEnum
from functools import cache
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, FutureDatetime, TypeAdapter

from icefloe.api.commerce.schemas.quantities import require_zone
from icefloe.api.schemas import queries
from icefloe.api.schemas.fields import (
    IN_UTC,
    Body,
    Bound,
    Metadata,
    Schema,
    context,
    refuse_absence,
)
from icefloe.api.schemas.identifiers import Uuid4, Uuids4
from icefloe.api.schemas.lists import NotedListParameters
from icefloe.api.schemas.models import Model
from icefloe.domain.values import limits
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.subscriptions import (
    CustomerCancellationReason,
    NewSubscription,
    SubscriptionChange,
    SubscriptionProrationBehavior,
    SubscriptionStatus,
)

_LISTS = frozenset(
    {
        "customer_cancellation_reason",
        "customer_id",
        "discount_id",
        "external_customer_id",
        "organization_id",
        "product_id",
        "sorting",
        "status",
    }
)
_EXPORT_LISTS = frozenset({"columns", "organization_id", "product_id", "status"})
_FORBIDS = ConfigDict(extra="forbid")


Future = Annotated[FutureDatetime, IN_UTC]
Number = Annotated[int, Field(ge=-(2**31), le=limits.MAX_INTEGER)]
Comment = Annotated[str, Field(max_length=limits.MAX_OBJECT_TEXT)]


class SubscriptionSortProperty(StrEnum):
    """What subscriptions can be sorted by."""

    customer = "customer"
    customer_descending = "-customer"
    status = "status"
    status_descending = "-status"
    started_at = "started_at"
    started_at_descending = "-started_at"
    current_period_end = "current_period_end"
    current_period_end_descending = "-current_period_end"
    ended_at = "ended_at"
    ended_at_descending = "-ended_at"
    ends_at = "ends_at"
    ends_at_descending = "-ends_at"
    amount = "amount"
    amount_descending = "-amount"
    product = "product"
    product_descending = "-product"
    discount = "discount"
    discount_descending = "-discount"


class SubscriptionExportColumn(StrEnum):
    """What a line of an export can show."""

    email = "email"
    started_at = "started_at"
    product = "product"
    amount = "amount"
    currency = "currency"
    status = "status"
    recurring_interval = "recurring_interval"
    customer_name = "customer_name"
    billing_name = "billing_name"
    billing_country = "billing_country"
    net_amount = "net_amount"
    discount = "discount"
    seats = "seats"
    current_period_start = "current_period_start"
    current_period_end = "current_period_end"
    cancel_at_period_end = "cancel_at_period_end"
    canceled_at = "canceled_at"
    ends_at = "ends_at"
    ended_at = "ended_at"
    cancellation_reason = "cancellation_reason"
    trial_start = "trial_start"
    trial_end = "trial_end"


# --- new subscriptions --------------------------------------------------------------------------


class SubscriptionCreateCustomer(Body):
    """A new subscription of the customer with an id."""

    metadata: Metadata = Field(default_factory=dict)
    product_id: Uuid4
    customer_id: Uuid4


class SubscriptionCreateExternalCustomer(Body):
    """A new subscription of the customer with an external id."""

    metadata: Metadata = Field(default_factory=dict)
    product_id: Uuid4
    external_customer_id: str


NewSubscriptionBody = SubscriptionCreateCustomer | SubscriptionCreateExternalCustomer


class SubscriptionCreateFields(SubscriptionCreateCustomer, SubscriptionCreateExternalCustomer):
    """All fields that a new subscription may have."""


# --- changes ------------------------------------------------------------------------------------


class SubscriptionUpdateBase(Body):
    """New metadata, another product or discount, or a trial."""

    model_config = _FORBIDS

    metadata: Metadata = Field(default_factory=dict)
    product_id: Uuid4 | None = None
    proration_behavior: SubscriptionProrationBehavior | None = None
    discount_id: Uuid4 | None = None
    trial_end: Future | Literal["now"] | None = None


class SubscriptionUpdateSeats(Body):
    """Another number of seats."""

    model_config = _FORBIDS

    seats: Number
    proration_behavior: SubscriptionProrationBehavior | None = None


class SubscriptionUpdateUnits(Body):
    """Another number of units."""

    model_config = _FORBIDS

    units: Number
    proration_behavior: SubscriptionProrationBehavior | None = None


class SubscriptionUpdateBillingPeriod(Body):
    """Another end of the present period."""

    model_config = _FORBIDS

    current_billing_period_end: Future


class _Cancellation(Body):
    model_config = _FORBIDS

    customer_cancellation_reason: CustomerCancellationReason | None = None
    customer_cancellation_comment: Comment | None = None


class SubscriptionCancel(_Cancellation):
    """Whether to end with the period."""

    cancel_at_period_end: bool


class SubscriptionRevoke(_Cancellation):
    """The end, now."""

    revoke: Literal[True]


class SubscriptionPause(Body):
    """Whether to pause after the period."""

    model_config = _FORBIDS

    pause_at_period_end: bool
    resumes_at: Future | None = None


class SubscriptionResume(Body):
    """The end of a pause."""

    model_config = _FORBIDS

    resume: Literal[True]


class SubscriptionUpdateClear(Body):
    """No other product from the next period on."""

    model_config = _FORBIDS

    pending_update: None


SubscriptionChangeBody = (
    SubscriptionUpdateBase
    | SubscriptionUpdateSeats
    | SubscriptionUpdateUnits
    | SubscriptionUpdateBillingPeriod
    | SubscriptionCancel
    | SubscriptionRevoke
    | SubscriptionPause
    | SubscriptionResume
    | SubscriptionUpdateClear
)


# --- lists --------------------------------------------------------------------------------------


class SubscriptionListParameters(NotedListParameters):
    """The parameters of a list of subscriptions."""

    product_id: Uuids4 | None = None
    customer_id: Uuids4 | None = None
    external_customer_id: list[str] | None = None
    discount_id: Uuids4 | None = None
    active: bool | None = None
    status: list[SubscriptionStatus] | None = None
    cancel_at_period_end: bool | None = None
    customer_cancellation_reason: list[CustomerCancellationReason] | None = None
    canceled_at_after: Bound | None = None
    canceled_at_before: Bound | None = None
    started_after: Bound | None = None
    started_before: Bound | None = None
    sorting: tuple[SubscriptionSortProperty, ...] = (
        SubscriptionSortProperty.started_at_descending,
    )


class SubscriptionExportParameters(Model):
    """The parameters of an export of subscriptions."""

    organization_id: Uuids4 | None = None
    product_id: Uuids4 | None = None
    status: list[SubscriptionStatus] | None = None
    cancel_at_period_end: bool | None = None
    started_after: AwareDatetime | None = None
    started_before: AwareDatetime | None = None
    timezone: Annotated[str, Field(min_length=1), AfterValidator(require_zone)] = "UTC"
    columns: list[SubscriptionExportColumn] | None = None


@cache
def _new_subscription() -> TypeAdapter[NewSubscriptionBody]:
    return TypeAdapter(NewSubscriptionBody)


@cache
def _change() -> TypeAdapter[SubscriptionChangeBody]:
    return TypeAdapter(SubscriptionChangeBody)


def validate_new_subscription(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> NewSubscriptionBody:
    """The body that makes a subscription. Raises ValidationError."""
    refuse_absence("NewSubscriptionBody", value)
    return _new_subscription().validate_python(
        value, from_attributes=True, context=context(email_check)
    )


def validate_subscription_change(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> SubscriptionChangeBody:
    """The body that changes a subscription. Raises ValidationError."""
    refuse_absence("SubscriptionChangeBody", value)
    return _change().validate_python(value, from_attributes=True, context=context(email_check))


NEW_SUBSCRIPTION = Schema(validate_new_subscription, SubscriptionCreateFields)
# A change with unknown fields is refused: none of them need be named.
SUBSCRIPTION_CHANGE = Schema(validate_subscription_change, Body)


def new_subscription_of(body: NewSubscriptionBody) -> NewSubscription:
    """The subscription that a body asks to be made."""
    return NewSubscription(
        product_id=body.product_id,
        customer_id=getattr(body, "customer_id", None),
        external_customer_id=getattr(body, "external_customer_id", None),
        metadata=body.metadata,
    )


def change_of(body: SubscriptionUpdateBase) -> SubscriptionChange:
    """The change that a body asks for: of the fields that were in it."""
    given = {name: getattr(body, name) for name in body.model_fields_set}
    return cast("SubscriptionChange", given)


def read_subscription_list(query_string: bytes) -> SubscriptionListParameters:
    """The parameters of a list of subscriptions. Raises RequestInvalid."""
    return queries.read_list(SubscriptionListParameters, query_string, lists=_LISTS)


def read_subscription_export(query_string: bytes) -> SubscriptionExportParameters:
    """The parameters of an export of subscriptions. Raises RequestInvalid."""
    pairs = queries.read_pairs(query_string)
    return queries.validate(
        SubscriptionExportParameters, queries.gather(pairs, lists=_EXPORT_LISTS)
    )
