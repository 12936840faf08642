"""A sentence for each field of bodies that have many forms, or lie within others.

The documents take it where the field has no sentence of its own.
"""

from collections.abc import Mapping

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
