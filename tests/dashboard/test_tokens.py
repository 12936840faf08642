"""Developers → access tokens: from the form to the API, and to the end."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from dashboard.over_http import Seen, Visitor, come_in, home_of
from support import Organization, run

_TOKEN = re.compile(r"polar_oat_[A-Za-z0-9]{43}")
_ALL = ["customers:read", "customers:write", "members:read", "members:write"]


@pytest.fixture
def visitor(organization: Organization) -> Visitor:
    """The organization's owner, signed in."""
    return come_in(organization)


@pytest.fixture
def home(organization: Organization) -> str:
    """Where the organization's tokens are."""
    return f"{home_of(organization)}/settings/tokens"


def test_life(organization: Organization, visitor: Visitor, home: str) -> None:
    """A token is created, used, changed and revoked; the API goes by each at once."""
    assert "No access token yet" in visitor.see(home).text

    created = visitor.send(f"{home}/new", name="Web <shop>", scopes=["customers:read"])
    (token,) = set(_TOKEN.findall(created.text))
    assert created.status_code == 200
    assert created.headers["cache-control"] == "no-store"
    assert organization.get("/v1/customers/", token=token).status_code == 200
    assert organization.get("/v1/members/", token=token).status_code == 403

    listed = visitor.see(home)
    assert "Web <shop>" in listed.text
    assert token not in listed.text
    (path,) = [link for link in listed.links if re.search(r"tokens/[0-9a-f-]{36}$", link)]
    changed = visitor.send(path, name="Shop", scopes=["members:read"])
    assert changed.headers["location"] == home
    assert organization.get("/v1/customers/", token=token).status_code == 403
    assert organization.get("/v1/members/", token=token).status_code == 200

    refused = visitor.send(path, at="/revoke", confirmation="shop")
    assert refused.status_code == 422
    assert organization.get("/v1/members/", token=token).status_code == 200
    revoked = visitor.send(path, at="/revoke", confirmation="Shop")
    assert revoked.headers["location"] == home
    assert organization.get("/v1/members/", token=token).status_code == 401
    assert "Revoked and expired (1)" in visitor.see(home).text
    assert visitor.get(path).status_code == 404


def test_snippets(organization: Organization, visitor: Visitor, home: str) -> None:
    """The new token comes with lines for each client that have it and this server's address."""
    created = Seen(visitor.send(f"{home}/new", name="CI", scopes=_ALL).text).text

    for line in (
        f"'{organization.url}/v1/customers/?limit=3'",
        f'base_url="{organization.url}"',
        f'server_url="{organization.url}"',
        f'baseUrl: "{organization.url}"',
        f'serverURL: "{organization.url}"',
    ):
        assert line in created
    assert len(_TOKEN.findall(created)) == 6


@pytest.mark.parametrize("host", ["evil'; rm -rf", "a b", "<script>", "x/../y", ""])
def test_a_host_that_is_none(
    organization: Organization, visitor: Visitor, home: str, host: str
) -> None:
    """A malformed Host header is in no line to paste: the server's own address is."""
    data = {"csrf": visitor.token(f"{home}/new"), "name": "CI", "scopes": "customers:read"}

    answer = visitor.post(f"{home}/new", data={**data, "expiry": "1"}, headers={"Host": host})

    assert answer.status_code in {200, 400}
    assert answer.status_code == 400 or f"{organization.url}/v1" in answer.text


@pytest.mark.parametrize("days", [1, 7, 30, 90, 180, 365])
def test_expiry(organization: Organization, visitor: Visitor, home: str, days: int) -> None:
    """A token ends after as many days as were chosen."""
    visitor.send(f"{home}/new", name="CI", scopes=_ALL, expiry=str(days))

    (token,) = run(organization.services.tokens.find_all(organization.id))
    assert token.expires_at is not None
    span = token.expires_at - datetime.now(UTC)
    assert timedelta(days=days, minutes=-1) < span <= timedelta(days=days)


def test_without_end(organization: Organization, visitor: Visitor, home: str) -> None:
    """A token may have no end, which the form warns of; 30 days is what it proposes."""
    page = visitor.get(f"{home}/new").text
    assert '<option value="30" selected>' in page
    assert "valid until it is revoked" in page

    visitor.send(f"{home}/new", name="CI", scopes=_ALL, expiry="none")

    (token,) = run(organization.services.tokens.find_all(organization.id))
    assert token.expires_at is None
    assert "no end" in visitor.see(home).text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": "  "}, "Give the token a name"),
        ({"name": "x" * 257}, "at most 256"),
        ({"scopes": []}, "at least one scope"),
        ({"scopes": ["customers:fly"]}, "Choose among"),
        ({"expiry": "12"}, "how long"),
    ],
)
def test_mistakes(
    organization: Organization,
    visitor: Visitor,
    home: str,
    typed: dict[str, str | list[str]],
    told: str,
) -> None:
    """A mistake is told beside its field; what was typed and ticked stays, and nothing is made."""
    whole: dict[str, str | list[str]] = {
        "name": "CI & more",
        "scopes": ["members:read"],
        "expiry": "90",
    }

    answer = visitor.fill(f"{home}/new", whole | typed)

    seen = Seen(answer.text)
    assert answer.status_code == 422
    assert told in seen.text
    if "name" not in typed:
        assert ("value", "CI & more") in seen.attributes
    if "scopes" not in typed:
        assert [one for form in seen.forms for one in form.fields if one[0] == "scopes"] == [
            ("scopes", "members:read")
        ]
    if "expiry" not in typed:
        assert '<option value="90" selected>' in answer.text
    assert run(organization.services.tokens.find_all(organization.id)) == []


def test_other_resources(organization: Organization, visitor: Visitor, home: str) -> None:
    """Scopes of what this server does not have can be ticked too, and are kept."""
    visitor.send(f"{home}/new", name="CI", scopes=["customers:read", "orders:read"])

    (token,) = run(organization.services.tokens.find_all(organization.id))
    assert set(token.scopes) == {"customers:read", "orders:read"}
    seen = visitor.see(f"{home}/{token.id}")
    assert "(1 ticked)" in seen.text


def test_sent_twice(organization: Organization, visitor: Visitor, home: str) -> None:
    """A form that is sent again, as when its answer is loaded anew, makes no second token."""
    wanted = str(uuid4())

    def send() -> httpx.Response:
        return visitor.send(
            f"{home}/new", name="CI", scopes=["customers:read"], expiry="30", id=wanted
        )

    assert send().status_code == 200

    again = send()

    assert again.status_code == 303
    assert "has been made, and was shown once" in visitor.see(home).text
    (token,) = run(organization.services.tokens.find_all(organization.id))
    assert str(token.id) == wanted
