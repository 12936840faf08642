"""A form that is not ours does nothing."""

from collections.abc import Callable

import pytest

from dashboard import addresses, forms
from dashboard.addresses import Furnished
from dashboard.browsing import Insider, Window
from icefloe.dashboard.pages import Access, Page

_PAGES = pytest.mark.parametrize("page", addresses.SENT_TO, ids=addresses.name_of)
_ELSEWHERE = ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"})


@pytest.fixture
def sender(open_window: Callable[..., Window], furnished: Furnished, page: Page) -> Window:
    """A browser of somebody who may send the page's form."""
    return open_window(None if page.access is Access.ANYBODY else furnished.owner)


@_PAGES
def test_tokens(
    sender: Window, open_window: Callable[..., Window], furnished: Furnished, page: Page
) -> None:
    """A form without a token, with a made-up one or with another visitor's is refused."""
    path = furnished.path(page)
    others = forms.find_token(open_window(), "/dashboard/sign-in")
    for token in (None, "", "0" * 64, "ä", others):
        answer = forms.ask(sender, "POST", path, token)
        assert answer.status == 403, token
        assert "again" in answer.text()


@_PAGES
def test_other_sites(sender: Window, furnished: Furnished, page: Page) -> None:
    """A form that the browser says comes from another site is refused, whatever it brings."""
    person = furnished.owner
    token = forms.find_token(
        sender, "/dashboard/sign-in" if page.access is Access.ANYBODY else person.home
    )
    for headers in _ELSEWHERE:
        answer = sender.ask(
            "POST", furnished.path(page), form={forms.FIELD: token}, headers=headers
        )
        assert answer.status == 403, headers


def test_sessions_of_old(
    signed_in: Window, person: Insider, open_window: Callable[..., Window]
) -> None:
    """A token from before signing in is not good after it, nor is one of another session."""
    old = forms.find_token(open_window(), "/dashboard/sign-in")
    second = open_window()
    second.sign_in(person)
    other = forms.find_token(second, person.home)
    for token in (old, other):
        answer = forms.ask(signed_in, "POST", f"{person.home}/settings", token, name="Mine now")
        assert answer.status == 403
    signed_in.go(f"{person.home}/settings")
    assert "Mine now" not in signed_in.page.content()


def test_made_up_session(open_window: Callable[..., Window], person: Insider) -> None:
    """A session's cookie that the server did not sign is none."""
    one = open_window()
    for value in ("x", "x.y", "x." + "0" * 64, "é.ü", "." * 40):
        headers = {"Cookie": f"icefloe_session={value}"}
        answer = one.ask("GET", person.home, headers=headers)
        assert answer.status == 303, value
