"""A list request as a value: pages, and what can be known without asking a storage."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icefloe.domain.values import metadata
from icefloe.domain.values.listing import CustomerQuery, MetadataFilter, PageRequest


@pytest.mark.parametrize(
    ("page", "limit", "offset"), [(1, 10, 0), (2, 10, 10), (3, 7, 14), (1, 100, 0), (101, 1, 100)]
)
def test_pages_follow_one_another(page: int, limit: int, offset: int) -> None:
    """Before a page come all those of the pages before."""
    assert PageRequest(page, limit).offset == offset


@pytest.mark.parametrize("page", [2**62, 2**63, 2**64 + 1, 10**100])
def test_offsets_can_be_counted_by_a_database(page: int) -> None:
    """However large a page's number, what comes before it fits into 64 bits."""
    assert 2**61 < PageRequest(page, 100).offset < 2**63


@pytest.mark.parametrize(
    ("total", "limit", "last"),
    [(0, 10, 0), (1, 10, 1), (10, 10, 1), (11, 10, 2), (100, 1, 100), (2**53 + 1, 1, 2**53 + 1)],
)
def test_the_last_page(total: int, limit: int, last: int) -> None:
    """The last page is the last that holds anybody; without anybody there is none."""
    assert PageRequest(1, limit).max_page(total) == last


@given(st.integers(0, 10_000), st.integers(1, 100))
def test_the_last_page_holds_somebody(total: int, limit: int) -> None:
    """The last page begins before the end, and the one after it does not."""
    last = PageRequest(1, limit).max_page(total)

    assert total == 0 or PageRequest(last, limit).offset < total
    assert PageRequest(last + 1, limit).offset >= total


@pytest.mark.parametrize(
    "query",
    [
        CustomerQuery(email="a\0b"),
        CustomerQuery(query="\0"),
        CustomerQuery(metadata=(MetadataFilter("a\0", ("x",)),)),
        CustomerQuery(metadata=(MetadataFilter("a", ("\0",)),)),
        CustomerQuery(metadata=(MetadataFilter("a", ("x",)), MetadataFilter("b", ("\0", "x\0")))),
        CustomerQuery(
            metadata=tuple(MetadataFilter(f"k{at}", ("x",)) for at in range(metadata.MAX_KEYS + 1))
        ),
    ],
)
def test_matches_nobody(query: CustomerQuery) -> None:
    """No customer has a NUL, or more metadata than is allowed."""
    assert query.matches_nobody


@pytest.mark.parametrize(
    "query",
    [
        CustomerQuery(),
        CustomerQuery(active=True),
        CustomerQuery(active=False),
        CustomerQuery(email="", query=""),
        CustomerQuery(email="a@b.c", query="x", metadata=(MetadataFilter("a", ("x",)),)),
        CustomerQuery(metadata=(MetadataFilter("a", ("x", "\0")),)),
        CustomerQuery(
            metadata=tuple(MetadataFilter(f"k{at}", ("x",)) for at in range(metadata.MAX_KEYS))
        ),
    ],
)
def test_may_match_somebody(query: CustomerQuery) -> None:
    """Whatever some customer could hold has to be looked for."""
    assert not query.matches_nobody


def test_a_query_is_a_value() -> None:
    """Equal requests are equal and hash alike, and none can be changed."""
    made = [CustomerQuery(query="x", metadata=(MetadataFilter("a", ("b",)),)) for _ in range(2)]

    assert made[0] == made[1]
    assert len(set(made)) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        made[0].query = "y"  # type: ignore[misc]
