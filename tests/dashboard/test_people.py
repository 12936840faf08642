"""People: invitations, roles, accounts, organizations."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from dashboard import over_http
from dashboard.over_http import PASSWORD, Seen, Visitor, come_in, home_of
from icefloe.domain.values import organizations as domain
from support import Organization, run

_SHORT = "x" * 9
_LINK = re.compile(r"http://[^<\s]+/dashboard/invitations/[A-Za-z0-9_-]+")


@pytest.fixture
def visitor(organization: Organization) -> Visitor:
    """The organization's owner, signed in."""
    return come_in(organization)


@pytest.fixture
def home(organization: Organization) -> str:
    """Where the organization's people are."""
    return f"{home_of(organization)}/settings/people"


def _invite(visitor: Visitor, home: str, organization: Organization, **values: str) -> str:
    """The path of a new invitation's link."""
    answer = visitor.send(home, role="member", **values)
    (link,) = {found[0] for found in _LINK.finditer(answer.text)}
    assert link.startswith(organization.url)
    return link.removeprefix(organization.url)


class TestInvitations:
    """Links that let somebody in."""

    def test_somebody_new(self, organization: Organization, visitor: Visitor, home: str) -> None:
        """Who has the link makes an account, is in, and the link is used up."""
        path = _invite(visitor, home, organization)
        email = f"{uuid4().hex[:12]}@example.com"
        guest = Visitor(organization.url)

        wrong = guest.send(path, name="Grace", email=email, password=_SHORT)
        answer = guest.send(path, name="Grace", email=email, password=PASSWORD)

        assert wrong.status_code == 422
        assert ("value", email) in Seen(wrong.text).attributes
        assert answer.headers["location"] == home_of(organization)
        assert email in guest.see(home).text
        assert Visitor(organization.url).get(path).status_code == 410

    def test_somebody_known(self, organization: Organization, visitor: Visitor, home: str) -> None:
        """Who is signed in already joins by a press of the button."""
        path = _invite(visitor, home, organization)
        guest = Visitor(organization.url)
        person = run(organization.services.people.create(f"{uuid4().hex}@example.com", PASSWORD))
        guest.sign_in(person.email)
        assert guest.get(home).status_code == 404

        answer = guest.send(path)

        assert answer.headers["location"] == home_of(organization)
        assert guest.get(home).status_code == 200

    def test_for_an_address(self, organization: Organization, visitor: Visitor, home: str) -> None:
        """A link for an address lets nobody else in, and says for whom it is."""
        email = f"{uuid4().hex[:12]}@example.com"
        path = _invite(visitor, home, organization, email=email)
        other = Visitor(organization.url)

        answer = other.send(path, email="eve@example.com", password=PASSWORD)

        assert answer.status_code == 422
        assert f"The invitation is for {email}" in Seen(answer.text).text
        assert other.send(path, password=PASSWORD).status_code == 303

    def test_taken_back(self, organization: Organization, visitor: Visitor, home: str) -> None:
        """An invitation that is taken back lets nobody in."""
        path = _invite(visitor, home, organization)
        assert "anyone with the link" in visitor.see(home).text

        visitor.send(home)  # the first form: the open invitation's

        assert Visitor(organization.url).get(path).status_code == 410
        assert "anyone with the link" not in visitor.see(home).text

    def test_mistakes(self, visitor: Visitor, home: str) -> None:
        """No address, no role, and somebody who is in it already: told, and what was typed stays."""
        csrf = visitor.token(home)
        own = re.findall(r"[0-9a-f]{12}@example\.com", visitor.get(home).text)[0]
        for email, role in (("no address", "member"), ("", "king"), (own, "member")):
            data = {"csrf": csrf, "do": "invite", "email": email, "role": role}
            answer = visitor.post(home, data=data)
            assert answer.status_code == 422
            assert ("value", email) in Seen(answer.text).attributes

    def test_no_such(self, organization: Organization) -> None:
        """A made-up link says that it cannot be used."""
        answer = Visitor(organization.url).get("/dashboard/invitations/x")

        assert answer.status_code == 410


def test_roles(organization: Organization, visitor: Visitor, home: str) -> None:
    """An owner changes roles and removes people; the last owner stays one."""
    member = come_in(organization, "member")
    people = run(organization.services.memberships.find_of_organization(organization.id))
    ids = {role: person.id for person, role in people}
    assert member.get(f"{home}/{ids['owner']}").status_code == 403

    last = visitor.send(f"{home}/{ids['owner']}", role="member")
    assert last.status_code == 422
    assert "needs an owner" in Seen(last.text).text
    csrf = visitor.token(home)
    leaving = visitor.post(f"{home}/leave", data={"csrf": csrf})
    assert leaving.headers["location"] == home
    assert "needs an owner" in visitor.see(home).text

    assert visitor.send(f"{home}/{ids['member']}", role="owner").status_code == 303
    assert member.get(f"{home}/{ids['owner']}").status_code == 200
    removed = visitor.post(f"{home}/{ids['member']}", data={"csrf": csrf, "do": "remove"})
    assert removed.headers["location"] == home
    assert member.get(home).status_code == 404


def test_leaving(organization: Organization, visitor: Visitor, home: str) -> None:
    """A member who leaves sees nothing of it any more."""
    visitor.see(home)
    member = come_in(organization, "member")

    answer = member.post(f"{home}/leave", data={"csrf": member.token(home)})

    assert answer.status_code == 303
    assert member.get(home).status_code == 404


class TestAccount:
    """A person's own account."""

    _PAGE = "/dashboard/account"

    def _send(self, visitor: Visitor, **values: str) -> Seen:
        data = {"csrf": visitor.token(self._PAGE), **values}
        answer = visitor.post(self._PAGE, data=data)
        return Seen(answer.text) if answer.status_code == 422 else visitor.see(self._PAGE)

    def test_name(self, visitor: Visitor) -> None:
        """A person is called what they say."""
        assert "Grace Hopper" in self._send(visitor, do="rename", name="Grace Hopper").text
        assert "at most 256" in self._send(visitor, do="rename", name="x" * 257).text

    def test_password(self, organization: Organization) -> None:
        """Another password needs the one so far, and ends every other session."""
        person = run(over_http.add_person(organization.services, organization))
        visitor, other = Visitor(organization.url), Visitor(organization.url)
        visitor.sign_in(person.email)
        other.sign_in(person.email)
        new = "another tide, another time"

        wrong = self._send(visitor, do="change-password", old="wrong", new=new)
        short = self._send(visitor, do="change-password", old=PASSWORD, new="short")
        right = self._send(visitor, do="change-password", old=PASSWORD, new=new)

        assert "not your current password" in wrong.text
        assert "at least 10 characters" in short.text
        assert "signed out everywhere else" in right.text
        assert other.get(self._PAGE).status_code == 303
        assert Visitor(organization.url).sign_in(person.email, new).status_code == 303

    @pytest.mark.parametrize(("where", "status"), [("elsewhere", 200), ("everywhere", 303)])
    def test_sign_out_everywhere(self, organization: Organization, where: str, status: int) -> None:
        """Every other session ends, and this one too where that was meant."""
        person = run(over_http.add_person(organization.services, organization))
        visitor, other = Visitor(organization.url), Visitor(organization.url)
        visitor.sign_in(person.email)
        other.sign_in(person.email)

        visitor.send(self._PAGE, do="sign-out", where=where)

        assert other.get(self._PAGE).status_code == 303
        assert visitor.get(self._PAGE).status_code == status


class TestOrganizations:
    """Making an organization, and its settings."""

    def test_new(self, visitor: Visitor) -> None:
        """Who makes an organization owns it, and changes between the two."""
        slug = f"acme-{uuid4().hex[:8]}"

        answer = visitor.send("/dashboard/organizations/new", name="Acme", slug=slug)

        assert answer.headers["location"] == f"/dashboard/{slug}"
        seen = visitor.see(f"/dashboard/{slug}/settings")
        assert f"/dashboard/{slug}" in seen.links
        assert visitor.get("/dashboard").headers["location"] == f"/dashboard/{slug}"

    def test_reserved(self, organization: Organization) -> None:
        """An organization from before the dashboard whose slug is one of its paths goes by its id."""
        services = organization.services
        old = domain.Organization(
            id=uuid4(), name="First", slug="first", created_at=datetime.now(UTC)
        )
        run(services.storage.write(lambda tables: tables.organizations.add(old)))
        visitor = come_in(Organization(old.id, services, organization.url))

        home = visitor.get("/dashboard").headers["location"]

        assert home == f"/dashboard/{old.id}"
        assert visitor.get(f"{home}/settings").status_code == 200

    def test_change(self, organization: Organization, visitor: Visitor) -> None:
        """Name and slug are changed, and the id is there to be copied."""
        slug = f"other-{uuid4().hex[:8]}"
        page = f"{home_of(organization)}/settings"
        assert str(organization.id) in visitor.see(page).text

        answer = visitor.send(page, name="Other", slug=slug)

        assert answer.headers["location"] == f"/dashboard/{slug}/settings"
        assert "Saved." in visitor.see(f"/dashboard/{slug}/settings").text
        assert visitor.get(page).status_code == 404

    def test_mistakes(self, organization: Organization, visitor: Visitor) -> None:
        """A slug that is none or another's, and a name that is none, are told."""
        page = f"{home_of(organization)}/settings"
        slug = f"taken-{uuid4().hex[:8]}"
        run(organization.services.organizations.create("Taken", slug=slug))
        for values, told in (
            ({"name": ""}, "1 to 256"),
            ({"slug": "Not A Slug"}, "lower-case"),
            ({"slug": "account"}, "use another slug"),
            ({"slug": "x" * 101}, "at most 100"),
            ({"slug": slug}, "already"),
        ):
            answer = visitor.send(page, **values)
            assert answer.status_code == 422
            assert told in Seen(answer.text).text
            new = visitor.send("/dashboard/organizations/new", **{"name": "New", **values})
            assert new.status_code == 422
            assert told in Seen(new.text).text
