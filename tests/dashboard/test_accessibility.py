"""Every page can be used by everybody: in light and dark, on a desk and on a telephone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect

from dashboard import accessibility, addresses, browsing
from dashboard.addresses import Furnished
from dashboard.browsing import Insider, Window
from icefloe.dashboard.pages import Access, Page

_PAGES = pytest.mark.parametrize("page", addresses.SHOWN, ids=addresses.name_of)
# What goes over the page's right edge, and does not do so inside of what scrolls by itself.
_OVERHANG = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const scrolls = one => one && one !== document.body
        && (getComputedStyle(one).overflowX !== 'visible' || scrolls(one.parentElement));
    return [...document.querySelectorAll('body *')]
        .filter(one => one.getBoundingClientRect().right > width && !scrolls(one.parentElement))
        .map(one => `${one.outerHTML.slice(0, 120)} ends at ${one.getBoundingClientRect().right}`);
}"""


# Addresses of an organization without anything, and of one that has some of everything.
_EMPTY = (
    "",
    "/customers",
    "/products",
    "/subscriptions",
    "/orders",
    "/settings/tokens",
    "/settings/webhooks",
    "/settings/webhooks/deliveries",
    "/settings/people",
)
_UNUSUAL = (
    "/customers?q=nobody+is+called+that",
    "/customers?metadata=plan%3Dpro&email=nobody%40example.com",
    "/customers?page=99",
    "/customers?size=100&sort=-name",
    "?by=month",
    "/products?q=no+product+is+called+that",
    "/subscriptions?active=true&started_after=2026-01-01T00:00:00&metadata=a%3Db",
    "/orders?status=paid&sort=-net_amount",
    "/orders?page=99",
    "/settings/webhooks/deliveries?outcome=failed&code=5xx&from=2026-01-01T00:00:00",
    "/settings/webhooks/deliveries?q=no+delivery+has+that",
    "/settings/webhooks/deliveries?page=99",
    "/no/such/page",
)
# Where a form is, and the button that sends it.
_FORMS = {
    "/customers/new": "Create customer",
    "/customers/import": "Look at the file",
    "/settings/tokens/new": "Create the token",
    "/settings/webhooks/new": "Create the endpoint",
    "/settings": "Save",
}


@_PAGES
def test_every_page(
    open_window: Callable[..., Window], furnished: Furnished, page: Page, axe: Path
) -> None:
    """No page has a serious fault, or scrolls sideways on a telephone."""
    # Whoever is signed in sees nothing of the sign-in page and its like.
    person = None if page.access is Access.ANYBODY else furnished.owner
    one = open_window(person, bypass_csp=True, reduced_motion="reduce")
    path = furnished.path(page)
    if not browsing.is_page(one.ask("GET", path)):
        return
    one.go(path)
    assert _look_at_all(one, axe) == []


@pytest.mark.parametrize("path", _EMPTY)
def test_nothing_yet(
    open_window: Callable[..., Window], stranger: Insider, path: str, axe: Path
) -> None:
    """Nor has a page on which there is nothing yet; it says what to do next."""
    one = open_window(stranger, bypass_csp=True, reduced_motion="reduce")
    one.go(stranger.home + path)
    assert _look_at_all(one, axe) == []
    assert one.page.locator("main .button").count() > 0


@pytest.mark.parametrize("path", _UNUSUAL)
def test_unusual(
    open_window: Callable[..., Window], furnished: Furnished, path: str, axe: Path
) -> None:
    """Nor has a page that shows nobody, everybody, or that there is no such page."""
    one = open_window(furnished.owner, bypass_csp=True, reduced_motion="reduce")
    one.go(furnished.owner.home + path)
    assert _look_at_all(one, axe) == []


@pytest.mark.parametrize("path", _FORMS)
def test_mistakes(
    open_window: Callable[..., Window], furnished: Furnished, path: str, axe: Path
) -> None:
    """Nor has a form that was sent with mistakes; the focus is on what is said of them."""
    one = open_window(furnished.owner, bypass_csp=True, reduced_motion="reduce")
    one.go(furnished.owner.home + path)
    page = one.page
    page.evaluate("() => document.querySelector('main form').noValidate = true")
    for field in page.locator("main form :is(input[type=text], input[type=email]):visible").all():
        field.fill("")
    page.get_by_role("button", name=_FORMS[path], exact=True).last.click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert page.locator("[aria-invalid=true]").count() > 0
    assert _look_at_all(one, axe) == []


@pytest.mark.parametrize("size", [browsing.DESKTOP, browsing.PHONE], ids=["desk", "telephone"])
def test_menus(
    open_window: Callable[..., Window], furnished: Furnished, size: ViewportSize, axe: Path
) -> None:
    """Nor has a menu that is open; Escape closes it, and the focus is where it was opened."""
    one = open_window(furnished.owner, bypass_csp=True, reduced_motion="reduce", viewport=size)
    one.go(f"{furnished.owner.home}/customers")
    menus = one.page.locator("details.menu > summary")
    assert menus.count() == 3
    for menu in menus.all():
        menu.press("Enter")
        expect(menu.locator("xpath=..")).to_have_attribute("open", "")
        for scheme in browsing.SCHEMES:
            assert _look(one, scheme, size, axe) == []
        one.page.keyboard.press("Escape")
        expect(menu.locator("xpath=..")).not_to_have_attribute("open", "")
        expect(menu).to_be_focused()


def _look_at_all(one: Window, axe: Path) -> list[str]:
    return [
        f"{scheme}, {size['width']}: {fault}"
        for scheme in browsing.SCHEMES
        for size in (browsing.DESKTOP, browsing.PHONE)
        for fault in _look(one, scheme, size, axe)
    ]


def _look(one: Window, scheme: browsing.Scheme, size: ViewportSize, axe: Path) -> list[str]:
    one.page.emulate_media(color_scheme=scheme)
    one.page.set_viewport_size(size)
    overhang: list[str] = one.page.evaluate(_OVERHANG)
    return [*accessibility.find_faults(one.page, axe), *overhang]
