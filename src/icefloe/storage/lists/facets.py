"""Facets: the values of a customer that decide its position in lists and which filters find it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from icefloe.storage import customer_rows
from icefloe.storage.transaction import moment

if TYPE_CHECKING:
    from icefloe.domain.values.customers import Customer

# In the change log, this key beside those of the metadata marks an active customer: no key of metadata
# has a NUL in it.
_ACTIVE = "\0active"


@dataclass(frozen=True, slots=True)
class Facets:
    """A customer who is not deleted, as the indexes and the side tables have it.

    Attributes:
        sequence: the customer's number in the order of insertion.
        created_at: microseconds since 1970.
        email_key: the sort key of the e-mail address; `name_key` is that of the name.
        is_active: whether the customer has a subscription that lists count as active.
        texts: what `customer_search` holds: e-mail, name, billing name, external id.
        metadata: what `customer_metadata` holds: keys and values.
    """

    sequence: int
    created_at: int
    email_key: bytes
    name_key: bytes
    is_active: bool
    texts: tuple[str | None, ...]
    metadata: dict[str, str]

    @classmethod
    def of(
        cls, customer: Customer, sequence: int, email_key: bytes, name_key: bytes
    ) -> Facets | None:
        """The facets of a customer with these sort keys; None for a deleted one, who is in no list."""
        if customer.deleted_at is not None:
            return None
        return cls(
            sequence=sequence,
            created_at=moment(customer.created_at) or 0,
            email_key=email_key,
            name_key=name_key,
            is_active=customer.is_active,
            texts=customer_rows.search_texts_of(customer),
            metadata=dict(customer_rows.metadata_texts_of(customer)),
        )

    def render(self) -> str:
        """The JSON text in the change log."""
        keys = (self.email_key.hex(), self.name_key.hex())
        # Servers of versions before subscriptions, which may run beside this one, read six values.
        marked = {**self.metadata, _ACTIVE: ""} if self.is_active else self.metadata
        return json.dumps(
            [self.sequence, self.created_at, *keys, self.texts, marked], ensure_ascii=False
        )

    @classmethod
    def read(cls, text: str | None) -> Facets | None:
        """The facets that `render` made a text of; None for None."""
        if text is None:
            return None
        sequence, created_at, email_key, name_key, texts, metadata = json.loads(text)
        return cls(
            sequence=sequence,
            created_at=created_at,
            email_key=bytes.fromhex(email_key),
            name_key=bytes.fromhex(name_key),
            is_active=metadata.pop(_ACTIVE, None) is not None,
            texts=tuple(texts),
            metadata=metadata,
        )
