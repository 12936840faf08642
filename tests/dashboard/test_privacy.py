"""Nobody sees or changes anything of an organization that is not theirs, by whatever address."""

from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from dashboard import addresses, over_http
from dashboard.addresses import Furnished
from dashboard.browsing import Insider
from dashboard.over_http import Visitor
from icefloe.dashboard.pages import Page
from support import Server, run

_PAGES = pytest.mark.parametrize("page", addresses.OF_ORGANIZATIONS, ids=addresses.name_of)
_WITH_PLACES = pytest.mark.parametrize(
    "page",
    [page for page in addresses.OF_ORGANIZATIONS if page.path.count("{") > 1],
    ids=addresses.name_of,
)


@pytest.fixture
def one(sign_in: Callable[[Insider], Visitor], stranger: Insider) -> Visitor:
    """The stranger, signed in."""
    return sign_in(stranger)


def _ask(visitor: Visitor, method: str, path: str, token: str) -> httpx.Response:
    """Ask for a page, or send an otherwise empty form with a token that is good."""
    return visitor.request(
        method, path, data={over_http.TOKEN: token} if method == "POST" else None
    )


@_PAGES
def test_every_address(one: Visitor, furnished: Furnished, stranger: Insider, page: Page) -> None:
    """A stranger is told that there is no such page, as of an organization that there is not."""
    by_id = furnished.path(page, slug=str(furnished.owner.organization.id))
    nowhere = furnished.path(page, slug="no-such-organization")
    token = one.token(stranger.home)
    for method in ("GET", "POST"):
        told = _ask(one, method, nowhere, token)
        for path in (furnished.path(page), by_id):
            answer = _ask(one, method, path, token)
            assert (answer.status_code, answer.text) == (404, told.text)


@_WITH_PLACES
def test_places(one: Visitor, furnished: Furnished, stranger: Insider, page: Page) -> None:
    """Within the stranger's own organization, nothing of another is found by its id."""
    token = one.token(stranger.home)
    strange = furnished.path(page, slug=stranger.slug)
    unknown = dict.fromkeys(furnished.places, str(uuid4()))
    nowhere = furnished.path(page, **{**unknown, "slug": stranger.slug})
    for method in ("GET", "POST"):
        answer, told = (_ask(one, method, path, token) for path in (strange, nowhere))
        assert answer.status_code == told.status_code
        assert answer.status_code in {404, 405}
        assert answer.headers.get("location") == told.headers.get("location")
    customer = furnished.owner.organization.get(f"/v1/customers/{furnished.places['customer_id']}")
    assert customer.status_code == 200


@_PAGES
def test_nobody(server: Server, furnished: Furnished, page: Page) -> None:
    """Whoever is not signed in is sent to sign in, and nothing is said of what is there."""
    one = Visitor(server.url)
    for path in (furnished.path(page), furnished.path(page, slug="no-such-organization")):
        for method in ("GET", "POST"):
            answer = one.request(method, path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/dashboard/sign-in")


def test_after_removal(
    sign_in: Callable[[Insider], Visitor], make_person: Callable[..., Insider]
) -> None:
    """Who is no member any more sees nothing from the next request on."""
    make_person()
    person = make_person(role="member")
    one = sign_in(person)
    assert one.get(person.home).status_code == 200
    services = person.organization.services
    run(services.memberships.remove(person.organization.id, person.id))
    assert one.get(person.home).status_code == 404
