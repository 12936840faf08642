"""Making, changing and deleting customers: what is kept and noted, while time stands still."""

import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest

import behind
from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values import errors
from icefloe.domain.values.access import Subject
from icefloe.domain.values.answers import Once
from icefloe.domain.values.customers import Customer, CustomerChange, NewCustomer
from icefloe.domain.values.members import Member, OwnerDetails
from support import Engine, HeldTime, run

T = TypeVar("T")
MADE = "2026-05-01T12:00:00.123456Z"


@dataclass
class World:
    """The writes of one organization, and what they leave."""

    store: Storage
    database: str
    subject: Subject
    writes: CustomerWrites

    def create(self, email: str | None = "ada@sea.is", **values: Any) -> dict[str, Any]:
        """Make a customer."""
        new = NewCustomer(email=email, **values)
        return self.done(self.writes.create(self.subject, new))

    def update(self, customer: dict[str, Any], **values: Any) -> dict[str, Any]:
        """Change a customer."""
        change = CustomerChange(**values)
        return self.done(self.writes.update(self.subject, UUID(customer["id"]), change))

    def delete(self, customer: dict[str, Any], *, anonymise: bool = False) -> None:
        """Delete a customer."""
        run(self.writes.delete(self.subject, UUID(customer["id"]), anonymise=anonymise))

    def done(self, work: Coroutine[Any, Any, bytes]) -> dict[str, Any]:
        """The document that a write gives."""
        shown: dict[str, Any] = json.loads(run(work))
        return shown

    def read(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """What is kept."""
        return run(self.store.read(work))

    def find(self, customer: dict[str, Any]) -> Customer:
        """A customer as it is kept, deleted or not."""
        customer_id = UUID(customer["id"])
        kept = self.read(
            lambda tables: tables.customers.find(self.subject.organization_id, customer_id)
        )
        assert kept is not None
        return kept

    def find_members(self, customer: dict[str, Any]) -> list[Member]:
        """The members of a customer who are not deleted."""
        customer_id = UUID(customer["id"])
        found = self.read(
            lambda tables: tables.members.find_all_of(self.subject.organization_id, customer_id)
        )
        return [member for member in found if member.deleted_at is None]

    def find_events(self) -> list[tuple[str, dict[str, Any]]]:
        """All that happened, oldest first: what, and the document."""
        rows = behind.read_rows(
            self.database, "SELECT type, document FROM events ORDER BY sequence"
        )
        return [(kind, json.loads(document)) for kind, document in rows]

    def find_disagreements(self) -> list[object]:
        """What in the database is not as it should be."""
        return [*behind.find_disagreements(self.database)]


@pytest.fixture
def world(engine: Engine, store: Storage, time: HeldTime) -> World:
    """An organization without customers."""
    made = run(Organizations(store, time.clock).create("Tests"))
    subject = Subject(made.id, uuid4(), frozenset())
    return World(store, engine.database, subject, CustomerWrites(store, time.clock))


class TestCreate:
    """New customers."""

    def test_valid(self, world: World) -> None:
        """Customer and owner are made at one moment, and both are noted as they were shown."""
        made = world.create(name="Ada", external_id="x")

        (owner,) = world.find_members(made)
        assert (made["created_at"], made["modified_at"]) == (MADE, None)
        assert (owner.role, owner.email, owner.external_id) == ("owner", "ada@sea.is", "x")
        (first, noted_owner), (second, noted) = world.find_events()
        assert (first, second) == ("member.created", "customer.created")
        assert noted == made
        assert (noted_owner["id"], noted_owner["created_at"]) == (str(owner.id), MADE)

    def test_owner(self, world: World) -> None:
        """An owner who is described is that person, and the customer's self in all else."""
        made = world.create(
            type="team", name="Crew", external_id="x", owner=OwnerDetails("boss@sea.is", None, "b")
        )

        (owner,) = world.find_members(made)
        assert (owner.email, owner.name, owner.external_id) == ("boss@sea.is", "Crew", "b")

    def test_refused(self, world: World) -> None:
        """Whoever is refused leaves nothing: no row, no member, no event."""
        world.create()
        before = world.find_events()

        for values in ({"email": "ADA@sea.is"}, {"email": "bo@sea.is", "tax_id": "1"}):
            with pytest.raises(errors.RulesBroken):
                world.create(**values)

        assert world.find_events() == before
        assert world.find_disagreements() == []

    def test_once(self, world: World, time: HeldTime) -> None:
        """A request sent again within a day makes nobody, at whatever hour."""
        new, once = NewCustomer(email="ada@sea.is"), Once("key", b"print")
        first = world.done(world.writes.create(world.subject, new, once=once))
        time.pass_by(hours=23)
        second = world.done(world.writes.create(world.subject, new, once=once))

        assert first == second
        assert len(world.find_events()) == 2


class TestUpdate:
    """Changed customers."""

    def test_valid(self, world: World, time: HeldTime) -> None:
        """A change has its moment, and is noted as it was shown."""
        made = world.create()
        time.pass_by(hours=1)

        shown = world.update(made, name="New")

        assert shown["modified_at"] == MADE.replace("T12", "T13")
        assert world.find_events()[2:] == [("customer.updated", shown)]

    def test_nothing(self, world: World, time: HeldTime) -> None:
        """An empty change has no moment, and is noted all the same."""
        made = world.create()
        time.pass_by(hours=1)

        assert world.update(made) == made
        assert world.find_events()[2:] == [("customer.updated", made)]

    def test_owner_follows(self, world: World, time: HeldTime) -> None:
        """An individual's owner takes over its address, silently; a team's does not."""
        one = world.create()
        team = world.create("team@sea.is", type="team")
        time.pass_by(hours=1)
        before = len(world.find_events())
        world.update(one, email="bo@sea.is")
        world.update(team, email="crew@sea.is")

        (followed,), (stayed,) = world.find_members(one), world.find_members(team)
        assert (followed.email, followed.modified_at) == ("bo@sea.is", time.now)
        assert (stayed.email, stayed.modified_at) == ("team@sea.is", None)
        kinds = [kind for kind, _ in world.find_events()[before:]]
        assert kinds == ["customer.updated", "customer.updated"]

    def test_refused(self, world: World) -> None:
        """A change that is refused changes nothing, and is not noted."""
        world.create("taken@sea.is")
        made = world.create(name="Old")
        before = world.find_events()

        with pytest.raises(errors.RulesBroken):
            world.update(made, name="New", email="taken@sea.is")

        assert world.find(made).name == "Old"
        assert world.find_events() == before

    def test_not_found(self, world: World) -> None:
        """Nobody, and somebody who is gone, cannot be changed."""
        gone = world.create()
        world.delete(gone)

        for customer in (gone, {"id": str(uuid4())}):
            with pytest.raises(errors.CustomerNotFound):
                world.update(customer, name="New")


class TestPut:
    """Customers who are made or changed."""

    def test_both(self, world: World, time: HeldTime) -> None:
        """The first makes, the second changes, and says so."""
        new = NewCustomer(email="ada@sea.is", external_id=None)
        put = world.writes.put_external

        first = run(put(world.subject, "x", new, CustomerChange(name="Ada")))
        time.pass_by(hours=1)
        second = run(put(world.subject, "x", new, CustomerChange(name="Ada")))

        assert (first.is_new, second.is_new) == (True, False)
        one, other = json.loads(first.document), json.loads(second.document)
        assert (one["external_id"], one["name"], other["name"]) == ("x", None, "Ada")
        assert one["id"] == other["id"]


class TestDelete:
    """Customers who go."""

    def test_valid(self, world: World, time: HeldTime) -> None:
        """Customer and members go at one moment, the members first, each as it was."""
        made = world.create(name="Ada", external_id="x")
        time.pass_by(hours=1)
        world.delete(made)

        (first, member), (second, noted) = world.find_events()[2:]
        assert (first, second) == ("member.deleted", "customer.deleted")
        assert (member["email"], noted["email"]) == ("ada@sea.is", "ada@sea.is")
        later = MADE.replace("T12", "T13")
        assert (noted["deleted_at"], noted["modified_at"]) == (later, later)
        assert world.find(made).deleted_at == time.now
        assert world.find_members(made) == []
        assert world.find_disagreements() == []

    def test_anonymised(self, world: World) -> None:
        """Of a customer who is forgotten only the deletion is noted, under names that tell nothing."""
        made = world.create(name="Ada")
        world.update(made, name="Countess")
        world.delete(made, anonymise=True)

        events = world.find_events()
        assert [kind for kind, _ in events] == ["member.deleted", "customer.deleted"]
        text = json.dumps(events)
        assert "ada@sea.is" not in text
        assert "Ada" not in text
        assert "Countess" not in text
        assert world.find_disagreements() == []

    def test_not_found(self, world: World) -> None:
        """Nobody goes twice."""
        made = world.create(external_id="x")
        world.delete(made)

        with pytest.raises(errors.CustomerNotFound):
            world.delete(made, anonymise=True)
        with pytest.raises(errors.CustomerNotFound):
            run(world.writes.delete_external(world.subject, "x"))

    def test_of_another_organization(self, world: World, time: HeldTime) -> None:
        """Another organization cannot let anybody go."""
        made = world.create()
        other = run(Organizations(world.store, time.clock).create("Others"))
        stranger = Subject(other.id, uuid4(), frozenset())

        with pytest.raises(errors.CustomerNotFound):
            run(world.writes.delete(stranger, UUID(made["id"])))
        assert world.find(made).deleted_at is None

    def test_again_and_again(self, world: World, time: HeldTime) -> None:
        """The same values can be had again after each deletion."""
        for _ in range(3):
            made = world.create(external_id="x")
            time.now += timedelta(seconds=1)
            world.delete(made)

        assert world.create(external_id="x")["external_id"] == "x"
        assert world.find_disagreements() == []
