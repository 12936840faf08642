"""The dashboard below a proxy's path, at a URL that the settings name."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest

import plain_http
from dashboard import addresses, browsing
from dashboard.addresses import Furnished
from dashboard.over_http import Seen, Visitor
from icefloe.assembly import open_services
from icefloe.dashboard.pages import Page
from icefloe.settings import Settings
from support import Organization, Server, make_organization_of, run, start_server

pytestmark = pytest.mark.processes

BASE = "/icefloe"
PUBLIC = "https://customers.example.com"


@pytest.fixture(scope="module")
def below() -> Iterator[Server]:
    """A server below a path."""
    with tempfile.TemporaryDirectory(prefix="icefloe-below-") as folder:
        database = f"sqlite:///{folder}/tests.db"
        flags = ("--base-path", f"{BASE}/", "--public-url", PUBLIC, "--control")
        started = start_server(database, Path(folder) / "log", *flags)
        yield started
        started.stop()


@pytest.fixture(scope="module")
def furnished(below: Server) -> Iterator[Furnished]:
    """An organization of it with some of everything."""
    services = run(open_services(Settings(database=below.database)))
    yield addresses.furnish(browsing.make_person(make_organization_of(below, services)))
    run(services.stop())


@pytest.fixture(scope="module")
def organization(furnished: Furnished) -> Organization:
    """The same."""
    return furnished.owner.organization


@pytest.fixture(scope="module")
def visitor(below: Server, furnished: Furnished) -> Visitor:
    """Its owner, signed in below the path."""
    visitor = Visitor(below.url)
    page = f"{BASE}/dashboard/sign-in"
    answer = visitor.send(page, email=furnished.owner.email, password=furnished.owner.password)
    assert answer.headers["location"] == f"{BASE}/dashboard"
    return visitor


@pytest.mark.parametrize("page", addresses.SHOWN, ids=addresses.name_of)
def test_every_page(visitor: Visitor, furnished: Furnished, page: Page) -> None:
    """A page's links, forms and files are below the path, and so is where it redirects to."""
    answer = visitor.get(BASE + furnished.path(page))
    assert answer.status_code in {200, 303}, answer.text
    places = [
        value
        for name, value in Seen(answer.text).attributes
        if name in {"href", "src", "action", "hx-get", "hx-post"} and value.startswith("/")
    ]
    places += [answer.headers[name] for name in ("location",) if name in answer.headers]
    assert [place for place in places if not place.startswith(f"{BASE}/")] == []
    for place in {place for place in places if "/static/" in place}:
        assert visitor.get(place).status_code == 200


def test_cookies(visitor: Visitor) -> None:
    """Browsers send the cookies to the dashboard alone."""
    assert {cookie.path for cookie in visitor.cookies.jar} == {f"{BASE}/dashboard"}


def test_back_to_where_one_was(below: Server, furnished: Furnished) -> None:
    """Signing in leads back to the page that asked for it, and to no page outside of the dashboard."""
    visitor = Visitor(below.url)
    wanted = f"{BASE}{furnished.owner.home}/customers?q=a"
    place = visitor.get(wanted).headers["location"]
    assert place.startswith(f"{BASE}/dashboard/sign-in?next=")
    person = {"email": furnished.owner.email, "password": furnished.owner.password}
    assert visitor.send(place, **person).headers["location"] == wanted
    outside = f"{BASE}/dashboard/sign-in?next=/dashboard/account"
    stranger = Visitor(below.url)
    assert stranger.send(outside, **person).headers["location"] == f"{BASE}/dashboard"


def test_proxies_that_remove_the_path(below: Server) -> None:
    """A request that comes without the path is served all the same."""
    with_it, without = (
        plain_http.get(f"{below.url}{path}/dashboard/sign-in") for path in (BASE, "")
    )
    assert with_it.status_code == without.status_code == 200
    assert f'action="{BASE}/dashboard/sign-in"' in without.text


def test_api(organization: Organization) -> None:
    """The API and its pages are below the path too, and redirects lead there."""
    for path in ("/v1/customers/?limit=1", "/readyz", "/docs", "/2026-04/openapi.json"):
        for base in (BASE, ""):
            assert organization.get(base + path).status_code == 200, path
    moved = organization.get(f"{BASE}/healthz/?a=b")
    assert (moved.status_code, moved.headers["location"]) == (307, f"{PUBLIC}{BASE}/healthz?a=b")
    assert organization.get("/icefloes/readyz").status_code == 404
    assert 'href="2026-04/openapi.json"' in organization.get(f"{BASE}/docs").text
    assert organization.get(BASE).status_code == 404


@pytest.mark.parametrize("document", ["/2026-04/openapi.json", "/_icefloe/openapi.json"])
def test_servers_of_a_document(below: Server, document: str) -> None:
    """An OpenAPI document names the server below the path, also behind a proxy that removes it."""
    for base in (BASE, ""):
        (named,) = plain_http.get(f"{below.url}{base}{document}").json()["servers"]
        assert urljoin(f"{PUBLIC}{BASE}{document}", named["url"]) == PUBLIC + BASE


def test_links(below: Server, visitor: Visitor, furnished: Furnished) -> None:
    """Invitations, snippets and the first person's link have the public URL, whatever `Host` says."""
    people = f"{BASE}{furnished.owner.home}/settings/people"
    data = {"csrf": visitor.token(people), "do": "invite", "email": "", "role": "member"}
    invited = visitor.post(people, data=data, headers={"Host": "elsewhere.example"})
    assert re.search(rf"{PUBLIC}{BASE}/dashboard/invitations/[\w-]+", invited.text)
    assert "elsewhere.example" not in invited.text
    new = f"{BASE}{furnished.owner.home}/settings/tokens/new"
    created = visitor.send(new, name="CI", scopes="customers:read", expiry="1")
    assert f"{PUBLIC}{BASE}/v1/customers/?limit=3" in Seen(created.text).text
    assert f"{PUBLIC}{BASE}/dashboard/first/" in below.told


def test_forms_from_the_public_url(visitor: Visitor) -> None:
    """A form comes from our own pages where its `Origin` is the public URL, whatever `Host` says."""
    path = f"{BASE}/dashboard/account"
    data = {"csrf": visitor.token(path), "do": "rename", "name": "Ada"}
    for origin, status in ((PUBLIC, 303), ("https://elsewhere.example", 403)):
        assert visitor.post(path, data=data, headers={"Origin": origin}).status_code == status
