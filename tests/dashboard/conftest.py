"""A real browser, and people who sign in with it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from dashboard import accessibility, addresses, browsing
from dashboard.addresses import Furnished
from dashboard.browsing import Insider, Window
from dashboard.over_http import Visitor
from icefloe.domain.values.memberships import Role
from icefloe.services import Services
from support import Organization, Server, make_organization_of


# No longer than a module: while Playwright works, its event loop occupies the thread, and other tests
# start loops of their own there.
@pytest.fixture(scope="module")
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
        return browsing.make_person(of, role)

    return make


@pytest.fixture
def person(make_person: Callable[..., Insider]) -> Insider:
    """The owner of the test's organization."""
    return make_person()


@pytest.fixture(scope="session")
def furnished(server: Server, services: Services) -> Furnished:
    """An organization with some of everything in it, which tests look at and leave as it is."""
    return addresses.furnish(browsing.make_person(make_organization_of(server, services)))


@pytest.fixture(scope="session")
def stranger(server: Server, services: Services) -> Insider:
    """The owner of another organization, which is left as it is too."""
    return browsing.make_person(make_organization_of(server, services))


@pytest.fixture(scope="session")
def sessions() -> dict[Insider, Any]:
    """The cookies of those who have signed in, so that they need not do it for each test."""
    return {}


@pytest.fixture(scope="session")
def sign_in() -> Callable[[Insider], Visitor]:
    """Signs people in by plain HTTP, each of them once: it takes a while to hash a password."""
    visitors: dict[Insider, Visitor] = {}

    def sign_in(person: Insider) -> Visitor:
        if person not in visitors:
            made = Visitor(person.organization.url)
            assert made.sign_in(person.email, person.password).status_code == 303
            visitors[person] = made
        return visitors[person]

    return sign_in


@pytest.fixture
def open_window(
    browser: Browser, server: Server, sessions: dict[Insider, Any]
) -> Iterator[Callable[..., Window]]:
    """Opens browsers, of which none may have complained at the end.

    Somebody is signed in with it, or nobody; further arguments are those of a browser's context.
    """
    opened: list[Window] = []

    def open_one(person: Insider | None = None, *, url: str = server.url, **options: Any) -> Window:
        state = None if person is None else sessions.get(person)
        context = browser.new_context(
            **{"viewport": browsing.DESKTOP, "storage_state": state, **options}
        )
        made = Window(context.new_page(), url)
        opened.append(made)
        if person is not None and person not in sessions:
            made.sign_in(person)
            sessions[person] = context.storage_state()
        return made

    yield open_one
    for one in opened:
        one.page.context.close()
    assert [problem for one in opened for problem in one.problems] == []


@pytest.fixture
def signed_in(open_window: Callable[..., Window], person: Insider) -> Window:
    """A browser with which the organization's owner is signed in."""
    return open_window(person)
