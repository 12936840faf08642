"""A sentence for each field of bodies that have many forms, or lie within others, and their examples.

The documents take them where a field or a body has none of its own.
"""

from collections.abc import Mapping
from typing import Any

SENTENCES: Mapping[str, str] = {
    "amount_type": "How the price says what is to be paid.",
    "cap_amount": "What is paid at most in a period, in cents.",
    "custom_field_id": "The field's identifier.",
    "description": "What customers read: 3 to 42 characters.",
    "maximum_amount": "The largest amount that the customer can choose, in cents.",
    "metadata": "Up to 50 texts, numbers and booleans of your own. A change replaces them all.",
    "meter_id": "The meter that counts the units.",
    "minimum_amount": "The smallest amount that the customer can choose, in cents.",
    "minimum_units": "The smallest quantity.",
    "organization_id": "Not with an organization's token, which says it already.",
    "preset_amount": "The amount that is suggested, in cents.",
    "price_amount": "What is paid, in cents: 0, or 50 and more.",
    "price_currency": "The currency's ISO 4217 code, in lower case.",
    "properties": "What the benefit consists of. A change replaces it as a whole.",
    "required": "Whether customers must fill it in.",
    "seat_tiers": "What seats cost, by their number.",
    "tax_behavior": "How the price relates to its tax; null where the organization's way applies.",
    "tiers": "What units cost, by their number.",
    "type": "What kind of thing it is.",
    "unit_amount": "What a unit costs, in cents, with up to twelve decimals.",
    "unit_label": "What people call a unit, by language.",
    "visibility": "Who sees it; by default customers do, but not a feature flag.",
}
"""By the field's name."""

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
}
"""An example for each schema of a body that brings none itself."""
