"""Benefit grants as values: that a customer has a benefit, or had it."""

from icefloe.domain.values.documents import Document


def properties_of(grant: Document) -> Document:
    """What lists and states show of what a grant consists of; credits show in webhooks alone."""
    properties: Document = grant["properties"]
    return {} if "last_credited_units" in properties else properties
