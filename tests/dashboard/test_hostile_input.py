"""What nobody sends who means well: refused with a page, never a failure, and never slowly."""

import pytest

from dashboard.over_http import PASSWORD, Seen, Visitor, come_in, home_of
from support import Organization, run

_SIGN_IN = "/dashboard/sign-in"
# Neither is an address: the second is not after Unicode's normalisation.
_NO_ADDRESSES = ["//[", "//[x]/dashboard/", "//\u2100/dashboard/"]


@pytest.fixture
def anybody(organization: Organization) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(organization.url)


@pytest.mark.parametrize("wanted", _NO_ADDRESSES)
def test_back_to_what_is_no_address(anybody: Visitor, wanted: str) -> None:
    """Where to go after signing in may be nonsense: the form is shown without it."""
    answer = anybody.get(_SIGN_IN, params={"next": wanted})
    sent = anybody.send(_SIGN_IN, email="", password="", next=wanted)

    assert (answer.status_code, sent.status_code) == (200, 422)
    assert ("name", "next") in Seen(answer.text).attributes
    assert wanted not in answer.text + sent.text


@pytest.mark.parametrize("origin", ["http://[", "http://[x]", "", "null"])
def test_from_what_is_no_address(anybody: Visitor, origin: str) -> None:
    """A form from what is no address is not from here."""
    data = {"csrf": anybody.token(_SIGN_IN)}

    assert anybody.post(_SIGN_IN, data=data, headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("charset", ["unicode_escape", "raw_unicode_escape"])
@pytest.mark.parametrize("name", ["email", "\\udfff"])
def test_half_characters(anybody: Visitor, charset: str, name: str) -> None:
    """A form in a character set that gives half characters cannot be read."""
    fields = {"csrf": anybody.token(_SIGN_IN), name: "\\ud800", "password": "x"}
    parts = [
        f'--a\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    kind = f"multipart/form-data; boundary=a; charset={charset}"

    answer = anybody.post(
        _SIGN_IN, content="".join(parts) + "--a--\r\n", headers={"Content-Type": kind}
    )

    assert answer.status_code == 400


def test_endless_password(organization: Organization, anybody: Visitor) -> None:
    """A megabyte of accents is no password, and nobody waits until they are in order."""
    email = f"{organization.id.hex}@example.com"
    password = "a" + "\u0301\u0327" * 80_000

    answer = anybody.send(_SIGN_IN, email=email, password=password)

    assert answer.status_code == 422


@pytest.mark.parametrize("form", ["k{}=v", "k=v{}"])
def test_endless_filters(organization: Organization, form: str) -> None:
    """Of very many filters the first fifty count: each stands in every other's links."""
    organization.keep({"email": "ada@example.com"})
    visitor = come_in(organization)

    answer = visitor.get(
        f"{home_of(organization)}/customers",
        params=[("metadata", form.format(number)) for number in range(1000)],
    )

    assert answer.status_code == 200
    assert answer.text.count('class="chip"') == 50


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_files_are_only_read(anybody: Visitor, method: str) -> None:
    """A style or script is asked for, and nothing else."""
    answer = anybody.request(method, "/dashboard/static/dashboard.css")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_slug_that_is_anothers_id(organization: Organization) -> None:
    """An organization whose slug is another's id is not taken for that other one."""
    visitor = come_in(organization)
    visitor.send("/dashboard/organizations/new", name="A trap", slug=str(organization.id))

    seen = visitor.see(f"/dashboard/{organization.id}/settings")

    assert ("value", run(organization.services.organizations.get(organization.id)).name) in (
        seen.attributes
    )


def test_stolen_session(organization: Organization) -> None:
    """Who changes the password gets another session: whoever has the old cookie is out."""
    visitor, thief = come_in(organization), Visitor(organization.url)
    thief.cookies.set("icefloe_session", visitor.cookies["icefloe_session"], path="/dashboard")
    assert thief.get("/dashboard/account").status_code == 200

    answer = visitor.send(
        "/dashboard/account",
        do="change-password",
        old=PASSWORD,
        new="another tide, another time",
    )

    assert answer.headers["location"] == "/dashboard/account"
    assert "signed out everywhere else" in visitor.see("/dashboard/account").text
    assert thief.get("/dashboard/account").status_code == 303
