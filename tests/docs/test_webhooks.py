"""`docs/webhooks.md` against the events that there are."""

from typing import get_args

from docs import pages
from icefloe.domain.values.events import CommerceEventType, EventType


def test_types() -> None:
    """The page's table has every type that is sent, once, and no other."""
    rows = [row for row in pages.find_rows(pages.read("docs/webhooks.md")) if len(row) == 2]
    named = [code for row in rows for code in pages.find_code(row[0]) if "." in code]

    assert sorted(named) == sorted((*get_args(EventType), *get_args(CommerceEventType)))
