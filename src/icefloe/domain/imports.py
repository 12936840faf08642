"""Taking in customers in bulk: all of a file or nothing, and what to do about those already here."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import UUID

from icefloe.domain import customer_rules as rules
from icefloe.domain.ports.storage import LargeFile, NotLoaded
from icefloe.domain.values import addresses, errors, metadata
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.collation import lower
from icefloe.domain.values.customers import (
    Customer,
    CustomerBatch,
    CustomerChange,
    UniqueValue,
    owner_of,
    unique_values_of,
)
from icefloe.domain.values.members import Member
from icefloe.domain.values.metadata import MAX_KEYS, MetadataValue

if TYPE_CHECKING:
    from icefloe.domain.ports import storage

_MAX_FAILURES = 100
_BATCH = 500
_MANY_OWNERS = 5_000
_ADDRESS = tuple(one.name for one in fields(Address))
_RULED = ("external_id", "type", "billing_address")  # an update may not take these back
_NO_EMAIL = "email: an individual customer needs one"
_NO_COUNTRY = "billing_address.country: an address needs one"
_MANY_KEYS = f"metadata: must have at most {MAX_KEYS} entries"


class OnConflict(StrEnum):
    """What to do with a customer whose id, e-mail address or external id is taken already."""

    FAIL = "fail"
    SKIP = "skip"
    UPDATE = "update"


_NOTHING: Mapping[str, Any] = MappingProxyType({})

Check = Callable[["storage.Tables"], Awaitable[None]]
"""Raises where a caller has lost its rights; it is given the tables of the import's transaction."""


class Entry(NamedTuple):
    """One customer of a file.

    Attributes:
        place: where it stands, such as `line 3`.
        values: the fields of `Customer` that the file gives, by name.
        owner: the fields of `Member` that it gives of the owner: `email`, `name`, `external_id`.
        problem: why it cannot be read; then there are no values.
        address: the fields of `Address` that the file gives one by one, as a table with a column for
            each does; an update leaves the others alone. A None removes the field.
        metadata: the same for keys of metadata.
    """

    place: str
    values: Mapping[str, Any] = _NOTHING
    owner: Mapping[str, Any] = _NOTHING
    problem: str | None = None
    address: Mapping[str, str | None] = _NOTHING
    metadata: Mapping[str, MetadataValue | None] = _NOTHING


class EntryFile(LargeFile, Iterable[Entry], Protocol):
    """A file of entries that a second process can read; iterating reads it once."""


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
            taking = _Taking(tables, organization_id, on_conflict, clock, check)
            try:
                if not (trusting and await taking.load(read_entries, file)):
                    if not are_few:
                        await tables.indexes.set_aside()
                    await taking.take(read_entries())
                if taking.report.failed or dry_run:
                    raise _Undone(taking.report)  # noqa: TRY301 - given up too
                await tables.indexes.restore()
                await check(tables)
            except BaseException:
                tables.indexes.give_up()
                raise
            return taking.report

        try:
            with contextlib.suppress(NotLoaded):
                return await self._store.write(partial(work, trusting=not are_few))
            return await self._store.write(partial(work, trusting=False))
        except _Undone as undone:
            return undone.report


async def _permit(tables: storage.Tables) -> None:
    """Let an import go on whose caller's rights cannot end, such as the operator's."""


def read_batches(
    entries: Iterable[Entry], organization_id: UUID, clock: Clock
) -> Generator[CustomerBatch, None, None]:
    """Make customers of entries, unseen: as if no customer were here.

    Raises:
        NotLoaded: an entry is refused, unless a customer like it is here already.
    """
    for batch in _batches(entries):
        read = CustomerBatch([], [])
        for entry in batch:
            if entry.problem is not None:
                read.failures.append((entry.place, entry.problem))
                continue
            customer = _customer_of(entry, organization_id, clock)
            if _find_fault(customer) is not None:
                raise NotLoaded
            read.customers.append((customer, _owner_of(entry, customer, clock)))
        yield read


class _Taking:
    """One import under way, within its transaction.

    No statement may fail here, because that ends the transaction on some engines: values that are
    taken are looked up before anything is inserted. Entries that collide with nothing are inserted a
    batch at a time; each of the others is handled by itself, in its turn.

    If the database is empty, the file is trusted to name each customer once, and nothing is looked
    up: the unique indexes are made at the end, in a part of the time, and tell whether that was so.
    If not, or if an entry is refused unless a customer like it is here, all begins anew.
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
        # Customers to be added, each with its owner, and the values that nobody else may have: theirs
        # and those of who is here already. The values of a customer that was changed or deleted in
        # the meantime may still be among them; then the database tells.
        self._new: list[tuple[Customer, Member]] = []
        self._taken: set[UniqueValue] = set()
        # The owners of customers who have been added. The more of them are added at once, the more
        # have a neighbour in an index: there they stand by customer, whose ids are in no order.
        self._owners: list[Member] = []

    async def load(
        self, read_entries: Callable[[], Iterable[Entry]], file: EntryFile | None
    ) -> bool:
        """Add the customers of all entries to an empty database; False if the storage cannot.

        Raises:
            NotLoaded: each entry must be looked up in its turn.
        """
        entries = read_entries() if file is None else file
        read = partial(read_batches, entries, self._organization_id, self._clock)
        added = await self._tables.load_new(self._organization_id, read, self.report.fail, file)
        self.report.added = added or 0
        return added is not None

    async def take(self, entries: Iterable[Entry]) -> None:
        """Take in all entries, each as those before it and who is here already let it."""
        for batch in _batches(entries):
            await self._check(self._tables)
            read = []
            for entry in batch:
                customer = _customer_of(entry, self._organization_id, self._clock)
                read.append((entry, customer, unique_values_of(customer)))
            self._taken = await self._tables.customers.find_taken_values(
                self._organization_id, [value for _, _, values in read for value in values]
            )
            for entry, customer, values in read:
                if entry.problem is not None:
                    self.report.fail(entry.place, entry.problem)
                else:
                    await self._take_one(entry, customer, values)
            await self._keep_new()
        await self._keep_owners()
        await self._note_change()

    async def _note_change(self) -> None:
        changed = self.report.added + self.report.updated
        if changed:
            await self._tables.customers.note_many(self._organization_id, changed)

    async def _take_one(self, entry: Entry, customer: Customer, values: list[UniqueValue]) -> None:
        if self._taken.isdisjoint(values):
            self._add(entry, customer, values)
            return
        await self._keep_new()
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
        fault = _find_fault(customer)
        if fault is not None:
            self.report.fail(entry.place, fault)
            return
        self._new.append((customer, _owner_of(entry, customer, self._clock)))
        self._taken.update(values)
        self.report.added += 1

    def _refuse(self, entry: Entry, customer: Customer, same: list[Customer]) -> None:
        fault = _find_fault(customer)
        if fault is not None:
            self.report.fail(entry.place, fault)
            return
        others = {value for other in same for value in unique_values_of(other)}
        field = next(name for name, value in unique_values_of(customer) if (name, value) in others)
        self.report.fail(entry.place, f"{field}: a customer has the same already")

    async def _keep_new(self) -> None:
        """Add the customers who are new so far."""
        if self._new:
            await self._tables.customers.add_all(
                [(customer, owner.email) for customer, owner in self._new]
            )
            self._owners += [owner for _, owner in self._new]
            self._new = []
        if len(self._owners) >= _MANY_OWNERS:
            await self._keep_owners()

    async def _keep_owners(self) -> None:
        """Add the owners of customers who have been added."""
        await self._tables.members.add_all(self._owners)
        self._owners = []

    async def _update(self, entry: Entry, same: list[Customer]) -> None:
        """Give the one customer that the entry collides with the values that the file gives.

        The rules are those of PATCH. The customer was modified when the file says, else now.
        """
        if len(same) != 1:
            self.report.fail(
                entry.place, f"id, email and external_id belong to {len(same)} customers"
            )
            return
        kept, now = same[0], self._clock.now()
        values = _values_of(entry, kept)
        changed = replace(kept, **{"modified_at": now, **values, "id": kept.id})
        if "email_verified" not in values and lower(changed.email or "") != lower(kept.email or ""):
            changed = replace(changed, email_verified=False)
        fault = _find_fault(changed) or _find_broken_rule(kept, values)
        if fault is not None:
            self.report.fail(entry.place, fault)
            return
        await self._keep_owners()
        await self._tables.indexes.restore()
        members = await self._tables.members.find_all_of(kept.organization_id, kept.id)
        before = next(member for member in members if member.role == "owner")
        owner = replace(before, email=changed.email) if changed.type == "individual" else before
        owner = replace(owner, **entry.owner, deleted_at=changed.deleted_at)
        if owner != before:
            owner = replace(owner, modified_at=now)
        others = [one for one in members if one.deleted_at is None and one.id != owner.id]
        if changed.deleted_at is None:
            taken = await self._tables.customers.find_taken(changed) | _shared(owner, others)
            if taken:
                self.report.fail(entry.place, f"{min(taken)}: another has the same already")
                return
        await self._tables.customers.replace(changed, owner.email, is_one_of_many=True)
        await self._tables.members.replace(owner)
        if changed.deleted_at is not None:
            for other in others:
                await self._tables.members.replace(replace(other, deleted_at=changed.deleted_at))
        self._taken.update(unique_values_of(changed))
        self.report.updated += 1


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    rest = iter(entries)
    while batch := list(itertools.islice(rest, _BATCH)):
        yield batch


def _customer_of(entry: Entry, organization_id: UUID, clock: Clock) -> Customer:
    values = {"email": None, **_values_of(entry, None)}
    if "id" not in values:
        values["id"] = clock.new_id()
    if "created_at" not in values:
        values["created_at"] = clock.now()
    return Customer(organization_id=organization_id, **values)


def _owner_of(entry: Entry, customer: Customer, clock: Clock) -> Member:
    """The owner of a new customer: the customer itself, but for what the file gives."""
    owner = owner_of(customer, None, clock.new_id())
    return replace(owner, **entry.owner) if entry.owner else owner


def _values_of(entry: Entry, there: Customer | None) -> Mapping[str, Any]:
    """The fields that an entry gives a customer; what it gives in parts joins what is there."""
    if not entry.address and not entry.metadata:
        return entry.values
    values = dict(entry.values)
    if entry.address:
        address = there.billing_address if there is not None else None
        before = {} if address is None else {name: getattr(address, name) for name in _ADDRESS}
        joined = {name: one for name, one in {**before, **entry.address}.items() if one is not None}
        # Without a country this is no address, which `_find_fault` says.
        values["billing_address"] = _join_address(joined) if joined else None
    if entry.metadata:
        given = values.get("metadata", there.metadata if there is not None else {})
        joined = {**given, **entry.metadata}
        values["metadata"] = metadata.canonical(
            {key: value for key, value in joined.items() if value is not None}
        )
    return values


def _join_address(parts: Mapping[str, str]) -> Address:
    """The address of some parts; a state that the country does not have is left as it is."""
    country, state = parts.get("country", ""), parts.get("state")
    with contextlib.suppress(addresses.InvalidState):
        state = addresses.standardise_state(country, state)
    return replace(Address(**{**parts, "country": country}), state=state)


def _find_broken_rule(customer: Customer, values: Mapping[str, Any]) -> str | None:
    """The first of the rules of a change, as PATCH has them, that new values break, if any."""
    if customer.deleted_at is not None:
        return None
    change = CustomerChange(
        **{
            name: values[name]
            for name in _RULED
            if name in values and values[name] != getattr(customer, name)
        }
    )
    broken = rules.find_broken(customer, change)
    return f"{broken[0].place[-1]}: {broken[0].message}" if broken else None


def _find_fault(customer: Customer) -> str | None:
    """What keeps a customer from being stored as it is, if anything does."""
    if customer.type == "individual" and customer.email is None:
        return _NO_EMAIL
    if customer.billing_address is not None and not customer.billing_address.country:
        return _NO_COUNTRY
    if customer.billing_address is not None:
        try:
            addresses.check_state(customer.billing_address.country, customer.billing_address.state)
        except addresses.InvalidState as error:
            return f"billing_address.state: {error}"
    if len(customer.metadata) > MAX_KEYS:
        return _MANY_KEYS
    return None


def _shared(owner: Member, others: list[Member]) -> frozenset[str]:
    """Which of the values that a customer's members may not share the owner has of another's."""
    shared = set()
    for other in others:
        if owner.email and other.email and lower(owner.email) == lower(other.email):
            shared.add("owner.email")
        if owner.external_id is not None and owner.external_id == other.external_id:
            shared.add("owner.external_id")
    return frozenset(shared)
