"""Creating, changing and deleting customers: each is one transaction, side effects included."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain import customer_rules as rules
from icefloe.domain import states
from icefloe.domain.commerce import holdings, ingestion, orders, usage
from icefloe.domain.commerce.changes import Change
from icefloe.domain.idempotency import act_once
from icefloe.domain.values import errors
from icefloe.domain.values.answers import Once
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.customers import Customer, CustomerChange, NewCustomer, owner_of
from icefloe.domain.values.events import Event, EventType
from icefloe.domain.values.members import Member
from icefloe.domain.webhooks.outbox import Outbox

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.access import Subject

Find = Callable[["storage.Tables"], Awaitable[Customer | None]]


@dataclass(frozen=True, slots=True)
class Put:
    """The result of an upsert.

    Attributes:
        document: the customer's wire document.
        is_new: whether the customer was created by it.
    """

    document: bytes
    is_new: bool


class CustomerWrites:
    """The rules of writing customers."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._outbox = Outbox()

    async def create(
        self, subject: Subject, new: NewCustomer, *, once: Once | None = None
    ) -> bytes:
        """Create a customer and the member who owns it; returns the customer's wire document.

        Raises:
            RulesBroken: a unique value is taken, or the tax number is not one of its country.
        """
        rules.check_new(new)
        organization_id = subject.organization_id
        now = self._clock.of(organization_id).now()

        async def work(tables: storage.Tables) -> bytes:
            create = partial(self._create, tables, organization_id, new, now)
            return await act_once(tables, organization_id, once, now, create)

        return await self._store.write(work)

    async def update(self, subject: Subject, customer_id: UUID, change: CustomerChange) -> bytes:
        """Change a customer; returns its wire document.

        Raises:
            CustomerNotFound: there is none with that id.
            RulesBroken: the change breaks rules; nothing is changed.
        """
        find = _by_id(subject.organization_id, customer_id)
        return await self._store.write(lambda tables: self._update(tables, find, change))

    async def update_external(
        self, subject: Subject, external_id: str, change: CustomerChange
    ) -> bytes:
        """Change the customer with an external id; otherwise as `update`."""
        find = _by_external_id(subject.organization_id, external_id)
        return await self._store.write(lambda tables: self._update(tables, find, change))

    async def put_external(
        self, subject: Subject, external_id: str, new: NewCustomer, change: CustomerChange
    ) -> Put:
        """Change the customer with an external id, or create it if there is none.

        The same call a second time succeeds as well, and changes no value.

        Args:
            subject: who asks.
            external_id: the customer's.
            new: what to create.
            change: what to change if the customer exists.

        Raises:
            RulesBroken: either breaks rules; nothing is changed.
        """
        rules.check_new(new)
        rules.check_same_external_id(new, external_id)
        find = _by_external_id(subject.organization_id, external_id)

        async def work(tables: storage.Tables) -> Put:
            customer = await find(tables)
            if customer is not None:
                wanted_change = rules.without_repetition(change, customer)
                return Put(await self._update(tables, find, wanted_change), is_new=False)
            wanted = replace(new, external_id=external_id)
            now = self._clock.of(subject.organization_id).now()
            _, document = await self._create(tables, subject.organization_id, wanted, now)
            return Put(document, is_new=True)

        return await self._store.write(work)

    async def delete(self, subject: Subject, customer_id: UUID, *, anonymise: bool = False) -> None:
        """Delete a customer and its members; its unique values are free again.

        Args:
            subject: who asks.
            customer_id: the customer to delete.
            anonymise: also remove its personal data, here and from stored events and answers.

        Raises:
            CustomerNotFound: there is none with that id.
        """
        await self._delete_found(_by_id(subject.organization_id, customer_id), anonymise=anonymise)

    async def delete_external(
        self, subject: Subject, external_id: str, *, anonymise: bool = False
    ) -> None:
        """Delete the customer with an external id; otherwise as `delete`."""
        find = _by_external_id(subject.organization_id, external_id)
        await self._delete_found(find, anonymise=anonymise)

    async def _delete_found(self, find: Find, *, anonymise: bool) -> None:
        await self._store.write(lambda tables: self._delete(tables, find, anonymise=anonymise))
        if anonymise:
            await self._store.scrub()

    async def _create(
        self, tables: storage.Tables, organization_id: UUID, new: NewCustomer, now: datetime
    ) -> tuple[UUID, bytes]:
        new_id = self._clock.of(organization_id).new_id
        customer = Customer(
            id=new_id(),
            organization_id=organization_id,
            created_at=now,
            type=new.type,
            email=new.email,
            external_id=new.external_id,
            name=new.name,
            billing_address=new.billing_address,
            locale=new.locale,
            metadata=new.metadata,
        )
        rules.check_taken(customer, await tables.customers.find_taken(customer))
        if new.tax_id is not None:
            tax_id = rules.read_tax_id(new.tax_id, new.billing_address, shown=new.tax_id)
            customer = replace(customer, tax_id=tax_id)
        owner = owner_of(customer, new.owner, new_id())
        document = await tables.customers.add(customer, owner.email)
        owner_document = await tables.members.add(owner)
        # The reference sends the event of the owner first.
        events = [
            _event("member.created", customer, now, owner_document),
            _event("customer.created", customer, now, document),
        ]
        await self._outbox.record(tables, events)
        await self._adopt(tables, customer)
        return customer.id, document

    async def _update(self, tables: storage.Tables, find: Find, change: CustomerChange) -> bytes:
        customer = await _get(tables, find)
        now = self._clock.of(customer.organization_id).now()
        changed = rules.apply_change(
            customer, change, await _find_taken(tables, customer, change), now
        )
        owner = await _get_owner(tables, customer)
        if customer.type == "individual" and rules.changes_email(customer, change):
            # An individual is its own owner, and goes by the same address.
            owner = replace(owner, email=changed.email, modified_at=now)
            await tables.members.replace(owner)
        document = await tables.customers.replace(changed, owner.email)
        event = _event("customer.updated", changed, now, document)
        await self._outbox.record(tables, [await _with_state(tables, changed, event)])
        if changed.external_id != customer.external_id:
            await self._adopt(tables, changed)
        return document

    async def _adopt(self, tables: storage.Tables, customer: Customer) -> None:
        """Count the events that came before their customer."""
        if customer.external_id is not None:
            clock = self._clock.of(customer.organization_id)
            await ingestion.adopt(tables, clock, customer.organization_id, [customer.external_id])

    async def _delete(self, tables: storage.Tables, find: Find, *, anonymise: bool) -> None:
        customer = await _get(tables, find)
        now = self._clock.of(customer.organization_id).now()
        owner = await _get_owner(tables, customer)
        if anonymise:
            # Stored answers name the customer too.
            await tables.answers.forget(customer.organization_id, customer.id)
            await usage.anonymise(tables, customer.organization_id, customer.id)
            await orders.anonymise(tables, customer)
            await tables.note_forgotten()
        events: list[Event] = []
        for member in await tables.members.find_all_of(customer.organization_id, customer.id):
            kept = _anonymous(member, customer) if anonymise else member
            if member.deleted_at is not None:
                await tables.members.replace(kept)  # only its personal data must go
                continue
            gone = replace(kept, deleted_at=now, modified_at=now)
            owner = gone if gone.id == owner.id else owner
            await tables.members.replace(gone)
            # The reference shows the member as it was before.
            events.append(_event("member.deleted", customer, now, tables.members.render(kept)))
        # A deleted customer gives its external id up; an anonymous one keeps it for invoices.
        kept_customer = (
            rules.anonymise(customer, now) if anonymise else replace(customer, external_id=None)
        )
        deleted = replace(kept_customer, deleted_at=now, modified_at=now, is_active=False)
        document = await tables.customers.replace(deleted, owner.email)
        endings = Change(tables, customer.organization_id, self._clock.of(customer.organization_id))
        await holdings.end_all(endings, deleted)
        await usage.forget_customer(
            tables, customer.organization_id, customer.id, customer.external_id
        )
        if anonymise:
            await tables.customers.forget(customer.organization_id, customer.id)
        events.append(_event("customer.deleted", customer, now, document))
        events += endings.events
        await self._outbox.record(tables, events)
        if anonymise:
            await tables.events.forget(customer.organization_id, customer.id, but_last=len(events))
            # Last: by now no courier queues any of those events.
            await tables.webhook_events.forget(customer.organization_id, customer.id)


def _by_id(organization_id: UUID, customer_id: UUID) -> Find:
    return lambda tables: tables.customers.find(organization_id, customer_id)


def _by_external_id(organization_id: UUID, external_id: str) -> Find:
    async def find(tables: storage.Tables) -> Customer | None:
        if "\0" in external_id:  # nothing that is stored holds one
            return None
        return await tables.customers.find_external(organization_id, external_id)

    return find


async def _get(tables: storage.Tables, find: Find) -> Customer:
    customer = await find(tables)
    if customer is None or customer.deleted_at is not None:
        raise errors.CustomerNotFound
    return customer


async def _get_owner(tables: storage.Tables, customer: Customer) -> Member:
    owner = await tables.members.find_owner(customer.organization_id, customer.id)
    assert owner is not None  # noqa: S101 - every customer is stored together with its owner
    return owner


async def _find_taken(
    tables: storage.Tables, customer: Customer, change: CustomerChange
) -> frozenset[str]:
    """Which of the unique values that the change gives another customer has."""
    wanted = replace(
        customer,
        email=change.email if isinstance(change.email, str) else None,
        external_id=change.external_id if isinstance(change.external_id, str) else None,
    )
    return await tables.customers.find_taken(wanted)


def _anonymous(member: Member, customer: Customer) -> Member:
    """The member without personal data."""
    return replace(
        member,
        email=None if member.email is None else rules.anonymous_email(member.email, customer),
        name=rules.anonymous_text(member.name, customer),
    )


async def _with_state(tables: storage.Tables, customer: Customer, event: Event) -> Event:
    """The event with the customer's state, which webhooks show next, if the customer has anything."""
    if not customer.has_commerce and customer.first_user_event_at is None:
        return event
    state = await states.complete(tables, customer.organization_id, customer.id, event.document)
    return replace(event, state=state)


def _event(kind: EventType, customer: Customer, now: datetime, document: bytes) -> Event:
    return Event(
        type=kind,
        organization_id=customer.organization_id,
        customer_id=customer.id,
        created_at=now,
        document=document,
    )
