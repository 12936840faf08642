"""What requests and answers about subscriptions and benefit grants hold. For descriptions only."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import UUID4, Field
from typing_extensions import TypeAliasType

from icefloe.api.commerce.schemas import benefit_grants as grant_schemas
from icefloe.api.commerce.schemas import subscriptions as schemas
from icefloe.api.description.answers import (
    Answer,
    Customer,
    Kept,
    Member,
    MetadataOutputType,
    one_of,
)
from icefloe.api.description.benefits import Benefit
from icefloe.api.description.commerce_answers import RecurringInterval
from icefloe.api.description.meters import Meter
from icefloe.api.description.products import Product, ProductPrice
from icefloe.api.description.requests import (
    NotedListParameters,
    ObjectListParameters,
    ObjectPlaces,
    PageParameters,
)
from icefloe.domain.values import subscriptions

_SUBSCRIPTION_ID = "e5149aae-e521-42b9-b24c-abb3d71eea2e"

SubscriptionStatus = TypeAliasType(
    "SubscriptionStatus",
    Annotated[str, one_of(*subscriptions.SubscriptionStatus, description="What it is at present.")],
)
CustomerCancellationReason = TypeAliasType(
    "CustomerCancellationReason",
    Annotated[
        str,
        one_of(
            *subscriptions.CustomerCancellationReason,
            description="Why the customer no longer wants it.",
        ),
    ],
)


class SubscriptionUser(Answer):
    """A customer, in the form of a user of the reference's earlier versions."""

    id: UUID4
    """The customer's identifier."""

    email: str | None
    """The customer's e-mail address."""

    public_name: str | None
    """The first letter of the customer's name."""

    avatar_url: str | None = None
    """A picture."""

    github_username: str | None = None
    """Always null."""


class SubscriptionMeter(Kept):
    """How much was used in a subscription's present period."""

    consumed_units: float
    """What the meter counted."""

    credited_units: int
    """What benefits credited."""

    amount: int
    """What the use costs, in the smallest unit of the currency."""

    meter_id: UUID4
    """The meter's identifier."""

    meter: Meter
    """The meter."""


class PendingSubscriptionUpdate(Kept):
    """What changes about a subscription with its next period."""

    applies_at: datetime
    """When."""

    product_id: UUID4 | None
    """The product that it will be of."""

    seats: int | None
    """Always null."""

    units: int | None
    """Always null."""


class Subscription(Kept):
    """A customer's use of a product, from its beginning to its end."""

    amount: int
    """What a period costs before use is added, in the smallest unit of the currency."""

    currency: str
    """The currency, in small letters."""

    recurring_interval: RecurringInterval

    recurring_interval_count: int
    """How many of the interval make a period."""

    status: SubscriptionStatus

    current_period_start: datetime
    """When the present period began."""

    current_period_end: datetime
    """When the present period ends."""

    current_meter_period_start: datetime | None
    """Always null."""

    current_meter_period_end: datetime | None
    """Always null."""

    trial_start: datetime | None
    """When its trial began."""

    trial_end: datetime | None
    """When its trial ends, or ended."""

    cancel_at_period_end: bool
    """Whether it ends with its period, or ended so."""

    canceled_at: datetime | None
    """When it was cancelled."""

    started_at: datetime | None
    """When it began."""

    ends_at: datetime | None
    """When it will end, or ended."""

    ended_at: datetime | None
    """When it ended."""

    past_due_at: datetime | None
    """Always null."""

    pause_at_period_end: bool
    """Whether it pauses after its period."""

    paused_at: datetime | None
    """Since when it pauses."""

    resumes_at: datetime | None
    """When its pause ends."""

    customer_id: UUID4
    """Whose it is."""

    product_id: UUID4
    """What it is of."""

    discount_id: UUID4 | None
    """What lowers its price."""

    checkout_id: UUID4 | None
    """Always null."""

    seats: int | None = None
    """Always null."""

    units: int | None = None
    """Always null."""

    customer_cancellation_reason: CustomerCancellationReason | None

    customer_cancellation_comment: str | None
    """What the customer says about the end."""

    price_id: UUID4 | None
    """Its first price. Deprecated."""

    metadata: MetadataOutputType
    """Texts, numbers and booleans of the organization's own."""

    custom_field_data: dict[str, Any]
    """Always empty."""

    customer: Customer
    """Whose it is."""

    user_id: UUID4
    """The same as `customer_id`. Deprecated."""

    user: SubscriptionUser
    """The customer. Deprecated."""

    product: Product
    """What it is of."""

    discount: dict[str, Any] | None
    """What lowers its price."""

    price: ProductPrice | None
    """Its first price. Deprecated."""

    prices: list[ProductPrice]
    """What it costs."""

    meters: list[SubscriptionMeter]
    """What was used in the present period."""

    pending_update: PendingSubscriptionUpdate | None
    """What changes with its next period."""


SubscriptionCreate = TypeAliasType("SubscriptionCreate", schemas.NewSubscriptionBody)
SubscriptionUpdate = TypeAliasType("SubscriptionUpdate", schemas.SubscriptionChangeBody)


class SubscriptionPlaces(ObjectPlaces):
    """What stands in the place of a subscription's path."""

    id: UUID4 = Field(examples=[_SUBSCRIPTION_ID])
    """The subscription's identifier."""


class SubscriptionListParameters(NotedListParameters):
    """Which subscriptions to list, in which order."""

    product_id: UUID4 | list[UUID4] | None = None
    """Only those of this product, or of these."""

    customer_id: UUID4 | list[UUID4] | None = None
    """Only those of this customer, or of these."""

    external_customer_id: str | list[str] | None = None
    """Only those of the customer with this external id, or with these."""

    discount_id: UUID4 | list[UUID4] | None = None
    """Only those with this discount, or with these."""

    active: bool | None = None
    """Only active ones and those on trial; or only cancelled and unpaid ones. Deprecated."""

    status: SubscriptionStatus | list[SubscriptionStatus] | None = None
    """Only those with this status, or with these."""

    cancel_at_period_end: bool | None = None
    """Only those that end with their period, or ended so; or only the others."""

    customer_cancellation_reason: (
        CustomerCancellationReason | list[CustomerCancellationReason] | None
    ) = None
    """Only those that customers no longer wanted for this reason, or for these."""

    canceled_at_after: datetime | None = None
    """Only those that were cancelled at this moment or later."""

    canceled_at_before: datetime | None = None
    """Only those that were cancelled at this moment or earlier."""

    started_after: datetime | None = None
    """Only those that began at this moment or later."""

    started_before: datetime | None = None
    """Only those that began at this moment or earlier."""

    sorting: list[schemas.SubscriptionSortProperty] | None = Field(
        default=[schemas.SubscriptionSortProperty.started_at_descending]
    )
    """The order: may be given several times, the first counts most; a `-` before the word turns it
    round."""


class SubscriptionExportParameters(ObjectListParameters):
    """Which subscriptions to export, and what of them."""

    product_id: UUID4 | list[UUID4] | None = None
    """Only those of this product, or of these."""

    status: SubscriptionStatus | list[SubscriptionStatus] | None = None
    """Only those with this status, or with these."""

    cancel_at_period_end: bool | None = None
    """Only those that end with their period, or ended so; or only the others."""

    started_after: datetime | None = None
    """Only those that began at this moment or later; with an offset."""

    started_before: datetime | None = None
    """Only those that began at this moment or earlier; with an offset."""

    timezone: str = "UTC"
    """Where the times are shown."""

    columns: schemas.SubscriptionExportColumn | list[schemas.SubscriptionExportColumn] | None = None
    """What a line shows, in this order."""


class BenefitGrant(Kept):
    """That a customer has a benefit, or had it."""

    granted_at: datetime | None = None
    """Since when the customer has it; null once it is revoked."""

    is_granted: bool
    """Whether the customer has it."""

    revoked_at: datetime | None = None
    """When it was revoked."""

    is_revoked: bool
    """Whether it was revoked."""

    subscription_id: UUID4 | None
    """The subscription that brought it."""

    order_id: UUID4 | None
    """Always null."""

    customer_id: UUID4
    """Whose it is."""

    member_id: UUID4 | None = None
    """The member who owns the customer."""

    benefit_id: UUID4
    """What is granted."""

    error: dict[str, Any] | None = None
    """Always null."""

    customer: Customer
    """Whose it is."""

    member: Member | None = None
    """The member who owns the customer."""

    benefit: Benefit
    """What is granted."""

    properties: dict[str, Any]
    """What it consists of, such as a licence key."""

    user_id: UUID4
    """The same as `customer_id`. Deprecated."""


class BenefitGrantListParameters(ObjectListParameters):
    """Which grants to list, in which order."""

    customer_id: UUID4 | list[UUID4] | None = None
    """Only those of this customer, or of these."""

    external_customer_id: str | list[str] | None = None
    """Only those of the customer with this external id, or with these."""

    is_granted: bool | None = None
    """Only those that are granted, or only those that were revoked."""

    sorting: list[grant_schemas.BenefitGrantSortProperty] | None = Field(
        default=[grant_schemas.BenefitGrantSortProperty.created_at_descending]
    )
    """The order: may be given several times, the first counts most; a `-` before the word turns it
    round."""


class GrantsOfBenefitParameters(PageParameters):
    """Which of a benefit's grants to list."""

    is_granted: bool | None = None
    """Only those that are granted, or only those that were revoked."""

    customer_id: UUID4 | list[UUID4] | None = None
    """Only those of this customer, or of these."""

    member_id: UUID4 | list[UUID4] | None = None
    """Only those of this member, or of these."""
