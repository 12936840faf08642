"""Members: the people behind a customer. Each customer has exactly one owner among them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from icefloe.domain.idempotency import act_once
from icefloe.domain.values import errors, listing
from icefloe.domain.values.answers import Once
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.events import Event, EventType
from icefloe.domain.values.members import (
    Member,
    MemberChange,
    MemberName,
    MemberQuery,
    MemberRole,
    Name,
    NewMember,
)
from icefloe.domain.webhooks.outbox import Outbox

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.access import Subject
    from icefloe.domain.values.customers import Customer


class Members:
    """The rules of members; a subject sees those of its own organization alone."""

    def __init__(self, store: storage.Storage, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._outbox = Outbox()

    async def find_page(self, subject: Subject, query: MemberQuery) -> listing.Page:
        """The page that `query` asks for."""
        if query.matches_nobody:
            return listing.EMPTY_PAGE
        return await self._store.read(
            lambda tables: tables.members.find_page(subject.organization_id, query),
            long=query.may_take_long,
        )

    async def find_page_of(
        self, subject: Subject, customer: Name, query: MemberQuery
    ) -> listing.Page:
        """The page of one customer's members that `query` asks for, whose filters hold besides.

        Raises:
            CustomerNotFound: there is no such customer.
        """

        async def work(tables: storage.Tables) -> listing.Page:
            found = await _get_customer(tables, subject.organization_id, customer)
            wanted = replace(query, customer_id=found.id)
            if wanted.matches_nobody:
                return listing.EMPTY_PAGE
            return await tables.members.find_page(subject.organization_id, wanted)

        return await self._store.read(work)

    async def get_document(self, subject: Subject, name: MemberName) -> bytes:
        """The wire document of one member. Raises MemberNotFound."""

        async def work(tables: storage.Tables) -> bytes:
            return tables.members.render(await _get(tables, subject.organization_id, name))

        return await self._store.read(work)

    async def create(
        self, subject: Subject, customer: Name, new: NewMember, *, once: Once | None = None
    ) -> bytes:
        """Create a member of a team; returns its wire document.

        If the team has a member with the same address, letter case aside, that member is returned
        and nothing changes.

        Raises:
            CustomerNotFound: there is no such customer.
            NotPermitted: the customer is an individual.
            RulesBroken: another member of the team has the same external id.
        """
        organization_id = subject.organization_id
        now = self._clock.of(organization_id).now()

        async def work(tables: storage.Tables) -> bytes:
            async def act() -> tuple[UUID, bytes]:
                team = await _get_customer(tables, organization_id, customer)
                return team.id, await self._create(tables, team, new, now)

            return await act_once(tables, organization_id, once, now, act)

        return await self._store.write(work)

    async def update(self, subject: Subject, name: MemberName, change: MemberChange) -> bytes:
        """Change a member; returns its wire document.

        Giving a member the role `owner` makes the present owner a billing manager.

        Raises:
            MemberNotFound: there is no such member.
            RulesBroken: the change breaks rules; nothing is changed.
        """

        async def work(tables: storage.Tables) -> bytes:
            customer, member = await _lock(tables, subject.organization_id, name)
            return await self._update(tables, customer, member, change)

        return await self._store.write(work)

    async def delete(self, subject: Subject, name: MemberName) -> None:
        """Delete a member; its address and external id are free again.

        Raises:
            MemberNotFound: there is no such member.
            RulesBroken: the member is the owner.
        """

        async def work(tables: storage.Tables) -> None:
            _, member = await _lock(tables, subject.organization_id, name)
            if member.role == "owner":
                message = "Cannot delete the only owner. Transfer ownership first."
                raise _broken(("body",), message, str(member.id))
            now = self._clock.of(subject.organization_id).now()
            gone = replace(member, deleted_at=now, modified_at=now)
            await self._store_member(tables, "member.deleted", gone, now)

        await self._store.write(work)

    async def _create(
        self, tables: storage.Tables, team: Customer, new: NewMember, now: datetime
    ) -> bytes:
        if team.type == "individual":
            raise errors.NotPermitted(
                "Individual customers can only have one member (the owner)."
                " Upgrade to a team customer to add more members."
            )
        same = await tables.members.find_by_email(team.organization_id, team.id, new.email)
        if same is not None:
            return tables.members.render(same)
        await _check_external_id(tables, team, new.external_id)
        member = Member(
            id=self._clock.of(team.organization_id).new_id(),
            organization_id=team.organization_id,
            customer_id=team.id,
            created_at=now,
            email=new.email,
            name=new.name,
            external_id=new.external_id,
            role=new.role,
        )
        document = await tables.members.add(member)
        await self._outbox.record(tables, [_event("member.created", member, now, document)])
        return document

    async def _update(
        self, tables: storage.Tables, customer: Customer, member: Member, change: MemberChange
    ) -> bytes:
        now = self._clock.of(customer.organization_id).now()
        values: dict[str, Any] = {} if change.name is None else {"name": change.name}
        if change.role is not None and change.role != member.role:
            _check_role(member, change.role)
            values["role"] = change.role
        if change.email is not None and change.email != member.email:
            await _check_email(tables, customer, member, change.email)
            values["email"] = change.email
        if not values:
            return tables.members.render(member)
        changed = replace(member, **values, modified_at=now)
        if changed.role == "owner":
            await _change_owner(tables, customer, changed, now)
        return await self._store_member(tables, "member.updated", changed, now)

    async def _store_member(
        self, tables: storage.Tables, kind: EventType, member: Member, now: datetime
    ) -> bytes:
        """Store a member's new values and the event; returns its wire document."""
        document = await tables.members.replace(member)
        await self._outbox.record(tables, [_event(kind, member, now, document)])
        return document


async def _get(tables: storage.Tables, organization_id: UUID, name: MemberName) -> Member:
    """The member that a caller names. Raises MemberNotFound."""
    member = await _find(tables, organization_id, name)
    if member is None:
        raise errors.MemberNotFound
    return member


async def _lock(
    tables: storage.Tables, organization_id: UUID, name: MemberName
) -> tuple[Customer, Member]:
    """The member that a caller names, and its customer, locked until the transaction ends.

    Raises MemberNotFound.
    """
    member = await _get(tables, organization_id, name)
    customer = await _find_customer(tables, organization_id, member.customer_id)
    # Read again: the transaction that held the lock before may have changed the members.
    locked = await tables.members.find(organization_id, member.id)
    if customer is None or locked is None:
        raise errors.MemberNotFound
    return customer, locked


async def _find(tables: storage.Tables, organization_id: UUID, name: MemberName) -> Member | None:
    customer_id = name.customer
    if isinstance(customer_id, str):
        customer = await _find_customer(tables, organization_id, customer_id)
        if customer is None:
            return None
        customer_id = customer.id
    if isinstance(name.member, UUID):
        member = await tables.members.find(organization_id, name.member)
        is_theirs = member is not None and customer_id in {None, member.customer_id}
        return member if is_theirs else None
    if customer_id is None or "\0" in name.member:
        return None
    return await tables.members.find_external(organization_id, customer_id, name.member)


async def _get_customer(tables: storage.Tables, organization_id: UUID, name: Name) -> Customer:
    """The customer that a caller names. Raises CustomerNotFound."""
    customer = await _find_customer(tables, organization_id, name)
    if customer is None:
        raise errors.CustomerNotFound("Customer not found")
    return customer


async def _find_customer(
    tables: storage.Tables, organization_id: UUID, name: Name
) -> Customer | None:
    if isinstance(name, UUID):
        customer = await tables.customers.find(organization_id, name)
        return None if customer is None or customer.deleted_at is not None else customer
    if "\0" in name:  # nothing that is stored holds one
        return None
    return await tables.customers.find_external(organization_id, name)


async def _check_external_id(
    tables: storage.Tables, team: Customer, external_id: str | None
) -> None:
    if external_id is None:
        return
    if await tables.members.find_external(team.organization_id, team.id, external_id):
        message = "A member with this external ID already exists for this customer."
        raise _broken(("body", "external_id"), message, external_id)


def _check_role(member: Member, role: MemberRole) -> None:
    if member.role == "owner":
        message = "Cannot change role. Customer must have exactly one owner."
        raise _broken(("body", "role"), message, role)


async def _check_email(
    tables: storage.Tables, customer: Customer, member: Member, email: str
) -> None:
    if customer.type == "individual" and member.role == "owner":
        message = (
            "Cannot change the email of an individual customer's owner."
            " Update the customer's email instead."
        )
        raise _broken(("body", "email"), message, email)
    same = await tables.members.find_by_email(customer.organization_id, customer.id, email)
    if same is not None and same.id != member.id:
        message = "A member with this email already exists for this customer."
        raise _broken(("body", "email"), message, email)


def _broken(place: tuple[str, ...], message: str, value: str) -> errors.RulesBroken:
    return errors.RulesBroken(errors.Violation("value_error", place, message, value))


async def _change_owner(
    tables: storage.Tables, customer: Customer, owner: Member, now: datetime
) -> None:
    """Apply what a new or changed owner means for the customer."""
    before = await tables.members.find_owner(customer.organization_id, customer.id)
    if before is not None and before.id != owner.id:
        demoted = replace(before, role="billing_manager", modified_at=now)
        document = await tables.members.replace(demoted)
        # Webhooks tell of the new owner alone.
        event = _event("member.updated", demoted, now, document)
        await tables.events.add(replace(event, is_silent=True))
    if customer.email is None and (before is None or before.email != owner.email):
        # Its picture is the owner's; the customer's own values have not changed.
        await tables.customers.replace(customer, owner.email)


def _event(kind: EventType, member: Member, now: datetime, document: bytes) -> Event:
    return Event(
        type=kind,
        organization_id=member.organization_id,
        customer_id=member.customer_id,
        created_at=now,
        document=document,
    )
