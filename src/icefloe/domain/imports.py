"""Imports of customers: all of a file or nothing, and what happens to customers that exist already."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain import entries
from icefloe.domain.commerce import holdings, ingestion, usage
from icefloe.domain.commerce.changes import Change
from icefloe.domain.entries import Entry, EntryFile
from icefloe.domain.ports.storage import NotLoaded
from icefloe.domain.values import errors
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.collation import lower
from icefloe.domain.values.customers import Customer, UniqueValue, unique_values_of
from icefloe.domain.values.imports import OnConflict, Report
from icefloe.domain.values.members import Member

if TYPE_CHECKING:
    from icefloe.domain.ports import storage

_MANY_OWNERS = 5_000  # inserted at once


Check = Callable[["storage.Tables"], Awaitable[None]]
"""Raises where a caller has lost its rights; it is given the tables of the import's transaction."""


class _Undone(Exception):
    """The import is rolled back."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


class Imports:
    """The rules of imports."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def run(
        self,
        organization_id: UUID,
        read_entries: Callable[[], Iterable[Entry]],
        *,
        on_conflict: OnConflict = OnConflict.FAIL,
        dry_run: bool = False,
        are_few: bool = False,
        file: EntryFile | None = None,
        check: Check | None = None,
    ) -> Report:
        """Import all entries in one transaction; none if one fails, or in a dry run.

        Args:
            organization_id: the organization they are added to, whatever the file says.
            read_entries: gives the entries from the first on. Called again for each retry; the
                entries are read one by one, on the thread of the transaction.
            on_conflict: what to do with customers that exist already.
            dry_run: report what an import would do, and store nothing.
            are_few: there are too few entries for dropping indexes to pay.
            file: what `read_entries` gives, if it is a file so large that a second process should
                read it. Storages that cannot use one ignore this.
            check: judges the caller's rights before each batch that is looked up, and last of all;
                nothing is imported if it raises.

        Raises:
            OrganizationNotFound: there is no such organization.
            Exception: what `check` raises.
        """
        check = check or _permit

        async def work(tables: storage.Tables, *, trusting: bool) -> Report:
            if await tables.organizations.find(organization_id) is None:
                raise errors.OrganizationNotFound(f"there is no organization {organization_id}")
            clock = self._clock.of(organization_id)
            running = _Run(tables, organization_id, on_conflict, clock, check)
            try:
                if not (trusting and await running.load(read_entries, file)):
                    if not are_few:
                        await tables.indexes.set_aside()
                    await running.take(read_entries())
                if running.report.failed or dry_run:
                    raise _Undone(running.report)  # noqa: TRY301 - given up too
                await tables.indexes.restore()
                await check(tables)
            except BaseException:
                tables.indexes.give_up()
                raise
            return running.report

        report = None
        try:
            with contextlib.suppress(NotLoaded):
                report = await self._store.write(partial(work, trusting=not are_few))
            if report is None:
                report = await self._store.write(partial(work, trusting=False))
        except _Undone as undone:
            return undone.report
        await self._adopt_usage(organization_id)
        return report

    async def _adopt_usage(self, organization_id: UUID) -> None:
        """Count the events that came before the customers who were imported.

        In a transaction of its own: it looks customers up, and needs their indexes.
        """
        clock = self._clock.of(organization_id)
        if await self._store.read(
            lambda tables: tables.usage.events.find_awaited_customers(organization_id)
        ):
            await self._store.write(
                lambda tables: ingestion.adopt_all(tables, clock, organization_id)
            )


async def _permit(tables: storage.Tables) -> None:
    """Let an import go on whose caller's rights cannot end, such as the operator's."""


class _Run:
    """One import, within its transaction.

    No statement may fail here, because that ends the transaction on some engines: values that are
    taken are looked up before anything is inserted. Entries that collide with nothing are inserted a
    batch at a time; each of the others is handled by itself, in its turn.

    If the database is empty, the file is trusted to name each customer once, and nothing is looked
    up: the unique indexes are built at the end, which is faster, and fail if a customer is named
    twice. Then, or if an entry has a fault unless it updates a customer, the import begins anew.
    """

    def __init__(
        self,
        tables: storage.Tables,
        organization_id: UUID,
        on_conflict: OnConflict,
        clock: Clock,
        check: Check,
    ) -> None:
        self.report = Report()
        self._tables = tables
        self._organization_id = organization_id
        self._on_conflict = on_conflict
        self._clock = clock
        self._check = check
        # Customers to insert, each with its owner, and the unique values that are taken: by them and by
        # customers that exist. Values of a customer that was changed or deleted since may still be
        # among them; `find_same` then asks the database.
        self._new: list[tuple[Customer, Member]] = []
        self._taken: set[UniqueValue] = set()
        # Owners of inserted customers, to be inserted many at once: then more of them are neighbours in
        # the index by customer, whose ids are in no order.
        self._owners: list[Member] = []

    async def load(
        self, read_entries: Callable[[], Iterable[Entry]], file: EntryFile | None
    ) -> bool:
        """Insert the customers of all entries into an empty database; False if the storage cannot.

        Raises:
            NotLoaded: each entry must be looked up in its turn.
        """
        given = read_entries() if file is None else file
        read = partial(entries.read_batches, given, self._organization_id, self._clock)
        added = await self._tables.load_new(self._organization_id, read, self.report.fail, file)
        self.report.added = added or 0
        return added is not None

    async def take(self, given: Iterable[Entry]) -> None:
        """Add, update, skip or refuse each entry, in order, and tell the change log."""
        for batch in entries.batches_of(given):
            await self._check(self._tables)
            read = []
            for entry in batch:
                customer = entries.new_customer(entry, self._organization_id, self._clock)
                read.append((entry, customer, unique_values_of(customer)))
            self._taken = await self._tables.customers.find_taken_values(
                self._organization_id, [value for _, _, values in read for value in values]
            )
            for entry, customer, values in read:
                if entry.problem is not None:
                    self.report.fail(entry.place, entry.problem)
                else:
                    await self._take_one(entry, customer, values)
            await self._insert_new()
        await self._insert_owners()
        await self._note_change()

    async def _note_change(self) -> None:
        changed = self.report.added + self.report.updated
        if changed:
            await self._tables.customers.note_many(self._organization_id, changed)

    async def _take_one(self, entry: Entry, customer: Customer, values: list[UniqueValue]) -> None:
        if self._taken.isdisjoint(values):
            self._add(entry, customer, values)
            return
        await self._insert_new()
        same = await self._tables.customers.find_same(customer)
        if not same:
            self._add(entry, customer, values)
        elif self._on_conflict is OnConflict.FAIL:
            self._refuse(entry, customer, same)
        elif self._on_conflict is OnConflict.SKIP:
            self.report.skipped += 1
        else:
            await self._update(entry, same)

    def _add(self, entry: Entry, customer: Customer, values: list[UniqueValue]) -> None:
        fault = entries.find_fault(customer)
        if fault is not None:
            self.report.fail(entry.place, fault)
            return
        self._new.append((customer, entries.new_owner(entry, customer, self._clock)))
        self._taken.update(values)
        self.report.added += 1

    def _refuse(self, entry: Entry, customer: Customer, same: list[Customer]) -> None:
        fault = entries.find_fault(customer)
        if fault is not None:
            self.report.fail(entry.place, fault)
            return
        others = {value for other in same for value in unique_values_of(other)}
        field = next(name for name, value in unique_values_of(customer) if (name, value) in others)
        self.report.fail(entry.place, f"{field}: a customer has the same already")

    async def _insert_new(self) -> None:
        """Insert the new customers so far, and their owners if there are many."""
        if self._new:
            await self._tables.customers.add_all(
                [(customer, owner.email) for customer, owner in self._new]
            )
            self._owners += [owner for _, owner in self._new]
            self._new = []
        if len(self._owners) >= _MANY_OWNERS:
            await self._insert_owners()

    async def _insert_owners(self) -> None:
        """Insert the owners of inserted customers."""
        await self._tables.members.add_all(self._owners)
        self._owners = []

    async def _update(self, entry: Entry, same: list[Customer]) -> None:
        """Change the one customer that the entry collides with, by the rules of PATCH."""
        if len(same) != 1:
            self.report.fail(
                entry.place, f"id, email and external_id belong to {len(same)} customers"
            )
            return
        before, now = same[0], self._clock.now()
        changed = entries.changed(entry, before, now)
        fault = entries.find_fault(changed) or entries.find_broken_rule(entry, before)
        if fault is not None:
            self.report.fail(entry.place, fault)
            return
        await self._insert_owners()
        await self._tables.indexes.restore()
        members = await self._tables.members.find_all_of(changed.organization_id, changed.id)
        owner, others = _owner_and_others(entry, changed, members, now)
        if changed.deleted_at is None:
            taken = await self._tables.customers.find_taken(changed) | _find_shared(owner, others)
            if taken:
                self.report.fail(entry.place, f"{min(taken)}: another has the same already")
                return
        is_leaving = before.deleted_at is None and changed.deleted_at is not None
        if is_leaving:
            changed = replace(changed, is_active=False)
        await self._tables.customers.replace(changed, owner.email, is_one_of_many=True)
        await self._tables.members.replace(owner)
        if is_leaving:
            await self._end_holdings(changed, before.external_id)
        elif before.deleted_at is not None and changed.deleted_at is None:
            await ingestion.recount(self._tables, self._clock, self._organization_id, changed.id)
        if changed.deleted_at is not None:
            for other in others:
                await self._tables.members.replace(replace(other, deleted_at=changed.deleted_at))
        self._taken.update(unique_values_of(changed))
        self.report.updated += 1

    async def _end_holdings(self, customer: Customer, external_id: str | None) -> None:
        """End what a customer has whom the import deletes. As all of an import, it is silent."""
        change = Change(self._tables, self._organization_id, self._clock, is_silent=True)
        await holdings.end_all(change, customer)
        await usage.forget_customer(self._tables, self._organization_id, customer.id, external_id)


def _owner_and_others(
    entry: Entry, customer: Customer, members: Sequence[Member], now: datetime
) -> tuple[Member, list[Member]]:
    """The owner as the entry changes it with its customer, and the other members not deleted."""
    before = next(member for member in members if member.role == "owner")
    owner = replace(before, email=customer.email) if customer.type == "individual" else before
    owner = replace(owner, **entry.owner, deleted_at=customer.deleted_at)
    if owner != before:
        owner = replace(owner, modified_at=now)
    return owner, [one for one in members if one.deleted_at is None and one.id != owner.id]


def _find_shared(owner: Member, others: list[Member]) -> frozenset[str]:
    """Unique member values of this owner that another member of the customer already has."""
    shared = set()
    for other in others:
        if owner.email and other.email and lower(owner.email) == lower(other.email):
            shared.add("owner.email")
        if owner.external_id is not None and owner.external_id == other.external_id:
            shared.add("owner.external_id")
    return frozenset(shared)
