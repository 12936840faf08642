"""Organizations as values: what they are, what they are set to, and changes of that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid5

from icefloe.domain.values import listing
from icefloe.domain.values.unset import UNSET, Unset

Profile = Mapping[str, Any]
"""Settings of an organization by the wire's names; their values are JSON's."""

DEFAULT_PROFILE: Profile = MappingProxyType(
    {
        "avatar_url": None,
        "email": None,
        "website": None,
        "socials": [],
        "default_presentment_currency": "usd",
        "default_tax_behavior": "location",
        "feature_settings": {
            "issue_funding_enabled": False,
            "seat_based_pricing_enabled": True,
            "unit_based_pricing_enabled": False,
            "wallets_enabled": False,
            "member_model_enabled": True,
            "checkout_localization_enabled": False,
            "overview_metrics": None,
            "reset_proration_behavior_enabled": False,
            "off_session_charges_enabled": False,
            "meter_cycling_enabled": False,
            "slack_benefit_enabled": False,
            "preview_access_enabled": False,
            "disputes_enabled": False,
            "sso_enabled": False,
            "dispute_auto_accept_enabled": False,
            "compass_enabled": False,
            "merchant_migration_enabled": False,
        },
        "subscription_settings": {
            "allow_multiple_subscriptions": False,
            "proration_behavior": "prorate",
            "benefit_revocation_grace_period": 0,
            "prevent_trial_abuse": False,
            "allow_customer_updates": True,
        },
        "customer_email_settings": {
            "order_confirmation": True,
            "payment_method_expiration_reminder": True,
            "subscription_cancellation": True,
            "subscription_confirmation": True,
            "subscription_cycled": True,
            "subscription_cycled_after_trial": True,
            "subscription_past_due": True,
            "subscription_paused": True,
            "subscription_resumed": True,
            "subscription_renewal_reminder": True,
            "subscription_revoked": True,
            "subscription_trial_conversion_reminder": True,
            "subscription_uncanceled": True,
            "subscription_updated": True,
        },
        "customer_portal_settings": {
            "usage": {"show": True},
            "subscription": {"update_seats": True, "update_plan": True},
            "customer": {"allow_email_change": False},
        },
        "embed_hosts": [],
        "country": None,
    }
)
"""What a new organization is set to; these are all the settings that a change can reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """An organization.

    Attributes:
        id: unique over all organizations.
        name: for people.
        slug: unique; lower-case words joined by hyphens, for addresses.
        created_at: when it was made.
        modified_at: when its name, slug or profile last changed; None until then.
        profile: the settings that differ from `DEFAULT_PROFILE`, by name.
    """

    id: UUID
    name: str
    slug: str
    created_at: datetime
    modified_at: datetime | None = None
    profile: Profile = field(default_factory=dict, hash=False)

    @property
    def settings(self) -> Profile:
        """All settings: the defaults, and what was changed."""
        return {**DEFAULT_PROFILE, **self.profile}

    @property
    def account_id(self) -> UUID:
        """The account that the wire shows: made from the id, so that it is stable and not stored.

        It is the UUID of version 5 of the name `account` under the organization's id, marked as
        version 4, which the contract requires of every id. No endpoint takes it.
        """
        return UUID(bytes=uuid5(self.id, "account").bytes, version=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationChange:
    """A change that an organization makes to itself.

    Attributes:
        name: the new name.
        settings: settings to replace as a whole, by name.
        features: features to switch, by name; the others stay.
        enforces_single_sign_on: whether members must sign in through an identity provider.
        accepts_disputes_below: the amount in cents below which disputes are accepted unasked.
    """

    name: str | Unset = UNSET
    settings: Profile = field(default_factory=dict, hash=False)
    features: Profile = field(default_factory=dict, hash=False)
    enforces_single_sign_on: bool = False
    accepts_disputes_below: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationQuery:
    """Which organizations of those that the subject may see, and which page of them.

    Attributes:
        slug: with this slug, in any letter case; None for any.
        page: the page asked for.
    """

    slug: str | None = None
    page: listing.PageRequest = field(default_factory=listing.PageRequest)
