"""A list request as a value: filters, sorting and page."""

from dataclasses import dataclass, field
from typing import Literal

from icefloe.domain.values import metadata

SortProperty = Literal["created_at", "email", "name"]

DEFAULT_LIMIT = 10
MAX_LIMIT = 100
# No list is this long; a page beyond it is empty whatever its number, and offsets stay in 64 bits.
_MAX_OFFSET = 2**62


@dataclass(frozen=True, slots=True)
class Sort:
    """One sorting criterion."""

    property: SortProperty
    descending: bool = False


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page, counted from 1, of how many items at most.

    Attributes:
        page: page number, at least 1, of any size.
        limit: items in a page, from 1 to `MAX_LIMIT`.
    """

    page: int = 1
    limit: int = DEFAULT_LIMIT

    @property
    def offset(self) -> int:
        """How many items come before the page, never more than a database can count."""
        return min((self.page - 1) * self.limit, _MAX_OFFSET)

    def max_page(self, total_count: int) -> int:
        """The number of the last page that holds an item; 0 where there is none."""
        return -(-total_count // self.limit)


@dataclass(frozen=True, slots=True)
class MetadataFilter:
    """Passes customers whose metadata has, at `key`, one of `values` (by their JSON text)."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CustomerQuery:
    """Which customers of one organization, in which order, and which page of them.

    All filters must hold at once. A filter that is None passes every customer.

    Attributes:
        email: exact address, letter case aside.
        query: text found anywhere in e-mail, name or billing name, or at the start of the external
            id; letter case aside.
        metadata: all must match.
        active: whether the customer has a subscription that is active, on trial or past due.
        sorting: applied in order; the storage adds a unique last criterion.
        page: the page asked for.
        matches_nobody: whether no customer can match, whatever is stored.
    """

    email: str | None = None
    query: str | None = None
    metadata: tuple[MetadataFilter, ...] = ()
    active: bool | None = None
    sorting: tuple[Sort, ...] = (Sort("created_at", descending=True),)
    page: PageRequest = field(default_factory=PageRequest)
    # Computed once: the same query is asked again and again.
    matches_nobody: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "matches_nobody", self._matches_nobody())

    def _matches_nobody(self) -> bool:
        """No customer has more metadata keys than allowed, or a NUL in a text."""
        if len(self.metadata) > metadata.MAX_KEYS:
            return True
        return (
            "\0" in (self.email or "")
            or "\0" in (self.query or "")
            or any(
                "\0" in wanted.key or all("\0" in value for value in wanted.values)
                for wanted in self.metadata
            )
        )


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list.

    Attributes:
        items: the documents on it, joined by commas, as between the brackets of a JSON list.
        total_count: how many there are on all pages.
    """

    items: bytes
    total_count: int


EMPTY_PAGE = Page(b"", 0)
