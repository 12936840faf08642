"""Memberships: who belongs to which organization, and that each that has owners keeps one."""

import asyncio
from uuid import UUID, uuid4

import pytest

from icefloe.domain.organizations import Organizations
from icefloe.domain.people.memberships import Memberships
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import errors
from icefloe.domain.values.memberships import Membership
from icefloe.domain.values.organizations import Organization
from icefloe.domain.values.people import Person
from support import HeldTime, add_person, run


@pytest.fixture
def memberships(store: Storage, time: HeldTime) -> Memberships:
    """The rules, on an empty storage."""
    return Memberships(store, time.clock)


@pytest.fixture
def organization(store: Storage, time: HeldTime) -> Organization:
    """An organization that nobody is in."""
    return run(Organizations(store, time.clock).create("Tests", slug="tests"))


@pytest.fixture
def ada(store: Storage) -> Person:
    """Somebody."""
    return add_person(store, "ada")


@pytest.fixture
def bob(store: Storage) -> Person:
    """Somebody else."""
    return add_person(store, "bob")


def test_add(
    memberships: Memberships, organization: Organization, ada: Person, bob: Person, time: HeldTime
) -> None:
    """Who is in an organization is found from both sides, with the role."""
    made = run(memberships.add(organization.id, bob.id, "owner"))
    time.pass_by(seconds=1)
    run(memberships.add(organization.id, ada.id, "member"))

    assert made == Membership(
        organization_id=organization.id, person_id=bob.id, role="owner", created_at=made.created_at
    )
    assert run(memberships.find_of_organization(organization.id)) == [
        (bob, "owner"),
        (ada, "member"),
    ]
    assert run(memberships.find_of_person(ada.id)) == [(organization, "member")]
    assert run(memberships.find_role(organization.id, bob.id)) == "owner"


def test_by_slug(memberships: Memberships, organization: Organization, ada: Person) -> None:
    """By its slug an organization is found by those who are in it, and by nobody else."""
    assert run(memberships.find_by_slug(ada.id, "tests")) is None
    run(memberships.add(organization.id, ada.id, "member"))

    assert run(memberships.find_by_slug(ada.id, "tests")) == (organization, "member")
    for other in ("Tests", "test", "", "a\0b", "\ud800"):
        assert run(memberships.find_by_slug(ada.id, other)) is None
    assert run(memberships.find_by_slug(uuid4(), "tests")) is None


def test_not_added(memberships: Memberships, organization: Organization, ada: Person) -> None:
    """Both have to be there, the role too, and nobody is in an organization twice."""
    run(memberships.add(organization.id, ada.id, "member"))

    with pytest.raises(errors.OrganizationNotFound):
        run(memberships.add(uuid4(), ada.id, "member"))
    with pytest.raises(errors.PersonNotFound):
        run(memberships.add(organization.id, uuid4(), "member"))
    with pytest.raises(errors.InvalidValue, match="owner or member"):
        run(memberships.add(organization.id, ada.id, "boss"))  # type: ignore[arg-type]
    with pytest.raises(errors.Duplicate) as refused:
        run(memberships.add(organization.id, ada.id, "owner"))
    assert refused.value.field == "person"
    assert run(memberships.find_of_person(ada.id)) == [(organization, "member")]


def test_create_organization(memberships: Memberships, ada: Person, time: HeldTime) -> None:
    """Who makes an organization owns it; a person's are listed by their age."""
    made = []
    for name in ("B", "A"):
        made.append(run(memberships.create_organization(ada.id, name, slug=name.lower())))
        time.pass_by(seconds=1)

    assert run(memberships.find_of_person(ada.id)) == [(one, "owner") for one in made]
    with pytest.raises(errors.Duplicate) as refused:
        run(memberships.create_organization(ada.id, "C", slug="a"))
    assert refused.value.field == "slug"
    with pytest.raises(errors.PersonNotFound):
        run(memberships.create_organization(uuid4(), "C"))
    assert len(run(memberships.find_of_person(ada.id))) == 2


def test_change_role(
    memberships: Memberships, organization: Organization, ada: Person, bob: Person
) -> None:
    """A role can be changed, but for the last owner's."""
    run(memberships.add(organization.id, ada.id, "owner"))
    run(memberships.add(organization.id, bob.id, "member"))

    run(memberships.change_role(organization.id, ada.id, "owner"))
    with pytest.raises(errors.InvalidValue, match="needs an owner"):
        run(memberships.change_role(organization.id, ada.id, "member"))
    run(memberships.change_role(organization.id, bob.id, "owner"))
    run(memberships.change_role(organization.id, ada.id, "member"))

    found = run(memberships.find_of_organization(organization.id))
    assert {person.name: role for person, role in found} == {"ada": "member", "bob": "owner"}


def test_remove(
    memberships: Memberships, organization: Organization, ada: Person, bob: Person
) -> None:
    """Whoever is in an organization can go, but for the last owner."""
    run(memberships.add(organization.id, ada.id, "owner"))
    run(memberships.add(organization.id, bob.id, "member"))

    with pytest.raises(errors.InvalidValue, match="needs an owner"):
        run(memberships.remove(organization.id, ada.id))
    run(memberships.remove(organization.id, bob.id))

    assert run(memberships.find_of_organization(organization.id)) == [(ada, "owner")]
    assert run(memberships.find_of_person(bob.id)) == []


@pytest.mark.parametrize("organization_id", [None, uuid4()])
def test_not_in_it(
    memberships: Memberships,
    organization: Organization,
    ada: Person,
    organization_id: UUID | None,
) -> None:
    """Who is not in an organization, or in one that is not there, cannot be changed or go."""
    wanted = organization_id or organization.id

    for work in (
        memberships.change_role(wanted, ada.id, "owner"),
        memberships.remove(wanted, ada.id),
    ):
        with pytest.raises((errors.MembershipNotFound, errors.OrganizationNotFound)):
            run(work)


def test_two_owners_at_once(
    memberships: Memberships, organization: Organization, ada: Person, bob: Person
) -> None:
    """Of two owners who go at the same moment, one stays."""
    for person in (ada, bob):
        run(memberships.add(organization.id, person.id, "owner"))

    async def both_go() -> list[BaseException | None]:
        return await asyncio.gather(
            *(memberships.remove(organization.id, person.id) for person in (ada, bob)),
            return_exceptions=True,
        )

    told = run(both_go())

    assert sorted(type(one).__name__ for one in told) == ["InvalidValue", "NoneType"]
    assert len(run(memberships.find_of_organization(organization.id))) == 1


def test_removed_organization(
    memberships: Memberships,
    organization: Organization,
    ada: Person,
    store: Storage,
    time: HeldTime,
) -> None:
    """With an organization its memberships go, and its people stay."""
    run(memberships.add(organization.id, ada.id, "owner"))

    run(Organizations(store, time.clock).remove(organization.id))

    assert run(memberships.find_of_person(ada.id)) == []
    assert run(store.read(lambda tables: tables.people.find(ada.id))) == ada
