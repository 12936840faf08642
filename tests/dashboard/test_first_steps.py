"""From a new server to a token that is good, and to one that is not any more."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

import plain_http
from dashboard import accessibility, browsing, over_http
from dashboard.browsing import Insider, Window
from dashboard.over_http import Visitor
from support import Server, start_server

_LINK = re.compile(r"http://[^\s\"]+/dashboard/first/[A-Za-z0-9_-]+")


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Server]:
    """A server that nobody has signed in to yet."""
    started = start_server(f"sqlite:///{tmp_path}/new.db", tmp_path / "server.log")
    yield started
    started.stop()


def _link_of(server: Server) -> str:
    """The path of the link that a new server prints."""
    found = _LINK.search(server.told)
    assert found is not None, server.told
    return found[0].removeprefix(server.url)


def _call(url: str, token: str) -> int:
    return plain_http.get(
        f"{url}/v1/customers/", headers={"Authorization": f"Bearer {token}"}
    ).status_code


def test_from_link_to_token(
    new_server: Server, open_window: Callable[..., Window], axe: Path
) -> None:
    """The first person follows the link, makes a token, calls the API with it, and revokes it."""
    one = open_window(url=new_server.url, bypass_csp=True, reduced_motion="reduce")
    page = one.page
    link = _link_of(new_server)
    one.go("/dashboard")
    assert one.path == "/dashboard/sign-in"
    assert one.go(link).status == 200
    assert accessibility.find_faults(page, axe) == []
    page.get_by_label("Name").fill("Grace Hopper")
    page.get_by_label("E-mail").fill("grace@example.com")
    page.get_by_label("Password").fill(browsing.PASSWORD)
    page.get_by_role("main").get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert re.fullmatch(r"/dashboard/my-organization[a-z0-9-]*", one.path)

    page.get_by_role("navigation").get_by_role("link", name="Access tokens").click()
    page.get_by_role("link", name="New token").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("customers:read").check()
    page.get_by_role("button", name="Create the token").click()
    expect(page.get_by_role("heading", name="Copy it now")).to_be_visible()
    assert accessibility.find_faults(page, axe) == []
    shown = page.locator("#token").inner_text()
    assert _call(new_server.url, shown) == 200
    snippets = page.get_by_role("main").inner_text()
    assert all(part in snippets for part in ("curl", new_server.url, shown))

    page.get_by_role("link", name="I have copied it").click()
    assert shown not in page.content()
    page.get_by_role("link", name="Laptop").click()
    revoke = page.get_by_role("button", name="Revoke the token")
    expect(revoke).to_be_disabled()
    page.get_by_label("To be sure, type its name").fill("laptop")
    expect(revoke).to_be_disabled()
    page.get_by_label("To be sure, type its name").fill("Laptop")
    revoke.click()
    expect(page.get_by_role("status").first).to_contain_text("Laptop")
    assert _call(new_server.url, shown) == 401


def test_link_is_used_up(new_server: Server, open_window: Callable[..., Window]) -> None:
    """Once somebody exists the link is worth nothing, and a made-up one never is."""
    one = open_window(url=new_server.url)
    link = _link_of(new_server)
    made_up = link[:-4] + ("AAAA" if not link.endswith("AAAA") else "BBBB")
    other = Visitor(new_server.url)
    assert other.get(made_up).status_code == 404
    fields = {"email": "mallory@example.com", "password": browsing.PASSWORD}
    data = {over_http.TOKEN: other.token(link), **fields}
    assert other.post(made_up, data=data).status_code == 404
    one.go(link)
    _become(one, "grace@example.com")
    assert one.path.startswith("/dashboard/my-organization")
    late = open_window(url=new_server.url)
    late.go(link)
    assert late.path == "/dashboard/sign-in"


def _become(one: Window, email: str) -> None:
    one.page.get_by_label("Name").fill("Grace")
    one.page.get_by_label("E-mail").fill(email)
    one.page.get_by_label("Password").fill(browsing.PASSWORD)
    one.page.get_by_role("main").get_by_role("button").click()
    one.settle()


def test_signing_out(signed_in: Window, person: Insider) -> None:
    """Who signs out sees nothing any more, not by going back either."""
    signed_in.go(person.home)
    page = signed_in.page
    page.locator("summary", has_text="Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/dashboard/sign-in")
    page.go_back()
    page.wait_for_load_state()
    assert signed_in.ask("GET", person.home).status == 303


def test_wrong_password(open_window: Callable[..., Window], person: Insider) -> None:
    """A wrong password keeps what was typed, says what to do, and does not tell who exists."""
    told = []
    for email in (person.email, "nobody@example.com"):
        one = open_window()
        one.go("/dashboard/sign-in")
        one.page.get_by_label("E-mail").fill(email)
        one.page.get_by_label("Password").fill("something else")
        one.page.get_by_role("button", name="Sign in").click()
        expect(one.page.get_by_role("alert")).to_be_visible()
        assert one.page.get_by_label("E-mail").input_value() == email
        assert one.page.get_by_label("Password").input_value() == ""
        told.append(one.page.get_by_role("alert").inner_text())
    assert told[0] == told[1]


def test_way_back(open_window: Callable[..., Window], person: Insider) -> None:
    """Who comes by a link to a page signs in and is there; a link to elsewhere leads nowhere."""
    one = open_window()
    one.go(f"{person.home}/customers?sorting=email")
    one.page.get_by_label("E-mail").fill(person.email)
    one.page.get_by_label("Password").fill(person.password)
    one.page.get_by_role("button", name="Sign in").click()
    one.page.wait_for_url(f"**{person.home}/customers?sorting=email")
    for elsewhere in ("https://elsewhere.example/dashboard/", "//elsewhere.example/dashboard/"):
        other = open_window()
        other.go(f"/dashboard/sign-in?next={elsewhere}")
        other.page.get_by_label("E-mail").fill(person.email)
        other.page.get_by_label("Password").fill(person.password)
        other.page.get_by_role("button", name="Sign in").click()
        other.page.wait_for_url(f"**{person.home}")
