"""An organization as the JSON bytes that the wire sends; key order is the contract's."""

import json

from icefloe.domain.values import moments
from icefloe.domain.values.organizations import Organization

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)

# Keys of older times, which no organization uses and every answer has.
_LEGACY = {
    "bio": None,
    "company": None,
    "blog": None,
    "location": None,
    "twitter_username": None,
    "pledge_minimum_amount": 0,
    "pledge_badge_show_amount": False,
    "default_upfront_split_to_contributors": None,
}
# What is reviewed and granted by people at the reference: here, always.
_STANDING = {
    "status": "active",
    "details_submitted_at": None,
    "onboarding_resubmission_requested_at": None,
    "sso_enforced": False,
}
_CAPABILITIES = {
    "checkout_payments": True,
    "subscription_renewals": True,
    "payouts": True,
    "refunds": True,
    "api_access": True,
    "dashboard_access": True,
}
_NOTIFICATION_SETTINGS = {
    "new_order": True,
    "new_subscription": True,
    "chargeback_prevention": True,
    "subscription_renewal": False,
}


def render(organization: Organization) -> bytes:
    """The wire document of an organization: the defaults, and what its profile has instead."""
    settings, modified_at = organization.settings, organization.modified_at
    subscription = settings["subscription_settings"]
    modified_at = organization.modified_at
    document = {
        "created_at": moments.render(organization.created_at),
        "modified_at": modified_at and moments.render(modified_at),
        "id": str(organization.id),
        "name": organization.name,
        "slug": organization.slug,
        "avatar_url": settings["avatar_url"],
        "proration_behavior": subscription["proration_behavior"],
        "allow_customer_updates": subscription["allow_customer_updates"],
        **_LEGACY,
        "email": settings["email"],
        "website": settings["website"],
        "socials": settings["socials"],
        **_STANDING,
        "default_presentment_currency": settings["default_presentment_currency"],
        "default_tax_behavior": settings["default_tax_behavior"],
        "feature_settings": settings["feature_settings"],
        "subscription_settings": subscription,
        "customer_email_settings": settings["customer_email_settings"],
        "customer_portal_settings": settings["customer_portal_settings"],
        "dispute_settings": {"auto_accept_below_amount": None},
        "embed_hosts": settings["embed_hosts"],
        "embed_hosts_enforced": True,
        "country": settings["country"],
        "account_id": str(organization.account_id),
        "payout_account_id": None,
        "capabilities": _CAPABILITIES,
        "notification_settings": _NOTIFICATION_SETTINGS,
    }
    return _ENCODER.encode(document).encode()
