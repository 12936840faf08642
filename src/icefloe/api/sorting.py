"""The `sorting` parameter: repeated words, each a property with a minus before it to go down."""

from collections.abc import Iterable
from enum import StrEnum

from icefloe.domain.values.listing import Sort, SortProperty


class CustomerSortProperty(StrEnum):
    """What customers can be sorted by."""

    created_at = "created_at"
    created_at_descending = "-created_at"
    email = "email"
    email_descending = "-email"
    name = "name"
    name_descending = "-name"


class MemberSortProperty(StrEnum):
    """What members can be sorted by."""

    created_at = "created_at"
    created_at_descending = "-created_at"


class OrganizationSortProperty(StrEnum):
    """What organizations can be sorted by; a token sees one, so none of them changes an answer."""

    created_at = "created_at"
    created_at_descending = "-created_at"
    slug = "slug"
    slug_descending = "-slug"
    name = "name"
    name_descending = "-name"
    next_review_threshold = "next_review_threshold"
    next_review_threshold_descending = "-next_review_threshold"
    days_in_status = "days_in_status"
    days_in_status_descending = "-days_in_status"


_PROPERTIES: dict[str, SortProperty] = {
    "created_at": "created_at",
    "email": "email",
    "name": "name",
}
_SORTS = {
    word: Sort(_PROPERTIES[word.removeprefix("-")], descending=word.startswith("-"))
    for word in CustomerSortProperty
}


def read_sorting(words: Iterable[CustomerSortProperty]) -> tuple[Sort, ...]:
    """The criteria, in the order they are applied."""
    return tuple(_SORTS[word] for word in words)
