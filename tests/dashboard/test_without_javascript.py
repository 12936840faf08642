"""Everything can be read, and the forms sent, with JavaScript switched off."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from dashboard import addresses, browsing
from dashboard.addresses import Furnished
from dashboard.browsing import Window
from icefloe.dashboard.pages import Access, Page

_PAGES = pytest.mark.parametrize("page", addresses.SHOWN, ids=addresses.name_of)


@pytest.fixture
def plain(open_window: Callable[..., Window], furnished: Furnished) -> Window:
    """A browser without JavaScript that the organization's owner is signed in with."""
    return open_window(furnished.owner, java_script_enabled=False)


@_PAGES
def test_every_page(plain: Window, furnished: Furnished, page: Page) -> None:
    """Each page has a title and a heading, and shows nothing that needs JavaScript to do its work."""
    path = furnished.path(page)
    if not browsing.is_page(plain.ask("GET", path)):
        return
    assert plain.go(path).status < 400
    expect(plain.page.get_by_role("heading", level=1)).to_have_count(1)
    expect(plain.page.get_by_role("heading", level=1)).to_be_visible()
    assert plain.page.title().partition(" · ")[0]
    idle = plain.page.locator("button[type=button]:visible")
    assert idle.all_inner_texts() == []
    # What htmx asks for, a plain link or form asks for too, or the link in it.
    asking = plain.page.locator("[hx-get]:not(a[href]):not(form [hx-get]):not(form)")
    assert asking.filter(has_not=plain.page.locator("a[href]")).all_inner_texts() == []


@_PAGES
def test_headers(plain: Window, furnished: Furnished, page: Page) -> None:
    """Each page forbids scripts and styles of anybody else's, frames, and being kept."""
    if page.access is Access.ANYBODY:
        plain.page.context.clear_cookies()
    headers = plain.ask("GET", furnished.path(page)).headers
    policy = dict(
        rule.strip().partition(" ")[::2] for rule in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert "no-store" in headers["cache-control"]
