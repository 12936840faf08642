"""Every page can be used by everybody: in light and dark, on a desk and on a telephone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize

from dashboard import accessibility, addresses, browsing
from dashboard.addresses import Furnished
from dashboard.browsing import Window
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
    found = [
        f"{scheme}, {size['width']}: {fault}"
        for scheme in browsing.SCHEMES
        for size in (browsing.DESKTOP, browsing.PHONE)
        for fault in _look(one, scheme, size, axe)
    ]
    assert found == []


def _look(one: Window, scheme: browsing.Scheme, size: ViewportSize, axe: Path) -> list[str]:
    one.page.emulate_media(color_scheme=scheme)
    one.page.set_viewport_size(size)
    overhang: list[str] = one.page.evaluate(_OVERHANG)
    return [*accessibility.find_faults(one.page, axe), *overhang]
