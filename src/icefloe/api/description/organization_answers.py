"""What answers about organizations look like. For descriptions only, as `answers`."""

from datetime import datetime
from typing import Annotated

from pydantic import UUID4, Field
from typing_extensions import TypeAliasType

from icefloe.api.description.answers import Answer, one_of
from icefloe.api.schemas import organizations as schemas
from icefloe.domain.values import addresses, currencies

_STATUSES = (
    "created", "review", "snoozed", "denied", "active", "blocked", "offboarding", "offboarded",
)  # fmt: skip

SubscriptionProrationBehavior = TypeAliasType(
    "SubscriptionProrationBehavior",
    Annotated[
        str,
        one_of(
            *schemas.PRORATION_BEHAVIORS, description="How a change within a period is charged."
        ),
    ],
)
TaxBehaviorOption = TypeAliasType(
    "TaxBehaviorOption",
    Annotated[str, one_of(*schemas.TAX_BEHAVIORS, description="How a price relates to its tax.")],
)
OrganizationStatus = TypeAliasType(
    "OrganizationStatus",
    Annotated[str, one_of(*_STATUSES, description="How far an organization has come.")],
)
OrganizationSocialPlatforms = TypeAliasType(
    "OrganizationSocialPlatforms",
    Annotated[
        str, one_of(*schemas.PLATFORMS, description="Where an organization may have a profile.")
    ],
)

PresentmentCurrency = TypeAliasType(
    "PresentmentCurrency",
    Annotated[str, one_of(*currencies.CURRENCIES, description="A currency's code.")],
)


class OrganizationSocialLink(Answer):
    """A profile of the organization elsewhere."""

    platform: OrganizationSocialPlatforms
    """Where it is, found by its address."""

    url: str = Field(min_length=1, max_length=2083, json_schema_extra={"format": "uri"})
    """Its address."""


class OrganizationFeatureSettings(Answer):
    """Which features the organization has; most of them mean nothing here."""

    issue_funding_enabled: bool = False
    seat_based_pricing_enabled: bool = False
    unit_based_pricing_enabled: bool = False
    wallets_enabled: bool = False
    member_model_enabled: bool = False
    checkout_localization_enabled: bool = False
    overview_metrics: list[str] | None = None
    reset_proration_behavior_enabled: bool = False
    off_session_charges_enabled: bool = False
    meter_cycling_enabled: bool = False
    slack_benefit_enabled: bool = False
    preview_access_enabled: bool = False
    disputes_enabled: bool = False
    sso_enabled: bool = False
    dispute_auto_accept_enabled: bool = False
    compass_enabled: bool = False
    merchant_migration_enabled: bool = False


class OrganizationDisputeSettings(Answer):
    """How disputes are answered."""

    auto_accept_below_amount: int | None
    """The amount in cents below which they are accepted unasked."""


class OrganizationCapabilities(Answer):
    """What the organization may do: here, everything."""

    checkout_payments: bool
    subscription_renewals: bool
    payouts: bool
    refunds: bool
    api_access: bool
    dashboard_access: bool


class Organization(Answer):
    """An organization."""

    created_at: datetime
    """When it was made."""

    modified_at: datetime | None
    """When it was last changed; null until it is."""

    id: UUID4
    """Its identifier here."""

    name: str
    """Its name, for people."""

    slug: str
    """Its short name, for addresses; it is changed in the dashboard."""

    avatar_url: str | None
    """Where its picture is."""

    proration_behavior: SubscriptionProrationBehavior
    """The same as in `subscription_settings`."""

    allow_customer_updates: bool
    """The same as in `subscription_settings`."""

    email: str | None
    """The address that customers write to."""

    website: str | None
    """Its website."""

    socials: list[OrganizationSocialLink]
    """Its profiles elsewhere."""

    status: OrganizationStatus
    """How far it has come; `active` here."""

    details_submitted_at: datetime | None
    """When it has described its business; null here."""

    onboarding_resubmission_requested_at: datetime | None
    """When it was asked to do so again; null here."""

    sso_enforced: bool
    """Whether members must sign in through an identity provider; false here."""

    default_presentment_currency: str
    """The currency that prices are shown in where a customer's own is not known."""

    default_tax_behavior: TaxBehaviorOption
    """How prices relate to their tax."""

    feature_settings: OrganizationFeatureSettings | None
    subscription_settings: schemas.OrganizationSubscriptionSettings
    customer_email_settings: schemas.OrganizationCustomerEmailSettings
    customer_portal_settings: schemas.OrganizationCustomerPortalSettings
    dispute_settings: OrganizationDisputeSettings

    embed_hosts: list[str]
    """The hosts that may show its checkout in a frame."""

    embed_hosts_enforced: bool
    """Whether no other host may; true here."""

    country: (
        Annotated[
            str, one_of(*addresses.COUNTRIES, description="The country's ISO 3166-1 alpha-2 code.")
        ]
        | None
    ) = None
    """Where it is."""

    account_id: UUID4 | None
    """Its account, which no endpoint takes."""

    payout_account_id: UUID4 | None
    """Where it is paid; null here."""

    capabilities: OrganizationCapabilities
