"""Lists of commerce as values: which objects of a resource, in which order, and which page of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from icefloe.domain.values import limits, metadata
from icefloe.domain.values.documents import Document
from icefloe.domain.values.listing import MetadataFilter, PageRequest

Value = str | int | bool | UUID | datetime | None
Relation = Literal["one of", "none of", "from", "until"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Passes objects by the value of one column or link.

    Attributes:
        name: the column's or the link's name, as the storage's table of resources declares it.
        values: what is compared with; one value for `from` and `until`.
        relation: `one of` or `none of` the values; at a moment `from` the value on, or `until` it.
    """

    name: str
    values: tuple[Value, ...]
    relation: Relation = "one of"


@dataclass(frozen=True, slots=True)
class Order:
    """One sorting criterion, by a column's name; an absent value is behind all others."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectQuery:
    """Which objects of one organization, in which order, and which page of them.

    All filters must hold at once.

    Attributes:
        page: the page asked for.
        filters: by columns and links.
        text: found anywhere in the text that the resource is searched by, letter case aside; `%`
            stands for any characters and `_` for one, unless a backslash is before it.
        metadata: all must match.
        sorting: applied in order; the storage adds a unique last criterion.
    """

    page: PageRequest
    filters: tuple[Filter, ...] = ()
    text: str | None = None
    metadata: tuple[MetadataFilter, ...] = ()
    sorting: tuple[Order, ...] = (Order("created_at", descending=True),)

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the organization narrows the list."""
        return bool(self.filters or self.text or self.metadata)

    @property
    def matches_nothing(self) -> bool:
        """Whether no object can match, whatever is stored: no text has a NUL, or is that long."""
        text = self.text or ""
        if len(self.metadata) > metadata.MAX_KEYS or "\0" in text:
            return True
        if len(text) > limits.MAX_OBJECT_TEXT:
            return True
        return any(
            "\0" in wanted.key or all("\0" in value for value in wanted.values)
            for wanted in self.metadata
        )


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as a snapshot holds it.

    Attributes:
        document: its document.
        deleted_at: when it was deleted, or None.
    """

    document: Document
    deleted_at: datetime | None = None
