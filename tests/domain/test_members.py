"""The rules of members: one owner always, one address and one external id within a customer."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from behind import read_rows
from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.customers import Customers
from icefloe.domain.members import Members
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values import access, errors
from icefloe.domain.values.answers import Once
from icefloe.domain.values.customers import CustomerChange, NewCustomer
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.members import (
    MemberChange,
    MemberName,
    MemberQuery,
    Name,
    NewMember,
    OwnerDetails,
)
from support import Engine, HeldTime, documents_of, run

ONE_PAST = "2026-05-01T13:00:00.123456Z"


class World:
    """An organization, and what a test does to its customers' members."""

    def __init__(self, store: Storage, time: HeldTime, database: str) -> None:
        self.store = store
        self.time = time
        self.database = database
        self.members = Members(store, time.clock)
        self.writes = CustomerWrites(store, time.clock)
        organization = run(Organizations(store, time.clock).create(f"T {uuid4().hex}"))
        self.subject = access.Subject(organization.id, uuid4(), frozenset())

    def make_customer(self, **values: Any) -> UUID:
        """A new customer's id; a team's unless told otherwise."""
        new = NewCustomer(**({"type": "team", "email": "crew@ship.no"} | values))
        return UUID(json.loads(run(self.writes.create(self.subject, new)))["id"])

    def add(self, customer: Name, email: str, *, once: Once | None = None, **values: Any) -> Any:
        """Make a member."""
        new = NewMember(email=email, **values)
        return json.loads(run(self.members.create(self.subject, customer, new, once=once)))

    def get(self, member: Name, customer: Name | None = None) -> Any:
        """A member's wire document."""
        name = MemberName(member, customer)
        return json.loads(run(self.members.get_document(self.subject, name)))

    def change(self, member: Name, customer: Name | None = None, **values: Any) -> Any:
        """Change a member."""
        name, change = MemberName(member, customer), MemberChange(**values)
        return json.loads(run(self.members.update(self.subject, name, change)))

    def delete(self, member: Name, customer: Name | None = None) -> None:
        """Delete a member."""
        run(self.members.delete(self.subject, MemberName(member, customer)))

    def find(self, **query: Any) -> list[Any]:
        """Those whom a query finds, oldest first unless it says; the total must agree."""
        wanted = MemberQuery(**({"is_newest_first": False} | query))
        page = run(self.members.find_page(self.subject, wanted))
        found = documents_of(page)
        assert page.total_count == len(found)
        return found

    def find_owner(self, customer_id: UUID) -> Any:
        """The one owner of a customer."""
        (owner,) = self.find(customer_id=customer_id, role="owner")
        return owner

    def find_picture(self, customer_id: UUID) -> Any:
        """A customer's `avatar_url` and `modified_at`."""
        document = run(Customers(self.store).get_document(self.subject, customer_id))
        shown = json.loads(document)
        return shown["avatar_url"], shown["modified_at"]

    def find_events(self) -> list[tuple[str, Any]]:
        """What happened to all customers and members, oldest first: kinds and documents."""
        rows = read_rows(
            self.database,
            "SELECT type, document FROM events WHERE organization_id = $1 ORDER BY sequence",
            self.subject.organization_id,
        )
        return [(kind, json.loads(document)) for kind, document in rows]


@pytest.fixture
def world(engine: Engine, store: Storage, time: HeldTime) -> World:
    """An organization without customers."""
    return World(store, time, engine.database)


@pytest.fixture
def team(world: World) -> UUID:
    """A team of two: its owner, and Ann."""
    made = world.make_customer(external_id="crew")
    world.time.pass_by(minutes=1)
    world.add(made, "ann@ship.no", name="Ann", external_id="a-1")
    return made


def refusal(act: Callable[..., object], *given: Any, **values: Any) -> tuple[Any, ...]:
    """The one rule that an act breaks: kind, place, words and value."""
    with pytest.raises(errors.RulesBroken) as caught:
        act(*given, **values)
    (violation,) = caught.value.violations
    return violation.kind, violation.place, violation.message, violation.value


class TestCreate:
    """Making a member."""

    def test_all_values(self, world: World, team: UUID) -> None:
        """A member has the values that were given, and is made now."""
        made = world.add(team, "Bo@ship.no", name="Bo", external_id="b", role="billing_manager")

        assert made == {
            "id": str(world.time.given[-1]),
            "created_at": "2026-05-01T12:01:00.123456Z",
            "modified_at": None,
            "customer_id": str(team),
            "email": "Bo@ship.no",
            "name": "Bo",
            "external_id": "b",
            "role": "billing_manager",
        }
        assert world.find_events()[-1] == ("member.created", made)

    def test_only_an_address(self, world: World, team: UUID) -> None:
        """Somebody of whom nothing is said but the address is a plain member."""
        made = world.add(team, "bo@ship.no")

        assert (made["name"], made["external_id"], made["role"]) == (None, None, "member")

    def test_by_the_customers_external_id(self, world: World, team: UUID) -> None:
        """The customer may be named by its external id."""
        assert world.add("crew", "bo@ship.no")["customer_id"] == str(team)

    @pytest.mark.parametrize("name", [uuid4(), "CREW", "", "c\0"])
    def test_no_customer(self, world: World, team: UUID, name: Name) -> None:
        """Nobody joins a customer that there is not."""
        with pytest.raises(errors.CustomerNotFound, match=r"^Customer not found$"):
            world.add(name, "bo@ship.no")
        assert len(world.find(customer_id=team)) == 2

    def test_a_deleted_customer(self, world: World, team: UUID) -> None:
        """Nobody joins a customer that is deleted."""
        run(world.writes.delete(world.subject, team))

        for name in (team, "crew"):
            with pytest.raises(errors.CustomerNotFound):
                world.add(name, "bo@ship.no")

    def test_another_organizations_customer(
        self, world: World, team: UUID, store: Storage, time: HeldTime
    ) -> None:
        """Another organization's customer is none."""
        other = World(store, time, world.database)

        for name in (team, "crew"):
            with pytest.raises(errors.CustomerNotFound):
                other.add(name, "bo@ship.no")

    @pytest.mark.parametrize("email", ["bo@ship.no", "solo@ship.no"])
    def test_an_individual(self, world: World, email: str) -> None:
        """An individual is its own only member, even where its own address is given again."""
        solo = world.make_customer(type="individual", email="solo@ship.no")

        with pytest.raises(errors.NotPermitted, match="can only have one member"):
            world.add(solo, email)

    def test_an_upgraded_individual(self, world: World) -> None:
        """An individual that became a team takes members."""
        solo = world.make_customer(type="individual", email="solo@ship.no")
        change = CustomerChange(type="team")
        run(world.writes.update(world.subject, solo, change))

        assert world.add(solo, "bo@ship.no")["role"] == "member"

    @pytest.mark.parametrize("email", ["ann@ship.no", "ANN@SHIP.NO"])
    def test_the_same_address(self, world: World, team: UUID, email: str) -> None:
        """Who is a member already is the answer, unchanged, and nothing has happened."""
        before = world.find_events()
        made = world.add(team, email, name="Other", external_id="other", role="billing_manager")

        assert made == world.get("a-1", team)
        assert (made["name"], made["modified_at"]) == ("Ann", None)
        assert world.find_events() == before

    def test_the_owners_address(self, world: World, team: UUID) -> None:
        """The owner is a member already."""
        assert world.add(team, "Crew@ship.no") == world.find_owner(team)

    def test_the_same_external_id(self, world: World, team: UUID) -> None:
        """No two members of a customer have one external id."""
        assert refusal(world.add, team, "bo@ship.no", external_id="a-1") == (
            "value_error",
            ("body", "external_id"),
            "A member with this external ID already exists for this customer.",
            "a-1",
        )
        assert len(world.find(customer_id=team)) == 2

    def test_other_external_ids(self, world: World, team: UUID) -> None:
        """Letter case tells external ids apart, and so do customers."""
        other = world.make_customer(email="other@ship.no")
        world.add(team, "bo@ship.no", external_id="A-1")
        world.add(other, "ann@ship.no", external_id="a-1")

        assert world.get("A-1", team)["email"] == "bo@ship.no"
        assert world.get("a-1", other)["customer_id"] == str(other)

    def test_once(self, world: World, team: UUID) -> None:
        """Under one key the same request acts once, and another is refused."""
        once = Once("key", b"print")
        first = world.add(team, "bo@ship.no", once=once)
        world.change(UUID(first["id"]), name="Changed")

        assert world.add(team, "bo@ship.no", once=once) == first
        kind, place, *_ = refusal(world.add, team, "bo@ship.no", once=Once("key", b"other"))
        assert (kind, place) == ("value_error", ("header", "idempotency-key"))
        assert len(world.find(customer_id=team)) == 3

    def test_once_after_a_refusal(self, world: World, team: UUID) -> None:
        """What was refused was no act: its key can be used again."""
        once = Once("key", b"print")
        refusal(world.add, team, "bo@ship.no", external_id="a-1", once=once)

        assert world.add(team, "bo@ship.no", once=once)["email"] == "bo@ship.no"


class TestGet:
    """Finding one member."""

    def test_by_every_name(self, world: World, team: UUID) -> None:
        """A member is found by its id, or by its external id and its customer."""
        ann = UUID(world.get("a-1", "crew")["id"])

        for name in ((ann,), (ann, team), (ann, "crew"), ("a-1", team), ("a-1", "crew")):
            assert world.get(*name)["name"] == "Ann"

    def test_not_found(self, world: World, team: UUID) -> None:
        """A name that nobody has, or somebody of another customer, is not found."""
        ann = UUID(world.get("a-1", team)["id"])
        other = world.make_customer(email="other@ship.no", external_id="other")

        for name in (
            (uuid4(),), (uuid4(), team), (ann, other), (ann, "other"), (ann, uuid4()),
            (ann, "no"), ("a-1", other), ("A-1", team), ("a-1", "no"), ("a-1", uuid4()),
            ("a-1",), ("a\0", team), ("a-1", "c\0"), ("", team),
        ):  # fmt: skip
            with pytest.raises(errors.MemberNotFound, match=r"^Member not found$"):
                world.get(*name)

    def test_of_another_organization(
        self, world: World, team: UUID, store: Storage, time: HeldTime
    ) -> None:
        """Another organization's member is none."""
        other = World(store, time, world.database)

        for name in ((UUID(world.get("a-1", team)["id"]),), ("a-1", team), ("a-1", "crew")):
            with pytest.raises(errors.MemberNotFound):
                other.get(*name)

    def test_of_a_deleted_customer(self, world: World, team: UUID) -> None:
        """The members of a deleted customer are gone with it."""
        ann = UUID(world.get("a-1", team)["id"])
        run(world.writes.delete(world.subject, team))

        for name in ((ann,), (ann, team), ("a-1", team), ("a-1", "crew")):
            with pytest.raises(errors.MemberNotFound):
                world.get(*name)


class TestUpdate:
    """Changing a member."""

    def test_every_value(self, world: World, team: UUID) -> None:
        """Name, address and role are changed, and that is noted."""
        world.time.pass_by(minutes=59)
        changed = world.change(
            "a-1", team, name="Anna", email="anna@ship.no", role="billing_manager"
        )

        assert (changed["name"], changed["email"]) == ("Anna", "anna@ship.no")
        assert (changed["role"], changed["modified_at"]) == ("billing_manager", ONE_PAST)
        assert world.get("a-1", team) == changed
        assert world.find_events()[-1] == ("member.updated", changed)

    @pytest.mark.parametrize("values", [{}, {"email": "ann@ship.no"}, {"role": "member"}])
    def test_nothing_new(self, world: World, team: UUID, values: dict[str, Any]) -> None:
        """An empty change, the same address and the same role change nothing at all."""
        before = world.find_events()

        assert world.change("a-1", team, **values)["modified_at"] is None
        assert world.find_events() == before

    def test_the_same_name(self, world: World, team: UUID) -> None:
        """The same name again counts as a change."""
        assert world.change("a-1", team, name="Ann")["modified_at"] is not None
        assert world.find_events()[-1][0] == "member.updated"

    def test_letter_case_of_an_address(self, world: World, team: UUID) -> None:
        """The same address in another letter case is taken over."""
        assert world.change("a-1", team, email="Ann@ship.no")["email"] == "Ann@ship.no"

    @pytest.mark.parametrize("email", ["crew@ship.no", "CREW@ship.no"])
    def test_a_taken_address(self, world: World, team: UUID, email: str) -> None:
        """An address that another member has is refused, and the rest with it."""
        assert refusal(world.change, "a-1", team, email=email, name="No") == (
            "value_error",
            ("body", "email"),
            "A member with this email already exists for this customer.",
            email,
        )
        assert world.get("a-1", team)["name"] == "Ann"

    def test_an_address_of_elsewhere(self, world: World, team: UUID) -> None:
        """An address that a member of another customer has is free here."""
        world.make_customer(email="other@ship.no")

        assert world.change("a-1", team, email="other@ship.no")["email"] == "other@ship.no"

    @pytest.mark.parametrize("email", ["new@ship.no", "Solo@ship.no"])
    def test_an_individuals_address(self, world: World, email: str) -> None:
        """An individual's address is changed with the customer, not with its owner."""
        solo = world.make_customer(type="individual", email="solo@ship.no", external_id="s")

        kind, place, words, value = refusal(world.change, "s", solo, email=email)

        assert (kind, place, value) == ("value_error", ("body", "email"), email)
        assert words == (
            "Cannot change the email of an individual customer's owner."
            " Update the customer's email instead."
        )

    def test_an_individuals_name(self, world: World) -> None:
        """An individual's owner has a name of its own, and may be given the address it has."""
        solo = world.make_customer(type="individual", email="solo@ship.no", external_id="s")

        changed = world.change("s", solo, name="Solo", email="solo@ship.no", role="owner")

        assert changed["name"] == "Solo"

    def test_not_found(self, world: World, team: UUID) -> None:
        """Somebody of another customer is not found."""
        other = world.make_customer(email="other@ship.no")

        with pytest.raises(errors.MemberNotFound):
            world.change("a-1", other, name="No")
        assert world.get("a-1", team)["name"] == "Ann"


class TestOwnership:
    """Who owns a customer."""

    @pytest.mark.parametrize("role", ["member", "billing_manager"])
    def test_the_owner_stays(self, world: World, team: UUID, role: str) -> None:
        """The owner cannot give up ownership, but only hand it over."""
        owner = world.find_owner(team)

        assert refusal(world.change, UUID(owner["id"]), role=role) == (
            "value_error",
            ("body", "role"),
            "Cannot change role. Customer must have exactly one owner.",
            role,
        )
        assert world.find_owner(team) == owner

    def test_the_role_goes_before_the_address(self, world: World, team: UUID) -> None:
        """Of two broken rules the role's is told."""
        owner = UUID(world.find_owner(team)["id"])

        _, place, *_ = refusal(world.change, owner, role="member", email="ann@ship.no")

        assert place == ("body", "role")

    def test_handing_over(self, world: World, team: UUID) -> None:
        """A member who is made the owner makes the owner before a billing manager."""
        world.time.pass_by(minutes=59)
        before = world.find_owner(team)
        now = world.change("a-1", team, role="owner")

        assert world.find_owner(team) == now
        assert world.get(UUID(before["id"])) == {
            **before,
            "role": "billing_manager",
            "modified_at": ONE_PAST,
        }
        told = [(kind, document["role"]) for kind, document in world.find_events()[-2:]]
        assert told == [("member.updated", "billing_manager"), ("member.updated", "owner")]

    def test_handing_over_in_vain(self, world: World, team: UUID) -> None:
        """A handing over that breaks a rule leaves everybody as before."""
        before = world.find(customer_id=team)
        refusal(world.change, "a-1", team, role="owner", email="crew@ship.no")

        assert world.find(customer_id=team) == before

    def test_back_and_forth(self, world: World, team: UUID) -> None:
        """Ownership can come back."""
        first = UUID(world.find_owner(team)["id"])
        world.change("a-1", team, role="owner")
        world.change(first, role="owner")

        assert world.find_owner(team)["id"] == str(first)
        assert world.get("a-1", team)["role"] == "billing_manager"

    def test_the_picture_of_a_team(self, world: World) -> None:
        """A team without an address shows its present owner's picture, and is not changed itself."""
        team = world.make_customer(
            email=None, external_id="t", owner=OwnerDetails("boss@ship.no", None, "b-1")
        )
        world.add(team, "ann@ship.no", external_id="a-1")
        pictures = [world.find_picture(team)]
        world.change("a-1", team, role="owner")
        pictures.append(world.find_picture(team))
        world.change("a-1", team, email="anna@ship.no")
        pictures.append(world.find_picture(team))
        world.change("b-1", team, email="bigboss@ship.no")
        pictures.append(world.find_picture(team))

        assert len({picture for picture, _ in pictures[:3]}) == 3
        assert pictures[3] == pictures[2]
        assert {modified_at for _, modified_at in pictures} == {None}
        assert {kind for kind, _ in world.find_events()} == {
            "customer.created", "member.created", "member.updated",
        }  # fmt: skip

    def test_the_picture_of_an_addressed_team(self, world: World, team: UUID) -> None:
        """A team with an address shows its own picture, whoever owns it."""
        before = world.find_picture(team)
        world.change("a-1", team, role="owner")

        assert world.find_picture(team) == before


class TestDelete:
    """Deleting a member."""

    def test_gone(self, world: World, team: UUID) -> None:
        """A deleted member is found no more, and that is noted."""
        ann = world.get("a-1", team)
        world.time.pass_by(minutes=59)
        world.delete("a-1", team)

        for name in ((UUID(ann["id"]),), ("a-1", team)):
            with pytest.raises(errors.MemberNotFound):
                world.get(*name)
        with pytest.raises(errors.MemberNotFound):
            world.delete("a-1", team)
        assert world.find(customer_id=team) == [world.find_owner(team)]
        assert world.find_events()[-1] == ("member.deleted", {**ann, "modified_at": ONE_PAST})

    def test_values_are_free(self, world: World, team: UUID) -> None:
        """Address and external id of a deleted member can be somebody's at once."""
        world.delete("a-1", team)
        made = world.add(team, "Ann@ship.no", external_id="a-1")

        assert world.get("a-1", team) == made
        world.delete("a-1", team)
        assert world.add(team, "ann@ship.no", external_id="a-1") != made

    def test_the_owner(self, world: World, team: UUID) -> None:
        """The owner stays until somebody else owns the customer."""
        owner = UUID(world.find_owner(team)["id"])

        assert refusal(world.delete, owner) == (
            "value_error",
            ("body",),
            "Cannot delete the only owner. Transfer ownership first.",
            str(owner),
        )
        world.change("a-1", team, role="owner")
        world.delete(owner)
        assert world.find_owner(team)["external_id"] == "a-1"


class TestFindPage:
    """Finding members of all customers."""

    def test_filters(self, world: World, team: UUID) -> None:
        """All filters must hold at once."""
        other = world.make_customer(email="other@ship.no", external_id="other")

        def names(**query: Any) -> list[str]:
            return [one["email"].partition("@")[0] for one in world.find(**query)]

        assert names() == ["crew", "ann", "other"]
        assert names(is_newest_first=True) == ["other", "ann", "crew"]
        assert names(customer_id=team) == ["crew", "ann"]
        assert names(external_customer_id="other") == ["other"]
        assert names(customer_id=other, external_customer_id="crew") == []
        assert names(customer_id=uuid4()) == []
        assert names(external_customer_id="CREW") == []
        assert names(external_customer_id="") == []
        assert names(external_customer_id="crew\0") == []
        assert names(role="owner") == ["crew", "other"]
        assert names(role="member", external_customer_id="crew") == ["ann"]
        assert names(role="billing_manager") == []

    def test_pages(self, world: World, team: UUID) -> None:
        """Pages follow each other without a gap, and each tells the whole number."""
        for number in range(5):
            world.add(team, f"m{number}@ship.no")  # all at the same moment
        whole = world.find(page=PageRequest(1, 100))
        walked = []
        for number in range(1, 5):
            query = MemberQuery(is_newest_first=False, page=PageRequest(number, 2))
            page = run(world.members.find_page(world.subject, query))
            assert page.total_count == 7
            walked += documents_of(page)

        assert walked == whole
        beyond = MemberQuery(page=PageRequest(10**30, 2))
        page = run(world.members.find_page(world.subject, beyond))
        assert (page.items, page.total_count) == (b"", 7)

    def test_another_organization(
        self, world: World, team: UUID, store: Storage, time: HeldTime
    ) -> None:
        """Nobody sees another organization's members."""
        other = World(store, time, world.database)

        assert other.find() == []
        assert other.find(customer_id=team) == []
        assert other.find(external_customer_id="crew") == []
