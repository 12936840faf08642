"""Views of the list of customers: query strings that can be shared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from icefloe.domain.values.listing import (
    CustomerQuery,
    MetadataFilter,
    PageRequest,
    Sort,
    SortProperty,
)

Metadata = tuple[tuple[str, str], ...]
"""Keys of metadata with the value that each must have; of one key any of several."""

SIZES = (10, 25, 50, 100)
USUAL_SIZE = 25
USUAL_SORT = "-created_at"

_PROPERTIES: dict[str, SortProperty] = {
    "created_at": "created_at",
    "email": "email",
    "name": "name",
}
_ACTIVITIES = {"true": True, "false": False}
# A page has a link for each filter, which names all others. A customer has no more keys than that.
_MAX_FILTERS = 50
# More digits than any page's number has, and few enough to be read as a number.
_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view of the list.

    Attributes:
        text: looked for in name, e-mail and external id; empty for all customers.
        email: the exact address, letter case aside; empty for all customers.
        active: `true` for customers who are active, `false` for the others; empty for all.
        metadata: keys with the value that each must have; of one key any of several.
        sort: a property, with a minus before it to go down.
        page: counted from 1.
        size: how many customers a page has at most.
    """

    text: str = ""
    email: str = ""
    active: str = ""
    metadata: Metadata = ()
    sort: str = USUAL_SORT
    page: int = 1
    size: int = USUAL_SIZE

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.text or self.email or self.active or self.metadata)

    @property
    def pairs(self) -> list[str]:
        """The metadata filters as the address has them: `key=value`."""
        return render_metadata(self.metadata)

    @property
    def query(self) -> CustomerQuery:
        """What the domain is asked for."""
        return CustomerQuery(
            email=self.email or None,
            query=self.text or None,
            active=_ACTIVITIES.get(self.active),
            metadata=filters_of(self.metadata),
            sorting=(Sort(_PROPERTIES[self.sort.lstrip("-")], self.sort.startswith("-")),),
            page=PageRequest(self.page, self.size),
        )

    def parameters(self, **changes: Any) -> str:
        """The query string of this view with some changes; what is usual is left out.

        A change of anything but the page goes back to the first page.
        """
        if changes and "page" not in changes:
            changes["page"] = 1
        view = replace(self, **changes)
        pairs = [("q", view.text), ("email", view.email), ("active", view.active)]
        pairs += [("metadata", text) for text in view.pairs]
        pairs += [
            ("sort", view.sort if view.sort != USUAL_SORT else ""),
            ("page", str(view.page) if view.page > 1 else ""),
            ("size", str(view.size) if view.size != USUAL_SIZE else ""),
        ]
        return urlencode([(name, value) for name, value in pairs if value])

    def address(self, base: str, **changes: Any) -> str:
        """The address of this view with some changes, at the list's path."""
        parameters = self.parameters(**changes)
        return f"{base}?{parameters}" if parameters else base

    def with_metadata(self, key: str, value: str) -> Metadata:
        """The metadata filters with one more."""
        return self.metadata if (key, value) in self.metadata else (*self.metadata, (key, value))

    def without_metadata(self, key: str, value: str) -> Metadata:
        """The metadata filters without one."""
        return tuple(pair for pair in self.metadata if pair != (key, value))


def read_view(pairs: Iterable[tuple[str, str]]) -> View:
    """The view of a query string; parameters that make no sense are ignored."""
    pairs = list(pairs)
    values = dict(pairs)
    sort = values.get("sort", "")
    active = values.get("active", "")
    size = read_number(values.get("size", ""))
    return View(
        text=values.get("q", "").strip(),
        email=values.get("email", "").strip(),
        active=active if active in _ACTIVITIES else "",
        metadata=read_metadata(pairs),
        sort=sort if sort.removeprefix("-") in _PROPERTIES else USUAL_SORT,
        page=max(read_number(values.get("page", "")), 1),
        size=size if size in SIZES else USUAL_SIZE,
    )


def read_metadata(pairs: Iterable[tuple[str, str]]) -> Metadata:
    """The metadata filters of a query string.

    Besides the parameters of an address there are those of a form: `metadata_key` and
    `metadata_value`, one more filter.
    """
    metadata: list[tuple[str, str]] = []
    values: dict[str, str] = {}
    for name, value in pairs:
        if name == "metadata":
            escaped, sign, wanted = value.partition("=")
            key = escaped.replace("%3D", "=").replace("%25", "%")
            if key and sign and (key, wanted) not in metadata:
                metadata.append((key, wanted))
        else:
            values[name] = value
    added = values.get("metadata_key", "").strip(), values.get("metadata_value", "").strip()
    if added[0] and added not in metadata:
        metadata.append(added)
    return tuple(metadata[:_MAX_FILTERS])


def render_metadata(metadata: Metadata) -> list[str]:
    """Metadata filters as the address has them: `key=value`."""
    return [f"{_escaped(key)}={value}" for key, value in metadata]


def filters_of(metadata: Metadata) -> tuple[MetadataFilter, ...]:
    """Metadata filters as the domain has them."""
    values: dict[str, list[str]] = {}
    for key, value in metadata:
        values.setdefault(key, []).append(value)
    return tuple(MetadataFilter(key, tuple(found)) for key, found in values.items())


def _escaped(key: str) -> str:
    """A key as it stands before the sign that ends it."""
    return key.replace("%", "%25").replace("=", "%3D")


def read_number(text: str) -> int:
    """A number in an address; 0 for anything else."""
    is_number = text.isascii() and text.isdecimal()
    return int(text) if is_number and len(text) <= _MAX_DIGITS else 0
