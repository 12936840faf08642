"""Taking in customers in bulk: all of a file or nothing, and what to do about those already here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from icefloe.domain import errors
from icefloe.domain.clock import Clock
from icefloe.domain.customers import Customer
from icefloe.domain.members import Member, owner_of

if TYPE_CHECKING:
    from icefloe.domain import storage

_MAX_FAILURES = 100
_NO_ADDRESS = "email: an individual customer needs one"


class OnConflict(StrEnum):
    """What to do with a customer whose id, e-mail address or external id is taken already."""

    FAIL = "fail"
    SKIP = "skip"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Entry:
    """One customer of a file.

    Attributes:
        place: where it stands, such as `line 3`.
        values: the fields of `Customer` that the file gives, by name.
        owner: the fields of `Member` that it gives of the owner: `email`, `name`, `external_id`.
        problem: why it cannot be read; then there are no values.
    """

    place: str
    values: Mapping[str, Any] = field(default_factory=dict)
    owner: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


@dataclass(slots=True)
class Report:
    """What came of an import.

    Attributes:
        added: how many customers are new.
        updated: how many replaced the values of one that was here.
        skipped: how many were here and left as they were.
        failed: how many could not be taken.
        failures: place and reason of the first hundred of those.
    """

    added: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    def fail(self, place: str, reason: str) -> None:
        """Note one that could not be taken."""
        self.failed += 1
        if len(self.failures) < _MAX_FAILURES:
            self.failures.append((place, reason))


class _Undone(Exception):
    """Nothing of the import is kept."""


class Imports:
    """The rules of imports."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def run(
        self,
        organization_id: UUID,
        entries: Iterable[Entry],
        *,
        on_conflict: OnConflict = OnConflict.FAIL,
        dry_run: bool = False,
    ) -> Report:
        """Take in all entries in one transaction; none where one fails, or in a dry run.

        Args:
            organization_id: whose customers they become, whatever the file says.
            entries: read one by one, on the storage's thread.
            on_conflict: what to do with those that are here already.
            dry_run: find out what would come of it, and keep nothing.

        Raises:
            OrganizationNotFound: there is no such organization.
        """
        report = Report()

        async def work(tables: storage.Tables) -> None:
            if await tables.organizations.find(organization_id) is None:
                raise errors.OrganizationNotFound(f"there is no organization {organization_id}")
            for entry in entries:
                if entry.problem is not None:
                    report.fail(entry.place, entry.problem)
                else:
                    await self._take(tables, organization_id, entry, on_conflict, report)
            if report.failed or dry_run:
                raise _Undone

        with contextlib.suppress(_Undone):
            await self._store.write(work)
        return report

    async def _take(
        self,
        tables: storage.Tables,
        organization_id: UUID,
        entry: Entry,
        on_conflict: OnConflict,
        report: Report,
    ) -> None:
        """Take in one entry."""
        values = {
            "id": self._clock.new_id(),
            "created_at": self._clock.now(),
            "email": None,
            **entry.values,
        }
        customer = Customer(organization_id=organization_id, **values)
        if _lacks_address(customer) and (
            on_conflict is OnConflict.FAIL or not await tables.customers.find_same(customer)
        ):
            report.fail(entry.place, _NO_ADDRESS)
            return
        try:
            await _add(tables, customer, self._owner_of(customer, entry))
        except errors.Duplicate as error:
            if on_conflict is OnConflict.FAIL:
                report.fail(entry.place, f"{error.field}: a customer has the same already")
            elif on_conflict is OnConflict.SKIP:
                report.skipped += 1
            else:
                await self._update(tables, customer, entry, report)
        else:
            report.added += 1

    async def _update(
        self, tables: storage.Tables, customer: Customer, entry: Entry, report: Report
    ) -> None:
        """Give the one customer that the entry collides with the values that the file gives."""
        same = await tables.customers.find_same(customer)
        if len(same) != 1:
            report.fail(entry.place, f"id, email and external_id belong to {len(same)} customers")
            return
        kept = same[0]
        changed = replace(kept, **{**entry.values, "id": kept.id})
        if _lacks_address(changed):
            report.fail(entry.place, _NO_ADDRESS)
            return
        owner = await tables.members.find_owner(kept.organization_id, kept.id)
        if owner is None:
            raise errors.CustomerNotFound
        if changed.type == "individual":
            owner = replace(owner, email=changed.email)
        owner = replace(owner, **entry.owner)
        try:
            await tables.customers.replace(changed, owner.email)
            await tables.members.replace(replace(owner, deleted_at=changed.deleted_at))
            if changed.deleted_at is not None:
                await _delete_members(tables, changed)
        except errors.Duplicate as error:
            report.fail(entry.place, f"{error.field}: another customer has the same already")
        else:
            report.updated += 1

    def _owner_of(self, customer: Customer, entry: Entry) -> Member:
        """The member who owns a new customer: the customer itself, but for what the file gives."""
        return replace(owner_of(customer, None, self._clock.new_id()), **entry.owner)


def _lacks_address(customer: Customer) -> bool:
    return customer.type == "individual" and customer.email is None


async def _add(tables: storage.Tables, customer: Customer, owner: Member) -> None:
    await tables.customers.add(customer, owner.email)
    await tables.members.add(owner)


async def _delete_members(tables: storage.Tables, customer: Customer) -> None:
    """Delete the members a deleted customer still has."""
    for member in await tables.members.find_all_of(customer.organization_id, customer.id):
        if member.deleted_at is None:
            await tables.members.replace(replace(member, deleted_at=customer.deleted_at))
