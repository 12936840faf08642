"""Forms sent by hand, as somebody does who has no good in mind."""

import re

from playwright.sync_api import APIResponse

from dashboard.browsing import Window

FIELD = "csrf"
_TOKEN = re.compile(rf'name="{FIELD}" value="([^"]+)"')


def find_token(window: Window, path: str) -> str:
    """What a form on a page brings along to show that it is ours."""
    return read_token(window.ask("GET", path).text())


def read_token(page: str) -> str:
    """The same, in a page's HTML."""
    found = _TOKEN.search(page)
    assert found is not None, "no form on the page has a token"
    return found[1]


def ask(
    window: Window, method: str, path: str, token: str | None = None, **fields: str
) -> APIResponse:
    """Ask for a page, or send a form with a token."""
    if method != "POST":
        return window.ask(method, path)
    sent = fields if token is None else {FIELD: token, **fields}
    return window.ask(method, path, form=sent)
