"""What answers say about payments, subscriptions and benefits. For descriptions only.

Nobody has any of them here, so the lists that hold them are empty; clients are generated from these
descriptions all the same.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import UUID4, Discriminator, Field
from typing_extensions import TypeAliasType, TypedDict

from icefloe.api.description.answers import (
    Answer,
    CustomerIndividual,
    CustomerTeam,
    Kept,
    MetadataOutputType,
    one_of,
)

PaymentProcessor = TypeAliasType(
    "PaymentProcessor", Annotated[str, one_of("stripe", description="Who moves the money.")]
)
RecurringInterval = TypeAliasType(
    "RecurringInterval",
    Annotated[str, one_of("day", "week", "month", "year", description="How often a price is due.")],
)
BenefitType = TypeAliasType(
    "BenefitType",
    Annotated[
        str,
        one_of(
            "custom", "discord", "github_repository", "downloadables", "license_keys",
            "meter_credit", "feature_flag", "slack_shared_channel",
            description="What kind of thing a benefit is.",
        ),
    ],
)  # fmt: skip


class PaymentMethodCardMetadata(Answer):
    """What may be shown of a card."""

    brand: str
    """The network, such as `visa`."""

    last4: str
    """The last four digits."""

    exp_month: int
    """The month it expires, from 1 to 12."""

    exp_year: int
    """The year it expires."""

    wallet: str | None = None
    """The wallet that holds it."""


class _PaymentMethod(Kept):
    processor: PaymentProcessor

    customer_id: UUID4
    """Whose it is."""

    type: str
    """What kind of payment method it is."""


class CustomerPaymentMethodCard(_PaymentMethod):
    """A card."""

    type: Literal["card"]
    method_metadata: PaymentMethodCardMetadata

    is_default: bool
    """Whether it is used unless another is chosen."""


class CustomerPaymentMethodGeneric(_PaymentMethod):
    """A payment method other than a card."""

    is_default: bool
    """Whether it is used unless another is chosen."""


PaymentMethod = TypeAliasType(
    "PaymentMethod", CustomerPaymentMethodCard | CustomerPaymentMethodGeneric
)


class BenefitGrantDiscordProperties(TypedDict, total=False):
    """A role on a Discord server."""

    account_id: str | None
    guild_id: str
    role_id: str
    granted_account_id: str


class BenefitGrantGitHubRepositoryProperties(TypedDict, total=False):
    """Access to a GitHub repository."""

    account_id: str | None
    repository_owner: str
    repository_name: str
    permission: Literal["pull", "triage", "push", "maintain", "admin"]
    granted_account_id: str


class BenefitGrantDownloadablesProperties(TypedDict, total=False):
    """Files to download."""

    files: list[str]


class BenefitGrantLicenseKeysProperties(TypedDict, total=False):
    """A licence key."""

    user_provided_key: str
    license_key_id: str
    display_key: str


class BenefitGrantCustomProperties(TypedDict, total=False):
    """Anything else."""


class BenefitGrantFeatureFlagProperties(TypedDict, total=False):
    """A feature that is switched on."""


class BenefitGrantSlackSharedChannelProperties(TypedDict, total=False):
    """A shared Slack channel."""

    invited_email: str
    channel_id: str
    channel_name: str
    invite_id: str
    invite_url: str
    connected_team_id: str


class CustomerStateBenefitGrant(Kept):
    """A benefit that the customer has now."""

    granted_at: datetime
    """When it was given."""

    benefit_id: UUID4
    """The benefit."""

    benefit_type: BenefitType

    benefit_metadata: MetadataOutputType
    """The benefit's metadata."""

    properties: (
        BenefitGrantDiscordProperties
        | BenefitGrantGitHubRepositoryProperties
        | BenefitGrantDownloadablesProperties
        | BenefitGrantLicenseKeysProperties
        | BenefitGrantCustomProperties
        | BenefitGrantFeatureFlagProperties
        | BenefitGrantSlackSharedChannelProperties
    )
    """What the customer got, by the benefit's type."""


class CustomerStateMeter(Kept):
    """How much of something metered the customer has used."""

    meter_id: UUID4
    """What is metered."""

    consumed_units: float
    """How much was used."""

    credited_units: int
    """How much was given."""

    balance: float
    """What was given less what was used."""


class CustomerStateSubscriptionMeter(Kept):
    """How much of something metered was used in a subscription's current period."""

    consumed_units: float
    """How much was used."""

    credited_units: int
    """How much was given."""

    amount: int
    """What is due for it, in cents."""

    meter_id: UUID4
    """What is metered."""


class CustomerStateSubscription(Kept):
    """A subscription that runs now."""

    custom_field_data: dict[str, str | int | bool | datetime | None] = Field(default_factory=dict)
    """The values of the organization's own fields."""

    metadata: MetadataOutputType
    """Texts, numbers and booleans of the organization's own."""

    status: Literal["active", "trialing"]
    """Whether it is still on trial."""

    amount: int
    """The price per interval, in cents."""

    currency: str
    """The currency of the price, such as `usd`."""

    recurring_interval: RecurringInterval

    current_period_start: datetime
    """When the current period began."""

    current_period_end: datetime
    """When the current period ends."""

    trial_start: datetime | None
    """When the trial began, if there was one."""

    trial_end: datetime | None
    """When the trial ends, if there is one."""

    cancel_at_period_end: bool
    """Whether it ends with the current period."""

    canceled_at: datetime | None
    """When it was cancelled; it may run to the end of the period."""

    started_at: datetime | None
    """When it began."""

    ends_at: datetime | None
    """When it will end."""

    product_id: UUID4
    """What is subscribed to."""

    discount_id: UUID4 | None
    """The discount on the price, if there is one."""

    meters: list[CustomerStateSubscriptionMeter]
    """What is metered in it."""


class _State(Answer):
    active_subscriptions: list[CustomerStateSubscription]
    """The subscriptions that run now; always none."""

    granted_benefits: list[CustomerStateBenefitGrant]
    """The benefits the customer has now; always none."""

    active_meters: list[CustomerStateMeter]
    """What is metered for the customer; always nothing."""


class CustomerStateIndividual(_State, CustomerIndividual):
    """A customer who is one person, with subscriptions, benefits and meters."""


class CustomerStateTeam(_State, CustomerTeam):
    """A customer of several people, with subscriptions, benefits and meters."""


CustomerState = TypeAliasType(
    "CustomerState",
    Annotated[CustomerStateIndividual | CustomerStateTeam, Discriminator("type")],
)
