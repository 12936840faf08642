"""A form that is not ours does nothing."""

from collections.abc import Callable
from urllib.parse import urlencode

import httpx
import pytest

from dashboard import addresses, over_http
from dashboard.addresses import Furnished
from dashboard.browsing import Insider
from dashboard.over_http import Visitor
from icefloe.dashboard.pages import Access, Page
from support import Server

_PAGES = pytest.mark.parametrize("page", addresses.SENT_TO, ids=addresses.name_of)
_SIGN_IN = "/dashboard/sign-in"
_ELSEWHERE = ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"})


@pytest.fixture
def sender(
    server: Server, sign_in: Callable[[Insider], Visitor], furnished: Furnished, page: Page
) -> Visitor:
    """Somebody who may send the page's form."""
    return Visitor(server.url) if page.access is Access.ANYBODY else sign_in(furnished.owner)


def _send(visitor: Visitor, path: str, token: str | None, **values: str) -> httpx.Response:
    """Send a form with a token; without one and without values, an empty form."""
    fields = values if token is None else {over_http.TOKEN: token, **values}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return visitor.post(path, content=urlencode(fields), headers=headers)


@_PAGES
def test_tokens(server: Server, sender: Visitor, furnished: Furnished, page: Page) -> None:
    """A form without a token, with a made-up one or with another visitor's is refused."""
    others = Visitor(server.url).token(_SIGN_IN)
    for token in (None, "", "0" * 64, "ä", others):
        answer = _send(sender, furnished.path(page), token)
        assert answer.status_code == 403, token
        assert "again" in answer.text


@_PAGES
def test_other_sites(sender: Visitor, furnished: Furnished, page: Page) -> None:
    """A form that the browser says comes from another site is refused, whatever it brings."""
    token = sender.token(_SIGN_IN if page.access is Access.ANYBODY else furnished.owner.home)
    for headers in _ELSEWHERE:
        data = {over_http.TOKEN: token}
        answer = sender.post(furnished.path(page), data=data, headers=headers)
        assert answer.status_code == 403, headers


def test_sessions_of_old(server: Server, person: Insider) -> None:
    """A token from before signing in is not good after it, nor is one of another session."""
    one, second = Visitor(server.url), Visitor(server.url)
    old = one.token(_SIGN_IN)
    for visitor in (one, second):
        assert visitor.sign_in(person.email, person.password).status_code == 303
    settings = f"{person.home}/settings"
    for token in (old, second.token(person.home)):
        assert _send(one, settings, token, name="Mine now").status_code == 403
    assert "Mine now" not in one.get(settings).text


def test_made_up_session(server: Server, person: Insider) -> None:
    """A session's cookie that the server did not sign is none."""
    for value in ("x", "x.y", "x." + "0" * 64, "é.ü", "." * 40):
        headers = {"Cookie": f"icefloe_session={value}".encode()}
        answer = Visitor(server.url).get(person.home, headers=headers)
        assert answer.status_code == 303, value
