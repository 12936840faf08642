"""What customers are called is only ever text, and no script has the session's cookie."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, expect

from dashboard.browsing import Insider, Window
from support import new_customer, run

_CODE = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7 * 7 }}"
_PLACES = ("", "/edit", "/delete")


@pytest.fixture
def customer(person: Insider) -> str:
    """The id of a customer whose every value is code; the same stands in the organization's name."""
    made = new_customer(1, name=_CODE, external_id=_CODE, metadata={_CODE[:40]: _CODE})
    person.organization.keep(made)
    organization = person.organization
    run(organization.services.organizations.update(organization.id, name=_CODE))
    return str(made["id"])


def test_pages(open_window: Callable[..., Window], person: Insider, customer: str) -> None:
    """Nothing of it runs on any page, and all of it is shown as it is."""
    one = open_window(person)
    alarms: list[str] = []

    def note(dialog: Dialog) -> None:
        alarms.append(dialog.message)
        dialog.dismiss()

    one.page.on("dialog", note)
    paths = [f"/customers/{customer}{place}" for place in _PLACES]
    for path in ("", "/customers", "/settings", f"/customers?q={_CODE}", *paths):
        one.go(person.home + path)
        one.settle()
        assert one.page.locator("img").count() == 0
        assert _CODE in one.page.locator("body").inner_text() or path.endswith("/edit")
    one.go(f"{person.home}/customers")
    one.page.get_by_role("searchbox").fill(_CODE[:10])
    expect(one.page.locator("#told")).to_have_text("1 customer")
    assert alarms == []


def test_cookies(signed_in: Window) -> None:
    """No script can read the session's cookie, and no other site has it sent along."""
    cookies = signed_in.page.context.cookies()
    assert "icefloe_session" in {cookie["name"] for cookie in cookies}
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in cookies)
    assert signed_in.page.evaluate("() => document.cookie") == ""


def test_copying(open_window: Callable[..., Window], person: Insider) -> None:
    """A button copies what is beside it, and says so to those who do not see it."""
    one = open_window(person, permissions=["clipboard-read", "clipboard-write"])
    one.go(f"{person.home}/settings")
    one.page.get_by_role("button", name="Copy").click()
    expect(one.page.locator("#told")).to_have_text("Copied")
    copied = one.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == str(person.organization.id)
