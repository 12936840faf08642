"""A customer's state: the customer, and what is active for it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain.ports import storage

# There are no subscriptions, benefits or meters here; the reference shows empty lists too.
_NOTHING_ACTIVE = b',"active_subscriptions":[],"granted_benefits":[],"active_meters":[]}'


def render(document: bytes) -> bytes:
    """The wire document of a customer's state, of the customer's wire document."""
    return document[:-1] + _NOTHING_ACTIVE


async def find(tables: storage.Tables, organization_id: UUID, customer_id: UUID) -> bytes | None:
    """The wire document of a customer's state; None for a customer that is not there, or deleted."""
    document = await tables.customers.find_document(organization_id, customer_id)
    return None if document is None else render(document)
