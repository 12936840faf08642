"""Deliveries in a browser: the server sends, and pages that are open show it without being reloaded."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from dashboard.browsing import Insider, Window
from dashboard.webhook_work import BAD, Worker
from icefloe.domain.values.webhooks import NewWebhookEndpoint
from receiving import Receiver, receiving
from support import Organization, run

_FAILING = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiving() as started:
        yield started


def _change_customer(organization: Organization, email: str) -> None:
    answer = organization.request("POST", "/v1/customers/", body={"email": email})
    assert answer.status_code == 201, answer.text


def test_a_walk(signed_in: Window, person: Insider, receiver: Receiver) -> None:
    """A person makes an endpoint, sees what it is sent as it is sent, and has an event sent again."""
    page = signed_in.page
    signed_in.go(person.home)
    page.get_by_role("navigation").get_by_role("link", name="Webhooks").click()
    page.get_by_role("link", name="New endpoint").click()
    page.get_by_label("URL").fill(receiver.url())
    customer = page.get_by_role("group", name="Customer")
    expect(customer.get_by_role("checkbox", name="customer.deleted")).to_be_hidden()
    customer.get_by_role("checkbox", name="All").uncheck()
    customer.get_by_role("checkbox", name="customer.state_changed").uncheck()
    page.get_by_role("button", name="Create the endpoint").click()
    expect(page.get_by_text("Nothing was sent to this endpoint yet")).to_be_visible()

    _change_customer(person.organization, "ann@example.com")

    row = page.get_by_role("row", name=re.compile("customer.created .* delivered 200 1"))
    expect(row).to_be_visible()
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1, name="customer.created")).to_be_visible()
    page.get_by_role("button", name="Redeliver").click()
    expect(page.get_by_text("Attempt 2", exact=True)).to_be_visible()
    first, second = receiver.requests
    assert (first.event_id, first.body) == (second.event_id, second.body)


def test_list(open_window: Callable[..., Window], person: Insider, receiver: Receiver) -> None:
    """The open list shows new deliveries within its filter, and the focus stays where it was."""
    organization = person.organization
    receiver.answers["/hook"] = _FAILING
    for path in ("/hook", "/200"):
        new = NewWebhookEndpoint(
            url=receiver.url(path), format="raw", events=("customer.created",), name=path
        )
        run(organization.services.webhook_endpoints.create(organization.id, new))
    _change_customer(organization, "a@example.com")
    one = open_window(person)
    one.go(f"{person.home}/settings/webhooks/deliveries?outcome=failed")
    rows = one.page.locator("tbody tr")
    expect(rows.first).to_be_visible()
    count = rows.count()
    rows.last.get_by_role("link", name="customer.created").focus()
    focused = one.page.evaluate("() => document.activeElement.id")

    _change_customer(organization, "b@example.com")

    expect(rows.nth(count)).to_be_visible()
    assert rows.get_by_text("delivered").count() == 0
    assert one.page.evaluate("() => document.activeElement.id") == focused
    one.page.get_by_label("Outcome").select_option("delivered")
    expect(rows.get_by_text("delivered")).to_have_count(2)
    assert one.path.endswith("/deliveries?outcome=delivered")


def test_hidden(signed_in: Window, person: Insider) -> None:
    """A page that is not seen asks for nothing, and goes on once it is seen again."""
    worker = Worker(person.organization)
    endpoint = worker.make_endpoint()
    page = signed_in.page
    signed_in.go(f"{person.home}/settings/webhooks/{endpoint.id}")
    page.evaluate(
        """() => {
            Object.defineProperty(document, 'hidden', {configurable: true, get: () => true});
            window.held = 0;
            document.addEventListener('htmx:beforeRequest', event => {
                if (event.defaultPrevented) window.held++;
            });
        }"""
    )
    worker.make_customer()
    worker.attempt(endpoint, BAD)

    page.wait_for_function("() => window.held > 1")
    expect(page.get_by_text("Nothing was sent to this endpoint yet")).to_be_visible()

    page.evaluate("() => { delete document.hidden; }")
    expect(page.get_by_text("Wait for a retry")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_paused(signed_in: Window, person: Insider) -> None:
    """A person stops a page from refreshing itself, refreshes it and lets it go on, by keyboard."""
    worker = Worker(person.organization)
    endpoint = worker.make_endpoint()
    page = signed_in.page
    signed_in.go(f"{person.home}/settings/webhooks/{endpoint.id}")
    box = page.get_by_role("checkbox", name="This page refreshes itself while it is open")
    rows = page.locator("tbody tr")
    expect(box).to_be_checked()
    box.press("Space")
    page.evaluate(
        """() => {
            window.held = 0;
            document.addEventListener('htmx:beforeRequest', event => {
                if (event.defaultPrevented) window.held++;
            });
        }"""
    )
    worker.make_customer()
    worker.attempt(endpoint, BAD)

    page.wait_for_function("() => window.held > 1")
    expect(rows).to_have_count(0)
    page.get_by_role("link", name="Refresh").press("Enter")
    expect(rows).to_have_count(1)
    expect(box).not_to_be_checked()

    box.press("Space")
    worker.make_customer("bob@example.com")
    worker.attempt(endpoint, BAD)
    expect(rows.nth(1)).to_be_visible()
    expect(box).to_be_checked()
    expect(box).to_be_focused()
