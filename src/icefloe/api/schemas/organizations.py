"""The body that changes an organization.

The fields stand in the order in which the reference checks them. A setting that is a `TypedDict` is
replaced as a whole: all its keys are required, and others are ignored. The `TypedDict`s are described
as they are, and so have the reference's names.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, HttpUrl, WithJsonSchema, model_validator
from typing_extensions import TypedDict

from icefloe.api.schemas import embed_hosts
from icefloe.api.schemas.fields import (
    Body,
    Country,
    Email,
    Schema,
    choice,
    refuse_unstorable,
    validate_body,
)
from icefloe.domain.values import limits
from icefloe.domain.values.currencies import CURRENCIES
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.organizations import OrganizationChange
from icefloe.domain.values.unset import UNSET

MIN_NAME = 3
"""Characters; the reference's own limit."""
PLATFORMS = (
    "x", "github", "facebook", "instagram", "youtube", "tiktok", "linkedin", "threads", "discord",
    "other",
)  # fmt: skip
"""Where an organization may have a profile."""
TAX_BEHAVIORS = ("location", "inclusive", "exclusive")
"""How a price relates to its tax."""
PRORATION_BEHAVIORS = ("invoice", "prorate", "next_period", "reset")
"""How a change within a period is charged."""
FORMER_SERVICES = ("paddle", "lemon_squeezy", "gumroad", "stripe", "other")
"""Where an organization may come from."""

_PLATFORMS_BY_HOST = {
    "x.com": "x",
    "twitter.com": "x",
    "github.com": "github",
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "instagram.com": "instagram",
    "youtube.com": "youtube",
    "youtu.be": "youtube",
    "tiktok.com": "tiktok",
    "linkedin.com": "linkedin",
    "threads.net": "threads",
    "discord.com": "discord",
    "discord.gg": "discord",
}
# Null leaves these as they are; each other field that takes null is emptied by it.
_MERGED = frozenset({"details", "feature_settings", "subscription_settings", "dispute_settings"})
_NOT_SETTINGS = frozenset(
    {"name", "details", "feature_settings", "dispute_settings", "sso_enforced"}
)

# The default of fields that null does not fit; read through `model_fields_set` alone.
_ABSENT: Any = None

_Text = Annotated[str, Field(max_length=limits.MAX_SETTING), AfterValidator(refuse_unstorable)]
_EmbedHost = Annotated[_Text, AfterValidator(embed_hosts.standardise)]
_Revenue = Annotated[int, Field(ge=0)] | None


def _find_platform(url: str) -> str:
    """The platform that a profile's address belongs to, whatever platform was sent with it."""
    try:
        host = urlsplit(url.lower()).hostname or ""
    except ValueError:
        host = ""
    return _PLATFORMS_BY_HOST.get(host.removeprefix("www."), "other")


class SocialLinkBody(Body):
    """A profile of the organization elsewhere."""

    platform: Annotated[str, choice(*PLATFORMS)]
    url: HttpUrl

    @model_validator(mode="before")
    @classmethod
    def _name_platform(cls, value: object) -> object:
        url = value.get("url") if isinstance(value, Mapping) else None
        if not isinstance(value, Mapping) or not isinstance(url, str) or not url:
            return value
        return {**value, "platform": _find_platform(url)}


class DetailsBody(Body):
    """What the reference asks about a business before it pays out. It is checked and not stored."""

    about: str | None = None
    product_description: str | None = None
    selling_categories: list[str] = Field(default_factory=list)
    pricing_models: list[str] = Field(default_factory=list)
    intended_use: str | None = None
    customer_acquisition: list[str] = Field(default_factory=list)
    future_annual_revenue: _Revenue = None
    switching: bool = False
    switching_from: Annotated[str, choice(*FORMER_SERVICES)] | None = None
    previous_annual_revenue: _Revenue = None


class FeaturesBody(Body):
    """The features that an organization may switch itself; what is absent stays as it is."""

    seat_based_pricing_enabled: bool = False
    member_model_enabled: bool = False
    checkout_localization_enabled: bool = False
    overview_metrics: Annotated[list[_Text], Field(max_length=limits.MAX_LIST)] | None = None


class OrganizationSubscriptionSettings(TypedDict):
    """How subscriptions are managed."""

    allow_multiple_subscriptions: bool
    proration_behavior: Annotated[
        str,
        choice(*PRORATION_BEHAVIORS),
        # `reset` is told apart by the rules: no organization here has it.
        WithJsonSchema({"type": "string", "enum": [*PRORATION_BEHAVIORS[:-1]]}),
    ]
    benefit_revocation_grace_period: int
    prevent_trial_abuse: bool
    allow_customer_updates: bool


class OrganizationCustomerEmailSettings(TypedDict):
    """Which e-mails customers get."""

    order_confirmation: bool
    payment_method_expiration_reminder: bool
    subscription_cancellation: bool
    subscription_confirmation: bool
    subscription_cycled: bool
    subscription_cycled_after_trial: bool
    subscription_past_due: bool
    subscription_paused: bool
    subscription_resumed: bool
    subscription_renewal_reminder: bool
    subscription_revoked: bool
    subscription_trial_conversion_reminder: bool
    subscription_uncanceled: bool
    subscription_updated: bool


class CustomerPortalUsageSettings(TypedDict):
    """What customers see of their usage."""

    show: bool


class CustomerPortalSubscriptionSettings(TypedDict):
    """What customers may do to their subscriptions."""

    update_seats: bool
    update_plan: bool
    pause: NotRequired[bool]


class CustomerPortalCustomerSettings(TypedDict):
    """What customers may change about themselves."""

    allow_email_change: NotRequired[bool]


class OrganizationCustomerPortalSettings(TypedDict):
    """What customers may do in their portal."""

    usage: CustomerPortalUsageSettings
    subscription: CustomerPortalSubscriptionSettings
    customer: NotRequired[CustomerPortalCustomerSettings]


class DisputesBody(Body):
    """How disputes are answered."""

    auto_accept_below_amount: Annotated[int, Field(ge=1, le=10_000)] | None = None


class OrganizationChangeBody(Body):
    """What to change about an organization; what is absent stays as it is.

    The reference fails on null for the fields whose type has no None here: it is a mistake of form.
    """

    name: Annotated[str, Field(min_length=MIN_NAME, max_length=limits.MAX_NAME)] = _ABSENT
    avatar_url: HttpUrl | None = None
    email: Email | None = None
    website: HttpUrl | None = None
    socials: Annotated[list[SocialLinkBody], Field(max_length=limits.MAX_LIST)] = _ABSENT
    details: DetailsBody | None = None
    country: Country | None = None
    feature_settings: FeaturesBody | None = None
    subscription_settings: OrganizationSubscriptionSettings | None = None
    customer_email_settings: OrganizationCustomerEmailSettings = _ABSENT
    customer_portal_settings: OrganizationCustomerPortalSettings = _ABSENT
    dispute_settings: DisputesBody | None = None
    embed_hosts: Annotated[list[_EmbedHost], Field(max_length=limits.MAX_LIST)] = _ABSENT
    default_presentment_currency: Annotated[str, choice(*CURRENCIES)] = _ABSENT
    default_tax_behavior: Annotated[str, choice(*TAX_BEHAVIORS)] = _ABSENT
    sso_enforced: bool = _ABSENT


def validate_organization_change(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> OrganizationChangeBody:
    """The body that changes an organization.

    Args:
        value: the parsed JSON, or None where no body came.
        email_check: how much of the address is checked; `DNS` waits for the network.

    Raises:
        ValidationError: the value does not fit; `problems` tells the client why.
    """
    return validate_body(OrganizationChangeBody, value, email_check)


ORGANIZATION_CHANGE = Schema(validate_organization_change, OrganizationChangeBody)


def change_of(body: OrganizationChangeBody) -> OrganizationChange:
    """The change that a body asks for: of the fields that were in it."""
    sent: dict[str, Any] = body.model_dump(mode="json", exclude_unset=True)
    settings = {
        name: value
        for name, value in sent.items()
        if name not in _NOT_SETTINGS and not (value is None and name in _MERGED)
    }
    features = sent.get("feature_settings") or {}
    disputes = sent.get("dispute_settings") or {}
    return OrganizationChange(
        name=sent.get("name", UNSET),
        settings=settings,
        features={name: value for name, value in features.items() if value is not None},
        enforces_single_sign_on=sent.get("sso_enforced", False),
        accepts_disputes_below=disputes.get("auto_accept_below_amount"),
    )
