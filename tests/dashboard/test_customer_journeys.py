"""Customers in a browser: found, sorted, paged through, changed, deleted, and taken in from a file."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.browsing import Insider, Window
from support import new_customer

_COUNT = 59
_PLANS = ("free", "pro", "enterprise")


@pytest.fixture
def page(signed_in: Window, person: Insider) -> Page:
    """The list of an organization's fifty-nine customers."""
    person.organization.keep(
        *(
            new_customer(
                number,
                created_at=f"2026-01-01T00:{number:02}:00Z",
                name=f"Person {number:02}",
                metadata={"plan": _PLANS[number % 3]},
            )
            for number in range(1, _COUNT + 1)
        )
    )
    signed_in.go(f"{person.home}/customers")
    return signed_in.page


def _names(page: Page) -> list[str]:
    return page.locator("tbody th a").all_inner_texts()


class TestList:
    """The list."""

    def test_search_as_you_type(self, page: Page, person: Insider) -> None:
        """What is typed narrows the list at once; the focus stays, and the address can be shared."""
        search = page.get_by_role("searchbox")
        search.press_sequentially("person 07", delay=20)
        expect(page.locator("tbody tr")).to_have_count(1)
        assert _names(page) == ["Person 07"]
        expect(search).to_be_focused()
        expect(search).to_have_value("person 07")
        expect(page.locator("#told")).to_have_text("1 customer")
        expect(page).to_have_url(re.compile(r"[?&]q=person\+07"))
        shared = page.context.new_page()
        shared.goto(page.url)
        assert _names(shared) == ["Person 07"]
        shared.close()
        search.fill("nobody is called that")
        expect(page.get_by_role("heading", name="Nobody found")).to_be_visible()
        page.get_by_role("link", name="Clear the filter").click()
        expect(page.locator("#results")).to_contain_text(f"{_COUNT} customers")
        assert page.url.endswith(f"{person.home}/customers")

    def test_sort(self, page: Page) -> None:
        """A column's head sorts, up and then down; the focus stays on it."""
        page.get_by_role("columnheader", name="Name").get_by_role("link").press("Enter")
        head = page.locator("th[aria-sort=ascending]")
        expect(head).to_contain_text("Name")
        assert _names(page)[:2] == ["Person 01", "Person 02"]
        expect(head.get_by_role("link")).to_be_focused()
        page.keyboard.press("Enter")
        head = page.locator("th[aria-sort=descending]")
        expect(head).to_contain_text("Name")
        assert _names(page)[:2] == ["Person 59", "Person 58"]
        expect(head.get_by_role("link")).to_be_focused()

    def test_pages(self, page: Page) -> None:
        """One pages on and back, also by the browser's own buttons, and chooses how many rows."""
        page.get_by_role("columnheader", name="Name").get_by_role("link").click()
        expect(page.locator("th[aria-sort=ascending]")).to_be_visible()
        page.get_by_role("link", name="Next").press("Enter")
        expect(page.get_by_text("Page 2 of 3")).to_be_visible()
        assert _names(page)[0] == "Person 26"
        expect(page.get_by_role("link", name="Next")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Page 3 of 3")).to_be_visible()
        assert _names(page)[-1] == "Person 59"
        # Where there is no next page the focus is near, and not back at the top of all.
        page.wait_for_function("() => document.activeElement.closest('#results') !== null")
        page.go_back()
        expect(page.get_by_text("Page 2 of 3")).to_be_visible()
        page.get_by_label("Rows").select_option("100")
        expect(page.locator("tbody tr")).to_have_count(_COUNT)
        expect(page).to_have_url(re.compile("size=100"))

    def test_metadata(self, page: Page) -> None:
        """A filter by metadata suggests keys, can be taken off again, and narrows the export."""
        page.locator("summary", has_text="Filter").click()
        assert page.locator("#metadata-keys option").count() == 1
        page.get_by_label("Key").fill("plan")
        page.get_by_label("Value").fill("pro")
        page.get_by_role("button", name="Apply").click()
        expect(page.locator("#results")).to_contain_text("20 customers")
        expect(page.get_by_role("list", name="Filters in force")).to_contain_text("plan")
        with page.expect_download() as started:
            page.get_by_role("link", name="CSV", exact=True).click()
        exported = Path(started.value.path()).read_text("utf-8-sig").splitlines()
        assert len(exported) == 1 + 20
        page.get_by_role("link", name="Remove: plan is pro").click()
        expect(page.locator("#results")).to_contain_text(f"{_COUNT} customers")


class TestOne:
    """One customer."""

    def test_edit(self, page: Page, signed_in: Window) -> None:
        """A mistake is told beside its field and keeps what was typed; then it is saved."""
        page.get_by_role("link", name="Person 59").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Person 59")
        page.get_by_role("link", name="Edit").first.click()
        page.get_by_label("Name", exact=False).first.fill("Person Last")
        page.get_by_label("E-mail").fill("no address")
        page.get_by_role("button", name="Save", exact=True).last.click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert page.locator("#field-name").input_value() == "Person Last"
        assert page.locator("#field-email").get_attribute("aria-invalid") == "true"
        page.get_by_label("E-mail").fill("last@example.com")
        page.get_by_role("button", name="Add a row").click()
        expect(page.locator(".metadata-row")).to_have_count(2)
        row = page.locator(".metadata-row").last
        row.get_by_label("Key").fill("seats")
        row.get_by_label("Type").select_option("number")
        row.get_by_label("Value").fill("7")
        page.get_by_role("button", name="Save", exact=True).last.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Person Last")
        main = page.get_by_role("main")
        expect(main).to_contain_text("last@example.com")
        expect(main).to_contain_text("seats")
        customer = signed_in.path.rpartition("/")[2]
        assert re.fullmatch(r"[0-9a-f-]{36}", customer)

    def test_delete(self, page: Page, person: Insider) -> None:
        """A customer goes only once its address is typed; then the API does not find it either."""
        page.get_by_role("link", name="Person 57").click()
        customer = page.url.rpartition("/")[2]
        page.goto(f"{page.url}/delete")
        button = page.get_by_role("button", name="Delete the customer")
        expect(button).to_be_disabled()
        page.get_by_label("To be sure, type").fill("customer57@example.co")
        expect(button).to_be_disabled()
        page.get_by_label("To be sure, type").fill("customer57@example.com")
        button.click()
        expect(page.get_by_role("main").get_by_role("status")).to_contain_text("deleted")
        assert person.organization.get(f"/v1/customers/{customer}").status_code == 404

    def test_create(self, page: Page, person: Insider) -> None:
        """A customer that is made here is one that the API gives."""
        page.get_by_role("link", name="New customer").click()
        page.get_by_label("E-mail").first.fill("new@example.com")
        page.get_by_label("Name").first.fill("<b>New</b> & Co")
        page.get_by_role("button", name="Create customer").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("<b>New</b> & Co")
        made = person.organization.get(f"/v1/customers/{page.url.rpartition('/')[2]}").json()
        assert (made["email"], made["name"]) == ("new@example.com", "<b>New</b> & Co")


class TestImport:
    """A file of customers."""

    def test_bad_line(self, signed_in: Window, person: Insider, tmp_path: Path) -> None:
        """A line that is wrong is named with its reason; put right, the file is taken in."""
        good = '{"email": "ada@example.com", "name": "Ada", "metadata": {"plan": "pro"}}'
        file = tmp_path / "customers.ndjson"
        file.write_text(f'{good}\n{{"email": "not an address"}}\n', "utf-8")
        page = signed_in.page
        signed_in.go(f"{person.home}/customers/import")
        page.locator("#field-file").set_input_files(file)
        page.get_by_role("button", name="Look at the file").click()
        expect(page.get_by_role("heading", name="Nothing can be imported yet")).to_be_visible()
        problem = page.get_by_role("region", name="What is wrong").locator("tbody tr")
        expect(problem).to_have_count(1)
        expect(problem).to_contain_text("line 2")
        assert person.organization.get("/v1/customers/").json()["items"] == []

        page.get_by_role("link", name="Send another file").click()
        file.write_text(f'{good}\n{{"email": "grace@example.com"}}\n', "utf-8")
        page.locator("#field-file").set_input_files(file)
        page.get_by_role("button", name="Look at the file").click()
        page.get_by_role("button", name="Import 2 customers").click()
        expect(page.get_by_role("heading", name="Done")).to_be_visible()
        page.get_by_role("link", name="See the customers").click()
        expect(page.locator("tbody tr")).to_have_count(2)


def test_without_javascript(
    open_window: Callable[..., Window], person: Insider, tmp_path: Path
) -> None:
    """Search, sorting, an edit, an import and a deletion work without JavaScript as well."""
    person.organization.keep(new_customer(1, name="Only One"), new_customer(2, name="Other"))
    one = open_window(person, java_script_enabled=False)
    page = one.page
    one.go(f"{person.home}/customers")
    page.get_by_role("searchbox").fill("only")
    page.get_by_role("button", name="Search").click()
    assert _names(page) == ["Only One"]
    page.get_by_role("link", name="Only One").click()
    page.get_by_role("link", name="Edit").first.click()
    page.locator("#field-name").fill("Changed")
    page.get_by_role("button", name="Add a row").click()
    expect(page.locator("#field-name")).to_have_value("Changed")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Changed")

    file = tmp_path / "more.ndjson"
    file.write_text('{"email": "ada@example.com"}\n', "utf-8")
    one.go(f"{person.home}/customers/import")
    page.locator("#field-file").set_input_files(file)
    page.get_by_role("button", name="Look at the file").click()
    take = page.get_by_role("button", name="Import 1 customer")
    expect(take).to_be_visible()  # the page asks again by itself
    take.click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assert person.organization.get("/v1/customers/").json()["pagination"]["total_count"] == 3

    one.go(f"{person.home}/customers?sort=email")
    assert _names(page) == ["ada@example.com", "Changed", "Other"]
    page.get_by_role("link", name="Other").click()
    page.goto(f"{page.url}/delete")
    page.get_by_label("To be sure, type").fill("customer2@example.com")
    page.get_by_role("button", name="Delete the customer").click()
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("deleted")
