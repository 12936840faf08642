"""Snapshots: everything an organization holds at one moment, to be put back later or elsewhere."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from icefloe.domain import organizations
from icefloe.domain.values import errors
from icefloe.domain.values.answers import AnswerRecord

if TYPE_CHECKING:
    from uuid import UUID

    from icefloe.domain.ports import storage
    from icefloe.domain.ports.usage import UsageRow
    from icefloe.domain.values.commerce import StoredObject
    from icefloe.domain.values.customers import Customer
    from icefloe.domain.values.events import Event
    from icefloe.domain.values.members import Member
    from icefloe.domain.values.organizations import Organization
    from icefloe.domain.values.tokens import Token
    from icefloe.domain.values.webhooks import WebhookEndpoint

T = TypeVar("T")

_BATCH = 1_000
_EVERY = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything an organization held at one moment. Equal ones were taken of equal organizations.

    Attributes:
        organization: whose it is, as it was then.
        customers: deleted or not, in the order of insertion.
        members: theirs, deleted or not.
        events: in the order of insertion.
        answers: stored for requests with an `Idempotency-Key`.
        tokens: expired and revoked ones too.
        webhook_endpoints: deleted ones too; what is queued for them, and deliveries, are not held.
        commerce: the objects of each resource, deleted or not, in the order of insertion.
        usage: the rows of events and of what meters have counted, as the storage has them.
    """

    organization: Organization
    customers: tuple[Customer, ...]
    members: tuple[Member, ...]
    events: tuple[Event, ...]
    answers: tuple[AnswerRecord, ...]
    tokens: tuple[Token, ...]
    webhook_endpoints: tuple[WebhookEndpoint, ...]
    commerce: Mapping[str, tuple[StoredObject, ...]]
    usage: Mapping[str, tuple[UsageRow, ...]]


class Snapshots:
    """Takes snapshots and restores them; they are in memory, and gone with the process."""

    def __init__(self, store: storage.Storage) -> None:
        self._store = store

    async def take(self, organization_id: UUID) -> Snapshot:
        """Everything an organization holds at this moment.

        Raises:
            OrganizationNotFound: there is none with that id.
        """

        async def work(tables: storage.Tables) -> Snapshot:
            organization = await tables.organizations.find(organization_id)
            if organization is None:
                raise errors.OrganizationNotFound(f"there is no organization {organization_id}")
            return Snapshot(
                organization=organization,
                customers=tuple(await tables.customers.find_all(organization_id)),
                members=tuple(await tables.members.find_all(organization_id)),
                events=tuple(await tables.events.find_all(organization_id)),
                answers=tuple(await tables.answers.find_all(organization_id)),
                tokens=tuple(await tables.tokens.find_all(organization_id, _EVERY)),
                webhook_endpoints=tuple(await tables.webhook_endpoints.find_all(organization_id)),
                commerce=await tables.commerce.find_all(organization_id),
                usage=await tables.usage.find_all(organization_id),
            )

        return await self._store.read(work, long=True)

    async def restore(self, organization_id: UUID, snapshot: Snapshot) -> None:
        """Replace everything an organization holds by what a snapshot holds: all or nothing.

        The organization may be another than the snapshot's. It then gets copies of the customers, the
        commerce and the settings, and keeps its own name, tokens and webhook endpoints. Stored answers
        and events are copied as they were written. What is queued for webhook endpoints is removed.

        Args:
            organization_id: the organization, which keeps its slug.
            snapshot: what it must hold.

        Raises:
            OrganizationNotFound: there is none with that id.
            Duplicate: a token of the snapshot is another organization's by now.
        """

        async def work(tables: storage.Tables) -> None:
            await organizations.lock(tables, organization_id)
            await tables.clear(organization_id)
            await _restore_settings(tables, organization_id, snapshot.organization)
            if organization_id == snapshot.organization.id:
                await tables.tokens.remove_all(organization_id)
                for token in snapshot.tokens:
                    await tables.tokens.add(token)
                await tables.webhook_endpoints.remove_all(organization_id)
                for endpoint in snapshot.webhook_endpoints:
                    await tables.webhook_endpoints.add(endpoint)
            await _plant(tables, organization_id, snapshot)

        await self._store.write(work)


async def _restore_settings(
    tables: storage.Tables, organization_id: UUID, kept: Organization
) -> None:
    """Give an organization the settings in a snapshot; and the name, if the snapshot is its own."""
    found = await tables.organizations.find(organization_id)
    assert found is not None  # noqa: S101 - it is locked
    restored = replace(found, modified_at=kept.modified_at, profile=kept.profile)
    if kept.id == organization_id:
        restored = replace(restored, name=kept.name)
    await tables.organizations.replace(restored)


async def _plant(tables: storage.Tables, organization_id: UUID, snapshot: Snapshot) -> None:
    """Insert what a snapshot holds, except for its tokens, into an empty organization."""
    owners = {one.customer_id: one.email for one in snapshot.members if one.role == "owner"}
    for customers in _batches(snapshot.customers):
        await tables.customers.add_all(
            [(replace(one, organization_id=organization_id), owners[one.id]) for one in customers]
        )
    for members in _batches(snapshot.members):
        await tables.members.add_all(
            [replace(one, organization_id=organization_id) for one in members]
        )
    await tables.commerce.add_all(organization_id, snapshot.commerce)
    await tables.usage.add_all(organization_id, snapshot.usage)
    for events in _batches(snapshot.events):
        # They happened before: a command line tool that listens must not hear of them again.
        await tables.events.add_all(
            [replace(one, organization_id=organization_id, is_silent=True) for one in events]
        )
    await tables.answers.add_all(organization_id, snapshot.answers)
    await tables.customers.note_many(organization_id, len(snapshot.customers))


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while batch := list(itertools.islice(rest, _BATCH)):
        yield batch
