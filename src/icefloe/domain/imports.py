"""Taking in customers in bulk: all of a file or nothing, and what to do about those already here."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from icefloe.domain.values import errors, metadata
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.collation import lower
from icefloe.domain.values.customers import Customer, UniqueValue, owner_of, unique_values_of
from icefloe.domain.values.members import Member
from icefloe.domain.values.metadata import MAX_KEYS, MetadataValue

if TYPE_CHECKING:
    from icefloe.domain.ports import storage

_MAX_FAILURES = 100
_BATCH = 500
_MANY_OWNERS = 5_000
_ADDRESS = tuple(one.name for one in fields(Address))
_NO_EMAIL = "email: an individual customer needs one"
_NO_COUNTRY = "billing_address.country: an address needs one"
_MANY_KEYS = f"metadata: must have at most {MAX_KEYS} entries"


class OnConflict(StrEnum):
    """What to do with a customer whose id, e-mail address or external id is taken already."""

    FAIL = "fail"
    SKIP = "skip"
    UPDATE = "update"


_NOTHING: Mapping[str, Any] = MappingProxyType({})


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


class Ready(NamedTuple):
    """Some entries of a file, as far as they can be seen to without a look at who is here already.

    It is made of nothing but tuples, lists, dictionaries, numbers, text and bytes, so that it passes
    quickly from one process to another.

    Attributes:
        customers: the rows of the new customers, as the storage's `Derive` gives them.
        owners: those of their owners.
        failures: place and reason of each entry that cannot be read.
        is_doubtful: whether an entry is refused, unless one like it is here already.
    """

    customers: list[Any]
    owners: list[Any]
    failures: list[tuple[str, str]]
    is_doubtful: bool


class NotReady(Exception):
    """Nobody makes entries ready any more: the import has to read them itself."""


ReadReady = Callable[["storage.Derive"], Generator[Ready, None, None]]


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


class _Doubtful(Exception):
    """Somebody in the file may be there twice: each entry has to be looked at in its turn."""


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
        read_ready: ReadReady | None = None,
    ) -> Report:
        """Take in all entries in one transaction; none where one fails, or in a dry run.

        Args:
            organization_id: whose customers they become, whatever the file says.
            read_entries: gives the entries from the first on, once for each time that the storage
                or the import has to begin anew; they are read one by one, where the storage does
                its work.
            on_conflict: what to do with those that are here already.
            dry_run: find out what would come of it, and keep nothing.
            are_few: there are so few entries that nothing has to be got ready for them.
            read_ready: gives the same entries made ready with what it is given, where somebody else
                does that; may raise NotReady.

        Raises:
            OrganizationNotFound: there is no such organization.
        """

        async def work(tables: storage.Tables, *, trusting: bool) -> Report:
            if await tables.organizations.find(organization_id) is None:
                raise errors.OrganizationNotFound(f"there is no organization {organization_id}")
            clock = self._clock.of(organization_id)
            taking = _Taking(tables, organization_id, on_conflict, clock)
            derive = self._store.derive if trusting else None
            try:
                if derive is not None and await tables.indexes.set_aside(unique=True):
                    read = read_ready or self._reading(organization_id, read_entries)
                    with contextlib.closing(read(derive)) as batches:
                        await taking.take_ready(batches)
                else:
                    if not are_few:
                        await tables.indexes.set_aside()
                    await taking.take(read_entries())
                if taking.report.failed or dry_run:
                    raise _Undone(taking.report)  # noqa: TRY301 - given up too
                await tables.indexes.restore()
            except BaseException:
                tables.indexes.give_up()
                raise
            return taking.report

        try:
            with contextlib.suppress(_Doubtful, NotReady):
                return await self._store.write(partial(work, trusting=not are_few))
            return await self._store.write(partial(work, trusting=False))
        except _Undone as undone:
            return undone.report

    def _reading(
        self, organization_id: UUID, read_entries: Callable[[], Iterable[Entry]]
    ) -> ReadReady:
        clock = self._clock.of(organization_id)
        return lambda derive: make_ready(read_entries(), organization_id, clock, derive)


def make_ready(
    entries: Iterable[Entry], organization_id: UUID, clock: Clock, derive: storage.Derive
) -> Generator[Ready, None, None]:
    """Make entries ready, some at a time."""
    for batch in _batches(entries):
        new: list[tuple[Customer, Member]] = []
        failures, is_doubtful = [], False
        for entry in batch:
            if entry.problem is not None:
                failures.append((entry.place, entry.problem))
                continue
            customer = _customer_of(entry, organization_id, clock)
            is_doubtful = is_doubtful or _find_fault(customer) is not None
            new.append((customer, _owner_of(entry, customer, clock)))
        yield Ready(*derive(new), failures, is_doubtful)


class _Taking:
    """One import under way, within its transaction.

    No statement may fail here, for that would be the end of the transaction on some engines: what is
    taken already is asked for before anything is added. Entries that collide with nothing are kept
    together, a batch at a time; each of the others is seen to by itself, in its turn.

    Where there are no customers, the file is trusted to have nobody twice, and nothing is asked for:
    the unique indexes are made at the end, which takes a part of the time, and tell whether it was
    so. Where it was not, or an entry is refused whose values somebody may have, all begins anew.
    """

    def __init__(
        self, tables: storage.Tables, organization_id: UUID, on_conflict: OnConflict, clock: Clock
    ) -> None:
        self.report = Report()
        self._tables = tables
        self._organization_id = organization_id
        self._on_conflict = on_conflict
        self._clock = clock
        # Customers to be added, each with its owner, and the values that nobody else may have: theirs
        # and those of who is here already. The values of a customer that was changed or deleted in
        # the meantime may still be among them; then the database tells.
        self._new: list[tuple[Customer, Member]] = []
        self._taken: set[UniqueValue] = set()
        # The owners of customers who have been added. The more of them are added at once, the more
        # have a neighbour in an index: there they stand by customer, whose ids are in no order.
        self._owners: list[Member] = []

    async def take_ready(self, batches: Iterable[Ready]) -> None:
        """Take in all entries where nobody is here yet; raises _Doubtful if somebody is twice."""
        for batch in batches:
            if batch.is_doubtful:
                raise _Doubtful
            for place, reason in batch.failures:
                self.report.fail(place, reason)
            await self._tables.customers.add_derived(self._organization_id, batch.customers)
            await self._tables.members.add_derived(batch.owners)
            self.report.added += len(batch.customers)
        try:
            await self._tables.indexes.restore_unique()
        except errors.Duplicate as error:
            raise _Doubtful from error
        await self._note_change()

    async def take(self, entries: Iterable[Entry]) -> None:
        """Take in all entries, each as those before it and who is here already let it."""
        for batch in _batches(entries):
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
        """Give the one customer that the entry collides with the values that the file gives."""
        if len(same) != 1:
            self.report.fail(
                entry.place, f"id, email and external_id belong to {len(same)} customers"
            )
            return
        kept = same[0]
        changed = replace(kept, **{**_values_of(entry, kept), "id": kept.id})
        fault = _find_fault(changed)
        if fault is not None:
            self.report.fail(entry.place, fault)
            return
        await self._keep_owners()
        await self._tables.indexes.restore()
        members = await self._tables.members.find_all_of(kept.organization_id, kept.id)
        owner = next(member for member in members if member.role == "owner")
        if changed.type == "individual":
            owner = replace(owner, email=changed.email)
        owner = replace(owner, **entry.owner, deleted_at=changed.deleted_at)
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
        values["billing_address"] = Address(**{"country": "", **joined}) if joined else None
    if entry.metadata:
        given = values.get("metadata", there.metadata if there is not None else {})
        joined = {**given, **entry.metadata}
        values["metadata"] = metadata.canonical(
            {key: value for key, value in joined.items() if value is not None}
        )
    return values


def _find_fault(customer: Customer) -> str | None:
    """What keeps a customer from being stored as it is, if anything does."""
    if customer.type == "individual" and customer.email is None:
        return _NO_EMAIL
    if customer.billing_address is not None and not customer.billing_address.country:
        return _NO_COUNTRY
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
