"""What every answer has, and what is refused: forged forms, other methods, others' addresses."""

from collections.abc import Callable

import pytest

from dashboard.over_http import Seen, Visitor, come_in, home_of
from support import Organization, run

_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'"
_ELSEWHERE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
)


@pytest.fixture
def visitor(organization: Organization) -> Visitor:
    """The organization's owner, signed in."""
    return come_in(organization)


def _pages(organization: Organization) -> list[str]:
    home = home_of(organization)
    return [
        "/dashboard/account",
        "/dashboard/organizations/new",
        f"{home}/settings",
        f"{home}/settings/tokens",
        f"{home}/settings/tokens/new",
        f"{home}/settings/webhooks",
        f"{home}/settings/webhooks/new",
        f"{home}/settings/webhooks/deliveries",
        f"{home}/settings/people",
    ]


def test_headers(organization: Organization, visitor: Visitor) -> None:
    """Every answer, errors too, forbids to be kept, framed, sniffed or filled with others' scripts."""
    for path in [
        *_pages(organization),
        "/dashboard",
        "/dashboard/no/such/page",
        "/dashboard/sign-out",
    ]:
        headers = visitor.get(path).headers
        assert headers["content-security-policy"].startswith(_POLICY), path
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store", path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_nothing_inline(organization: Organization, visitor: Visitor) -> None:
    """No page has a script or style of its own, or loads anything from elsewhere."""
    for path in _pages(organization):
        seen = visitor.see(path)
        names = {name for name, _ in seen.attributes}
        assert not {name for name in names if name.startswith("on") or name == "style"}, path
        for name, value in seen.attributes:
            if name in {"src", "href", "action"}:
                assert value.startswith(("/", "#")), (path, value)


def test_labels(organization: Organization, visitor: Visitor) -> None:
    """Every field on every page has a label or says what it is."""
    for path in _pages(organization):
        attributes = visitor.see(path).attributes
        labelled = {value for name, value in attributes if name == "for"}
        fields = {
            value for name, value in attributes if name == "id" and value.startswith("field-")
        }
        assert fields - {"field-scopes", "field-events"} <= labelled, path


def test_files(visitor: Visitor) -> None:
    """Styles and scripts are kept for good under an address that changes with them."""
    seen = visitor.see("/dashboard/account")
    files = [value for name, value in seen.attributes if "/static/" in value and name != "content"]
    assert len(files) == 4
    for path in files:
        answer = visitor.get(path)
        assert answer.status_code == 200
        assert "?v=" in path
        assert "immutable" in answer.headers["cache-control"]
    assert visitor.get("/dashboard/static/../application.py").status_code == 404
    assert visitor.get("/dashboard/static/%2e%2e%2fapplication.py").status_code == 404
    assert visitor.get("/dashboard/static/nothing.css").status_code == 404


def test_forms_that_are_not_ours(organization: Organization, visitor: Visitor) -> None:
    """A form without the session's token, or with another's, changes nothing and says what to do."""
    path = f"{home_of(organization)}/settings"
    other = come_in(organization).token(path)
    for token in (
        None,
        "",
        "0" * 64,
        "ä",
        other,
        Visitor(organization.url).token("/dashboard/sign-in"),
    ):
        data = {"name": "Mine", "slug": "mine"} | ({} if token is None else {"csrf": token})
        answer = visitor.post(path, data=data)
        assert answer.status_code == 403
        assert "load the page again" in Seen(answer.text).text
    assert run(organization.services.organizations.get(organization.id)).name != "Mine"


@pytest.mark.parametrize("headers", _ELSEWHERE, ids=str)
def test_forms_from_elsewhere(
    organization: Organization, visitor: Visitor, headers: dict[str, str]
) -> None:
    """What the browser says was sent from another site is refused, whatever it brings."""
    path = f"{home_of(organization)}/settings"
    data = {"csrf": visitor.token(path), "name": "Mine", "slug": "mine"}

    assert visitor.post(path, data=data, headers=headers).status_code == 403
    assert run(organization.services.organizations.get(organization.id)).name != "Mine"


def test_token_as_a_header(organization: Organization, visitor: Visitor) -> None:
    """A script of ours may bring the token as a header."""
    path = f"{home_of(organization)}/settings"
    headers = {"X-CSRF-Token": visitor.token(path), "Origin": organization.url}
    slug = home_of(organization).rpartition("/")[2]

    answer = visitor.post(path, data={"name": "Ours", "slug": slug}, headers=headers)

    assert answer.status_code == 303


def test_sign_in_is_protected_too(organization: Organization) -> None:
    """Nobody is signed in by another site's form: it needs the cookie that came with ours."""
    token = Visitor(organization.url).token("/dashboard/sign-in")
    data = {"csrf": token, "email": "ada@example.com", "password": "x"}

    assert Visitor(organization.url).post("/dashboard/sign-in", data=data).status_code == 403


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=a"]
)
def test_too_much(organization: Organization, visitor: Visitor, kind: str) -> None:
    """A form of more than a megabyte is refused with a page, said in advance or not."""
    path = f"{home_of(organization)}/settings"
    body = b"name=" + b"x" * 1_100_000
    if kind.startswith("multipart"):
        body = (
            b'--a\r\nContent-Disposition: form-data; name="name"\r\n\r\n' + body + b"\r\n--a--\r\n"
        )

    for content in (body, iter([body[:600_000], body[600_000:]])):
        answer = visitor.post(path, content=content, headers={"Content-Type": kind})
        assert answer.status_code == 413
        assert "too large" in Seen(answer.text).text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"name": "Mine"}'),
        ("multipart/form-data", b"--a"),
        ("multipart/form-data; boundary=a", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"%zz=%ff&" * 2000),
        ("application/x-www-form-urlencoded; charset=nonsense", b"name=\xff"),
        ("text/plain; charset=utf-16", b"\xff"),
    ],
)
def test_other_bodies(organization: Organization, visitor: Visitor, kind: str, body: bytes) -> None:
    """What is no form is refused with a page, never a failure."""
    path = f"{home_of(organization)}/settings"

    answer = visitor.post(path, content=body, headers={"Content-Type": kind})

    assert answer.status_code in {400, 403}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods(organization: Organization, visitor: Visitor, method: str) -> None:
    """A page is asked for, or sent a form, and nothing else."""
    path = f"{home_of(organization)}/settings"

    answer = visitor.request(method, path)

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def test_head(organization: Organization, visitor: Visitor) -> None:
    """HEAD gives what GET does, without the page."""
    answer = visitor.request("HEAD", f"{home_of(organization)}/settings")

    assert (answer.status_code, answer.content) == (200, b"")


class TestOtherOrganizations:
    """A person sees nothing of an organization they are no member of."""

    @pytest.fixture
    def other(self, make_organization: Callable[[], Organization]) -> Organization:
        """An organization with a token, an invitation and an owner."""
        made = make_organization()
        made.token()
        come_in(made)
        return made

    def test_every_address(self, visitor: Visitor, other: Organization) -> None:
        """Each address of it is not found, as of one that does not exist, by slug and by id."""
        csrf = visitor.token("/dashboard/account")
        (token,) = run(other.services.tokens.find_all(other.id))
        ((person, _),) = run(other.services.memberships.find_of_organization(other.id))
        below = [
            "", "/settings", "/settings/tokens", "/settings/tokens/new",
            f"/settings/tokens/{token.id}", f"/settings/tokens/{token.id}/revoke",
            "/settings/people", f"/settings/people/{person.id}",
        ]  # fmt: skip
        for path in below:
            for home in (home_of(other), f"/dashboard/{other.id}", "/dashboard/no-such-one"):
                assert visitor.get(home + path).status_code == 404, home + path
                answer = visitor.post(home + path, data={"csrf": csrf, "do": "remove"})
                assert answer.status_code == 404, home + path

    def test_its_things_below_ones_own(
        self, organization: Organization, visitor: Visitor, other: Organization
    ) -> None:
        """Its tokens, people and invitations are not found below another organization either."""
        home = home_of(organization)
        csrf = visitor.token("/dashboard/account")
        (token,) = run(other.services.tokens.find_all(other.id))
        ((person, _),) = run(other.services.memberships.find_of_organization(other.id))
        invitation, _ = run(other.services.invitations.create(other.id, "owner", by=person.id))

        for path in (
            f"{home}/settings/tokens/{token.id}",
            f"{home}/settings/tokens/{token.id}/revoke",
            f"{home}/settings/people/{person.id}",
            f"{home}/settings/tokens/not-an-id",
        ):
            assert visitor.get(path).status_code == 404
            data = {"csrf": csrf, "confirmation": token.name, "do": "remove", "name": "x"}
            assert visitor.post(path, data=data | {"scopes": "user:read"}).status_code == 404
        data = {"csrf": csrf, "do": "revoke", "invitation_id": str(invitation.id)}
        assert visitor.post(f"{home}/settings/people", data=data).status_code == 404
        assert run(other.services.tokens.get(other.id, token.id)).revoked_at is None
        assert len(run(other.services.invitations.find_open(other.id))) == 1

    def test_members(self, organization: Organization) -> None:
        """A member sees settings, tokens and people, and is told that only owners change them."""
        member = come_in(organization, "member")
        home = home_of(organization)
        organization.token()
        csrf = member.token(f"{home}/settings")
        for path in ("/settings", "/settings/tokens", "/settings/people"):
            assert member.get(home + path).status_code == 200
        for path in ("/settings", "/settings/people", "/settings/tokens/new"):
            answer = member.post(home + path, data={"csrf": csrf, "name": "Mine"})
            assert answer.status_code == 403
            assert "Only an owner" in Seen(answer.text).text
        assert member.get(f"{home}/settings/tokens/new").status_code == 403


def test_the_api_is_as_before(organization: Organization) -> None:
    """Paths beside the dashboard are the API's, and those that only look alike too."""
    assert organization.get("/v1/customers/").status_code == 200
    for path in ("/dashboards", "/dashboard.html", "/Dashboard"):
        answer = organization.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
