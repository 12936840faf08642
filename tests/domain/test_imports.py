"""Taking in customers in bulk: all or nothing, and what becomes of those who are here already."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from icefloe.domain.customers import Customers
from icefloe.domain.entries import Entry
from icefloe.domain.imports import Imports
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values import access, errors
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.customers import owner_of
from icefloe.domain.values.imports import OnConflict, Report
from icefloe.domain.values.listing import CustomerQuery
from icefloe.domain.values.members import Member
from support import HeldTime, customer_of, documents_of, run

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


class World:
    """An organization, and what a test does to its customers."""

    def __init__(self, store: Storage, time: HeldTime) -> None:
        self.store = store
        self.time = time
        self.organization_id = run(Organizations(store, time.clock).create("Tests")).id

    def run(self, *entries: Entry, **options: Any) -> Report:
        """Import entries."""
        return run(
            Imports(self.store, self.time.clock).run(
                self.organization_id, lambda: entries, **options
            )
        )

    def find_all(self) -> list[dict[str, Any]]:
        """The wire documents of those who are not deleted, newest first."""
        subject = access.Subject(self.organization_id, uuid4(), frozenset())
        page = run(Customers(self.store).find_page(subject, CustomerQuery()))
        found = documents_of(page)
        assert page.total_count == len(found)
        return found

    def find_owner(self, customer_id: UUID) -> Member:
        """The member who owns a customer."""
        found = run(
            self.store.read(
                lambda tables: tables.members.find_owner(self.organization_id, customer_id)
            )
        )
        assert found is not None
        return found


@pytest.fixture
def world(store: Storage, time: HeldTime) -> World:
    """An organization without customers."""
    return World(store, time)


def entry(number: int = 1, owner: dict[str, str | None] | None = None, **values: Any) -> Entry:
    """An entry told apart by its number."""
    usual = {"email": f"c{number}@x.com", "created_at": FIRST, "name": f"C{number}"}
    return Entry(f"line {number}", {**usual, **values}, owner or {})


def test_no_organization(store: Storage, time: HeldTime) -> None:
    """Customers are taken in for an organization that there is."""
    wanted = uuid4()

    with pytest.raises(errors.OrganizationNotFound, match=str(wanted)):
        run(Imports(store, time.clock).run(wanted, lambda: [entry()]))


def test_nothing(world: World) -> None:
    """A file with nobody in it adds nobody."""
    assert world.run() == Report()


def test_added(world: World) -> None:
    """What an entry gives is kept; what it leaves out is an id, the present moment, the usual."""
    customer_id = uuid4()
    report = world.run(
        entry(1, id=customer_id, metadata={"a": 1}, external_id="e"),
        Entry("line 2", {"email": "C2@x.com"}),
    )

    assert report == Report(added=2)
    newest, oldest = world.find_all()
    assert (oldest["id"], oldest["created_at"]) == (str(customer_id), "2026-01-01T00:00:00Z")
    assert (oldest["metadata"], oldest["external_id"]) == ({"a": 1}, "e")
    assert UUID(newest["id"]) in world.time.given
    assert newest["created_at"] == "2026-05-01T12:00:00.123456Z"
    assert (newest["email"], newest["name"], newest["type"]) == ("C2@x.com", None, "individual")


def test_whose_they_become(world: World) -> None:
    """They belong to the organization they are imported for."""
    world.run(entry(1))

    assert world.find_all()[0]["organization_id"] == str(world.organization_id)


def test_owner(world: World) -> None:
    """Each customer has an owner: the customer itself, but for what the file says."""
    ids = [uuid4() for _ in range(3)]
    world.run(
        entry(1, id=ids[0], external_id="e1"),
        entry(
            2,
            {"email": "boss@x.com"},
            id=ids[1],
            type="team",
            email=None,
            external_id="e2",
        ),
        entry(
            3, {"email": "boss@x.com", "name": "Boss", "external_id": "b"}, id=ids[2], type="team"
        ),
    )

    owners = [world.find_owner(one) for one in ids]
    assert [(one.email, one.name, one.external_id) for one in owners] == [
        ("c1@x.com", "C1", "e1"),
        ("boss@x.com", "C2", "e2"),
        ("boss@x.com", "Boss", "b"),
    ]
    assert {one.role for one in owners} == {"owner"}
    assert {one.created_at for one in owners} == {FIRST}


def test_without_an_address(world: World) -> None:
    """An individual needs an address; a team does not."""
    report = world.run(entry(1, email=None), entry(2, email=None, type="team"))

    assert report.failures == [("line 1", "email: an individual customer needs one")]
    assert world.find_all() == []
    assert world.run(entry(2, email=None, type="team")) == Report(added=1)


def test_one_that_cannot_be_read(world: World) -> None:
    """One entry that cannot be read keeps all the others out; each is told with its place."""
    report = world.run(
        entry(1), Entry("line 2", problem="not JSON"), entry(3), Entry("line 4", problem="odd")
    )

    assert (report.added, report.failed) == (2, 2)
    assert report.failures == [("line 2", "not JSON"), ("line 4", "odd")]
    assert world.find_all() == []


def test_many_that_cannot_be_read(world: World) -> None:
    """All failures are counted, and the first hundred told."""
    report = world.run(*(Entry(f"line {at}", problem="odd") for at in range(150)))

    assert report.failed == 150
    assert len(report.failures) == 100


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("email", {"email": "C1@X.com"}),
        ("external_id", {"external_id": "e1"}),
        ("id", {"id": UUID("3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0f")}),
    ],
)
class TestConflicts:
    """An id, an address (letter case aside) or an external id that is taken."""

    @pytest.fixture(autouse=True)
    def _one(self, world: World) -> None:
        kept = entry(1, id=UUID("3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0f"), external_id="e1")
        assert world.run(kept).added == 1

    def test_fail(self, world: World, field: str, values: dict[str, Any]) -> None:
        """As a rule it keeps everything out, and the field is told."""
        report = world.run(entry(2), entry(3, **values))

        assert report.failures == [("line 3", f"{field}: a customer has the same already")]
        assert [one["name"] for one in world.find_all()] == ["C1"]

    @pytest.mark.usefixtures("field")
    def test_skip(self, world: World, values: dict[str, Any]) -> None:
        """It can be left out, and the one who was here stays as it was."""
        before = world.find_all()

        report = world.run(entry(2), entry(3, **values), on_conflict=OnConflict.SKIP)

        assert report == Report(added=1, skipped=1)
        assert before[0] in world.find_all()

    @pytest.mark.usefixtures("field")
    def test_update(self, world: World, values: dict[str, Any]) -> None:
        """It can give its values to the one who was here, who keeps its id."""
        report = world.run(entry(3, **values), on_conflict=OnConflict.UPDATE)

        assert report == Report(updated=1)
        (one,) = world.find_all()
        assert one["id"] == "3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0f"
        assert one["name"] == "C3"
        assert one["external_id"] == "e1"
        assert one["email"] == values.get("email", "c3@x.com")

    @pytest.mark.usefixtures("field")
    def test_within_a_file(self, world: World, values: dict[str, Any]) -> None:
        """What comes twice in one file is treated alike."""
        other: dict[str, Any] = {
            name: uuid4() if name == "id" else f"other{value}" for name, value in values.items()
        }
        entries = [entry(4, **other), entry(5, **other)]

        assert world.run(*entries).failed == 1
        assert world.run(*entries, on_conflict=OnConflict.SKIP) == Report(added=1, skipped=1)

    @pytest.mark.usefixtures("field")
    def test_a_deleted_one_is_in_nobodys_way(self, world: World, values: dict[str, Any]) -> None:
        """A deleted customer may have the address and the external id of another."""
        gone = {**values, "id": uuid4(), "deleted_at": FIRST}

        assert world.run(entry(6, **gone)) == Report(added=1)
        assert len(world.find_all()) == 1


def test_update_of_two_at_once(world: World) -> None:
    """An entry that has one customer's address and another's external id belongs to neither."""
    world.run(entry(1, external_id="e1"), entry(2, external_id="e2"))
    before = world.find_all()

    report = world.run(entry(3, email="c1@x.com", external_id="e2"), on_conflict=OnConflict.UPDATE)

    assert report.failures == [("line 3", "id, email and external_id belong to 2 customers")]
    assert world.find_all() == before


def test_update_leaves_the_rest(world: World) -> None:
    """An update changes what the file gives and nothing else."""
    world.run(entry(1, metadata={"a": 1}, locale="fr", external_id="e1", email_verified=True))

    world.run(
        Entry("line 1", {"email": "C1@x.com", "name": None, "metadata": {}}),
        on_conflict=OnConflict.UPDATE,
    )

    (one,) = world.find_all()
    assert (one["name"], one["metadata"], one["email"]) == (None, {}, "C1@x.com")
    assert (one["locale"], one["external_id"], one["email_verified"]) == ("fr", "e1", True)
    assert one["created_at"] == "2026-01-01T00:00:00Z"


def test_update_without_an_address(world: World) -> None:
    """An update that leaves the address out keeps the one the customer has."""
    world.run(entry(1, external_id="e1"))

    report = world.run(
        Entry("line 1", {"external_id": "e1", "name": "Renamed"}), on_conflict=OnConflict.UPDATE
    )

    assert report == Report(updated=1)
    assert [(one["email"], one["name"]) for one in world.find_all()] == [("c1@x.com", "Renamed")]


def test_update_takes_no_address_away(world: World) -> None:
    """An update cannot leave an individual without an address."""
    world.run(entry(1, external_id="e1"))

    report = world.run(
        Entry("line 1", {"external_id": "e1", "email": None}), on_conflict=OnConflict.UPDATE
    )

    assert report.failures == [("line 1", "email: an individual customer needs one")]
    assert world.find_all()[0]["email"] == "c1@x.com"


def test_update_of_the_address_takes_the_owner_along(world: World) -> None:
    """An individual's owner has the individual's address; a team's has its own."""
    ids = [uuid4(), uuid4()]
    world.run(entry(1, id=ids[0]), entry(2, id=ids[1], type="team"))

    world.run(
        Entry("line 1", {"id": ids[0], "email": "new1@x.com"}),
        Entry("line 2", {"id": ids[1], "email": "new2@x.com"}),
        on_conflict=OnConflict.UPDATE,
    )

    assert [world.find_owner(one).email for one in ids] == ["new1@x.com", "c2@x.com"]


def test_update_of_the_owner(world: World) -> None:
    """What the file says of the owner is kept, all of it."""
    customer_id = uuid4()
    world.run(
        entry(
            1,
            {"email": "boss@x.com", "name": "Boss", "external_id": "b"},
            id=customer_id,
            type="team",
        )
    )

    world.run(
        entry(
            1,
            {"email": "new@x.com", "name": "New", "external_id": "n"},
            id=customer_id,
            type="team",
        ),
        on_conflict=OnConflict.UPDATE,
    )

    owner = world.find_owner(customer_id)
    assert (owner.email, owner.name, owner.external_id) == ("new@x.com", "New", "n")


def test_an_owner_without_a_name(world: World) -> None:
    """A null in the file is a value that the owner does not have, whatever the customer's."""
    customer_id = uuid4()
    world.run(entry(1, {"name": None, "external_id": None}, id=customer_id, external_id="e1"))

    owner = world.find_owner(customer_id)
    assert (owner.email, owner.name, owner.external_id) == ("c1@x.com", None, None)


@pytest.mark.parametrize(
    ("values", "failure"),
    [
        ({"external_id": "e2"}, "external_id: Customer external ID cannot be updated."),
        ({"external_id": None}, "external_id: Customer external ID cannot be updated."),
        (
            {"type": "individual"},
            "type: Customer type cannot be downgraded from 'team' to 'individual'.",
        ),
        (
            {"billing_address": None},
            "billing_address: Customer billing address cannot be reset to null once set.",
        ),
    ],
)
def test_update_keeps_the_rules_of_a_change(
    world: World, values: dict[str, Any], failure: str
) -> None:
    """An update is refused what PATCH is refused, in the same words."""
    address = Address(country="FR")
    world.run(entry(1, type="team", external_id="e1", billing_address=address))
    before = world.find_all()

    report = world.run(
        Entry("line 1", {"email": "c1@x.com", **values}), on_conflict=OnConflict.UPDATE
    )

    assert report.failures == [("line 1", failure)]
    assert world.find_all() == before


def test_update_that_repeats(world: World) -> None:
    """An update may say again what is so, and may give a first external id and make a team."""
    values: dict[str, Any] = {
        "email": "c1@x.com",
        "external_id": None,
        "type": "individual",
        "billing_address": None,
    }
    world.run(entry(1))

    assert world.run(Entry("line 1", values), on_conflict=OnConflict.UPDATE).updated == 1
    values |= {"external_id": "e1", "type": "team", "billing_address": Address(country="FR")}
    for _ in range(2):
        assert world.run(Entry("line 1", values), on_conflict=OnConflict.UPDATE).updated == 1

    (one,) = world.find_all()
    assert (one["external_id"], one["type"]) == ("e1", "team")


def test_update_is_a_modification(world: World) -> None:
    """A customer that is updated was modified now, unless the file says when; so was its owner."""
    customer_id = uuid4()
    world.run(entry(1, id=customer_id, email_verified=True))
    assert world.find_all()[0]["modified_at"] is None

    world.run(entry(1, email="c1@x.com", name="New"), on_conflict=OnConflict.UPDATE)
    (one,) = world.find_all()
    assert datetime.fromisoformat(one["modified_at"]) == world.time.clock.now()
    assert one["email_verified"] is True
    assert world.find_owner(customer_id).modified_at is None

    world.run(entry(1, id=customer_id, email="new@x.com"), on_conflict=OnConflict.UPDATE)
    assert world.find_all()[0]["email_verified"] is False
    assert world.find_owner(customer_id).modified_at == world.time.clock.now()

    world.run(entry(1, id=customer_id, modified_at=FIRST), on_conflict=OnConflict.UPDATE)
    assert world.find_all()[0]["modified_at"] == "2026-01-01T00:00:00Z"


def test_update_of_a_part_of_an_address(world: World) -> None:
    """A state alone joins the country that is there: spelt as its own, or refused."""
    world.run(entry(1, billing_address=Address(country="US", city="Albany")))

    def update(state: str) -> Report:
        one = Entry("line 1", {"email": "c1@x.com"}, address={"state": state})
        return world.run(one, on_conflict=OnConflict.UPDATE)

    assert update("NY").updated == 1
    assert update("ZZ").failures == [("line 1", "billing_address.state: Invalid US state")]
    (one,) = world.find_all()
    assert (one["billing_address"]["state"], one["billing_address"]["city"]) == ("US-NY", "Albany")


def test_delete_and_bring_back(world: World) -> None:
    """An update can delete a customer and bring one back, the owner with it."""
    customer_id = uuid4()
    world.run(entry(1, id=customer_id))

    world.run(entry(1, id=customer_id, deleted_at=FIRST), on_conflict=OnConflict.UPDATE)
    assert world.find_all() == []
    assert world.find_owner(customer_id).deleted_at == FIRST

    world.run(entry(1, id=customer_id, deleted_at=None), on_conflict=OnConflict.UPDATE)
    assert len(world.find_all()) == 1
    assert world.find_owner(customer_id).deleted_at is None


def test_bring_back_to_a_taken_address(world: World) -> None:
    """A deleted customer cannot be brought back while another has its address."""
    customer_id = uuid4()
    world.run(entry(1, id=customer_id, deleted_at=FIRST), entry(2, email="c1@x.com"))

    report = world.run(
        Entry("line 1", {"id": customer_id, "email": "c1@x.com", "deleted_at": None}),
        on_conflict=OnConflict.UPDATE,
    )

    assert report.failed == 1
    assert len(world.find_all()) == 1


def test_dry_run(world: World) -> None:
    """A dry run finds out what would come of it, and keeps nothing."""
    world.run(entry(1))
    entries = [entry(1, name="Renamed"), entry(2), entry(3)]

    report = world.run(*entries, on_conflict=OnConflict.UPDATE, dry_run=True)

    assert report == Report(added=2, updated=1)
    assert [one["name"] for one in world.find_all()] == ["C1"]
    assert world.run(*entries, dry_run=True).failed == 1


def test_nothing_is_left_of_an_import_that_is_undone(world: World) -> None:
    """Members who are kept in the same process afterwards are kept where they belong."""
    assert world.run(entry(1), dry_run=True).added == 1
    customer = customer_of(world.organization_id)
    owner = owner_of(customer, None, uuid4())

    async def work(tables: Tables) -> Member | None:
        await tables.customers.add_all([(customer, owner.email)])
        await tables.members.add_all([owner])
        return await tables.members.find_owner(world.organization_id, customer.id)

    assert run(world.store.write(work)) == owner


def test_few(world: World) -> None:
    """So few that nothing is got ready for them are taken in as any."""
    entries = [entry(1), entry(2), entry(2)]

    def take(count: int) -> Report:
        imports = Imports(world.store, world.time.clock)
        return run(imports.run(world.organization_id, lambda: entries[:count], are_few=True))

    assert take(2) == Report(added=2)
    assert take(3).failed == 3
    assert len(world.find_all()) == 2


def test_a_source_that_breaks(world: World) -> None:
    """Where the reading breaks off, nothing of it is kept and the reason comes through."""

    def entries() -> Iterator[Entry]:
        yield entry(1)
        raise OSError("the disk has gone")

    with pytest.raises(OSError, match="the disk has gone"):
        run(Imports(world.store, world.time.clock).run(world.organization_id, entries))
    assert world.find_all() == []


@pytest.mark.parametrize("are_few", [True, False])
@pytest.mark.parametrize("checks", [1, 2, 3])
def test_rights_that_end(world: World, checks: int, *, are_few: bool) -> None:
    """The caller's rights are judged for each batch and at the end; once lost, nothing is kept."""
    assert world.run(entry(10_000)).added == 1
    left = checks

    async def check(tables: Tables) -> None:
        nonlocal left
        assert await tables.organizations.find(world.organization_id) is not None
        left -= 1
        if not left:
            raise errors.NotPermitted("gone")

    imports = Imports(world.store, world.time.clock)
    with pytest.raises(errors.NotPermitted, match="gone"):
        run(
            imports.run(
                world.organization_id,
                lambda: [entry(number) for number in range(600)],
                are_few=are_few,
                check=check,
            )
        )
    assert len(world.find_all()) == 1


def test_rights_that_end_while_all_is_loaded(world: World) -> None:
    """An import into an empty database, which looks nothing up, is judged at its end."""

    async def check(_: Tables) -> None:
        raise errors.NotPermitted("gone")

    with pytest.raises(errors.NotPermitted, match="gone"):
        run(
            Imports(world.store, world.time.clock).run(
                world.organization_id, lambda: [entry(1)], check=check
            )
        )
    assert world.find_all() == []


def test_one_organization_at_a_time(world: World) -> None:
    """Another organization may have the same ids, addresses and external ids."""
    same = entry(1, id=uuid4(), external_id="e1")
    other = World.__new__(World)
    other.store, other.time = world.store, world.time
    other.organization_id = run(
        Organizations(world.store, world.time.clock).create("Others", slug="others")
    ).id

    assert world.run(same).added == other.run(same).added == 1
    other.run(Entry("line 1", {**same.values, "name": "X"}), on_conflict=OnConflict.UPDATE)
    assert [one["name"] for one in world.find_all() + other.find_all()] == ["C1", "X"]
