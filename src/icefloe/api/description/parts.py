"""A sentence for each field of bodies that have many forms, or lie within others, and their examples.

The documents take them where a field or a body has none of its own.
"""

from collections.abc import Mapping
from typing import Any

SENTENCES: Mapping[str, str] = {
    "amount_type": "How the price says what is to be paid.",
    "cancel_at_period_end": "Whether to end with the present period; false has it go on.",
    "cap_amount": "What is paid at most in a period, in cents.",
    "current_billing_period_end": "When the present period ends.",
    "custom_field_id": "The field's identifier.",
    "customer_cancellation_comment": "The same, in the customer's words.",
    "customer_cancellation_reason": "Why the customer no longer wants it.",
    "customer_id": "The customer's identifier.",
    "description": "What customers read: 3 to 42 characters.",
    "discount_id": "The discount to put on it; null takes it off.",
    "external_customer_id": "Your own name for the customer.",
    "maximum_amount": "The largest amount that the customer can choose, in cents.",
    "metadata": "Up to 50 texts, numbers and booleans of your own. A change replaces them all.",
    "meter_id": "The meter that counts the units.",
    "minimum_amount": "The smallest amount that the customer can choose, in cents.",
    "minimum_units": "The smallest quantity.",
    "organization_id": "Not with an organization's token, which says it already.",
    "pause_at_period_end": "Whether to pause after the present period; false has it go on.",
    "pending_update": "Null: the next period brings no change.",
    "preset_amount": "The amount that is suggested, in cents.",
    "price_amount": "What is paid, in cents: 0, or 50 and more.",
    "price_currency": "The currency's ISO 4217 code, in lower case.",
    "product_id": "The product's identifier.",
    "properties": "What the benefit consists of. A change replaces it as a whole.",
    "proration_behavior": "How the rest of the present period is paid for.",
    "required": "Whether customers must fill it in.",
    "resume": "True: the pause ends now.",
    "resumes_at": "When the pause ends; null if the customer says so.",
    "revoke": "True: it ends now.",
    "seat_tiers": "What seats cost, by their number.",
    "seats": "How many seats there are.",
    "tax_behavior": "How the price relates to its tax; null where the organization's way applies.",
    "tiers": "What units cost, by their number.",
    "trial_end": "When its trial ends; `now` ends it.",
    "type": "What kind of thing it is.",
    "unit_amount": "What a unit costs, in cents, with up to twelve decimals.",
    "unit_label": "What people call a unit, by language.",
    "units": "How many units there are.",
    "visibility": "Who sees it; by default customers do, but not a feature flag.",
}
"""By the field's name."""

_PRODUCT_ID = "d8dd2de1-21b7-4a41-8bc3-ce909c0cfe23"
_CUSTOMER_ID = "992fae2a-2a17-4b7a-8d9e-e287cf90131b"
_SUBSCRIPTIONS: Mapping[str, Mapping[str, Any]] = {
    "SubscriptionCreateCustomer": {"product_id": _PRODUCT_ID, "customer_id": _CUSTOMER_ID},
    "SubscriptionCreateExternalCustomer": {
        "product_id": _PRODUCT_ID,
        "external_customer_id": "usr_1337",
    },
    "SubscriptionUpdateBase": {"product_id": _PRODUCT_ID, "proration_behavior": "prorate"},
    "SubscriptionUpdateSeats": {"seats": 5},
    "SubscriptionUpdateUnits": {"units": 5},
    "SubscriptionUpdateBillingPeriod": {"current_billing_period_end": "2027-01-31T12:00:00Z"},
    "SubscriptionCancel": {
        "cancel_at_period_end": True,
        "customer_cancellation_reason": "too_expensive",
    },
    "SubscriptionRevoke": {"revoke": True},
    "SubscriptionPause": {"pause_at_period_end": True, "resumes_at": "2027-01-31T12:00:00Z"},
    "SubscriptionResume": {"resume": True},
    "SubscriptionUpdateClear": {"pending_update": None},
}
"""By the name of the body's schema."""

_PROPERTIES: Mapping[str, Mapping[str, Any]] = {
    "custom": {"note": "Write to help@example.com."},
    "discord": {"guild_token": "…", "role_id": "1204", "kick_member": False},
    "github_repository": {
        "repository_owner": "example",
        "repository_name": "sources",
        "permission": "pull",
    },
    "downloadables": {"files": ["d4a1c3de-9a3f-4f0e-8a53-2f1d7a0d9f11"]},
    "license_keys": {"prefix": "PRO", "activations": {"limit": 3, "enable_customer_admin": True}},
    "meter_credit": {
        "units": 100,
        "rollover": False,
        "meter_id": "ad5a3d5e-9c43-4d3c-8b58-3a0f7c1f9e20",
    },
    "feature_flag": {},
    "slack_shared_channel": {
        "slack_integration_id": "0c0e5b0a-7f7c-4b5e-9f57-5a1c6a1b2d3e",
        "channel_name_template": "example",
    },
}
"""By the type of a benefit, what a new one may have."""


def _name(kind: str) -> str:
    words = "".join([word.capitalize() for word in kind.split("_")])
    return f"Benefit{words.replace('Github', 'GitHub')}"


EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    **{
        f"{_name(kind)}Create": {"type": kind, "description": "Support", "properties": properties}
        for kind, properties in _PROPERTIES.items()
    },
    **{
        f"{_name(kind)}Update": {"type": kind, "description": "Support by chat"}
        for kind in _PROPERTIES
    },
    **_SUBSCRIPTIONS,
}
"""An example for each schema of a body that brings none itself."""
