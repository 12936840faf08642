"""Views of the lists of commerce: query strings that can be shared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from icefloe.dashboard.customers.queries import (
    Metadata,
    filters_of,
    read_metadata,
    read_number,
    render_metadata,
)
from icefloe.domain.values.commerce import Filter, ObjectQuery, Order, Relation
from icefloe.domain.values.listing import PageRequest

SIZE = 25
"""Rows of a page."""


@dataclass(frozen=True, slots=True)
class Field:
    """A filter that a list offers.

    Attributes:
        name: of the parameter.
        label: what people read.
        find: the filter for a value's text; None where it makes no sense.
        kind: what it is in a form.
        options: the values to choose from and their texts, where they are always the same.
    """

    name: str
    label: str
    find: Callable[[str], Filter | None]
    kind: Literal["choice", "text", "moment"] = "text"
    options: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """How a list can be looked at.

    Attributes:
        fields: its filters.
        sorts: the properties that it can be sorted by.
        usual_sort: the order unless another is asked for.
        searched: what its objects are searched by, in words; None where they are not.
    """

    fields: tuple[Field, ...]
    sorts: frozenset[str]
    usual_sort: str
    searched: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view of a list.

    Attributes:
        listing: the list.
        text: what objects are searched for; empty for all.
        values: the texts of filters by their fields' names, those that make sense.
        metadata: keys with the value that each must have; of one key any of several.
        sort: a property, with a minus before it to go down.
        page: counted from 1.
    """

    listing: Listing
    text: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    metadata: Metadata = ()
    sort: str
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.text or self.values or self.metadata)

    @property
    def pairs(self) -> list[str]:
        """The metadata filters as the address has them: `key=value`."""
        return render_metadata(self.metadata)

    @property
    def query(self) -> ObjectQuery:
        """What the domain is asked for."""
        found = [
            one.find(self.values[one.name])
            for one in self.listing.fields
            if one.name in self.values
        ]
        return ObjectQuery(
            page=PageRequest(self.page, SIZE),
            filters=tuple(one for one in found if one is not None),
            text=self.text or None,
            metadata=filters_of(self.metadata),
            sorting=(Order(self.sort.removeprefix("-"), self.sort.startswith("-")),),
        )

    def address(self, base: str, **changes: Any) -> str:
        """The address of this view with some changes, at the list's path; what is usual is left out.

        A change of anything but the page goes back to the first page.
        """
        if changes and "page" not in changes:
            changes["page"] = 1
        view = replace(self, **changes)
        pairs = [("q", view.text), *view.values.items()]
        pairs += [("metadata", text) for text in view.pairs]
        pairs += [
            ("sort", view.sort if view.sort != self.listing.usual_sort else ""),
            ("page", str(view.page) if view.page > 1 else ""),
        ]
        parameters = urlencode([(name, value) for name, value in pairs if value], safe=":")
        return f"{base}?{parameters}" if parameters else base

    def without_metadata(self, key: str, value: str) -> Metadata:
        """The metadata filters without one."""
        return tuple(pair for pair in self.metadata if pair != (key, value))


def read_view(listing: Listing, pairs: Iterable[tuple[str, str]]) -> View:
    """The view of a query string; parameters that make no sense are ignored."""
    pairs = list(pairs)
    given = {name: value.strip() for name, value in pairs}
    values = {
        one.name: given[one.name]
        for one in listing.fields
        if given.get(one.name) and one.find(given[one.name]) is not None
    }
    sort = given.get("sort", "")
    return View(
        listing=listing,
        text=given.get("q", "") if listing.searched else "",
        values=values,
        metadata=read_metadata(pairs),
        sort=sort if sort.removeprefix("-") in listing.sorts else listing.usual_sort,
        page=max(read_number(given.get("page", "")), 1),
    )


# --- kinds of fields --------------------------------------------------------------------------------


def by_word(name: str, label: str, words: type[StrEnum]) -> Field:
    """A choice among the words of an enumeration."""

    def find(text: str) -> Filter | None:
        return Filter(name, (text,)) if text in list(words) else None

    return Field(name, label, find, "choice", [(one, one.replace("_", " ")) for one in words])


def by_flag(name: str, label: str, yes: str, no: str) -> Field:
    """A choice between what is so and what is not."""
    filters = {"true": Filter(name, (True,)), "false": Filter(name, (False,))}
    return Field(name, label, filters.get, "choice", [("true", yes), ("false", no)])


def by_id(name: str, label: str, *, is_choice: bool = False) -> Field:
    """An identifier, typed or chosen among those that the page offers."""

    def find(text: str) -> Filter | None:
        try:
            return Filter(name, (UUID(text),))
        except ValueError:
            return None

    return Field(name, label, find, "choice" if is_choice else "text")


def by_text(name: str, label: str) -> Field:
    """A text to the letter."""
    # No stored text has a NUL, and PostgreSQL takes none: nothing is found.
    return Field(name, label, lambda text: Filter(name, () if "\0" in text else (text,)))


def by_moment(name: str, label: str, column: str, relation: Relation) -> Field:
    """A moment in UTC, as a field for a local time holds it."""

    def find(text: str) -> Filter | None:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        if moment.tzinfo is not None:
            return None
        return Filter(column, (moment.replace(tzinfo=UTC),), relation)

    return Field(name, label, find, "moment")
