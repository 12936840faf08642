"""A real browser, and people who sign in with it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from dashboard import accessibility, addresses, browsing
from dashboard.addresses import Furnished
from dashboard.browsing import Insider, Window
from icefloe.domain.memberships import Role
from support import Organization, Server, run


# As long as these tests take: while Playwright works, its event loop occupies the thread, and other
# tests start loops of their own there.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser; each window has its own cookies."""
    with browsing.running_browser() as running:
        yield running


@pytest.fixture(scope="session")
def axe() -> Path:
    """The script that finds what keeps people from using a page."""
    return accessibility.find_script()


@pytest.fixture
def make_person(organization: Organization) -> Callable[..., Insider]:
    """Makes people of an organization: of the test's own, and its owner, unless told otherwise."""

    def make(of: Organization = organization, role: Role = "owner") -> Insider:
        email = f"{uuid4().hex[:12]}@example.com"
        made = of.services.people.create(
            email, browsing.PASSWORD, name="Ada Lovelace", roles={of.id: role}
        )
        slug = run(of.services.organizations.get(of.id)).slug
        return Insider(run(made).id, email, of, slug)

    return make


@pytest.fixture
def person(make_person: Callable[..., Insider]) -> Insider:
    """The owner of the test's organization."""
    return make_person()


@pytest.fixture
def furnished(person: Insider) -> Furnished:
    """The test's organization, with some of everything in it."""
    return addresses.furnish(person)


@pytest.fixture
def open_window(browser: Browser, server: Server) -> Iterator[Callable[..., Window]]:
    """Opens browsers that nobody is signed in with; none of them may have complained at the end."""
    opened: list[Window] = []

    def open_one(person: Insider | None = None, *, url: str = server.url, **options: Any) -> Window:
        context = browser.new_context(**{"viewport": browsing.DESKTOP, **options})
        made = Window(context.new_page(), url)
        opened.append(made)
        if person is not None:
            made.sign_in(person)
        return made

    yield open_one
    for one in opened:
        one.page.context.close()
    assert [problem for one in opened for problem in one.problems] == []


@pytest.fixture
def signed_in(open_window: Callable[..., Window], person: Insider) -> Window:
    """A browser with which the organization's owner is signed in."""
    return open_window(person)
