"""Everything is reached by keyboard, and one sees where one is."""

from collections.abc import Callable

import pytest

from dashboard import addresses, browsing
from dashboard.addresses import Furnished
from dashboard.browsing import Window
from icefloe.dashboard.pages import Access, Page

_PAGES = pytest.mark.parametrize("page", addresses.SHOWN, ids=addresses.name_of)
_MOST_STEPS = 400
# What can be used and is seen, but for radio buttons: of those that belong together one is reached.
_NUMBER_THEM = """() => {
    const all = [...document.querySelectorAll(
        'a[href], button, input:not([type=hidden]):not([type=radio]), select, textarea, summary'
    )].filter(one => !one.disabled && one.checkVisibility({visibilityProperty: true})
        // The button that Enter presses, which is there for nothing else.
        && !one.matches('[tabindex="-1"][aria-hidden=true]'));
    all.forEach((one, at) => one.dataset.tabTest = at);
    document.activeElement?.blur();
    return all.map(one => one.outerHTML.slice(0, 100));
}"""
# The focused one's number, and whether it is told apart from how it looks without focus.
_WHERE = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const look = () => {
        const style = getComputedStyle(one);
        return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor,
                style.backgroundColor, style.textDecorationLine].join('|');
    };
    const focused = look();
    const outlined = getComputedStyle(one).outlineStyle !== 'none'
        && parseFloat(getComputedStyle(one).outlineWidth) > 0;
    const box = one.getBoundingClientRect();
    return {
        at: one.dataset.tabTest ?? null,
        html: one.outerHTML.slice(0, 100),
        isSeen: outlined || focused.split('|')[2] !== 'none',
        isInSight: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
}"""


@_PAGES
def test_every_page(open_window: Callable[..., Window], furnished: Furnished, page: Page) -> None:
    """The Tab key reaches all that can be used, in its order, and each shows that it is reached."""
    one = open_window(None if page.access is Access.ANYBODY else furnished.owner)
    path = furnished.path(page)
    if not browsing.is_page(one.ask("GET", path)):
        return
    one.go(path)
    # A busy server lets the page ask again for what it is still counting.
    one.settle()
    everything = one.page.evaluate(_NUMBER_THEM)
    reached: list[int] = []
    for _ in range(_MOST_STEPS):
        one.page.keyboard.press("Tab")
        where = one.page.evaluate(_WHERE)
        if where is None:
            break
        assert where["isSeen"], f"nobody sees that the focus is on {where['html']}"
        assert where["isInSight"], f"the focus is out of sight on {where['html']}"
        if where["at"] is not None:
            if int(where["at"]) in reached:
                break
            reached.append(int(where["at"]))
    missed = [everything[at] for at in range(len(everything)) if at not in reached]
    assert missed == []
    assert reached == sorted(reached)


def test_skip(open_window: Callable[..., Window], furnished: Furnished) -> None:
    """The first Tab and Enter lead past the navigation to the content."""
    one = open_window(furnished.owner)
    one.go(furnished.owner.home)
    one.page.keyboard.press("Tab")
    one.page.keyboard.press("Enter")
    assert one.page.evaluate("() => document.activeElement.id") == "main"
    one.page.keyboard.press("Tab")
    assert one.page.evaluate("() => document.activeElement.closest('main') !== null")
