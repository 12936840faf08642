"""Products in a browser: found, narrowed, and found again by the page's address."""

import re

from playwright.sync_api import expect

from api.commerce.asking import make_product
from dashboard.browsing import Insider, Window


def test_search_and_filter(signed_in: Window, person: Insider) -> None:
    """What is typed and chosen narrows the list without a new page; the address has all of it."""
    organization, page = person.organization, signed_in.page
    make_product(organization, "Book", recurring_interval=None, metadata={"shelf": "a"})
    make_product(organization, "Bookcase", metadata={"shelf": "a"})
    make_product(organization, "Pro")
    signed_in.go(f"{person.home}/products")
    rows = page.locator("tbody th a")

    page.get_by_role("searchbox").press_sequentially("book", delay=20)
    expect(rows).to_have_text(["Bookcase", "Book"])
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Metadata has the key").fill("shelf")
    page.get_by_label("with the value").fill("a")
    page.get_by_label("Paid").select_option("once")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(rows).to_have_text(["Book"])
    expect(page.locator("#told")).to_have_text("1 product")
    expect(page.get_by_label("Metadata has the key")).to_have_value("")
    expect(page).to_have_url(re.compile(r"\?q=book&is_recurring=false&metadata=shelf%3Da$"))

    page.reload()
    expect(rows).to_have_text(["Book"])
    page.get_by_role("link", name="Remove: shelf is a").click()
    page.get_by_label("Paid").select_option("all")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(rows).to_have_text(["Bookcase", "Book"])
    page.get_by_role("link", name="Name").click()
    expect(rows).to_have_text(["Book", "Bookcase"])
    expect(page).to_have_url(re.compile(r"\?q=book&sort=name$"))
