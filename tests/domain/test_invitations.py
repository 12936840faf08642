"""Invitations: links that let somebody into an organization, once and for a while."""

import asyncio
import hashlib
import hmac
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from icefloe.domain.organizations import Organizations
from icefloe.domain.people.invitations import VALID_FOR, Invitations
from icefloe.domain.people.memberships import Memberships
from icefloe.domain.people.people import People
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import errors
from icefloe.domain.values.invitations import Invitation
from icefloe.domain.values.organizations import Organization
from icefloe.domain.values.people import Person
from support import Engine, HeldTime, add_person, run

SECRET = b"a secret of the tests"
GOOD = "seven grey herons"


@pytest.fixture
def people(store: Storage, time: HeldTime) -> People:
    """The rules of people, on an empty storage."""
    return People(store, time.clock, SECRET)


@pytest.fixture
def memberships(store: Storage, time: HeldTime) -> Memberships:
    """The rules of memberships, on the same."""
    return Memberships(store, time.clock)


@pytest.fixture
def invitations(store: Storage, time: HeldTime, people: People) -> Invitations:
    """The rules, on the same."""
    return Invitations(store, time.clock, SECRET, people)


@pytest.fixture
def ada(store: Storage) -> Person:
    """Who invites."""
    return add_person(store, "ada")


@pytest.fixture
def bob(store: Storage) -> Person:
    """Who may be invited."""
    return add_person(store, "bob")


@pytest.fixture
def organization(memberships: Memberships, ada: Person) -> Organization:
    """What Ada owns."""
    return run(memberships.create_organization(ada.id, "Tests"))


class TestCreate:
    """Making one."""

    def test_create(
        self, invitations: Invitations, organization: Organization, ada: Person, time: HeldTime
    ) -> None:
        """An invitation is valid for a week; its token is shown once."""
        made, token = run(invitations.create(organization.id, "member", " Bob@X.test ", by=ada.id))

        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
        assert made == Invitation(
            id=made.id,
            organization_id=organization.id,
            email="Bob@x.test",
            role="member",
            created_by=ada.id,
            created_at=time.now,
            expires_at=time.now + VALID_FOR,
        )
        assert run(invitations.find(token)) == (made, organization)
        assert run(invitations.find_open(organization.id)) == [made]

    def test_kept_as_a_keyed_hash(
        self,
        invitations: Invitations,
        organization: Organization,
        store: Storage,
        engine: Engine,
        tmp_path: Any,
    ) -> None:
        """What is kept is HMAC-SHA-256 under the secret; the token is in no file."""
        _, token = run(invitations.create(organization.id, "member", by=None))

        kept = hmac.new(SECRET, f"invitation {token}".encode(), hashlib.sha256).hexdigest()
        found = run(store.read(lambda tables: tables.invitations.find(kept)))
        assert found == run(invitations.find(token))
        for file in tmp_path.iterdir() if engine.name == "sqlite" else ():
            assert token.encode() not in file.read_bytes()

    def test_refused(
        self,
        invitations: Invitations,
        organization: Organization,
        memberships: Memberships,
        ada: Person,
        bob: Person,
    ) -> None:
        """Only an owner invites, to an organization that is there, who is not in it yet."""
        with pytest.raises(errors.NotPermitted):
            run(invitations.create(organization.id, "member", by=bob.id))
        run(memberships.add(organization.id, bob.id, "member"))
        with pytest.raises(errors.NotPermitted):
            run(invitations.create(organization.id, "member", by=bob.id))
        with pytest.raises(errors.Duplicate) as refused:
            run(invitations.create(organization.id, "member", bob.email.upper(), by=ada.id))
        assert refused.value.field == "person"
        with pytest.raises(errors.OrganizationNotFound):
            run(invitations.create(uuid4(), "member", by=None))
        with pytest.raises(errors.InvalidValue, match="not a role"):
            run(invitations.create(organization.id, "boss", by=ada.id))  # type: ignore[arg-type]
        with pytest.raises(errors.InvalidValue, match="not a valid email"):
            run(invitations.create(organization.id, "member", "bob", by=ada.id))
        assert run(invitations.find_open(organization.id)) == []


class TestAccept:
    """Accepting one."""

    def test_by_a_person(
        self,
        invitations: Invitations,
        organization: Organization,
        memberships: Memberships,
        ada: Person,
        bob: Person,
    ) -> None:
        """Who has the link is let in with its role, and the link is used up."""
        _, token = run(invitations.create(organization.id, "owner", by=ada.id))

        assert run(invitations.accept(token, bob.id)) == organization

        assert run(memberships.find_role(organization.id, bob.id)) == "owner"
        assert run(invitations.find(token)) is None
        assert run(invitations.find_open(organization.id)) == []
        with pytest.raises(errors.InvitationNotFound):
            run(invitations.accept(token, bob.id))

    def test_by_somebody_new(
        self,
        invitations: Invitations,
        organization: Organization,
        memberships: Memberships,
        people: People,
    ) -> None:
        """Who is not there yet is added and let in, both or neither."""
        _, token = run(invitations.create(organization.id, "member", "new@x.test", by=None))

        for email, password in (("new@x.test", "short"), ("other@x.test", GOOD)):
            with pytest.raises(errors.InvalidValue):
                run(invitations.accept_as_new(token, email, password))
        assert run(people.find_by_email("other@x.test")) is None
        made, joined = run(invitations.accept_as_new(token, "NEW@x.test", GOOD, name="New"))

        assert (made.name, joined) == ("New", organization)
        assert run(memberships.find_of_person(made.id)) == [(organization, "member")]
        assert run(people.authenticate("new@x.test", GOOD, address="")) == made
        with pytest.raises(errors.InvitationNotFound):
            run(invitations.accept_as_new(token, "third@x.test", GOOD))

    def test_somebody_has_the_address(
        self, invitations: Invitations, organization: Organization, bob: Person
    ) -> None:
        """Who is there already signs in instead; the link stays open."""
        made, token = run(invitations.create(organization.id, "member", by=None))

        with pytest.raises(errors.Duplicate) as refused:
            run(invitations.accept_as_new(token, bob.email, GOOD))

        assert refused.value.field == "email"
        assert run(invitations.find(token)) == (made, organization)

    def test_for_somebody_else(
        self, invitations: Invitations, organization: Organization, bob: Person
    ) -> None:
        """An invitation to an address is for whoever has it, letter case aside."""
        _, other = run(invitations.create(organization.id, "member", "eve@x.test", by=None))
        _, his = run(invitations.create(organization.id, "member", "BOB@x.test", by=None))

        with pytest.raises(errors.InvalidValue, match=r"is for eve@x\.test"):
            run(invitations.accept(other, bob.id))
        assert run(invitations.find(other)) is not None
        assert run(invitations.accept(his, bob.id)) == organization

    def test_who_is_in_it(
        self, invitations: Invitations, organization: Organization, ada: Person
    ) -> None:
        """Whoever is in the organization already leaves the link open for another."""
        _, token = run(invitations.create(organization.id, "member", by=ada.id))

        with pytest.raises(errors.Duplicate) as refused:
            run(invitations.accept(token, ada.id))

        assert refused.value.field == "person"
        assert run(invitations.find(token)) is not None

    def test_nobody(self, invitations: Invitations, organization: Organization) -> None:
        """Who is not there is not let in."""
        _, token = run(invitations.create(organization.id, "member", by=None))

        with pytest.raises(errors.PersonNotFound):
            run(invitations.accept(token, uuid4()))
        assert run(invitations.find(token)) is not None

    def test_expired(
        self, invitations: Invitations, organization: Organization, bob: Person, time: HeldTime
    ) -> None:
        """After a week an invitation is not valid any more."""
        made, token = run(invitations.create(organization.id, "member", by=None))

        time.now = made.expires_at - timedelta(microseconds=1)
        assert run(invitations.find(token)) is not None
        time.now = made.expires_at
        assert run(invitations.find(token)) is None
        assert run(invitations.find_open(organization.id)) == []
        with pytest.raises(errors.InvitationNotFound):
            run(invitations.accept(token, bob.id))
        with pytest.raises(errors.InvitationNotFound):
            run(invitations.accept_as_new(token, "new@x.test", GOOD))

    def test_two_at_once(
        self,
        invitations: Invitations,
        organization: Organization,
        store: Storage,
        bob: Person,
    ) -> None:
        """Of two who accept at the same moment, one is let in."""
        eve = add_person(store, "eve")
        _, token = run(invitations.create(organization.id, "member", by=None))

        async def both() -> list[Organization | BaseException]:
            return await asyncio.gather(
                *(invitations.accept(token, person.id) for person in (bob, eve)),
                return_exceptions=True,
            )

        told = run(both())

        assert sorted(type(one).__name__ for one in told) == ["InvitationNotFound", "Organization"]

    @pytest.mark.parametrize("token", ["", "x", "é" * 43, "A" * 43])
    def test_not_one(self, invitations: Invitations, bob: Person, token: str) -> None:
        """What is no invitation's token leads nowhere."""
        assert run(invitations.find(token)) is None
        with pytest.raises(errors.InvitationNotFound):
            run(invitations.accept(token, bob.id))


class TestRevoke:
    """Taking one back."""

    def test_revoke(
        self, invitations: Invitations, organization: Organization, bob: Person
    ) -> None:
        """A revoked invitation is gone at once; one of another organization is not found."""
        made, token = run(invitations.create(organization.id, "member", by=None))

        with pytest.raises(errors.InvitationNotFound):
            run(invitations.revoke(made.id, organization_id=uuid4()))
        run(invitations.revoke(made.id, organization_id=organization.id))

        assert run(invitations.find_open(organization.id)) == []
        with pytest.raises(errors.InvitationNotFound):
            run(invitations.accept(token, bob.id))
        with pytest.raises(errors.InvitationNotFound):
            run(invitations.revoke(made.id))

    def test_accepted(
        self, invitations: Invitations, organization: Organization, bob: Person
    ) -> None:
        """What somebody has accepted cannot be taken back."""
        made, token = run(invitations.create(organization.id, "member", by=None))
        run(invitations.accept(token, bob.id))

        with pytest.raises(errors.InvitationNotFound):
            run(invitations.revoke(made.id))


class TestWhoInvitedOwnsNoMore:
    """A link is worth nothing once whoever made it could not make it any more."""

    @pytest.fixture
    def token(
        self,
        invitations: Invitations,
        organization: Organization,
        memberships: Memberships,
        ada: Person,
        bob: Person,
    ) -> str:
        """Of an invitation that Ada made, who is not the only owner."""
        run(memberships.add(organization.id, bob.id, "owner"))
        return run(invitations.create(organization.id, "owner", by=ada.id))[1]

    def test_a_member_now(
        self,
        token: str,
        invitations: Invitations,
        organization: Organization,
        memberships: Memberships,
        ada: Person,
    ) -> None:
        """Who becomes a member cannot become an owner again by a link made before."""
        run(memberships.change_role(organization.id, ada.id, "owner"))
        assert run(invitations.find(token)) is not None
        run(memberships.change_role(organization.id, ada.id, "member"))
        assert run(invitations.find(token)) is None

    def test_removed_from_it(
        self,
        token: str,
        invitations: Invitations,
        organization: Organization,
        memberships: Memberships,
        ada: Person,
        bob: Person,
    ) -> None:
        """Who is removed cannot come back by a link made before; others' links stay."""
        elsewhere = run(memberships.create_organization(ada.id, "Elsewhere"))
        _, stays = run(invitations.create(organization.id, "member", by=bob.id))
        _, other = run(invitations.create(elsewhere.id, "member", by=ada.id))

        run(memberships.remove(organization.id, ada.id))

        with pytest.raises(errors.InvitationNotFound):
            run(invitations.accept(token, ada.id))
        assert run(invitations.find(stays)) is not None
        assert run(invitations.find(other)) is not None

    def test_gone(self, token: str, invitations: Invitations, people: People, ada: Person) -> None:
        """With a person the links go that it made and nobody used."""
        run(people.remove(ada.id))

        assert run(invitations.find(token)) is None


def test_removed_organization(
    invitations: Invitations,
    organization: Organization,
    store: Storage,
    time: HeldTime,
    bob: Person,
) -> None:
    """With an organization its invitations go."""
    _, token = run(invitations.create(organization.id, "member", by=None))

    run(Organizations(store, time.clock).remove(organization.id))

    assert run(invitations.find(token)) is None
    with pytest.raises(errors.InvitationNotFound):
        run(invitations.accept(token, bob.id))
