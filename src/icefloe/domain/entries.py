"""Entries of an import: what each says of a customer, what becomes of that customer, what is wrong."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from icefloe.domain import customer_rules as rules
from icefloe.domain.ports.storage import LargeFile, NotLoaded
from icefloe.domain.values import addresses, metadata
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.collation import lower
from icefloe.domain.values.customers import Customer, CustomerBatch, CustomerChange, owner_of
from icefloe.domain.values.members import Member
from icefloe.domain.values.metadata import MAX_KEYS, MetadataValue

_BATCH = 500  # entries; those of a batch are looked up and inserted together
_ADDRESS = tuple(one.name for one in fields(Address))
_RULED = ("external_id", "type", "billing_address")  # an update may not take these back
_NO_EMAIL = "email: an individual customer needs one"
_NO_COUNTRY = "billing_address.country: an address needs one"
_MANY_KEYS = f"metadata: must have at most {MAX_KEYS} entries"
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


class EntryFile(LargeFile, Iterable[Entry], Protocol):
    """A file of entries that a second process can read; iterating reads it once."""


def read_batches(
    entries: Iterable[Entry], organization_id: UUID, clock: Clock
) -> Generator[CustomerBatch, None, None]:
    """Make new customers of entries, without looking for customers that exist already.

    Raises:
        NotLoaded: an entry has a fault, unless it updates a customer that exists.
    """
    for batch in batches_of(entries):
        read = CustomerBatch([], [])
        for entry in batch:
            if entry.problem is not None:
                read.failures.append((entry.place, entry.problem))
                continue
            customer = new_customer(entry, organization_id, clock)
            if find_fault(customer) is not None:
                raise NotLoaded
            read.customers.append((customer, new_owner(entry, customer, clock)))
        yield read


def batches_of(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """The entries, some hundreds at a time."""
    rest = iter(entries)
    while batch := list(itertools.islice(rest, _BATCH)):
        yield batch


def new_customer(entry: Entry, organization_id: UUID, clock: Clock) -> Customer:
    """The customer that an entry adds, with a new id and the present moment where it has none."""
    values = {"email": None, **_values_of(entry, None)}
    if "id" not in values:
        values["id"] = clock.new_id()
    if "created_at" not in values:
        values["created_at"] = clock.now()
    return Customer(organization_id=organization_id, **values)


def new_owner(entry: Entry, customer: Customer, clock: Clock) -> Member:
    """The owner of a new customer: the customer itself, except for what the entry says."""
    owner = owner_of(customer, None, clock.new_id())
    return replace(owner, **entry.owner) if entry.owner else owner


def changed(entry: Entry, customer: Customer, now: datetime) -> Customer:
    """The customer with the values of the entry, modified when the entry says, else now."""
    values = _values_of(entry, customer)
    result = replace(customer, **{"modified_at": now, **values, "id": customer.id})
    if "email_verified" not in values and lower(result.email or "") != lower(customer.email or ""):
        result = replace(result, email_verified=False)
    return result


def find_broken_rule(entry: Entry, customer: Customer) -> str | None:
    """The first rule of PATCH that changing the customer as the entry says would break, if any."""
    if customer.deleted_at is not None:
        return None
    values = _values_of(entry, customer)
    change = CustomerChange(
        **{
            name: values[name]
            for name in _RULED
            if name in values and values[name] != getattr(customer, name)
        }
    )
    broken = rules.find_broken(customer, change)
    return f"{broken[0].place[-1]}: {broken[0].message}" if broken else None


def find_fault(customer: Customer) -> str | None:
    """Why the customer cannot be stored as it is, if so, in words for the report."""
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


def _values_of(entry: Entry, there: Customer | None) -> Mapping[str, Any]:
    """The fields that an entry gives a customer; what it gives in parts joins what is there."""
    if not entry.address and not entry.metadata:
        return entry.values
    values = dict(entry.values)
    if entry.address:
        address = there.billing_address if there is not None else None
        before = {} if address is None else {name: getattr(address, name) for name in _ADDRESS}
        joined = {name: one for name, one in {**before, **entry.address}.items() if one is not None}
        # Without a country this is no address, which `find_fault` says.
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
