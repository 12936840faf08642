"""Signing in and out: cookies, sessions, and who is kept waiting."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

import plain_http
from dashboard import over_http
from dashboard.over_http import PASSWORD, Visitor, come_in, home_of
from support import Organization, Server, run, serving

pytestmark = pytest.mark.processes

_PAGE = "/dashboard/sign-in"
_SHORT, _WRONG = "x" * 9, "wrong & <wrong>"


def _cookies(answer: httpx.Response) -> dict[str, str]:
    """What an answer sets, by the cookie's name."""
    return {
        line.partition("=")[0]: line.partition("=")[2]
        for line in answer.headers.get_list("set-cookie")
    }


def test_right_password(organization: Organization) -> None:
    """Who has the right password is led on, with a cookie that scripts and other sites never see."""
    person = run(over_http.add_person(organization.services, organization))

    answer = Visitor(organization.url).sign_in(person.email.upper())

    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
    cookie = _cookies(answer)["icefloe_session"].casefold()
    assert "; httponly" in cookie
    assert "; samesite=lax" in cookie
    assert "; path=/dashboard" in cookie
    assert "; secure" not in cookie


def test_behind_a_proxy_that_speaks_https(organization: Organization) -> None:
    """Where the browser's connection is HTTPS, its cookies never travel by another."""
    visitor = Visitor(organization.url)

    answer = visitor.get(_PAGE, headers={"X-Forwarded-Proto": "https"})

    assert "; secure" in _cookies(answer)["icefloe_visitor"].casefold()


@pytest.mark.parametrize("email", [None, "nobody@example.com", "no address", "x" * 5000])
def test_wrong(organization: Organization, email: str | None) -> None:
    """A wrong password and an unknown address are told alike; what was typed stays but the password."""
    known = run(over_http.add_person(organization.services, organization)).email
    visitor = Visitor(organization.url)

    answer = visitor.send(_PAGE, email=email or known, password=_WRONG)

    seen = over_http.Seen(answer.text)
    assert answer.status_code == 422
    assert "do not belong together" in seen.text
    assert ("value", email or known) in seen.attributes
    assert _WRONG not in seen.text
    assert "icefloe_session" not in _cookies(answer)


def test_nothing_typed(organization: Organization) -> None:
    """An empty form is told what is missing, and each error belongs to its field."""
    answer = Visitor(organization.url).send(_PAGE, email=" ", password="")

    assert answer.status_code == 422
    assert 'aria-describedby="error-email" aria-invalid="true"' in answer.text
    assert 'href="#field-password"' in answer.text


def test_too_often(tmp_path: Path) -> None:
    """After a few wrong passwords the next attempt must wait: 429, and how long."""
    with serving(tmp_path / "log", "--database", str(tmp_path / "one.db")) as (_, url):
        visitor = Visitor(url)
        answers = [visitor.send(_PAGE, email="ada@example.com", password=_WRONG) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert re.search(r"must wait \d+ second", over_http.Seen(answers[-1].text).text)


def test_who_is_not_signed_in(organization: Organization) -> None:
    """Every page of an organization sends a stranger to sign in, and back to it afterwards."""
    person = run(over_http.add_person(organization.services, organization))
    wanted = f"{home_of(organization)}/settings/tokens?a=1&b=2"
    visitor = Visitor(organization.url)

    sent = visitor.get(wanted)
    answer = visitor.send(sent.headers["location"], email=person.email, password=PASSWORD)

    assert sent.status_code == 303
    assert answer.headers["location"] == wanted
    assert visitor.get(_PAGE).headers["location"] == home_of(organization)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elsewhere.example/dashboard/",
        "//elsewhere.example/dashboard/",
        "/\\elsewhere.example/dashboard/",
        "javascript:alert(1)",
        "/v1/customers/",
        "/dashboard/../v1/customers/",
        "/dashboard/%2E%2e//elsewhere.example",
        "/dashboard/\r\nSet-Cookie: a=b",
    ],
)
def test_back_to_nowhere_else(organization: Organization, elsewhere: str) -> None:
    """Signing in leads to no page but the dashboard's own."""
    person = run(over_http.add_person(organization.services, organization))

    answer = Visitor(organization.url).send(
        _PAGE, email=person.email, password=PASSWORD, next=elsewhere
    )

    assert answer.headers["location"] == "/dashboard"


def test_another_session_each_time(organization: Organization) -> None:
    """Signing in again is another session, and the one before is over."""
    person = run(over_http.add_person(organization.services, organization))
    visitor = Visitor(organization.url)
    visitor.sign_in(person.email)
    before = visitor.cookies["icefloe_session"]
    token = visitor.token("/dashboard/account")

    visitor.post(_PAGE, data={"csrf": token, "email": person.email, "password": PASSWORD})

    assert visitor.cookies["icefloe_session"] != before
    other = Visitor(organization.url)
    other.cookies.set("icefloe_session", before, path="/dashboard")
    assert other.get("/dashboard/account").status_code == 303


@pytest.mark.parametrize(
    "change",
    [lambda value: value[:-1] + ("1" if value[-1] == "0" else "0"), lambda value: f"x{value}"],
    ids=["signature", "value"],
)
def test_forged_cookie(organization: Organization, change: Callable[[str], str]) -> None:
    """A cookie that the server did not sign is none."""
    visitor = come_in(organization)
    value = visitor.cookies["icefloe_session"]
    other = Visitor(organization.url)
    other.cookies.set("icefloe_session", change(value), path="/dashboard")

    assert other.get("/dashboard/account").status_code == 303


def test_sign_out(organization: Organization) -> None:
    """Signing out ends the session for whoever still has its cookie."""
    visitor = come_in(organization)
    kept = visitor.cookies["icefloe_session"]

    answer = visitor.post("/dashboard/sign-out", data={"csrf": visitor.token("/dashboard/account")})

    assert (answer.status_code, answer.headers["location"]) == (303, _PAGE)
    assert "icefloe_session" not in visitor.cookies
    visitor.cookies.set("icefloe_session", kept, path="/dashboard")
    assert visitor.get("/dashboard/account").status_code == 303


def test_sign_out_is_no_link(organization: Organization) -> None:
    """Nobody is signed out by following a link."""
    assert come_in(organization).get("/dashboard/sign-out").status_code == 405


class TestFirst:
    """The one-time link."""

    @pytest.fixture(params=[(), ("--workers", "2")], ids=["alone", "workers"])
    def flags(self, request: pytest.FixtureRequest) -> tuple[str, ...]:
        """How the server is started."""
        flags: tuple[str, ...] = request.param
        return flags

    def test_works_once(self, tmp_path: Path, flags: tuple[str, ...]) -> None:
        """A new server's link makes the first person, who owns what there is, and nobody after."""
        log = tmp_path / "log"
        with serving(log, "--database", str(tmp_path / "one.db"), *flags) as (_, url):
            (link,) = re.findall(r"first person: (http://\S+/dashboard/first/\S+)", log.read_text())
            path = link.removeprefix(url)
            visitor, other = Visitor(url), Visitor(url)
            assert "icefloe people create" in visitor.see(_PAGE).text
            assert visitor.get(path[:-3] + "AAA").status_code == 404
            wrong = visitor.send(path, name="Ada", email="ada", password=_SHORT)
            assert wrong.status_code == 422
            assert ("value", "Ada") in over_http.Seen(wrong.text).attributes

            token = other.token(path)
            answer = visitor.send(path, name="Ada", email="ada@example.com", password=PASSWORD)
            late = other.post(
                path, data={"csrf": token, "email": "eve@example.com", "password": PASSWORD}
            )

            assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
            home = visitor.get("/dashboard").headers["location"]
            assert "My organization" in visitor.see(f"{home}/settings").text
            assert (late.status_code, late.headers["location"]) == (303, _PAGE)
            assert other.get(path).headers["location"] == _PAGE
            assert "That link has been used already" in other.see(_PAGE).text
            assert "That link has been used already" not in other.see(_PAGE).text

    def test_is_not_told_once_there_is_somebody(self, server: Server, tmp_path: Path) -> None:
        """A server whose database has people prints no link; nor does one without a dashboard."""
        path = tmp_path / "log"
        with serving(path, "--temporary", "--no-dashboard") as (_, url):
            assert "/dashboard/first/" not in path.read_text()
            assert plain_http.get(f"{url}/dashboard").status_code == 404
        assert plain_http.get(f"{server.url}/dashboard").status_code == 303
