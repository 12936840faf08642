"""Nobody sees or changes anything of an organization that is not theirs, by whatever address."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from dashboard import addresses, forms
from dashboard.addresses import Furnished
from dashboard.browsing import Insider, Window
from icefloe.dashboard.pages import Page
from support import run

_PAGES = pytest.mark.parametrize("page", addresses.OF_ORGANIZATIONS, ids=addresses.name_of)
_WITH_PLACES = pytest.mark.parametrize(
    "page",
    [page for page in addresses.OF_ORGANIZATIONS if page.path.count("{") > 1],
    ids=addresses.name_of,
)


@_PAGES
def test_every_address(
    open_window: Callable[..., Window], furnished: Furnished, stranger: Insider, page: Page
) -> None:
    """A stranger is told that there is no such page, as of an organization that there is not."""
    one = open_window(stranger)
    by_id = furnished.path(page, slug=str(furnished.owner.organization.id))
    nowhere = furnished.path(page, slug="no-such-organization")
    token = forms.find_token(one, stranger.home)
    for method in ("GET", "POST"):
        told = forms.ask(one, method, nowhere, token)
        for path in (furnished.path(page), by_id):
            answer = forms.ask(one, method, path, token)
            assert (answer.status, answer.text()) == (404, told.text())


@_WITH_PLACES
def test_places(
    open_window: Callable[..., Window], furnished: Furnished, stranger: Insider, page: Page
) -> None:
    """Within the stranger's own organization, nothing of another is found by its id."""
    one = open_window(stranger)
    token = forms.find_token(one, stranger.home)
    strange = furnished.path(page, slug=stranger.slug)
    unknown = dict.fromkeys(furnished.places, str(uuid4()))
    nowhere = furnished.path(page, **{**unknown, "slug": stranger.slug})
    for method in ("GET", "POST"):
        answer, told = (forms.ask(one, method, path, token) for path in (strange, nowhere))
        assert answer.status == told.status
        assert answer.status in {404, 405}
        assert answer.headers.get("location") == told.headers.get("location")
    customer = furnished.owner.organization.get(f"/v1/customers/{furnished.places['customer_id']}")
    assert customer.status_code == 200


@_PAGES
def test_nobody(open_window: Callable[..., Window], furnished: Furnished, page: Page) -> None:
    """Whoever is not signed in is sent to sign in, and nothing is said of what is there."""
    one = open_window()
    for path in (furnished.path(page), furnished.path(page, slug="no-such-organization")):
        for method in ("GET", "POST"):
            answer = one.ask(method, path)
            assert answer.status == 303
            assert answer.headers["location"].startswith("/dashboard/sign-in")


def test_after_removal(
    open_window: Callable[..., Window], make_person: Callable[..., Insider]
) -> None:
    """Who is no member any more sees nothing from the next request on."""
    make_person()
    person = make_person(role="member")
    one = open_window(person)
    assert one.go(person.home).status == 200
    services = person.organization.services
    run(services.memberships.remove(person.organization.id, person.id))
    assert one.go(person.home).status == 404
