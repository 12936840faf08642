"""What every engine promises of members: what is unique, who is found, and in which order."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest

from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values import errors
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.members import Member, MemberQuery
from support import Engine, add_customer, customer_of, documents_of, run

T = TypeVar("T")
FIRST = datetime(2026, 3, 1, tzinfo=UTC)


class Kept:
    """What a test does to the members of one organization."""

    def __init__(self, store: Storage, organization_id: UUID) -> None:
        self.store = store
        self.organization_id = organization_id

    def add_customer(self, number: int = 1) -> UUID:
        """Keep a team and its owner."""
        customer = customer_of(self.organization_id, number, type="team")
        self.write(lambda tables: add_customer(tables, customer))
        return customer.id

    def add(self, customer_id: UUID, number: int = 1, **values: Any) -> Member:
        """Keep a member."""
        usual: dict[str, Any] = {
            "id": uuid4(),
            "created_at": FIRST + timedelta(seconds=number),
            "email": f"m{number}@ship.no",
            "external_id": f"m{number}",
            "role": "member",
        }
        member = Member(
            organization_id=self.organization_id, customer_id=customer_id, **(usual | values)
        )
        self.write(lambda tables: tables.members.add(member))
        return member

    def write(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Do something in a transaction."""
        return run(self.store.write(work))

    def read(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Find something."""
        return run(self.store.read(work))

    def replace(self, member: Member) -> bytes:
        """Keep new values of a member."""
        return self.write(lambda tables: tables.members.replace(member))

    def find(self, member_id: UUID) -> Member | None:
        """A member by id."""
        return self.read(lambda tables: tables.members.find(self.organization_id, member_id))

    def find_by_email(self, customer_id: UUID, email: str) -> Member | None:
        """A customer's member by address."""
        return self.read(
            lambda tables: tables.members.find_by_email(self.organization_id, customer_id, email)
        )

    def find_external(self, customer_id: UUID, external_id: str) -> Member | None:
        """A customer's member by external id."""
        return self.read(
            lambda tables: tables.members.find_external(
                self.organization_id, customer_id, external_id
            )
        )

    def find_ids(self, total: int | None = None, **query: Any) -> list[str]:
        """The ids of those whom a query finds; the total must be `total`, or their number."""
        page = self.read(
            lambda tables: tables.members.find_page(self.organization_id, MemberQuery(**query))
        )
        found = documents_of(page)
        assert page.total_count == (len(found) if total is None else total)
        return [document["id"] for document in found]


@pytest.fixture
def kept(store: Storage, organization_id: UUID) -> Kept:
    """An organization without customers."""
    return Kept(store, organization_id)


def ids_of(*members: Member) -> list[str]:
    """The members' ids as the wire has them."""
    return [str(member.id) for member in members]


def test_all_values_come_back(kept: Kept) -> None:
    """A member comes back as it was kept, and its document is what a page shows."""
    team = kept.add_customer()
    member = kept.add(
        team,
        name="Åse",
        modified_at=FIRST + timedelta(days=1, microseconds=7),
        role="billing_manager",
    )

    assert kept.find(member.id) == member
    assert kept.find_external(team, "m1") == member
    page = kept.read(
        lambda tables: tables.members.find_page(
            kept.organization_id, MemberQuery(role="billing_manager")
        )
    )
    assert page.items == kept.replace(member)
    assert json.loads(page.items) == {
        "id": str(member.id),
        "created_at": "2026-03-01T00:00:01Z",
        "modified_at": "2026-03-02T00:00:00.000007Z",
        "customer_id": str(team),
        "email": "m1@ship.no",
        "name": "Åse",
        "external_id": "m1",
        "role": "billing_manager",
    }


class TestUnique:
    """What no two members of one customer share."""

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"email": "M1@SHIP.NO"}, "member.email"),
            ({"external_id": "m1"}, "member.external_id"),
        ],
    )
    def test_taken(self, kept: Kept, values: dict[str, str], field: str) -> None:
        """An address, letter case aside, and an external id are one member's."""
        team = kept.add_customer()
        kept.add(team, 1)
        other = kept.add(team, 3)

        with pytest.raises(errors.Duplicate) as caught:
            kept.add(team, 2, **values)
        assert caught.value.field == field
        with pytest.raises(errors.Duplicate) as caught:
            kept.replace(replace(other, **values))  # type: ignore[arg-type] # both are text
        assert caught.value.field == field
        assert kept.find(other.id) == other

    def test_elsewhere(self, kept: Kept) -> None:
        """Another customer's members may have the same."""
        first, second = kept.add_customer(1), kept.add_customer(2)

        assert kept.add(first).email == kept.add(second).email

    def test_other_letter_case(self, kept: Kept) -> None:
        """External ids in another letter case are others."""
        team = kept.add_customer()
        member = kept.add(team, 1)
        other = kept.add(team, 2, external_id="M1")

        assert kept.find_external(team, "m1") == member
        assert kept.find_external(team, "M1") == other

    def test_of_the_deleted(self, kept: Kept) -> None:
        """What a deleted member had is free."""
        team = kept.add_customer()
        gone = kept.add(team, 1)
        kept.replace(replace(gone, deleted_at=FIRST))
        here = kept.add(team, 1)

        assert kept.find_external(team, "m1") == here
        assert kept.find_by_email(team, "m1@ship.no") == here
        assert kept.find(gone.id) is None

    def test_one_owner(self, kept: Kept) -> None:
        """A customer never has two owners."""
        team = kept.add_customer()

        with pytest.raises(Exception, match=r"(?i)unique"):
            kept.add(team, role="owner")


class TestFind:
    """Finding one member."""

    @pytest.mark.parametrize("email", ["åse@ship.no", "Åse@Ship.NO"])
    def test_by_address(self, kept: Kept, email: str) -> None:
        """An address is found in any letter case."""
        team = kept.add_customer()
        member = kept.add(team, email="ÅSE@ship.no")

        assert kept.find_by_email(team, email) == member

    def test_of_other_customers(self, kept: Kept) -> None:
        """Another customer's members are not found."""
        team, other = kept.add_customer(1), kept.add_customer(2)
        kept.add(team)

        assert kept.find_by_email(other, "m1@ship.no") is None
        assert kept.find_external(other, "m1") is None

    def test_of_other_organizations(self, kept: Kept) -> None:
        """Another organization's members are not found, by whatever name."""
        team = kept.add_customer()
        member = kept.add(team)
        made = run(Organizations(kept.store, Clock()).create("Others"))
        others = Kept(kept.store, made.id)

        assert others.find(member.id) is None
        assert others.find_by_email(team, "m1@ship.no") is None
        assert others.find_external(team, "m1") is None
        assert others.find_ids() == []


class TestFindPage:
    """Finding many."""

    def test_filters(self, kept: Kept) -> None:
        """All filters must hold; without one everybody is found who is not deleted."""
        first, second = kept.add_customer(1), kept.add_customer(2)
        one, two = kept.add(first, 1), kept.add(second, 2, role="billing_manager")
        kept.replace(replace(kept.add(first, 3), deleted_at=FIRST))

        assert kept.find_ids(role="member") == ids_of(one)
        assert kept.find_ids(role="billing_manager") == ids_of(two)
        assert kept.find_ids(customer_id=second, role="billing_manager") == ids_of(two)
        assert kept.find_ids(customer_id=first, role="billing_manager") == []
        assert kept.find_ids(external_customer_id="usr_1", role="member") == ids_of(one)
        assert kept.find_ids(external_customer_id="USR_1") == []
        assert kept.find_ids(external_customer_id="usr_1", customer_id=second) == []
        assert kept.find_ids(external_customer_id="' OR 1=1 --") == []
        assert len(kept.find_ids(customer_id=first)) == 2
        assert len(kept.find_ids()) == 4

    @pytest.mark.parametrize("is_newest_first", [True, False])
    def test_order(self, kept: Kept, *, is_newest_first: bool) -> None:
        """By the moment they were made, and of one moment by id, the same way."""
        team = kept.add_customer()
        made = [kept.add(team, number, created_at=FIRST) for number in range(6)]
        made += [kept.add(team, number) for number in range(6, 9)]
        made.sort(key=lambda member: (member.created_at, member.id), reverse=is_newest_first)
        query: dict[str, Any] = {"role": "member", "is_newest_first": is_newest_first}

        assert kept.find_ids(**query) == ids_of(*made)
        walked = []
        for number in range(1, 6):
            walked += kept.find_ids(9, page=PageRequest(number, 2), **query)
        assert walked == ids_of(*made)

    @pytest.mark.parametrize("page", [PageRequest(3, 2), PageRequest(10**40, 100)])
    def test_behind_the_last(self, kept: Kept, page: PageRequest) -> None:
        """A page behind the last is empty, and tells the number of all."""
        team = kept.add_customer()
        for number in range(3):
            kept.add(team, number)

        assert kept.find_ids(4, page=page, customer_id=team) == []


def test_after_opening_again(engine: Engine, kept: Kept) -> None:
    """A member is there for another process too."""
    member = kept.add(kept.add_customer())
    again = run(engine.open())

    assert Kept(again, kept.organization_id).find(member.id) == member
    run(again.close())
